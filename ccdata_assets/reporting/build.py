"""Builds a report where a run writes it: model, JSON, workbook, page, and the few things Dagster shows of it.
What a report says and how it looks is decided elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Final

from ccdata_assets.quality.supplier_words import Explanation
from ccdata_assets.reporting import charts, formats
from ccdata_assets.reporting.article import kept_article, write_whole
from ccdata_assets.reporting.inline_chart import FOLDED_AT, image, rates_markdown
from ccdata_assets.reporting.model import NO_DATA, NUMERIC, Figure, Language, Report, Table
from ccdata_assets.reporting.page import write_pages_of
from ccdata_assets.reporting.period import Period
from ccdata_assets.reporting.reports import period_reports
from ccdata_assets.reporting.workbook import write_workbook

LISTED: Final = 14  # rows of the Markdown table
COLUMNS: Final = 6  # and its columns
MADE: Final = ".made"  # a file a period: when its reports were made last
NEVER: Final = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class BuiltReport:
    """What was built: the workbook, the page, and for Dagster's metadata a Markdown table of the headline, a
    chart as Markdown and a larger one (SVG) and the headline numbers by KPI (None: no data)."""

    workbook: Path
    page: Path
    table_markdown: str
    chart_markdown: str
    trend_markdown: str
    headline: dict[str, float | int | None]


def build_reports(
    published: Path,
    reports: Path,
    period: Period,
    as_of: datetime,
    closing_days: int = 0,
    language: Language = "both",
    rules: Mapping[tuple[str, str], Explanation] | None = None,
    page_language: Language | None = None,
) -> dict[str, BuiltReport | None]:
    """Builds every report of the period from the published copy, as known at `as_of` (which needs a zone) and in the words of
    `rules` for what contracts demand, into `reports`/<report>/, workbooks in `language`, and the pages these are on anew, in
    `page_language` where other periods on them are in another than the workbooks. A report with nothing to say of
    the period is None and has no file. The same inputs give the same bytes."""
    made = period_reports(published, period, as_of, closing_days, rules)
    paths = {report_id: reports / report_id / f"{period.label}.xlsx" for report_id in made}
    for report_id, report in made.items():
        path = paths[report_id]
        if report is None:
            for stale in (path, path.with_suffix(".json"), kept_article(path)):
                stale.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        write_workbook(report, path, language)
        write_whole(path.with_suffix(".json"), report.to_json())
    pages = write_pages_of(reports, period, list(made), page_language or language)
    mark = _mark(reports, period.label)
    mark.parent.mkdir(exist_ok=True, parents=True)
    write_whole(mark, as_of.isoformat())
    return {
        report_id: None
        if report is None
        else BuiltReport(
            workbook=paths[report_id],
            page=pages[report_id],
            table_markdown=headline_markdown(report),
            chart_markdown=rates_markdown(report.sections[0].figures),
            trend_markdown=image(period.label, _picture(report)),
            headline={figure.id: figure.value for figure in report.sections[0].figures},
        )
        for report_id, report in made.items()
    }


def made_at(reports: Path, label: str) -> datetime | None:
    """The moment that the reports of the period of this name speak for, those too that had nothing to say; None where they were never made, or not
    to the end."""
    try:
        return datetime.fromisoformat(_mark(reports, label).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def outdate(reports: Path) -> None:
    """Make the reports of every period that has some due: what they show of people is masked, or not, as it should no longer be."""
    for mark in (reports / MADE).glob("*"):
        write_whole(mark, NEVER.isoformat())


def _mark(reports: Path, label: str) -> Path:
    return reports / MADE / label


def _picture(report: Report) -> str:
    """The first two charts that have something to draw."""
    drawn = (
        (chart, section.table(chart.table))
        for section in report.sections
        for chart in section.charts
        if any(cell is not None for key in chart.series for cell in section.table(chart.table).values(key))
    )
    return charts.picture(list(islice(drawn, 2)))


def headline_markdown(report: Report) -> str:
    """What the report says first as a Markdown table short enough for Dagster to show it without a click: at most 14
    figures, those with a value first, or, where there are fewer than three, the top of the first table with more rows."""
    figures = report.sections[0].figures
    tables = [table for section in report.sections for table in section.tables if len(table.rows) > 1]
    lines = _headline_lines(figures) if len(figures) > 2 or not tables else _table_lines(tables[0])
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


def _table_lines(table: Table) -> list[str]:
    shown = [place for place, column in enumerate(table.columns) if not column.minor][:COLUMNS]
    head = [_plain(table.columns[place].title.both) for place in shown]
    sides = ["--:" if table.columns[place].unit in NUMERIC else ":--" for place in shown]
    rows = [
        [_plain(formats.cell(row[place], table.columns[place].unit).both) for place in shown]
        for row in table.rows[:LISTED]
    ]
    return [f"| {' | '.join(cells)} |" for cells in (head, sides, *rows)]


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
