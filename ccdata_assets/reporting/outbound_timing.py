"""When to dial and how often, as sections of the outbound report: hours, hours of the week, and what each further dial brings."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from ccdata_assets.analysis.outbound import attempt_curve, break_even
from ccdata_assets.analysis.proportions import LEAST, best_part, shares
from ccdata_assets.reporting.measures import DIMENSIONS, Month, ratio, record_table
from ccdata_assets.reporting.model import Chart, Column, Section, Table, Text, Unit
from ccdata_assets.reporting.outbound_parts import (
    COLUMNS,
    CONNECT,
    COST,
    HIGH,
    LOW,
    ORDERS,
    PER_DIAL,
    SALES,
    Parts,
    count_of,
    counts_of,
    name_of,
    rate_of,
)
from ccdata_assets.reporting.published import Value

DRAWN: Final = 12  # attempts of a chart: later ones are so few that their intervals would be all one sees
CELL_LEAST: Final = 10
"""Dials below which a cell of the week is left empty."""
WEEKDAYS: Final = [
    Text("周一", "Monday"), Text("周二", "Tuesday"), Text("周三", "Wednesday"), Text("周四", "Thursday"), Text("周五", "Friday"),
    Text("周六", "Saturday"), Text("周日", "Sunday"),
]  # fmt: skip


def hours_section(month: Month, parts: Parts) -> Section:
    """By hour, and by weekday and hour; the best hour where one is."""
    title = Text("最佳拨打时段", "The best hour")
    connect = {labels[0]: counts for labels, counts in counts_of(parts, CONNECT, "hour").items()}
    success = {labels[0]: counts for labels, counts in counts_of(parts, PER_DIAL, "hour").items()}
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
        cells = counts_of(parts, kpi, "hour", "weekday")  # labels in the order of their keys
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


def attempts_section(month: Month, parts: Parts) -> Section:
    """What each further dial brings, of all and by campaign, and from which on another one is not worth it."""
    title = Text("拨打次数", "Attempts")
    costs = parts.get(("campaign",), {})
    orders = month.overall(ORDERS)
    sales, cost = month.overall(SALES), month.overall("outbound_cost")
    dials = month.overall("outbound_dials")
    of_campaign: dict[str | None, dict[int, tuple[int, int]]] = defaultdict(dict)
    for labels, counts in counts_of(parts, PER_DIAL, "attempt").items():
        of_campaign[None][int(labels[0])] = counts
    for (attempt, campaign), counts in counts_of(parts, PER_DIAL, "attempt", "campaign").items():
        of_campaign[campaign][int(attempt)] = counts
    columns: dict[str, tuple[Text, Unit]] = {
        "attempt": (DIMENSIONS["attempt"], "count"), "dials": COLUMNS["dials"], "connect_rate": COLUMNS["connect_rate"], "successes": COLUMNS["successes"],
        "success_rate": (Text("每拨成功率", "Success per dial"), "percent"), "low": (LOW, "percent"), "high": (HIGH, "percent"),
        "so_far": (Text("累计成功占比", "Successes so far"), "percent"), "worth": (Text("值得拨打", "Worth it"), "flag"),
    }  # fmt: skip
    connected = counts_of(parts, CONNECT, "attempt")
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
        for level in [break_even_of(costs.get((campaign,), {}))]
        for found in [attempt_curve(numbers, level)]
    ]  # fmt: skip
    stop_columns: dict[str, tuple[Text, Unit]] = {
        "name": (name_of("campaign"), "name"), "most": (Text("最多拨到第几次", "Most dials to a contact"), "count"),
        "worth": (Text("值得拨到第几次", "Worth up to attempt"), "count"), "even": (Text("保本成功率", "Break-even success"), "percent"),
    }  # fmt: skip
    note = Text(
        "一次拨打的成功率低于保本点（每拨成本 / 每笔成交额，未知时为 1%）即不值得；从某次起以后各次合计的上限也低于保本点才下结论。保本点高于 100% 即一次拨打的成本高于一笔成交额。",
        "A dial is not worth it where its success lies below the break-even (cost of a dial / amount of a sale; 1% where not known); that is said once the upper bound of all dials from there on together does. A break-even above 100%: a dial costs more than a sale brings.",
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


def break_even_of(values: Mapping[str, Value]) -> float:
    """Of a campaign: what a dial costs against what a sale of a known amount brings, as analysis.outbound_attempt has it."""
    cost = values[COST].numerator if COST in values else None
    return break_even(ratio(cost, count_of(values, CONNECT)), ratio(rate_of(values, SALES), rate_of(values, ORDERS)))
