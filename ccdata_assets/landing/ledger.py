"""The file ledger: one line a delivery, written in the same transaction as what it replaces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from ccdata_assets.landing.inbox import InboxFile


@dataclass(frozen=True)
class LedgerLine:
    """One delivery as the ledger keeps it at landing (DESIGN: ops.file_ledger)."""

    feed: str
    file: str
    sha256: str
    bytes: int
    modified_ns: int
    status: str
    received_on: date
    landed_at: datetime
    run_id: str
    read_by: str
    rows: int = 0
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    members: tuple[str, ...] = ()
    error: str | None = None
    declared_rows: int | None = None


@dataclass(frozen=True)
class Earlier:
    """What the ledger says of bytes that came before."""

    status: str
    read_by: str
    received_on: date
    landed_at: datetime


def new_files(con: duckdb.DuckDBPyConnection, feed: str, files: Iterable[InboxFile], is_stale: str) -> list[InboxFile]:
    """The files of the inbox that the ledger has no line for (by path, size and time of change).

    `is_stale` is an SQL condition on lines that count for nothing: their files are to be read anew.
    """
    known = set(
        con.execute(
            f"select file, bytes, modified_ns from ops.file_ledger where feed = ? and not ({is_stale})", [feed]
        ).fetchall()
    )
    return [file for file in files if (file.name, file.bytes, file.modified_ns) not in known]


def earlier_line(con: duckdb.DuckDBPyConnection, feed: str, sha256: str) -> Earlier | None:
    """The line under which the same bytes came first."""
    found = con.execute(
        "select status, read_by, received_on, landed_at from ops.file_ledger where feed = ? and sha256 = ? and status <> 'repeat'",
        [feed, sha256],
    ).fetchone()
    return Earlier(*found) if found else None


def write_line(con: duckdb.DuckDBPyConnection, line: LedgerLine) -> None:
    """Within the caller's transaction, add a line to the ledger, in the place of the line of the same bytes that is read
    anew.

    `landing_seq` counts deliveries as they came, for business times may be alike; bytes read anew keep theirs.
    """
    values = {**vars(line), "members": list(line.members)}
    values["landing_seq"] = con.execute("select coalesce(max(landing_seq), 0) + 1 from ops.file_ledger").fetchall()[0][
        0
    ]
    if line.status != "repeat" and line.sha256:
        this = "feed = ? and sha256 = ?"
        known = con.execute(
            f"select landing_seq from ops.file_ledger where {this} and status <> 'repeat' and landing_seq is not null",
            [line.feed, line.sha256],
        ).fetchall()
        if known:
            values["landing_seq"] = known[0][0]
        for table in ("ops.quarantine", "ops.batch_gate", "ops.file_column", "ops.read_batch"):
            con.execute(f"delete from {table} where {this}", [line.feed, line.sha256])
        con.execute(f"delete from ops.file_ledger where {this} and status <> 'repeat'", [line.feed, line.sha256])
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    con.execute(f"insert into ops.file_ledger ({names}) values ({marks})", list(values.values()))
