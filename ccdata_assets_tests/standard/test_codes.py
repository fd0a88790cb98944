"""Words of code lists: the hard sets, that no list contradicts itself, and that staging looks up the same words."""

import csv
from collections import defaultdict

import duckdb
import pytest

from benchmarks.hard_sets import HARD
from ccdata_assets.contracts.compile import fold_codes, parse_sql
from ccdata_assets.contracts.model import FieldUse
from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.errors import WrongUse
from ccdata_assets.standard.codes import REASONS, read_codes

LISTS = ("gender", "yes_no", "disposition")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def cases_of(name: str) -> list[dict[str, str]]:
    with (HARD / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read(registry: Registry, name: str, words: list[str]) -> dict[str, dict[str, str | None]]:
    with duckdb.connect(config={"threads": 1}) as con:
        found = read_codes(con, registry, name, words)
        return {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.fetchall()}


@pytest.mark.parametrize("name", LISTS)
def test_the_hard_set_is_read_exactly(registry: Registry, name: str) -> None:
    cases = cases_of(name)
    assert len({case["raw"] for case in cases}) == len(cases) >= 100
    found = read(registry, name, [case["raw"] for case in cases])
    for case in cases:
        row = found[case["raw"]]
        assert [row[key] or "" for key in ("standard", "status", "reason")] == [case["standard"], case["status"], case["reason"]], case  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_staging_gives_a_word_the_same_code(registry: Registry, name: str) -> None:
    kind = "boolean" if name == "yes_no" else f"code:{name}"
    sql = parse_sql(registry, FieldUse(), kind, "t", "UTC")
    with duckdb.connect(config={"threads": 1}) as con:
        for case in cases_of(name):
            given = case["raw"].strip(" \t\r\n　")
            found = con.execute(f"select cast({sql} as varchar) from (select $1::varchar as t)", [given]).fetchall()[0][
                0
            ]
            expected = {"yes": "true", "no": "false"}.get(case["standard"], case["standard"])
            assert (found or "") == expected, case


def test_no_word_of_a_list_means_two_codes(registry: Registry) -> None:
    for name, codes in registry.codes.items():
        owners = defaultdict(set)
        for code, spec in codes.values.items():
            for folded in fold_codes((code, *spec.aliases)):
                owners[folded].add(code)
        assert {word: found for word, found in owners.items() if len(found) > 1} == {}, name


def test_every_code_and_both_its_names_are_words_of_a_list(registry: Registry) -> None:
    for name in LISTS:
        codes = registry.codes[name]
        found = read(registry, name, list(codes.values))
        assert {raw: row["standard"] for raw, row in found.items()} == {code: code for code in codes.values}


def test_reasons_are_said_in_both_languages() -> None:
    assert all(said["zh"] and said["en"] and said["status"] for said in REASONS.values())


def test_an_unknown_list_is_told(registry: Registry) -> None:
    with pytest.raises(WrongUse, match="there is no code list colours"):
        read(registry, "colours", ["red"])
