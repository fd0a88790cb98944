"""Delimited text → raw rows, in one streamed pass: no row is lost to a quote that is never closed.

The csv module does the splitting in batches. Only where a batch holds multi-line cells or an error is it read again
record by record, to learn on which line each record begins and to save the lines an unclosed quote would swallow.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from ccdata_assets.landing import sniff
from ccdata_assets.landing.rows import (
    BATCH_ROWS,
    Cells,
    Member,
    Opened,
    ReadOptions,
    column_names,
    make_batch,
    numbered_columns,
)


def open_delimited(path: Path, options: ReadOptions) -> Opened:
    """Find encoding and delimiter of the file and read it as one member."""
    encoding = options.encoding or sniff.text_encoding(path)
    delimiter = options.delimiter or sniff.text_delimiter(path, encoding, options.is_header)
    return Opened("delimited", iter([_member(path, options, encoding, delimiter)]), encoding, delimiter)


@dataclass
class _Records:
    """Consecutive records: line numbers, cells, and faults where there are any."""

    numbers: list[int]
    rows: list[list[str]]
    faults: list[str | None] | None = None


class _Lines(Iterator[str]):
    """The lines of a file, remembered since `mark` so that they can be handed out again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.seen: list[str] = []
        self.first = 1
        """Number of the line that was the first since `mark`."""
        self.ended = False

    def __next__(self) -> str:
        if self._again:
            line = self._again.popleft()
        else:
            try:
                line = next(self._lines)
            except StopIteration:
                self.ended = True
                raise
        self.seen.append(line)
        return line

    def mark(self) -> None:
        """What was handed out so far is done with."""
        self.first += len(self.seen)
        self.seen = []

    def rewind(self, keep: int = 0) -> None:
        """Hand out again all lines since `mark` but the first `keep`, which are done with."""
        self._again.extendleft(reversed(self.seen[keep:]))
        self.seen = self.seen[:keep]
        self.mark()

    @property
    def waiting(self) -> int:
        """How many lines wait to be handed out again."""
        return len(self._again)


def _records(lines: _Lines, delimiter: str, max_field: int) -> Iterator[_Records]:
    csv.field_size_limit(max_field)
    while True:
        lines.mark()
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            rows = list(islice(reader, BATCH_ROWS))
        except csv.Error:
            rows = None
        if (
            rows is not None
            and len(rows) == len(lines.seen)
            and not (lines.ended and rows and _is_unclosed(lines.seen[-1:], delimiter))
        ):
            if rows:
                yield _Records(list(range(lines.first, lines.first + len(rows))), rows)
        else:
            lines.rewind()
            yield _slow_records(lines, delimiter)
        if lines.ended and not lines.waiting:
            return


def _slow_records(lines: _Lines, delimiter: str) -> _Records:
    """Read the waiting lines record by record, and on to the end of the record the last of them begins."""
    batch = _Records([], [], [])
    assert batch.faults is not None
    while lines.waiting:
        lines.mark()
        number = lines.first
        try:
            cells = next(csv.reader(lines, delimiter=delimiter))
            broken = (len(lines.seen) > 1 or lines.ended) and _is_unclosed(lines.seen, delimiter)
        except csv.Error:
            cells, broken = [], True
        if broken:
            cells = [lines.seen[0].rstrip("\r\n")]
            lines.rewind(keep=1)
        batch.numbers.append(number)
        batch.rows.append(cells)
        batch.faults.append("unclosed_quote" if broken else None)
    return batch


def _is_unclosed(lines: list[str], delimiter: str) -> bool:
    """True where these lines, read as one record, end within a quote, or only the next quote's opening closed it."""
    if not any('"' in line for line in lines):
        return False
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return len(lines) > 1 or "unexpected end of data" in str(error)
    return False


def _member(path: Path, options: ReadOptions, encoding: str, delimiter: str) -> Member:
    batches = _stream(path, encoding, delimiter, options)
    columns = next(batches)
    assert isinstance(columns, tuple)
    return Member("", columns, batches)


def _stream(
    path: Path, encoding: str, delimiter: str, options: ReadOptions
) -> Iterator[tuple[str, ...] | pa.RecordBatch]:
    """First the names of the columns, then the batches."""
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        columns: tuple[str, ...] | None = None
        condemned: str | None = None
        for records in _records(_Lines(file), delimiter, options.max_field_bytes):
            if columns is None:
                place = next((i for i, row in enumerate(records.rows) if any(row)), len(records.rows) - 1)
                header = records.rows[place]
                if len(header) > options.max_columns:
                    columns, condemned, start = (), "too_many_columns", place + 1
                elif options.is_header(header):
                    columns, start = column_names(header), place + 1
                else:
                    columns, condemned, start = numbered_columns(len(header)), "no_header", place
                yield columns
                records = _Records(
                    records.numbers[start:], records.rows[start:], records.faults and records.faults[start:]
                )
            if not records.rows:
                continue
            faults = (
                [
                    fault or (condemned if any(row) else None)
                    for fault, row in zip(records.faults or [None] * len(records.rows), records.rows, strict=True)
                ]
                if condemned
                else records.faults
            )
            rows: list[Cells] = list(records.rows)
            yield make_batch(columns, records.numbers, rows, faults)
        if columns is None:
            yield ()
