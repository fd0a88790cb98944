"""Builds a report where a run writes it: model, JSON, workbook, page, and the few things Dagster shows of it.
What a report says and how it looks is decided elsewhere."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from ccdata_assets.reporting import charts, formats
from ccdata_assets.reporting.inline_chart import FOLDED_AT, rates_markdown
from ccdata_assets.reporting.model import NO_DATA, Figure, Report
from ccdata_assets.reporting.monthly import monthly_report
from ccdata_assets.reporting.page import write_page
from ccdata_assets.reporting.workbook import write_workbook

LISTED: Final = 14  # figures in the Markdown table


@dataclass(frozen=True)
class BuiltReport:
    """What was built: the workbook, the page, and for Dagster's metadata a Markdown table of the headline, a
    chart as Markdown and a larger one (PNG, at most 40 KB) and the headline numbers by KPI (None: no data)."""

    workbook: Path
    page: Path
    table_markdown: str
    chart_markdown: str
    chart_png: bytes
    headline: dict[str, float | int | None]


def build_monthly(published: Path, reports: Path, period: date, as_of: datetime) -> BuiltReport:
    """Builds the monthly report of the month that begins on `period` from the published copy, as known at
    `as_of` (which needs a zone), into `reports`/monthly/, and the page anew. The same inputs give the same
    bytes."""
    report = monthly_report(published, period, as_of)
    folder = reports / report.id
    folder.mkdir(parents=True, exist_ok=True)
    workbook = write_workbook(report, folder / f"{report.period}.xlsx")
    _write_text(folder / f"{report.period}.json", report.to_json())
    stock = report.section("stock")
    return BuiltReport(
        workbook=workbook,
        page=write_page(reports),
        table_markdown=headline_markdown(report),
        chart_markdown=rates_markdown(report.section("headline").figures),
        chart_png=charts.png([(chart, stock.table(chart.table)) for chart in stock.charts[:2]]),
        headline={figure.id: figure.value for figure in report.section("headline").figures},
    )


def headline_markdown(report: Report) -> str:
    """The figures of the first section as a Markdown table of at most 14 rows, those with a value first, and short
    enough for Dagster to show it without a click."""
    lines = _headline_lines(report.sections[0].figures)
    while len("\n".join(lines)) >= FOLDED_AT:
        lines.pop()
    return "\n".join(lines)


def _headline_lines(figures: Sequence[Figure]) -> list[str]:
    listed = sorted(figures, key=lambda figure: figure.value is None)[:LISTED] if len(figures) > LISTED else figures
    return [
        "| 指标 KPI | 值 value | 目标 target | | 分子/分母 numerator/denominator |",
        "|:--|--:|--:|:-:|--:|",
        *(_line(figure) for figure in listed),
    ]


def _line(figure: Figure) -> str:
    value = NO_DATA.both if figure.value is None else formats.number(figure.value, figure.unit)
    target = "" if figure.target is None else formats.number(figure.target, figure.unit)
    parts = ""
    if figure.denominator is not None and figure.numerator is not None:
        parts = f"{formats.number(figure.numerator, 'number')} / {formats.number(figure.denominator, 'number')}"
    cells = [_plain(figure.title.both), value, target, formats.MARKS[figure.met], parts]
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Text that means nothing to Markdown."""
    return "".join(f"\\{sign}" if sign in "\\|`*_[]<>#" else sign for sign in " ".join(text.split()))


def _write_text(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
