"""The header of a table is found, and no record above or below it is taken for a title or for units."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from ccdata_assets.landing import rows as landing_rows
from ccdata_assets.landing.rows import Layout, Limits, ReadOptions, column_names, find_layout
from ccdata_assets_tests.world import World

KNOWN = {"名称", "电话", "城市", "地址", "手机", "name", "phone", "city"}
Row = Sequence[str | None]


def known_headers(cells: Row) -> int:
    return sum(cell in KNOWN for cell in cells)


def layout_of(text: str, **changes: int) -> Layout:
    rows = [line.strip().split(",") for line in text.strip().splitlines()]
    options = ReadOptions(known_headers, limits=Limits(**changes))
    return find_layout(list(range(1, len(rows) + 1)), rows, options)


# --- two tables, one above the other -----------------------------------------------------------------------------


def test_of_two_tables_in_one_file_no_record_is_taken_for_a_title(world: World) -> None:
    world.put("directory/a.csv", "company_name,phone\n甲公司,1\n乙公司,2\n\ncompany_name,phone,city\n丙,1,x\n")
    (line,) = world.land()
    assert world.cells(line) == [
        (2, None, "甲公司", "1"),
        (3, None, "乙公司", "2"),
        (4, None, None, None),
        (5, "long_row", None, None),
        (6, "long_row", None, None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "名称,电话\n甲公司,1\n名称,电话,城市\n丙,1,x",
        "名称,电话\n,(秒)\n甲公司,1\n\n名称,电话,城市\n丙,1,x",
        "名录\n名称,电话\n甲公司,1\n\n名称,电话,城市\n丙,1,x",
        "名称,热线,备注\n甲公司,1,a\n\n名称,电话,城市\n丙,1,x",
    ],
    ids=["no blank row", "units", "title", "one known header"],
)
def test_the_first_header_that_has_records_of_its_own_is_the_header(text: str) -> None:
    found = layout_of(text)
    assert found.columns in (("名称", "电话"), ("名称", "热线", "备注"))
    assert [code for place, code in found.furniture.items() if place >= found.start] in ([], ["header_line"])


@pytest.mark.parametrize(
    "above",
    [
        "导出人：,张三\n部门：,客服",
        "名称：,某公司\n导出人,张三",
        "名称,某公司,电话,0571-55500001\n导出人,张三,日期,2026-01-05",
        "名称,某公司\n导出人,张三",
        "name,phone,,\n",
        "基本,,名称,电话\n",
        "名称,电话,,\n,,(元),(秒)",
    ],
    ids=["labels", "known label", "known labels and values", "two cells", "another language", "group", "group, units"],
)
def test_titles_with_labels_and_headers_of_two_lines_are_above_the_header_still(above: str) -> None:
    found = layout_of(f"{above}\n名称,电话,城市,地址\n丙,1,x,y\n丁,2,x,y")
    assert found.columns == ("名称", "电话", "城市", "地址")
    assert set(found.furniture.values()) == {"title_line"}


# --- units below the header --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "is_units"),
    [("天,,", False), (",,秒", False), (",,(秒)", True), (",元,秒", True), ("人,,[天]", True), ("天,1,x", False)],
)
def test_one_unit_alone_is_a_record_unless_it_stands_in_brackets(row: str, is_units: bool) -> None:
    found = layout_of(f"名称,电话,城市\n{row}\n甲,1,x")
    assert found.furniture == ({1: "header_line"} if is_units else {})


# --- names of columns --------------------------------------------------------------------------------------------


def test_equal_names_are_numbered_past_those_that_are_taken() -> None:
    assert column_names(["a", "A (2)", "A", "a", "", "column 5"]) == (
        "a", "A (2)", "A (3)", "a (4)", "column 5", "column 5 (2)"
    )  # fmt: skip


def test_twenty_thousand_equal_names_take_no_time() -> None:
    begun = time.monotonic()
    names = column_names(["phone"] * 20_000)
    assert time.monotonic() - begun < 2
    assert len({name.casefold() for name in names}) == 20_000


def test_a_header_that_is_too_wide_gets_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(landing_rows, "column_names")
    assert layout_of("名称,电话,电话\n甲,1,2", columns=2).condemned == "too_many_columns"
