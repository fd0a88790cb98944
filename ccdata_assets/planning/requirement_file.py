"""Tables that planners bring (calls by interval, agents, rosters) and take along: any format and encoding that landing reads, headers in Chinese or
English, cells as text with the row they stand in. What a cell must be is the reader's business; `Faults` collects what is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pandas as pd
import pyarrow as pa
from openpyxl.utils import get_column_letter

from ccdata_assets.errors import CcdataError, WrongUse

if TYPE_CHECKING:
    from ccdata_assets.landing.rows import Member, ReadOptions

Value = TypeVar("Value")
MOST_FAULTS: Final = 10
"""Faults that a message lists; it counts all."""


@dataclass
class Faults:
    """What is wrong in a file, by row and column; values are never repeated."""

    path: Path
    found: list[str] = field(default_factory=list)

    def read(self, row: int, column: str, text: str | None, read: Callable[[str], Value], want: str) -> Value | None:
        """A cell as `read` reads it; None where it is empty, and, noted, where it cannot be read."""
        if not text:
            return None
        try:
            return read(text)
        except ValueError:
            self.add(row, column, f"is not {want}")
            return None

    def add(self, row: int, column: str, problem: str) -> None:
        """Note a fault of a cell."""
        self.found.append(f"row {row}, {column}: {problem}")

    def refuse(self) -> None:
        """CcdataError where anything is wrong: a plan on part of a table would be a wrong plan."""
        if self.found:
            more = len(self.found) - MOST_FAULTS
            lines = "; ".join(self.found[:MOST_FAULTS]) + (f"; and {more} more" if more > 0 else "")
            raise CcdataError(f"{self.path.name}: {lines}; fix: correct these cells")


def read_rows(path: Path, headers: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of the first table of a file that has the columns `needed`: our names → text (None where empty), and `row`, as a person
    opening the file sees it. `headers`: our name → other headers that mean it. WrongUse: no file, no such table."""
    from ccdata_assets.landing.rows import ReadOptions

    if not path.is_file():
        raise WrongUse(f"there is no file {path}; fix: correct the path")
    by_header = {_plain(header): name for name, others in headers.items() for header in (name, *others)}
    options = ReadOptions(known_headers=lambda cells: sum(_plain(cell) in by_header for cell in cells if cell))
    seen: list[str] = []
    for member in _members(path, options):
        names = {column: by_header.get(_plain(column)) for column in member.columns}
        if set(needed) - set(names.values()):
            seen += [column for column in member.columns if column]
            continue
        batches = list(member.batches)
        if not batches:
            raise WrongUse(f"{path.name}: has a header and no rows; fix: give a file with rows")
        table = pa.Table.from_batches(batches)
        wanted = {column: name for column, name in names.items() if name}
        faulty = [row for row, fault in zip(*(table[c].to_pylist() for c in ("_row", "_fault")), strict=True) if fault]
        if faulty:
            raise CcdataError(f"{path.name}: row {faulty[0]} cannot be laid out in columns; fix: correct the row")
        columns = {name: table[column].to_pylist() for column, name in wanted.items()}
        rows = [
            {"row": number, **{name: (cells[place] or "").strip() or None for name, cells in columns.items()}}
            for place, number in enumerate(table["_row"].to_pylist())
        ]
        return [row for row in rows if any(value for name, value in row.items() if name != "row")]
    missing = ", ".join(name for name in needed if name not in {by_header.get(_plain(column)) for column in seen})
    raise WrongUse(
        f"{path.name} has no table with the columns {', '.join(needed)}"
        + (f" (missing: {missing})" if missing else "")
        + "; fix: name them so in its header"
    )


def _members(path: Path, options: ReadOptions) -> Iterator[Member]:
    """The tables of a file. CcdataError names the file where it cannot be opened."""
    from ccdata_assets.landing.open import open_file

    try:
        yield from open_file(path, options)
    except CcdataError as error:
        raise CcdataError(f"{path.name}: {error}") from None


def number(text: str) -> float:
    """A number from 0 on, thousands separated by commas or not."""
    value = float(text.replace(",", ""))
    if not 0 <= value < float("inf"):
        raise ValueError
    return value


def moment(text: str) -> datetime:
    """A local date and time as 2026-01-05 09:30, with T, slashes or seconds."""
    found = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?", text)
    if not found:
        raise ValueError
    return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]


def day(text: str) -> date:
    """A date as 2026-01-05, with slashes, or with a time of midnight behind it, as spreadsheets give it."""
    found = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]0?0:00(?::00)?)?", text)
    if not found:
        raise ValueError
    return date(*(int(part) for part in found.groups()))


def write_table(table: pd.DataFrame, path: Path) -> None:
    """A plan as CSV or, by any other ending, XLSX, with the column names that are read back."""
    if path.suffix.lower() == ".csv":
        table.to_csv(path, index=False, encoding="utf-8-sig")
        return
    with pd.ExcelWriter(path, engine="openpyxl", datetime_format="yyyy-mm-dd hh:mm") as writer:
        table.to_excel(writer, index=False, sheet_name="staffing", freeze_panes=(1, 3))
        sheet = writer.sheets["staffing"]
        for place, name in enumerate(table.columns, 1):  # a column as wide as its name, and as a day with its time
            sheet.column_dimensions[get_column_letter(place)].width = max(len(str(name)) + 2, 17)
        sheet.auto_filter.ref = sheet.dimensions


def _plain(header: str) -> str:
    return re.sub(r"[\s_（）()]+", "", header).casefold()
