"""The monthly warehouse report (月度数据仓库报告): which numbers of the published copy it shows and in what
order. It gives the report as data; workbook, page and charts are made from that elsewhere and add no
number of their own."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

from ccdata_assets.reporting.deliveries import deliveries_section
from ccdata_assets.reporting.measures import (
    Month,
    breakdown_table,
    daily_table,
    measure_charts,
    record_table,
    trend_table,
)
from ccdata_assets.reporting.model import (
    Chart,
    ChartKind,
    Figure,
    Report,
    Section,
    Text,
    Unit,
)
from ccdata_assets.reporting.published import Published
from ccdata_assets.reporting.quality import quality_section
from ccdata_assets.reporting.review import review_sections

TITLE: Final = Text("月度数据仓库报告", "Monthly warehouse report")

STOCK: Final = ("stock", "increment")
RECORDS: Final = ("records_received", "records_repeated")
QUALITY: Final = ("validity", "completeness")
CALLS: Final = ("answer_rate", "abandon_rate", "aht", "hold_time")
OUTBOUND: Final = ("outbound_success_rate",)
FIRST: Final = (*STOCK, *RECORDS, *QUALITY, *CALLS, *OUTBOUND)  # every other KPI follows these


def monthly_report(published: Path, period: date, as_of: datetime) -> Report:
    """The report of the month that begins on `period`, with what was known at `as_of` (which needs a zone).
    Raises ValueError when `period` is not the first of a month, FileNotFoundError when nothing is
    published."""
    if period.day != 1:
        raise ValueError(f"period {period} is not the first day of a month")
    with Published.opened(published, as_of) as source:
        month = Month.read(source, period)
        sections = (
            _headline(month),
            _stock(month),
            quality_section(month, QUALITY, RECORDS),
            deliveries_section(month),
            *review_sections(month),
            _measures(month, "calls", Text("呼叫中心", "Call centre"), CALLS),
            _measures(month, "outbound", Text("外呼", "Outbound"), OUTBOUND),
            *_others(month),
            _definitions(month),
        )
    return Report("monthly", TITLE, f"{period:%Y-%m}", period, month.last_day, as_of, sections)


def _headline(month: Month) -> Section:
    figures = []
    for kpi in month.kpis(FIRST):
        value = month.overall(kpi)
        definition = month.definition(kpi, value.version if value else None)
        trend = month.trend(kpi)
        figures.append(
            Figure(
                id=kpi,
                title=definition.name,
                unit=definition.unit,
                value=value.value if value else None,
                previous=trend[-2],
                target=month.target(kpi),
                direction=definition.direction,
                numerator=value.numerator if value else None,
                denominator=value.denominator if value else None,
                status=value.status if value else "",
                definition=definition.meaning if definition.meaning.zh else None,
                trend=trend,
            )
        )
    return Section("headline", Text("关键指标", "Headline"), figures=tuple(figures))


def _stock(month: Month) -> Section:
    trend = trend_table(month, "trend", Text("存量与增量趋势", "Stock and increment by month"), (*STOCK, *RECORDS))
    charts = [
        Chart("stock_trend", month.definition("stock").name, "line", "trend", "month", ("stock",)),
        Chart("increment_trend", month.definition("increment").name, "bar", "trend", "month", ("increment",)),
    ]
    tables = [trend]
    for keys, parts in month.parts(STOCK).items():
        table = breakdown_table(month, STOCK, keys, parts, share_of="stock")
        tables.append(table)
        if len(keys) == 1:
            charts += measure_charts(month, table, "part", STOCK, "ranking")
    note = Text(
        "存量为月末有效的企业与联系人主数据；增量为当月新增减去退出。",
        "Stock is the live golden entities at the end of the month; increment is births less retirements.",
    )
    return Section("stock", Text("存量与增量", "Stock and increment"), note, tables=tuple(tables), charts=tuple(charts))


def _measures(month: Month, section_id: str, title: Text, kpis: Sequence[str]) -> Section:
    """By day, then by each thing the KPIs are broken down by."""
    daily = daily_table(month, kpis)
    charts = measure_charts(month, daily, "day", kpis, "line")
    tables = [daily] if daily.rows else []
    for keys, parts in month.parts(kpis).items():
        table = breakdown_table(month, kpis, keys, parts)
        tables.append(table)
        if len(keys) == 1:
            kind: ChartKind = "bar" if keys == ("hour",) else "ranking"
            charts += measure_charts(month, table, "part", kpis, kind)
    drawn = [chart for chart in charts if chart.table in {table.id for table in tables}]
    drawn.sort(key=lambda chart: kpis.index(chart.series[0]))  # a KPI's views side by side
    return Section(section_id, title, tables=tuple(tables or [daily]), charts=tuple(drawn))


def _others(month: Month) -> list[Section]:
    """KPIs this report does not know by name, when they are broken down by anything."""
    known = {kpi for kpi in month.kpis(FIRST) if kpi not in FIRST}
    found = sorted({value.kpi_id for value in month.values if value.start == month.first_day and value.dims} & known)
    found += sorted({value.kpi_id for value in month.daily if not value.dims} & known - set(found))
    return [_measures(month, "others", Text("其他指标", "Other measures"), found)] if found else []


def _definitions(month: Month) -> Section:
    columns: dict[str, tuple[Text, Unit]] = {
        "name": (Text("指标", "Measure"), "name"),
        "kpi_id": (Text("代码", "Code"), "code"),
        "version": (Text("版本", "Version"), "number"),
        "meaning": (Text("口径", "Definition"), "name"),
        "formula": (Text("公式", "Formula"), "text"),
        "perspective": (Text("维度", "Perspective"), "text"),
        "owner": (Text("负责人", "Owner"), "text"),
    }
    records = []
    for kpi in month.kpis(FIRST):
        value = month.overall(kpi)
        records.append(vars(month.definition(kpi, value.version if value else None)))
    table = record_table("definitions", Text("指标口径", "Definitions"), columns, records)
    return Section("definitions", Text("指标口径", "Definitions"), tables=(table,))
