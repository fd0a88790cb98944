"""Landing from databases: the rows a query gives become raw rows and lines of the ledger, no row twice.

With a watermark, only rows from the last one seen on are asked for; those that landed before are known by their hashes.
Without one, the whole table is read each time, and a table that did not change is a line of status `repeat`. What has
landed and how far it was read are written in one transaction, so a run killed anywhere costs only its last slice. A
database that cannot be read costs only its feed: the line of the ledger says why.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from ccdata_assets.contracts.compile import literal
from ccdata_assets.contracts.model import Contract, SqlSource
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import CcdataError
from ccdata_assets.landing.land import received_on
from ccdata_assets.landing.ledger import LedgerLine, write_line
from ccdata_assets.landing.query_slices import (
    IS_TIME,
    Slice,
    Spool,
    bound,
    row_hash_sql,
    shown,
    slice_member,
    sort_slice,
    spool_slices,
    spool_whole,
    window_start,
)
from ccdata_assets.landing.raw_store import Lineage, raw_files, write_raw
from ccdata_assets.landing.reading import reading
from ccdata_assets.landing.rows import column_names
from ccdata_assets.landing.secrets import Hider
from ccdata_assets.landing.sql_dialects import (
    Bound,
    Dialect,
    Kind,
    address,
    connect_reading,
    fetch_all,
    stream,
    watermark_kind,
)
from ccdata_assets.landing.sql_errors import explain
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction

SLICE_ROWS = 1_000_000
"""Rows of one line of the ledger, more where their watermark is the same."""
OVERLAP = timedelta(minutes=10)
"""How far back of the last watermark rows are read again: a transaction may end that long after the time it wrote."""
FUTURE = timedelta(days=2)
"""A watermark further ahead of the clock would hide all that changes until then; two days allow for any time zone."""

Progress = Callable[[LedgerLine], None]


@dataclass(frozen=True)
class Watermark:
    """How far a feed was read (ops.watermark)."""

    column: str = ""
    kind: Kind | None = None
    ordinal: Decimal | None = None
    columns: tuple[str, ...] = ()
    sha256: str = ""
    value: str = ""
    """For people; without a watermark, the hash of the content."""


@dataclass(frozen=True)
class _Feed:
    """What landing one feed needs throughout."""

    con: duckdb.DuckDBPyConnection
    contract: Contract
    settings: Settings
    run_id: str
    read_by: str
    overlap: timedelta
    hider: Hider

    @property
    def folder(self) -> Path:
        return self.settings.raw_dir / self.contract.feed

    @property
    def workdir(self) -> Path:
        return self.settings.raw_dir.parent / "read" / self.contract.feed

    def line(self, name: str) -> LedgerLine:
        """A line of the ledger, still without rows."""
        return LedgerLine(
            feed=self.contract.feed,
            file=f"{self.contract.feed}/{name}",
            sha256="",
            bytes=0,
            modified_ns=0,
            status="landed",
            received_on=received_on(self.contract, name, self.settings),
            landed_at=self.settings.as_of,
            run_id=self.run_id,
            read_by=self.read_by,
        )


def land_query(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    registry: Registry,
    settings: Settings,
    run_id: str,
    *,
    slice_rows: int = SLICE_ROWS,
    overlap: timedelta = OVERLAP,
    progress: Progress = lambda line: None,
) -> list[LedgerLine]:
    """Land what is new in the database of one feed and give its lines of the ledger, one a slice; none where nothing is.

    `progress` is told each line as soon as it is kept. Never raises for what is wrong with the database, the variable
    or the query: that is a line of status `rejected` without rows.
    """
    assert isinstance(contract.source, SqlSource)
    read_by, hider = ":".join(reading(contract, registry, settings)), Hider(contract, registry, settings)
    feed = _Feed(con, contract, settings, run_id, read_by, overlap, hider)
    variable, url = contract.source.sql.url.removeprefix("env "), None
    lines: list[LedgerLine] = []
    try:
        _forget_unfinished(feed)
        feed.workdir.mkdir(parents=True, exist_ok=True)
        url, dialect = address(variable)
        with connect_reading(url, dialect) as connection:
            for line in _land(feed, connection, dialect, slice_rows):
                lines.append(line)
                progress(line)
        con.execute(  # what could not be read before could be now
            "delete from ops.file_ledger where feed = ? and sha256 = '' and status = 'rejected'", [contract.feed]
        )
    except Exception as error:  # costs this feed only; what is already in `lines` stays
        line = _reject(feed, explain(error, variable, url))
        lines.append(line)
        progress(line)
    finally:
        shutil.rmtree(feed.workdir, ignore_errors=True)
    return lines


def _land(feed: _Feed, connection: sa.Connection, dialect: Dialect, slice_rows: int) -> Iterator[LedgerLine]:
    assert isinstance(feed.contract.source, SqlSource)
    source = feed.contract.source.sql
    described, _ = fetch_all(connection, dialect.columns_sql(source.query))
    columns = column_names(column.name for column in described)
    if len(columns) > feed.settings.max_columns:
        raise CcdataError("the query gives more columns than CCDATA_MAX_COLUMNS; fix: name those the contract reads")
    before = _watermark(feed)
    if source.watermark is None:
        _refuse_change(before, "", None)
        batches = feed.hider.slices(stream(connection, source.query.strip(), source.fetch_rows), columns)
        yield _land_whole(feed, before, batches, columns, dialect.name)
        return
    name = _actual_name(source.watermark, [column.name for column in described])
    place = [column.name for column in described].index(name)
    kind = watermark_kind(connection, dialect, source.query, described[place])
    if kind is None:
        return  # SQL Server, and no row yet
    _refuse_change(before, source.watermark, kind)

    mark = Watermark(source.watermark, kind, before.ordinal if before else None, columns)
    low = window_start(mark.ordinal, kind, feed.overlap) if mark.ordinal is not None else None
    high = _horizon(kind)
    _, ((unread,),) = fetch_all(connection, dialect.unread_sql(source.query, name, high, kind))
    sql = dialect.rows_sql(source.query, name, bound(low, kind) if low is not None else None, high, kind)
    batches = feed.hider.slices(stream(connection, sql, source.fetch_rows), columns, columns[place])
    is_first, is_reload = True, before is None
    for spool in spool_slices(batches, feed.workdir, columns, columns[place], kind, mark.ordinal, slice_rows):
        line = _land_slice(feed, spool, columns, mark, before, is_first, is_reload, dialect.name)
        if line:
            yield line
            before = _watermark(feed)
            assert before
            mark, is_first = replace(mark, ordinal=before.ordinal), False
    if int(unread):
        ahead = " or one more than two days ahead of the clock" if kind in IS_TIME else ""
        raise CcdataError(
            f"{unread} rows have no {source.watermark}{ahead} and are not read; fix: correct them at the source, give them one in the query (coalesce), or leave them out there (where)"
        )


def _horizon(kind: Kind) -> Bound | None:
    """From where on a watermark is not believed."""
    moment = (datetime.now(timezone.utc) + FUTURE).replace(microsecond=0)
    match kind:
        case "instant":
            return moment
        case "timestamp":
            return moment.replace(tzinfo=None)
        case "date":
            return moment.date()
        case _:
            return None


def _land_slice(
    feed: _Feed,
    spool: Spool,
    columns: tuple[str, ...],
    mark: Watermark,
    before: Watermark | None,
    is_first: bool,
    is_reload: bool,
    form: str,
) -> LedgerLine | None:
    """Land the rows of one slice that are not known and move the watermark to its end; None where all are known.

    `is_reload`: nothing says how far the feed was read, so what the ledger has already is a repeat.
    """
    assert spool.last is not None and mark.kind is not None
    compared = before.columns if before else columns
    part = sort_slice(feed.con, feed.contract.feed, spool, columns, compared, feed.workdir / "sorted.parquet")
    if not part.rows:
        return None
    last = spool.last if mark.ordinal is None else max(mark.ordinal, spool.last)
    begin = shown(mark.ordinal, mark.kind) if mark.ordinal is not None else ""
    line = replace(feed.line(f"{begin}..{shown(last, mark.kind)}"), sha256=part.sha256, bytes=part.bytes, format=form)
    if not _is_known(feed, part.sha256):
        line = _write(feed, line, part, columns)
    elif is_reload:
        line = replace(line, status="repeat")
    else:  # a row like one that landed alone before, and one more of it
        line = _write(feed, replace(line, sha256=_renewed(part.sha256, before)), part, columns)
    reached = replace(mark, ordinal=last, columns=columns, sha256=line.sha256, value=shown(last, mark.kind))
    start = window_start(last, mark.kind, feed.overlap)
    with transaction(feed.con):
        _keep(feed, line, reached)
        carried = "true" if is_first else f"ordinal < {start}"
        feed.con.execute(f"delete from ops.watermark_row where feed = ? and {carried}", [feed.contract.feed])
        feed.con.execute(
            f"""insert into ops.watermark_row select {literal(feed.contract.feed)}, ordinal, {row_hash_sql(columns, columns)}
            from read_parquet({literal(str(spool.path))}) where ordinal >= {start}"""
        )
    return line


def _land_whole(
    feed: _Feed,
    before: Watermark | None,
    batches: Iterator[list[pa.Array]],
    columns: tuple[str, ...],
    form: str,
) -> LedgerLine:
    """All rows of the query as one delivery; its name is always the same, so that `replaces: file` works."""
    spool = spool_whole(batches, feed.workdir / "read.parquet", len(columns))
    part = sort_slice(feed.con, feed.contract.feed, spool, columns, columns, feed.workdir / "sorted.parquet")
    line = replace(feed.line("whole table"), sha256=part.sha256, bytes=part.bytes, format=form)
    if before and before.value == part.sha256:
        line = replace(line, sha256=before.sha256, status="repeat")
        with transaction(feed.con):
            write_line(feed.con, line)
        return line
    if before and _is_known(feed, part.sha256):
        # the table is again as it once was: a change too, which must land to take the place of the last one
        line = replace(line, sha256=_renewed(part.sha256, before))
    line = _write(feed, line, part, columns)
    with transaction(feed.con):
        _keep(feed, line, Watermark(columns=columns, sha256=line.sha256, value=part.sha256))
    return line


# --- what is kept ------------------------------------------------------------------------------------------------


def _write(feed: _Feed, line: LedgerLine, part: Slice, columns: tuple[str, ...]) -> LedgerLine:
    """Write the raw rows under the name their content gives; until they are in the ledger, a note says they are not."""
    feed.con.execute("insert or replace into ops.run_state values (?, ?)", [_note(feed), line.sha256])
    assert line.format is not None
    member = slice_member(part, columns, line.format)
    raw = write_raw(feed.folder, [member], Lineage(line.file, line.sha256, line.landed_at))
    return replace(line, rows=raw.rows, members=tuple(raw.members))


def _keep(feed: _Feed, line: LedgerLine, reached: Watermark) -> None:
    """Within a transaction: the line, how far it was read, and that nothing is unfinished."""
    write_line(feed.con, line)
    feed.con.execute(
        "insert or replace into ops.watermark values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            line.feed,
            reached.column,
            reached.kind,
            reached.ordinal,
            reached.value,
            list(reached.columns),
            reached.sha256,
            line.landed_at,
            line.run_id,
        ],
    )
    feed.con.execute("delete from ops.run_state where name = ?", [_note(feed)])


def _reject(feed: _Feed, error: CcdataError) -> LedgerLine:
    """The feed's line for what could not be read; one that says the same already stays as it is."""
    line = replace(feed.line("not read"), status="rejected", error=str(error))
    this = "feed = ? and sha256 = '' and status = 'rejected'"
    if not feed.con.execute(
        f"select 1 from ops.file_ledger where {this} and error = ?", [line.feed, line.error]
    ).fetchall():
        with transaction(feed.con):
            feed.con.execute(f"delete from ops.file_ledger where {this}", [line.feed])
            write_line(feed.con, line)
    return line


def _renewed(sha256: str, before: Watermark | None) -> str:
    """The hash of a content that comes a second time, after another."""
    return hashlib.sha256(f"{sha256} after {before.sha256 if before else ''}".encode()).hexdigest()


def _note(feed: _Feed) -> str:
    return f"unfinished:{feed.contract.feed}"


def _forget_unfinished(feed: _Feed) -> None:
    """Take away what a killed run left: its files, and raw rows that no line of the ledger knows."""
    shutil.rmtree(feed.workdir, ignore_errors=True)
    found = feed.con.execute("select value from ops.run_state where name = ?", [_note(feed)]).fetchone()
    if found is None:
        return
    if not _is_known(feed, found[0]):
        for path in raw_files(feed.folder, found[0]):
            path.unlink(missing_ok=True)
    feed.con.execute("delete from ops.run_state where name = ?", [_note(feed)])


def _is_known(feed: _Feed, sha256: str) -> bool:
    return bool(
        feed.con.execute(
            "select 1 from ops.file_ledger where feed = ? and sha256 = ? and status <> 'repeat' limit 1",
            [feed.contract.feed, sha256],
        ).fetchone()
    )


def _watermark(feed: _Feed) -> Watermark | None:
    found = feed.con.execute(
        "select watermark, kind, ordinal, columns, sha256, value from ops.watermark where feed = ?",
        [feed.contract.feed],
    ).fetchone()
    if found is None:
        return None
    column, kind, ordinal, columns, sha256, value = found
    return Watermark(column, kind, ordinal, tuple(columns), sha256, value)


def _refuse_change(before: Watermark | None, column: str, kind: Kind | None) -> None:
    """CcdataError where the feed was read by another watermark: rows would land twice, or never."""
    if before and (before.column, before.kind) != (column, kind):
        was, now = (
            f"{name} ({what})" if name else "none" for name, what in ((before.column, before.kind), (column, kind))
        )
        raise CcdataError(
            f"the watermark was {was} and now is {now}, so that rows would land twice; fix: put it back, or give the feed a new name"
        )


def _actual_name(wanted: str, names: list[str]) -> str:
    """The watermark as the query names it: databases fold the case of names each in their own way."""
    found = [name for name in names if name == wanted] or [
        name for name in names if name.casefold() == wanted.casefold()
    ]
    if len(found) != 1:
        raise CcdataError(
            f"the query gives no column {wanted}, the watermark; fix: select it, or correct source.sql.watermark"
        )
    return found[0]
