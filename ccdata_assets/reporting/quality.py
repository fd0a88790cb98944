"""Data quality in a report: validity and completeness over time and by part, the heat map of completeness by
field and feed, the checks by quality dimension and those that failed. What a check is and when it runs is not
decided here."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ccdata_assets.reporting.measures import (
    ALL,
    DIMENSIONS,
    UNKNOWN,
    Month,
    as_float,
    breakdown_table,
    known_sum,
    measure_charts,
    ratio,
    record_table,
    trend_table,
)
from ccdata_assets.reporting.model import Cell, Column, Section, Table, Text, Unit

QUALITY_DIMENSIONS: Final = {
    "completeness": Text("完整性", "Completeness"),
    "uniqueness": Text("唯一性", "Uniqueness"),
    "validity": Text("有效性", "Validity"),
    "consistency": Text("一致性", "Consistency"),
    "accuracy": Text("准确性", "Accuracy"),
    "timeliness": Text("及时性", "Timeliness"),
}
FAILURE_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "check_name": (Text("检查", "Check"), "text"),
    "feed": (DIMENSIONS["feed"], "code"),
    "table_name": (Text("表", "Table"), "code"),
    "field": (Text("字段", "Field"), "code"),
    "dimension": (Text("质量维度", "Dimension"), "name"),
    "severity": (Text("级别", "Severity"), "code"),
    "period": (Text("日期", "Period"), "date"),
    "value": (Text("实际", "Value"), "number"),
    "target": (Text("目标", "Target"), "number"),
    "unexpected": (Text("异常行", "Unexpected rows"), "count"),
    "total": (Text("检查行数", "Rows tested"), "count"),
}


def quality_section(month: Month, rates: Sequence[str], counts: Sequence[str]) -> Section:
    """The rates over the months, rates and counts by part, completeness by field, and the checks of the
    month."""
    trend = trend_table(month, "quality_trend", Text("按月趋势", "By month"), rates)
    measured = (*rates, *counts)
    parts = [breakdown_table(month, measured, keys, values) for keys, values in month.parts(measured).items()]
    return Section(
        "quality",
        Text("数据质量", "Data quality"),
        tables=(trend, *parts, heat_map(month), *check_tables(month)),
        charts=tuple(measure_charts(month, trend, "month", rates, "line")),
    )


def heat_map(month: Month) -> Table:
    """Completeness by field (rows, the most expected first) and feed (columns)."""
    counts: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for feed, field, filled, total in month.source.completeness(month.first_day):
        counts[field][feed] = (filled, total)
    feeds = sorted({feed for by_feed in counts.values() for feed in by_feed})
    names = month.source.field_names()
    target = month.target("completeness")
    rows: list[tuple[Cell, ...]] = []
    for field, by_feed in counts.items():
        filled, total = (sum(part) for part in zip(*by_feed.values(), strict=True))
        shares = [ratio(*by_feed.get(feed, (0, 0))) for feed in feeds]
        rows.append((names.get(field, Text.same(field)), field, filled, total, ratio(filled, total), *shares))
    rows.sort(key=lambda row: (-as_float(row[3]), str(row[1])))
    columns = (
        Column("name", Text("字段", "Field"), "name"),
        Column("field", Text("字段代码", "Code"), "code", minor=True),
        Column("filled", Text("已填", "Filled"), "count", minor=True),
        Column("total", Text("应填", "Expected"), "count", minor=True),
        Column("all", ALL, "percent", target=target),
        *(Column(f"feed:{feed}", month.label("feed", feed), "percent", target=target) for feed in feeds),
    )
    note = Text("琥珀色低于目标，颜色越深差距越大。", "Amber is below target: the deeper, the further.")
    return Table(
        "field_completeness",
        Text("各字段完整率", "Completeness by field and feed"),
        columns,
        tuple(rows),
        note=note,
    )


def check_tables(month: Month) -> tuple[Table, Table]:
    """Checks by quality dimension, and those that failed."""
    results = month.source.checks(month.first_day, month.last_day)
    by_dimension: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for result in results:
        by_dimension[result["dimension"] or ""].append(result)
    order = [*QUALITY_DIMENSIONS, *sorted(set(by_dimension) - set(QUALITY_DIMENSIONS))]
    summary = tuple(
        (_dimension(dimension), *_tally(by_dimension[dimension])) for dimension in order if dimension in by_dimension
    )
    checks = Table(
        "checks",
        Text("质量检查", "Checks by dimension"),
        (
            Column("dimension", Text("质量维度", "Dimension"), "name"),
            Column("checks", Text("检查数", "Checks"), "count"),
            Column("passed", Text("通过", "Passed"), "count"),
            Column("failed", Text("未通过", "Failed"), "count"),
            Column("pass_rate", Text("通过率", "Pass rate"), "percent"),
            Column("unexpected", Text("异常行", "Unexpected rows"), "count"),
            Column("total", Text("检查行数", "Rows tested"), "count"),
        ),
        summary,
        total=(ALL, *_tally(results)) if results else None,
    )
    shown = [
        result | {"dimension": _dimension(result["dimension"] or "")} for result in results if not result["passed"]
    ]
    failures = record_table("failures", Text("未通过的检查", "Checks that failed"), FAILURE_COLUMNS, shown)
    passed = Text("全部通过", "All checks passed")
    return checks, failures if not results else replace(failures, empty=passed)


def _dimension(name: str) -> Text:
    return QUALITY_DIMENSIONS.get(name, Text.same(name) if name else UNKNOWN)


def _tally(results: list[dict[str, Any]]) -> tuple[Cell, ...]:
    passed = sum(1 for result in results if result["passed"])
    rate = ratio(passed, len(results))
    return (
        len(results),
        passed,
        len(results) - passed,
        rate,
        known_sum(results, "unexpected"),
        known_sum(results, "total"),
    )
