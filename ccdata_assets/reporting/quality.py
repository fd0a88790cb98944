"""The quality report (数据质量报告): the six dimensions with their trend and what each is counted from, by feed and source,
the checks, the incidents that failed checks opened, deliveries that were not as usual, and batches that people let
through. What a check is and when it runs is not decided here."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from ccdata_assets.reporting.measures import (
    ALL,
    DIMENSIONS,
    UNKNOWN,
    Month,
    known_sum,
    kpi_figures,
    measure_charts,
    parts_tables,
    ratio,
    record_table,
    trend_table,
)
from ccdata_assets.reporting.model import Cell, Chart, Column, Figure, Section, Table, Text, Unit

TITLE: Final = Text("数据质量报告", "Quality report")
QUALITY: Final = ("validity", "completeness", "accuracy", "consistency", "uniqueness", "timeliness")
QUALITY_DIMENSIONS: Final = {
    "completeness": Text("完整性", "Completeness"),
    "uniqueness": Text("唯一性", "Uniqueness"),
    "validity": Text("有效性", "Validity"),
    "consistency": Text("一致性", "Consistency"),
    "accuracy": Text("准确性", "Accuracy"),
    "timeliness": Text("及时性", "Timeliness"),
}
NOT_QUALITY: Final = {"performance": Text("运营指标", "Performance")}  # checks of how the centre works
SEVERITIES: Final = {
    "blocking": Text("阻断", "blocking"),
    "error": Text("错误", "error"),
    "warning": Text("警告", "warning"),
}
INCIDENT_STATUS: Final = {
    "open": Text("未处理", "open"),
    "acknowledged": Text("已确认", "acknowledged"),
    "resolved": Text("已解决", "resolved"),
}
RESOLVED_BY: Final = {"run": Text("复检通过", "the check passed again"), "person": Text("人工", "a person")}
MEASURE_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "dimension": (Text("质量维度", "Dimension"), "name"),
    "measure": (Text("度量", "Measure"), "name"),
    "field": (Text("字段", "Field"), "name"),
    "rate": (Text("合格率", "Share right"), "percent"),
    "passed": (Text("合格", "Right"), "count"),
    "total": (Text("可判定", "Can be judged"), "count"),
    "wrong": (Text("不合格", "Not right"), "count"),
}
FAILURE_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "check_name": (Text("检查", "Check"), "text"),
    "feed": (DIMENSIONS["feed"], "name"),
    "table_name": (Text("表", "Table"), "code"),
    "field": (Text("字段", "Field"), "name"),
    "dimension": (Text("质量维度", "Dimension"), "name"),
    "severity": (Text("级别", "Severity"), "name"),
    "period": (Text("日期", "Period"), "date"),
    "value": (Text("实际", "Value"), "number"),
    "target": (Text("目标", "Target"), "number"),
    "unexpected": (Text("异常行", "Unexpected rows"), "count"),
    "total": (Text("检查行数", "Rows tested"), "count"),
}


INCIDENT_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "opened_at": (Text("发生时间", "Opened at"), "datetime"),
    "status": (Text("状态", "Status"), "name"),
    "severity": (Text("级别", "Severity"), "name"),
    "dimension": (Text("质量维度", "Dimension"), "name"),
    "check_name": (Text("检查", "Check"), "text"),
    "feed": (DIMENSIONS["feed"], "name"),
    "field": (Text("字段", "Field"), "name"),
    "value": (Text("实际", "Value"), "number"),
    "target": (Text("目标", "Target"), "number"),
    "acknowledged_at": (Text("确认时间", "Acknowledged at"), "datetime"),
    "resolved_at": (Text("解决时间", "Resolved at"), "datetime"),
    "resolved_by": (Text("解决方式", "Settled by"), "name"),
    "resolved_hours": (Text("历时（小时）", "Hours it took"), "number"),
    "incident_id": (Text("编号", "ID"), "code"),
}
ANOMALY_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "received_on": (Text("收到日期", "Received"), "date"),
    "feed": (DIMENSIONS["feed"], "name"),
    "file": (Text("文件", "File"), "text"),
    "what": (Text("异常", "What is odd"), "name"),
    "value": (Text("实际", "Value"), "number"),
    "usual": (Text("通常", "Usual"), "number"),
    "low": (Text("下限", "Low"), "number"),
    "high": (Text("上限", "High"), "number"),
}
OVERRIDE_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "at": (Text("放行时间", "Let through at"), "datetime"),
    "feed": (DIMENSIONS["feed"], "name"),
    "file": (Text("文件", "File"), "text"),
    "until": (Text("有效至", "Until"), "date"),
    "reason": (Text("理由", "Reason"), "text"),
}


def quality_sections(month: Month) -> tuple[Section, ...]:
    """Dimensions, by part, checks, incidents, anomalies, overrides."""
    return (_dimensions(month), _parts(month), _checks(month), _incidents(month), _deliveries(month))


def _dimensions(month: Month) -> Section:
    """Each dimension over the months, and the measures each is the sum of."""
    trend = trend_table(month, "trend", Text("按月趋势", "By month"), QUALITY)
    measures = _measures(month)
    return Section(
        "dimensions",
        Text("六个质量维度", "Six dimensions"),
        figures=kpi_figures(month, QUALITY) if trend.rows else (),
        tables=(trend, measures),
        charts=tuple(measure_charts(month, trend, "month", QUALITY, "line")),
    )


def _measures(month: Month) -> Table:
    records: list[dict[str, Any]] = [
        {
            "dimension": _dimension(dimension),
            "measure": measure,
            "field": month.label("field", field) if field else None,
            "rate": ratio(passed, total),
            "passed": passed,
            "total": total,
            "wrong": total - passed,
            "order": (
                list(QUALITY_DIMENSIONS).index(dimension) if dimension in QUALITY_DIMENSIONS else 9,
                -(total - passed),
            ),
        }
        for dimension, measure, field, passed, total in month.source.measures(month.first_day)
    ]
    records.sort(key=lambda record: record["order"])
    return replace(
        record_table(
            "measures", Text("各维度的度量", "What the dimensions are counted from"), MEASURE_COLUMNS, records
        ),
        note=Text(
            "全部主题的计数，未加权；主要指标只取客户资料。",
            "Counts of all subjects, not weighted; the KPIs above are of party records.",
        ),
    )


def _parts(month: Month) -> Section:
    tables = parts_tables(month, QUALITY, "feed", "source")
    charts = [
        chart
        for table in tables[:1]
        for chart in measure_charts(month, table, "part", ("validity", "accuracy"), "ranking")
    ]
    return Section("parts", Text("分来源", "By feed and source"), tables=tuple(tables), charts=tuple(charts))


def _checks(month: Month) -> Section:
    checks, failures = check_tables(month)
    chart = Chart(
        "failed",
        Text("未通过的检查（按维度）", "Failed checks by dimension"),
        "bar",
        checks.id,
        "dimension",
        ("failed",),
    )
    return Section(
        "checks", Text("质量检查", "Checks"), tables=(checks, failures), charts=(chart,) if checks.rows else ()
    )


def incident_table(month: Month, last_day: date | None = None) -> Table:
    """Incidents opened in the period, or up to `last_day`, or open in it, as they stood at the report's moment."""
    return _incident_table(_incident_records(month, last_day or month.last_day))


def _incident_records(month: Month, last_day: date) -> list[dict[str, Any]]:
    found = month.source.incidents(month.first_day, last_day)
    records: list[dict[str, Any]] = []
    for incident in found:
        opened, resolved = incident["opened_at"], incident["resolved_at"]
        status = "resolved" if resolved else "acknowledged" if incident["acknowledged_at"] else "open"
        records.append(
            incident
            | {key: _minute(incident[key]) for key in ("opened_at", "acknowledged_at", "resolved_at")}
            | {
                "status": INCIDENT_STATUS[status],
                **_named(month, incident),
                "resolved_by": RESOLVED_BY.get(incident["resolved_by"] or ""),
                "resolved_hours": round((resolved - opened).total_seconds() / 3600, 1) if resolved else None,
                "is_new": month.first_day <= opened.date() <= month.last_day,
            }
        )
    return records


def _incident_table(records: list[dict[str, Any]]) -> Table:
    return replace(
        record_table("incidents", Text("质量事件", "Incidents"), INCIDENT_COLUMNS, records),
        empty=Text("没有质量事件", "No incident"),
    )


def _incidents(month: Month) -> Section:
    records = _incident_records(month, month.last_day)
    took = [record["resolved_hours"] for record in records if record["resolved_hours"] is not None]
    figures = (
        Figure("incidents_opened", Text("本月新发生", "Opened in the month"), "count", sum(r["is_new"] for r in records)),
        Figure("incidents_open", Text("未解决", "Not resolved"), "count", len(records) - len(took), target=0, direction="down"),
        Figure("incident_hours", Text("平均解决历时（小时）", "Mean hours to resolve"), "number", round(sum(took) / len(took), 1) if took else None),
    )  # fmt: skip
    return Section(
        "incidents", Text("质量事件", "Incidents"), figures=figures if records else (), tables=(_incident_table(records),)
    )


def _deliveries(month: Month) -> Section:
    """Deliveries that were not as the feed's usually are, and held ones that people let through."""
    anomalies = [
        record | {"feed": month.label("feed", record["feed"]), "what": Text(record["zh"], record["en"])}
        for record in month.source.anomalies(month.first_day, month.last_day)
    ]
    overrides = [
        {"at": _minute(at), "feed": month.label("feed", feed), "file": file, "until": until, "reason": reason}
        for at, feed, file, until, reason in month.source.overrides(month.first_day, month.last_day)
    ]
    odd = record_table("anomalies", Text("异常交付", "Odd deliveries"), ANOMALY_COLUMNS, anomalies)
    let = record_table("overrides", Text("人工放行", "Batches let through"), OVERRIDE_COLUMNS, overrides)
    return Section(
        "deliveries",
        Text("异常与放行", "Anomalies and overrides"),
        tables=(
            replace(odd, empty=Text("没有异常交付", "No delivery was odd")),
            replace(let, empty=Text("没有人工放行", "Nothing was let through by a person")),
        ),
    )


def _minute(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M}" if at else None


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
        Text("按维度", "Checks by dimension"),
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
    shown = [result | _named(month, result) for result in results if not result["passed"]]
    failures = record_table("failures", Text("未通过的检查", "Checks that failed"), FAILURE_COLUMNS, shown)
    passed = Text("全部通过", "All checks passed")
    return checks, failures if not results else replace(failures, empty=passed)


def _named(month: Month, record: dict[str, Any]) -> dict[str, Text | None]:
    """What people call the parts of a check's result or an incident."""
    severity = record["severity"] or ""
    return {
        "severity": SEVERITIES.get(severity, Text.same(severity)),
        "dimension": _dimension(record["dimension"] or ""),
        "feed": month.label("feed", record["feed"]) if record["feed"] else None,
        "field": _field(month, record),
    }


def _field(month: Month, record: dict[str, Any]) -> Text | None:
    """The name of the field that is tested; where values of KPIs are, that of the KPI."""
    if not record["field"]:
        return None
    if record["table_name"] == "kpi.value":
        return month.definition(record["field"]).name
    return month.label("field", record["field"])


def _dimension(name: str) -> Text:
    return (QUALITY_DIMENSIONS | NOT_QUALITY).get(name, Text.same(name) if name else UNKNOWN)


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
