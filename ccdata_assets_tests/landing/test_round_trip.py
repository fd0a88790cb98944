"""Any table in any dialect and encoding that a contract declares comes back cell by cell, each row with its line number.

200 cases; 2,000 where CCDATA_NIGHTLY is set. The writer below is not the csv module, so that the two do not err alike.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.contracts.model import FileSource
from ccdata_assets_tests.world import World

CASES = 2000 if os.environ.get("CCDATA_NIGHTLY") else 200
HEADER = ["company_name", "phone", "city"]
FIRST = ["甲", "1", "x"]
"""A plain record below the header, so that no random one is taken for a row of units."""


@dataclass(frozen=True)
class Form:
    """How a file is written."""

    encoding: str
    delimiter: str
    quote: str
    escape: str | None
    newline: str

    def readable(self, cell: str) -> str:
        """What of a cell the form can hold: characters of the encoding, and no delimiter where nothing hides it."""
        if not self.quote and not self.escape:
            cell = "".join(character for character in cell if character not in self.delimiter + "\r\n")
        return cell.encode(self.encoding, "ignore").decode(self.encoding, "ignore")

    def write(self, rows: list[tuple[list[str], bool]]) -> tuple[bytes, list[int]]:
        """The file, and the number of the line on which each row begins; a row says whether all its cells are quoted."""
        text, numbers = "", []
        for cells, is_quoted in rows:
            numbers.append(1 + len(re.findall(r"\r\r\n|\r\n|\r|\n", text)))
            text += self.delimiter.join(self._written(cell, is_quoted) for cell in cells) + self.newline
        return text.encode(self.encoding), numbers

    def _written(self, cell: str, is_quoted: bool) -> str:
        if not self.quote:
            return self._escaped(cell, self.delimiter + "\r\n")
        if is_quoted or any(character in cell for character in (*self.delimiter, self.quote, "\r", "\n")):
            inner = self._escaped(cell, self.quote) if self.escape else cell.replace(self.quote, 2 * self.quote)
            return f"{self.quote}{inner}{self.quote}"
        return self._escaped(cell, "")

    def _escaped(self, cell: str, characters: str) -> str:
        if not self.escape:
            return cell
        return "".join(self.escape + one if one in characters + self.escape else one for one in cell)


CELL = st.text(
    st.one_of(
        st.sampled_from([*",;\t|@^，\"'\\\n\r\0 \ufeff\x1f", *"医院電話一二三", *"😀𠮷é"]),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=8,
)
ROW = st.tuples(st.one_of(st.lists(CELL, min_size=3, max_size=3), st.lists(CELL, max_size=5)), st.booleans())
FORM = st.builds(
    Form,
    encoding=st.sampled_from(
        [
            "utf-8",
            "utf-8-sig",
            "gb18030",
            "gbk",
            "big5",
            "cp950",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "shift_jis",
            "cp1252",
        ]
    ),
    delimiter=st.sampled_from([",", "\t", ";", "|", " ", "\x01", "§", "||", "|@|", "^|^", "::"]),
    quote=st.sampled_from(['"', '"', "'", ""]),
    escape=st.sampled_from([None, None, "\\", "^"]),
    newline=st.sampled_from(["\n", "\r\n", "\r", "\r\r\n"]),
).filter(lambda form: not form.escape or form.escape not in form.delimiter)


def as_landed(number: int, cells: list[str]) -> tuple[object, ...]:
    """A row as the raw store should hold it: number, fault, cells, and the cells of a faulty row."""
    if len(cells) != 3 and any(cells[3:] or (cells if len(cells) < 3 else [])):
        return (number, "short_row" if len(cells) < 3 else "long_row", [None] * 3, cells)
    return (number, None, cells[:3] if len(cells) >= 3 else [None] * 3, None)


@settings(max_examples=CASES)
@given(form=FORM, rows=st.lists(ROW, max_size=8))
def test_a_table_in_a_declared_form_comes_back_as_it_was_written(
    world: World, form: Form, rows: list[tuple[list[str], bool]]
) -> None:
    first = [form.readable(cell) for cell in FIRST]
    table = [(HEADER, False), (first, False), *(([form.readable(cell) for cell in row], all_) for row, all_ in rows)]
    content, numbers = form.write(table)
    world = declared(world, form)
    world.read_back(content)
    (part,) = (world.settings.home / "read_back").glob("*.parquet")
    found = [
        (row["_row"], row["_fault"], [row[name] for name in HEADER], row["_text"] and json.loads(row["_text"]))
        for row in pq.read_table(part).to_pylist()
    ]
    written = [as_landed(number, cells) for number, (cells, _) in zip(numbers, table, strict=True)][1:]
    assert found == written, f"written as {content!r}"


def declared(world: World, form: Form) -> World:
    """The world with the form declared in the contract of `directory`."""
    source = FileSource(
        files=("directory/*",),
        encoding=form.encoding,
        delimiter=form.delimiter,
        quote=form.quote,
        escape=form.escape,
    )
    contract = world.registry.feeds["directory"].model_copy(update={"source": source})
    return replace(world, registry=replace(world.registry, feeds={**world.registry.feeds, "directory": contract}))
