"""The daily flash (昨日快报): how the centre did on one day, for the morning after. What counts against its target and against the same
weekday, where in the day the service level was lost, by queue, and what needs somebody now. Longer periods are reported by
`callcentre`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import exp, lgamma, log
from typing import Final

from ccdata_assets.reporting.calls import (
    COUNTED,
    PARTS,
    PEOPLE,
    RATES,
    VOLUMES,
    call_table,
    has_calls,
    held_against,
    parts_table,
    variants_table,
    volume_figures,
)
from ccdata_assets.reporting.measures import ALL, DIMENSIONS, Window, as_float, by_step
from ccdata_assets.reporting.model import Cell, Chart, Column, Figure, Section, Table, Text
from ccdata_assets.reporting.published import Value
from ccdata_assets.reporting.quality import incident_table

TITLE: Final = Text("每日快报", "Daily flash")
LAST_WEEK: Final = Text("上周同日", "last week")
LAST_FOUR: Final = Text("前四周同日", "last 4 such days")
USUAL: Final = Text("往常", "Usual")
WEEKS: Final = 4
SHOWN: Final = (*RATES, "occupancy", "csat", "qa_score")  # one screen
SURGE_CHANCE: Final = 0.05  # of a false alarm in a day of steady traffic
SURGE_TIMES: Final = 1.5  # traffic is less steady than chance alone makes it: a surge is half as much again as usual
SURGE_CALLS: Final = 5  # and at least so many calls: one call at night is none
SURGE_NOTE: Final = Text(
    "比往常至少多一半且多 5 个，并超出偶然（平稳话务下每 20 天约误报一次）。",
    "At least half as many again as usual, 5 or more, and beyond chance (steady traffic raises one in 20 days).",
)
PART_NOTE: Final = Text(
    "当天来电超出同一星期几历史所能预期者（见运营分析），最不可能出于偶然的在前；节假日与历史不足者不判定。",
    "More calls on the day than the same weekdays before let expect (see the call-centre analysis), the least likely by chance first; holidays and parts with too short a past are not judged.",
)
LISTED: Final = 10  # surges by part; how many more there are is said
CLOCK: Final = Column("clock", Text("时段", "Half hour"), "hour")


@dataclass(frozen=True)
class Interval:
    """One half hour of the day. `before` are the calls offered in the same half hour on the `days` days before it of this weekday
    that had any calls; `judged` is how many half hours of the day are looked at for a surge."""

    clock: str
    values: dict[str, Value]
    before: int
    days: int
    judged: int

    @property
    def offered(self) -> int:
        """Calls offered; none where the log has none."""
        return int(VOLUMES["offered"].of(self.values.get("abandon_rate")) or 0)

    @property
    def usual(self) -> float | None:
        """The mean of the days before; None where there is none."""
        return self.before / self.days if self.days else None

    @property
    def is_surge(self) -> bool:
        """Whether there were more calls than steady traffic brings by chance in one of 20 days (the chance is shared out over the half
        hours that are looked at), and enough more to matter."""
        if self.usual is None or self.offered < max(self.usual * SURGE_TIMES, self.usual + SURGE_CALLS):
            return False
        return chance_of(self.offered, self.before, self.days) < SURGE_CHANCE / self.judged

    @property
    def late(self) -> int | None:
        """Calls of the service level that were not answered within its limit."""
        level = self.values.get("service_level")
        if level is None or level.numerator is None or level.denominator is None:
            return None
        return int(level.denominator - level.numerator)


def chance_of(offered: int, before: int, days: int) -> float:
    """How likely at least `offered` of all these calls fall on this day, where each is as likely on any of the days (the exact test
    of two Poisson counts, Przyborowski and Wilenski 1940)."""
    count, share = offered + before, 1 / (days + 1)
    term = exp(
        lgamma(count + 1) - lgamma(offered + 1) - lgamma(before + 1) + offered * log(share) + before * log(1 - share)
    )
    chance, more = 0.0, offered
    while more <= count and term > chance * 1e-12:
        chance += term
        term *= (count - more) / (more + 1) * share / (1 - share)
        more += 1
    return chance


def flash_sections(window: Window) -> tuple[Section, ...]:
    """Headline, half hours, queues, alarms; nothing where no call of the day is known."""
    if not has_calls(window):
        return ()
    intervals = _intervals(window)
    return (_headline(window, intervals), _half_hours(window, intervals), _parts(window), _alarms(window, intervals))


def _headline(window: Window, intervals: Sequence[Interval]) -> Section:
    day = window.period
    last_week = day.later(-7)
    compared = [(LAST_FOUR, [day.later(-7 * back) for back in range(1, WEEKS + 1)])]
    missed, judged = _missed(window, intervals)
    figures: list[Figure] = [
        *volume_figures(window, compared, last_week, LAST_WEEK),
        *held_against(window, SHOWN, compared, last_week, LAST_WEEK),
    ]
    if judged:
        figures.append(
            Figure(
                "missed", Text("未达标时段", "Half hours below target"), "count", len(missed), target=0, direction="down",
                numerator=len(missed), denominator=judged,
                definition=Text("服务水平低于目标的半小时数", "Half hours in which the service level was below its target"),
            )
        )  # fmt: skip
    return Section("headline", Text("关键指标", "Headline"), figures=tuple(figures), tables=(variants_table(window),))


def _missed(window: Window, intervals: Sequence[Interval]) -> tuple[list[Interval], int]:
    """The half hours below the target of the service level, and how many can be judged."""
    target = window.target("service_level")
    levels = [(one, one.values["service_level"].value) for one in intervals if "service_level" in one.values]
    known = [(one, level) for one, level in levels if level is not None and target is not None]
    return [one for one, level in known if target is not None and level < target], len(known)


def _intervals(window: Window) -> list[Interval]:
    """The half hours from the first that has a call to the last; what no call came in between is among them."""
    values = {clock: found for (_, clock), found in by_step(window, COUNTED).items()}
    if not values:
        return []
    days = [window.period.later(-7 * back).first_day for back in range(1, WEEKS + 1)]
    before = [one for one in window.source.values_on("30min", days) if one.kpi_id == "abandon_rate"]
    counted = len({one.start for one in before})  # a day without any call, or before the first, is none of the usual
    sums: dict[str, float] = {}
    for one in before:
        sums[one.clock] = sums.get(one.clock, 0.0) + (one.denominator or 0.0)
    clocks = _clocks(min(values), max(values))
    return [Interval(clock, values.get(clock, {}), int(sums.get(clock, 0.0)), counted, len(clocks)) for clock in clocks]


def _clocks(first: str, last: str) -> list[str]:
    every = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(0, 24 * 60, 30)]
    return [clock for clock in every if first <= clock <= last]


def _half_hours(window: Window, intervals: Sequence[Interval]) -> Section:
    target = window.target("service_level")
    table = call_table(
        window,
        "intervals",
        Text("按半小时", "By half hour"),
        [CLOCK],
        [([one.clock], one.values) for one in intervals],
        RATES,
    )
    table = _filled(table, intervals, target)
    name = window.definition("service_level").name
    charts = [
        Chart(
            "calls_intervals",
            Text("排队与应答", "Offered and answered"),
            "bar",
            "intervals",
            "clock",
            ("offered", "answered"),
        ),
        Chart("service_level_intervals", name, "line", "intervals", "clock", ("service_level",), target),
        Chart(
            "usual_intervals",
            Text("排队量与往常", "Offered and usual"),
            "line",
            "intervals",
            "clock",
            ("offered", "usual"),
        ),
    ]
    keys = {column.key for column in table.columns}
    note = Text(
        "“往常”为前四周同一星期几同一时段的平均排队量。",
        "“Usual” is the mean of the offered calls of the same half hour on this weekday in the four weeks before.",
    )
    drawn = tuple(chart for chart in charts if {*chart.series} <= keys)
    return Section("intervals", Text("按半小时", "By half hour"), note, tables=(table,), charts=drawn)


def _filled(table: Table, intervals: Sequence[Interval], target: float | None) -> Table:
    """The table with 0 calls where none came, what is usual, and whether the service level met its target."""
    if not table.rows:
        return table
    counts = [place for place, column in enumerate(table.columns) if column.key in VOLUMES]
    at = max(counts, default=0) + 1
    level = next((place for place, column in enumerate(table.columns) if column.key == "service_level"), None)
    usual = Column("usual", USUAL, "number", minor=True)
    late = Column("late", Text("超时或放弃", "Late or abandoned"), "count")
    met = Column("met", Text("达标", "Met"), "flag")

    def row(cells: tuple[Cell, ...], one: Interval) -> tuple[Cell, ...]:
        counted = tuple(0 if place in counts and cell is None else cell for place, cell in enumerate(cells))
        value = cells[level] if level is not None else None
        is_met = None if value is None or target is None else as_float(value) >= target
        usually = None if one.usual is None else round(one.usual, 1)
        return (*counted[:at], usually, *counted[at:], one.late, is_met)

    total = table.total and (*table.total[:at], None, *table.total[at:], sum(one.late or 0 for one in intervals), None)
    return Table(
        table.id,
        table.title,
        (*table.columns[:at], usual, *table.columns[at:], late, met),
        tuple(row(cells, one) for cells, one in zip(table.rows, intervals, strict=True)),
        total,
        table.note,
    )


def _parts(window: Window) -> Section:
    tables = [table for by in PARTS if (table := parts_table(window, by, (*RATES, *PEOPLE)))]
    return Section("parts", Text("按队列与业务", "By queue and business"), tables=tuple(tables))


def _part_surges(window: Window) -> Table:
    """Products, topics and queues, and the centre as a whole, that had more calls on the day than the analysis lets expect: the least likely
    by chance first."""
    day = window.first_day
    found = sorted(
        window.source.analysed("surge", day, day),
        key=lambda one: (one["p_value"], one["usual_calls"] - one["calls"], one["dimension"], one["part"]),
    )
    judged = sum(one["judged"] or 0 for one in window.source.analysed("surge_watch", day, day))
    rows = tuple(
        (
            DIMENSIONS.get(one["dimension"], ALL),
            window.label(one["dimension"], one["part"]) if one["part"] else ALL,
            one["calls"],
            round(one["usual_calls"], 1),
            one["calls"] - round(one["usual_calls"], 1),
            one["calls"] / one["usual_calls"],
        )
        for one in found[:LISTED]
    )
    more = len(found) - len(rows)
    left = Text(f"另有 {more} 项未列出，见运营分析。", f"{more} more are not listed: see the call-centre analysis.")
    columns = (
        Column("dimension", Text("维度", "By"), "name"), Column("part", Text("项", "Part"), "name"),
        Column("calls", Text("来电", "Calls"), "count"), Column("usual", USUAL, "number"),
        Column("more", Text("多出", "More"), "number"), Column("times", Text("倍数", "Times"), "number"),
    )  # fmt: skip
    return Table(
        "part_surges", Text("产品、主题与队列突增", "Surges by product, topic and queue"), columns, rows,
        note=Text.joined(PART_NOTE, left if more else None, between=" "),
        empty=Text("没有突增", "No surge") if judged else Text("未作判定", "Nothing was judged"),
    )  # fmt: skip


def _alarms(window: Window, intervals: Sequence[Interval]) -> Section:
    """What needs somebody: half hours that missed the target, those where it was lost most first; surges of half hours and of parts;
    incidents, those too that the checks of the morning after opened."""
    missed, _ = _missed(window, intervals)
    lost = sorted(missed, key=lambda one: (-(one.late or 0), one.clock))
    columns = (
        CLOCK,
        Column("offered", VOLUMES["offered"].title, "count"),
        Column(
            "service_level", window.definition("service_level").name, "percent", target=window.target("service_level")
        ),
        Column("late", Text("超时或放弃", "Late or abandoned"), "count"),
    )
    rows = tuple((one.clock, one.offered, one.values["service_level"].value, one.late) for one in lost)
    surges = tuple(
        (one.clock, one.offered, round(one.usual or 0, 1), one.offered - round(one.usual or 0, 1))
        for one in intervals
        if one.is_surge
    )
    surge_columns = (
        *columns[:2], Column("usual", USUAL, "number"), Column("more", Text("多出", "More"), "number"),
    )  # fmt: skip
    has_usual = any(one.usual is not None for one in intervals)
    none = Text("没有话务突增", "No surge") if has_usual else Text("没有可比的往日", "No day before it to compare with")
    return Section(
        "alarms",
        Text("告警", "Alarms"),
        tables=(
            Table(
                "missed", Text("未达标时段", "Half hours below target"), columns, rows,
                note=Text("服务水平低于目标的半小时，损失通话最多的在前。", "Below the target of the service level, where most calls were lost first."),
                empty=Text("所有时段均达标", "No half hour was below its target"),
            ),
            Table("surges", Text("话务突增", "Surges of calls"), surge_columns, surges, note=SURGE_NOTE, empty=none),
            _part_surges(window),
            incident_table(window, window.last_day + timedelta(days=1)),
        ),
    )  # fmt: skip
