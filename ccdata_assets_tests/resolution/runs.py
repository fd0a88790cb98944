"""Runs of resolution on records made up by a test, and what they left; nothing is asserted here.

A record is a row of standard.party_record with the columns that rules.yaml reads. Rules and weights are the tests' own or,
where a test is about the shipped rules, those with fixed weights: a model trained anew changes no test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from ccdata_assets.resolution.engine import Resolved, resolve
from ccdata_assets.resolution.model import OTHERWISE, Model
from ccdata_assets.resolution.rules import ExactRule, OrganisationRules, Rules, load_rules
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import migrate, prepare
from ccdata_assets_tests.world import Row, fetch, make_settings, write_party_records

_LOADED = load_rules()
SHIPPED = _LOADED.model_copy(
    update={"organisation": _LOADED.organisation.model_copy(update={"link": 0.0, "review": -6.0})}
)
"""The rules as they are, with thresholds that fit MODEL: both may be set anew without a test to change."""
WEIGHTS = {
    "name": {"same": 18, "slip": 14, "part": 12, "trade_name": 6, OTHERWISE: -6},
    "place": {"same": 8, "unknown": 0, OTHERWISE: -7},
    "phone": {"same": 14, "unknown": 0, OTHERWISE: -1},
    "domain": {"same": 14, "unknown": 0, OTHERWISE: -3},
    "address": {"same": 14, "unknown": 0, OTHERWISE: -3},
    "person": {"same": 8, "unknown": 0, OTHERWISE: -1},
    "email": {"same": 12, "unknown": 0, OTHERWISE: -1},
}
MODEL = Model(version="test", rules_version="test", prior=-18, weights=WEIGHTS, trained_on={}, evaluation={})
"""A shared phone and one name in one place link two nodes, a shared phone and two names are for review."""

CHAINED = SHIPPED.model_copy(
    update={
        "version": "chained",
        "organisation": OrganisationRules(
            evidence={**SHIPPED.organisation.evidence, "place": "coalesce(city_code, province_code, '')"},
            names="name_key",
            exact=(
                ExactRule(name="name", keys=("name_key", "place"), weight=40),
                ExactRule(name="uscc", keys=("uscc",), weight=60),
                ExactRule(name="core", keys=("core", "branch", "place"), when="trade_name is not null", weight=30),
            ),
            same_name="name_key || chr(31) || place",
        ),
    }
)
"""Linked by the name in a place, or by the credit code, and never cut: links chain, so that a test moves records at will."""


@contextmanager
def golden_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """A migrated warehouse in memory without a record."""
    with duckdb.connect(config={"threads": 1}) as con:
        prepare(con)
        migrate(con)
        write_party_records(con, [])
        yield con


def at(now: str) -> Settings:
    """Settings of a run at a business time."""
    return make_settings(Path("unused"), now)


def record(row: int, name: str | None = "甲", uscc: str | None = None, city: str | None = "330100", **more: Any) -> Row:
    """A record whose name has no parts: rules can link it by the whole name and by its credit code only."""
    return {
        "row": row,
        "company_name": name and f"{name}公司",
        "match_key": name,
        "uscc": uscc,
        "city_code": city,
        "province_code": city and city[:2] + "0000",
        **more,
    }


def company(
    row: int,
    trade_name: str | None = "青山",
    industry: str = "科技",
    place: str | None = "330100",
    branch: str | None = None,
    phone: str | Iterable[str] = (),
    **more: Any,
) -> Row:
    """A record as the dictionaries read it, the parts of its name told apart; `place`: the city that it is in and the name says."""
    numbers = [phone] if isinstance(phone, str) else list(phone)
    name = trade_name and f"{trade_name}{industry}有限公司{branch or ''}"
    return {
        "row": row,
        "company_name": name,
        "match_key": name,
        "trade_name": trade_name,
        "industry_words": industry if trade_name else None,
        "branch": branch,
        "company_region_code": place,
        "region_code": place,
        "city_code": place,
        "province_code": place and place[:2] + "0000",
        "numbers": sorted(numbers),
        **more,
    }


def person(name: str | None, title: str | None = None, gender: str | None = None) -> Row:
    """The columns of a person: of 王伟 a full name, of 王 a surname only."""
    if name is None:
        return {}
    return {
        "contact_name": name,
        "contact_key": name,
        "surname": name[0],
        "given_name": name[1:] or None,
        "title": title,
        "gender": gender,
    }


def run(
    con: duckdb.DuckDBPyConnection,
    records: Iterable[Row] | None = None,
    now: str = "2026-02-01",
    run_id: str | None = None,
    rules: Rules = SHIPPED,
    model: Model = MODEL,
) -> Resolved:
    """One run of resolution; `records` are all there are now, None: those there were."""
    if records is not None:
        write_party_records(con, records)
    return resolve(con, rules, model, at(now), run_id or now)


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """As if nothing had ever been resolved: for the many examples of a property."""
    for table in ("golden.entity_event", "golden.membership", "golden.decision"):
        con.execute(f"delete from {table}")
    anew(con)


def anew(con: duckdb.DuckDBPyConnection) -> None:
    """Have the next run work its state out anew; the ledgers stay."""
    con.execute("drop table if exists resolution.state")


def ids(con: duckdb.DuckDBPyConnection, kind: str = "organisation") -> dict[int, str]:
    """Row → organisation (or contact), of rows that have one; for tests in which no two rows have one number."""
    return {
        row["row"]: row["id"]
        for row in fetch(con, f"select row, {kind}_id as id from golden.crosswalk where {kind}_id is not null")
    }


def partition(con: duckdb.DuckDBPyConnection, kind: str = "organisation") -> set[frozenset[int]]:
    """Which rows are together, whatever their IDs."""
    return together(ids(con, kind))


def together(of: dict[Any, str]) -> set[frozenset[Any]]:
    """The groups of what has the same ID."""
    groups: dict[str, set[Any]] = {}
    for row, entity in of.items():
        groups.setdefault(entity, set()).add(row)
    return {frozenset(rows) for rows in groups.values()}


def events(
    con: duckdb.DuckDBPyConnection, run_id: str, kind: str = "organisation"
) -> list[tuple[str, str, list[str], list[str]]]:
    """(kind, entity_id, from_ids, to_ids) of what a run did."""
    rows = fetch(
        con,
        "select kind, entity_id, from_ids, to_ids from golden.entity_event where run_id = ? and entity_kind = ? order by kind, entity_id",
        run_id,
        kind,
    )
    return [(row["kind"], row["entity_id"], row["from_ids"], row["to_ids"]) for row in rows]


def record_id(con: duckdb.DuckDBPyConnection, row: int) -> int:
    """The record_id of a row, for decisions."""
    (found,) = fetch(con, "select record_id from resolution.record where row = ?", row)
    return int(found["record_id"])


def golden(con: duckdb.DuckDBPyConnection, kind: str = "organisation") -> dict[str, Row]:
    """The golden records by their ID."""
    return {row[f"{kind}_id"]: row for row in fetch(con, f"from golden.{kind}")}
