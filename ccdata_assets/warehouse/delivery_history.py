"""What the ledger of files and quarantine said at each publication, so that a report of a past day shows the counts of that day.

A later delivery that replaces rows, a batch that is let through and a changed contract all change the counts of files landed before.
"""

from __future__ import annotations

import duckdb

from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction

LINE = ("feed", "file", "sha256", "landed_at")
TOLD = (
    "received_on", "status", "error", "encoding", "bytes", "rows", "staged", "quarantined", "blank", "superseded", "repeated",
)  # fmt: skip
REASON = ("feed", "sha256", "rule", "field", "reason")


def note_deliveries(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Add to ops.file_ledger_history and ops.quarantine_history what has changed since they were last written, at the run's business time."""
    told, line = ", ".join(TOLD), ", ".join(LINE)
    same = " and ".join(f"n.{name} is not distinct from l.{name}" for name in REASON)
    with transaction(con):
        con.execute(
            f"""insert into ops.file_ledger_history by name
            with latest as (
                select * from ops.file_ledger_history qualify row_number() over (partition by {line} order by as_of desc, rowid desc) = 1
            )
            select n.* from (select {line}, {told}, $1 as as_of from ops.file_ledger) as n left join latest as l using ({line})
            where l.feed is null or {" or ".join(f"n.{name} is distinct from l.{name}" for name in TOLD)}
            order by n.landed_at, n.feed, n.file""",
            [settings.as_of],
        )
        con.execute(
            f"""insert into ops.quarantine_history by name
            with latest as (
                select * from ops.quarantine_history qualify row_number() over (partition by {", ".join(REASON)} order by as_of desc, rowid desc) = 1
            ),
            now as (select {", ".join(REASON)}, count(*) as rows from ops.quarantine group by all)
            select {", ".join(f"if(n.feed is null, l.{name}, n.{name}) as {name}" for name in REASON)}, coalesce(n.rows, 0) as rows, $1 as as_of
            from now as n full join latest as l on {same} where coalesce(n.rows, 0) <> coalesce(l.rows, 0) order by all""",
            [settings.as_of],
        )
