"""What the XML of a workbook says that its reader leaves out: values of error cells, how far cells lie apart, merges.

Pieces of unpacked XML are searched, not parsed, for that is three times as fast as reading the sheet; ODS is parsed
where there is something to find.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

Merged = tuple[int, int, int, int]
"""First row, first column, last row, last column of a merged range; rows count from 1, columns from 0."""
ERROR_CODES = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}  # fmt: skip
"""What an error cell of XLS and XLSB shows, by its code."""
UNCALCULATED = "#UNCALCULATED"
"""Text of a formula that has never been calculated: its file was written by a program, not by a spreadsheet."""
DENSE_CELLS = 5_000_000
"""A sheet of a smaller area is read whole, however few its cells."""
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
"""How many rows and columns a sheet has, by the format."""
SPARSE = 10
"""A larger one is read cell by cell where its area has more than so many places for each cell."""


@dataclass
class Facts:
    """Of one sheet: cells whose text is not the reader's (row from 1 → column from 0 → text), merges, extent."""

    patches: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    merged: list[Merged] = field(default_factory=list)
    rows: int = 0
    columns: int = 0
    cells: int = 0
    """Cells that have a value or just a format."""


_CELL = rb"<(?:\w+:)?c\s([^>]*)>"
_REF = re.compile(rb"""(?:^|\s)r=["']([A-Za-z]{1,3})(\d+)["']""")
_ERROR = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*\bt=["']e["'][^>]*)>(?:<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>))?<(?:\w+:)?v>([^<]{1,20})<"""
)
_UNCALCULATED = re.compile(
    _CELL
    + rb"""<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
_PLACED = re.compile(rb"""<(?:\w+:)?(?:c|row)\s(?:[^<>]*?\s)?r=["']([A-Za-z]{0,11})0*(\d+)""")
_IS_TEXT = re.compile(rb"""\bt=["']str["']""")
_VALUED = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*\s)?r=["']([A-Za-z]{1,3})(\d+)["'][^>/]*>""")


def column_index(letters: bytes) -> int:
    """A → 0, Z → 25, AA → 26."""
    place = 0
    for letter in letters.upper():
        place = place * 26 + letter - 64
    return place - 1


class XlsxScan:
    """Gathers facts of each sheet from the pieces of an XLSX file's parts (see `workbook_guard.check_zip`)."""

    def __init__(self) -> None:
        self.parts: dict[str, Facts] = {}
        self._rest = b""
        self._is_sheet = False

    def __call__(self, part: zipfile.ZipInfo, piece: bytes, is_last: bool) -> None:
        if not self._is_sheet and b"sheetData" not in self._rest[-16:] + piece:
            self._rest = b"" if is_last else piece[-16:]
            return
        self._is_sheet = not is_last
        facts = self.parts.setdefault(part.filename, Facts())
        piece = self._rest + piece
        end = len(piece) if is_last else max(piece.rfind(b"/c>"), piece.rfind(b":c>")) + 3
        self._rest = piece[end:] if end > 2 and len(piece) - end < 1 << 20 else b""
        _search(piece[:end] if end > 2 else piece, facts)
        if is_last:
            self._rest = b""

    def of_sheets(self, path: Path) -> dict[str, Facts]:
        """The facts by sheet name; a sheet whose part cannot be found has the largest extent of all."""
        largest = Facts(
            rows=max((f.rows for f in self.parts.values()), default=0),
            columns=max((f.columns for f in self.parts.values()), default=0),
        )
        found: dict[str, Facts] = defaultdict(lambda: largest)
        parts = {name.casefold(): facts for name, facts in self.parts.items()}
        with zipfile.ZipFile(path) as archive:
            for name, part in sheet_parts(archive, "xl/workbook.xml").items():
                if part.casefold() in parts:
                    found[name] = parts[part.casefold()]
        return found


def _search(piece: bytes, facts: Facts) -> None:
    columns, rows, cells = references(piece)
    if rows > LAST_ROW or columns > LAST_COLUMN:  # or a text has r="…" in it
        placed = _PLACED.findall(piece)
        columns = max((column_index(letters) + 1 for letters, _ in placed), default=0)
        rows = max((int(row[:12]) for _, row in placed), default=0)
    facts.columns, facts.rows, facts.cells = max(facts.columns, columns), max(facts.rows, rows), facts.cells + cells
    if b't="e"' in piece or b"t='e'" in piece:
        for attributes, text in _ERROR.findall(piece):
            _patch(facts, attributes, text.decode("utf-8", "replace"))
    if b"</f>" in piece or b":f>" in piece or b"<f " in piece:
        for attributes in _UNCALCULATED.findall(piece):
            if not _IS_TEXT.search(attributes):
                _patch(facts, attributes, UNCALCULATED)


def references(piece: bytes) -> tuple[int, int, int]:
    """The last column and row that the attributes r="AB12" of cells and r="12" of rows name, and how many cells do.

    All of them at once, for a sheet has millions.
    """
    text = np.frombuffer(piece + bytes(16), np.uint8)
    at = np.flatnonzero((text[:-16] == ord("r")) & (text[1:-15] == ord("=")))
    at = at[np.isin(text[at + 2], (34, 39)) & (text[at - 1] <= 32)] + 3
    columns, rows = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    for _ in range(11):
        sign = text[at].astype(np.int64)
        is_letter, is_digit = ((sign | 32) >= 97) & ((sign | 32) <= 122), (sign >= 48) & (sign <= 57)
        columns = np.where(is_letter, columns * 26 + (sign | 32) - 96, columns)
        rows = np.where(is_digit, rows * 10 + sign - 48, rows)
        at = np.where(is_letter | is_digit, at + 1, at)
    return int(columns.max(initial=0)), int(rows.max(initial=0)), int(np.count_nonzero(columns))


def _patch(facts: Facts, attributes: bytes, text: str) -> None:
    if hit := _REF.search(attributes):
        facts.patches[int(hit[2])][column_index(hit[1])] = text


def is_sparse(path: Path, name: str, facts: Facts) -> bool:
    """Tells whether the cells of an XLSX sheet lie too far apart to be read as one area."""
    if facts.rows * facts.columns <= max(DENSE_CELLS, SPARSE * facts.cells):
        return False  # so the reader's memory is in proportion to the file
    cells, rows, columns = 0, 0, set()
    with zipfile.ZipFile(path) as archive:
        part = sheet_parts(archive, "xl/workbook.xml").get(name)
        if part is None:
            return True
        with archive.open(part) as file:
            rest = b""
            while piece := file.read(4 << 20):
                piece = rest + piece
                cut = piece.rfind(b"<")
                found, rest = _VALUED.findall(piece[:cut]), piece[cut:][:100_000]
                cells += len(found)
                columns |= {letters for letters, _ in found}
                rows = max([rows, *(int(row) for _, row in found)])
    width = max((column_index(letters) + 1 for letters in columns), default=0)
    return rows * width > max(DENSE_CELLS, SPARSE * cells)


def sheet_parts(archive: zipfile.ZipFile, workbook: str) -> dict[str, str]:
    """The part of each worksheet of an XLSX or XLSB file, by the sheet's name, in the workbook's order (XLSX)."""
    names = {name.casefold(): name for name in archive.namelist()}
    for place, role in relations(archive, "").values():
        if role.endswith("/officeDocument") and place.casefold() in names:
            workbook = names[place.casefold()]
    targets = relations(archive, workbook)
    found = {}
    for element in ElementTree.fromstring(archive.read(workbook)).iter():
        if element.tag.rpartition("}")[2] != "sheet":
            continue
        key = next((value for attribute, value in element.items() if attribute.endswith("}id")), "")
        place, role = targets.get(key, ("", ""))
        if place.casefold() in names and role.endswith("/worksheet"):
            found[element.get("name", "")] = names[place.casefold()]
    return found


def relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Relations of a part of an OPC package: id → (part, type)."""
    folder, _, name = part.rpartition("/")
    wanted = posixpath.join(folder, "_rels", f"{name}.rels").casefold()
    own = next((name for name in archive.namelist() if name.casefold() == wanted), None)
    if own is None:
        return {}
    found = {}
    for element in ElementTree.fromstring(archive.read(own)):
        target = element.get("Target", "").replace("\\", "/")
        place = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found[element.get("Id", "")] = (place, element.get("Type", ""))
    return found


class OdsWatch:
    """Tells what has to be done about an ODS file, from the pieces of its parts (see `workbook_guard.check_zip`)."""

    _SPANNED = re.compile(rb"""number-rows-spanned="(?!1")""")
    _FEW = re.compile(rb'''-repeated="\d{1,2}"''')
    _MANY = re.compile(rb'''-repeated="\d{3,}"''')
    _STYLE = rb"""(?: table:(?:default-cell-)?style-name="[^"<>]*")*"""
    _EMPTY = re.compile(
        rb"<table:table-(?:column[^>]*/>|cell"
        + _STYLE
        + rb""" table:number-columns-repeated="\d+"/>(?=</table:table-row>)"""
        rb"|row" + _STYLE + rb""" table:number-rows-repeated="\d+"(?: table:visibility="\w+")?>"""
        rb"(?=<table:table-cell" + _STYLE + rb"""(?: table:number-columns-repeated="\d+")?/></table:table-row>))"""
    )
    """Columns, ends of rows and whole rows that hold nothing: a reader need not repeat them."""

    def __init__(self) -> None:
        self.has_facts = False
        self.may_swell = False
        """Something is repeated a hundred times or more that a reader may have to repeat."""
        self._rest = b""

    def __call__(self, part: zipfile.ZipInfo, piece: bytes, is_last: bool) -> None:
        if part.filename != "content.xml":
            return
        piece = self._rest + piece
        cut = len(piece) if is_last else piece.rfind(b"</table:table-row>") + 1
        piece, self._rest = piece[:cut], piece[cut:]
        if len(self._rest) > 64 << 20:  # a row of so many characters is none
            self.may_swell, self._rest = True, b""
        if not self.has_facts:
            spanned = b"number-rows-spanned" in piece and self._SPANNED.search(piece)
            self.has_facts = bool(spanned) or b'value-type="error"' in piece
        if (repeats := piece.count(b"-repeated")) and not self.may_swell:
            repeats -= len(self._FEW.findall(piece))
            if repeats:
                repeats -= sum(len(self._MANY.findall(empty)) for empty in self._EMPTY.findall(piece))
            self.may_swell = repeats > 0

    def of_sheets(self, path: Path) -> dict[str, Facts]:
        """The facts by sheet name."""
        return _ods_facts(path) if self.has_facts else defaultdict(Facts)


def _ods_facts(path: Path) -> dict[str, Facts]:
    """Merges and error texts of an ODS file; positions count repeated rows and columns."""
    sheets: dict[str, Facts] = defaultdict(Facts)
    facts = Facts()
    row, row_repeats, column = 0, 1, 0
    error: list[str] | None = None
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal facts, row, row_repeats, column, error, depth
        if name == "table:table":
            facts, row = sheets[attributes.get("table:name", "")], 0
        elif name == "table:table-row":
            row, row_repeats, column = row + 1, int(attributes.get("table:number-rows-repeated", 1)), 0
        elif name in ("table:table-cell", "table:covered-table-cell"):
            down = int(attributes.get("table:number-rows-spanned", 1))
            across = int(attributes.get("table:number-columns-spanned", 1))
            if down > 1:
                facts.merged.append((row, column, row + down - 1, column + across - 1))
            if attributes.get("calcext:value-type") == "error":
                error = []
            depth = int(attributes.get("table:number-columns-repeated", 1))

    def end(name: str) -> None:
        nonlocal row, column, error
        if name == "table:table-row":
            row += row_repeats - 1
        elif name in ("table:table-cell", "table:covered-table-cell"):
            if error is not None:
                facts.patches[row][column] = "".join(error).strip()
                error = None
            column += depth

    def text(data: str) -> None:
        if error is not None:
            error.append(data)

    parser: Any = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as file:
        parser.ParseFile(file)
    return sheets
