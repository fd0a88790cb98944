"""The warehouse file: opened, configured and migrated in one place.

Only one process writes at a time (`warehouse.lock`). Connections are short: dbt runs in a process of its own and can
open the file only when every one of ours is closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ccdata_assets.contracts.registry import HERE as CONTRACTS_DIR
from ccdata_assets.settings import Settings

SCHEMAS = ("ops", "staged", "standard", "golden", "marts", "kpi", "reference")
MIGRATIONS = Path(__file__).parent / "migrations"


def duckdb_config(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    """The configuration every connection of a process must share."""
    return {"memory_limit": settings.memory_limit, "threads": settings.threads}


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make a fresh connection ours: UTC, the contracts' functions, no progress bar."""
    con.execute("set timezone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    con.execute((CONTRACTS_DIR / "functions.sql").read_text(encoding="utf-8"))


def migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas and bring the ledgers to the newest version, each numbered file once, in a transaction."""
    for schema in SCHEMAS:
        con.execute(f"create schema if not exists {schema}")
    con.execute(
        "create table if not exists ops.migration (number integer primary key, name varchar not null, applied_at timestamptz not null)"
    )
    done = {number for (number,) in con.execute("select number from ops.migration").fetchall()}
    for path in sorted(MIGRATIONS.glob("*.sql")):
        number = int(path.name[:3])
        if number in done:
            continue
        con.execute("begin")
        try:
            con.execute(path.read_text(encoding="utf-8"))
            con.execute("insert into ops.migration values (?, ?, now())", [number, path.stem])
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise


@contextmanager
def connect(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-write connection to the warehouse, migrated; closed at the end."""
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(settings.warehouse_path), config=duckdb_config(settings))
    try:
        prepare(con)
        migrate(con)
        yield con
    finally:
        con.close()


@contextmanager
def connect_published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the published copy; FileNotFoundError where nothing was published yet."""
    if not settings.published_path.exists():
        raise FileNotFoundError("nothing is published yet")
    con = duckdb.connect(str(settings.published_path), read_only=True)
    try:
        con.execute("set timezone = 'UTC'")
        yield con
    finally:
        con.close()


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of it or nothing."""
    con.execute("begin")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
