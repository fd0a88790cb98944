"""The collection task report (数据采集任务报表): what was collected against plan, by kind of channel and person, and what
became of it by the end of the month. People are named as the published copy names them: masked, unless a setting
opens it."""

from collections.abc import Sequence
from typing import Any, Final

from ccdata_assets.reporting.measures import (
    ALL,
    DIMENSIONS,
    RANKED,
    Month,
    kpi_figures,
    measure_charts,
    parts_tables,
    record_table,
    trend_table,
)
from ccdata_assets.reporting.model import Chart, Section, Table, Text, Unit
from ccdata_assets.reporting.published import Value

TITLE: Final = Text("数据采集任务报表", "Collection task report")
ATTAINMENT, PROCESSING = "collection_attainment", "processing_rate"
COUNTS: Final[dict[str, tuple[Text, Unit]]] = {
    "planned": (Text("计划量", "Planned"), "count"),
    "collected": (Text("采集量", "Collected"), "count"),
    "gap": (Text("差额", "Over or short"), "count"),
    "attainment": (Text("完成率", "Attainment"), "percent"),
}


def collection_sections(month: Month) -> tuple[Section, ...]:
    """Attainment and processing over time, by channel, by person, by both."""
    trend = trend_table(month, "trend", Text("按月趋势", "By month"), (ATTAINMENT, PROCESSING))
    kpis = (ATTAINMENT, PROCESSING)
    feeds = parts_tables(month, (PROCESSING,), "feed")
    return (
        Section(
            "overview",
            Text("总体", "Overview"),
            figures=kpi_figures(month, kpis) if any(month.overall(kpi) for kpi in kpis) else (),
            tables=(trend,),
            charts=tuple(measure_charts(month, trend, "month", kpis, "line")),
        ),
        _section(month, "channels", Text("按采集渠道", "By channel"), ("channel",)),
        _section(month, "people", Text("按采集人", "By person"), ("person",)),
        _section(month, "tasks", Text("按渠道与采集人", "By channel and person"), ("channel", "person")),
        Section(
            "processing",
            Text("处理率（按数据来源）", "Processing by feed"),
            tables=tuple(feeds),
            charts=tuple(
                chart for table in feeds for chart in measure_charts(month, table, "part", (PROCESSING,), "ranking")
            ),
        ),
    )


def _section(month: Month, section_id: str, title: Text, keys: tuple[str, ...]) -> Section:
    table = plan_table(month, section_id, title, keys)
    charts = (
        Chart(f"{section_id}_volume", Text("计划量与采集量", "Planned and collected"), "bar", table.id, keys[0], ("planned", "collected"), first=12),
        Chart(f"{section_id}_attainment", Text("完成率", "Attainment"), "ranking", table.id, keys[0], ("attainment",), first=RANKED),
    )  # fmt: skip
    return Section(section_id, title, tables=(table,), charts=charts if len(keys) == 1 else ())


def plan_table(month: Month, table_id: str, title: Text, keys: Sequence[str]) -> Table:
    """Planned and collected by these dimensions, the largest plan first; its total is the published overall value."""
    parts = month.parts((ATTAINMENT,)).get(tuple(sorted(keys)), {})
    columns: dict[str, tuple[Text, Unit]] = {**{key: (DIMENSIONS[key], "name") for key in keys}, **COUNTS}
    records = []
    for labels, values in parts.items():
        named = dict(zip(sorted(keys), labels, strict=True))
        records.append({key: month.label(key, named[key]) for key in keys} | _counted(values[ATTAINMENT]))
    records.sort(key=lambda record: (-record["planned"], -record["collected"], str([record[key] for key in keys])))
    overall = month.overall(ATTAINMENT)
    total = {keys[0]: ALL, **_counted(overall)} if overall and records else None
    return record_table(table_id, title, columns, records, total)


def _counted(value: Value) -> dict[str, Any]:
    collected, planned = int(value.numerator or 0), int(value.denominator or 0)
    return {"planned": planned, "collected": collected, "gap": collected - planned, "attainment": value.value}
