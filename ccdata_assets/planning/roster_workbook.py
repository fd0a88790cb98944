"""A roster as an Excel workbook: agents by day, intervals with a chart, the list of shifts as `ccdata roster check` reads it, the rules.

It names agents as planners do, so it is for them; what is published goes by keys. Every text is text: no formula of a file runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ccdata_assets.planning.labour import Labour
from ccdata_assets.planning.roster_check import rule_name
from ccdata_assets.planning.roster_make import Made
from ccdata_assets.planning.roster_people import pause_text
from ccdata_assets.planning.roster_shifts import is_late, is_night, paid_minutes
from ccdata_assets.reporting.model import Text

WEEKDAYS: Final = ("一 Mon", "二 Tue", "三 Wed", "四 Thu", "五 Fri", "六 Sat", "日 Sun")
TWO_LINES: Final = 32.0
"""Height of a row, in points, whose cells say two things: programs that do not measure text would show one."""
_HEAD: Final = Font(bold=True)
_LINE: Final = Border(bottom=Side("thin"))
_FILLS: Final = {"night": "C9C9E8", "late": "FCE4D6", "usual": "E2EFDA", "leave": "EDEDED", "short": "F8CBAD"}


def write_roster(made: Made, labour: Labour, path: Path) -> None:
    """Write the workbook, in place of one of the same name."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    _by_agent(first, made, labour)
    _by_interval(book.create_sheet("时段 Intervals"), made)
    _list(book.create_sheet("明细 List"), made, labour)
    _rules(book.create_sheet("规则 Rules"), made, labour)
    for sheet in book.worksheets:
        _page(sheet, f"{made.need.first} – {made.need.first + timedelta(days=made.need.days - 1)}")
    book.save(path)


def _by_agent(sheet: Worksheet, made: Made, labour: Labour) -> None:
    sheet.title = "班表 Roster"
    days = [made.need.first + timedelta(days=place) for place in range(made.need.days)]
    _header(sheet, ["坐席 agent", "合同 contract", *(f"{day:%m-%d} {WEEKDAYS[day.weekday()]}" for day in days), "班次 shifts", "工时 hours", "周末 weekend days", "晚夜班 late"])  # fmt: skip
    works = {(work.agent, work.day): work for work in made.roster}
    for line, agent in enumerate(sorted(made.agents, key=lambda agent: agent.agent), 2):
        sheet.row_dimensions[line].height = TWO_LINES
        contract = labour.contracts[agent.contract]
        _text(sheet.cell(line, 1), agent.agent)
        _text(sheet.cell(line, 2), f"{contract.zh} {contract.en}")
        own = []
        for place, day in enumerate(days, 3):
            cell = sheet.cell(line, place)
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
            if work := works.get((agent.agent, day)):
                shift = labour.shifts[work.shift]
                own.append(work)
                _text(cell, f"{shift.zh} {shift.en}\n{work.begins:%H:%M}–{work.ends:%H:%M}")
                kind = "night" if is_night(shift, labour) else "late" if is_late(shift, labour) else "usual"
                cell.fill = _fill(kind)
            elif day in agent.leave:
                _text(cell, "请假 leave")
                cell.fill = _fill("leave")
        after = len(days) + 3
        hours = sum(paid_minutes(labour.shifts[work.shift], labour) for work in own) / 60
        weekend = sum(work.day.weekday() >= 5 for work in own)
        late = sum(is_late(labour.shifts[work.shift], labour) for work in own)
        for place, value in enumerate((len(own), hours, weekend, late), after):
            sheet.cell(line, place, value)
    _widths(sheet, [14, 18, *[15] * len(days), 12, 12, 12, 12])
    sheet.freeze_panes = "C2"


def _by_interval(sheet: Worksheet, made: Made) -> None:
    series = made.need.series
    heads = ["时段 interval"]
    for feed, queue in series:
        name = {"*": "合并 pooled", "": "全部 all"}.get(queue, queue)
        name = f"{feed} {name}".strip() if len({feed for feed, _ in series}) > 1 else name
        heads += [f"{name} 需求 required", f"{name} 在岗 present", f"{name} 缺口 gap"]
    _header(sheet, heads)
    tables = [
        made.gap[(made.gap["feed"] == feed) & (made.gap["queue"] == queue)].reset_index(drop=True)
        for feed, queue in series
    ]
    used = sorted(
        {place for table in tables for place in table.index[(table["required"] > 0) | (table["present"] > 0)]}
    )
    for line, interval in enumerate(used, 2):
        _text(sheet.cell(line, 1), f"{made.need.start(interval):%m-%d %H:%M}")
        for place, table in enumerate(tables):
            row = table.loc[interval]
            for column, name in enumerate(("required", "present", "gap")):
                cell = sheet.cell(line, 2 + 3 * place + column, float(row[name]))
                cell.number_format = "0.0"
                if name == "gap" and row[name] < 0:
                    cell.fill = _fill("short")
    _widths(sheet, [16, *[18] * (len(heads) - 1)])
    sheet.freeze_panes = "B2"
    last = len(used) + 1
    for place, (_, queue) in enumerate(series):
        _chart(sheet, place, queue, last, get_column_letter(len(heads) + 2))


def _chart(sheet: Worksheet, place: int, queue: str, last: int, column: str) -> None:
    lines, bars = LineChart(), BarChart()
    lines.title = "需求与在岗 Required and present" + (f": {queue}" if queue not in ("", "*") else "")
    lines.y_axis.title, lines.x_axis.title = "人 agents", "时段 interval"
    lines.height, lines.width = 9, 34
    lines.add_data(
        Reference(sheet, min_col=2 + 3 * place, max_col=3 + 3 * place, min_row=1, max_row=last), titles_from_data=True
    )
    bars.add_data(Reference(sheet, min_col=4 + 3 * place, min_row=1, max_row=last), titles_from_data=True)
    lines.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=last))
    for axis in (lines.x_axis, lines.y_axis):
        axis.delete = False  # left out, Excel shows none
    lines.x_axis.tickLblSkip = max(1, last // 24)  # type: ignore[attr-defined]
    for each in lines.series:
        each.smooth = False
    lines += bars
    sheet.add_chart(lines, f"{column}{2 + 20 * place}")


def _list(sheet: Worksheet, made: Made, labour: Labour) -> None:
    _header(sheet, ["agent", "local_date", "shift", "local_from", "local_to", "breaks", "hours"])
    for line, work in enumerate(made.roster, 2):
        texts = (
            work.agent, f"{work.day}", work.shift, f"{work.begins:%Y-%m-%d %H:%M}", f"{work.ends:%Y-%m-%d %H:%M}",
            "; ".join(map(pause_text, work.pauses)),
        )  # fmt: skip
        for place, text in enumerate(texts, 1):
            _text(sheet.cell(line, place), text)
        sheet.cell(line, 7, paid_minutes(labour.shifts[work.shift], labour) / 60)
    _widths(sheet, [14, 12, 18, 18, 18, 60, 8])
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:G{len(made.roster) + 1}"


def _rules(sheet: Worksheet, made: Made, labour: Labour) -> None:
    _header(sheet, ["规则 rule", "值 value", "依据 source", "违反 broken"])
    broken: dict[str, int] = {}
    for fault in made.faults:
        broken[fault.rule] = broken.get(fault.rule, 0) + 1
    rows: list[Sequence[Any]] = [
        (rule_name(name, labour).both, "–" if rule.value is None else rule.value, Text(rule.source.zh, rule.source.en).both, broken.pop(name, 0))
        for name, rule in labour.rules.items()
    ]  # fmt: skip
    rows += [(rule_name(name, labour).both, "–", "–", count) for name, count in sorted(broken.items())]
    for line, row in enumerate(rows, 2):
        for place, value in enumerate(row, 1):
            _text(sheet.cell(line, place), value) if isinstance(value, str) else sheet.cell(line, place, value)
    line = len(rows) + 3
    for name, value in made.summary(labour).items():
        _text(sheet.cell(line, 1), name)
        sheet.cell(line, 2, value)
        line += 1
    _widths(sheet, [44, 12, 90, 14])
    sheet.freeze_panes = "A2"


def _header(sheet: Worksheet, names: Iterable[str]) -> None:
    for place, name in enumerate(names, 1):
        cell = sheet.cell(1, place)
        _text(cell, name)
        cell.font, cell.border, cell.alignment = _HEAD, _LINE, Alignment(wrap_text=True, vertical="top")
    sheet.row_dimensions[1].height = TWO_LINES


def _text(cell: Any, text: str) -> None:
    """Text that stays text, whatever it begins with."""
    assert isinstance(cell, Cell)
    cell.value = text
    cell.data_type = "s"


def _fill(kind: str) -> PatternFill:
    return PatternFill("solid", start_color=_FILLS[kind])


def _page(sheet: Worksheet, period: str) -> None:
    """Prints lying, as wide as the paper, its head on every page and the period above."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = "1:1"
    header: Any = sheet.oddHeader
    footer: Any = sheet.oddFooter
    header.center.text, footer.center.text = f"{sheet.title} {period}", "&P / &N"


def _widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
