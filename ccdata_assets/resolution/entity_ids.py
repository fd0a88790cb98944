"""What is said of an ID that a command cannot take: it is a contact's, it ended, or nobody ever had it."""

from __future__ import annotations

import duckdb

from ccdata_assets.errors import WrongUse
from ccdata_assets.resolution.ledger import PREFIX


def not_alive(con: duckdb.DuckDBPyConnection, entity_id: str, what: str = "lock") -> WrongUse:
    """Why `ccdata entity WHAT` cannot take an ID that no live organisation has, and what to take instead."""
    if entity_id.startswith(PREFIX["contact"]):
        return WrongUse(
            f"{entity_id} is a contact; `{what}` takes organisations only; fix: give the ID of its organisation "
            f"(`ccdata entity show {entity_id}` names it)"
        )
    last = con.execute(
        """select kind, business_date, to_ids[1] from golden.entity_event
        where entity_id = $1 and kind in ('birth', 'split', 'merge', 'retire') order by rowid desc limit 1""",
        [entity_id],
    ).fetchall()
    if not last or last[0][0] not in ("merge", "retire"):
        return WrongUse(f"no organisation {entity_id} lives; fix: take an ID that `ccdata entity find` gives")
    kind, day, heir = last[0]
    if kind == "retire":
        return WrongUse(
            f"{entity_id} ended on {day}, no row of it is left; fix: take an ID that `ccdata entity find` gives"
        )
    return WrongUse(f"{entity_id} was merged into {heir} on {day}; fix: use {_alive(con, heir)}")


def _alive(con: duckdb.DuckDBPyConnection, entity_id: str) -> str:
    """The ID that an ID's rows came to by merges; itself where it lives, or ended otherwise."""
    seen = set()
    while entity_id not in seen:
        seen.add(entity_id)
        last = con.execute(
            "select kind, to_ids[1] from golden.entity_event where entity_id = $1 and kind in ('birth', 'split', 'merge', 'retire') "
            "order by rowid desc limit 1",
            [entity_id],
        ).fetchall()
        if last and last[0][0] == "merge":
            entity_id = last[0][1]
    return entity_id
