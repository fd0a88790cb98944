"""Writes small XLSB workbooks: no free program that runs without Windows does. Records as in [MS-XLSB] 2.3 and 2.4."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

STYLES = ("General", 14, "yyyy-mm-dd hh:mm:ss", "[h]:mm:ss")
"""Formats of the cell styles 0 to 3: a number is a built-in one."""
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


@dataclass(frozen=True)
class Inline:
    """A text that stands in its cell, not among the shared ones."""

    text: str


@dataclass(frozen=True)
class Formula:
    """A formula by its cached value: text, float, bool or an error such as '#N/A'."""

    value: Any


@dataclass
class Sheet:
    """Rows of cells, merged ranges (first row, last row, first column, last column, from 0), where row 0 really is."""

    rows: Sequence[Sequence[Any]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    at: Mapping[int, int] = field(default_factory=dict)
    hidden: int = 0


def record(kind: int, content: bytes = b"") -> bytes:
    """A record: type and length in seven bits a byte, then the content."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length = len(content)
    while True:
        head += bytes([length & 0x7F | (0x80 if length > 127 else 0)])
        length >>= 7
        if not length:
            return head + content


def wide(text: str) -> bytes:
    """A text as XLWideString."""
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def workbook(sheets: Mapping[str, Sheet], *, is_1904: bool = False) -> bytes:
    """The bytes of a workbook."""
    strings: dict[str, int] = {}
    parts = {f"xl/worksheets/sheet{n}.bin": _sheet(sheet, strings) for n, sheet in enumerate(sheets.values(), 1)}
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.bin"/>'
        for n in range(1, len(sheets) + 1)
    )
    listed = b"".join(
        record(156, struct.pack("<II", sheet.hidden, n) + wide(f"rId{n}") + wide(name))
        for n, (name, sheet) in enumerate(sheets.items(), 1)
    )
    head = record(131) + record(153, struct.pack("<III", int(is_1904), 0, 0) + wide(""))
    parts |= {
        "xl/workbook.bin": head + record(143) + listed + record(144) + record(132),
        "xl/sharedStrings.bin": record(159, struct.pack("<II", len(strings), len(strings)))
        + b"".join(record(19, b"\0" + wide(text)) for text in strings)
        + record(160),
        "xl/styles.bin": _styles(),
        "xl/_rels/workbook.bin.rels": (
            f'<Relationships xmlns="{_PACKAGE}">{relations}<Relationship Id="s" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.bin"/>'
            f'<Relationship Id="f" Type="{_RELATIONS}/styles" Target="styles.bin"/></Relationships>'
        ).encode(),
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="w" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.bin"/></Relationships>'.encode(),
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def _styles() -> bytes:
    formats = {164 + n: code for n, code in enumerate(STYLES) if isinstance(code, str) and code != "General"}
    numbers = [0 if code == "General" else code if isinstance(code, int) else 164 + n for n, code in enumerate(STYLES)]
    return (
        record(278)
        + record(615, struct.pack("<I", len(formats)))
        + b"".join(record(44, struct.pack("<H", number) + wide(code)) for number, code in formats.items())
        + record(616)
        + record(617, struct.pack("<I", len(numbers)))
        + b"".join(record(47, struct.pack("<HH", 0, number) + bytes(12)) for number in numbers)
        + record(618)
        + record(279)
    )


def _sheet(sheet: Sheet, strings: dict[str, int]) -> bytes:
    width = max((len(row) for row in sheet.rows), default=0)
    cells = bytearray()
    for place, row in enumerate(sheet.rows):
        if not row:
            continue
        cells += record(0, struct.pack("<I", sheet.at.get(place, place)) + bytes(13))
        cells += b"".join(_cell(column, value, strings) for column, value in enumerate(row) if value is not None)
    merged = (
        record(177, struct.pack("<I", len(sheet.merged)))
        + b"".join(record(176, struct.pack("<4I", *one)) for one in sheet.merged)
        + record(178)
    )
    return (
        record(129)
        + record(148, struct.pack("<4I", 0, max(len(sheet.rows) - 1, 0), 0, max(width - 1, 0)))
        + record(145)
        + bytes(cells)
        + record(146)
        + (merged if sheet.merged else b"")
        + record(130)
    )


_CODES = {"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#NAME?": 29, "#NUM!": 36, "#N/A": 42}


def _cell(column: int, value: Any, strings: dict[str, int]) -> bytes:
    def cell(kind: int, content: bytes, style: int = 0) -> bytes:
        return record(kind, struct.pack("<II", column, style) + content)

    match value:
        case Formula(bool(inner)):
            return cell(10, bytes([inner]))
        case Formula(str(inner)) if inner in _CODES:
            return cell(11, bytes([_CODES[inner]]))
        case Formula(str(inner)):
            return cell(8, wide(inner))
        case Formula(inner):
            return cell(9, struct.pack("<d", inner))
        case Inline(text):
            return cell(6, wide(text))
        case bool():
            return cell(4, bytes([value]))
        case str() if value in _CODES:
            return cell(3, bytes([_CODES[value]]))
        case str():
            return cell(7, struct.pack("<I", strings.setdefault(value, len(strings))))
        case int() if abs(value) < 1 << 29:
            return cell(2, struct.pack("<i", value << 2 | 2))
        case datetime():
            return cell(5, struct.pack("<d", (value - datetime(1899, 12, 30)) / timedelta(days=1)), 2)
        case date():  # as Excel stores it: a packed whole number
            return cell(2, struct.pack("<i", (value - date(1899, 12, 30)).days << 2 | 2), 1)
        case timedelta():
            return cell(5, struct.pack("<d", value / timedelta(days=1)), 3)
        case _:
            return cell(5, struct.pack("<d", value))
