"""The supplier ranking (供应商排名): every source that delivered in the month by how much came, how much of it is new and
usable, how often it repeats itself, and whether it comes on time."""

from typing import Any, Final

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
SCORED: Final = ("validity", "uniqueness", "timeliness")
COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "rank": (Text("名次", "Rank"), "count"),
    "name": (DIMENSIONS["source"], "name"),
    "score": (Text("得分", "Score"), "percent"),
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
NOTE: Final = Text(
    "得分为有效率、唯一性与及时性的算术平均（缺少的不计），相同时按收到记录数排列；及时性按数据来源计算；重叠率为所属企业此前已有记录的占比。",
    "The score is the mean of validity, uniqueness and timeliness, as far as they are known; equal ones stand by volume. Timeliness is that of the feed; overlap the share of records whose organisation had one before.",
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
    charts = (
        Chart("scores", Text("得分", "Score"), "ranking", table.id, "name", ("score",), first=RANKED),
        Chart("volumes", Text("收到记录", "Volume"), "ranking", table.id, "name", ("volume",), first=RANKED),
    )
    return (Section("ranking", TITLE, NOTE, kpi_figures(month, SHOWN) if records else (), (table,), charts),)


def _records(month: Month) -> list[dict[str, Any]]:
    kpis = (*SHOWN, "completeness", "accuracy", "overlap")
    parts = month.parts(kpis)
    by_feed = {labels[0]: values for labels, values in parts.get(("feed",), {}).items()}
    sources = month.source.sources()
    records: list[dict[str, Any]] = []
    for (source,), values in parts.get(("source",), {}).items():
        feed = sources[source][1] if source in sources else source.partition("/")[0]
        new, repeated = (int(_value(values, kpi) or 0) for kpi in ("records_received", "records_repeated"))
        if not new + repeated:
            continue
        rates = {kpi: _value(values, kpi) for kpi in ("validity", "uniqueness", "completeness", "accuracy", "overlap")}
        rates["timeliness"] = _value(by_feed.get(feed, {}), "timeliness")
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
                **rates,
            }
        )
    volume = sum(record["volume"] for record in records)
    records.sort(key=lambda record: (-(record["score"] or 0), -record["volume"], record["source"]))
    return [record | {"rank": rank, "share": ratio(record["volume"], volume)} for rank, record in enumerate(records, 1)]


def _value(values: dict[str, Value], kpi: str) -> float | None:
    return values[kpi].value if kpi in values else None
