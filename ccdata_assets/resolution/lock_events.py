"""Where a lock begins and where it ends: its lines in golden.entity_event. What a lock is stands in decisions.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import duckdb

from ccdata_assets.settings import Settings


def write_lock_event(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    kind: Literal["lock", "unlock"],
    decision_id: str,
    rows: Iterable[int],
    cause: str,
    run_id: str | None = None,
) -> None:
    """One event for each organisation that rows (record_ids) of a lock belong to; it changes no stock."""
    con.execute(
        """insert into golden.entity_event by name
        with held as (
            select distinct entity_id from resolution.assigned
            where entity_kind = 'organisation' and record_id in (select unnest($1::ubigint[]))
        )
        select left(md5(concat_ws(':', $2, entity_id, $3)), 20) as event_id, $4 as "at", $5 as business_date, $2 as kind,
            'organisation' as entity_kind, entity_id, [entity_id] as from_ids, [entity_id] as to_ids, null as province_code,
            $6 as cause, '' as rule_version, $7 as run_id
        from held order by entity_id""",
        [sorted(rows), kind, decision_id, settings.as_of, settings.business_date, cause, run_id],
    )
