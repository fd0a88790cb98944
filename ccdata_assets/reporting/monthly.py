"""The monthly warehouse report (月度数据仓库报告): which numbers of the published copy it shows and in what
order. It gives the report as data; workbook, page and charts are made from that elsewhere and add no
number of their own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ccdata_assets.reporting import calls, outbound
from ccdata_assets.reporting.closing import closing_sections
from ccdata_assets.reporting.deliveries import deliveries_section
from ccdata_assets.reporting.measures import (
    Month,
    breakdown_table,
    daily_table,
    kpi_figures,
    measure_charts,
    parts_tables,
    record_table,
    trend_table,
)
from ccdata_assets.reporting.model import Chart, ChartKind, Section, Text, Unit
from ccdata_assets.reporting.quality import QUALITY

TITLE: Final = Text("月度数据仓库报告", "Monthly warehouse report")

STOCK: Final = ("stock", "increment")
RECORDS: Final = ("records_received", "records_repeated")
OVERLAP: Final = ("overlap", "overlap_in_feed")
COLLECTION: Final = ("collection_attainment", "processing_rate")
CALLS: Final = (
    "calls_offered", "calls_handled", "answer_rate", "service_level", "abandon_rate", "asa", "aht", "talk_time", "hold_time", "acw_time", "transfer_rate", "utilisation", "occupancy", "csat", "qa_score",
    "service_level_v1", "service_level_v2", "service_level_v4", "service_level_v5", "short_abandon_share",
)  # fmt: skip
OUTBOUND: Final = ("outbound_success_rate", "outbound_connect_rate")
OUTBOUND_BY: Final = ("campaign", "product", "age_band", "contact_channel")
ELSEWHERE: Final = frozenset(outbound.SHOWN) - set(OUTBOUND)  # in the outbound report
DETAILS: Final = frozenset(
    {"talk_time", "hold_time", "acw_time", "transfer_rate", "short_abandon_share", *calls.VARIANTS} - {"service_level"}
)
"""What stands below and in the call-centre report, and is no headline of the warehouse."""
DRAWN: Final = ("service_level", "answer_rate", "abandon_rate", "asa", "aht", "occupancy", "csat")
MORE: Final = Text(
    "按班组、业务、客户、主题与坐席见呼叫中心月报和坐席与班组月报。",
    "By team, business, customer, topic and agent: the monthly call-centre report and agent sheets.",
)
PERSPECTIVES: Final = {
    "finance": Text("财务", "finance"),
    "customers": Text("客户", "customers"),
    "internal": Text("内部流程", "internal"),
    "growth": Text("学习与成长", "growth"),
}  # of the balanced scorecard
FIRST: Final = (*STOCK, *RECORDS, *OVERLAP, *QUALITY, *COLLECTION, *CALLS, *OUTBOUND)  # every other KPI follows these


def monthly_sections(month: Month) -> tuple[Section, ...]:
    """Stock, increment, quality, deliveries, calls and outbound of the month, and what was known only after its closing."""
    return (
        Section(
            "headline",
            Text("关键指标", "Headline"),
            figures=kpi_figures(month, [kpi for kpi in _shown(month) if kpi not in DETAILS]),
        ),
        _stock(month),
        _quality(month),
        deliveries_section(month),
        *closing_sections(month),
        replace(
            _measures(month, "calls", Text("呼叫中心", "Call centre"), CALLS, DRAWN, by=("hour", "queue")), note=MORE
        ),
        _measures(month, "outbound", Text("外呼", "Outbound"), OUTBOUND, by=OUTBOUND_BY),
        *_others(month),
        _definitions(month),
    )


def _shown(month: Month) -> list[str]:
    """Every KPI but those that another report shows."""
    return [kpi for kpi in month.kpis(FIRST) if kpi not in ELSEWHERE]


def _quality(month: Month) -> Section:
    """The six dimensions over time and by feed; their own report goes on from there."""
    trend = trend_table(month, "quality_trend", Text("按月趋势", "By month"), QUALITY)
    return Section(
        "quality",
        Text("数据质量", "Data quality"),
        tables=(trend, *parts_tables(month, (*QUALITY, *RECORDS, *OVERLAP), "feed")),
        charts=tuple(measure_charts(month, trend, "month", QUALITY, "line")),
    )


def _stock(month: Month) -> Section:
    trend = trend_table(month, "trend", Text("存量与增量趋势", "Stock and increment by month"), (*STOCK, *RECORDS))
    charts = [
        Chart("stock_trend", month.definition("stock").name, "line", "trend", "month", ("stock",)),
        Chart("increment_trend", month.definition("increment").name, "bar", "trend", "month", ("increment",)),
    ]
    tables = [trend]
    for table in parts_tables(month, STOCK, "feed", "region", "industry", share_of="stock"):
        tables.append(table)
        charts += measure_charts(month, table, "part", STOCK, "ranking")
    note = Text(
        "存量为月末有效的企业与联系人主数据；增量为当月新增减去退出。",
        "Stock is the live golden entities at the end of the month; increment is births less retirements.",
    )
    return Section("stock", Text("存量与增量", "Stock and increment"), note, tables=tuple(tables), charts=tuple(charts))


def _measures(
    month: Month,
    section_id: str,
    title: Text,
    kpis: Sequence[str],
    drawn: Sequence[str] | None = None,
    by: Sequence[str] | None = None,
) -> Section:
    """By day, then by each thing the KPIs are broken down by, or by those alone that are said; charts of all or of those `drawn`."""
    daily = daily_table(month, kpis)
    pictured = kpis if drawn is None else drawn
    charts = measure_charts(month, daily, "day", pictured, "line")
    tables = [daily] if daily.rows else []
    for keys, parts in month.parts(kpis).items():
        if by is not None and (len(keys) > 1 or keys[0] not in by):
            continue
        table = breakdown_table(month, kpis, keys, parts)
        tables.append(table)
        if len(keys) == 1:
            kind: ChartKind = "bar" if keys == ("hour",) else "ranking"
            charts += measure_charts(month, table, "part", pictured, kind)
    shown = [chart for chart in charts if chart.table in {table.id for table in tables}]
    shown.sort(key=lambda chart: kpis.index(chart.series[0]))  # a KPI's views side by side
    return Section(section_id, title, tables=tuple(tables or [daily]), charts=tuple(shown))


def _others(month: Month) -> list[Section]:
    """KPIs this report does not know by name, when they are broken down by anything."""
    known = {kpi for kpi in _shown(month) if kpi not in FIRST}
    found = sorted({value.kpi_id for value in month.values if value.start == month.first_day and value.dims} & known)
    found += sorted({value.kpi_id for value in month.steps} & known - set(found))
    return [_measures(month, "others", Text("其他指标", "Other measures"), found)] if found else []


def _definitions(month: Month) -> Section:
    columns: dict[str, tuple[Text, Unit]] = {
        "name": (Text("指标", "Measure"), "name"),
        "kpi_id": (Text("代码", "Code"), "code"),
        "version": (Text("版本", "Version"), "number"),
        "meaning": (Text("口径", "Definition"), "name"),
        "formula": (Text("公式", "Formula"), "text"),
        "perspective": (Text("维度", "Perspective"), "name"),
        "owner": (Text("负责人", "Owner"), "text"),
    }
    records = []
    for kpi in month.kpis(FIRST):
        value = month.overall(kpi)
        definition = month.definition(kpi, value.version if value else None)
        perspective = PERSPECTIVES.get(definition.perspective, Text.same(definition.perspective))
        records.append(vars(definition) | {"perspective": perspective})
    table = record_table("definitions", Text("指标口径", "Definitions"), columns, records)
    return Section("definitions", Text("指标口径", "Definitions"), tables=(table,))
