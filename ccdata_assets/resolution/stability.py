"""What became of the organisations that were there before: the guard against a jump of the duplicate rate.

New deliveries may bring any number of duplicates, so only *known* rows are looked at: those that had an organisation
when the checks last passed, and have one now. How those are grouped should hardly change. Where it does, the match
rules, the model or the rules of reading have a new version, or a steward decided about it, or something is wrong: then
the blocking check of quality/suites.py fails, by the limits of limits.yaml. What is compared with moves on only when all
checks passed, so that running again does not make a jump pass.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import duckdb
from pydantic import Field

from ccdata_assets.contracts.model import Declaration
from ccdata_assets.contracts.yaml_source import YamlSource
from ccdata_assets.resolution.model import Model
from ccdata_assets.resolution.rules import Rules

LIMITS = Path(__file__).with_name("limits.yaml")
ACCEPTED = "resolution_accepted"
"""Line of ops.run_state: the grouping that the checks last passed."""


class Regrouped(Declaration):
    """The most that may merge or split: a share of the organisations known; fewer than so many never stop a run."""

    share: float = Field(ge=0, le=1)
    organisations: int = Field(ge=1)


class Limits(Declaration):
    """Limits of the blocking checks on golden tables."""

    regrouped: Regrouped


class Accepted(TypedDict):
    """A grouping: the last `seq` of golden.membership, by which versions it was made, and how many decisions there were."""

    seq: int
    version: str
    decisions: int


@dataclass(frozen=True)
class Known:
    """What became of the organisations that were there before. Rates: 1 - organisations / rows, of the same rows."""

    rows: int
    organisations: int
    merged: int
    split: int
    unexplained: int
    """Of the merged and the split."""
    rate_before: float
    rate_now: float


@lru_cache
def load_limits(path: Path = LIMITS) -> Limits:
    """Read the limits; ContractError names file and line of a mistake."""
    return YamlSource(path).parse(Limits)


def write_known(con: duckdb.DuckDBPyConnection, rules: Rules, model: Model) -> Known:
    """Make resolution.known_organisation, one row per organisation that was there before and still has rows.

    Columns: organisation_id, fate (kept, merged, split; moved: only some rows went to another that was there),
    is_explained. Empty where no grouping was accepted yet.
    """
    before = _accepted(con)
    _write_grouped(con, before["seq"] if before else -1)
    _find_decided(con, before["decisions"] if before else 0)
    con.execute(
        """create or replace table resolution.known_organisation as
        with old as (select distinct before_id from grouped)
        select before_id as organisation_id,
            case when bool_and(now_id = before_id) then 'kept'
                when bool_or(now_id not in (from old)) then 'split'
                when not bool_or(now_id = before_id) then 'merged'
                else 'moved' end as fate,
            $1 or bool_or(before_id in (from decided_entity) or now_id in (from decided_entity)) as is_explained
        from grouped group by before_id""",
        [before is not None and before["version"] != _version(con, rules, model)],
    )
    return _count(con)


def accept(con: duckdb.DuckDBPyConnection, rules: Rules, model: Model) -> None:
    """Say that the grouping there is now is right: later runs are compared with it."""
    seq, decisions = con.execute(
        """select (select coalesce(max(seq), 0) from golden.membership),
            (select count(*) from golden.decision where entity_kind = 'organisation')"""
    ).fetchall()[0]
    now = Accepted(seq=seq, version=_version(con, rules, model), decisions=decisions)
    con.execute("insert or replace into ops.run_state values (?, ?)", [ACCEPTED, json.dumps(now)])


def _accepted(con: duckdb.DuckDBPyConnection) -> Accepted | None:
    found = con.execute("select value from ops.run_state where name = ?", [ACCEPTED]).fetchall()
    if not found:
        return None
    accepted: Accepted = json.loads(found[0][0])
    return accepted


def _version(con: duckdb.DuckDBPyConnection, rules: Rules, model: Model) -> str:
    """Of the match rules, the model, and the dictionaries' rules that records were read by."""
    reading = con.execute(
        "select md5(string_agg(distinct rule_version, ',' order by rule_version)) from ops.read_batch where dictionary = 'party_reading'"
    ).fetchall()
    return f"{rules.version}/{model.version}/{reading[0][0]}"


def _write_grouped(con: duckdb.DuckDBPyConnection, seq: int) -> None:
    """`known_row` (record_id, before_id, now_id) and `grouped` (before_id, now_id, rows): the known rows.

    A row of which the ledger says nothing since `seq` has the organisation it had.
    """
    con.execute(
        """create or replace temp table later as
        select distinct record_id from golden.membership where entity_kind = 'organisation' and seq > $1""",
        [seq],
    )
    con.execute(
        """create or replace temp table known_row as
        with told as (
            select record_id, arg_max(struct_pack(id := entity_id), seq).id as before_id
            from golden.membership semi join later using (record_id)
            where entity_kind = 'organisation' and seq <= $1 group by record_id
        ),
        now as (select record_id, entity_id from resolution.assigned where entity_kind = 'organisation' and $1 >= 0)
        select record_id, before_id, entity_id as now_id from told join now using (record_id)
        where before_id is not null
        union all
        select record_id, entity_id, entity_id from now anti join later using (record_id)""",
        [seq],
    )
    con.execute(
        """create or replace temp table grouped as
        select before_id, now_id, count(*) as rows from known_row group by all"""
    )


def _find_decided(con: duckdb.DuckDBPyConnection, decisions: int) -> None:
    """`decided_entity` (entity_id): organisations, before or now, that decisions after the first so many are about."""
    con.execute(
        """create or replace temp table decided_entity as
        with decision as (
            select list_concat(left_rows, right_rows) as rows, row_number() over (order by rowid) as number
            from golden.decision where entity_kind = 'organisation'
        ),
        decided as (select distinct unnest(rows) as record_id from decision where number > $1)
        select before_id as entity_id from known_row semi join decided using (record_id)
        union select now_id from known_row semi join decided using (record_id)""",
        [decisions],
    )


def _count(con: duckdb.DuckDBPyConnection) -> Known:
    rows, before, now = con.execute(
        "select coalesce(sum(rows), 0), count(distinct before_id), count(distinct now_id) from grouped"
    ).fetchall()[0]
    merged, split, unexplained = con.execute(
        """select count(*) filter (fate = 'merged'), count(*) filter (fate = 'split'),
            count(*) filter (fate in ('merged', 'split') and not is_explained) from resolution.known_organisation"""
    ).fetchall()[0]
    rates = [1 - organisations / rows if rows else 0.0 for organisations in (before, now)]
    return Known(int(rows), before, merged, split, unexplained, *rates)
