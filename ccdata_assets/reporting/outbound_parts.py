"""What the sections of the outbound report have in common: its KPIs, what their parts are called and counted by."""

from collections.abc import Mapping
from typing import Final

from ccdata_assets.reporting.measures import DIMENSIONS, Month
from ccdata_assets.reporting.model import Text, Unit
from ccdata_assets.reporting.published import Value

CONNECT, PER_DIAL = "outbound_connect_rate", "outbound_success_per_dial"
REACH, SUCCESS, CONVERSION = "outbound_reach_rate", "outbound_success_rate", "outbound_conversion_rate"
COST, SALES, WRONG, PENETRATION = (
    "outbound_cost_per_success",
    "outbound_sales",
    "outbound_wrong_number_rate",
    "list_penetration",
)
REFUSALS, ORDERS = "outbound_refusals", "outbound_orders"
PARTS: Final = (CONNECT, REACH, SUCCESS, CONVERSION, COST, SALES, WRONG, PENETRATION)
GENDERS: Final = {"male": Text("男", "Male"), "female": Text("女", "Female")}
LOW, HIGH = Text("下限", "Low"), Text("上限", "High")
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
Parts = Mapping[tuple[str, ...], Mapping[tuple[str, ...], Mapping[str, Value]]]


def name_of(key: str) -> Text:
    """What a dimension is called."""
    return DIMENSIONS.get(key) or Text.same(key)


def label_of(month: Month, key: str, label: str) -> Text:
    """What a part of a dimension is called."""
    if key == "gender" and label in GENDERS:
        return GENDERS[label]
    return month.label(key, label)


def count_of(values: Mapping[str, Value], kpi: str, of: str = "denominator") -> int | None:
    """The denominator of a KPI of a part, or its numerator; None where it has none."""
    value = values.get(kpi)
    number = getattr(value, of) if value else None
    return None if number is None else round(number)


def rate_of(values: Mapping[str, Value], kpi: str) -> float | None:
    """The value of a KPI of a part; None where it has none."""
    return values[kpi].value if kpi in values else None


def counts_of(parts: Parts, kpi: str, *keys: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """(numerator, denominator) of a share by part."""
    return {
        labels: (round(value.numerator or 0), round(value.denominator))
        for labels, values in parts.get(tuple(sorted(keys)), {}).items()
        if (value := values.get(kpi)) and value.denominator
    }
