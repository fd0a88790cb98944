"""XLSB → rows of values, row by row, so that a cell far from the others costs no memory.

The records are those of [MS-XLSB] 2.3 and 2.4. calamine 0.9.1 reads the format too, but gives a date that is stored as a whole number, as
Excel stores nearly every date, as that number; it knows no merged ranges there and takes no text of formatted cells.
"""

from __future__ import annotations

import mmap
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from openpyxl.styles.numbers import is_date_format, is_timedelta_format

from ccdata_assets.landing.workbook_cells import Values
from ccdata_assets.landing.workbook_facts import ERROR_CODES, Merged, relations

Record = tuple[int, int, int]
"""Type of a record and two places or sizes."""
ROW, RK, ERROR, BOOL, REAL, TEXT, SHARED = 0, 2, 3, 4, 5, 6, 7
FORMULA_TEXT, FORMULA_REAL, FORMULA_BOOL, FORMULA_ERROR, RICH_TEXT = 8, 9, 10, 11, 62
STRING_ITEM, FORMAT, CELL_STYLE, SHEET_DATA_END, WORKBOOK_FLAGS, SHEET = 19, 44, 47, 146, 153, 156
STYLES_BEGIN, STYLES_END = 617, 618
_MERGES_BEGIN, _MERGE, _MERGES_END = b"\xb1\x01\x04", b"\xb0\x01\x10", b"\xb2\x01\x00"
_DATES = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}
"""Built-in formats of dates and times, those of East Asian Excel included; 46 is [h]:mm:ss."""
LAST_ROW, LAST_COLUMN = 1_048_575, 16_383

MANY_COLUMNS = 300
"""A row further than this is not taken for the width of those below it."""
_OTHER_CELLS = (ERROR, BOOL, TEXT, FORMULA_TEXT, FORMULA_BOOL, FORMULA_ERROR, RICH_TEXT)
_u32 = struct.Struct("<I").unpack_from
_i32 = struct.Struct("<i").unpack_from
_f64 = struct.Struct("<d").unpack_from
_cell = struct.Struct("<II").unpack_from
_shared = struct.Struct("<III").unpack_from


@dataclass
class Binary:
    """An open XLSB file."""

    archive: zipfile.ZipFile
    sheets: dict[str, str]
    """Worksheets: name → part."""
    strings: Sequence[str]
    styles: Sequence[str]
    """Of each cell style what a number in it is: 'number', 'date' or 'duration'."""
    epoch: datetime


def open_binary(archive: zipfile.ZipFile) -> Binary:
    """Read all but the sheets."""
    parts = {name.casefold(): name for name in archive.namelist()}
    targets = relations(archive, parts["xl/workbook.bin"])
    sheets, epoch = {}, datetime(1899, 12, 30)
    content = archive.read(parts["xl/workbook.bin"])
    for kind, start, end in records(content):
        if kind == WORKBOOK_FLAGS and content[start] & 1:
            epoch = datetime(1904, 1, 1)
        elif kind == SHEET:
            key, place = wide_text(content, start + 8, end)
            name, _ = wide_text(content, place, end)
            target, role = targets.get(key, ("", ""))
            if role.endswith("/worksheet") and target.casefold() in parts:
                sheets[name] = parts[target.casefold()]
    strings = parts.get("xl/sharedstrings.bin")
    styles = parts.get("xl/styles.bin")
    return Binary(
        archive,
        sheets,
        _shared_strings(archive.read(strings)) if strings else (),
        _styles(archive.read(styles)) if styles else (),
        epoch,
    )


def records(content: bytes) -> Iterator[Record]:
    """The records of a part."""
    place, size = 0, len(content)
    while place < size:
        kind, length, place = _head(content, place)
        if place + length > size:
            raise ValueError("a record that is cut short")
        yield kind, place, place + length
        place += length


def _head(content: bytes | mmap.mmap, place: int) -> Record:
    """A record's type, of one or two bytes, its length, of one to four with seven bits in each, and where it begins."""
    kind = content[place]
    place += 1
    if kind & 0x80:
        kind = kind & 0x7F | (content[place] & 0x7F) << 7
        place += 1
    length = 0
    for shift in (0, 7, 14, 21):
        byte = content[place]
        place += 1
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    return kind, length, place


def wide_text(content: bytes | mmap.mmap, place: int, limit: int) -> tuple[str, int]:
    """A text with its length (in UTF-16 units) before it, and where it ends; no length stands for no text."""
    (length,) = _u32(content, place)
    if length == 0xFFFFFFFF:
        return "", place + 4
    end = place + 4 + 2 * length
    if end > limit:
        raise ValueError("a text that is longer than its record")
    return content[place + 4 : end].decode("utf-16-le", "replace"), end


def _shared_strings(content: bytes) -> list[str]:
    return [wide_text(content, start + 1, end)[0] for kind, start, end in records(content) if kind == STRING_ITEM]


def _styles(content: bytes) -> list[str]:
    codes: dict[int, str] = {}
    styles: list[str] = []
    is_cells = False
    for kind, start, end in records(content):
        if kind == FORMAT:
            codes[int.from_bytes(content[start : start + 2], "little")] = wide_text(content, start + 2, end)[0]
        elif kind in (STYLES_BEGIN, STYLES_END):
            is_cells = kind == STYLES_BEGIN
        elif kind == CELL_STYLE and is_cells:
            number = int.from_bytes(content[start + 2 : start + 4], "little")
            styles.append(_number_kind(number, codes.get(number)))
    return styles


def _number_kind(number: int, code: str | None) -> str:
    if code is None:
        return "duration" if number == 46 else "date" if number in _DATES else "number"
    if is_timedelta_format(code):
        return "duration"
    return "date" if is_date_format(code) else "number"


def read_sheet(book: Binary, name: str, workdir: Path | None) -> tuple[list[Merged], Iterator[tuple[int, Values]]]:
    """The merged ranges of a sheet, and its rows that hold cells with their numbers (from 1)."""
    with (
        book.archive.open(book.sheets[name]) as part,
        tempfile.TemporaryFile(dir=workdir) as file,  # as large as the sheet unpacked, so it stays out of memory
    ):
        shutil.copyfileobj(part, file, 1 << 20)
        file.flush()
        if not file.tell():
            return [], iter(())
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return _merges(content), _rows(content, book)


def _merges(content: mmap.mmap) -> list[Merged]:
    """Merged ranges stand behind the cells: their list is sought from the end, and must be whole to count."""
    place = len(content)
    while (place := content.rfind(_MERGES_BEGIN, 0, place)) >= 0:
        if place + 7 > len(content):
            continue
        (count,) = _u32(content, place + 3)
        end = place + 7 + 19 * count
        if content[end : end + 3] == _MERGES_END and all(
            content[at : at + 3] == _MERGE for at in range(place + 7, end, 19)
        ):
            found = (struct.unpack_from("<4I", content, at + 3) for at in range(place + 7, end, 19))
            return [(top + 1, left, bottom + 1, right) for top, bottom, left, right in found]
    return []


def _rows(content: mmap.mmap, book: Binary) -> Iterator[tuple[int, Values]]:
    strings, epoch = book.strings, book.epoch
    times = {number: style for number, style in enumerate(book.styles) if style != "number"}
    days: dict[tuple[float, str], object] = {}
    place, size, number, width = 0, len(content), 0, 1
    row: Values = [None]
    with closing(content):
        while place < size:  # most records have a head of two bytes, and there are millions
            kind, length = content[place], content[place + 1]
            if kind < 128 and length < 128:
                place += 2
            else:
                kind, length, place = _head(content, place)
            end = place + length
            if end > size:
                raise ValueError("a record that is cut short")
            value: object
            if kind == SHARED:
                column, style, index = _shared(content, place)
                value = strings[index]
            elif kind in (RK, REAL, FORMULA_REAL):
                column, style = _cell(content, place)
                serial = packed_number(_i32(content, place + 8)[0]) if kind == RK else _f64(content, place + 8)[0]
                value = serial
                if form := times.get(style & 0xFFFFFF):
                    value = days.get((serial, form))
                    if value is None:
                        value = moment(serial, form, epoch)
                        if serial.is_integer():
                            days[serial, form] = value
            elif kind == ROW:
                if number and row != [None] * len(row):
                    yield number, row
                row = [None] * width
                if (number := _u32(content, place)[0] + 1) > LAST_ROW + 1:
                    raise ValueError("a row below the last one")
                place = end
                continue
            elif kind == SHEET_DATA_END:
                break
            elif kind in _OTHER_CELLS:
                column, _ = _cell(content, place)
                value = _other_value(kind, content, place + 8, end)
            else:
                place = end
                continue
            if column >= len(row):
                if column > LAST_COLUMN:
                    raise ValueError("a column right of the last one")
                row.extend([None] * (column + 1 - len(row)))
                width = max(width, min(column + 1, MANY_COLUMNS))
            row[column] = value
            place = end
    if number and row != [None] * len(row):
        yield number, row


def _other_value(kind: int, content: mmap.mmap, place: int, end: int) -> str | bool:
    """The value of a cell of another kind than number and shared text."""
    if kind in (TEXT, FORMULA_TEXT):
        return wide_text(content, place, end)[0]
    if kind == RICH_TEXT:
        return wide_text(content, place + 1, end)[0]
    if kind in (BOOL, FORMULA_BOOL):
        return content[place] != 0
    return ERROR_CODES.get(content[place], "#ERROR")


def packed_number(packed: int) -> float:
    """An RkNumber: the upper 30 bits of a double or an integer, either of them perhaps a hundredfold."""
    value = float(packed >> 2) if packed & 2 else _f64(struct.pack("<ii", 0, packed & ~3))[0]
    return value / 100 if packed & 1 else value


def moment(value: float, kind: str, epoch: datetime) -> float | date | datetime | time | timedelta:
    """A serial number as what its format says: below 1 a time, whole a date; the number itself where it is no day.

    Rounded to milliseconds: the rest is noise of the binary fraction.
    """
    if not -3e6 < value < 2_958_466:
        return value
    length = timedelta(milliseconds=round(value * 86_400_000))
    if kind == "duration":
        return length
    if value < 0:
        return value
    if length < timedelta(days=1):
        return (datetime.min + length).time()
    if epoch.year == 1899 and length < timedelta(days=60):
        length += timedelta(days=1)  # Excel counts a 29 February 1900
    found = epoch + length
    return found.date() if not length % timedelta(days=1) else found
