"""The page all reports are read on: one HTML file that needs no server and asks for nothing, rendered from
every report JSON under `reports/`. The newest period stands in the page, the others wait in inert templates,
so that a reader without scripts still sees a whole report. Everything is escaped by the template; only the
drawn charts are trusted."""

import base64
import hashlib
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ccdata_assets.catalogue.diagram import diagram
from ccdata_assets.catalogue.tables import published_tables
from ccdata_assets.reporting import charts, formats
from ccdata_assets.reporting.model import NUMERIC, Cell, Column, Figure, Language, Report, Section, Text
from ccdata_assets.reporting.reports import ORDER

LOG: Final = logging.getLogger(__name__)
DOCS: Final = "data_docs/index.html"  # made by quality/data_docs.py
FOLDED: Final = 15  # rows of a long table shown before «show all»
STATUS: Final = {
    "provisional": Text("暂定", "provisional"),
    "restated": Text("已重述", "restated"),
}


@dataclass(frozen=True)
class Shown:
    """One report on the page: where it is and where its workbook is (relative to the page, empty when there
    is none)."""

    report: Report
    key: str
    workbook: str


def write_page(reports: Path, language: Language = "both") -> Path:
    """Renders `reports`/index.html from all `reports`/<report>/<period>.json, whole or not at all; returns
    its path. In one language it does not offer the other. A JSON file that cannot be read as a report is left out and logged."""
    path = reports / "index.html"
    text = render(_read(reports), language, docs=DOCS if (reports / DOCS).is_file() else None)
    reports.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
    return path


def render(shown: Iterable[Shown], language: Language = "both", docs: str | None = None) -> str:
    """The page as text, reports in the order of `reports`, the newest period first; `docs` is where Data Docs are."""
    newest = sorted(shown, key=lambda one: one.report.period, reverse=True)
    ordered = sorted(newest, key=lambda one: (_place(one.report.id), one.report.id))
    environment = Environment(
        loader=PackageLoader("ccdata_assets.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "both": both, "card_value": _card_value, "card_change": _card_change, "card_target": _card_target,
        "chart": _chart, "legend": _legend, "met": formats.MARKS, "number": formats.number, "spark": _spark,
        "status": STATUS.get, "td": _td, "numeric": NUMERIC, "folded": FOLDED,
    }  # fmt: skip
    script = environment.get_template("page.js").render()
    return environment.get_template("index.html").render(
        shown=ordered,
        language=language,
        docs=docs,
        groups=[(list(group)) for _, group in groupby(ordered, key=lambda one: one.report.id)],
        model=Markup(diagram(published_tables())),
        style=Markup(environment.get_template("page.css").render()),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _place(report_id: str) -> int:
    return ORDER.index(report_id) if report_id in ORDER else len(ORDER)


def both(zh: str | Text, en: str = "") -> Markup:
    """A text in both languages, of which the page shows one."""
    text = zh if isinstance(zh, Text) else Text(zh, en)
    if text.zh == text.en:
        return escape(text.zh)
    pair = '<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>'
    return Markup(pair).format(text.zh, text.en)


def _read(reports: Path) -> list[Shown]:
    shown = []
    for path in sorted(reports.glob("*/*.json")):
        try:
            report = Report.from_json(path.read_text(encoding="utf-8"))
        except ValueError as error:
            LOG.warning("%s is left out of the page: %s; build its report again", path.relative_to(reports), error)
            continue
        place = f"{path.parent.name}/{path.stem}"
        shown.append(Shown(report, place, f"{place}.xlsx" if path.with_suffix(".xlsx").is_file() else ""))
    return shown


def _td(value: Cell, column: Column) -> Markup:
    """One table cell; a number keeps its exact value in data-v, for sorting and for the CSV file."""
    classes = [
        name
        for name, wanted in (
            ("num", column.unit in NUMERIC),
            ("minor", column.minor),
            ("none", value is None),
        )
        if wanted
    ]
    opening = Markup("<td")
    if classes:
        opening += Markup(' class="{}"').format(" ".join(classes))
    if column.unit in NUMERIC:
        opening += Markup(' data-v="{}"').format("" if value is None else repr(value))
    if column.target is not None and isinstance(value, int | float):
        opening += Markup(' style="background:{}"').format(_shade(value, column.target))
    text = formats.cell(value, column.unit, digits=2 if column.target is None else 1)
    return opening + Markup(">{}</td>").format(both(text))


def _shade(value: float, target: float) -> str:
    """Amber below the target, the deeper the further; a breath of teal from it on. Readable on light and on
    dark."""
    if value >= target:
        return f"rgba(58,143,125,{0.10 + 0.12 * min(1.0, (value - target) / max(1 - target, 0.01)):.2f})"
    return f"rgba(208,140,47,{0.14 + 0.5 * min(1.0, (target - value) / max(target, 0.01)):.2f})"


def _card_value(figure: Figure) -> Markup:
    if figure.value is None:
        return both("无数据", "no data")
    return both(formats.quantity(figure.value, figure.unit))


def _card_change(figure: Figure) -> Markup:
    change = figure.change
    if change is None:
        return Markup("")
    text = both(formats.change(change, figure.unit))
    if figure.unit == "percent" or not figure.previous or not change:
        return text
    return text + Markup(" <small>({})</small>").format(f"{change / figure.previous:+.1%}".replace("-", "−"))


def _card_target(figure: Figure) -> Markup:
    if figure.target is None:
        return Markup("")
    sign = {"up": "≥ ", "down": "≤ ", "none": ""}[figure.direction]
    return Markup("{} {}{}").format(both("目标", "target"), sign, both(formats.quantity(figure.target, figure.unit)))


def _spark(figure: Figure) -> Markup:
    """The trend as a line without axes; a gap where there is no data, nothing with fewer than three
    values."""
    known = [value for value in figure.trend if value is not None]
    if len(known) < 3:
        return Markup("")
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = 100 / (len(figure.trend) - 1)
    path, pen_down = "", False
    for i, value in enumerate(figure.trend):
        if value is not None:
            path += f"{'L' if pen_down else 'M'}{i * step:.1f} {22 - 20 * (value - low) / span:.1f}"
        pen_down = value is not None
    last = figure.trend[-1]
    end = "" if last is None else f'<path class="end" d="M100 {22 - 20 * (last - low) / span:.1f}h0"/>'
    opening = '<svg class="spark" viewBox="0 0 101 24" preserveAspectRatio="none" aria-hidden="true">'
    return Markup(f'{opening}<path d="{path}"/>{end}</svg>')


def _chart(section: Section, position: int) -> Markup:
    """The drawn chart, empty when there is nothing to draw."""
    chart = section.charts[position]
    return Markup(charts.svg(chart, section.table(chart.table)) or "")


def _legend(section: Section, position: int) -> list[Text]:
    """Names of the series, when there are several."""
    chart = section.charts[position]
    table = section.table(chart.table)
    return [table.columns[table.position(key)].title for key in chart.series] if len(chart.series) > 1 else []
