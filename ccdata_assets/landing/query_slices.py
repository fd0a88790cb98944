"""Rows of a query on their way to the raw store: cut into slices by the watermark, kept on disk, sorted and hashed.

A slice is what becomes one line of the ledger. Where it ends depends on the rows alone, never on how they were fetched,
and equal values of the watermark are never parted, so a load that was killed goes on with the slices it would have had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ccdata_assets.contracts.compile import literal
from ccdata_assets.errors import CcdataError
from ccdata_assets.landing.rows import BATCH_ROWS, ROW_COLUMNS, Member
from ccdata_assets.landing.sql_dialects import Bound, Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ARROW: dict[Kind, pa.DataType] = {
    "instant": pa.timestamp("us", "UTC"),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
    "integer": pa.decimal128(38, 9),
    "decimal": pa.decimal128(38, 9),
}
_ORDINAL = pa.decimal128(38, 9)
IS_TIME: frozenset[Kind] = frozenset(("instant", "timestamp", "date"))


# --- a watermark's value as one number ---------------------------------------------------------------------------


def ordinals(values: pa.Array, kind: Kind, column: str) -> pa.Array:
    """Values of a watermark, given as text, as numbers: microseconds or days since 1970, or themselves."""
    try:
        typed = values.cast(_ARROW[kind])
        if kind == "date":
            typed = typed.cast(pa.int32())
        elif kind in IS_TIME:
            typed = typed.cast(pa.int64())
        return typed.cast(_ORDINAL)
    except pa.ArrowException:
        raise CcdataError(
            f"the watermark {column} has a value that is no {kind} of our calendar or has more than nine decimals; fix: correct it at the source, or leave the row out in the query"
        ) from None


def bound(ordinal: Decimal, kind: Kind) -> Bound:
    """The value that a number stands for."""
    match kind:
        case "date":
            return date(1970, 1, 1) + timedelta(days=int(ordinal))
        case "instant":
            return _EPOCH + timedelta(microseconds=int(ordinal))
        case "timestamp":
            return (_EPOCH + timedelta(microseconds=int(ordinal))).replace(tzinfo=None)
        case _:
            return ordinal.normalize()


def window_start(ordinal: Decimal, kind: Kind, overlap: timedelta) -> Decimal:
    """From where rows are read again: a time `overlap` before the last one, at a whole second or day; else the last one."""
    match kind:
        case "date":
            return ordinal - (-(-overlap // timedelta(days=1)))
        case "instant" | "timestamp":
            return Decimal((int(ordinal) - overlap // timedelta(microseconds=1)) // 1_000_000 * 1_000_000)
        case _:
            return ordinal


def shown(ordinal: Decimal, kind: Kind) -> str:
    """A value for people, of which texts sort as the values do."""
    value = bound(ordinal, kind)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    text = f"{value:f}"
    return text if value < 0 else "0" * (18 - len(text.partition(".")[0])) + text


# --- slices on disk ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spool:
    """Rows as they were read, in a Parquet file: columns c0, c1, … as text, `ordinal`, `is_old` (not beyond the last value)."""

    path: Path
    rows: int
    last: Decimal | None
    """The largest ordinal."""


class _Writer:
    """The file of one slice while it grows."""

    def __init__(self, path: Path, width: int) -> None:
        fields = [(f"c{place}", pa.string()) for place in range(width)]
        self._schema = pa.schema([*fields, ("ordinal", _ORDINAL), ("is_old", pa.bool_())])
        self._file = pq.ParquetWriter(path, self._schema, compression="lz4")
        self.path, self.rows, self.last = path, 0, None

    def add(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._file.write_batch(batch.cast(self._schema))
            self.rows += batch.num_rows
            self.last = batch.column("ordinal")[batch.num_rows - 1].as_py()

    def close(self) -> Spool:
        self._file.close()
        return Spool(self.path, self.rows, self.last)


def spool_whole(batches: Iterator[list[pa.Array]], path: Path, width: int) -> Spool:
    """All rows of a query without a watermark."""
    writer = _Writer(path, width)
    for arrays in batches:
        rows = len(arrays[0])
        names = [f"c{place}" for place in range(width)]
        nothing = [pa.nulls(rows, _ORDINAL), pa.array(np.zeros(rows, bool))]
        writer.add(pa.RecordBatch.from_arrays([*arrays, *nothing], [*names, "ordinal", "is_old"]))
    return writer.close()


def spool_slices(
    batches: Iterator[list[pa.Array]],
    folder: Path,
    columns: Sequence[str],
    watermark: str,
    kind: Kind,
    last: Decimal | None,
    slice_rows: int,
) -> Iterator[Spool]:
    """Rows in the watermark's order, cut after `slice_rows` rows beyond `last` and all that equal the final one's value.

    Rows up to `last` are in the first slice and count for nothing. The file of a slice is there until the next is asked for.
    """
    place, names = list(columns).index(watermark), [f"c{number}" for number in range(len(columns))]
    writer: _Writer | None = None
    slices, fresh, closing = 0, 0, None
    for arrays in batches:
        numbers = ordinals(arrays[place], kind, watermark)
        order = np.array(numbers.to_pylist(), dtype=object) if kind == "decimal" else _int64(numbers)
        is_old = order <= _comparable(last, kind) if last is not None else np.zeros(len(order), bool)
        batch = pa.RecordBatch.from_arrays(
            [*arrays, numbers, pa.array(is_old.astype(bool))], [*names, "ordinal", "is_old"]
        )
        start = 0
        while start < len(order):
            end = len(order)
            if closing is None:
                old_here = int(np.count_nonzero(is_old[start:]))
                wanted = start + old_here + slice_rows - fresh - 1
                if wanted < len(order):
                    closing = order[wanted]
            if closing is not None:
                beyond = np.nonzero(order[start:] > closing)[0]
                if len(beyond):
                    end = start + int(beyond[0])
            if writer is None:
                # never the same name twice: DuckDB keeps what it has read of a file
                slices += 1
                writer = _Writer(folder / f"read-{slices}.parquet", len(columns))
            writer.add(batch.slice(start, end - start))
            fresh += int(np.count_nonzero(~is_old[start:end].astype(bool)))
            if closing is not None and end < len(order):
                done = writer.close()
                yield done
                done.path.unlink()
                writer, fresh, closing = None, 0, None
            start = end
    if writer is not None:
        yield writer.close()


def _int64(numbers: pa.Array) -> np.ndarray[Any, Any]:
    try:
        return np.asarray(numbers.cast(pa.int64()))
    except pa.ArrowException:
        return np.array(numbers.to_pylist(), dtype=object)


def _comparable(last: Decimal, kind: Kind) -> Any:
    return last if kind == "decimal" else int(last)


# --- hashes and order --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slice:
    """Rows to land, sorted by watermark and hash: columns c0, c1, …, ordinal, row_hash."""

    path: Path
    rows: int
    bytes: int
    sha256: str


def row_hash_sql(columns: Sequence[str], names: Sequence[str]) -> str:
    """SQL of the hash of one spooled row, of the columns `names` in this order; null and '' differ."""
    places = [list(columns).index(name) for name in names]
    cells = ", ".join(f"coalesce(length(c{place}) || ':' || c{place}, '-')" for place in places)
    return f"sha256(concat_ws(',', {cells}))"


def sort_slice(
    con: duckdb.DuckDBPyConnection, feed: str, spool: Spool, columns: Sequence[str], known: Sequence[str], path: Path
) -> Slice:
    """Leave out the rows that `ops.watermark_row` knows (their hashes are of the columns `known`) and sort the others.

    A row that stands there twice is known twice: two equal rows at the source are two rows here.
    """
    cells = ", ".join(f"c{place}" for place in range(len(columns)))
    compared = known if set(known) <= set(columns) else columns
    con.execute(
        f"""copy (
            with hashed as (select *, {row_hash_sql(columns, columns)} as row_hash from read_parquet({literal(str(spool.path))})),
            old as (
                select *, row_number() over (partition by known_hash) as nth
                from (select *, {row_hash_sql(columns, compared)} as known_hash from hashed where is_old)
            ),
            known as (
                select row_hash as known_hash, row_number() over (partition by row_hash) as nth
                from ops.watermark_row where feed = {literal(feed)}
            ),
            kept as (
                select {cells}, ordinal, row_hash from hashed where not is_old
                union all
                select {cells}, ordinal, row_hash from old anti join known using (known_hash, nth)
            )
            select * from kept order by ordinal, row_hash
        ) to {literal(str(path))} (format parquet, compression lz4)"""
    )
    digest, size, rows = hashlib.sha256("\0".join(columns).encode()), 0, 0
    for batch in pq.ParquetFile(path).iter_batches(BATCH_ROWS):
        digest.update("".join(batch.column("row_hash").to_pylist()).encode())
        size += sum(pc.sum(pc.binary_length(batch.column(f"c{place}"))).as_py() or 0 for place in range(len(columns)))
        rows += batch.num_rows
    return Slice(path, rows, size, digest.hexdigest())


def slice_member(part: Slice, columns: Sequence[str], form: str) -> Member:
    """A slice as the raw store takes it, rows numbered from 1."""
    return Member("", tuple(columns), _numbered(part, columns), form)


def _numbered(part: Slice, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    cells = [f"c{place}" for place in range(len(columns))]
    first = 1
    for batch in pq.ParquetFile(part.path).iter_batches(BATCH_ROWS, columns=cells):
        rows = batch.num_rows
        own = [pa.array(np.arange(first, first + rows)), pa.nulls(rows, pa.string()), pa.nulls(rows, pa.string())]
        yield pa.RecordBatch.from_arrays(
            [*own, *(batch.column(name).cast(pa.string()) for name in cells)], [*ROW_COLUMNS, *columns]
        )
        first += rows
