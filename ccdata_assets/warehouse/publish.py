"""Write, audit, publish: the copy everyone reads is made beside the old one, checked, and renamed into its place.

A reader that has the old copy open keeps it until it closes; a run never waits for a reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import BlockingCheckFailed
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.delivery_history import note_deliveries
from ccdata_assets.warehouse.lineage import write_lineage

PUBLISHED_TABLES = {
    "ops.file_ledger": "select * from ops.file_ledger",
    "ops.quarantine": "select feed, file, sha256, member, row, field, rule, reason from ops.quarantine",
    "ops.quarantine_summary": """select q.feed, q.file, q.rule, q.field, q.reason, count(*) as rows, l.landed_at
        from ops.quarantine as q join ops.file_ledger as l on l.feed = q.feed and l.sha256 = q.sha256 and l.status <> 'repeat'
        group by all""",
    "ops.cell_finding": "select feed, file, sha256, member, row, field, rule from ops.cell_finding",
    "ops.batch_gate": """select * replace (
            regexp_replace(regexp_replace(reason, '^let through by .*? on (\\d{4}-\\d{2}-\\d{2}), until', 'let through on \\1, until'), '\\d{7,}', '…', 'g') as reason)
        from ops.batch_gate""",
    "ops.gate_override": """select feed, file, sha256, "at", until, regexp_replace(reason, '\\d{7,}', '…', 'g') as reason from ops.gate_override""",
    "ops.incident": """select incident_id, check_name, feed, table_name, field, dimension, severity, found.value as value, found.target as target, status,
            opened_at, acknowledged_at, resolved_at, case when resolved_at is not null then if(resolved_by = 'run', 'run', 'person') end as resolved_by, acknowledged_after_s, resolved_after_s
        from ops.incident""",
    "ops.file_ledger_history": "select * from ops.file_ledger_history",
    "ops.quarantine_history": "select * from ops.quarantine_history",
    "golden.crosswalk": "select * from golden.crosswalk",
    "golden.entity_event": "select * from golden.entity_event",
    "golden.membership": "select * exclude (record_id, seq), seq as run_no from golden.membership",
    "golden.review_queue": "select * from golden.review_queue",
    "golden.review_count": "select * from golden.review_count",
    "ops.review_file": "select * from ops.review_file",
    "reference.lineage": "select * from reference.lineage",
}
"""Tables published beside all of the schemas marts, kpi and planning. Who decided something, and what people wrote to each other about an
incident, stays in the warehouse; the reason for letting a batch through is meant for readers, without long numbers."""
STORAGE = "v1.0.0"
"""Oldest DuckDB that can open the published copy: readers choose theirs, while the warehouse is ours alone."""
WHOLE_SCHEMAS = ("marts", "kpi", "analysis", "planning")


@dataclass(frozen=True)
class Published:
    """What was published: rows by table, and which columns are masked."""

    rows: dict[str, int]
    masked: list[str]


def publish(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> Published:
    """Make the new copy, audit it and put it in place; BlockingCheckFailed leaves the old one as it was."""
    note_deliveries(con, settings)
    target = settings.published_path
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".duckdb.new")
    for leftover in (part, Path(f"{part}.wal")):
        leftover.unlink(missing_ok=True)
    write_lineage(con, registry)
    queries = dict(PUBLISHED_TABLES)
    tables = con.execute(
        "select table_schema || '.' || table_name from information_schema.tables where table_schema in ? and table_type = 'BASE TABLE' order by all",
        [list(WHOLE_SCHEMAS)],
    ).fetchall()
    queries |= {name: f"select * from {name}" for (name,) in tables}
    masked: list[str] = []
    rows: dict[str, int] = {}
    con.execute(f"attach {literal(str(part))} as copy (storage_version {literal(STORAGE)})")
    try:
        for name, query in sorted(queries.items()):
            schema, table = name.split(".")
            columns = con.execute(f"describe {query}").fetchall()
            chosen = []
            for column, kind, *_ in columns:
                hide = is_masked(registry, schema, column) and not settings.publish_personal
                chosen.append(
                    f"{mask(column, kind, registry.fields[column].type)} as {quote(column)}" if hide else quote(column)
                )
                masked += [f"{name}.{column}"] if hide else []
            con.execute(f"create schema if not exists copy.{schema}")
            con.execute(f"create table copy.{schema}.{quote(table)} as select {', '.join(chosen)} from ({query})")
            rows[name] = con.execute(f"select count(*) from copy.{schema}.{quote(table)}").fetchall()[0][0]
        _copy_views(con)
        audit(con, rows, queries)
    finally:
        con.execute("detach copy")
    part.chmod(0o444)
    stale = Path(f"{target}.wal")  # of a reader that wrote: DuckDB would replay it into the new copy
    stale.unlink(missing_ok=True)
    part.replace(target)
    stale.unlink(missing_ok=True)
    return Published(rows, masked)


def _copy_views(con: duckdb.DuckDBPyConnection) -> None:
    """Views of whole schemas stay views, over the tables of the copy; none of them has a personal column."""
    here = con.execute("select current_database()").fetchall()[0][0]
    views = con.execute(
        "select sql from duckdb_views() where database_name = ? and schema_name in ?", [here, list(WHOLE_SCHEMAS)]
    ).fetchall()
    con.execute("use copy")
    try:
        for (definition,) in views:
            con.execute(definition)
    finally:
        con.execute(f"use {quote(here)}")


def publish_addition(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> bool:
    """Publish what was added to ledgers beside a run. Only where all else is as the last run published it; else the next run publishes it."""
    from ccdata_assets.warehouse.state import can_be_added_to, mark_published

    if not can_be_added_to(con, registry, settings):
        return False
    publish(con, registry, settings)
    mark_published(con, registry, settings)
    return True


def is_masked(registry: Registry, schema: str, column: str) -> bool:
    """Whether a published column is personal: it bears the name of a field that is. `kpi` holds no personal column."""
    return schema != "kpi" and column in registry.fields and registry.fields[column].pii != "none"


def mask(column: str, kind: str, field_type: str) -> str:
    """A personal column as it is published: texts keep their first character (a number its country code); codes, of which
    that would say all, and what is no text are null."""
    if kind != "VARCHAR" or field_type.startswith("code:"):
        return f"cast(null as {kind})"
    name = quote(column)
    return f"case when {name} is not null then left({name}, if({name}[1] = '+', 3, 1)) || '***' end"


def audit(con: duckdb.DuckDBPyConnection, rows: dict[str, int], queries: dict[str, str]) -> None:
    """The last look at the new copy: complete, balanced and consistent in itself."""
    for name, query in queries.items():
        expected = con.execute(f"select count(*) from ({query})").fetchall()[0][0]
        if rows[name] != expected:
            raise BlockingCheckFailed(
                f"{name}: {rows[name]} rows in the new copy but {expected} in the warehouse; nothing was published; fix: run again"
            )
    faults = {
        "files whose rows are not all accounted for": "select count(*) from copy.ops.file_ledger where contract_hash is not null and status <> 'held' and rows <> staged + quarantined + blank + superseded",
        "rows with an organisation that does not exist": "select count(*) from copy.golden.crosswalk anti join copy.marts.dim_organisation using (organisation_id) where organisation_id is not null",
        "organisations that no row belongs to": "select count(*) from copy.marts.dim_organisation anti join copy.golden.crosswalk using (organisation_id)",
        "organisations that differ from the stock the events give": "select abs((select count(*) from copy.marts.dim_organisation) - (select coalesce(sum(delta), 0) from copy.marts.fct_entity_change where entity_kind = 'organisation'))",
    }
    for what, query in faults.items():
        if found := con.execute(query).fetchall()[0][0]:
            raise BlockingCheckFailed(
                f"{found} {what}; nothing was published; fix: report this as a fault of ccdata with the run's ID"
            )
