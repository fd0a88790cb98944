"""Outcomes of checks become rows of kpi.quality_result, so that trends and the scorecard come from evidence."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from ccdata_assets.quality.incidents import follow_incidents
from ccdata_assets.quality.validation import Check, Outcome, validate
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction


def record_outcomes(
    con: duckdb.DuckDBPyConnection, outcomes: Sequence[Outcome], feed: str | None, settings: Settings, run_id: str
) -> None:
    """Add one row per outcome, and open and resolve incidents; the period is the month of the run's business time."""
    rows = [
        (
            outcome.check.name, feed, outcome.check.table, outcome.check.field, outcome.check.dimension, outcome.check.severity,
            settings.business_date.replace(day=1), outcome.value, 1.0 if outcome.check.target is None else outcome.check.target,
            outcome.passed, outcome.unexpected, outcome.total, outcome.error, run_id, settings.as_of,
        )
        for outcome in outcomes
    ]  # fmt: skip
    if rows:
        with transaction(con):
            follow_incidents(con, outcomes, feed, settings, run_id)
            con.executemany(f"insert into kpi.quality_result values ({', '.join('?' * 15)})", rows)


Found = tuple[bool, float | None, int, int, str | None]
"""What a check found: passed, value, unexpected, total, error."""


def _last(con: duckdb.DuckDBPyConnection, feed: str | None) -> dict[str, Found]:
    """What each check of a feed, or of none, found when it last ran."""
    return {
        name: (passed, value, unexpected, total, error)
        for name, passed, value, unexpected, total, error in con.execute(
            """select check_name, passed, value, unexpected, total, error from kpi.quality_result
            where feed is not distinct from ? qualify row_number() over (partition by check_name order by as_of desc, rowid desc) = 1""",
            [feed],
        ).fetchall()
    }


def last_outcomes(con: duckdb.DuckDBPyConnection, checks: Sequence[Check], feed: str | None) -> list[Outcome] | None:
    """What the checks found when they last ran; None where one of them has never run."""
    known = _last(con, feed)
    if any(check.name not in known for check in checks):
        return None
    return [Outcome(check, *known[check.name]) for check in checks]


def check_table(
    con: duckdb.DuckDBPyConnection,
    checks: Sequence[Check],
    feed: str | None,
    settings: Settings,
    run_id: str,
    changed: bool,
) -> list[Outcome]:
    """Run the checks and record what they found; where nothing has changed since they ran, give what they found then.

    A feed of which nothing was ever staged has nothing to check: its checks pass with no rows looked at.
    """
    if not changed:
        if (known := last_outcomes(con, checks, feed)) is not None:
            return known
        if feed and not con.execute(f"select 1 from staged.{feed} limit 1").fetchall():
            return [Outcome(check, True, None, 0, 0) for check in checks]
    outcomes = validate(con, checks)
    record_outcomes(con, outcomes, feed, settings, run_id)
    return outcomes


def record_changes(
    con: duckdb.DuckDBPyConnection, outcomes: Sequence[Outcome], feed: str | None, settings: Settings, run_id: str
) -> None:
    """Record the outcomes that are others than the last ones of their checks: of checks that are looked at in every run."""
    known = _last(con, feed)
    changed = [
        outcome
        for outcome in outcomes
        if outcome.check.name not in known
        or known[outcome.check.name][:3] != (outcome.passed, outcome.value, outcome.unexpected)
    ]
    record_outcomes(con, changed, feed, settings, run_id)
