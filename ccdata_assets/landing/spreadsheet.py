"""XLSX → raw rows: every sheet a member, every cell as the text a reader would write (numbers plain, dates ISO)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import python_calamine as calamine

from ccdata_assets.landing.rows import (
    BATCH_ROWS,
    Cells,
    Member,
    Opened,
    ReadOptions,
    UnreadableFile,
    column_names,
    make_batch,
    numbered_columns,
)


def open_xlsx(path: Path, options: ReadOptions) -> Opened:
    """Read the sheets of a workbook (just `options.sheet` where given); empty sheets are passed over."""
    try:
        book = calamine.CalamineWorkbook.from_path(path)
    except (calamine.CalamineError, OSError) as error:
        raise UnreadableFile(
            f"the file is a damaged workbook or another archive ({type(error).__name__}); fix: save it again as .xlsx"
        ) from None
    names = [options.sheet] if options.sheet else book.sheet_names
    if options.sheet and options.sheet not in book.sheet_names:
        raise UnreadableFile(
            "the workbook lacks the sheet that the contract reads; fix: rename the sheet or change source.sheet"
        )
    return Opened("xlsx", (member for name in names for member in _sheet(book, name, options)))


def _text(value: Any) -> str | None:
    match value:
        case "" | None:
            return None
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return str(value)


def _sheet(book: calamine.CalamineWorkbook, name: str, options: ReadOptions) -> Iterator[Member]:
    sheet = book.get_sheet_by_name(name)
    if not sheet.height:
        return
    rows = (
        (number, [_text(cell) for cell in row])
        for number, row in enumerate(sheet.to_python(skip_empty_area=False), start=1)
    )
    first = next(((number, row) for number, row in rows if any(row)), None)
    if first is None:
        return
    header = list(first[1])
    while header and header[-1] is None:
        header.pop()
    if len(header) > options.max_columns:
        yield Member(name, (), _batches(rows, (), "too_many_columns"))
    elif options.is_header([cell or "" for cell in header]):
        yield Member(name, column_names(header), _batches(rows, column_names(header), None))
    else:
        columns = numbered_columns(len(header))
        yield Member(name, columns, _batches(_chain(first, rows), columns, "no_header"))


def _chain(
    first: tuple[int, list[str | None]], rest: Iterator[tuple[int, list[str | None]]]
) -> Iterator[tuple[int, list[str | None]]]:
    yield first
    yield from rest


def _batches(
    rows: Iterator[tuple[int, list[str | None]]], columns: tuple[str, ...], condemned: str | None
) -> Iterator[pa.RecordBatch]:
    width = len(columns)
    while chunk := list(islice(rows, BATCH_ROWS)):
        cells: list[Cells] = [
            row if any(row[width:]) else row[:width] + [None] * (width - len(row)) for _, row in chunk
        ]
        faults = [condemned if any(row) else None for _, row in chunk] if condemned else None
        yield make_batch(columns, [number for number, _ in chunk], cells, faults)
