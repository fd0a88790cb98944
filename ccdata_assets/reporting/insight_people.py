"""Agents, teams and queues beside what chance and tenure let expect: funnels, growth, and how many recordings were reviewed. Agents are shown
as their key is published; who lies within the limits is neither better nor worse than another."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from ccdata_assets.analysis.declared import load_analysis
from ccdata_assets.reporting.insight_words import MEASURES, VERDICTS
from ccdata_assets.reporting.measures import DIMENSIONS, Window, ratio, record_table
from ccdata_assets.reporting.model import Chart, Section, Table, Text, Unit

SHORT: Final = 6  # characters of a key that tell two agents apart
LIMITS: Final = ("lower_95", "upper_95", "lower_998", "upper_998")
GROWTH_UNITS: Final[dict[str, Unit]] = {
    "aht": "seconds",
    "calls_per_hour": "number",
    "csat": "percent",
    "qa": "percent",
}


def funnel_section(month: Window) -> Section:
    """One funnel a measure and kind of part that has enough of them."""
    rows = month.source.analysed("funnel", month.first_day, month.last_day)
    tables, charts, marked = [], [], []
    judged = sorted(
        (row for row in rows if row["verdict"] != "too_few"),
        key=lambda row: (row["measure"], row["dimension"], row["total"], row["part"]),
    )
    for (measure, dimension), group in groupby(judged, key=lambda row: (row["measure"], row["dimension"])):
        parts = [
            {**row, "name": _name(month, dimension, row["part"]), "word": VERDICTS[row["verdict"]]} for row in group
        ]
        marked += [
            {**row, "measure": MEASURES[measure], "by": DIMENSIONS[dimension]}
            for row in parts
            if row["verdict"] != "within"
        ]
        title = Text(
            f"{MEASURES[measure].zh}（按{DIMENSIONS[dimension].zh}）",
            f"{MEASURES[measure].en} by {DIMENSIONS[dimension].en.lower()}",
        )
        phi = parts[0]["dispersion"]
        note = (
            Text(f"离散度 {phi:.2f}，界限已相应放宽。", f"Dispersion {phi:.2f}; the limits are wider accordingly.")
            if phi > 1
            else None
        )
        table = record_table(
            f"{measure}_{dimension}", title,
            {"name": (DIMENSIONS[dimension], "name"), "total": (Text("分母", "Of"), "count"), "met": (Text("分子", "Met"), "count"),
             "rate": (Text("比率", "Rate"), "percent"), "centre": (Text("总体", "All"), "percent"), "lower_95": (Text("95%下限", "95% from"), "percent"),
             "upper_95": (Text("95%上限", "95% to"), "percent"), "lower_998": (Text("99.8%下限", "99.8% from"), "percent"),
             "upper_998": (Text("99.8%上限", "99.8% to"), "percent"), "word": (Text("判定", "Verdict"), "name")}, parts,
        )  # fmt: skip
        tables.append(Table(table.id, table.title, table.columns, table.rows, note=note))
        charts.append(
            Chart(
                f"funnel_{measure}_{dimension}",
                title,
                "points",
                table.id,
                "total",
                ("rate",),
                limits=("centre", *LIMITS),
            )
        )
    few = len(rows) - len(judged)
    said = record_table(
        "marked", Text("超出界限者", "Beyond the limits"),
        {"measure": (Text("指标", "Measure"), "name"), "by": (Text("维度", "By"), "name"), "name": (Text("对象", "Part"), "name"),
         "rate": (Text("比率", "Rate"), "percent"), "centre": (Text("总体", "All"), "percent"), "total": (Text("分母", "Of"), "count"), "word": (Text("判定", "Verdict"), "name")},
        sorted(marked, key=lambda row: (row["verdict"] != "outside", row["measure"], row["name"])),
    )  # fmt: skip
    empty = (
        Text("无人超出界限。", "Nobody is beyond the limits.")
        if judged
        else Text("样本不足，未作判定。", "Not enough data to judge anybody.")
    )
    note = Text(
        f"界限内的差异与偶然无异，不作排名。95% 界限之外每 20 个本就约有 1 个；99.8% 之外才值得追问。另有 {few} 个对象样本不足，未判定。",
        f"Differences within the limits are as chance gives them and are no ranking. About 1 in 20 lies beyond 95% anyway; beyond 99.8% it is worth asking why. {few} more have too little to judge.",
    )  # fmt: skip
    if rows:
        tables.insert(0, Table(said.id, said.title, said.columns, said.rows, empty=empty))
    return Section(
        "outliers",
        Text("离群（漏斗图）", "Outliers (funnel plots)"),
        note if rows else None,
        tables=tuple(tables),
        charts=tuple(charts),
    )


def growth_section(month: Window) -> Section:
    """What agents do by tenure, and who was outside that for weeks."""
    bands = month.source.analysed("growth_band", month.first_day, month.last_day)
    weeks = month.source.analysed("growth_agent", month.first_day, month.last_day)
    settings = load_analysis().growth
    tables, charts = [], []
    for measure, unit in GROWTH_UNITS.items():
        rows = [
            {**row, "tenure": _tenure(row)} for row in bands if row["measure"] == measure and row["middle"] is not None
        ]
        if not rows:
            continue
        title = Text(f"{MEASURES[measure].zh}随司龄", f"{MEASURES[measure].en} by tenure")
        tables.append(
            record_table(
                f"tenure_{measure}", title,
                {"tenure": (Text("入职后周数", "Weeks since hired"), "text"), "low": (Text("10%分位", "10% below"), unit), "middle": (Text("中位", "Median"), unit),
                 "high": (Text("90%分位", "90% below"), unit), "agents": (Text("坐席", "Agents"), "count")}, rows,
            )
        )  # fmt: skip
        charts.append(
            Chart(f"tenure_{measure}", title, "line", f"tenure_{measure}", "tenure", ("low", "middle", "high"))
        )
    marked = _marked(month, weeks)
    listed = record_table(
        "marked_agents", Text("连续多周在预期之外", "Outside the band for weeks"),
        {"agent": (Text("坐席", "Agent"), "name"), "measure": (Text("指标", "Measure"), "name"), "side": (Text("位置", "Side"), "name"),
         "weeks": (Text("连续周数", "Weeks in a row"), "count"), "week": (Text("最近一周", "Last week"), "date"), "tenure": (Text("司龄周", "Weeks since hired"), "count")}, marked,
    )  # fmt: skip
    compared = any(row["side"] is not None for row in weeks)
    empty = (
        Text("无人连续多周在预期之外。", "Nobody was outside the band for so long.")
        if compared
        else Text("同司龄坐席不足，无预期可比。", "Too few agents of a tenure to expect anything.")
    )
    note = Text(
        f"同司龄坐席（至少 {settings.agents} 人）的 {settings.band[0]:.0%}–{settings.band[1]:.0%} 区间；连续 {settings.marked} 周在同侧之外才标记。",
        f"Between {settings.band[0]:.0%} and {settings.band[1]:.0%} of the agents of that tenure, at least {settings.agents} of them; marked after {settings.marked} weeks in a row on the same side.",
    )
    if bands or weeks:
        tables.insert(0, Table(listed.id, listed.title, listed.columns, listed.rows, empty=empty))
    return Section("growth", Text("坐席成长曲线", "Growth of agents"), note, tables=tuple(tables), charts=tuple(charts))


def review_section(month: Window) -> Section:
    """Recordings reviewed by age of the campaign, beside the plan."""
    rows = month.source.analysed("review_coverage", month.first_day, month.last_day)
    shown = [
        {
            **row,
            "share": (share := ratio(row["reviewed"], row["recordings"])),
            "is_met": None if share is None else share >= row["planned_share"],
        }
        for row in rows
    ]
    table = record_table(
        "coverage", Text("按项目周次", "By week of the campaign"),
        {"campaign": (DIMENSIONS["campaign"], "text"), "campaign_week": (Text("项目第几周", "Week of the campaign"), "count"),
         "recordings": (Text("录音", "Recordings"), "count"), "reviewed": (Text("已质检", "Reviewed"), "count"), "share": (Text("质检比例", "Share"), "percent"),
         "planned_share": (Text("计划", "Planned"), "percent"), "is_met": (Text("达标", "Met"), "flag")}, shown,
    )  # fmt: skip
    plan = "、".join(
        f"第 {step.until_week} 周前 {step.share:.0%}" if step.until_week else f"其后 {step.share:.0%}"
        for step in load_analysis().review_plan
    )
    plan_en = ", ".join(
        f"to week {step.until_week} {step.share:.0%}" if step.until_week else f"then {step.share:.0%}"
        for step in load_analysis().review_plan
    )
    note = Text(
        f"录音：有人接听的外呼；第 0 周在项目开始之前。计划：{plan}。",
        f"Recordings: dials that somebody answered; week 0 lies before the campaign’s start. Plan: {plan_en}.",
    )
    return Section("reviews", Text("录音质检覆盖", "Recordings reviewed"), note, tables=(table,))


def _marked(month: Window, weeks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last marked week of each agent and measure, the longest runs first."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for row in weeks:
        if row["is_marked"]:
            last[row["agent_key"], row["measure"]] = row
    sides = {-1: Text("低于", "below"), 1: Text("高于", "above")}
    return [
        {"agent": _name(month, "agent", row["agent_key"]), "measure": MEASURES[row["measure"]], "side": sides[row["side"]],
         "weeks": row["weeks_outside"], "week": row["week_start"], "tenure": row["tenure_week"]}
        for row in sorted(last.values(), key=lambda row: (-row["weeks_outside"], row["measure"], row["agent_key"]))
    ]  # fmt: skip


def _name(month: Window, dimension: str, part: str) -> Text:
    if dimension != "agent":
        return month.label(dimension, part)
    return month.names.get("agent", {}).get(part) or Text.same(part[:SHORT])


def _tenure(row: dict[str, Any]) -> str:
    first, until = row["tenure_week"], row["until_week"]
    return f"{first}+" if until is None else str(first) if until == first + 1 else f"{first}–{until - 1}"
