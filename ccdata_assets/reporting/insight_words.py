"""What the analysis of calls calls its measures, parts and codes, in both languages."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ccdata_assets.contracts.registry import HERE
from ccdata_assets.contracts.yaml_source import YamlSource
from ccdata_assets.reporting.model import Text

MEASURES: Final = {
    "wait": Text("等待时长", "Wait"),
    "handling": Text("处理时长", "Handling time"),
    "resolution": Text("解决用时", "Time to resolution"),
    "abandon_rate": Text("放弃率", "Abandon rate"),
    "service_level": Text("服务水平", "Service level"),
    "transfer_rate": Text("转接率", "Transfer rate"),
    "fcr": Text("一次解决率", "First contact resolution"),
    "csat": Text("客户满意度", "Customer satisfaction"),
    "qa_passed": Text("质检合格率", "Reviews passed"),
    "qa": Text("质检得分率", "QA score"),
    "aht": Text("平均处理时长", "Average handling time"),
    "calls_per_hour": Text("每签入小时应答量", "Calls an hour signed in"),
}
OUTCOMES: Final = Text("通话结果", "Outcome")
REASONS: Final = {
    "voicemail": Text("留言", "Voicemail"),
    "agreed": Text("约定回拨", "Callback agreed"),
    "abandoned": Text("放弃", "Given up"),
}
WEEKDAYS: Final = tuple(
    Text(zh, en)
    for zh, en in (("周一", "Mon"), ("周二", "Tue"), ("周三", "Wed"), ("周四", "Thu"), ("周五", "Fri"), ("周六", "Sat"), ("周日", "Sun"))
)  # fmt: skip
VERDICTS: Final = {
    "within": Text("界限内", "within limits"),
    "watch": Text("超出95%界限", "beyond 95%"),
    "outside": Text("超出99.8%界限", "beyond 99.8%"),
    "too_few": Text("样本不足", "too few"),
}


@lru_cache
def code_names(code_list: str) -> dict[str, Text]:
    """The names of the codes of a list of codes.yaml."""
    values = YamlSource(HERE / "codes.yaml").data[code_list]["values"]
    return {code: Text(names["zh"], names["en"]) for code, names in values.items()}


def span(lower: int, upper: int | None) -> str:
    """A bin as text; its upper end is not part of it."""
    return f"≥{lower}" if upper is None else f"{lower}–{upper}"
