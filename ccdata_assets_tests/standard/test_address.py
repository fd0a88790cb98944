"""What the address dictionary reads: every county by its names, the labelled addresses, the real hospitals."""

import csv
from pathlib import Path

import pytest

from .conftest import DBT_PROJECT, Standardise

Place = dict[str, str]


def _counties() -> list[Place]:
    with (DBT_PROJECT / "seeds" / "region_code.csv").open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["level"] == "county"]


def _labelled(shared_data: Path, name: str) -> list[dict[str, str]]:
    with (shared_data / "labelled" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("separator", ["", " ", ",", "/", " > "])
def test_every_county_is_found_by_its_names_with_any_separator(standardise: Standardise, separator: str) -> None:
    expected = {
        separator.join(name for name in (row["province"], row["city"], row["county"], "人民路1号") if name): row[
            "region_code"
        ]
        for row in _counties()
    }
    read = standardise("address", expected)
    wrong = {raw: read[raw]["region_code"] for raw in expected if read[raw]["region_code"] != expected[raw]}
    assert not wrong
    assert {row["rest"] for row in read.values()} == {"人民路1号"}


def test_every_county_is_found_below_short_names(standardise: Standardise) -> None:
    expected = {
        f"{row['province_short']}{row['city_short']}{row['county']}人民路1号": row["region_code"] for row in _counties()
    }
    read = standardise("address", expected)
    wrong = {raw: read[raw]["region_code"] for raw in expected if read[raw]["region_code"] != expected[raw]}
    assert not wrong


def test_a_county_alone_is_itself_or_a_candidate(standardise: Standardise) -> None:
    counties = [row for row in _counties() if row["region_code"][:2] < "71"]
    read = standardise("address", {row["county"] for row in counties})
    for row in counties:
        found = read[row["county"]]
        assert row["region_code"] in [found["region_code"], *(found["candidates"] or [])], row


def test_no_labelled_address_is_put_into_another_province(standardise: Standardise, shared_data: Path) -> None:
    tricky = _labelled(shared_data, "addresses_tricky")
    read = standardise("address", {row["address"] for row in tricky})
    assert [row["address"] for row in tricky if (read[row["address"]]["province"] or "") != row["province"]] == []
    generated = _labelled(shared_data, "addresses_generated")
    read = standardise("address", {row["address"] for row in generated})
    found = [row for row in generated if read[row["address"]]["region_code"]]
    right = [row for row in found if read[row["address"]]["region_code"] == row["county_code"]]
    assert len(right) >= 0.997 * len(found)
    assert len(found) >= 0.96 * len(generated), (
        "about three in a hundred begin with a town or a road and name no region"
    )


def test_real_hospitals_lie_where_their_region_says(standardise: Standardise, shared_data: Path) -> None:
    with (shared_data / "real" / "cn_hospitals" / "hospitals_flat.csv").open(encoding="utf-8-sig", newline="") as lines:
        hospitals = list(csv.DictReader(lines))
    read = standardise("address", {row["address"] for row in hospitals})
    elsewhere = [row["address"] for row in hospitals if read[row["address"]]["province"] not in (None, row["province"])]
    assert len(elsewhere) <= 1, "通化市 written for 遵化市 is one"


def test_a_text_of_any_length_is_read(standardise: Standardise) -> None:
    raw = "广东省深圳市南山区" + "科技园" * 20_000
    assert standardise("address", [raw])[raw]["region_code"] == "440305"
