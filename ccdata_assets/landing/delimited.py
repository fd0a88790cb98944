"""Delimited text → raw rows in one streamed pass: the header, and the fast way for text that hides nothing.

Chunks of whole lines go to Arrow's CSV reader. Where its answer is not surely that of the csv module (a cell of several
lines, a blank line, a row of another width, bytes that are no text …), the chunk is cut into pieces, and the pieces
that are the cause are read by `csv_records`. A property test holds the two ways together.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from ccdata_assets.landing import sniff, text_lines
from ccdata_assets.landing.csv_records import CsvRecords, Dialect, Records
from ccdata_assets.landing.rows import (
    BATCH_ROWS,
    HEADER_SEARCH_ROWS,
    ROW_COLUMNS,
    Layout,
    Member,
    ReadOptions,
    find_layout,
    make_batch,
    records_of,
)

T = TypeVar("T")

PIECE = 1 << 20
"""Characters that are read the exact way at a time."""
HEAD = 1 << 16
"""The same while the header is sought."""
HEAD_LIMIT = 1 << 23
"""Characters after which the header must have come, a long line counted as PIECE."""
FAST_LIMIT = 1 << 25
"""A longer chunk is one long line."""
HEADER_CELL = 1000
"""What is looked at of a cell that may be a header."""
BATCH_CELLS = 5_000_000
"""The same bound for wide tables as BATCH_ROWS for others."""
TWO_BYTES = ("gb18030", "cp950", "big5hkscs")
"""Encodings that take the bytes of UTF-8 for text too."""
GROUP_ROWS = 122_880
"""What DuckDB reads at a time."""
GROUP_BYTES = 1 << 26


def open_delimited(path: Path, options: ReadOptions) -> Iterator[Member]:
    """Find the form of the text and read it as one member."""
    form = sniff.text_form(path, options.is_header, options.encoding, options.delimiter, options.quote)
    chunks = text_lines.line_chunks(path, form.encoding, options.limits.line_bytes)
    if options.encoding is None and form.encoding in TWO_BYTES:
        chunks = _utf8_marked(chunks, form.encoding)
    text = _Text(Dialect(form.delimiter, form.quote, options.escape), options)
    batches = text.batches(chunks)
    yield Member("", text.layout.columns, _ahead(_row_groups(batches)), "delimited", form.encoding, form.delimiter)


def _utf8_marked(chunks: Iterable[str], encoding: str) -> Iterator[str]:
    """The text with the bytes of lines that are UTF-8 in it marked as no text, so that their rows are told apart.

    A line counts as UTF-8 where all of it is valid as such and two Chinese characters stand side by side. By chance
    that happens to one line in 100,000 of three or four characters, to fewer of longer ones.
    """
    suspect = _utf8_misread(encoding)
    for chunk in chunks:
        if chunk.isascii() or not suspect.search(chunk):
            yield chunk
        else:
            lines = text_lines.split_lines(chunk)
            yield "".join(_marked(line, encoding) if suspect.search(line) else line for line in lines)


@cache
def _utf8_misread(encoding: str) -> re.Pattern[str]:
    """What two Chinese characters of UTF-8, E4-E9 80-BF 80-BF each, are in an encoding of two bytes a character."""
    first, next_ = range(0xE4, 0xEA), range(0x80, 0xC0)
    pairs = ((first, next_), (next_, first), (next_, next_))
    return re.compile("".join(f"[{_characters(lead, trail, encoding)}]" for lead, trail in pairs))


def _characters(lead: range, trail: range, encoding: str) -> str:
    return "".join(bytes([one, two]).decode(encoding, "ignore") for one in lead for two in trail)


def _marked(line: str, encoding: str) -> str:
    try:
        raw = line.encode(encoding)
        raw.decode()
    except UnicodeError:
        return line
    return raw.decode("ascii", "surrogateescape")


class _Text:
    """One text while it is read: where its records begin, and what of it is read."""

    def __init__(self, dialect: Dialect, options: ReadOptions) -> None:
        self.dialect = dialect
        self.options = options
        self.exact = CsvRecords(dialect, options.limits)
        self.layout = Layout((), 0, {})

    def batches(self, chunks: Iterator[str]) -> Iterator[pa.RecordBatch]:
        """Find the layout at once; the batches come as they are asked for."""
        head, rest = self._head(chunks)
        self.layout = find_layout(head.numbers, [_header_cells(row) for row in head.rows], self.options)
        batch = records_of(self.layout, head.numbers, self._widened(head.rows), head.faults)
        return self._batches(batch, chain([rest], chunks))

    def _head(self, chunks: Iterator[str]) -> tuple[Records, str]:
        """The first records from one that is not blank, enough to find the header; the rest of their chunk's text."""
        head, characters = Records(), 0
        for chunk in chunks:
            begin = 0
            for piece in text_lines.cut_lines(chunk, HEAD):
                begin += len(piece)
                head.extend(self.exact.read(piece))
                head.drop_blank_start()
                characters += min(len(piece), PIECE) if head.rows else 0
                if characters > HEAD_LIMIT or self._is_enough(head):
                    return head, chunk[begin:]
        head.extend(self.exact.finish())
        head.drop_blank_start()
        return head, ""

    def _is_enough(self, head: Records) -> bool:
        header = self.options.header
        return len(head.rows) > HEADER_SEARCH_ROWS and not (isinstance(header, int) and header >= self.exact.number)

    def _batches(self, first: pa.RecordBatch | None, chunks: Iterable[str]) -> Iterator[pa.RecordBatch]:
        if first is not None:
            yield first
        for chunk in filter(None, chunks):
            if (batch := self._fast(chunk)) is not None:
                yield batch
                continue
            for piece in text_lines.cut_lines(chunk, PIECE):
                if (batch := self._fast(piece) if len(piece) < len(chunk) else None) is not None:
                    yield batch
                else:
                    yield from self._exact(self.exact.read(piece))
        yield from self._exact(self.exact.finish())

    def _exact(self, records: Records) -> Iterator[pa.RecordBatch]:
        columns, condemned = self.layout.columns, self.layout.condemned
        step = min(BATCH_ROWS, BATCH_CELLS // max(len(columns), 1) + 1)
        for begin in range(0, len(records.rows), step):
            part = slice(begin, begin + step)
            rows, faults = self._widened(records.rows[part]), records.faults[part]
            if condemned:
                faults = [fault or (condemned if any(row) else None) for fault, row in zip(faults, rows, strict=True)]
            yield make_batch(columns, records.numbers[part], rows, faults if any(faults) else None)

    def _widened(self, rows: list[list[str]]) -> list[list[str]]:
        """The rows, where the contract lets them end early with the empty cells that they lack; a blank line has none."""
        if not self.options.ragged:
            return rows
        width = len(self.layout.columns)
        return [row + [""] * (width - len(row)) if row else row for row in rows]

    def _fast(self, text: str) -> pa.RecordBatch | None:
        """The batch of a text whose lines are all good records of one line each, or None."""
        if self.exact.rest or self.layout.condemned or len(text) > FAST_LIMIT:
            return None
        read = ragged_cells if self.options.ragged else fast_cells
        cells = read(text, self.dialect, len(self.layout.columns), self.options.limits.field_bytes)
        if cells is None:
            return None
        count = len(cells[0])
        numbers = pa.array(range(self.exact.number, self.exact.number + count), pa.int64())
        self.exact.number += count
        nothing = pa.nulls(count, pa.string())
        return pa.RecordBatch.from_arrays(
            [numbers, nothing, nothing, *cells], names=[*ROW_COLUMNS, *self.layout.columns]
        )


def fast_cells(text: str, dialect: Dialect, columns: int, field_limit: int) -> list[pa.Array] | None:
    """The columns of a text, whose lines are counted from the rows; None where it takes the exact way to be sure.

    Each row is proved to be one line: blank lines and ends of lines within cells make fewer rows than there are lines,
    and a quote left open by the last line leaves an end of line in its cell. Cells past the columns must be empty.
    """
    is_quoted = bool(dialect.quote) and dialect.quote in text
    if not columns or (is_quoted and not dialect.quote.isascii()) or (dialect.escape and dialect.escape in text):
        return None
    mark = dialect.stand_in(text)
    if not mark.isascii():
        return None
    if "\r" in text and not is_quoted:
        text = text_lines.with_line_feeds(text)
    if mark != dialect.delimiter:
        text = text.replace(dialect.delimiter, mark)
    try:
        width = len(next(dialect.reader([text[: text.find("\n") + 1] or text], mark), ()))
        data = text.encode()
    except (csv.Error, UnicodeEncodeError):
        return None
    if not columns <= width <= 2 * columns + 100 or data.startswith(
        b"\xef\xbb\xbf"
    ):  # Arrow would take that for a mark
        return None
    if is_quoted and b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(autogenerate_column_names=True),
            arrow_csv.ParseOptions(delimiter=mark, quote_char=dialect.quote if is_quoted else False),
            arrow_csv.ConvertOptions(
                column_types={f"f{place}": pa.string() for place in range(width)},
                null_values=[],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != data.count(b"\n") + (not data.endswith(b"\n")) or table.num_columns != width:
        return None
    cells = [column.combine_chunks() for column in table.columns]
    longest = [pc.max(pc.binary_length(column)).as_py() for column in cells]
    if max(longest) > field_limit or any(longest[columns:]):
        return None
    if is_quoted and any("\n" in column[-1].as_py() for column in cells):
        return None
    if mark != dialect.delimiter and is_quoted:
        cells = [pc.replace_substring(column, mark, dialect.delimiter) for column in cells]
    return cells[:columns]


def ragged_cells(text: str, dialect: Dialect, columns: int, field_limit: int) -> list[pa.Array] | None:
    """The same of a text whose rows may end early and that knows no quotes: each line is filled up before it is split."""
    mark = dialect.stand_in(text)
    if not columns or dialect.quote or dialect.escape or not mark.isascii() or text.startswith("\ufeff"):
        return None
    if "\r" in text:
        text = text_lines.with_line_feeds(text)
    if mark != dialect.delimiter:
        text = text.replace(dialect.delimiter, mark)
    lines = text.removesuffix("\n").split("\n")
    try:
        filled = pc.binary_join_element_wise(pa.array(lines, pa.string()), mark * columns, "")
    except UnicodeEncodeError:
        return None
    if not all(lines):  # a blank line is no record
        return None
    split = pc.split_pattern(filled, mark, max_splits=columns)
    cells = [pc.list_element(split, place) for place in range(columns)]
    beyond = pc.utf8_trim(pc.list_element(split, columns), mark)
    if (
        pc.max(pc.binary_length(beyond)).as_py()
        or max(pc.max(pc.binary_length(c)).as_py() for c in cells) > field_limit
    ):
        return None
    return cells


def _header_cells(row: Sequence[str]) -> list[str]:
    """The cells of a row as far as a header needs them; a name of a column must be valid text."""
    return [cell[:HEADER_CELL].encode("utf-8", "backslashreplace").decode() for cell in row]


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches joined to the size of a row group: many small ones take more space and time wherever they are read."""
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        if group and (rows + batch.num_rows > GROUP_ROWS or size + batch.nbytes > GROUP_BYTES):
            yield pa.concat_batches(group)
            group, rows, size = [], 0, 0
        group.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
    if group:
        yield pa.concat_batches(group)


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The items, of which the next is made in a thread while one is in use."""
    with ThreadPoolExecutor(1, "ccdata-read") as pool:
        made = pool.submit(lambda: list(islice(items, 1)))
        while item := made.result():
            made = pool.submit(lambda: list(islice(items, 1)))
            yield item.pop()
