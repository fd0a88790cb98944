"""The workbook holds the report's numbers as numbers, Excel's own charts, and no formula."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import ScatterChart
from openpyxl.workbook import Workbook

from ccdata_assets.reporting import BuiltReport, formats
from ccdata_assets.reporting.model import NUMERIC, Column, Report, Section, Table, Text, Unit
from ccdata_assets.reporting.workbook import HEADER, NEAR_ALL, write_workbook

from .published import AS_OF, FORMULA, HOSTILE


@pytest.fixture(scope="module")
def book(built: BuiltReport) -> Workbook:
    return openpyxl.load_workbook(built.workbook)


def test_every_number_of_the_report_is_in_its_cell(book: Workbook, report: Report) -> None:
    sheets = iter(book.worksheets[1:])
    for section in report.sections:
        for table in section.tables:
            sheet = next(sheets)
            rows = [*table.rows, *filter(None, [table.total])]
            for offset, row in enumerate(rows, HEADER + 1):
                for position, (value, column) in enumerate(zip(row, table.columns, strict=True), 1):
                    if column.unit in NUMERIC and not isinstance(value, tuple):
                        where = f"{sheet.title} {sheet.cell(offset, position).coordinate} ({column.key})"
                        shown = sheet.cell(offset, position).value
                        assert shown == (None if value is None else pytest.approx(value, rel=1e-15)), where
    assert next(sheets, None) is None


def test_summary_shows_the_figures_with_their_formats(book: Workbook, report: Report) -> None:
    sheet = book.worksheets[0]
    figures = [figure for section in report.sections for figure in section.figures]
    for row, figure in enumerate(figures, HEADER + 1):
        shown = sheet.cell(row, 2)
        assert shown.value == (figure.value if figure.value is not None else "无数据 no data"), figure.id
        if figure.unit == "percent" and figure.value is not None:
            assert shown.number_format == "0.00%"
        if figure.unit == "seconds" and figure.value is not None:
            assert shown.number_format == "#,##0.0", "the cell has the value, and shows what the page shows"
        change = sheet.cell(row, 4)
        if figure.unit == "percent" and figure.change is not None:
            assert change.value == pytest.approx(figure.change * 100, rel=1e-15), "in points, as on the page"
            assert change.number_format == '+0.00" pp";-0.00" pp";0.00" pp"'
        else:
            assert change.value == figure.change
    assert any(figure.unit == "percent" and figure.change for figure in figures)


@pytest.mark.parametrize(
    ("value", "unit", "text", "excel"),
    [
        (1234, "count", "1,234", "#,##0"),
        (61.33, "count", "61", "#,##0"),
        (251.87, "seconds", "251.9", "#,##0.0"),
        (0.81133, "percent", "81.13%", "0.00%"),
        (572.8395, "money", "572.84", "#,##0.00"),
        (80, "money", "80.00", "#,##0.00"),
        (572.8395, "number", "572.8", "#,##0.0"),
        (-12.3456, "number", "-12.35", "#,##0.00"),
        (12.0, "number", "12", "#,##0"),
        (0.9995, "number", "0.9995", "#,##0.0000"),
        (0.000041, "number", "0.000041", "#,##0.000000"),
        (0.00000001, "number", "0", "#,##0.000000"),
    ],
)
def test_the_unit_decides_the_decimals_on_pages_and_in_workbooks(
    value: float, unit: Unit, text: str, excel: str
) -> None:
    assert formats.number(value, unit) == text
    assert formats.excel(value, unit) == excel


def test_days_are_dates(book: Workbook, report: Report) -> None:
    sheet = next(sheet for sheet in book.worksheets if "By day" in sheet["A1"].value)
    assert sheet.cell(HEADER + 1, 1).value == datetime(2026, 3, 1)
    assert sheet.cell(HEADER + 1, 1).number_format == "yyyy-mm-dd"
    assert date.fromisoformat(str(report.section("calls").table("daily").rows[0][0])) == date(2026, 3, 1)


def test_charts_are_native_and_bars_begin_at_zero(book: Workbook) -> None:
    charts = {sheet.title: vars(sheet)["_charts"] for sheet in book.worksheets}
    assert len(charts[book.sheetnames[0]]) == 2
    assert sum(map(len, charts.values())) >= 10
    increment = charts[book.sheetnames[1]][1]
    assert increment.y_axis.scaling.min == 0
    assert "$B$" in charts[book.sheetnames[1]][0].series[0].val.numRef.f, "a chart reads the cells of its sheet"


def test_the_axis_of_a_share_near_all_ends_at_all(book: Workbook) -> None:
    ends: dict[bool, set[float | None]] = {True: set(), False: set()}
    for sheet in book.worksheets:
        for chart in vars(sheet)["_charts"]:
            if isinstance(chart, ScatterChart) or chart.y_axis.number_format.formatCode != "0.0%":
                continue
            cells = [row[0].value for series in chart.series for row in sheet[series.val.numRef.f.split("!")[1]]]
            most = max(value for value in cells if isinstance(value, int | float))
            ends[NEAR_ALL < most <= 1].add(chart.y_axis.scaling.max)
    assert ends[True] == {1}, "no axis goes to 120 %"
    assert ends[False] <= {None}, "of small shares Excel chooses"


def test_hostile_text_stays_text(book: Workbook) -> None:
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    for text in (FORMULA, HOSTILE, "@SUM(1+1) header not found"):
        assert [cell for cell in cells if cell.value == text], text
    assert all(cell.quotePrefix for cell in cells if str(cell.value).startswith(("=", "@")))


def test_sheets_are_ready_to_read_and_print(book: Workbook) -> None:
    for sheet in book.worksheets:
        assert sheet.freeze_panes == f"B{HEADER + 1}", sheet.title
        assert sheet.page_setup.orientation == "landscape"
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in ((1, 0), (1, 1))
        assert sheet.print_title_rows == f"${HEADER}:${HEADER}"
        assert sheet.column_dimensions["A"].width > 8


def test_times_of_the_file_are_the_as_of(book: Workbook) -> None:
    moment = AS_OF.astimezone(UTC).replace(tzinfo=None)
    assert (book.properties.created, book.properties.modified) == (moment, moment)


def test_a_text_longer_than_the_widest_column_goes_on_below(report: Report, tmp_path: Path) -> None:
    long = Text("很长的说明" * 20, "a long text " * 20)
    table = Table("t", Text.same("t"), (Column("a", Text.same("a"), "name"), Column("b", Text.same("b"), "count")),
                  ((long, 1), (Text.same("short"), 2)))  # fmt: skip
    section = Section("s", Text.same("s"), note=long, tables=(table,))
    write_workbook(replace(report, sections=(section,)), tmp_path / "long.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "long.xlsx").worksheets[1]
    wrapped, below = sheet.cell(HEADER + 1, 1), sheet.cell(HEADER + 2, 1)
    assert wrapped.alignment.wrap_text and not below.alignment.wrap_text
    assert sheet.row_dimensions[HEADER + 1].height > 80 and sheet.row_dimensions[HEADER + 2].height is None
    assert sheet.cell(HEADER + 1, 2).alignment.vertical == "top"
    assert sheet["A3"].alignment.wrap_text and [area.min_row for area in sheet.merged_cells.ranges] == [3]


def test_what_is_little_higher_than_a_page_is_printed_on_one(report: Report, tmp_path: Path) -> None:
    def pages(rows: int) -> int | None:
        columns = (Column("a", Text.same("a"), "text"), Column("b", Text.same("b"), "count"))
        table = Table("t", Text.same("t"), columns, tuple((str(row), row) for row in range(rows)))
        written = replace(report, sections=(Section("s", Text.same("s"), tables=(table,)),))
        book = openpyxl.load_workbook(write_workbook(written, tmp_path / f"{rows}.xlsx"))
        return book.worksheets[1].page_setup.fitToHeight

    assert [pages(rows) for rows in (10, 40, 200)] == [1, 1, 0]


def test_the_status_of_a_figure_is_in_both_languages(book: Workbook) -> None:
    said = {book.worksheets[0].cell(row, 9).value for row in range(HEADER + 1, HEADER + 12)}
    assert "确定 final" in said
    assert "final" not in said
