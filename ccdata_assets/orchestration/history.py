"""Dagster's run history is kept in SQLite, one connection an event: without help half of a run is its disk waits.

In WAL mode the last connection that closes copies the log back and waits for the disk, and every commit waits too. So one
connection a file stays open as long as the process, and commits wait only when the log is copied (`synchronous = normal`):
after a power failure the last events may be missing, never the database. The ledgers of ccdata are in DuckDB and not concerned.

Dagster also makes an engine for every event, and a new engine compiles every statement anew; so one engine a file stays too.
"""

from __future__ import annotations

import sqlite3
from threading import Lock
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

_kept: dict[str, sqlite3.Connection] = {}
_engines: dict[str, Engine] = {}
_one_at_a_time = Lock()


def _relax(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.execute("pragma synchronous = normal")
    ((_, _, path),) = connection.execute("pragma database_list").fetchall()[:1]
    if not path:
        return
    with _one_at_a_time:
        kept = _kept.get(path) or _kept.setdefault(path, sqlite3.connect(path, check_same_thread=False))
        # it takes part in the log once it has read since the file began to have one
        kept.execute("select count(*) from sqlite_master").fetchall()


def _engine(address: str, **options: Any) -> Engine:
    """The engine of a file; its pool keeps no connection, so threads may share it."""
    with _one_at_a_time:
        return _engines.get(address) or _engines.setdefault(address, create_engine(address, **options))


def keep_history_open() -> None:
    """Spare the SQLite connections of a process that executes runs the wait; calling it again changes nothing."""
    if not event.contains(Engine, "connect", _relax):
        from dagster._core.storage.event_log.sqlite import sqlite_event_log

        event.listen(Engine, "connect", _relax)
        vars(sqlite_event_log)["create_engine"] = _engine
