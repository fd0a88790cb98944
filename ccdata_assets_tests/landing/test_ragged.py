"""Text whose rows may end early (`ragged`): what a row lacks is empty, and the fast way reads what the exact way reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.landing.csv_records import Dialect
from ccdata_assets.landing.delimited import ragged_cells
from ccdata_assets_tests.world import World

SOURCE = {"files": "directory/*", "delimiter": "|", "quote": "", "header": "none", "ragged": True}
FIELDS = {name: {"type": "text", "position": place} for place, name in enumerate("abc", start=1)}
cells = st.text(
    st.characters(blacklist_characters="|\r\n\x00\ufeff", blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=4
)
rows = st.lists(st.lists(cells, min_size=1, max_size=5), min_size=1, max_size=8)


@pytest.fixture
def ragged(world: World) -> World:
    world.contract(source=SOURCE, fields={**FIELDS, "company_name": {"derive": "a", "required": True}}, key=["a"])
    return world


def test_a_row_that_ends_early_has_empty_cells_and_one_that_is_too_long_is_refused(ragged: World) -> None:
    line = ragged.land_one("x|1|2\ny\n\nz|1\nlong|1|2|3\nfull|1|2\nmore|1|2\n")
    assert ragged.cells(line) == [
        (1, None, "x", "1", "2"),
        (2, None, "y", "", ""),
        (3, None, None, None, None),
        (4, None, "z", "1", ""),
        (5, "long_row", None, None, None),
        (6, None, "full", "1", "2"),
        (7, None, "more", "1", "2"),
    ]


@settings(max_examples=60)
@given(rows=rows)
def test_the_fast_way_reads_what_the_exact_way_reads(rows: list[list[str]]) -> None:
    text = "".join("|".join(row) + "\n" for row in rows)
    dialect = Dialect("|", "", None)
    fast = ragged_cells(text, dialect, 3, 1000)
    lines = text.removesuffix("\n").split("\n")
    if fast is None:
        assert any(not line or any(cell for cell in line.split("|")[3:]) for line in lines), "there was a reason"
        return
    exact = [([*line.split("|"), "", "", ""])[:3] for line in lines]
    assert [list(row) for row in zip(*(column.to_pylist() for column in fast), strict=True)] == exact
