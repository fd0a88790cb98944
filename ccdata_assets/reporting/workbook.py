"""The report as an Excel workbook: a summary sheet with the figures and a contents list, then one sheet a
section and one more for each further table of it (a frozen header, a filter and a printed title row serve one
table only). Cells hold the model's numbers and are formatted, never rounded; charts are Excel's own and read
those cells. An empty cell is «no data», never 0."""

import io
import math
import os
import re
import zipfile
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import UTC, date, datetime
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.chart import BarChart, LineChart, Reference, ScatterChart, Series
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from ccdata_assets.reporting import formats
from ccdata_assets.reporting.looks import ACCENT, BAND, INK, LINE, QUIET, Look, dress
from ccdata_assets.reporting.measures import as_float
from ccdata_assets.reporting.model import (
    BEFORE,
    NO_DATA,
    NUMERIC,
    STATUS,
    Cell,
    Chart,
    Column,
    Figure,
    Language,
    Report,
    Section,
    Table,
    Text,
    Unit,
)
from ccdata_assets.reporting.vega_lite import FEW_DAYS, SERIES
from ccdata_assets.reporting.vega_lite import room_of as _room

GOOD, BAD = "2E7D5B", "B4543F"
NOTE_ROW, HEADER = 3, 4  # the row of a table's header: 1 title, 2 period and moment, 3 note
WIDEST: Final = 48
CHART_CM: Final = (16.5, 7.6)
ROW_CM: Final = 0.53  # height of a row
CHART_CHARACTERS: Final = 92  # its width in those of columns, with a gap
CHARACTER_CM: Final = 0.19
PAPER_CM: Final = (27.1, 17.9)  # A4 across, less its margins
SQUEEZED: Final = 1.7  # as much as is too high for a page is printed smaller, on one
NOTE: Final = 100  # characters of a line of a note
LINES: Final = 8  # of a cell, at most
BROKEN: Final = 1.05  # a text in lines, each broken between words, to the same in one
GAP: Final = 9.0  # characters of a column that has no width of its own
NEAR_ALL: Final = 0.8  # of a share: Excel would draw a larger one on an axis that goes above 100 %
BESIDE: Final = 180  # a narrower table has its charts at its side
SUMMARY: Final = Text("摘要", "Summary")
AS_OF: Final = Text("数据截至", "as of")
PLAIN: Final = Look()
MINOR: Final = Look(colour=QUIET)
HEAD: Final = Look(bold=True, vertical="bottom", is_wrapped=True, below=("thin", QUIET), behind=BAND)
EMPTY_MEANS: Final = Text("空白单元格表示无数据", "An empty cell means no data")


_LANGUAGE: ContextVar[Language] = ContextVar("language", default="both")  # of the workbook that is being written


def write_workbook(report: Report, path: Path, language: Language = "both") -> Path:
    """Writes the report to `path`, whole or not at all; the same report and language give the same bytes."""
    token = _LANGUAGE.set(language)
    try:
        return _write(report, path)
    finally:
        _LANGUAGE.reset(token)


def _say(text: Text, between: str = " ") -> str:
    """A text in the workbook's language; where that is both and they differ, with `between` between them."""
    language = _LANGUAGE.get()
    if language == "both" and text.zh != text.en:
        return f"{text.zh}{between}{text.en}"
    return text.said(language)


def _write(report: Report, path: Path) -> Path:
    book = Workbook()
    summary = book.active
    if not isinstance(summary, Worksheet):
        raise TypeError("a new workbook has no worksheet")
    names: list[tuple[str, Text]] = []
    places: dict[tuple[str, str], Worksheet] = {}
    for number, section in enumerate(report.sections):
        if not section.tables:
            continue
        for table in section.tables:
            first = table is section.tables[0]
            sheet = book.create_sheet(_sheet_name(section.title if first else table.title, book.sheetnames))
            sheet.sheet_properties.tabColor = (ACCENT, "D08C2F", "3A8F7D", "A8577E")[number % 4]
            _table_sheet(sheet, report, section, table)
            places[section.id, table.id] = sheet
            names.append((sheet.title, section.heading(table)))
    _summary_sheet(summary, report, names)
    _summary_charts(summary, report, places)
    book.properties.creator = "ccdata"
    book.properties.title = f"{_say(report.title)} {report.period}"
    _save(book, path, report.as_of)
    return path


def _summary_sheet(sheet: Worksheet, report: Report, names: list[tuple[str, Text]]) -> None:
    sheet.title = _say(SUMMARY)
    _head(sheet, report, report.title, None)
    figures = [figure for section in report.sections for figure in section.figures]
    before = Text("上期", "Before") if not figures or figures[0].before == BEFORE else figures[0].before
    compared = list(dict.fromkeys(one.title for figure in figures for one in figure.compared))
    header = [
        Text("指标", "Measure"), Text("本期", "Value"), before, Text("变化", "Change"),
        Text("目标", "Target"), Text("达标", "Met"), Text("分子", "Numerator"),
        Text("分母", "Denominator"), Text("状态", "Status"), *compared,
    ]  # fmt: skip
    _header_row(sheet, HEADER, header, [False, *[True] * 7, False, *[True] * len(compared)])
    row = HEADER + 1
    for figure in figures:
        _figure_row(sheet, row, figure, compared)
        row += 1
    row += 1
    _put(sheet, row, 1, Text("目录", "Contents"), look=Look(bold=True))
    for name, title in names:
        row += 1
        link = _put(sheet, row, 1, title, look=Look(colour=ACCENT))
        link.hyperlink = f"#{quote_sheetname(name)}!A1"
    for column, width in enumerate((38, 15, 15, 16, 12, 8, 15, 15, 12, *[15] * len(compared)), 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    _print_setup(sheet, report, 0, 0)
    sheet.freeze_panes = f"B{HEADER + 1}"


def _figure_row(sheet: Worksheet, row: int, figure: Figure, compared: Sequence[Text]) -> None:
    unit, plain = figure.unit, Look(below=("hair", LINE))
    quiet = plain._replace(colour=QUIET)
    _put(sheet, row, 1, figure.title, look=plain)
    if figure.value is None:
        _put(sheet, row, 2, NO_DATA, look=quiet._replace(side="right"))
    else:
        _put(sheet, row, 2, figure.value, unit, plain._replace(bold=True))
    _put(sheet, row, 3, figure.previous, unit, plain)
    better = INK if figure.improved is None else GOOD if figure.improved else BAD
    if figure.change is not None:
        points = formats.POINTS.said("zh" if _LANGUAGE.get() == "zh" else "en")
        change, form = formats.excel_change(figure.change, unit, points)
        _put(sheet, row, 4, change, unit, plain._replace(colour=better, format=form))
    else:
        _put(sheet, row, 4, None, unit, plain)
    _put(sheet, row, 5, figure.target, unit, plain)
    met = plain._replace(bold=True, colour=GOOD if figure.met else BAD, side="center")
    _put(sheet, row, 6, formats.MARKS[figure.met], look=met)
    _put(sheet, row, 7, figure.numerator, "number", plain)
    _put(sheet, row, 8, figure.denominator, "number", plain)
    _put(sheet, row, 9, STATUS.get(figure.status), look=quiet)
    held_against = dict(figure.compared)
    for column, title in enumerate(compared, 10):
        _put(sheet, row, column, held_against.get(title), unit, plain)


def _summary_charts(sheet: Worksheet, report: Report, places: dict[tuple[str, str], Worksheet]) -> None:
    """The first two charts of the report, beside the figures and what these are compared with."""
    beside = get_column_letter(
        11 + len({one.title for part in report.sections for figure in part.figures for one in figure.compared})
    )
    drawn = [(section, chart) for section in report.sections for chart in section.charts]
    at = HEADER
    for section, chart in drawn[:2]:
        table = section.table(chart.table)
        if native := _native(chart, table, places[section.id, table.id]):
            sheet.add_chart(native, f"{beside}{at}")
            at += 2 + math.ceil(native.height / ROW_CM)


def _table_sheet(sheet: Worksheet, report: Report, section: Section, table: Table) -> None:
    section_note = section.note if table is section.tables[0] else None
    _head(sheet, report, section.heading(table), Text.joined(section_note, table.note, between=" "))
    columns = table.columns
    _header_row(sheet, HEADER, [column.title for column in columns], [column.unit in NUMERIC for column in columns])
    for offset, row in enumerate(table.rows, HEADER + 1):
        for position, (value, column) in enumerate(zip(row, columns, strict=True), 1):
            _put(sheet, offset, position, value, column.unit, MINOR if column.minor else PLAIN)
    last = HEADER + len(table.rows)
    if not table.rows:
        last += 1
        _put(sheet, last, 1, table.empty, look=MINOR)
    else:
        sheet.auto_filter.ref = f"A{HEADER}:{get_column_letter(len(columns))}{last}"
    for row in table.below:
        last += 1
        look = Look(bold=row is table.total, above=("thin" if row is table.below[0] else "hair", QUIET))
        for position, (value, column) in enumerate(zip(row, columns, strict=True), 1):
            _put(sheet, last, position, value, column.unit, look)
    _heat(sheet, table, last)
    widths = [_width(table, position) for position in range(len(columns))]
    for position, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(position)].width = width
    sheet.freeze_panes = f"B{HEADER + 1}"
    _wrap_note(sheet, widths)
    more = _wrap_cells(sheet, table, widths)
    wide, high = _place_charts(sheet, section, table, widths, last)
    _print_setup(sheet, report, wide, high + more)


def _wrap_cells(sheet: Worksheet, table: Table, widths: Sequence[float]) -> int:
    """What is longer than the widest column goes on in further lines; gives how many there are."""
    capped = [position for position, width in enumerate(widths) if width == WIDEST]
    more = 0
    for offset, row in enumerate(table.rows, HEADER + 1):
        longest = max((_room(_say(formats.cell(row[at], table.columns[at].unit))) for at in capped), default=0)
        if longest <= WIDEST:
            continue
        lines = min(LINES, math.ceil(longest * BROKEN / WIDEST))
        more += lines - 1
        sheet.row_dimensions[offset].height = 2 + 13.5 * lines
        for position in range(len(row)):
            cell = sheet.cell(offset, position + 1)
            side, indent = cell.alignment.horizontal, cell.alignment.indent
            cell.alignment = Alignment(side, "top", wrap_text=position in capped, indent=indent)
    return more


def _wrap_note(sheet: Worksheet, widths: Sequence[float]) -> None:
    """A long note in lines over as many columns as it needs: a sheet is printed as wide as its longest line."""
    note = sheet.cell(NOTE_ROW, 1)
    if _room(str(note.value)) <= NOTE:
        return
    reach = list(accumulate([*widths, *[GAP] * NOTE]))
    columns = next(place for place, width in enumerate(reach, 1) if width >= NOTE)
    lines = sum(math.ceil(_room(line) / reach[columns - 1]) for line in str(note.value).split("\n"))
    sheet.merge_cells(start_row=NOTE_ROW, end_row=NOTE_ROW, start_column=1, end_column=columns)
    note.alignment = Alignment(horizontal="left", vertical="top", wrap_text=True)
    sheet.row_dimensions[NOTE_ROW].height = 2 + 12.5 * lines


def _place_charts(
    sheet: Worksheet, section: Section, table: Table, widths: Sequence[float], last: int
) -> tuple[float, int]:
    """The table's charts: to its right when it is narrow, else below it, two side by side where they fit. Gives how wide
    (cm) and how high (rows) the sheet is with them."""
    wide, high = sum(widths) * CHARACTER_CM, last
    if sum(widths) < BESIDE:
        places, row = [len(widths) + 2], HEADER
    else:
        reach = list(accumulate(widths))
        second = next((place for place, width in enumerate(reach, 2) if width > CHART_CHARACTERS), None)
        places, row = ([1, second] if second and second <= len(widths) else [1]), last + 2
    natives = [
        native for chart in section.charts if chart.table == table.id and (native := _native(chart, table, sheet))
    ]
    for first in range(0, len(natives), len(places)):
        side_by_side = natives[first : first + len(places)]
        for place, native in zip(places, side_by_side, strict=False):
            sheet.add_chart(native, f"{get_column_letter(place)}{row}")
            left = sum(widths[: place - 1]) + GAP * max(0, place - 1 - len(widths))
            wide = max(wide, left * CHARACTER_CM + native.width)
        high = max(high, row + math.ceil(max(native.height for native in side_by_side) / ROW_CM))
        row += 2 + math.ceil(max(native.height for native in side_by_side) / ROW_CM)
    return wide, high


def _native(chart: Chart, table: Table, sheet: Worksheet) -> BarChart | LineChart | ScatterChart | None:
    """Excel's own chart over the cells of the table; None when there is nothing to draw."""
    rows = len(table.rows[: chart.first])
    positions = [table.position(key) + 1 for key in chart.series]
    if not any(row[position - 1] is not None for row in table.rows[:rows] for position in positions):
        return None
    if chart.kind == "points":
        return _scatter(chart, table, sheet, rows)
    native: Any = LineChart() if chart.kind == "line" else BarChart()
    for position in positions:
        native.add_data(Reference(sheet, position, HEADER, position, HEADER + rows), titles_from_data=True)
    native.set_categories(Reference(sheet, table.position(chart.x) + 1, HEADER + 1, None, HEADER + rows))
    unit = table.columns[positions[0] - 1].unit
    for i, series in enumerate(native.series):
        colour = SERIES[i % len(SERIES)].removeprefix("#")
        if chart.kind == "line":
            series.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=colour, w=22_000))
            series.smooth = False
            series.marker.symbol = "circle"
            series.marker.size = 5
            series.marker.graphicalProperties = GraphicalProperties(
                solidFill=colour, ln=LineProperties(solidFill=colour)
            )
        else:
            series.graphicalProperties = GraphicalProperties(solidFill=colour)
            series.invertIfNegative = False
    _dress(native, chart)
    native.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="E7E8E6", w=6_000))
    native.y_axis.number_format = {"percent": "0.0%", "count": "#,##0"}.get(unit, "General")
    native.x_axis.tickLblPos = "low"
    is_long = table.columns[table.position(chart.x)].unit == "date" and rows > FEW_DAYS
    native.x_axis.tickLblSkip = 5 if is_long else 1
    drawn = [as_float(row[position - 1]) for row in table.rows[:rows] for position in positions]
    if unit == "count" and max(map(abs, drawn)) <= 5:
        native.y_axis.majorUnit = 1  # there is no half of what is counted
    if chart.kind != "line" and min(drawn) >= 0:
        native.y_axis.scaling.min = 0  # the length of a bar is its value
    if unit == "percent" and NEAR_ALL < max(drawn) <= 1:
        native.y_axis.scaling.max = 1  # Excel's own choice would be 120 %
    if chart.kind == "ranking":
        native.type = "bar"
        native.x_axis.scaling.orientation = "maxMin"  # the first row on top
        native.y_axis.tickLblPos = "nextTo"
        native.y_axis.crosses = "max"
        native.height = max(CHART_CM[1], 1.8 + 0.75 * rows)
    if chart.kind != "line":
        native.gapWidth = 50
    return native  # type: ignore[no-any-return]


def _scatter(chart: Chart, table: Table, sheet: Worksheet, rows: int) -> ScatterChart:
    """Excel's own marks over the numbers of a column, with the limits as lines; the table is in the order of that column."""
    native: Any = ScatterChart()
    native.style, native.scatterStyle = 13, "lineMarker"
    x = Reference(sheet, table.position(chart.x) + 1, HEADER + 1, None, HEADER + rows)
    for key in (*chart.series, *chart.limits):
        position = table.position(key) + 1
        series: Any = Series(Reference(sheet, position, HEADER, position, HEADER + rows), x, title_from_data=True)
        is_mark = key in chart.series
        series.smooth = False
        series.marker.symbol = "circle" if is_mark else "none"
        if is_mark:
            colour = SERIES[0].removeprefix("#")
            series.marker.size = 6
            series.marker.graphicalProperties = GraphicalProperties(
                solidFill=colour, ln=LineProperties(solidFill=colour)
            )
            series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
        else:
            series.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=QUIET, w=9_000))
        native.series.append(series)
    _dress(native, chart)
    native.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="E7E8E6", w=6_000))
    unit = table.columns[table.position(chart.series[0])].unit
    native.y_axis.number_format = {"percent": "0.0%", "count": "#,##0"}.get(unit, "General")
    native.x_axis.number_format = "#,##0"
    native.x_axis.majorGridlines = None
    native.legend = None  # the limits stand in the table, widest last
    if unit == "percent":
        native.y_axis.scaling.max = 1  # a share is never drawn above all of it
    return native  # type: ignore[no-any-return]


def _dress(native: Any, chart: Chart) -> None:
    """Title, legend, size and axes of Excel's chart."""
    native.title = _say(chart.title)
    native.title.tx.rich.p[0].pPr = ParagraphProperties(defRPr=_characters(1100, INK, bold=True))
    for run in native.title.tx.rich.p[0].r:
        run.rPr = _characters(1100, INK, bold=True)
    native.title.overlay = False
    native.legend.position = "b"
    if len(native.series) == 1:
        native.legend = None
    native.display_blanks = "gap"
    native.width, native.height = CHART_CM
    for axis in (native.x_axis, native.y_axis):
        axis.delete = False
        axis.txPr = RichText(
            p=[Paragraph(pPr=ParagraphProperties(defRPr=_characters(900, QUIET)), endParaRPr=CharacterProperties())]
        )
        axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=LINE))


def _heat(sheet: Worksheet, table: Table, last: int) -> None:
    """Amber below the target, pale at it, teal above; columns beside each other of one target are one area. Where a column has a
    deepest value instead: from white to blue."""
    if not table.rows:
        return
    scaled = groupby(enumerate(table.columns, 1), key=lambda one: (one[1].target, one[1].deepest))
    for (target, deepest), group in scaled:
        places = [place for place, _ in group]
        if target is None and deepest is None:
            continue
        area = f"{get_column_letter(places[0])}{HEADER + 1}:{get_column_letter(places[-1])}{last}"
        if deepest is not None:
            rule = ColorScaleRule(  # type: ignore[no-untyped-call]
                start_type="num", start_value=0, start_color="FFFFFF", end_type="num", end_value=deepest, end_color="97B3C8",
            )  # fmt: skip
        else:
            rule = ColorScaleRule(  # type: ignore[no-untyped-call]
                start_type="num", start_value=0, start_color="E9A86B", mid_type="num", mid_value=target,
                mid_color="FBFAF7", end_type="num", end_value=1, end_color="A9D3C8",
            )  # fmt: skip
        sheet.conditional_formatting.add(area, rule)


def _head(sheet: Worksheet, report: Report, title: Text, note: Text | None) -> None:
    sheet.sheet_view.showGridLines = False
    _put(sheet, 1, 1, title, look=Look(size=16, bold=True))
    sheet.row_dimensions[1].height = 26
    moment = f"{report.period} · {_say(AS_OF)} {report.as_of:%Y-%m-%d %H:%M %z}"
    _put(sheet, 2, 1, moment, look=MINOR)
    notes = Text.joined(note, EMPTY_MEANS, between=" ")
    text = _say(notes, "  ")
    if _room(text) > NOTE:
        text = _say(notes, "\n")
    _put(sheet, NOTE_ROW, 1, text, look=Look(colour=QUIET, size=9))


def _header_row(sheet: Worksheet, row: int, titles: list[Text], numeric: list[bool]) -> None:
    for position, (title, right) in enumerate(zip(titles, numeric, strict=True), 1):
        indent = 0 if right or position == 1 else 1
        look = HEAD._replace(side="right" if right else "left", indent=indent)
        _put(sheet, row, position, _say(title, "\n"), look=look)
    sheet.row_dimensions[row].height = 34


def _put(sheet: Worksheet, row: int, column: int, value: Cell, unit: Unit = "text", look: Look = PLAIN) -> Any:
    """Writes one cell. Text stays text, also when it looks like a formula, and stands at the left unless the look says where; days
    and times become Excel's."""
    cell = sheet.cell(row, column)
    if isinstance(value, bool):
        value = formats.MARKS[value]
    if isinstance(value, int | float):
        cell.value = value
        if look.format == PLAIN.format and unit in NUMERIC:
            look = look._replace(format=formats.excel(value, unit))
    elif value is not None:
        look = look if look.side else look._replace(side="left", indent=1 if column > 1 else 0)
        text = _say(value) if isinstance(value, Text) else value
        if unit in ("date", "datetime") and isinstance(value, str):
            cell.value = date.fromisoformat(text) if unit == "date" else datetime.fromisoformat(text)
            look = look._replace(format=formats.DAYS[unit])
        else:
            cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)[:32_767]
            cell.data_type = "s"
    dress(cell, look)
    if isinstance(cell.value, str) and cell.value[:1] in ("=", "+", "-", "@"):
        cell.quotePrefix = True  # so that Excel keeps it text when somebody edits the cell
    return cell


def _width(table: Table, position: int) -> float:
    """Column width that holds header and cells, in characters; a Chinese character takes two."""
    column: Column = table.columns[position]
    shown = [_say(formats.cell(row[position], column.unit)) for row in (*table.rows[:300], *table.below)]
    texts = [*_say(column.title, "\n").split("\n"), *shown]
    return min(WIDEST, max(9, 3.5 + max(map(_room, texts))))


def _print_setup(sheet: Worksheet, report: Report, wide: float, high: int) -> None:
    """Prints as wide as the paper, and on one page what is little higher; `wide` is in cm, `high` in rows."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    pages = (high * ROW_CM + 1.5) * min(1.0, PAPER_CM[0] / max(wide, 1.0)) / PAPER_CM[1]
    sheet.page_setup.fitToHeight = 1 if pages <= SQUEEZED else 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADER}:{HEADER}"
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.page_margins.top, sheet.page_margins.bottom = 0.5, 0.7
    footer: Any = sheet.oddFooter
    footer.left.text = f"{report.title.en if _LANGUAGE.get() == 'en' else report.title.zh} {report.period}"
    footer.right.text = "&P / &N"


def _sheet_name(title: Text, taken: list[str]) -> str:
    """A name Excel allows (31 characters, none of []:*?/\\), not taken."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", _say(title)).strip("' ")
    name = (
        plain
        if len(plain) <= 31
        else re.sub(r"[\[\]:*?/\\]", " ", title.en if _LANGUAGE.get() == "en" else title.zh)[:31]
    )
    number = 2
    while name.casefold() in {other.casefold() for other in taken}:
        name = f"{plain[:27]} {number}"
        number += 1
    return name


def _characters(size: int, colour: str, bold: bool = False) -> CharacterProperties:
    return CharacterProperties(sz=size, b=bold, solidFill=colour)


def _save(book: Workbook, path: Path, moment: datetime) -> None:
    """Saves with all times set to `moment`, through a neighbouring file that is renamed into place. openpyxl
    dates the file and each part of it now, so the archive is written again."""
    drawn = io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(drawn, "w", zipfile.ZIP_STORED)).save()
    stamp = moment.astimezone(UTC)
    said = f"{stamp:%Y-%m-%dT%H:%M:%SZ}".encode()
    part_time = max(stamp.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with zipfile.ZipFile(drawn) as source, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + said, content)
            entry = zipfile.ZipInfo(part.filename, part_time)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    temporary.replace(path)
