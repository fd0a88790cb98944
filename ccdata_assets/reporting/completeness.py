"""The completeness report (数据完整率报告): which fields are filled, by field and source as a heat map, and by feed, source,
region and industry."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from ccdata_assets.reporting.measures import (
    ALL,
    RANKED,
    Month,
    as_float,
    kpi_figures,
    measure_charts,
    parts_tables,
    ratio,
    trend_table,
)
from ccdata_assets.reporting.model import Cell, Chart, Column, Section, Table, Text

TITLE: Final = Text("数据完整率报告", "Completeness report")
KPI: Final = ("completeness",)
ACROSS: Final = 14  # sources that have a column of their own; the smaller ones share one
OTHERS: Final = Text("其余来源", "Other sources")


def completeness_sections(month: Month) -> tuple[Section, ...]:
    """Completeness over time, the heat map of fields and sources, and by everything it is broken down by."""
    trend = trend_table(month, "trend", Text("按月趋势", "By month"), KPI)
    field = heat_map(month)
    parts = parts_tables(month, KPI, "feed", "source", "region", "industry")
    fields = Chart("fields", field.title, "ranking", field.id, "name", ("all",), first=RANKED)
    return (
        Section(
            "overview",
            Text("总体", "Overview"),
            figures=kpi_figures(month, KPI) if trend.rows or parts else (),
            tables=(trend,),
            charts=tuple(measure_charts(month, trend, "month", KPI, "line")),
        ),
        Section("fields", Text("字段与来源", "Fields and sources"), tables=(field,), charts=(fields,)),
        Section(
            "parts",
            Text("分项", "By part"),
            tables=tuple(parts),
            charts=tuple(chart for table in parts for chart in measure_charts(month, table, "part", KPI, "ranking")),
        ),
    )


def heat_map(month: Month) -> Table:
    """Completeness by field (rows, the most expected first) and source (columns, the largest first)."""
    counts: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    expected: dict[str, int] = defaultdict(int)
    for _, source, field, filled, total in month.source.completeness(month.first_day):
        counts[field][source] = (filled, total)
        expected[source] += total
    sources = sorted(expected, key=lambda source: (-expected[source], source))
    own, rest = sources[:ACROSS], sources[ACROSS:]
    if len(rest) == 1:
        own, rest = sources, []
    groups = [[source] for source in own] + ([rest] if rest else [])
    target = month.target("completeness")
    rows: list[tuple[Cell, ...]] = []
    for field, by_source in counts.items():
        filled, total = _added(by_source, sources)
        shares = [ratio(*_added(by_source, group)) for group in groups]
        rows.append((month.label("field", field), field, filled, total, ratio(filled, total), *shares))
    rows.sort(key=lambda row: (-as_float(row[3]), str(row[1])))
    columns = (
        Column("name", Text("字段", "Field"), "name"),
        Column("field", Text("字段代码", "Code"), "code", minor=True),
        Column("filled", Text("已填", "Filled"), "count", minor=True),
        Column("total", Text("应填", "Expected"), "count", minor=True),
        Column("all", ALL, "percent", target=target),
        *(Column(f"source:{source}", month.label("source", source), "percent", target=target) for source in own),
        *(
            [
                Column(
                    "source:*",
                    Text(f"{OTHERS.zh}（{len(rest)}）", f"{OTHERS.en} ({len(rest)})"),
                    "percent",
                    target=target,
                )
            ]
            if rest
            else []
        ),
    )
    note = Text("琥珀色低于目标，颜色越深差距越大。", "Amber is below target: the deeper, the further.")
    return Table(
        "field_completeness", Text("各字段完整率", "Completeness by field and source"), columns, tuple(rows), note=note
    )


def _added(by_source: dict[str, tuple[int, int]], sources: Sequence[str]) -> tuple[int, int]:
    parts = [by_source.get(source, (0, 0)) for source in sources]
    return sum(filled for filled, _ in parts), sum(total for _, total in parts)
