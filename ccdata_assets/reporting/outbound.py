"""The outbound report (外呼项目报告): what was dialled, reached and sold, by campaign, list, time, attempt and customer, and why customers
refuse. Every share of few dials stands with its interval, and nothing is called best that chance explains."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ccdata_assets.analysis.outbound import attempt_curve, break_even, reasons
from ccdata_assets.analysis.proportions import LEAST, best_part, shares, wilson
from ccdata_assets.quality.campaigns import judge
from ccdata_assets.reporting.measures import ALL, DIMENSIONS, Month, kpi_figures, ratio, record_table
from ccdata_assets.reporting.model import Cell, Chart, Column, Section, Table, Text, Unit
from ccdata_assets.reporting.published import Value

TITLE: Final = Text("外呼项目报告", "Outbound campaigns")
HEADLINE: Final = (
    "outbound_dials", "outbound_connect_rate", "outbound_contacts", "outbound_reach_rate", "outbound_right_party_rate",
    "outbound_success_rate", "outbound_conversion_rate", "outbound_successes", "outbound_sales", "outbound_orders", "outbound_cost",
    "outbound_cost_per_success", "outbound_cost_per_contact", "outbound_attempts_per_contact", "outbound_talk_time",
    "list_penetration", "list_reached", "outbound_wrong_number_rate", "outbound_refusal_rate",
)  # fmt: skip
CONNECT, PER_DIAL = "outbound_connect_rate", "outbound_success_per_dial"
REACH, SUCCESS, CONVERSION = "outbound_reach_rate", "outbound_success_rate", "outbound_conversion_rate"
COST, SALES, WRONG, PENETRATION = (
    "outbound_cost_per_success",
    "outbound_sales",
    "outbound_wrong_number_rate",
    "list_penetration",
)
REFUSALS: Final = "outbound_refusals"
SHOWN: Final = (*HEADLINE, PER_DIAL, REFUSALS, "outbound_connected", "outbound_sales_per_record")
"""KPIs of this report and of the supplier ranking, which other reports need not show."""
PARTS: Final = (CONNECT, REACH, SUCCESS, CONVERSION, COST, SALES, WRONG, PENETRATION)
SEGMENTS: Final = ("product", "gender", "age_band", "spend_band", "region", "contact_channel", "occupation")
BANDS: Final = ("age_band", "spend_band")  # that have an order of their own
REFUSED_BY: Final = ("campaign", "list_source", "product", "gender", "age_band", "spend_band", "region")
DRAWN: Final = 12  # attempts of a chart: later ones are so few that their intervals would be all one sees
CELL_LEAST: Final = 10
"""Dials below which a cell of the week is left empty."""
GENDERS: Final = {"male": Text("男", "Male"), "female": Text("女", "Female")}
WEEKDAYS: Final = [
    Text("周一", "Monday"), Text("周二", "Tuesday"), Text("周三", "Wednesday"), Text("周四", "Thursday"), Text("周五", "Friday"),
    Text("周六", "Saturday"), Text("周日", "Sunday"),
]  # fmt: skip
LOW, HIGH = Text("下限", "Low"), Text("上限", "High")
INTERVAL: Final = Text(
    "下限与上限为 95% 置信区间（Wilson）；人少时区间宽，不宜比较。",
    "Low and high are the 95% interval (Wilson); it is wide where there are few, who should not be compared.",
)
VERDICTS: Final = {
    "error": Text("低于目标（非偶然）", "Below target, beyond chance"),
    "warning": Text("低于目标（尚不能排除偶然）", "Below target, chance not ruled out"),
    None: Text.same(""),
}
Parts = Mapping[tuple[str, ...], Mapping[tuple[str, ...], Mapping[str, Value]]]


def outbound_sections(month: Month) -> tuple[Section, ...]:
    """Headline and funnel, campaigns and lists, hours, attempts, customers, refusals; none where nothing was dialled."""
    dialled = month.overall("outbound_dials")
    if dialled is None or not dialled.value:
        return ()
    parts = month.parts((*PARTS, PER_DIAL, REFUSALS))
    return (
        _funnel(month),
        _groups(month, parts, "campaigns", Text("按项目", "By campaign"), ("campaign", "list_source")),
        _hours(month, parts),
        _attempts(month, parts),
        _groups(month, parts, "customers", Text("按产品与客户群", "By product and customer"), SEGMENTS),
        _refusals(month, parts),
    )


def _band(label: str) -> int:
    """Where a band such as <30 or 60+ stands among the others."""
    return -1 if label.startswith("<") else int(label.partition("-")[0].rstrip("+"))


def _name(key: str) -> Text:
    return DIMENSIONS.get(key) or Text.same(key)


def _label(month: Month, key: str, label: str) -> Text:
    if key == "gender" and label in GENDERS:
        return GENDERS[label]
    return month.label(key, label)


def _count(values: Mapping[str, Value], kpi: str, of: str = "denominator") -> int | None:
    value = values.get(kpi)
    number = getattr(value, of) if value else None
    return None if number is None else round(number)


def _rate(values: Mapping[str, Value], kpi: str) -> float | None:
    return values[kpi].value if kpi in values else None


def _funnel(month: Month) -> Section:
    """From those dialled to those who agreed."""
    overall = {kpi: value for kpi in PARTS if (value := month.overall(kpi))}
    stages = (
        (Text("拨打", "Dialled"), _count(overall, REACH)),
        (Text("接通", "Reached"), _count(overall, REACH, "numerator")),
        (Text("本人接听", "Right party"), _count(overall, CONVERSION)),
        (Text("成功", "Success"), _count(overall, SUCCESS, "numerator")),
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


COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "dials": (Text("拨打次数", "Dials"), "count"),
    "connected": (Text("接通次数", "Connected"), "count"),
    "connect_rate": (Text("接通率", "Connect rate"), "percent"),
    "contacts": (Text("客户数", "Contacts"), "count"),
    "reached": (Text("接通客户", "Reached"), "count"),
    "right_party": (Text("本人接听", "Right party"), "count"),
    "successes": (Text("成功", "Success"), "count"),
    "success_rate": (Text("成功率", "Success rate"), "percent"),
    "low": (LOW, "percent"),
    "high": (HIGH, "percent"),
    "penetration": (Text("名单覆盖率", "List penetration"), "percent"),
    "sales": (Text("成交金额", "Sales"), "money"),
    "cost_per_success": (Text("每成功成本(元)", "Cost per success (CNY)"), "money"),
    "wrong_numbers": (Text("错号率", "Wrong numbers"), "percent"),
}
VERDICT: Final[tuple[Text, Unit]] = (Text("预警", "Alarm"), "name")


def _record(name: Text, values: Mapping[str, Value], target: float | None, judged: bool) -> dict[str, Any]:
    contacts, successes = _count(values, SUCCESS) or 0, _count(values, SUCCESS, "numerator") or 0
    low, high = wilson(successes, contacts) if contacts else (None, None)
    verdict = judge(successes, contacts, target) if judged and target else None
    return {
        "name": name,
        "dials": _count(values, CONNECT),
        "connected": _count(values, CONNECT, "numerator"),
        "connect_rate": _rate(values, CONNECT),
        "contacts": contacts,
        "reached": _count(values, REACH, "numerator"),
        "right_party": _count(values, CONVERSION) or 0,
        "successes": successes,
        "success_rate": _rate(values, SUCCESS),
        "low": low,
        "high": high,
        "penetration": _rate(values, PENETRATION),
        "sales": _rate(values, SALES),
        "cost_per_success": _rate(values, COST),
        "wrong_numbers": _rate(values, WRONG),
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
            _record(_label(month, key, label), values, target, is_campaign) for (label,), values in found.items()
        ]
        records.sort(
            key=lambda record: (_band(record["name"].en) if key in BANDS else -record["contacts"], record["name"].en)
        )
        filled = {name for record in records for name, value in record.items() if value is not None}
        columns = {
            "name": (_name(key), "name"),
            **({"verdict": VERDICT} if is_campaign else {}),
            **{name: spec for name, spec in COLUMNS.items() if name in filled},
        }
        names = Text(f"按{_name(key).zh}", f"By {_name(key).en.lower()}")
        table = record_table(f"by_{key}", names, columns, records, _record(ALL, overall, None, False))
        tables.append(table)
        charts.append(Chart(f"success_by_{key}", Text.joined(COLUMNS["success_rate"][0], names), "ranking", table.id, "name", ("success_rate",), first=15))  # fmt: skip
    return Section(section_id, title, INTERVAL, (), tuple(tables), tuple(charts))


def _counts(parts: Parts, kpi: str, *keys: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """(numerator, denominator) of a share by part."""
    return {
        labels: (round(value.numerator or 0), round(value.denominator))
        for labels, values in parts.get(tuple(sorted(keys)), {}).items()
        if (value := values.get(kpi)) and value.denominator
    }


def _hours(month: Month, parts: Parts) -> Section:
    """By hour, and by weekday and hour; the best hour where one is."""
    title = Text("最佳拨打时段", "The best hour")
    connect = {labels[0]: counts for labels, counts in _counts(parts, CONNECT, "hour").items()}
    success = {labels[0]: counts for labels, counts in _counts(parts, PER_DIAL, "hour").items()}
    if not connect:
        return Section(
            "hours",
            title,
            tables=(Table("by_hour", DIMENSIONS["hour"], (Column("hour", DIMENSIONS["hour"], "hour"),), ()),),
        )
    columns = (
        Column("hour", DIMENSIONS["hour"], "hour"), Column("dials", COLUMNS["dials"][0], "count"),
        Column("connect_rate", COLUMNS["connect_rate"][0], "percent"), Column("low", LOW, "percent", minor=True), Column("high", HIGH, "percent", minor=True),
        Column("connect_expected", Text("接通率（收缩）", "Connect rate, shrunk"), "percent"),
        Column("success_rate", Text("每拨成功率", "Success per dial"), "percent"), Column("success_low", LOW, "percent", minor=True),
        Column("success_high", HIGH, "percent", minor=True), Column("success_expected", Text("成功率（收缩）", "Success, shrunk"), "percent"),
    )  # fmt: skip
    connected, sold = shares(connect), shares(success)
    rows = tuple(
        (
            hour, one.tries, one.rate, one.low, one.high, one.shrunk,
            *((sale.rate, sale.low, sale.high, sale.shrunk) if (sale := sold.get(hour)) else (None,) * 4),
        )
        for hour, one in sorted(connected.items())
    )  # fmt: skip
    table = Table("by_hour", Text("按时段", "By hour"), columns, rows, note=Text.joined(
        _said(best_part(connect), Text("接通率", "connect rate")), _said(best_part(success), Text("成功率", "success rate")), between=" "
    ))  # fmt: skip
    week = _week(month, parts)
    note = Text(
        f"收缩值把拨打少的时段拉向总体。最佳时段须至少 {LEAST} 次拨打，且高出其余时段的程度不能由偶然解释（Fisher 精确检验，按所比时段数校正，5%）。",
        f"Shrunk values draw hours with few dials towards all. A best hour has at least {LEAST} dials and stands above the others beyond chance (Fisher's exact test, corrected for the hours compared, 5%).",
    )
    charts = (
        Chart("connect_by_hour", Text("各时段接通率", "Connect rate by hour"), "bar", "by_hour", "hour", ("connect_rate", "connect_expected")),
        Chart("success_by_hour", Text("各时段每拨成功率", "Success per dial by hour"), "bar", "by_hour", "hour", ("success_rate", "success_expected")),
    )  # fmt: skip
    return Section("hours", title, note, tables=(table, *week), charts=charts)


def _said(best: str | None, what: Text) -> Text:
    if best is None:
        return Text(f"没有哪个时段的{what.zh}超出偶然。", f"No hour has a {what.en} beyond chance.")
    return Text(f"{best} 时的{what.zh}高于其余时段。", f"The {what.en} of hour {best} is above that of the others.")


def _week(month: Month, parts: Parts) -> list[Table]:
    """Weekdays × hours of the connect rate and of the success of a dial, shaded by their distance from that of all."""
    tables = []
    for kpi, table_id, title in (
        (CONNECT, "week_connect", Text("接通率：星期 × 时段", "Connect rate by weekday and hour")),
        (PER_DIAL, "week_success", Text("每拨成功率：星期 × 时段", "Success per dial by weekday and hour")),
    ):
        cells = _counts(parts, kpi, "hour", "weekday")  # labels in the order of their keys
        if not cells:
            continue
        overall = month.overall(kpi)
        drawn = {key: share for key, share in shares(cells).items() if share.tries >= CELL_LEAST}
        hours = sorted({hour for hour, _ in cells})
        rows = tuple(
            (WEEKDAYS[day - 1], *(one.shrunk if (one := drawn.get((hour, str(day)))) else None for hour in hours))
            for day in range(1, 8)
            if any((hour, str(day)) in cells for hour in hours)
        )
        columns = (
            Column("weekday", DIMENSIONS["weekday"], "name"),
            *(
                Column(f"hour_{hour}", Text.same(hour), "percent", target=overall.value if overall else None)
                for hour in hours
            ),
        )
        note = Text(
            f"每格为拉向总体的收缩值，拨打少的格子不致因偶然突出；少于 {CELL_LEAST} 次拨打的不显示。",
            f"Each cell is drawn towards all, so that few dials do not stand out by chance; fewer than {CELL_LEAST} are left empty.",
        )
        tables.append(Table(table_id, title, columns, rows, note=note))
    return tables


def _attempts(month: Month, parts: Parts) -> Section:
    """What each further dial brings, of all and by campaign, and from which on another one is not worth it."""
    title = Text("拨打次数", "Attempts")
    costs = parts.get(("campaign",), {})
    orders = month.overall("outbound_orders")
    sales, cost = month.overall(SALES), month.overall("outbound_cost")
    dials = month.overall("outbound_dials")
    of_campaign: dict[str | None, dict[int, tuple[int, int]]] = defaultdict(dict)
    for labels, counts in _counts(parts, PER_DIAL, "attempt").items():
        of_campaign[None][int(labels[0])] = counts
    for (attempt, campaign), counts in _counts(parts, PER_DIAL, "attempt", "campaign").items():
        of_campaign[campaign][int(attempt)] = counts
    columns: dict[str, tuple[Text, Unit]] = {
        "attempt": (DIMENSIONS["attempt"], "count"), "dials": COLUMNS["dials"], "connect_rate": COLUMNS["connect_rate"], "successes": COLUMNS["successes"],
        "success_rate": (Text("每拨成功率", "Success per dial"), "percent"), "low": (LOW, "percent"), "high": (HIGH, "percent"),
        "so_far": (Text("累计成功占比", "Successes so far"), "percent"), "worth": (Text("值得拨打", "Worth it"), "flag"),
    }  # fmt: skip
    connected = _counts(parts, CONNECT, "attempt")
    has_costs = bool(costs) and all(COST in values for values in costs.values())
    even = break_even(
        ratio(cost.value, dials.value) if cost and dials and has_costs else None,
        ratio(sales.value, orders.value) if sales and orders else None,
    )
    curve = attempt_curve(of_campaign[None], even)
    records = [
        {
            "attempt": number, "dials": one.share.tries, "connect_rate": ratio(*connected.get((str(number),), (None, None))), "successes": one.share.hits,
            "success_rate": one.share.rate, "low": one.share.low, "high": one.share.high, "so_far": one.so_far, "worth": one.is_worth_it,
        }
        for number, one in curve.items()
    ]  # fmt: skip
    table = record_table("by_attempt", Text("按拨打次序", "By attempt"), columns, records)
    stops = [
        {"name": month.label("campaign", campaign), "most": max(found), "worth": max(n for n, one in found.items() if one.is_worth_it), "even": level}
        for campaign, numbers in sorted((c, n) for c, n in of_campaign.items() if c is not None)
        for level in [_break_even_of(costs.get((campaign,), {}))]
        for found in [attempt_curve(numbers, level)]
    ]  # fmt: skip
    stop_columns: dict[str, tuple[Text, Unit]] = {
        "name": (_name("campaign"), "name"), "most": (Text("最多拨到第几次", "Most dials to a contact"), "count"),
        "worth": (Text("值得拨到第几次", "Worth up to attempt"), "count"), "even": (Text("保本成功率", "Break-even success"), "percent"),
    }  # fmt: skip
    note = Text(
        "一次拨打的成功率低于保本点（每拨成本 / 每笔成交额，未知时为 1%）即不值得；从某次起以后各次合计的上限也低于保本点才下结论。",
        "A dial is not worth it where its success lies below the break-even (cost of a dial / amount of a sale; 1% where not known); that is said once the upper bound of all dials from there on together does.",
    )
    tables = (table, record_table("stops", Text("各项目值得拨几次", "Attempts worth making"), stop_columns, stops))
    charts = (
        Chart("success_by_attempt", Text("每拨成功率", "Success per dial"), "line", "by_attempt", "attempt", ("success_rate", "low", "high"), target=even, first=DRAWN),
        Chart("so_far", Text("累计成功占比", "Successes so far"), "line", "by_attempt", "attempt", ("so_far",), first=DRAWN),
    )  # fmt: skip
    return Section(
        "attempts",
        title,
        note,
        tables=tuple(table for table in tables if table.rows),
        charts=charts if table.rows else (),
    )


def _break_even_of(values: Mapping[str, Value]) -> float:
    """Of a campaign: what a dial costs against what a success brings."""
    cost, dials, sales, successes = (
        values[COST].numerator if COST in values else None,
        _count(values, CONNECT),
        _rate(values, SALES),
        _count(values, COST),
    )
    return break_even(ratio(cost, dials), ratio(sales, successes))


def _refusals(month: Month, parts: Parts) -> Section:
    """Reasons of all who refused, then by segment those that differ beyond chance."""
    title = Text("拒绝原因", "Why customers refuse")
    total = reasons({"": {labels[0]: round(v[REFUSALS].value or 0) for labels, v in parts.get(("reason",), {}).items() if v.get(REFUSALS)}})  # fmt: skip
    columns: dict[str, tuple[Text, Unit]] = {
        "reason": (_name("reason"), "name"), "refusals": (Text("次数", "Refusals"), "count"), "share": (Text("占比", "Share"), "percent"),
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
        Column("segment", _name(key), "name"),
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
        rows.append((_label(month, key, segment), sum(counts[segment].values()), *cells))
    return Table(
        f"reasons_by_{key}",
        Text(f"拒绝原因按{_name(key).zh}", f"Reasons by {_name(key).en.lower()}"),
        columns,
        tuple(rows),
    )
