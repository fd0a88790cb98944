"""What every reader gives: members (a sheet, a table, or the file itself) of raw rows in Arrow batches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ccdata_assets.errors import CcdataError

BATCH_ROWS = 50_000
ROW_COLUMNS = ("_row", "_fault", "_text")
"""Number of the row as a person sees it; why it could not be read; its cells as a JSON list where it has a fault."""

IsHeader = Callable[[Sequence[str]], bool]
"""Tells whether a row of cells is a header of the feed."""
Cells = Sequence[str | None]


class UnreadableFile(CcdataError):
    """A file no row can be read from; the message says why and what to do."""


@dataclass(frozen=True)
class ReadOptions:
    """What the contract and the settings tell a reader."""

    is_header: IsHeader
    max_columns: int
    max_field_bytes: int
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    records: str | None = None


@dataclass(frozen=True)
class Member:
    """One table of a file: its name ('' where the file is the table), its columns, its rows in batches."""

    name: str
    columns: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Opened:
    """A file a reader understood."""

    format: str
    members: Iterator[Member]
    encoding: str | None = None
    delimiter: str | None = None


def column_names(header: Iterable[str | None]) -> tuple[str, ...]:
    """Names of columns, unique without regard to case: empty ones become `column 3`, repeated ones `name (2)`."""
    names: list[str] = []
    taken = {name.casefold() for name in ("_file", "_sha256", "_member", "_landed_at", *ROW_COLUMNS)}
    for place, cell in enumerate(header, start=1):
        base = (cell or "").replace("\0", "").strip() or f"column {place}"  # no SQL takes a NUL
        name, copy = base, 2
        while name.casefold() in taken:
            name, copy = f"{base} ({copy})", copy + 1
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def numbered_columns(count: int) -> tuple[str, ...]:
    """Names of the columns of a table without a header."""
    return tuple(f"column {place}" for place in range(1, count + 1))


def make_batch(
    columns: Sequence[str], numbers: Sequence[int], rows: Sequence[Cells], faults: Sequence[str | None] | None = None
) -> pa.RecordBatch:
    """Rows of cells as an Arrow batch; a row whose length is not the header's gets its fault here.

    A row of a given fault keeps its cells in `_text` only. Cells past the header are no fault where they are empty.
    """
    width = len(columns)
    known = faults or [None] * len(rows)
    if faults is None and all(map(width.__eq__, map(len, rows))):
        try:
            return _batch(
                columns, numbers, list(zip(*rows, strict=True)) if rows else [()] * width, known, [None] * len(rows)
            )
        except UnicodeEncodeError:
            pass  # undecodable bytes somewhere: the rows that hold them are told apart below
    cells: list[Cells] = []
    verdicts: list[str | None] = []
    texts: list[str | None] = []
    empty: Cells = (None,) * width
    for row, given in zip(rows, known, strict=True):
        fault = given or _row_fault(row, width)
        verdicts.append(fault)
        cells.append(empty if fault or not row else row[:width])
        texts.append(
            json.dumps(list(row), ensure_ascii=False).encode("utf-8", "backslashreplace").decode() if fault else None
        )
    return _batch(columns, numbers, list(zip(*cells, strict=True)) if cells else [()] * width, verdicts, texts)


def _row_fault(row: Cells, width: int) -> str | None:
    if any(cell is not None and not cell.isascii() and _has_surrogate(cell) for cell in row):
        return "undecodable"
    if not row or len(row) == width:
        return None
    if len(row) < width:
        return None if not any(row) else "short_row"
    return "long_row" if any(row[width:]) else None


def _has_surrogate(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return True
    return False


def _batch(
    columns: Sequence[str],
    numbers: Sequence[int],
    cells: Sequence[Sequence[str | None]],
    faults: Sequence[str | None],
    texts: Sequence[str | None],
) -> pa.RecordBatch:
    own = [pa.array(numbers, pa.int64()), pa.array(faults, pa.string()), pa.array(texts, pa.string())]
    return pa.RecordBatch.from_arrays(
        [*own, *(pa.array(column, pa.string()) for column in cells)], names=[*ROW_COLUMNS, *columns]
    )
