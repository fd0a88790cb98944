"""What the dictionary of sources must agree with: codes.yaml, the list of platforms, itself."""

import csv
import re

import yaml

from ccdata_assets_tests.standard.conftest import DBT_PROJECT, REPOSITORY, Standardise


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_channels_are_values_of_the_code_list() -> None:
    codes = yaml.safe_load((REPOSITORY / "ccdata_assets" / "contracts" / "codes.yaml").read_text("utf-8"))
    assert {row["channel"] for row in seed("collection_source")} == set(codes["collection_channel"]["values"])


def test_no_name_belongs_to_two_sources() -> None:
    owner: dict[str, str] = {}
    clashes = []
    for row in seed("collection_source"):
        for name in [row["source_site"], row["zh"], row["en"], row["domain"], *row["aliases"].split("|")]:
            key = re.sub(r"[\W_]", "", name.lower())
            if key and owner.setdefault(key, row["source_site"]) != row["source_site"]:
                clashes.append((name, row["source_site"], owner[key]))
    assert clashes == []


def test_every_name_of_a_source_is_read_as_it(standardise: Standardise) -> None:
    names = {
        name: row["source_site"]
        for row in seed("collection_source")
        for name in [row["source_site"], row["zh"], row["en"], row["domain"], *row["aliases"].split("|")]
        if name
    }
    read = standardise("source_site", names)
    assert {name: row["standard"] for name, row in read.items()} == names


def test_a_platform_that_is_a_source_has_its_code() -> None:
    platform = {row["domain"]: row["platform"] for row in seed("website_platform")}
    for row in seed("collection_source"):
        if row["domain"] in platform:
            assert platform[row["domain"]] == row["source_site"]


def test_every_word_for_a_channel_is_a_source_of_that_channel(standardise: Standardise) -> None:
    codes = yaml.safe_load((REPOSITORY / "ccdata_assets" / "contracts" / "codes.yaml").read_text("utf-8"))
    channels = {
        word: channel
        for channel, said in codes["collection_channel"]["values"].items()
        for word in [said["zh"], said["en"], *said["aliases"]]
    }
    read = standardise("source_site", channels)
    assert {word: row["channel"] for word, row in read.items()} == channels
