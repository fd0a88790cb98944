"""Workbooks: the same table lands as the same text from every format, and no file of them stops or fills the machine."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine as calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.landing import spreadsheet, workbook_facts
from ccdata_assets.landing.rows import Cells, Limits, OverLimit, ReadOptions, UnreadableFile
from ccdata_assets.landing.spreadsheet import open_workbook
from ccdata_assets.landing.workbook_cells import duration_text, number_text
from ccdata_assets.landing.workbook_guard import damage_is_unreadable
from ccdata_assets_tests.landing.xlsb import Formula, Inline, Sheet
from ccdata_assets_tests.landing.xlsb import workbook as xlsb_workbook
from ccdata_assets_tests.world import HOSPITAL_HEADER, HOSPITALS, World

FIXTURES = Path(__file__).parent / "fixtures"
KNOWN = {"名称", "电话", "城市", "登记日期", "更新时间", "有效", "金额", "通话时长", "备注"}
Row = tuple[Any, ...]


def known_headers(cells: Cells) -> int:
    return sum(1 for cell in cells if cell in KNOWN)


def options(**changes: Any) -> ReadOptions:
    return ReadOptions(known_headers, **changes)


def xlsx(is_1904: bool = False, **sheets: Sequence[Sequence[Any]]) -> bytes:
    """A workbook of these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    if is_1904:
        book.epoch = datetime(1904, 1, 1)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def changed(content: bytes, part: str, change: Callable[[str], str], compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The zip archive with one part changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", compress) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if name == part else text)
    return target.getvalue()


def with_cells(cells: str) -> bytes:
    """A sheet 表 of 名称 and 电话, whose further rows are XML."""
    return changed(
        xlsx(表=[["名称", "电话"]]),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace("</sheetData>", f"{cells}</sheetData>"),
    )


def read(content: bytes | Path, tmp_path: Path | None = None, **changes: Any) -> dict[str, list[Row]]:
    """(_row, _fault, cells …) of each row by sheet."""
    if isinstance(content, bytes):
        assert tmp_path
        path = tmp_path / "file.bin"
        path.write_bytes(content)
    else:
        path = content
    found: dict[str, list[Row]] = {}
    for member in open_workbook(path, options(**changes)):
        rows = [row for batch in member.batches for row in batch.to_pylist()]
        found[member.name] = [tuple(value for name, value in row.items() if name != "_text") for row in rows]
    return found


def message(content: bytes, tmp_path: Path, **changes: Any) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(content, tmp_path, **changes)
    assert "fix:" in str(caught.value)
    return str(caught.value)


def problem(content: bytes, tmp_path: Path) -> str:
    """Why a file cannot be read; 'fix: nothing' where it can."""
    try:
        read(content, tmp_path)
    except UnreadableFile as error:
        return str(error)
    return "fix: nothing"


# --- the same table in every format ------------------------------------------------------------------------------

DAY, MOMENT = date(2026, 1, 5), datetime(2026, 1, 5, 9, 30)
CUSTOMERS_XLSB = xlsb_workbook(
    {
        "客户": Sheet(
            [
                ["客户名单"],
                ["名称", "联系方式", None, "登记日期", "更新时间", "有效", "金额", "通话时长", "备注"],
                [None, "电话", "城市"],
                ["甲公司", 13800138000, "杭州市", DAY, MOMENT, True, Formula(0.1 + 0.2), timedelta(hours=30.25), Inline(" 首行\n次行 ")],
                ["乙公司", "057155500001", None, DAY, MOMENT, Formula(False), Formula(0.0), timedelta(seconds=75), Formula("#N/A")],
                ["丙公司", 440106199001011234, "深圳市", DAY, MOMENT, True, 1234.5, timedelta(0)],
            ],
            [(0, 0, 0, 8), (1, 2, 0, 0), (1, 1, 1, 2), *((1, 2, column, column) for column in range(3, 9)), (3, 4, 2, 2)],
        ),
        "空": Sheet([]),
        "隐藏": Sheet([["名称", "电话"], ["丁公司", 1]], hidden=1),
    }
)  # fmt: skip
CUSTOMERS = [
    (4, None, "甲公司", "13800138000", "杭州市", "2026-01-05", "2026-01-05 09:30:00", "true", "0.3", "30:15:00", " 首行\n次行 "),
    (5, None, "乙公司", "057155500001", "杭州市", "2026-01-05", "2026-01-05 09:30:00", "false", "0", "00:01:15", "#N/A"),
    (6, None, "丙公司", "4.40106199001011e+17", "深圳市", "2026-01-05", "2026-01-05 09:30:00", "true", "1234.5", "00:00:00", None),
]  # fmt: skip


def customers(form: str) -> bytes:
    return CUSTOMERS_XLSB if form == "xlsb" else (FIXTURES / f"customers.{form}").read_bytes()


@pytest.mark.parametrize("form", ["xlsx", "xls", "xlsb", "ods"])
def test_a_table_lands_as_the_same_text_from_every_format(form: str, tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(customers(form))
    assert [(member.name, member.format) for member in open_workbook(path, options())] == [
        ("客户", form),
        ("隐藏", form),
    ]
    found = read(path)
    assert found["客户"][:2] == [(1, "title_line", *[None] * 9), (2, "title_line", *[None] * 9)]
    assert found["客户"][2:] == CUSTOMERS
    assert found["隐藏"] == [(2, None, "丁公司", "1")]


def test_the_binary_workbooks_of_these_tests_are_what_others_read_too(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsb"
    path.write_bytes(CUSTOMERS_XLSB)
    rows = calamine.CalamineWorkbook.from_path(path).get_sheet_by_name("客户").to_python()
    assert [row[0] for row in rows] == ["客户名单", "名称", "", "甲公司", "乙公司", "丙公司"]
    assert rows[3][3:5] == [46027, MOMENT], "the first is calamine's error that workbook_binary is there for"


@pytest.mark.parametrize("name", ["table.xls", "table.xlsx", "table.ods", "table.csv", "表.XLSX", "table"])
def test_a_name_says_nothing_about_the_format(name: str, tmp_path: Path) -> None:
    for form in ("xlsx", "xls", "xlsb", "ods"):
        path = tmp_path / name
        path.write_bytes(customers(form))
        assert len(read(path)["客户"]) == 5, form


# --- sheets ------------------------------------------------------------------------------------------------------


def test_every_sheet_is_a_member_and_empty_sheets_are_passed_over(world: World) -> None:
    line = world.land_one(
        xlsx(一月=[["名称", "电话"], ["甲公司", "1"]], 空=[], 二月=[["电话", "名称"], ["2", "乙公司"]]),
        "directory/a.csv",
    )
    assert (line.format, line.members, line.rows) == ("xlsx", ("一月", "二月"), 2)
    assert [(row["_member"], row["_row"], row["名称"], row["电话"]) for row in world.raw(line)] == [
        ("一月", 2, "甲公司", "1"),
        ("二月", 2, "乙公司", "2"),
    ]


def test_chart_sheets_are_passed_over_and_hidden_sheets_are_read(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(xlsx(表=[["名称", "电话"], ["甲公司", 1]], 隐=[["名称", "电话"], ["乙公司", 2]]))
    )
    book.create_chartsheet("图", 0)
    book["隐"].sheet_state = "veryHidden"
    assert list(read(saved(book), tmp_path)) == ["表", "隐"]


def test_just_the_sheet_of_the_contract_is_read_where_it_names_one(world: World) -> None:
    world.contract(source={"files": "directory/*", "sheet": "数据"})
    line = world.land_one(xlsx(说明=[["名称"], ["不是数据"]], 数据=[["名称"], ["甲公司"]]))
    assert (line.members, line.rows) == (("数据",), 1)


@pytest.mark.parametrize("form", ["xlsx", "xls", "xlsb", "ods"])
def test_a_workbook_without_the_sheet_of_the_contract_is_refused(form: str, tmp_path: Path) -> None:
    assert "source.sheet" in message(customers(form), tmp_path, sheet="数据")


def test_a_workbook_of_empty_sheets_only_is_rejected(world: World) -> None:
    line = world.land_one(xlsx(空=[]))
    assert (line.status, line.error) == ("rejected", "the file holds no table; fix: export it again")


# --- rows --------------------------------------------------------------------------------------------------------


def test_a_sheets_rows_have_the_numbers_that_a_person_sees(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[], [None, "名称", "电话"], [None, "甲公司", "1"], [], [None, "乙公司", "2"]]
    expected = [(3, None, None, "甲公司", "1"), (4, *[None] * 4), (5, None, None, "乙公司", "2")]
    assert read(xlsx(表=rows), tmp_path)["表"] == expected
    assert read(xlsb_workbook({"表": Sheet(rows)}), tmp_path)["表"] == expected


def test_a_units_row_below_the_header_holds_no_record(tmp_path: Path) -> None:
    rows = read(xlsx(表=[["名称", "金额", "通话时长"], [None, "(元)", "(秒)"], ["甲公司", 1, 2]]), tmp_path)["表"]
    assert [row[:3] for row in rows] == [(2, "header_line", None), (3, None, "甲公司")]


def test_a_sheet_without_a_header_keeps_every_row_and_says_so(tmp_path: Path) -> None:
    rows = read(xlsx(表=[["甲公司", "1"], ["乙公司", "2"]]), tmp_path)["表"]
    assert [row[:2] for row in rows] == [(1, "no_header"), (2, "no_header")]


def test_the_contract_can_say_that_there_is_no_header_or_which_row_it_is(tmp_path: Path) -> None:
    rows = [["甲公司", 1], ["客户", "号码"], ["乙公司", 2]]
    assert read(xlsx(表=rows), tmp_path, header="none")["表"][0] == (1, None, "甲公司", "1")
    assert read(xlsx(表=rows), tmp_path, header=2)["表"] == [(1, "title_line", None, None), (3, None, "乙公司", "2")]


def test_cells_right_of_the_header_make_a_row_too_long(tmp_path: Path) -> None:
    rows = read(xlsx(表=[["名称", "电话"], ["甲公司", "1", "多"], ["乙公司"]]), tmp_path)["表"]
    assert rows == [(2, "long_row", None, None), (3, None, "乙公司", None)]


def test_a_header_of_too_many_columns_condemns_the_sheet(tmp_path: Path) -> None:
    book = xlsx(表=[["名称", "电话", "城市"], ["甲公司", 1, 2]])
    assert read(book, tmp_path, limits=Limits(columns=2))["表"] == [(2, "too_many_columns")]


# --- merged cells ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_rows", [2, 50_000])
def test_a_value_merged_downwards_belongs_to_every_row_also_across_batches(
    batch_rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "BATCH_ROWS", batch_rows)
    rows = [["名称", "电话", "城市"], ["甲公司", 1, "杭州市"], *([None, n, n] for n in range(2, 6)), ["乙公司", 6, 7]]
    book = openpyxl.load_workbook(io.BytesIO(xlsx(表=rows)))
    book["表"].merge_cells("A2:A6")
    found = [row[2] for row in read(saved(book), tmp_path)["表"]]
    assert found == ["甲公司"] * 5 + ["乙公司"]
    binary = xlsb_workbook({"表": Sheet(rows, [(1, 5, 0, 0)])})
    assert [row[2] for row in read(binary, tmp_path)["表"]] == found


def test_a_value_merged_sideways_stays_in_its_first_column(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(表=[["名称", "电话", "城市"], ["甲公司"], [], ["乙公司", 1, 2]])))
    book["表"].merge_cells("A2:C3")
    assert [row[2:] for row in read(saved(book), tmp_path)["表"]] == [
        ("甲公司", None, None),
        ("甲公司", None, None),
        ("乙公司", "1", "2"),
    ]


def test_a_row_that_the_header_is_merged_with_holds_no_record(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(表=[["名称", "电话", "金额"], [None, None, "万"], ["甲公司", 1, 2]])))
    book["表"].merge_cells("A1:A2")
    book["表"].merge_cells("B1:B2")
    assert [row[:3] for row in read(saved(book), tmp_path)["表"]] == [(2, "header_line", None), (3, None, "甲公司")]


# --- cells -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [(13800138000.0, "13800138000"), (0.1 + 0.2, "0.3"), (121.47370000000001, "121.4737"), (1e-7, "0.0000001"), (-0.0, "0"), (-1.5, "-1.5"),
     (999999999999999.0, "999999999999999"), (6222021234567890.0, "6.22202123456789e+15"), (440106199001011234.0, "4.40106199001011e+17")],
)  # fmt: skip
def test_a_number_is_what_excel_shows(value: float, text: str) -> None:
    assert number_text(value) == text


def test_a_number_that_has_lost_digits_is_seen_to_be_damaged() -> None:
    for digits in range(16, 20):
        assert re.fullmatch(r"[+-]?\d(\.\d+)?[eE]\+?\d+", number_text(float("6222021234567890123"[:digits])))


def test_durations_go_on_above_a_day() -> None:
    lengths = [timedelta(hours=30, minutes=15), timedelta(0), timedelta(seconds=-90), timedelta(milliseconds=1500)]
    assert [duration_text(one) for one in lengths] == ["30:15:00", "00:00:00", "-00:01:30", "00:00:01.500"]


@pytest.mark.parametrize("form", ["xlsx", "xlsb"])
def test_numbers_dates_and_booleans_land_as_the_text_a_person_would_write(form: str, tmp_path: Path) -> None:
    cells = [13800001111, 1.5, 2.0, DAY, MOMENT, True, "007", None, "  空格 "]
    rows = [["名称", "电话", *"abcdefg"], cells]
    content = xlsx(表=rows) if form == "xlsx" else xlsb_workbook({"表": Sheet(rows)})
    assert read(content, tmp_path)["表"] == [
        (2, None, "13800001111", "1.5", "2", "2026-01-05", "2026-01-05 09:30:00", "true", "007", None, "  空格 ")
    ]


def test_times_of_day_and_percentages_are_plain(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(表=[["名称", "电话", "a"], [time(8, 5), 0.125, "字\n行"]])))
    book["表"]["B2"].number_format = "0.0%"
    assert read(saved(book), tmp_path)["表"] == [(2, None, "08:05:00", "0.125", "字\n行")]


def test_a_computed_time_has_no_noise_of_its_fraction(tmp_path: Path) -> None:
    moments = [(MOMENT + timedelta(seconds=37 * n)) for n in range(2000)]
    rows = read(xlsx(表=[["名称", "更新时间"], *(["甲", moment] for moment in moments)]), tmp_path)["表"]
    assert [row[3] for row in rows] == [str(moment) for moment in moments]
    binary = xlsb_workbook({"表": Sheet([["名称", "更新时间"], *(["甲", moment] for moment in moments)])})
    assert read(binary, tmp_path)["表"] == rows


def test_the_date_system_of_1904_gives_the_same_dates(tmp_path: Path) -> None:
    rows = [["名称", "登记日期"], ["甲公司", DAY]]
    assert read(xlsx(is_1904=True, 表=rows), tmp_path)["表"][0][3] == "2026-01-05"
    four_years = date(2026, 1, 5) - timedelta(days=1462)
    binary = xlsb_workbook({"表": Sheet([rows[0], ["甲公司", four_years]])}, is_1904=True)
    assert read(binary, tmp_path)["表"][0][3] == "2026-01-05"


def test_errors_are_texts_and_formulas_never_calculated_say_so(tmp_path: Path) -> None:
    cells = (
        '<row r="2"><c r="A2" t="e"><f>NA()</f><v>#N/A</v></c><c r="B2"><f>1+1</f></c></row>'
        '<row r="3"><c r="A3" t="e"><v>#REF!</v></c><c r="B3"><f>1+1</f><v></v></c></row>'
        '<row r="4"><c r="A4" t="str"><f>""</f><v></v></c><c r="B4"><f>1+1</f><v>2</v></c></row>'
    )
    assert [row[2:] for row in read(with_cells(cells), tmp_path)["表"]] == [
        ("#N/A", "#UNCALCULATED"),
        ("#REF!", "#UNCALCULATED"),
        (None, "2"),
    ]


def test_an_error_is_found_also_where_the_pieces_that_are_searched_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccdata_assets.landing.workbook_guard.CHUNK", 97)
    cells = "".join(
        f'<row r="{n}"><c r="A{n}" t="e"><v>#N/A</v></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(2, 99)
    )
    assert [row[2:] for row in read(with_cells(cells), tmp_path)["表"]] == [("#N/A", str(n)) for n in range(2, 99)]


def test_rich_and_phonetic_text_is_the_text(tmp_path: Path) -> None:
    cells = '<row r="2"><c r="A2" t="inlineStr"><is><r><t>东</t></r><r><rPr><b/></rPr><t>京</t></r><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></is></c></row>'
    assert read(with_cells(cells), tmp_path)["表"][0][2] == "东京"


# --- what must not get through -----------------------------------------------------------------------------------


def test_a_workbook_that_expands_beyond_the_limit_names_the_setting(tmp_path: Path) -> None:
    for form in ("xlsx", "xlsb", "ods"):
        with pytest.raises(OverLimit, match="CCDATA_MAX_EXPANDED_BYTES"):
            read(customers(form), tmp_path, limits=Limits(expanded_bytes=1024))


def test_a_workbook_that_expands_hugely_names_the_setting(tmp_path: Path) -> None:
    bomb = changed(xlsx(表=[["名称"]]), "xl/worksheets/sheet1.xml", lambda xml: xml + " " * 120_000_000)
    with pytest.raises(OverLimit, match="CCDATA_MAX_EXPANSION"):
        read(bomb, tmp_path)


def test_a_directory_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    content = bytearray(xlsx(表=[["名称", "电话"], ["甲公司", 1]]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    assert content.count(struct.pack("<I", size)) == 2, "the size stands in the file's header and in the directory"
    assert "damaged" in message(
        bytes(content).replace(struct.pack("<I", size), struct.pack("<I", size - 200)), tmp_path
    )


@pytest.mark.parametrize(("form", "part"), [("xlsx", "xl/sharedStrings.xml"), ("ods", "content.xml")])
def test_a_workbook_that_declares_entities_is_refused(form: str, part: str, tmp_path: Path) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/hostname">]>'
    bomb = changed(customers(form), part, lambda xml: xml.replace("?>", f"?>{laughs}", 1))
    assert "entities" in message(bomb, tmp_path)


def test_a_protected_workbook_is_told_apart(tmp_path: Path) -> None:
    protected = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(480)
    assert "password" in message(protected, tmp_path)


def test_an_old_office_file_that_is_no_workbook_is_told_apart(tmp_path: Path) -> None:
    assert "no workbook" in message(b"\xd0\xcf\x11\xe0" + bytes(600), tmp_path)


@pytest.mark.parametrize("place", ["A99999999999", "A1048577", "XFE2", "A99999999999999999999"])
def test_a_cell_outside_of_any_sheet_is_refused_at_once(place: str, tmp_path: Path) -> None:
    row = re.sub("[A-Z]", "", place)
    cells = f'<row r="{row}"><c r="{place}"><v>1</v></c></row>'
    assert "1,048,576 rows" in message(with_cells(cells), tmp_path)


def test_a_text_that_looks_like_a_place_is_a_text(tmp_path: Path) -> None:
    text = "see r='A99999999' and r='ABCDEF1'"
    cells = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{text}</t></is></c></row>'
    assert read(with_cells(cells), tmp_path)["表"] == [(2, None, text, None)]


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize(("gap", "blank"), [(1000, 1000), (1001, 0)])
def test_an_empty_area_is_no_rows_however_the_sheet_is_read(
    gap: int, blank: int, is_sparse: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_sparse:
        monkeypatch.setattr(workbook_facts, "DENSE_CELLS", 0)
        monkeypatch.setattr(workbook_facts, "SPARSE", 0)
    rows = [["名称", "电话"], ["甲公司", 1], *[[]] * gap, ["乙公司", 2]]
    found = read(xlsx(表=rows), tmp_path)["表"]
    assert (found[0], found[-1], len(found)) == (
        (2, None, "甲公司", "1"),
        (gap + 3, None, "乙公司", "2"),
        blank + 2,
    )
    assert len(read(xlsb_workbook({"表": Sheet(rows)}), tmp_path)["表"]) == blank + 2


def test_a_formula_without_a_value_far_below_is_a_row(tmp_path: Path) -> None:
    cells = '<row r="5000"><c r="B5000"><f>1+1</f></c></row><row r="5001"><c r="A5001"><v>1</v></c></row>'
    assert read(with_cells(cells), tmp_path)["表"] == [(5000, None, None, "#UNCALCULATED"), (5001, None, "1", None)]


FAR = {
    "formatted": '<row r="1048576"><c r="XFD1048576" s="0"/></row>',
    "filled": '<row r="3"><c r="A3" t="inlineStr"><is><t>乙公司</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
}
_MEASURED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
from ccdata_assets_tests.landing.test_spreadsheet import read
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = read(Path(sys.argv[1]))["表"]
print(len(rows), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("kind", FAR)
def test_a_cell_far_from_the_others_takes_no_gigabytes(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "far.xlsx"
    cells = '<row r="2"><c r="A2" t="inlineStr"><is><t>甲公司</t></is></c><c r="B2"><v>1</v></c></row>' + FAR[kind]
    path.write_bytes(with_cells(cells))
    done = subprocess.run([sys.executable, "-c", _MEASURED, str(path)], capture_output=True, text=True, check=True)
    rows, megabytes = map(int, done.stdout.split())
    assert megabytes < 300
    assert rows == (1 if kind == "formatted" else 3)


def test_rows_of_a_sparse_sheet_are_those_of_a_dense_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[Any]] = [
        ["名称", "电话", "登记日期"],
        ["甲公司", 1.5, DAY],
        [],
        ["乙公司", True, MOMENT],
        *[[]] * 60,
        ["丙", 1, time(8)],
    ]
    book = xlsx(表=rows)
    dense = read(book, tmp_path)
    monkeypatch.setattr(workbook_facts, "DENSE_CELLS", 0)
    monkeypatch.setattr(workbook_facts, "SPARSE", 0)
    assert read(book, tmp_path) == dense


def test_a_binary_cell_far_from_the_others_is_a_row_like_any_other(tmp_path: Path) -> None:
    sheet = Sheet([["名称", "电话"], ["甲公司", 1], [*[None] * 16_383, 1]], at={2: 1_048_575})
    assert read(xlsb_workbook({"表": sheet}), tmp_path)["表"] == [
        (2, None, "甲公司", "1"),
        (1_048_576, "long_row", None, None),
    ]


def test_an_xls_file_whose_damage_asks_for_all_memory_is_refused(tmp_path: Path) -> None:
    content = bytearray(customers("xls"))
    at = [hit.start() for hit in re.finditer(rb"\xfd\x00\x0a\x00", bytes(content))]  # cells of shared strings
    assert len(at) > 5
    content[at[-1] + 4 : at[-1] + 8] = b"\xff\xff\xff\xff"
    assert "memory" in message(bytes(content), tmp_path) or "GB" in message(bytes(content), tmp_path)


def test_repeats_in_an_ods_file_that_ask_for_all_memory_are_refused(tmp_path: Path) -> None:
    row = '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1"/></table:table-row>'
    bomb = changed(
        customers("ods"), "content.xml", lambda xml: xml.replace("<table:table-row ", row + "<table:table-row ", 1)
    )
    assert message(bomb, tmp_path)


@pytest.mark.parametrize("form", ["xlsx", "xls", "xlsb", "ods"])
def test_no_damage_does_more_than_make_a_workbook_unreadable(form: str, tmp_path: Path) -> None:
    whole = customers(form)

    @settings(max_examples=40, deadline=None)
    @given(st.floats(0.3, 1), st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=5))
    def check(cut: float, changes: list[tuple[float, bytes]]) -> None:
        content = bytearray(whole[: int(len(whole) * cut)])
        for place, change in changes:
            at = 8 + int((len(content) - 16) * place)
            content[at : at + len(change)] = change
        assert "fix:" in problem(bytes(content), tmp_path)

    check()


@pytest.mark.parametrize(
    "part", ["xl/workbook.bin", "xl/worksheets/sheet1.bin", "xl/styles.bin", "xl/sharedStrings.bin"]
)
def test_no_damage_within_a_binary_part_does_more_either(part: str, tmp_path: Path) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=5))
    def check(changes: list[tuple[float, bytes]]) -> None:
        target = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(CUSTOMERS_XLSB)) as old, zipfile.ZipFile(target, "w") as new:
            for name in old.namelist():
                content = bytearray(old.read(name))
                for place, change in changes if name == part else []:
                    at = int((len(content) - 1) * place)
                    content[at : at + len(change)] = change
                new.writestr(name, bytes(content))
        assert "fix:" in problem(target.getvalue(), tmp_path)

    check()


def test_a_panic_of_the_reader_is_damage_and_an_interrupt_is_none() -> None:
    panic = type("PanicException", (BaseException,), {})
    with pytest.raises(UnreadableFile), damage_is_unreadable():
        raise panic
    with pytest.raises(KeyboardInterrupt), damage_is_unreadable():
        raise KeyboardInterrupt


GOOD_BOOK = xlsx(表=[list(HOSPITAL_HEADER), *map(list, HOSPITALS)])


def test_no_damaged_workbook_stops_a_run(world: World) -> None:
    with world.warehouse() as con:

        @settings(max_examples=40)
        @given(st.floats(0.05, 1), st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=5))
        def check(cut: float, changes: list[tuple[float, bytes]]) -> None:
            content = bytearray(GOOD_BOOK[: int(len(GOOD_BOOK) * cut)])
            for place, change in changes:
                at = 4 + int((len(content) - 8) * place)
                content[at : at + len(change)] = change
            line = world.judge(con, bytes(content), "cn_hospitals")
            assert (
                line["error"]
                if line["status"] == "rejected"
                else line["rows"] == line["staged"] + line["quarantined"] + line["blank"]
            ), line

        check()
