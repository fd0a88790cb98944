"""The analysis of calls in the month (运营分析): how long callers waited and were served, when they called, who called again, which days surged,
who is owed a call. What goes with what is in `insight_links`, agents and outliers in `insight_people`. Nothing is computed here but means."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from ccdata_assets.analysis.declared import load_analysis
from ccdata_assets.metrics.thresholds import load_thresholds
from ccdata_assets.reporting.insight_links import case_section, satisfaction_section, topic_section
from ccdata_assets.reporting.insight_people import funnel_section, growth_section, review_section
from ccdata_assets.reporting.insight_words import MEASURES, OUTCOMES, REASONS, WEEKDAYS, code_names, span
from ccdata_assets.reporting.measures import ALL, DIMENSIONS, Window, as_float, ratio, record_table
from ccdata_assets.reporting.model import Chart, Column, Figure, Section, Table, Text, Unit

TITLE: Final = Text("运营分析", "Call-centre analysis")
PARTS: Final = ("all", "feed", "queue", "business_type", "outcome")
PERCENTILES: Final = ("p50", "p80", "p90", "p95", "p99")
NOTHING: Final = Text(
    "本月未发现突增；所判定的天数与数量见下表。", "No surge in the month; the table below says what was judged."
)
FEW_DAYS: Final = Text("历史天数不足，未作判定。", "Too few days before to judge by.")


def insight_sections(month: Window) -> tuple[Section, ...]:
    """Every analysis of the month; one with too little to go by says so. None of a month without any."""
    if not month.source.is_analysed(month.first_day, month.last_day):
        return ()
    return (
        _durations(month, "wait"),
        _durations(month, "handling"),
        _volume(month),
        _surges(month),
        satisfaction_section(month),
        case_section(month),
        topic_section(month),
        _repeat(month),
        _callbacks(month),
        funnel_section(month),
        growth_section(month),
        review_section(month),
    )


def _durations(month: Window, measure: str) -> Section:
    """Percentiles by part, and the histogram of all."""
    title = MEASURES[measure]
    rows = [
        row
        for row in month.source.analysed("distribution", month.first_day, month.last_day)
        if row["measure"] == measure
    ]
    rows.sort(key=lambda row: (PARTS.index(row["dimension"]), -row["calls"], row["part"]))
    columns: dict[str, tuple[Text, Unit]] = {
        "by": (Text("维度", "By"), "name"),
        "name": (Text("部分", "Part"), "name"),
        "calls": (Text("通话量", "Calls"), "count"),
        "mean": (Text("平均(秒)", "Mean (s)"), "seconds"),
        **{name: (Text(f"{name[1:]}分位(秒)", f"{name[1:]}% within (s)"), "seconds") for name in PERCENTILES},
        "longest": (Text("最长(秒)", "Longest (s)"), "seconds"),
    }
    outcomes = code_names("outcome")
    named = [
        {
            **row,
            "by": ALL if row["dimension"] == "all" else OUTCOMES if row["dimension"] == "outcome" else DIMENSIONS[row["dimension"]],
            "name": ALL if row["dimension"] == "all" else outcomes.get(row["part"], month.label(row["dimension"], row["part"])),
        }
        for row in rows
    ]  # fmt: skip
    bins = [
        row for row in month.source.analysed("distribution_bin", month.first_day, month.last_day)
        if row["measure"] == measure and row["dimension"] == "all"
    ]  # fmt: skip
    counted = {row["bin_from_s"]: row["calls"] for row in bins}
    edges = load_analysis().bins.wait if measure == "wait" else load_analysis().bins.handling
    whole, running, drawn = sum(counted.values()), 0, []
    for place, edge in enumerate(edges if bins else ()):
        running += counted.get(edge, 0)
        until = edges[place + 1] if place + 1 < len(edges) else None
        drawn.append(
            {
                "bin": span(edge, until),
                "calls": counted.get(edge, 0),
                "share": ratio(counted.get(edge, 0), whole),
                "upto": ratio(running, whole),
            }
        )
    histogram = record_table(
        "bins", Text("直方图", "Histogram"),
        {"bin": (Text("秒", "Seconds"), "text"), "calls": (Text("通话量", "Calls"), "count"), "share": (Text("占比", "Share"), "percent"),
         "upto": (Text("累计", "Up to here"), "percent")}, drawn,
    )  # fmt: skip
    figures = tuple(
        Figure(f"{measure}_{name}", Text.joined(title, words, between=" "), "seconds", row[name])
        for row in named[:1]
        for name, words in (
            ("mean", Text("平均", "mean")), ("p50", Text("中位数", "median")), ("p80", Text("80分位", "80% within")),
            ("p95", Text("95分位", "95% within")), ("p99", Text("99分位", "99% within")),
        )
    )  # fmt: skip
    note = Text(
        "等待：进入队列的来电从入队到应答或放弃。" if measure == "wait" else "处理：应答来电的通话、保持与话后处理之和。",
        "Wait: calls that came to a queue, until they were answered or given up." if measure == "wait"
        else "Handling: talk, hold and after-call work of answered calls.",
    )  # fmt: skip
    charts = (
        Chart(
            f"{measure}_bins",
            Text.joined(title, Text("分布", "distribution"), between=" "),
            "bar",
            "bins",
            "bin",
            ("calls",),
        ),
    )
    table = record_table("percentiles", Text("分位数", "Percentiles"), columns, named)
    return Section(measure, title, note, figures, (table, histogram), charts)


def _volume(month: Window) -> Section:
    """Calls of an average day by weekday (columns) and hour, then half hour (rows)."""
    rows = [
        row
        for row in month.source.analysed("volume_pattern", month.first_day, month.last_day)
        if row["dimension"] == "all"
    ]
    days = {row["weekday"]: row["days"] for row in rows}
    tables = [
        _heat(rows, days, "hours", Text("星期 × 小时", "Weekday × hour"), 2),
        _heat(rows, days, "half_hours", Text("星期 × 半小时", "Weekday × half hour"), 5),
    ]
    entered = {day: sum(row["entered"] for row in rows if row["weekday"] == day) for day in days}
    weekday = record_table(
        "weekdays", Text("按星期", "By weekday"),
        {"weekday": (Text("星期", "Weekday"), "name"), "days": (Text("天数", "Days"), "count"), "entered": (Text("来电", "Calls"), "count"),
         "mean": (Text("日均来电", "Calls a day"), "number")},
        [{"weekday": WEEKDAYS[day - 1], "days": days[day], "entered": entered[day], "mean": _mean(entered[day], days[day])} for day in sorted(days)],
    )  # fmt: skip
    charts = (
        Chart(
            "weekday_volume", Text("各星期日均来电", "Calls a day by weekday"), "bar", "weekdays", "weekday", ("mean",)
        ),
    )
    return Section("volume", Text("话务热力图", "Calls by weekday and time"), tables=(*tables, weekday), charts=charts)


def _heat(rows: list[dict[str, Any]], days: dict[int, int], table_id: str, title: Text, characters: int) -> Table:
    """Calls of an average weekday by time of day, its first `characters` telling the row; the deeper the more."""
    entered: dict[tuple[str, int], int] = defaultdict(int)
    for row in rows:
        entered[row["half_hour"][:characters], row["weekday"]] += row["entered"]
    mean = {(time, day): _mean(calls, days[day]) for (time, day), calls in entered.items()}
    deepest = max((calls for calls in mean.values() if calls is not None), default=0.0) or None
    columns = (
        Column("time", Text("时段", "Time"), "text"),
        *(Column(f"weekday:{day}", Text(f"{name.zh}（{days.get(day, 0)} 天）", f"{name.en} ({days.get(day, 0)})"), "number", deepest=deepest)
          for day, name in enumerate(WEEKDAYS, 1)),
    )  # fmt: skip
    shown = tuple(
        (f"{time}:00" if characters == 2 else time, *(mean.get((time, day)) for day in range(1, 8)))
        for time in sorted({time for time, _ in entered})
    )
    note = Text(
        "每格为该星期几、该时段的日均来电；没有来电的日子也计入天数。",
        "Each cell: inbound calls of an average such weekday at that time; days without a call count as days.",
    )
    return Table(table_id, title, columns, shown, note=note)


def _mean(calls: int, days: int) -> float | None:
    return round(calls / days, 2) if days else None


def _surges(month: Window) -> Section:
    surges = month.source.analysed("surge", month.first_day, month.last_day)
    watched: dict[str, dict[str, Any]] = defaultdict(lambda: {"days": 0, "judged": 0, "surges": 0})
    for row in month.source.analysed("surge_watch", month.first_day, month.last_day):
        one = watched[row["dimension"]]
        one["days"] += 1
        one["judged"] += row["judged"]
        one["surges"] += row["surges"]
    names = {"all": ALL, **DIMENSIONS}
    found = record_table(
        "surges", Text("突增", "Surges"),
        {"local_date": (Text("日期", "Day"), "date"), "said": (Text("说明", "What was found"), "name"), "calls": (Text("来电", "Calls"), "count"),
         "usual_calls": (Text("预期", "Expected"), "number"), "times": (Text("倍数", "Times"), "number"), "dispersion": (Text("历史离散度", "Past dispersion"), "number")},
        [{**row, "said": Text(row["zh"], row["en"]), "usual_calls": round(row["usual_calls"], 1), "times": round(row["calls"] / row["usual_calls"], 2),
          "dispersion": round(row["dispersion"], 2)} for row in surges],
    )  # fmt: skip
    judged = sum(one["judged"] for one in watched.values())
    found = Table(found.id, found.title, found.columns, found.rows, empty=NOTHING if judged else FEW_DAYS)
    looked = record_table(
        "watched", Text("监测范围", "What was judged"),
        {"name": (Text("维度", "By"), "name"), "days": (Text("天数", "Days"), "count"), "judged": (Text("判定数", "Judged"), "count"),
         "surges": (Text("突增", "Surges"), "count")},
        [{**one, "name": names[dimension]} for dimension, one in sorted(watched.items())],
    )  # fmt: skip
    limits = load_analysis().surges
    note = Text(
        f"与前 {limits.weeks} 周同一星期几相比；界限随历史波动放宽，并按一天内判定的数量校正：来电平稳时每类每年约 {limits.alarms_a_year:g} 次误报，且须达预期的 {limits.times:g} 倍并多出 {limits.more} 个。",
        f"Against the same weekday of {limits.weeks} weeks before, with limits as wide as the past varies and corrected for all that is judged on a day: "
        f"about {limits.alarms_a_year:g} false alarm a year for each kind on steady calls, and only from {limits.times:g} times as many and {limits.more} more than expected.",
    )  # fmt: skip
    return Section("surges", Text("来电突增", "Surges of calls"), note, tables=(found, looked))


def _repeat(month: Window) -> Section:
    """Customers by their calls, and the days between two of them."""
    rows = month.source.analysed("repeat_caller", month.first_day, month.last_day)
    calls = sorted((row for row in rows if row["measure"] == "calls" and row["band"] != "unknown"), key=_first)
    unknown = sum(row["calls"] for row in rows if row["band"] == "unknown")
    days = sorted((row for row in rows if row["measure"] == "interval"), key=_first)
    customers, known = sum(row["customers"] for row in calls), sum(row["calls"] for row in calls)
    again = [row for row in calls if _first(row) > 1]
    by_calls = record_table(
        "calls", Text("按来电次数", "By number of calls"),
        {"band": (Text("来电次数", "Calls of a customer"), "text"), "customers": (Text("客户", "Customers"), "count"),
         "customer_share": (Text("客户占比", "Of customers"), "percent"), "calls": (Text("来电", "Calls"), "count"), "call_share": (Text("来电占比", "Of calls"), "percent")},
        [{**row, "customer_share": ratio(row["customers"], customers), "call_share": ratio(row["calls"], known)} for row in calls],
    )  # fmt: skip
    whole = sum(row["calls"] for row in days)
    by_days = record_table(
        "days", Text("距上次来电天数", "Days since the call before"),
        {"band": (Text("天数", "Days"), "text"), "calls": (Text("来电", "Calls"), "count"), "share": (Text("占比", "Share"), "percent")},
        [{**row, "share": ratio(row["calls"], whole)} for row in days],
    )  # fmt: skip
    repeated = sum(row["customers"] for row in again), sum(row["calls"] for row in again)
    figures = (
        Figure("repeat_customers", Text("多次来电客户占比", "Customers who called more than once"), "percent", ratio(repeated[0], customers),
               numerator=float(repeated[0]), denominator=float(customers)),
        Figure("repeat_calls", Text("多次来电客户的来电占比", "Calls from such customers"), "percent", ratio(repeated[1], known),
               numerator=float(repeated[1]), denominator=float(known)),
    ) if calls else ()  # fmt: skip
    note = (
        Text(
            f"另有 {unknown:,} 个来电客户未知，不在其中。", f"{unknown:,} more calls of unknown customers are left out."
        )
        if unknown
        else None
    )
    charts = (
        Chart("calls_by_band", Text("客户的来电次数", "Customers by calls"), "bar", "calls", "band", ("customers",)),
        Chart("days_between", Text("两次来电间隔天数", "Days between two calls"), "bar", "days", "band", ("calls",)),
    )
    return Section("repeat", Text("重复来电", "Repeat callers"), note, figures, (by_calls, by_days), charts)


def _first(row: dict[str, Any]) -> int:
    return int(row["band"].rstrip("+").partition("-")[0])


def _callbacks(month: Window) -> Section:
    rows = month.source.analysed("callback", month.first_day, month.last_day)
    keys = ("owed", "in_time", "late", "came_back", "overdue", "waiting")
    kinds = {True: Text("重点客户", "Key customers"), False: Text("其他客户", "Other customers")}
    shown = [{**row, "reason": REASONS[row["reason"]], "kind": kinds[row["is_key_customer"]], "in_time_share": ratio(row["in_time"], row["owed"] - row["waiting"])}
             for row in sorted(rows, key=lambda row: (not row["is_key_customer"], row["reason"]))]  # fmt: skip
    table = record_table(
        "owed", Text("应回拨", "Calls owed"),
        {"kind": (Text("客户", "Customers"), "name"), "reason": (Text("原因", "Reason"), "name"), "owed": (Text("应回拨", "Owed"), "count"),
         "in_time": (Text("按时", "In time"), "count"), "late": (Text("逾时", "Late"), "count"), "came_back": (Text("客户再次来电", "Customer called again"), "count"),
         "overdue": (Text("逾期未回拨", "Overdue"), "count"), "waiting": (Text("未到时限", "Not yet due"), "count"),
         "in_time_share": (Text("按时率", "In time"), "percent")}, shown,
    )  # fmt: skip
    settings = load_analysis()
    overdue = month.source.overdue_callbacks(month.first_day, month.last_day, settings.key_customers) if rows else []
    waiting = record_table(
        "overdue", Text("逾期未回拨的重点客户", "Key customers not called back"),
        {"call_id": (Text("通话编号", "Call"), "text"), "customer_type": (Text("客户类型", "Kind of customer"), "text"), "queue": (Text("队列", "Queue"), "text"),
         "reason": (Text("原因", "Reason"), "name"), "due_at": (Text("应回拨时间", "Due"), "datetime")},
        [{**row, "reason": REASONS[row["reason"]], "due_at": f"{row['due_at']:%Y-%m-%dT%H:%M}"} for row in overdue],
    )  # fmt: skip
    waiting = Table(
        waiting.id,
        waiting.title,
        waiting.columns,
        waiting.rows,
        empty=Text("无", "None") if rows else Text("无数据", "no data"),
    )
    key = [row for row in rows if row["is_key_customer"]]
    sums = {name: sum(as_float(row[name]) for row in key) for name in keys}
    figures = (
        Figure("key_overdue", Text("逾期未回拨的重点客户来电", "Calls of key customers overdue"), "count", sums["overdue"], direction="down", target=0.0),
        Figure("key_in_time", Text("重点客户按时回拨率", "Key customers called back in time"), "percent", ratio(sums["in_time"], sums["owed"] - sums["waiting"]),
               numerator=sums["in_time"], denominator=sums["owed"] - sums["waiting"]),
    ) if key else ()  # fmt: skip
    hours = f"{load_thresholds()['callback_within_s'].value / 3600:g}"
    note = Text(
        f"留言、约定回拨，以及已知客户在短放弃时限之后放弃的来电；应在 {hours} 小时内回拨。",
        f"Voicemails, callbacks agreed, and calls that known customers gave up after the short-abandon threshold; due within {hours} hours.",
    )
    return Section("callbacks", Text("回拨", "Calls owed to customers"), note, figures, (table, waiting))
