"""What every reader gives: members (a sheet, a table, or the file itself) of raw rows in Arrow batches."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from ccdata_assets.errors import CcdataError

BATCH_ROWS = 50_000
ROW_COLUMNS = ("_row", "_fault", "_text")
"""Number of the row as a person sees it; why it could not be read; its cells as a JSON list where it has a fault."""

KnownHeaders = Callable[[Sequence[str | None]], int]
"""How many cells of a row are headers that the feed's contract knows."""
Cells = Sequence[str | None]
IsHeader = Callable[[Cells], bool]
"""Tells whether a row of cells may be a header of the feed."""
HEADER_SEARCH_ROWS = 50
"""How far down a header is sought."""


class UnreadableFile(CcdataError):
    """A file no row can be read from; the message says why and what to do."""


class OverLimit(UnreadableFile):
    """A file that asks for more than the limits allow; what was read of it does not count."""


@dataclass(frozen=True)
class Limits:
    """What a reader takes on before it refuses (settings `max_…`)."""

    columns: int = 1000
    field_bytes: int = 131_072
    line_bytes: int = 268_435_456
    expanded_bytes: int = 50_000_000_000
    expansion: int = 300
    members: int = 1000
    depth: int = 3


@dataclass(frozen=True)
class ReadOptions:
    """What the contract and the settings tell a reader."""

    known_headers: KnownHeaders
    limits: Limits = Limits()
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    header: Literal["auto", "none"] | int = "auto"
    width: int = 0
    """Of a file without a header: the rightmost column that the contract reads."""
    ragged: bool = False
    """Of a text: rows may end early, the cells that they lack are empty."""
    sheet: str | None = None
    records: str | None = None
    workdir: Path | None = None
    """Folder for what is unpacked; default: the system's temporary one."""

    def is_header(self, cells: Cells) -> bool:
        """Tells whether a row of cells may be a header of the feed."""
        return self.known_headers(cells) > 0


@dataclass(frozen=True)
class Member:
    """One table of a file: its name ('' where the file is the table), its columns, its rows in batches, its form."""

    name: str
    columns: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    format: str
    encoding: str | None = None
    delimiter: str | None = None


Reader = Callable[[Path, ReadOptions], Iterator[Member]]
"""Opens a file of one format. Raises UnreadableFile, at once or while it is read."""


@dataclass(frozen=True)
class Layout:
    """Where the records of a table begin."""

    columns: tuple[str, ...]
    start: int
    """Place of the first record in the rows looked at."""
    furniture: Mapping[int, str]
    """Place of a row that holds no record → its code of compile.FURNITURE."""
    condemned: str | None = None
    """Fault of every row, where no record can be read."""


_UNIT = re.compile(
    r"[(（\[【]?\s*(元|万元|千元|百万元|亿元|人民币|美元|秒|分|分钟|小时|时|天|日|月|年|个|人|次|条|户|件|套|通|台|家|岁|元/月|万|％|%|‰|米|公里|千克|吨"
    r"|s|sec|secs|seconds?|ms|min|mins|minutes?|hours?|h|days?|cny|rmb|usd|hkd|twd|yuan|pcs|yyyy[-/年.]?mm[-/月.]?dd日?( hh:mm(:ss)?)?|hh:mm(:ss)?"
    r"|text|string|varchar|int|integer|number|decimal|date|datetime|timestamp|文本|数字|日期|时间|必填|选填|可选)\s*[)）\]】]?",
    re.IGNORECASE,
)


def find_layout(numbers: Sequence[int], rows: Sequence[Cells], options: ReadOptions) -> Layout:
    """Find the header among the first rows of a table, title lines above it and units or a second header below.

    `numbers` are the rows' numbers as a person sees them; `rows` should be the table's first ones. The header is the row
    that the contract gives the number of, else the first with the most headers the contract knows: two at least, or
    one where it is the first row that is not blank. Of two tables one above the other the header is that of the first
    (see `first_header`).
    """
    filled = [place for place, row in enumerate(rows[:HEADER_SEARCH_ROWS]) if any(row)]
    if not filled:
        return Layout((), len(rows), {})
    first = filled[0]
    if options.header == "none":
        width = max(options.width, Counter(len(row) for row in rows if any(row)).most_common(1)[0][0])
        return bounded(Layout(numbered_columns(width), 0, {}), options)
    place: int | None = None
    if isinstance(options.header, int):
        place = next((p for p, number in enumerate(numbers) if number == options.header and any(rows[p])), None)
    else:
        scores = {p: options.known_headers(rows[p]) for p in filled}
        best = first_header(rows, scores)
        if scores[best] >= 2 or (scores[best] and best == first):
            place = best
        elif (
            scores[best]
            and sum(1 for cell in rows[best] if cell) == 1
            and all(len([c for c in rows[p] if c]) == 1 for p in filled)
        ):
            place = best  # a table of one column under a title
    if place is None:
        width = len(_cut(rows[first]))
        return bounded(Layout(numbered_columns(width), 0, {}, "no_header"), options)
    furniture = {p: "title_line" for p in filled if p < place}
    after = next((p for p in filled if p > place), None)
    if after is not None and _is_below_header(rows[after], rows[place], options):
        furniture[after] = "header_line"
    header = _cut(rows[place])
    if len(header) > options.limits.columns:
        return Layout((), place + 1, furniture, "too_many_columns")
    return Layout(column_names(header), place + 1, furniture)


_VALUE = re.compile(r"[\d+() ./:-]{8,}")
"""A telephone number or a date: it stands beside its label in a title, never in a header."""


def first_header(rows: Sequence[Cells], scores: Mapping[int, int]) -> int:
    """The place of the header among the rows, of which those that are filled have a score: how many headers are known.

    It is the first with the highest score, unless a header stands above it that has records of its own: the rows
    between would be taken for titles. So the upper one wins, and what does not fit it below shows as faulty rows.
    """
    best = max(scores, key=lambda place: (scores[place], -place))
    first = min(scores)
    for place in sorted(scores):
        cells = [cell.strip() for cell in rows[place] if cell and cell.strip()]
        is_alone = scores[place] == 1 and place == first and len(cells) > 2  # one known header is also in a title
        if place >= best or not (scores[place] > 1 or is_alone) or _is_title(cells, scores[place]):
            continue
        if any(_is_record(rows[p], scores[p], 2 + is_alone) for p in scores if place < p < best):
            return place
    return best


def _is_title(cells: Sequence[str], known: int) -> bool:
    """Labels with what they say beside them, above a table: `公司名称：, 某公司, 电话, 010-55500001`."""
    return any(cell[-1] in ":：" for cell in cells) or (
        2 * known <= len(cells) and any(_VALUE.fullmatch(cell) for cell in cells)
    )


def _is_record(row: Cells, known: int, least: int) -> bool:
    cells = [cell.strip() for cell in row if cell and cell.strip()]
    return known < 2 and len(cells) >= least and cells[0][-1] not in ":：" and not _are_units(cells)


def bounded(layout: Layout, options: ReadOptions) -> Layout:
    """The layout, or one without columns where it has too many."""
    if len(layout.columns) > options.limits.columns:
        return Layout((), layout.start, layout.furniture, "too_many_columns")
    return layout


def _cut(row: Cells) -> Cells:
    """A row without the empty cells at its end."""
    width = len(row)
    while width and not row[width - 1]:
        width -= 1
    return row[:width]


def _is_below_header(row: Cells, header: Cells, options: ReadOptions) -> bool:
    """Units, types or names in another language: a row under the header that holds no record."""
    cells = [cell.strip() for cell in row if cell and cell.strip()]
    if _are_units(cells):
        return True
    known = options.known_headers(row)
    return known >= 2 and known * 2 > len(cells)


def _are_units(cells: Sequence[str]) -> bool:
    """Nothing but units; one alone only in brackets, for it may be the one cell that a record has."""
    return (len(cells) > 1 or any(cell[0] in "(（[【" for cell in cells)) and all(map(_UNIT.fullmatch, cells))


def records_of(
    layout: Layout, numbers: Sequence[int], rows: Sequence[Cells], faults: Sequence[str | None] | None = None
) -> pa.RecordBatch | None:
    """The batch of a table's first rows: furniture above and below the header with its code, then records.

    The header itself is no row. None where there is nothing but the header.
    """
    above = [place for place in range(layout.start) if place in layout.furniture]
    places = [*above, *range(layout.start, len(rows))]
    if not places:
        return None
    found = [
        layout.furniture.get(p) or (faults[p] if faults else None) or (layout.condemned if any(rows[p]) else None)
        for p in places
    ]
    return make_batch(
        layout.columns, [numbers[p] for p in places], [rows[p] for p in places], found if any(found) else None
    )


def column_names(header: Iterable[str | None]) -> tuple[str, ...]:
    """Names of columns, unique without regard to case: empty ones become `column 3`, repeated ones `name (2)`."""
    names: list[str] = []
    taken = {name.casefold() for name in ("_file", "_sha256", "_member", "_landed_at", *ROW_COLUMNS)}
    copies: Counter[str] = Counter()
    for place, cell in enumerate(header, start=1):
        base = (cell or "").replace("\0", "").strip() or f"column {place}"  # no SQL takes a NUL
        name, key = base, base.casefold()
        while name.casefold() in taken:
            copies[key] += 1
            name = f"{base} ({copies[key] + 1})"
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
            pass  # bytes that are no text somewhere: the rows that hold them are told apart below
    try:
        return _batch(columns, numbers, *_told_apart(rows, known, width, is_suspect=False))
    except UnicodeEncodeError:
        return _batch(columns, numbers, *_told_apart(rows, known, width, is_suspect=True))


def _told_apart(
    rows: Sequence[Cells], known: Sequence[str | None], width: int, is_suspect: bool
) -> tuple[list[tuple[str | None, ...]], list[str | None], list[bytes | None]]:
    """Cells by column, faults and texts; good rows are looked through for undecodable bytes where they are suspect."""
    cells: list[Cells] = []
    verdicts: list[str | None] = []
    texts: list[bytes | None] = []
    empty: Cells = (None,) * width
    for row, given in zip(rows, known, strict=True):
        fault = given or _row_fault(row, width, is_suspect)
        verdicts.append(fault)
        cells.append(empty if fault or len(row) < width else row[:width])
        texts.append(_text(row) if fault else None)
    return list(zip(*cells, strict=True)) if cells else [()] * width, verdicts, texts


BYTE = re.compile(r"\\udc([0-9a-f]{2})")
"""How `_text` writes a byte that is no text."""


def _text(row: Cells) -> bytes:
    """The cells as a JSON list; a byte that is no text stands in it as `\\udc` and its hexadecimal number."""
    try:
        return json.dumps(list(row), ensure_ascii=False).encode()
    except UnicodeEncodeError:  # as an escape of JSON it would make the text unreadable for DuckDB
        plain = [cell and cell.encode("utf-8", "backslashreplace").decode() for cell in row]
        return json.dumps(plain, ensure_ascii=False).encode()


def _row_fault(row: Cells, width: int, is_suspect: bool) -> str | None:
    fault = None
    if len(row) != width and any(row):
        fault = "short_row" if len(row) < width else "long_row" if any(row[width:]) else None
    if (fault or is_suspect) and any(cell and not cell.isascii() and _has_surrogate(cell) for cell in row):
        return "undecodable"
    return fault


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
    texts: Sequence[bytes | None],
) -> pa.RecordBatch:
    own = [pa.array(numbers, pa.int64()), pa.array(faults, pa.string()), pa.array(texts, pa.string())]
    return pa.RecordBatch.from_arrays(
        [*own, *(pa.array(column, pa.string()) for column in cells)], names=[*ROW_COLUMNS, *columns]
    )
