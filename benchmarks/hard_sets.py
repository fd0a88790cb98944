"""Labelled values: raw values with the answer expected of a dictionary, and how many it gives exactly.

A hard set is a CSV under ccdata_assets_tests/standard/hard/<kind>.csv: raw, columns of the dictionary, why. Every column but
raw and why is compared as text; an empty cell expects null. Lists and structs are written as JSON.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets.standard.dictionaries import Dictionaries

HARD = Path(__file__).resolve().parents[1] / "ccdata_assets_tests" / "standard" / "hard"


@dataclass(frozen=True)
class Miss:
    """A value that was read otherwise than expected."""

    raw: str
    column: str
    expected: str | None
    found: str | None


@dataclass(frozen=True)
class Score:
    """How a dictionary did on a set."""

    kind: str
    name: str
    cases: int
    misses: list[Miss]

    @property
    def exact(self) -> int:
        """Cases of which every expected column was given exactly."""
        return self.cases - len({miss.raw for miss in self.misses})


def as_text(value: Any) -> str | None:
    """A value of a dictionary as the sets write it."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def score(dictionaries: Dictionaries, kind: str, name: str, cases: list[dict[str, str]]) -> Score:
    """Compare the dictionary's answers with the expected columns of each case."""
    found = dictionaries.read(kind, [case["raw"] for case in cases])
    columns = found.columns
    rows = {row[columns.index("raw")]: dict(zip(columns, row, strict=True)) for row in found.fetchall()}
    misses = []
    for case in cases:
        for column, expected in case.items():
            if column in ("raw", "why"):
                continue
            if column not in columns:
                raise KeyError(f"{kind} has no column {column}")
            given = as_text(rows[case["raw"]][column])
            if given != (expected or None):
                misses.append(Miss(case["raw"], column, expected or None, given))
    return Score(kind, name, len(cases), misses)


def hard_sets(kinds: list[str]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The sets that the project keeps, by kind."""
    for kind in kinds:
        path = HARD / f"{kind}.csv"
        if path.exists():
            with path.open(encoding="utf-8", newline="") as lines:
                yield kind, list(csv.DictReader(lines))


@lru_cache
def _places() -> dict[str, tuple[str, ...]]:
    """The first two characters of the names of each county and of what it lies in, by code."""
    with (PROJECT_DIR / "dbt_project" / "seeds" / "region_code.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["region_code"]: tuple(row[part][:2] for part in ("province", "city", "county") if row[part])
            for row in csv.DictReader(lines)
        }


def _names_its_place(address: str, code: str) -> bool:
    """True where the address holds a part of the name of the place it is labelled with; a street alone says nothing."""
    return any(name in address for name in _places()[code])


def labelled_sets(folder: Path) -> Iterator[tuple[str, str, list[dict[str, str]]]]:
    """The labelled sets of a folder: kind, name, cases."""

    def read(name: str) -> list[dict[str, str]]:
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))

    # INTL says that the number is foreign, not which
    yield (
        "phone",
        "phones_generated",
        [
            {"raw": row["raw"]}
            | ({"kind": "foreign", "status": "valid"} if row["truth"] == "INTL" else {"standard": row["truth"]})
            for row in read("phones_generated")
        ],
    )
    tricky = read("addresses_tricky")
    yield "address", "addresses_tricky", [{"raw": r["address"], "province": r["province"], "city": r["city"], "county": r["county"]} for r in tricky]  # fmt: skip
    yield "address", "addresses_tricky: province", [{"raw": r["address"], "province": r["province"]} for r in tricky]
    yield "address", "addresses_generated", [{"raw": r["address"], "region_code": r["county_code"]} for r in read("addresses_generated")]  # fmt: skip
    named = [row for row in read("addresses_generated") if _names_its_place(row["address"], row["county_code"])]
    yield "address", "addresses_generated: that name a place", [{"raw": r["address"], "region_code": r["county_code"]} for r in named]  # fmt: skip
    yield "company_name", "companies_generated", [{"raw": r["name"], "trade_name": r["trade_name"]} for r in read("companies_generated")]  # fmt: skip
