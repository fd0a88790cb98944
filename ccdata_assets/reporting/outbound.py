"""The outbound report (外呼项目报告): what was dialled, reached and sold, by campaign, list, time, attempt and customer, and why customers
refuse. Every share of few dials stands with its interval, and nothing is called best that chance explains."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ccdata_assets.analysis.outbound import reasons
from ccdata_assets.analysis.proportions import wilson
from ccdata_assets.quality.campaigns import judge
from ccdata_assets.reporting.measures import ALL, Month, kpi_figures, ratio, record_table
from ccdata_assets.reporting.model import Cell, Chart, Column, Section, Table, Text, Unit
from ccdata_assets.reporting.outbound_parts import (
    COLUMNS,
    CONNECT,
    CONVERSION,
    COST,
    HIGH,
    LOW,
    ORDERS,
    PARTS,
    PENETRATION,
    PER_DIAL,
    REACH,
    REFUSALS,
    SALES,
    SUCCESS,
    WRONG,
    Parts,
    count_of,
    label_of,
    name_of,
    rate_of,
)
from ccdata_assets.reporting.outbound_timing import attempts_section, hours_section
from ccdata_assets.reporting.published import Value

TITLE: Final = Text("外呼项目报告", "Outbound campaigns")
HEADLINE: Final = (
    "outbound_dials", "outbound_connect_rate", "outbound_contacts", "outbound_reach_rate", "outbound_right_party_rate",
    "outbound_success_rate", "outbound_conversion_rate", "outbound_successes", "outbound_sales", "outbound_orders", "outbound_cost",
    "outbound_cost_per_success", "outbound_cost_per_contact", "outbound_attempts_per_contact", "outbound_talk_time",
    "list_penetration", "list_reached", "outbound_wrong_number_rate", "outbound_refusal_rate",
)  # fmt: skip
SEGMENTS: Final = ("product", "gender", "age_band", "spend_band", "region", "contact_channel", "occupation")
BANDS: Final = ("age_band", "spend_band")  # that have an order of their own
SHOWN: Final = (*HEADLINE, PER_DIAL, REFUSALS, "outbound_connected", "outbound_sales_per_record")
"""KPIs of this report and of the supplier ranking, which other reports need not show."""
REFUSED_BY: Final = ("campaign", "list_source", "product", "gender", "age_band", "spend_band", "region")
INTERVAL: Final = Text(
    "下限与上限为 95% 置信区间（Wilson）；人少时区间宽，不宜比较。",
    "Low and high are the 95% interval (Wilson); it is wide where there are few, who should not be compared.",
)
VERDICTS: Final = {
    "error": Text("低于目标（非偶然）", "Below target, beyond chance"),
    "warning": Text("低于目标（尚不能排除偶然）", "Below target, chance not ruled out"),
    None: Text.same(""),
}


def outbound_sections(month: Month) -> tuple[Section, ...]:
    """Headline and funnel, campaigns and lists, hours, attempts, customers, refusals; none where nothing was dialled."""
    dialled = month.overall("outbound_dials")
    if dialled is None or not dialled.value:
        return ()
    parts = month.parts((*PARTS, PER_DIAL, REFUSALS, ORDERS))
    return (
        _funnel(month),
        _groups(month, parts, "campaigns", Text("按项目", "By campaign"), ("campaign", "list_source")),
        hours_section(month, parts),
        attempts_section(month, parts),
        _groups(month, parts, "customers", Text("按产品与客户群", "By product and customer"), SEGMENTS),
        _refusals(month, parts),
    )


def _band(label: str) -> int:
    """Where a band such as <30 or 60+ stands among the others."""
    return -1 if label.startswith("<") else int(label.partition("-")[0].rstrip("+"))


def _funnel(month: Month) -> Section:
    """From those dialled to those who agreed."""
    overall = {kpi: value for kpi in PARTS if (value := month.overall(kpi))}
    stages = (
        (Text("拨打", "Dialled"), count_of(overall, REACH)),
        (Text("接通", "Reached"), count_of(overall, REACH, "numerator")),
        (Text("本人接听", "Right party"), count_of(overall, CONVERSION)),
        (Text("成功", "Success"), count_of(overall, SUCCESS, "numerator")),
    )
    records = [
        {"stage": stage, "contacts": number, "of_all": ratio(number, stages[0][1]), "of_before": ratio(number, before)}
        for (stage, number), (_, before) in zip(stages, (stages[0], *stages), strict=False)
    ]
    columns: dict[str, tuple[Text, Unit]] = {
        "stage": (Text("阶段", "Stage"), "name"),
        "contacts": (Text("客户数", "Contacts"), "count"),
        "of_all": (Text("占拨打", "Of dialled"), "percent"),
        "of_before": (Text("占上一阶段", "Of the stage before"), "percent"),
    }
    title = Text("外呼漏斗", "Funnel")
    table = record_table("funnel", title, columns, records)
    note = Text(
        "客户在一个项目中每月计一次。一行代表多次拨打的来源只知最后一次的结果。",
        "A contact counts once a month in each campaign. Of rows for several dials only the last outcome is known.",
    )
    chart = Chart("funnel", title, "ranking", "funnel", "stage", ("contacts",))
    return Section("headline", Text("关键指标", "Headline"), note, kpi_figures(month, HEADLINE), (table,), (chart,))


VERDICT: Final[tuple[Text, Unit]] = (Text("预警", "Alarm"), "name")


def _record(name: Text, values: Mapping[str, Value], target: float | None, judged: bool) -> dict[str, Any]:
    contacts, successes = count_of(values, SUCCESS) or 0, count_of(values, SUCCESS, "numerator") or 0
    low, high = wilson(successes, contacts) if contacts else (None, None)
    verdict = judge(successes, contacts, target) if judged and target else None
    return {
        "name": name,
        "dials": count_of(values, CONNECT),
        "connected": count_of(values, CONNECT, "numerator"),
        "connect_rate": rate_of(values, CONNECT),
        "contacts": contacts,
        "reached": count_of(values, REACH, "numerator"),
        "right_party": count_of(values, CONVERSION) or 0,
        "successes": successes,
        "success_rate": rate_of(values, SUCCESS),
        "low": low,
        "high": high,
        "penetration": rate_of(values, PENETRATION),
        # a sum of nothing where customers agreed: no source tells the amounts
        "sales": (rate_of(values, SALES) or None) if successes else rate_of(values, SALES),
        "cost_per_success": rate_of(values, COST),
        "wrong_numbers": rate_of(values, WRONG),
        "verdict": VERDICTS[verdict],
    }


def _groups(month: Month, parts: Parts, section_id: str, title: Text, keys: Sequence[str]) -> Section:
    """A table for each dimension: dialled, reached, sold, cost, with the interval of the success rate; campaigns with their alarm."""
    target, tables, charts = month.target(SUCCESS), [], []
    overall = {kpi: value for kpi in PARTS if (value := month.overall(kpi))}
    for key in keys:
        found = parts.get((key,), {})
        if not found:
            continue
        is_campaign = key == "campaign"
        records = [
            _record(label_of(month, key, label), values, target, is_campaign) for (label,), values in found.items()
        ]
        records.sort(
            key=lambda record: (_band(record["name"].en) if key in BANDS else -record["contacts"], record["name"].en)
        )
        filled = {name for record in records for name, value in record.items() if value is not None}
        columns = {
            "name": (name_of(key), "name"),
            **({"verdict": VERDICT} if is_campaign else {}),
            **{name: spec for name, spec in COLUMNS.items() if name in filled},
        }
        names = Text(f"按{name_of(key).zh}", f"By {name_of(key).en.lower()}")
        table = record_table(f"by_{key}", names, columns, records, _record(ALL, overall, None, False))
        tables.append(table)
        charts.append(Chart(f"success_by_{key}", Text.joined(COLUMNS["success_rate"][0], names), "ranking", table.id, "name", ("success_rate",), first=15))  # fmt: skip
    return Section(section_id, title, INTERVAL, (), tuple(tables), tuple(charts))


def _refusals(month: Month, parts: Parts) -> Section:
    """Reasons of all who refused, then by segment those that differ beyond chance."""
    title = Text("拒绝原因", "Why customers refuse")
    total = reasons({"": {labels[0]: round(v[REFUSALS].value or 0) for labels, v in parts.get(("reason",), {}).items() if v.get(REFUSALS)}})  # fmt: skip
    columns: dict[str, tuple[Text, Unit]] = {
        "reason": (name_of("reason"), "name"), "refusals": (Text("次数", "Refusals"), "count"), "share": (Text("占比", "Share"), "percent"),
        "low": (LOW, "percent"), "high": (HIGH, "percent"),
    }  # fmt: skip
    records: list[dict[str, Any]] = [
        {"reason": Text.same(reason), "refusals": found.share.hits, "share": found.share.rate, "low": found.share.low, "high": found.share.high}
        for (_, reason), found in total.items()
    ]  # fmt: skip
    records.sort(key=lambda record: (-record["refusals"], record["reason"]))
    overall = month.overall(REFUSALS)
    unsaid = round((overall.value or 0) - sum(record["refusals"] for record in records)) if overall else 0
    note = (
        Text(f"另有 {unsaid:,} 次拒绝未注明原因。", f"{unsaid:,} more refusals say no reason.") if unsaid > 0 else None
    )
    table = record_table("reasons", title, columns, records)
    table = Table(table.id, table.title, table.columns, table.rows, note=note)
    by_segment = [
        found
        for key in REFUSED_BY
        if (found := _reasons_by(month, parts, key, [record["reason"].en for record in records]))
    ]
    section_note = Text(
        "★ 表示该客户群的占比与其余客户群的差异不能由偶然解释（Fisher 精确检验，按所比数目校正，5%）。",
        "★ marks a share that differs from that of the other segments beyond chance (Fisher's exact test, corrected for the shares compared, 5%).",
    )
    chart = Chart("reasons", title, "ranking", "reasons", "reason", ("share",))
    return Section("refusals", title, section_note, tables=(table, *by_segment), charts=(chart,) if records else ())


def _reasons_by(month: Month, parts: Parts, key: str, ordered: Iterable[str]) -> Table | None:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    keys = tuple(sorted((key, "reason")))
    for labels, values in parts.get(keys, {}).items():
        named = dict(zip(keys, labels, strict=True))
        if REFUSALS in values and values[REFUSALS].value:
            counts[named[key]][named["reason"]] = round(values[REFUSALS].value or 0)
    if not counts:
        return None
    found = reasons(counts)
    columns = (
        Column("segment", name_of(key), "name"),
        Column("refusals", Text("次数", "Refusals"), "count"),
        *(
            column
            for n, reason in enumerate(ordered)
            for column in (
                Column(f"share_{n}", Text.same(reason), "percent"),
                Column(f"mark_{n}", Text.same("★"), "text", minor=True),
            )
        ),
    )
    rows: list[tuple[Cell, ...]] = []
    for segment in sorted(counts, key=lambda segment: (-sum(counts[segment].values()), segment)):
        cells: list[Cell] = []
        for reason in ordered:
            one = found.get((segment, reason))  # a reason that nobody gives of whom the dimension is known
            cells += [one.share.rate if one else 0.0, "★" if one and one.is_different else None]
        rows.append((label_of(month, key, segment), sum(counts[segment].values()), *cells))
    return Table(
        f"reasons_by_{key}",
        Text(f"拒绝原因按{name_of(key).zh}", f"Reasons by {name_of(key).en.lower()}"),
        columns,
        tuple(rows),
    )
