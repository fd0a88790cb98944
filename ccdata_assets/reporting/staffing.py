"""Staffing and rosters (坐席需求与班表): the agents that the days of the month were planned to need, by queue and as one pool, and the roster of
these days with its gaps. Everything is as it was planned at the report's `as_of`; agents stand by their keys."""

from collections.abc import Sequence
from typing import Any, Final

from ccdata_assets.reporting.measures import Month, ratio, record_table
from ccdata_assets.reporting.model import Chart, Figure, Section, Text, Unit

TITLE: Final = Text("坐席需求与班表", "Staffing and roster")
NEEDED: Final = Text("坐席需求", "Agents needed")
POOLED: Final = Text("合并队列", "All queues pooled")
NO_PLAN: Final = Text("本期没有测算坐席需求", "No staffing was planned for this period")
NO_ROSTER: Final = Text("本期没有班表", "No roster was made for this period")
DAYS: Final[dict[str, tuple[Text, Unit]]] = {
    "day": (Text("日期", "Day"), "date"),
    "calls": (Text("计划来电", "Calls planned"), "number"),
    "peak": (Text("峰值在线坐席", "Most agents on the phone"), "count"),
    "agent_hours": (Text("在线坐席小时", "Agent hours on the phone"), "number"),
    "rostered_hours": (Text("排班小时", "Hours rostered"), "number"),
    "service": (Text("预计服务水平", "Service level expected"), "percent"),
    "abandoned": (Text("预计放弃率", "Abandoned, expected"), "percent"),
    "occupancy": (Text("预计占用率", "Occupancy expected"), "percent"),
}
HOURS: Final[dict[str, tuple[Text, Unit]]] = {
    "hour": (Text("时段", "Hour"), "hour"),
    "calls": (Text("每小时来电", "Calls an hour"), "number"),
    "agents": (Text("在线坐席", "Agents on the phone"), "number"),
    "rostered": (Text("排班人数", "Agents rostered"), "number"),
}
QUEUES: Final[dict[str, tuple[Text, Unit]]] = {
    "name": (Text("队列", "Queue"), "name"),
    "calls": (Text("计划来电", "Calls planned"), "number"),
    "handling": (Text("平均处理时长", "Mean handling time"), "seconds"),
    "patience": (Text("平均耐心", "Mean patience"), "seconds"),
    "estimated": (Text("耐心由来电估计", "Patience estimated from calls"), "flag"),
    "agent_hours": (Text("在线坐席小时", "Agent hours on the phone"), "number"),
    "rostered_hours": (Text("排班小时", "Hours rostered"), "number"),
    "target": (Text("服务水平目标", "Service level aimed at"), "percent"),
    "within": (Text("时限", "Within"), "seconds"),
    "service": (Text("预计服务水平", "Service level expected"), "percent"),
}
POOLS: Final[dict[str, tuple[Text, Unit]]] = {
    "name": (Text("数据来源", "Feed"), "name"),
    "alone": (Text("分队列坐席小时", "Agent hours, separate"), "number"),
    "pooled": (Text("合并坐席小时", "Agent hours, pooled"), "number"),
    "saved": (Text("节省小时", "Hours saved"), "number"),
    "share": (Text("节省比例", "Share saved"), "percent"),
}
ROSTER_DAYS: Final[dict[str, tuple[Text, Unit]]] = {
    "day": (Text("日期", "Day"), "date"),
    "shifts": (Text("班次", "Shifts"), "count"),
    "required": (Text("需求小时", "Hours required"), "number"),
    "present": (Text("在岗小时", "Hours present"), "number"),
    "missing": (Text("缺口小时", "Hours missing"), "number"),
    "short": (Text("缺人时段", "Intervals short"), "count"),
    "worst": (Text("最大缺口(人)", "Most agents missing"), "number"),
}
AGENTS: Final[dict[str, tuple[Text, Unit]]] = {
    "agent": (Text("坐席代号", "Agent key"), "code"),
    "shifts": (Text("班次", "Shifts"), "count"),
    "hours": (Text("计薪小时", "Paid hours"), "number"),
    "weekend": (Text("周末班次", "Weekend shifts"), "count"),
    "nights": (Text("跨夜班次", "Shifts over midnight"), "count"),
}
NOTE: Final = Text(
    "按每个时段的来电与处理时长，用Erlang A（或C）求满足服务水平、占用率与放弃率限制的最少坐席，再计损耗。合并队列假设每位坐席能接所有队列；每个时段视为独立的稳态，上一时段遗留的排队未计入，见 ccdata staff simulate。",
    "The fewest agents that keep to service level, occupancy and abandonment by Erlang A (or C) for each interval's calls and handling time, then shrinkage. A pool assumes that every agent takes all queues. Each interval is taken as steady: a queue left by the one before is not counted, see ccdata staff simulate.",
)
ROSTER_NOTE: Final = Text(
    "在劳动规则之内，先求缺人最少，再求富余最少，再求公平与偏好。缺口为需求减在岗（已除去休息）。",
    "Within the labour rules the fewest missing come first, then the fewest to spare, then what is fair and preferred. A gap is what is required less who is present, breaks taken off.",
)
_PLAN: Final = """with known as (
        select * from planning.staffing where local_date between $first and $last and epoch_us(as_of) <= $until
        qualify row_number() over (partition by feed, queue, local_interval, minutes order by as_of desc, rowid desc) = 1),
    -- of intervals of several lengths those planned last
    plan as (select * from known qualify minutes = last_value(minutes) over (partition by feed, local_date order by as_of rows between unbounded preceding and unbounded following))
"""
_ROSTER: Final = """with made as (
        select local_date, arg_max(roster_id, (as_of, pos)) as roster_id
        from (select *, rowid as pos from planning.roster_gap where local_date between $first and $last and epoch_us(as_of) <= $until) group by local_date)
"""


def staffing_sections(month: Month) -> Sequence[Section]:
    """What the days of the month were planned to need, and their roster."""
    return (needed_section(month), roster_section(month))


def needed_section(month: Month) -> Section:
    """Agents needed by day, hour and queue; pooled against separate."""
    plan = _Plan(month)
    days, hours, queues, pools = plan.days(), plan.hours(), plan.queues(), plan.pools()
    tables = (
        record_table("days", Text("每日", "By day"), DAYS, days),
        record_table("hours", Text("一天之内（各日平均）", "Within the day, mean of days"), HOURS, hours),
        record_table("queues", Text("各队列", "By queue"), QUEUES, queues),
        record_table("pools", Text("合并与分队列", "Pooled and separate"), POOLS, pools),
    )
    charts = (
        Chart("agents_by_hour", Text("各时段坐席", "Agents by hour"), "line", "hours", "hour", ("agents", "rostered")),
        Chart("hours_by_day", Text("每日坐席小时", "Agent hours by day"), "bar", "days", "day", ("agent_hours", "rostered_hours")),
    )  # fmt: skip
    whole = {name: sum(day[name] for day in days) for name in ("calls", "agent_hours", "rostered_hours")}
    figures = (
        Figure("planned_calls", Text("计划来电", "Calls planned"), "number", whole["calls"]),
        Figure("agent_hours", Text("在线坐席小时", "Agent hours on the phone"), "number", whole["agent_hours"]),
        Figure("rostered_hours", Text("排班小时", "Hours rostered"), "number", whole["rostered_hours"]),
        Figure("peak_agents", Text("峰值在线坐席", "Most agents on the phone"), "count", max((day["peak"] for day in days), default=None)),
    ) if days else ()  # fmt: skip
    return Section("staffing", NEEDED, NOTE if days else NO_PLAN, figures, tables, charts if days else ())


def roster_section(month: Month) -> Section:
    """The roster by day and agent, and its gaps."""
    days, agents = _roster_days(month), _roster_agents(month)
    tables = (
        record_table("roster_days", Text("每日", "By day"), ROSTER_DAYS, days),
        record_table("roster_agents", Text("各坐席", "By agent"), AGENTS, agents),
    )
    if not days:
        return Section("roster", Text("班表", "Roster"), NO_ROSTER, (), tables)
    required, missing = (sum(day[name] for day in days) for name in ("required", "missing"))
    figures = (
        Figure("required_hours", Text("需求小时", "Hours required"), "number", required),
        Figure("missing_hours", Text("缺口小时", "Hours missing"), "number", missing, direction="down"),
        Figure("covered", Text("覆盖率", "Share covered"), "percent", ratio(required - missing, required), direction="up"),
    )  # fmt: skip
    chart = Chart("coverage", Text("需求与在岗", "Required and present"), "bar", "roster_days", "day", ("required", "present", "missing"))  # fmt: skip
    return Section("roster", Text("班表", "Roster"), ROSTER_NOTE, figures, tables, (chart,))


def _values(month: Month) -> dict[str, Any]:
    until = round(month.source.as_of.timestamp() * 1_000_000)
    return {"first": month.first_day, "last": month.last_day, "until": until}


class _Plan:
    """The newest plan of each interval of the month: of a feed its pool where it has one, else its queues."""

    def __init__(self, month: Month) -> None:
        self._month = month

    def _rows(self, sql: str) -> list[Any]:
        return self._month.source._rows("planning.staffing", _PLAN + sql, _values(self._month))  # type: ignore[arg-type]

    def days(self) -> list[dict[str, Any]]:
        """One record a day, over all feeds."""
        rows = self._rows(f""", chosen as (select * from plan qualify is_pooled or not bool_or(is_pooled) over (partition by feed, local_date)),
            by_interval as (select local_date, local_interval, sum(agents) as agents from chosen group by all)
            select local_date, sum(calls), (select max(agents) from by_interval as b where b.local_date = c.local_date), sum(agents * minutes) / 60, sum(rostered * minutes) / 60,
                {_BY_CALLS.format("answered_within_share")}, {_BY_CALLS.format("abandoned_share")},
                sum(occupancy_share * agents * minutes) / nullif(sum(agents * minutes), 0)
            from chosen as c group by all order by local_date""")  # fmt: skip
        return [dict(zip(DAYS, row, strict=True)) for row in rows]

    def hours(self) -> list[dict[str, Any]]:
        """One record an hour of the day: the mean of the days planned."""
        rows = self._rows(""", chosen as (select * from plan qualify is_pooled or not bool_or(is_pooled) over (partition by feed, local_date)),
            days as (select count(distinct local_date) as days from chosen)
            select hour(local_interval) as hour, sum(calls) / any_value(days), sum(agents * minutes) / 60 / any_value(days), sum(rostered * minutes) / 60 / any_value(days)
            from chosen cross join days group by hour order by hour""")  # fmt: skip
        return [{"hour": f"{hour:02}", "calls": calls, "agents": agents, "rostered": rostered} for hour, calls, agents, rostered in rows]  # fmt: skip

    def queues(self) -> list[dict[str, Any]]:
        """One record a queue, and one for each pool."""
        rows = self._rows(f"""select feed, queue, sum(calls), {_BY_CALLS.format("mean_handling_s")}, {_BY_CALLS.format("mean_patience_s")}, bool_and(patience_from = 'calls'),
                sum(agents * minutes) / 60, sum(rostered * minutes) / 60, max(target_share), min(within_s), {_BY_CALLS.format("answered_within_share")}
            from plan group by feed, queue order by feed, queue = '*', queue""")  # fmt: skip
        return [
            dict(zip(QUEUES, (self._name(feed, queue), *rest), strict=True)) for feed, queue, *rest in rows
        ]  # fmt: skip

    def pools(self) -> list[dict[str, Any]]:
        """One record a feed that has a pool: agent hours of its queues alone and of the pool."""
        rows = self._rows("""select feed, sum(agents * minutes) filter (not is_pooled) / 60 as alone, sum(agents * minutes) filter (is_pooled) / 60 as pooled
            from plan group by feed having pooled is not null and alone is not null order by feed""")  # fmt: skip
        return [
            {"name": self._name(feed, None), "alone": alone, "pooled": pooled, "saved": alone - pooled, "share": ratio(alone - pooled, alone)}
            for feed, alone, pooled in rows
        ]  # fmt: skip

    def _name(self, feed: str, queue: str | None) -> Text:
        name = self._month.feeds[feed][0] if feed in self._month.feeds else Text.same(feed) if feed else None
        of_queue = POOLED if queue == "*" else Text.same(queue) if queue else None
        return Text.joined(name, of_queue) if name or of_queue else Text("全部", "All")


_BY_CALLS: Final = "sum({0} * calls) filter ({0} is not null) / nullif(sum(calls) filter ({0} is not null), 0)"


def _roster_days(month: Month) -> list[dict[str, Any]]:
    rows = month.source._rows(
        "planning.roster_gap",
        _ROSTER
        + """, shifts as (select local_date, count(*) as shifts from planning.roster join made using (local_date, roster_id) group by local_date)
        select local_date, coalesce(any_value(shifts), 0), sum(required * minutes) / 60, sum(present * minutes) / 60, sum(greatest(0, -gap) * minutes) / 60,
            count(*) filter (gap < 0), greatest(0, -min(gap))
        from planning.roster_gap join made using (local_date, roster_id) left join shifts using (local_date) group by local_date order by local_date""",
        _values(month),  # type: ignore[arg-type]
    )
    return [dict(zip(ROSTER_DAYS, row, strict=True)) for row in rows]


def _roster_agents(month: Month) -> list[dict[str, Any]]:
    rows = month.source._rows(
        "planning.roster",
        _ROSTER
        + """select agent_key, count(*), sum(paid_s) / 3600, count(*) filter (isodow(local_date) >= 6), count(*) filter (cast(local_to as date) > local_date)
        from planning.roster join made using (local_date, roster_id) group by agent_key order by agent_key""",
        _values(month),  # type: ignore[arg-type]
    )
    return [dict(zip(AGENTS, row, strict=True)) for row in rows]
