"""Dagster's run history is kept in SQLite, one engine and one connection an event: without help a run waits for it half of its time.

In WAL mode the last connection that closes copies the log back and waits for the disk, and every commit waits too; a new engine
compiles every statement anew. So a process keeps one engine a file, whose connections stay open, and commits wait only when the
log is copied (`synchronous = normal`): after a power failure the last events may be missing, never the database. The ledgers of
ccdata are in DuckDB and not concerned. The file of each new run is stamped as migrated, for which the scripts of all migrations are
read: a process reads them once.
"""

from __future__ import annotations

import sqlite3
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    from alembic.config import Config

_engines: dict[str, Engine] = {}
_one_at_a_time = Lock()


class _Kept(QueuePool):
    """Connections that stay open when Dagster disposes of the engine, as it does after each event."""

    def dispose(self) -> None:
        return

    def recreate(self) -> _Kept:
        return self


def _relax(connection: Any, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma synchronous = normal")


def _engine(address: str, **options: Any) -> Engine:
    """The engine of a file, whatever pool is asked for; threads may share it, for the pool lends a connection to one at a time."""
    with _one_at_a_time:
        if address not in _engines:
            options = options | {"poolclass": _Kept}
            options["connect_args"] = {**options.get("connect_args", {}), "check_same_thread": False}
            _engines[address] = create_engine(address, **options)
        return _engines[address]


def _read_migrations_once() -> None:
    from alembic.script import ScriptDirectory

    known: dict[str | None, ScriptDirectory] = {}
    read = ScriptDirectory.from_config

    def scripts(config: Config) -> ScriptDirectory:
        place = config.get_main_option("script_location")
        if place not in known:
            known[place] = read(config)
        return known[place]

    ScriptDirectory.from_config = staticmethod(scripts)  # type: ignore[method-assign]


def keep_history_open() -> None:
    """Spare the SQLite connections of a process that executes runs the wait; calling it again changes nothing."""
    if not event.contains(Engine, "connect", _relax):
        from dagster._core.storage.event_log.sqlite import sqlite_event_log
        from dagster._core.storage.runs.sqlite import sqlite_run_storage

        event.listen(Engine, "connect", _relax)
        _read_migrations_once()
        for module in (sqlite_event_log, sqlite_run_storage):
            vars(module)["create_engine"] = _engine
