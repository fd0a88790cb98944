"""The supplier's kit as an Excel workbook: a summary to read, then the rows as delivered with each fault in its cell.

Cells of the supplier are text and nothing else: no formula runs, no digit is lost, and what XML cannot hold is shown by
a sign. Rows go to disk as they are written, so the size of a delivery does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from ccdata_assets.landing.rows import BYTE
from ccdata_assets.quality import supplier_kit
from ccdata_assets.quality.supplier_kit import FINGERPRINT, BadRow, Fault, Kit, Sheet
from ccdata_assets.quality.supplier_words import RESEND, Words, control_words, drift_words

FACE: Final = "Microsoft YaHei"  # on every Windows; LibreOffice and macOS take their own Chinese font instead
INK, QUIET, ACCENT, LINE, BAND = "#20262D", "#69727D", "#2F6690", "#D5D8DB", "#F1F3F4"
FAULT, WARNING = "#F8C9B4", "#B4543F"
LONGEST: Final = 32_767
"""Characters (UTF-16) that a cell of Excel holds."""
MAX_COMMENTS: Final = 5_000
"""Comments of a kit: Excel draws each as a shape of its own. Beyond, colour and last columns say the same."""
WIDEST: Final = 48
MEASURED_ROWS: Final = 500
"""Rows that a column's width is found by."""
SUMMARY, ROWS = "说明 Summary", "退回行 Rows"
FACTS_WIDTHS: Final = (44, 26, 26, 11, 52, 56, 26)
PROBLEM_WIDTH: Final = 48
LINE_POINTS: Final = 15.5
TALLEST: Final = 12
"""Lines of the tallest row of a table."""
CHART_ROWS: Final = 16


# --- text --------------------------------------------------------------------------------------------------------

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\r]")
_NO_CHARACTER = re.compile("[\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def shown(text: str) -> str:
    """A cell's text as a workbook can hold it: what it cannot is replaced by a sign, what is too long is cut with a mark.

    Control characters become their pictures (␀), bytes that are no text ‹FF›, line ends a plain line break.
    """
    if text.isprintable() and len(text) * 2 <= LONGEST and "\\udc" not in text:
        return text
    text = text.replace("\r\n", "\n")
    text = _UNSEEN.sub(lambda hit: "␡" if hit.group() == "\x7f" else chr(0x2400 + ord(hit.group())), text)
    text = _SURROGATE.sub("\ufffd", BYTE.sub(lambda hit: f"‹{hit[1].upper()}›", text))
    text = _NO_CHARACTER.sub("\ufffd", text)
    if len(text) * 2 <= LONGEST:
        return text
    units = text.encode("utf-16-le")
    if len(units) // 2 <= LONGEST:
        return text
    mark = f"…〔已截断，共 {len(text):,} 字 cut, {len(text):,} characters〕"
    return units[: 2 * (LONGEST - len(mark))].decode("utf-16-le", "ignore") + mark


def sheet_name(wanted: str, taken: Iterable[str]) -> str:
    """A name that Excel takes (31 characters, none of []:*?/\\, no quote at its ends) and that no other sheet has."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]", " ", wanted)
    plain = re.sub("[^\0-\uffff]", "□", plain).strip("' ") or ROWS
    known = {name.casefold() for name in taken} | {"history"}
    name, number = plain[:31].strip("' "), 2
    while name.casefold() in known:
        end = f" {number}"
        name, number = plain[: 31 - len(end)].rstrip() + end, number + 1
    return name


def _width_of(text: str) -> float:
    """Characters across that a text takes; a Chinese one counts twice."""
    return max((sum(2 if ord(sign) > 0x2E7F else 1 for sign in line) for line in text[:400].split("\n")), default=0)


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a cell of so many characters across; programs do not all find out themselves."""
    return min(TALLEST, sum(1 + int(max(0, _width_of(line) - 1) // (width - 3)) for line in text.split("\n")))


# --- the workbook ------------------------------------------------------------------------------------------------


@dataclass
class _Book:
    """The open workbook, its formats by name, and what may still be drawn."""

    book: Any
    formats: dict[str, Any] = field(default_factory=dict)
    comments_left: int = MAX_COMMENTS

    def format(self, name: str, **form: Any) -> None:
        self.formats[name] = self.book.add_format({"font_name": FACE, "font_size": 10, "valign": "top", **form})


def draw(kit: Kit, path: Path, moment: datetime) -> None:
    """Write the workbook of a kit, parts of it meanwhile beside `path`; the same kit and moment give the same bytes."""
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(str(path), options) as book:
        made = _Book(book)
        _formats(made)
        title = f"{kit.contract.title.zh} {kit.contract.title.en}: 数据退回 returned rows"
        book.set_properties({"title": shown(title)[:255], "author": "ccdata", "created": moment.replace(tzinfo=None)})
        book.set_custom_property(FINGERPRINT, kit.fingerprint, "text")
        listed = min(kit.delivery.rejected, supplier_kit.MAX_ROWS)
        names = _sheet_names(kit.sheets)
        _summary(made, kit, names, listed)
        left = listed
        for sheet, name in zip(kit.sheets, names, strict=True):
            left -= _rows_sheet(made, kit, sheet, name, left)


def _sheet_names(sheets: Sequence[Sheet]) -> list[str]:
    names: list[str] = []
    for sheet in sheets:
        alone = len(sheets) == 1 or len(sheet.members) > 1 or not sheet.members[0][0]
        names.append(sheet_name(ROWS if alone else sheet.members[0][0], [SUMMARY, *names]))
    return names


def _formats(made: _Book) -> None:
    cell = {"num_format": "@"}
    for name, look in (("text", cell), ("fault", {**cell, "bg_color": FAULT})):
        made.format(name, **look)
        made.format(name + "=", **look, quote_prefix=True)  # so that it stays text when somebody edits the cell
        made.format(name + "|", **look, text_wrap=True)
        made.format(name + "=|", **look, text_wrap=True, quote_prefix=True)
    made.format("number", num_format="0", font_color=QUIET)
    made.format("number fault", num_format="0", bg_color=FAULT, bold=True)
    made.format("problem", **cell, text_wrap=True)
    head = {"num_format": "@", "bold": True, "text_wrap": True, "bottom": 1, "bottom_color": QUIET, "valign": "bottom"}
    made.format("header", **head, bg_color=BAND)
    made.format("header right", **head, bg_color=BAND, align="right", indent=1)
    made.format("header fault", **head, bg_color=FAULT)
    made.format("title", font_size=16, bold=True, font_color=INK)
    said = {"num_format": "@", "valign": "vcenter"}
    made.format("plain", **said, font_color=INK)
    made.format("quiet", **said, font_color=QUIET)
    made.format("warning", **said, font_color=WARNING, bold=True)
    made.format("bold", **said, font_color=INK, bold=True)
    made.format("count", num_format="#,##0", align="left", valign="vcenter")
    made.format("share", num_format="0.0%", align="left", valign="vcenter")
    made.format("count right", num_format="#,##0", bottom=4, bottom_color=LINE, indent=1, align="right")
    made.format("line", num_format="@", text_wrap=True, bottom=4, bottom_color=LINE)


# --- the summary -------------------------------------------------------------------------------------------------


@dataclass
class _Page:
    """Where the next line of the summary goes."""

    sheet: Any
    formats: dict[str, Any]
    row: int = 0

    def line(self, *cells: tuple[str | int | float, str], height: float | None = None) -> None:
        """Write one line of (value, format); '' leaves its cell empty."""
        if height:
            self.sheet.set_row(self.row, height)
        for column, (value, form) in enumerate(cells):
            if isinstance(value, str):
                if value:
                    self.sheet.write_string(self.row, column, shown(value), self.formats[form])
                elif form == "line":
                    self.sheet.write_blank(self.row, column, None, self.formats[form])
            else:
                self.sheet.write_number(self.row, column, value, self.formats[form])
        self.row += 1


def _summary(made: _Book, kit: Kit, names: Sequence[str], listed: int) -> None:
    sheet = made.book.add_worksheet(SUMMARY)
    sheet.hide_gridlines(2)
    sheet.set_tab_color(ACCENT)
    for column, width in enumerate(FACTS_WIDTHS):
        sheet.set_column(column, column, width)
    page = _Page(sheet, made.formats)
    page.line(("数据退回说明  Rows returned for correction", "title"), height=28)
    for words, form in _letter(kit, names):
        page.line((words.zh, form))
        page.line((words.en, form))
    page.line()
    top = page.row
    for label, value, form in _facts(kit, listed):
        page.line((label.both, "bold"), (value, form))
    page.line()
    _by_rule(made, page, kit, top)
    page.row = max(page.row, top + CHART_ROWS) + 1
    _fault_table(page, kit)
    _columns_table(page, kit)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    _print_setup(sheet)


def _letter(kit: Kit, names: Sequence[str]) -> Iterable[tuple[Words, str]]:
    """What the supplier is told, one sentence after the other."""
    refused = kit.delivery.status in ("held", "rejected")
    yield (
        Words(
            "您好！下述文件中有部分行未通过检查，现原样退回，请协助更正。",
            "Dear supplier, some rows of the file below did not pass our checks. They are returned as delivered; please mend them.",
        ),
        "plain",
    )
    yield (
        Words(
            f"工作表“{'”、“'.join(names[:3])}”{'等' if len(names) > 3 else ''}列出退回的行：着色的单元格有问题，指向它即见原因与处理办法；最后两列用文字列出全部问题。",
            "The sheets that follow list them: a coloured cell holds a fault, point at it for reason and fix; the last two columns say all of it in words.",
        ),
        "plain",
    )
    yield (
        Words(
            "请在贵方的原始文件中更正，不要直接寄回本工作簿。",
            "Please mend your own file; do not send this workbook back.",
        ),
        "plain",
    )
    yield RESEND["whole" if refused else kit.contract.replaces], "bold"
    yield (
        Words(
            "本工作簿含个人信息，仅供原提供方更正数据使用，请勿转发。",
            "This workbook holds personal information, for the supplier it came from and for this purpose only; do not pass it on.",
        ),
        "quiet",
    )


_STATUS = {
    "landed": Words("合格的行已接收", "the accepted rows are in use"),
    "held": Words("整批暂缓使用", "the whole delivery is on hold"),
    "rejected": Words("整个文件退回", "the whole file is refused"),
}


def _facts(kit: Kit, listed: int) -> Iterable[tuple[Words, str | int | float, str]]:
    delivery, title = kit.delivery, kit.contract.title
    yield Words("数据源", "Feed"), f"{title.zh} {title.en}", "plain"
    yield Words("文件", "File"), delivery.name, "plain"
    yield Words("收到日期", "Received on"), delivery.received_on.isoformat(), "plain"
    yield Words("状态", "Status"), _STATUS[delivery.status].both, "plain" if delivery.status == "landed" else "warning"
    yield Words("交付行数", "Rows delivered"), delivery.rows, "count"
    yield Words("合格", "Accepted"), delivery.accepted, "count"
    yield Words("退回", "Returned"), delivery.rejected, "count"
    yield Words("空行及非数据行", "Blank, titles, totals"), delivery.blank, "count"
    yield Words("退回比例", "Share returned"), delivery.rejected_share, "share"
    if listed < delivery.rejected:
        said = f"前 {listed:,} 行（全部均已计数） the first {listed:,} (all are counted)"
        yield Words("本工作簿列出", "Listed here"), said, "warning"
    if delivery.control_error:
        yield Words("合计核对", "Control totals"), control_words(kit.registry, delivery.control_error).both, "warning"
    if kit.missing:
        named = [" ".join(dict.fromkeys(kit.registry.title(name))) for name in kit.missing]
        yield Words("缺少的列", "Missing columns"), _listed(named), "warning"
    if kit.unmapped:
        yield Words("未约定的列", "Unknown columns"), _listed(kit.unmapped), "plain"
    if delivery.drift:
        yield Words("与上次交付相比", "Against the one before"), drift_words(delivery.drift).both, "plain"


def _listed(names: Sequence[str], most: int = 30) -> str:
    flat = [re.sub(r"\s+", " ", name)[:60] for name in names[:most]]
    return "、".join(flat) + (f" … +{len(names) - most}" if len(names) > most else "")


def _by_rule(made: _Book, page: _Page, kit: Kit, top: int) -> None:
    """Rows by rule, and Excel's own bar chart over those cells, to the right of the facts."""
    page.line(("按规则汇总 Rows by rule", "header"), ("行数 Rows", "header right"))
    first = page.row
    for label, rows in kit.by_rule:
        page.line((label.both[:80], "line"), (rows, "count right"))
    last = page.row - 1
    chart = made.book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": "行数 Rows",
            "categories": [SUMMARY, first, 0, last, 0],
            "values": [SUMMARY, first, 1, last, 1],
            "categories_data": [shown(label.both[:80]) for label, _ in kit.by_rule],
            "values_data": [rows for _, rows in kit.by_rule],
            "fill": {"color": ACCENT},
            "gap": 50,
            "data_labels": {"value": True, "num_format": "#,##0", "font": {"name": FACE, "size": 9}},
        }
    )
    font = {"name": FACE, "size": 9, "color": QUIET, "bold": False}
    chart.set_title({"name": "按规则的退回行数 Returned rows by rule", "name_font": {"name": FACE, "size": 11}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "num_font": font, "line": {"color": LINE}})
    chart.set_x_axis({"min": 0, "visible": False, "major_gridlines": {"visible": False}})  # each bar says its number
    chart.set_size({"width": 640, "height": 20 * CHART_ROWS})
    page.sheet.insert_chart(top, 4, chart, {"object_position": 3, "description": "Returned rows by rule"})


def _fault_table(page: _Page, kit: Kit) -> None:
    page.line(("问题明细  Faults", "bold"), height=20)
    titles = ("规则\nRule", "字段\nField", "贵方文件中的列\nColumn in your file", "行数\nRows", "原因与处理\nin Chinese", "原因与处理\nReason and fix", "首批行号\nFirst rows")  # fmt: skip
    page.line(*((title, "header right" if place == 3 else "header") for place, title in enumerate(titles)), height=34)
    for fault in kit.faults:
        whole = fault.words.whole
        texts = (
            f"{fault.words.label.both} ({fault.rule})" if fault.words.label.en != fault.rule else fault.rule,
            fault.fields.both,
            _listed(kit.headers(fault)),
            "",
            whole.zh,
            whole.en,
            _first_rows(fault),
        )
        cells: list[tuple[str | int | float, str]] = [(text, "line") for text in texts]
        cells[3] = (fault.rows, "count right")
        lines = max(_lines(text, width) for text, width in zip(texts, FACTS_WIDTHS, strict=True))
        page.line(*cells, height=lines * LINE_POINTS + 2)
    page.line()


def _first_rows(fault: Fault) -> str:
    numbers: dict[str, list[str]] = {}
    for member, row in fault.first:
        numbers.setdefault(member, []).append(str(row))
    text = "; ".join(f"{member}: {', '.join(rows)}" if member else ", ".join(rows) for member, rows in numbers.items())
    return text + (" …" if fault.rows > len(fault.first) else "")


def _columns_table(page: _Page, kit: Kit) -> None:
    """The columns that were agreed, where the file lacks some."""
    if not kit.missing and not any(sheet.condemned for sheet in kit.sheets):
        return
    page.line(("约定的列  Columns agreed", "bold"), height=20)
    page.line(("字段\nField", "header"), ("英文\nIn English", "header"), ("必填\nRequired", "header"), height=34)
    for name, use in kit.contract.fields.items():
        if use.derive is None:
            zh, en = kit.registry.title(name)
            page.line((zh, "line"), (en, "line"), ("是 yes" if use.required else "", "line"))


def _print_setup(sheet: Any) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5)
    sheet.set_footer("&L数据退回 returned rows&R&P / &N")


# --- the rows ----------------------------------------------------------------------------------------------------


def _rows_sheet(made: _Book, kit: Kit, sheet: Sheet, name: str, limit: int) -> int:
    """Write the rows of one sheet, at most `limit`; gives how many there were."""
    rows = _Rows(made, kit, sheet, made.book.add_worksheet(name))
    rows.header()
    for row in kit.rows(sheet, limit):
        rows.add(row)
    rows.close()
    return rows.written


class _Rows:
    """One sheet of rows while it is written: [sheet,] row number, the supplier's cells, what is wrong in words."""

    def __init__(self, made: _Book, kit: Kit, sheet: Sheet, page: Any) -> None:
        self.made, self.kit, self.sheet, self.page = made, kit, sheet, page
        self.formats = made.formats
        self.has_member = any(member for member, _ in sheet.members)
        self.first = 2 if self.has_member else 1
        self.width = len(sheet.columns) + sheet.extra
        self.last = self.first + self.width + 1
        self.widths: dict[int, float] = {}
        self.written = 0
        self.places = {id(fault): sheet.places(fault) for fault in kit.faults}
        self.said: dict[tuple[int, ...], tuple[str, str, int]] = {}

    def header(self) -> None:
        is_refused = any(fault.rule == "unmapped_column" for fault in self.kit.faults)
        unknown = set(self.sheet.mapped.unmapped) if is_refused else set()
        own = [*(["工作表\nSheet"] if self.has_member else []), "行号\nRow"]
        beyond = [f"表头外 {place}\nbeyond header {place}" for place in range(1, self.sheet.extra + 1)]
        titles = [*own, *self.sheet.columns, *beyond, "问题", "Problems"]
        self.page.set_row(0, 34)
        for column, title in enumerate(titles):
            is_theirs = self.first <= column < self.first + len(self.sheet.columns)
            form = "header fault" if is_theirs and title in unknown else "header"
            text = shown(title)
            self.page.write_string(0, column, text, self.formats[form])
            self.measure(column, text, 22)

    def add(self, row: BadRow) -> None:
        at, formats = self.written + 1, self.formats
        zh, en, lines = self.problems(row.faults)
        lines = max(lines, min(TALLEST, 1 + max((cell.count("\n") for cell in row.cells if cell), default=0)))
        self.page.set_row(at, lines * LINE_POINTS)
        marks: dict[int, list[Fault]] = {place: [] for place in row.suspect}
        whole_row: list[Fault] = []
        for fault in row.faults:
            for place in self.places[id(fault)]:
                marks.setdefault(place, []).append(fault)
            if not self.places[id(fault)]:
                whole_row.append(fault)
        if self.has_member:
            self.page.write_string(at, 0, shown(row.member), formats["text"])
            self.measure(0, row.member, WIDEST)
        self.page.write_number(at, self.first - 1, row.number, formats["number fault" if whole_row else "number"])
        self.comment(at, self.first - 1, whole_row)
        cells = row.cells
        if len(cells) > self.width and any(cells[self.width :]):
            rest = len(cells) - self.width
            cells = [*cells[: self.width - 1], f"…〔另有 {rest + 1:,} 格 {rest + 1:,} more cells〕"]
        for place in range(self.width):
            text = cells[place] if place < len(cells) else None
            form = "fault" if place in marks else "text"
            column = self.first + place
            if text:
                text = shown(text)
                kind = form + ("=" if text[0] in "=+-@'\t" else "") + ("|" if "\n" in text else "")
                self.page.write_string(at, column, text, formats[kind])
                self.measure(column, text, WIDEST)
            elif place in marks:
                self.page.write_blank(at, column, None, formats[form])
            if marks.get(place):
                self.comment(at, column, marks[place])
        self.page.write_string(at, self.last - 1, zh, formats["problem"])
        self.page.write_string(at, self.last, en, formats["problem"])
        self.written += 1

    def comment(self, row: int, column: int, faults: Sequence[Fault]) -> None:
        if not faults or self.made.comments_left <= 0:
            return
        self.made.comments_left -= 1
        zh = "\n".join(fault.words.whole.zh for fault in faults)
        en = "\n".join(fault.words.whole.en for fault in faults)
        lines = 1 + sum(1 + int(_width_of(line) // 44) for line in f"{zh}\n{en}".split("\n"))
        look = {"author": "ccdata", "width": 300, "height": 18 * lines + 8, "font_name": FACE, "font_size": 9}
        self.page.write_comment(row, column, shown(f"{zh}\n{en}"), look)

    def problems(self, faults: Sequence[Fault]) -> tuple[str, str, int]:
        """All that is wrong with a row in Chinese, in English, and the lines it takes."""
        key = tuple(map(id, faults))
        if key not in self.said:
            zh, en = (shown("\n".join(self.problem(fault, language) for fault in faults)) for language in (0, 1))
            self.said[key] = (zh, en, max(_lines(zh, PROBLEM_WIDTH), _lines(en, PROBLEM_WIDTH)))
        return self.said[key]

    def problem(self, fault: Fault, language: int) -> str:
        """A fault in one language, its column before it."""
        text = fault.words.whole[language]
        headers = [self.sheet.columns[place] for place in self.places[id(fault)]]
        where = _listed(headers, 5) if headers else fault.fields[language]
        between = "：" if language == 0 else ": "
        return f"{where}{between}{text}" if where else text

    def measure(self, column: int, text: str, most: float) -> None:
        if self.written < MEASURED_ROWS:
            self.widths[column] = max(self.widths.get(column, 0), min(most, _width_of(text)))

    def close(self) -> None:
        for column in range(self.last + 1):
            wanted = max(9.0, self.widths.get(column, 0) + 3)
            self.page.set_column(column, column, PROBLEM_WIDTH if column >= self.last - 1 else wanted)
        self.page.autofilter(0, 0, max(self.written, 1), self.last)
        self.page.freeze_panes(1, self.first)
        self.page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        self.page.repeat_rows(0)
        self.page.hide_gridlines(0)  # printed too
        self.page.set_tab_color(WARNING)
        _print_setup(self.page)
