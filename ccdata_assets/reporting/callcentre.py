"""The call-centre report of a week, month, quarter or year (呼叫中心周报、月报、季报、年报): every KPI against its target, the period before
and the same one last year, its days, weeks or months, its parts, and when in the week the calls come. Days are reported by `flash`,
people by `agents`."""

from datetime import date, timedelta
from typing import Final

from ccdata_assets.reporting.calls import (
    COUNTED,
    LAST_YEAR,
    PARTS,
    PEOPLE,
    RATES,
    call_charts,
    call_table,
    has_calls,
    held_against,
    parts_table,
    variants_table,
    volume_figures,
)
from ccdata_assets.reporting.formats import WEEKDAYS
from ccdata_assets.reporting.measures import Window, by_step, measure_charts, period_column
from ccdata_assets.reporting.model import Cell, Column, Section, Table, Text
from ccdata_assets.reporting.period import Grain
from ccdata_assets.reporting.quality import incident_table

TITLE: Final = Text("呼叫中心报告", "Call-centre report")
TITLES: Final[dict[Grain, Text | None]] = {
    "week": Text("呼叫中心周报", "Weekly call-centre report"),
    "month": Text("呼叫中心月报", "Monthly call-centre report"),
    "quarter": Text("呼叫中心季报", "Quarterly call-centre report"),
    "year": Text("呼叫中心年报", "Yearly call-centre report"),
}
STEP_TITLES: Final[dict[Grain, Text]] = {
    "day": Text("按日", "By day"),
    "week": Text("按周", "By week"),
    "month": Text("按月", "By month"),
}
DRAWN: Final = ("by_queue", "by_topic")  # whose service level is a chart, too
HISTORY: Final[dict[Grain, Text]] = {
    "week": Text("近 14 周", "The last 14 weeks"),
    "month": Text("近 13 个月", "The last 13 months"),
    "quarter": Text("近 9 个季度", "The last 9 quarters"),
    "year": Text("近 5 年", "The last 5 years"),
}


def callcentre_sections(window: Window) -> tuple[Section, ...]:
    """Headline, steps, history, parts, heat maps, alarms; nothing where no call of the period is known."""
    if not has_calls(window):
        return ()
    return (_headline(window), _steps(window), _history(window), _parts(window), _week(window), _alarms(window))


def _headline(window: Window) -> Section:
    before, compared = window.period.later(-1), [(LAST_YEAR, [window.period.last_year])]
    figures = (*volume_figures(window, compared, before), *held_against(window, (*RATES, *PEOPLE), compared, before))
    return Section("headline", Text("关键指标", "Headline"), figures=figures, tables=(variants_table(window),))


def _steps(window: Window) -> Section:
    """Days of a week or month, weeks of a quarter, months of a year; those to come and those without a call are there, empty."""
    values, steps = by_step(window, COUNTED), window.period.steps
    column = period_column(steps[0].grain)
    title = STEP_TITLES[steps[0].grain]
    rows = [([step.label], values.get((step.first_day, "00:00"), {})) for step in steps]
    table = call_table(window, "steps", title, [column], rows, (*RATES, *PEOPLE))
    note = Text(
        "一周计入其周四所在的季度；跨季度的周因此含有前后季度的日子，合计为整季。",
        "A week is of the quarter of its Thursday, so one across the end has days of both; the total is that of the quarter.",
    )
    return Section(
        "steps",
        title,
        note if window.period.grain == "quarter" else None,
        tables=(table,),
        charts=tuple(call_charts(window, table, column.key)),
    )


def _history(window: Window) -> Section:
    """This period and those before it, from the first that has calls."""
    trend = [
        (one, {kpi: value for kpi in COUNTED if (value := window.overall(kpi, one.first_day))})
        for one in window.period.trend
    ]
    first = next((place for place, (_, values) in enumerate(trend) if values), 0)
    column = period_column(window.period.grain)
    rows = [([one.label], values) for one, values in trend[first:]]
    title = HISTORY[window.period.grain]
    table = call_table(window, "history", title, [column], rows, (*RATES, *PEOPLE), total=False)
    drawn = [
        chart for chart in call_charts(window, table, column.key) if chart.series[0] in ("offered", "service_level")
    ]
    return Section("history", title, tables=(table,), charts=tuple(drawn) if len(rows) > 1 else ())


def _parts(window: Window) -> Section:
    tables = [table for by in PARTS if (table := parts_table(window, by, (*RATES, *PEOPLE)))]
    charts = [
        chart
        for table in tables
        if len(table.rows) > 1 and table.id in DRAWN
        for chart in measure_charts(window, table, "part", ("service_level",), "ranking")
    ]
    note = Text(
        "只列出来源提供的维度；维度为空的通话只计入合计。",
        "What the sources tell; a call without the dimension is in the total only.",
    )
    return Section(
        "parts",
        Text("按队列、班组与业务", "By queue, team and business"),
        note,
        tables=tuple(tables),
        charts=tuple(charts),
    )


def _week(window: Window) -> Section:
    """Offered calls and the service level by half hour and weekday."""
    known = min(window.last_day, window.source.as_of.date())
    cells: dict[tuple[str, str, int], tuple[float, float, int]] = {
        (kpi, clock, weekday): (top, bottom, days)
        for kpi, weekday, clock, top, bottom, days in window.source.by_weekday(
            ("abandon_rate", "service_level"), window.first_day, known
        )
    }
    days = {weekday: count for (_, _, weekday), (_, _, count) in cells.items()}
    clocks = _span([clock for _, clock, _ in cells])

    def offered(clock: str, weekday: int) -> Cell:
        if weekday not in days:
            return None
        _, bottom, _ = cells.get(("abandon_rate", clock, weekday), (0, 0, 0))
        return round(bottom / days[weekday], 1)

    def level(clock: str, weekday: int) -> Cell:
        top, bottom, _ = cells.get(("service_level", clock, weekday), (0, 0, 0))
        return top / bottom if bottom else None

    counts = [
        value for clock in clocks for weekday in range(1, 8) if isinstance(value := offered(clock, weekday), float)
    ]
    target = window.target("service_level")
    half_hour = Column("clock", Text("时段", "Half hour"), "hour")

    def table(table_id: str, title: Text, note: Text, cell: object, columns: list[Column]) -> Table:
        rows = tuple((clock, *(cell(clock, weekday) for weekday in range(1, 8))) for clock in clocks)  # type: ignore[operator]
        return Table(table_id, title, (half_hour, *columns), rows, note=note)

    offered_columns = [
        Column(f"day{place}", name, "number", deepest=max(counts, default=0) or 1)
        for place, name in enumerate(WEEKDAYS, 1)
    ]
    level_columns = [Column(f"day{place}", name, "percent", target=target) for place, name in enumerate(WEEKDAYS, 1)]
    return Section(
        "week",
        Text("星期 × 时段", "Weekday × half hour"),
        tables=(
            table(
                "offered_heat", Text("平均排队量", "Calls offered, mean"),
                Text("每个星期几有来电的日子的平均值。", "Mean of the days of that weekday on which calls came."), offered, offered_columns,
            ),
            table(
                "level_heat", Text("服务水平", "Service level"),
                Text("期内各该时段合计；无通话为空。", "Of all such half hours of the period together; empty without a call."), level, level_columns,
            ),
        ),
    )  # fmt: skip


def _span(clocks: list[str]) -> list[str]:
    """Every half hour from the first to the last."""
    if not clocks:
        return []
    every = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(0, 24 * 60, 30)]
    return [clock for clock in every if min(clocks) <= clock <= max(clocks)]


def _alarms(window: Window) -> Section:
    last_day: date = window.last_day + timedelta(days=1)
    return Section("alarms", Text("告警", "Alarms"), tables=(incident_table(window, last_day),))
