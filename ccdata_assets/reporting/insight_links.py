"""What goes with what: satisfaction with time, cases with what they are about, topics with each other. Each says how sure it is, and no more."""

from __future__ import annotations

from typing import Any, Final

from ccdata_assets.analysis.declared import load_analysis
from ccdata_assets.analysis.satisfaction import STRENGTHS
from ccdata_assets.reporting.insight_words import MEASURES, code_names, span
from ccdata_assets.reporting.measures import ALL, DIMENSIONS, Window, ratio, record_table
from ccdata_assets.reporting.model import Chart, Figure, Section, Table, Text

FACTORS: Final = ("wait", "handling", "resolution")
BY: Final = {
    "all": ALL,
    "topic": DIMENSIONS["topic"],
    "complexity": Text("复杂程度", "Complexity"),
    "mood": Text("客户情绪", "Mood"),
}


def satisfaction_section(month: Window) -> Section:
    """How satisfaction goes with wait, handling and resolution, in words, numbers and curves."""
    links = {row["factor"]: row for row in month.source.analysed("satisfaction_link", month.first_day, month.last_day)}
    rows = [{**links[factor], "name": MEASURES[factor], "word": Text(*STRENGTHS[links[factor]["strength"]]), "said": Text(links[factor]["zh"], links[factor]["en"])}
            for factor in FACTORS if factor in links]  # fmt: skip
    table = record_table(
        "links", Text("关联强度", "Strength"),
        {"name": (Text("因素", "Factor"), "name"), "word": (Text("至少", "At least"), "name"), "said": (Text("表述", "In words"), "name"), "answers": (Text("评价数", "Answers"), "count"),
         "rho": (Text("秩相关 ρ", "Spearman’s ρ"), "number"), "rho_low": (Text("95%下限", "95% from"), "number"), "rho_high": (Text("95%上限", "95% to"), "number"),
         "biserial": (Text("点二列相关", "Point-biserial"), "number"), "odds": (Text("时间加倍的几率比", "Odds, time doubled"), "number"),
         "odds_low": (Text("95%下限", "95% from"), "number"), "odds_high": (Text("95%上限", "95% to"), "number")}, rows,
    )  # fmt: skip
    curves = month.source.analysed("satisfaction_curve", month.first_day, month.last_day)
    tables, charts = [table], []
    for factor in FACTORS:
        points = sorted((row for row in curves if row["factor"] == factor), key=lambda row: row["bin_from"])
        if not points:
            continue
        unit = Text("小时", "Hours") if factor == "resolution" else Text("秒", "Seconds")
        title = Text(f"满意度随{MEASURES[factor].zh}", f"Satisfaction by {MEASURES[factor].en.lower()}")
        tables.append(
            record_table(
                f"curve_{factor}", title,
                {"bin": (unit, "text"), "satisfied_share": (Text("满意比例", "Satisfied"), "percent"), "low_share": (Text("95%下限", "95% from"), "percent"),
                 "high_share": (Text("95%上限", "95% to"), "percent"), "answers": (Text("评价数", "Answers"), "count")},
                [{**row, "bin": span(row["bin_from"], row["bin_to"])} for row in points],
            )
        )  # fmt: skip
        charts.append(
            Chart(
                f"curve_{factor}",
                title,
                "line",
                f"curve_{factor}",
                "bin",
                ("satisfied_share", "low_share", "high_share"),
            )
        )
    months = load_analysis().window_months
    note = Text(
        f"本月及之前 {months - 1} 个月的评价。关联不等于因果。",
        f"Answers of the month and the {months - 1} before it. An association is no proof of a cause.",
    )
    return Section(
        "satisfaction", Text("满意度与时间", "Satisfaction and time"), note, tables=tuple(tables), charts=tuple(charts)
    )


def case_section(month: Window) -> Section:
    """Time to resolution of the cases opened in the month, by what they are about."""
    rows = month.source.analysed("case_duration", month.first_day, month.last_day)
    rows.sort(key=lambda row: (list(BY).index(row["dimension"]), -row["cases"], row["part"]))

    def named(row: dict[str, Any]) -> Text:
        if row["dimension"] == "all":
            return ALL
        names = code_names(row["dimension"]) if row["dimension"] in ("complexity", "mood") else {}
        return names.get(row["part"], Text.same(row["part"]))

    table = record_table(
        "durations", Text("解决用时", "Time to resolution"),
        {"by": (Text("维度", "By"), "name"), "name": (Text("部分", "Part"), "name"), "cases": (Text("工单", "Cases"), "count"),
         "still_open": (Text("未结", "Open"), "count"), "median_days": (Text("中位天数", "Median days"), "number"),
         "median_low_days": (Text("95%下限", "95% from"), "number"), "median_high_days": (Text("95%上限", "95% to"), "number"),
         "p80_days": (Text("八成解决天数", "80% within (days)"), "number"), "due_share": (Text("按时解决率", "Resolved in time"), "percent"),
         "due_met": (Text("按时", "In time"), "count"), "due": (Text("可判定", "Due or resolved"), "count"), "untimed": (Text("缺时间", "Without a time"), "count")},
        [{**row, "by": BY[row["dimension"]], "name": named(row), "due_share": ratio(row["due_met"], row["due"])} for row in map(_rounded, rows)],
    )  # fmt: skip
    figures = tuple(
        figure
        for row in rows[:1]
        for figure in (
            Figure("case_median_days", Text("工单中位解决天数", "Median days to resolution"), "number", _rounded(row)["median_days"], direction="down"),
            Figure("case_due_met", Text("工单按时解决率", "Cases resolved in time"), "percent", ratio(row["due_met"], row["due"]),
                   numerator=float(row["due_met"]), denominator=float(row["due"]), direction="up"),
        )
    )  # fmt: skip
    note = Text(
        "本月受理的工单。未结工单按已等待的时间计入（Kaplan–Meier 估计），不是已结工单的平均。空白的中位数：尚未到达，或工单太少。",
        "Cases opened in the month. Open cases count with the time they have waited (Kaplan–Meier), so this is no mean of those that are over. An empty median: not reached yet, or too few cases.",
    )
    return Section("cases", Text("工单解决用时", "Time to resolution"), note, figures, (table,))


def topic_section(month: Window) -> Section:
    """Topics that come together in a customer's calls."""
    basket = next(iter(month.source.analysed("topic_basket", month.first_day, month.last_day)), None)
    rows = month.source.analysed("topic_rule", month.first_day, month.last_day)
    rows.sort(key=lambda row: (-row["lift"], row["antecedent"], row["consequent"]))
    rules = record_table(
        "rules", Text("关联规则", "Rules"),
        {"antecedent": (Text("来电主题", "Customers who call on"), "text"), "consequent": (Text("也来电", "also call on"), "text"),
         "both_customers": (Text("共现客户", "Customers with both"), "count"), "support": (Text("支持度", "Support"), "percent"),
         "confidence": (Text("置信度", "Confidence"), "percent"), "lift": (Text("提升度", "Lift"), "number"), "p_adjusted": (Text("校正P值", "Adjusted p"), "number")},
        [{**row, "lift": round(row["lift"], 2), "p_adjusted": float(f"{row['p_adjusted']:.2g}")} for row in rows],
    )  # fmt: skip
    empty = (
        Text("无数据", "no data") if basket is None
        else Text(f"检验了 {basket['tried']} 条规则，无一超出偶然。", f"{basket['tried']} rules were tested; none is beyond chance.") if basket["tried"]
        else Text("样本不足，未作检验。", "Not enough data to test any rule.")
    )  # fmt: skip
    rules = Table(rules.id, rules.title, rules.columns, rules.rows, empty=empty)
    settings = load_analysis()
    note = Text(
        f"本月及之前 {settings.window_months - 1} 个月内，{basket['customers']:,} 位客户中 {basket['several_topics']:,} 位不止一个主题。只列 Fisher 精确检验（Holm 校正后）低于 {settings.topics.alpha:g} 的规则。",
        f"Of {basket['customers']:,} customers in the month and the {settings.window_months - 1} before it, {basket['several_topics']:,} called on more than one topic. Only rules below {settings.topics.alpha:g} by Fisher’s exact test (Holm) are listed.",
    ) if basket else None  # fmt: skip
    return Section("topics", Text("共现主题", "Topics that come together"), note, tables=(rules,))


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Days with two decimals."""
    return {
        key: round(value, 2) if key.endswith("_days") and value is not None else value for key, value in row.items()
    }
