"""Incidents: a check that fails opens one, a person acknowledges it, and it is resolved by a person or by the check passing again.

ops.incident_event is the ledger, ops.incident the view of it: status, and how long it took.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import duckdb

from ccdata_assets.errors import WrongUse
from ccdata_assets.quality.validation import Outcome
from ccdata_assets.settings import Settings

OPEN = "status <> 'resolved'"


def follow_incidents(
    con: duckdb.DuckDBPyConnection, outcomes: Sequence[Outcome], feed: str | None, settings: Settings, run_id: str
) -> None:
    """Open an incident for each check that fails and has none open, resolve those whose check passes. Call before the outcomes are recorded.

    Blocking checks and errors open one whenever they fail; a warning only where the check passed when it last ran: what was never
    as it should be is a state to improve, not an incident. A check that had nothing to look at has found nothing: what is open stays open.
    """
    is_open = dict(
        con.execute(
            f"select check_name, incident_id from ops.incident where feed is not distinct from ? and {OPEN}", [feed]
        ).fetchall()
    )
    passed_before = {
        name
        for name, passed in con.execute(
            """select check_name, passed from kpi.quality_result where feed is not distinct from ? and (total > 0 or not passed)
            qualify row_number() over (partition by check_name order by as_of desc, rowid desc) = 1""",
            [feed],
        ).fetchall()
        if passed
    }
    for outcome in outcomes:
        name = outcome.check.name
        if outcome.passed and outcome.total == 0:
            continue
        if outcome.passed and name in is_open:
            _write(con, settings, is_open[name], "resolved", outcome, feed, run_id)
        elif (
            not outcome.passed
            and name not in is_open
            and (outcome.check.severity != "warning" or name in passed_before)
        ):
            key = f"{name}:{feed}:{outcome.check.table}:{settings.as_of.isoformat()}:{run_id}"
            _write(con, settings, "inc_" + hashlib.md5(key.encode()).hexdigest()[:12], "opened", outcome, feed, run_id)


def _write(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    incident_id: str,
    kind: str,
    outcome: Outcome,
    feed: str | None,
    run_id: str,
) -> None:
    check = outcome.check
    row = [incident_id, settings.as_of, kind, check.name, feed, check.table, check.field, check.dimension, check.severity, outcome.value,
           1.0 if check.target is None else check.target, None, None, run_id]  # fmt: skip
    con.execute(f"insert into ops.incident_event values ({', '.join('?' * len(row))})", row)


def incidents(con: duckdb.DuckDBPyConnection, every: bool = False) -> list[dict[str, Any]]:
    """The open incidents, or all, the most severe and then the oldest first."""
    found = con.execute(
        f"""select * exclude (found), found.value as value, found.target as target from ops.incident where {"true" if every else OPEN}
        order by status = 'resolved', case severity when 'blocking' then 0 when 'error' then 1 else 2 end, opened_at, incident_id"""
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def acknowledge(
    con: duckdb.DuckDBPyConnection, settings: Settings, incident_id: str, by: str, comment: str | None
) -> None:
    """Somebody has seen it and looks after it. WrongUse where it is not open."""
    _decide(con, settings, incident_id, "acknowledged", by, comment)


def resolve_incident(
    con: duckdb.DuckDBPyConnection, settings: Settings, incident_id: str, by: str, comment: str
) -> None:
    """Somebody says that it is settled, and how; a later failure of the check opens another one. WrongUse where it is not open."""
    _decide(con, settings, incident_id, "resolved", by, comment)


def _decide(
    con: duckdb.DuckDBPyConnection, settings: Settings, incident_id: str, kind: str, by: str, comment: str | None
) -> None:
    known = con.execute("select status from ops.incident where incident_id = ?", [incident_id]).fetchall()
    if not known:
        raise WrongUse(f"there is no incident {incident_id}; fix: see `ccdata incident list`")
    if known[0][0] == "resolved" or known[0][0] == kind:
        raise WrongUse(f"incident {incident_id} is {known[0][0]} already; fix: see `ccdata incident list --all`")
    con.execute(
        """insert into ops.incident_event
        select incident_id, $2, $3, check_name, feed, table_name, field, dimension, severity, value, target, $4, $5, null
        from ops.incident_event where incident_id = $1 and kind = 'opened'""",
        [incident_id, settings.as_of, kind, by, comment],
    )
