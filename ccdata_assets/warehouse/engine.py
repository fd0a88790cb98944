"""The warehouse file: opened, configured and migrated in one place.

Only one process writes at a time (`warehouse.lock`). dbt opens the file with another configuration than ours, so only when
every connection of ours is closed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ccdata_assets.contracts.registry import HERE as CONTRACTS_DIR
from ccdata_assets.errors import CcdataError
from ccdata_assets.settings import Settings

Config = dict[str, str | bool | int | float | list[str]]
SCHEMAS = ("ops", "staged", "standard", "resolution", "golden", "marts", "kpi", "analysis", "planning", "reference")
MIGRATIONS = Path(__file__).parent / "migrations"
STORAGE = "v1.4.0"
"""Oldest DuckDB that can open a new warehouse; its compression writes text a third faster than the default, v0.10's."""


def duckdb_config(settings: Settings) -> Config:
    """The configuration every connection of a process must share."""
    return {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "storage_compatibility_version": STORAGE,
    }


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
    """A read-write connection to the warehouse, migrated; closed at the end, after an error too."""
    with open_warehouse(settings.warehouse_path, duckdb_config(settings), settings.lock_timeout_s) as con:
        yield con


@contextmanager
def open_warehouse(path: Path, config: Config, timeout_s: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """`connect` without settings. A process that a killed run left behind may still have the file open: it is waited for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            con = duckdb.connect(str(path), config=config)
            break
        except duckdb.IOException as error:
            if "lock" not in str(error).lower() or time.monotonic() >= deadline:
                raise
            time.sleep(0.2)
    try:
        prepare(con)
        migrate(con)
        yield con
    finally:
        con.close()


@contextmanager
def look(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the warehouse; CcdataError while a run writes it."""
    deadline = time.monotonic() + min(settings.lock_timeout_s, 10)
    while True:
        try:
            con = duckdb.connect(str(settings.warehouse_path), read_only=True, config=duckdb_config(settings))
            break
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() >= deadline:
                raise CcdataError("a run writes the warehouse just now; fix: ask again when it has ended") from None
            time.sleep(0.2)
    try:
        prepare(con)
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


def insert_rows(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Add rows, in their order, at once; each has a value for every column of the table."""
    if not rows:
        return
    schema = con.execute(f"from {table} limit 0").to_arrow_table().schema
    columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
    con.register("new_rows", pa.table(columns, schema=schema))
    con.execute(f"insert into {table} from new_rows")
    con.unregister("new_rows")
