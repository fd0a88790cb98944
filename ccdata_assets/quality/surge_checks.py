"""Surges of calls as alarms: each product, topic or queue that surged in the last days of calls is a failed check and opens an incident, which
resolves itself once as many days have passed without one. Finding surges is the business of `analysis.surges`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import duckdb

from ccdata_assets.quality.record import record_changes
from ccdata_assets.quality.validation import COUNTED, Check, Outcome
from ccdata_assets.settings import Settings

DIMENSIONS: Final = {
    "all": ("来电总量无突增", "No surge of calls in all"),
    "product": ("各产品来电无突增", "No surge of calls on a product"),
    "topic": ("各主题来电无突增", "No surge of calls on a topic"),
    "queue": ("各队列来电无突增", "No surge of calls to a queue"),
}
DAYS: Final = 7
"""Days of calls in which a surge is an alarm."""
TABLE: Final = "analysis.surge"
LATEST: Final = (
    "select * from analysis.{table} qualify row_number() over (partition by {key} order by as_of desc, rowid desc) = 1"
)


def surge_checks() -> list[Check]:
    """One check a dimension, as Dagster shows them."""
    return [_check(f"surge_{dimension}", None, zh, en) for dimension, (zh, en) in DIMENSIONS.items()]


def look_at_surges(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str, fresh: bool) -> list[Outcome]:
    """What the checks found. With `fresh` results an incident is opened for each part that surged in the last days of calls, and those of
    parts that no longer do are resolved."""
    last, judged = _judged(con)
    found = last_surges(con)
    if fresh and last is not None:
        parts = {(row["dimension"], row["part"]): 0 for row in found}
        for row in found:
            parts[row["dimension"], row["part"]] += 1
        known = con.execute(
            f"select check_name, field from ops.incident where table_name = '{TABLE}' and status <> 'resolved'"
        ).fetchall()
        outcomes = [
            _outcome(
                _check(_name(dimension, part), part or None, *DIMENSIONS[dimension]), days, judged.get(dimension, 0)
            )
            for (dimension, part), days in parts.items()
        ]
        open_still = {outcome.check.name for outcome in outcomes}
        over = [
            _outcome(_check(name, field, *DIMENSIONS[name.split("_")[1]]), 0, judged.get(name.split("_")[1], 0))
            for name, field in known
            if name not in open_still
        ]
        record_changes(con, [*outcomes, *over], None, settings, run_id)
    counts = {dimension: sum(row["dimension"] == dimension for row in found) for dimension in DIMENSIONS}
    return [
        _outcome(check, counts[dimension], judged.get(dimension, 0))
        for check, dimension in zip(surge_checks(), DIMENSIONS, strict=True)
    ]


def last_surges(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Surges of the last days of calls, newest first: local_date, dimension, part, calls, usual_calls, zh, en."""
    last, _ = _judged(con)
    if last is None:
        return []
    columns = ("local_date", "dimension", "part", "calls", "usual_calls", "zh", "en")
    rows: Sequence[tuple[Any, ...]] = con.execute(
        f"""select {", ".join(columns)} from ({LATEST.format(table="surge", key="local_date, dimension, part")})
        where not is_withdrawn and local_date > $1 order by local_date desc, dimension, calls / usual_calls desc, part""",
        [last - timedelta(days=DAYS)],
    ).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _judged(con: duckdb.DuckDBPyConnection) -> tuple[date | None, dict[str, int]]:
    """The last day of calls, and how many days and parts up to it were judged in the last days, by dimension."""
    rows = con.execute(
        f"""with watched as ({LATEST.format(table="surge_watch", key="local_date, dimension")}),
        last as (select max(local_date) as on_date from watched where not is_withdrawn)
        select on_date, dimension, sum(judged) from watched, last
        where not is_withdrawn and local_date > on_date - {DAYS} group by all"""
    ).fetchall()
    return (rows[0][0] if rows else None), {dimension: int(n) for _, dimension, n in rows}


def _name(dimension: str, part: str) -> str:
    return f"surge_{dimension}" + (f"_{hashlib.md5(part.encode()).hexdigest()[:8]}" if part else "_calls")


def _check(name: str, part: str | None, zh: str, en: str) -> Check:
    return Check(name, COUNTED, TABLE, part, "performance", "error", None, {}, {"zh": zh, "en": en})


def _outcome(check: Check, surges: int, judged: int) -> Outcome:
    """Of the days and parts judged, those that surged. With none judged nothing was looked at."""
    total = max(judged, surges)
    return Outcome(check, surges == 0, (total - surges) / total if total else None, surges, total)
