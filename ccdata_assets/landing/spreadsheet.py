"""XLSX, XLS, XLSB and ODS → raw rows: every sheet a member, every cell as the text that a person reads in it.

Which reader reads what: calamine all but XLSB (`workbook_binary`); openpyxl an XLSX sheet whose cells lie so far apart
that calamine, which holds the area between them, would take all memory.
"""

from __future__ import annotations

import zipfile
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import dropwhile
from pathlib import Path

import openpyxl
import pyarrow as pa
import python_calamine as calamine

from ccdata_assets.landing.formats import file_format
from ccdata_assets.landing.rows import (
    BATCH_ROWS,
    Cells,
    Layout,
    Member,
    ReadOptions,
    UnreadableFile,
    find_layout,
    make_batch,
    records_of,
)
from ccdata_assets.landing.workbook_binary import open_binary, read_sheet
from ccdata_assets.landing.workbook_cells import Values, day_or_moment, is_filled, row_texts
from ccdata_assets.landing.workbook_facts import LAST_COLUMN, LAST_ROW, Facts, Merged, OdsWatch, XlsxScan, is_sparse
from ccdata_assets.landing.workbook_guard import check_ole, check_zip, damage_is_unreadable, probe
from ccdata_assets.landing.workbook_xls import xls_facts

BATCH_CELLS = 2_000_000
"""A batch of a wide sheet has fewer rows."""
BLANK_ROWS = 1000
"""So many blank rows between two others are rows; more of them are no rows but an empty area."""
_SUFFIXES = {"xls": ("xls", "xla"), "xlsx": ("xlsx", "xlsm", "xlam"), "ods": ("ods",)}


@dataclass
class Sheet:
    """A sheet as its reader gives it: rows with their numbers (from 1), and what has to be done to them."""

    name: str
    rows: Iterable[tuple[int, Values]]
    merged: list[Merged] = field(default_factory=list)
    patches: Mapping[int, Mapping[int, str]] = field(default_factory=dict)


Numbered = tuple[list[int], list[Cells]]


def open_workbook(path: Path, options: ReadOptions) -> Iterator[Member]:
    """Read the sheets of a workbook (just `options.sheet` where given); empty sheets and charts are passed over.

    `_row` is the number of the row in the sheet. A value merged downwards belongs to every row of its range, one merged
    sideways to its first column. Formulas have their cached values; errors are texts such as #N/A, and so is a formula
    of XLSX that was never calculated: #UNCALCULATED (in the other formats it is empty).
    Raises UnreadableFile for a damaged or protected workbook, OverLimit for one that expands beyond the limits.
    """
    kind = file_format(path)
    with damage_is_unreadable():
        sheets = _binary_sheets(path, options) if kind == "xlsb" else _sheets(path, kind, options)
        for sheet in sheets:
            if member := _member(sheet, kind, options):
                yield member


def _binary_sheets(path: Path, options: ReadOptions) -> Iterator[Sheet]:
    check_zip(path, options.limits)
    with zipfile.ZipFile(path) as archive:
        book = open_binary(archive)
        for name in _wanted(list(book.sheets), list(book.sheets), options):
            merged, rows = read_sheet(book, name, options.workdir)
            yield Sheet(name, _with_blank_rows(rows), merged)


def _sheets(path: Path, kind: str, options: ReadOptions) -> Iterator[Sheet]:
    facts = _checked(path, kind, options)
    book = _open(path, kind)
    if kind == "xls":
        facts = defaultdict(Facts, zip(book.sheet_names, xls_facts(path), strict=False))
    tables = [sheet.name for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    for name in _wanted(tables, book.sheet_names, options):
        known = facts[name]
        if known.rows > LAST_ROW or known.columns > LAST_COLUMN:
            raise UnreadableFile(
                f"a sheet names a cell outside of the {LAST_ROW:,} rows and {LAST_COLUMN:,} columns that a sheet has;"
                " fix: open the workbook and save it again as .xlsx"
            )
        if kind == "xlsx" and is_sparse(path, name, known):
            yield Sheet(name, _with_blank_rows(_sparse_rows(path, name), known.patches), known.merged, known.patches)
            continue
        sheet = book.get_sheet_by_name(name)
        if sheet.height:
            ranges = sheet.merged_cell_ranges or ()
            merged = [(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in ranges]
            rows = _with_blank_rows(_rows(sheet), known.patches)
            yield Sheet(name, rows, merged or known.merged, known.patches)


def _checked(path: Path, kind: str, options: ReadOptions) -> Mapping[str, Facts]:
    """What the workbook's XML says of its sheets; UnreadableFile where it had better not be opened."""
    if kind == "xls":
        check_ole(path)
        probe(path)
        return {}
    if kind == "xlsx":
        scan = XlsxScan()
        check_zip(path, options.limits, scan)
        return scan.of_sheets(path)
    watch = OdsWatch()
    check_zip(path, options.limits, watch)
    if watch.may_swell:
        probe(path)
    return watch.of_sheets(path)


def _open(path: Path, kind: str) -> calamine.CalamineWorkbook:
    if path.suffix[1:] in _SUFFIXES[kind]:
        return calamine.CalamineWorkbook.from_path(path)
    with path.open("rb") as file:  # by a path calamine trusts the name: an XLSX called .xls would be damaged
        return calamine.CalamineWorkbook.from_filelike(file)


def _wanted(tables: list[str], names: list[str], options: ReadOptions) -> list[str]:
    if not options.sheet:
        return tables
    if options.sheet not in names:
        raise UnreadableFile(
            "the workbook lacks the sheet that the contract reads; fix: rename the sheet or change source.sheet"
        )
    return [options.sheet]


def _rows(sheet: calamine.CalamineSheet) -> Iterator[tuple[int, Values]]:
    """All rows of a sheet; the empty columns left of its area, which calamine leaves out here, come back."""
    left = sheet.start[1] if sheet.start else 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield number, [""] * left + row if left else row


def _sparse_rows(path: Path, name: str) -> Iterator[tuple[int, Values]]:
    with path.open("rb") as file:
        sheet = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)[name]
        sheet.reset_dimensions()  # else every row is as wide as the sheet says it is
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, [day_or_moment(value) if isinstance(value, datetime) else value for value in row]


def _with_blank_rows(
    rows: Iterable[tuple[int, Values]], patches: Mapping[int, Mapping[int, str]] | None = None
) -> Iterator[tuple[int, Values]]:
    """The rows that hold something, and blank ones between them where they are not too many."""
    last = 0
    for number, row in rows:
        if not is_filled(row) and not (patches and number in patches):
            continue
        if last + 1 < number <= last + BLANK_ROWS + 1:
            yield from ((blank, []) for blank in range(last + 1, number))
        yield number, row
        last = number


def _member(sheet: Sheet, kind: str, options: ReadOptions) -> Member | None:
    chunks = _chunks(sheet, kind)
    first = next(chunks, None)
    if first is None:
        return None
    layout = _below_merged_header(find_layout(*first, options), first[0], sheet.merged)
    return Member(sheet.name, layout.columns, _batches(layout, first, chunks), kind)


def _chunks(sheet: Sheet, kind: str) -> Iterator[Numbered]:
    """Rows of texts from the first that holds anything, as many at a time as make a batch."""
    merges = _downwards(sheet.merged)
    values: dict[Merged, object] = {}
    numbers: list[int] = []
    rows: list[Values] = []
    cells = 0
    for number, row in dropwhile(lambda numbered: not is_filled(numbered[1]), sheet.rows):
        numbers.append(number)
        rows.append(row)
        cells += len(row)
        if len(rows) >= BATCH_ROWS or cells >= BATCH_CELLS:
            yield _finished(numbers, rows, sheet, merges, values, kind)
            numbers, rows, cells = [], [], 0
    if rows:
        yield _finished(numbers, rows, sheet, merges, values, kind)


def _finished(
    numbers: list[int], rows: list[Values], sheet: Sheet, merges: list[Merged], values: dict[Merged, object], kind: str
) -> Numbered:
    if sheet.patches:
        for number, row in zip(numbers, rows, strict=True):
            for column, text in sheet.patches.get(number, {}).items():
                _put(row, column, text)
    while merges and merges[-1][0] <= numbers[-1]:  # the topmost is the last
        values[merges.pop()] = None
    for merged in list(values):
        top, left, bottom, _ = merged
        place = bisect_left(numbers, top)
        if place < len(numbers) and numbers[place] == top and left < len(rows[place]):
            values[merged] = rows[place][left]
        if values[merged] not in (None, ""):
            for row in rows[bisect_right(numbers, top) : bisect_right(numbers, bottom)]:
                _put(row, left, values[merged])
        if bottom <= numbers[-1]:
            del values[merged]
    return numbers, row_texts(rows, kind)


def _put(row: Values, column: int, value: object) -> None:
    if column >= len(row):
        row.extend([None] * (column + 1 - len(row)))
    row[column] = value


def _downwards(merged: list[Merged]) -> list[Merged]:
    """The ranges of more than one row, the lowest first; one that overlaps another of its column does not count."""
    found: list[Merged] = []
    ends: dict[int, int] = {}
    for one in sorted(merged):
        top, left, bottom, _ = one
        if bottom > top > ends.get(left, 0):
            ends[left] = bottom
            found.append(one)
    return found[::-1]


def _below_merged_header(layout: Layout, numbers: list[int], merged: list[Merged]) -> Layout:
    """Rows that a title of the header reaches down to, because it is merged with them, belong to the header."""
    if layout.condemned or not 0 < layout.start < len(numbers):
        return layout
    header = numbers[layout.start - 1]
    last = max((bottom for top, _, bottom, _ in merged if top <= header < bottom), default=header)
    rows = range(layout.start, min(bisect_right(numbers, last), layout.start + 5))
    return replace(layout, furniture={**layout.furniture, **dict.fromkeys(rows, "header_line")}) if rows else layout


def _batches(layout: Layout, first: Numbered, rest: Iterator[Numbered]) -> Iterator[pa.RecordBatch]:
    width = len(layout.columns)
    with damage_is_unreadable():
        numbers, rows = first
        if (batch := records_of(layout, numbers, _fitted(rows, width))) is not None:
            yield batch
        for numbers, rows in rest:
            faults = [layout.condemned if any(row) else None for row in rows] if layout.condemned else None
            yield make_batch(layout.columns, numbers, _fitted(rows, width), faults)


def _fitted(rows: list[Cells], width: int) -> list[Cells]:
    """Rows as wide as the header; one that has a text right of it stays as it is."""
    if all(map(width.__eq__, map(len, rows))):
        return rows
    return [
        row if len(row) == width or any(row[width:]) else (*row[:width], *(None for _ in range(width - len(row))))
        for row in rows
    ]
