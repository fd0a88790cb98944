"""The supplier ranking (供应商排名): every source that delivered in the month by how much came, how much of it is new and
usable, how often it repeats itself, whether it comes on time, and what its numbers came to when they were dialled."""

from typing import Any, Final

from ccdata_assets.analysis.proportions import wilson
from ccdata_assets.reporting.measures import (
    ALL,
    CHANNELS,
    DIMENSIONS,
    RANKED,
    Month,
    kpi_figures,
    ratio,
    record_table,
)
from ccdata_assets.reporting.model import Chart, Section, Text, Unit
from ccdata_assets.reporting.published import Value

TITLE: Final = Text("供应商排名", "Supplier ranking")
SHOWN: Final = ("records_received", "records_repeated", "validity", "uniqueness", "timeliness")
SCORED: Final = ("validity", "uniqueness", "timeliness", "right_numbers")
DIALLED: Final = (
    "outbound_reach_rate", "outbound_conversion_rate", "outbound_success_rate", "outbound_wrong_number_rate", "outbound_sales_per_record",
)  # fmt: skip
TOLD: Final = 30
"""Numbers that dials must have told right or wrong before their share counts in the score."""
COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "rank": (Text("名次", "Rank"), "count"),
    "name": (DIMENSIONS["source"], "name"),
    "score": (Text("得分", "Score"), "percent"),
    "sales_rank": (Text("销售名次", "Sales rank"), "count"),
    "volume": (Text("收到记录", "Volume"), "count"),
    "share": (Text("占比", "Share"), "percent"),
    "valid": (Text("有效新记录", "Valid and new"), "count"),
    "validity": (Text("有效率", "Validity"), "percent"),
    "uniqueness": (Text("唯一性", "Uniqueness"), "percent"),
    "repeated": (Text("重复记录", "Repeats"), "count"),
    "repeat_rate": (Text("重复率", "Repeat rate"), "percent"),
    "overlap": (Text("重叠率", "Overlap"), "percent"),
    "timeliness": (Text("及时性", "Timeliness"), "percent"),
    "completeness": (Text("完整率", "Completeness"), "percent"),
    "accuracy": (Text("准确率", "Accuracy"), "percent"),
    "feed": (DIMENSIONS["feed"], "name"),
    "channel": (DIMENSIONS["channel"], "name"),
    "source": (Text("代码", "Code"), "code"),
}
SOLD: Final[dict[str, tuple[Text, Unit]]] = {
    "sales_rank": (Text("销售名次", "Sales rank"), "count"),
    "name": (DIMENSIONS["source"], "name"),
    "dialled": (Text("拨打客户", "Dialled"), "count"),
    "reached": (Text("接通客户", "Reached"), "count"),
    "right_party": (Text("本人接听", "Right party"), "count"),
    "successes": (Text("成功", "Success"), "count"),
    "success_rate": (Text("成功率", "Success rate"), "percent"),
    "success_low": (Text("成功率下限", "Success, at least"), "percent"),
    "sales_per_1000": (Text("每千条成交额", "Sold per 1,000 records"), "money"),
    "wrong_numbers": (Text("空号错号率", "Vacant or wrong"), "percent"),
    "source": (Text("代码", "Code"), "code"),
}
"""What the numbers of a source came to when they were dialled."""
NOTE: Final = Text(
    "得分为有效率、唯一性、及时性与号码正确率（经拨打判定至少 30 个号码者）的算术平均（缺少的不计），相同时按收到记录数排列；及时性按数据来源计算；重叠率为所属企业此前已有记录的占比。"
    "外呼各列为本月拨打该来源号码的客户，同一号码由几个来源提供时各计一次；销售名次按成功率的 95% 下限排列，拨打少者不致因偶然居前。",
    "The score is the mean of validity, uniqueness, timeliness and the share of right numbers (once dials have told of 30), as far as they are known; equal ones stand by volume. Timeliness is that of the feed; overlap the share of records whose organisation had one before. "
    "What was dialled is clients at numbers of the source this month, for each source that had given the number; the sales rank goes by the lower bound (95%) of the success rate, so that few dials do not lead by chance.",
)


def supplier_sections(month: Month) -> tuple[Section, ...]:
    """The ranking, with charts of score and volume."""
    records = _records(month)
    total: dict[str, Any] = {
        "name": ALL,
        "volume": sum(record["volume"] for record in records),
        "share": 1.0,
        "valid": sum(record["valid"] for record in records),
        "repeated": sum(record["repeated"] for record in records),
    }
    total["repeat_rate"] = ratio(total["repeated"], total["volume"])
    table = record_table("ranking", TITLE, COLUMNS, records, total if records else None)
    charts: tuple[Chart, ...] = (
        Chart("scores", Text("得分", "Score"), "ranking", table.id, "name", ("score",), first=RANKED),
        Chart("volumes", Text("收到记录", "Volume"), "ranking", table.id, "name", ("volume",), first=RANKED),
    )
    dialled = sorted((record for record in records if record["dialled"]), key=lambda record: record["sales_rank"])
    tables = (
        (table, record_table("sold", Text("号码外呼结果", "What its numbers sold"), SOLD, dialled))
        if dialled
        else (table,)
    )
    if dialled:
        charts += (
            Chart("sold", Text("成功率", "Success rate"), "ranking", "sold", "name", ("success_rate",), first=RANKED),
        )
    return (Section("ranking", TITLE, NOTE, kpi_figures(month, SHOWN) if records else (), tables, charts),)


def _records(month: Month) -> list[dict[str, Any]]:
    kpis = (*SHOWN, "completeness", "accuracy", "overlap", *DIALLED)
    parts = month.parts(kpis)
    by_feed = {labels[0]: values for labels, values in parts.get(("feed",), {}).items()}
    sources = month.source.sources()
    records: list[dict[str, Any]] = []
    for (source,), values in parts.get(("source",), {}).items():
        feed = sources[source][1] if source in sources else source.partition("/")[0]
        new, repeated = (int(_value(values, kpi) or 0) for kpi in ("records_received", "records_repeated"))
        dialled = _dialled(values)
        if not new + repeated and not dialled["dialled"]:
            continue
        rates = {kpi: _value(values, kpi) for kpi in ("validity", "uniqueness", "completeness", "accuracy", "overlap")}
        rates["timeliness"] = _value(by_feed.get(feed, {}), "timeliness")
        rates["right_numbers"] = dialled.pop("right_numbers")
        known = [rate for kpi in SCORED if (rate := rates[kpi]) is not None]
        channel = sources[source][2] if source in sources else ""
        valid = values.get("validity")
        records.append(
            {
                "name": month.label("source", source),
                "feed": month.label("feed", feed),
                "channel": CHANNELS.get(channel),
                "score": sum(known) / len(known) if known else None,
                "volume": new + repeated,
                "valid": int(valid.numerator or 0) if valid else 0,
                "repeated": repeated,
                "repeat_rate": ratio(repeated, new + repeated),
                "source": source,
                **dialled,
                **rates,
            }
        )
    sold = [record for record in records if record["dialled"]]
    sold.sort(
        key=lambda record: (-record["success_low"], -record["success_rate"], -record["dialled"], record["source"])
    )
    for rank, record in enumerate(sold, 1):
        record["sales_rank"] = rank
    volume = sum(record["volume"] for record in records)
    records.sort(key=lambda record: (-(record["score"] or 0), -record["volume"], record["source"]))
    return [record | {"rank": rank, "share": ratio(record["volume"], volume)} for rank, record in enumerate(records, 1)]


def _dialled(values: dict[str, Value]) -> dict[str, Any]:
    """What the numbers of a source came to; None where none was dialled, and nothing is said of numbers of which dials tell too few."""
    reach, conversion, success, wrong, sales = (values.get(kpi) for kpi in DIALLED)
    contacts = int(success.denominator or 0) if success else 0
    successes = int(success.numerator or 0) if success else 0
    told = wrong is not None and wrong.value is not None and (wrong.denominator or 0) >= TOLD
    return {
        "dialled": contacts or None,
        "reached": int(reach.numerator or 0) if reach else None,
        "right_party": int(conversion.denominator or 0) if conversion else 0 if contacts else None,
        "successes": successes if contacts else None,
        "success_rate": ratio(successes, contacts),
        "success_low": wilson(successes, contacts)[0] if contacts else None,
        "sales_per_1000": 1000 * sales.value if sales and sales.value is not None else None,
        "wrong_numbers": wrong.value if wrong else None,
        "right_numbers": 1 - wrong.value if told and wrong and wrong.value is not None else None,
    }


def _value(values: dict[str, Value], kpi: str) -> float | None:
    return values[kpi].value if kpi in values else None
