"""Deliveries in a report: what files came, what became of their rows, and why rows went to quarantine. The
ledger they come from is kept elsewhere."""

from collections import defaultdict
from dataclasses import replace
from typing import Any, Final, TypeAlias

from ccdata_assets.quality.supplier_words import BUILT_IN
from ccdata_assets.reporting.measures import ALL, DIMENSIONS, RANKED, Month, known_sum, ratio, record_table
from ccdata_assets.reporting.model import NO_DATA, Chart, Figure, Section, Table, Text, Unit

Records: TypeAlias = list[dict[str, Any]]  # lines of the ledger by column
Quarantine: TypeAlias = list[tuple[str, str, str | None, str, int]]  # feed, rule, field, reason, rows

ACCOUNTED: Final = ("staged", "quarantined", "blank", "superseded")  # add up to the rows landed
FILE_STATUS: Final = {
    "landed": Text("已入库", "landed"),
    "repeat": Text("重复文件", "repeat"),
    "rejected": Text("已拒收", "rejected"),
    "held": Text("待放行", "held"),
}
COUNTS: Final[dict[str, tuple[Text, Unit]]] = {
    "rows": (Text("落地", "Landed"), "count"),
    "staged": (Text("入库", "Staged"), "count"),
    "quarantined": (Text("隔离", "Quarantined"), "count"),
    "blank": (Text("空行", "Blank"), "count"),
    "superseded": (Text("被取代", "Superseded"), "count"),
    "repeated": (Text("重复", "Repeated"), "count"),
}
FEED_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "name": (DIMENSIONS["feed"], "name"),
    "feed": (Text("代码", "Code"), "code"),
    "owner": (Text("负责人", "Owner"), "text"),
    "files": (Text("文件", "Files"), "count"),
    **COUNTS,
    "quarantine_rate": (Text("隔离率", "Quarantined %"), "percent"),
}
FILE_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "received_on": (Text("收到日期", "Received"), "date"),
    "feed": (DIMENSIONS["feed"], "name"),
    "file": (Text("文件", "File"), "text"),
    "status": (Text("状态", "Status"), "name"),
    **COUNTS,
    "bytes": (Text("大小", "Size"), "bytes"),
    "encoding": (Text("编码", "Encoding"), "code"),
    "landed_at": (Text("落地时间", "Landed at"), "datetime"),
    "error": (Text("错误", "Error"), "text"),
}
QUARANTINE_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "feed": (DIMENSIONS["feed"], "name"),
    "rule": (Text("规则", "Rule"), "name"),
    "field": (Text("字段", "Field"), "name"),
    "reason": (Text("原因", "Reason"), "name"),
    "rows": (Text("行数", "Rows"), "count"),
}
RULE_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "rule": (Text("规则", "Rule"), "name"),
    "code": (Text("代码", "Code"), "code"),
    "feeds": (Text("数据来源数", "Feeds"), "count"),
    "rows": (Text("行数", "Rows"), "count"),
}


def deliveries_section(month: Month) -> Section:
    """The files received in the month: totals, by feed, quarantine by rule, file by file."""
    files = month.source.files(month.first_day, month.last_day)
    quarantine = month.source.quarantine(month.first_day, month.last_day)
    rules = _rule_table(month, quarantine, bool(files))
    return Section(
        "deliveries",
        Text("数据到达", "Deliveries"),
        figures=_figures(files),
        tables=(
            _feed_table(month, files),
            rules,
            *([_quarantine_table(month, quarantine)] if quarantine else []),
            _file_table(month, files),
        ),
        charts=(
            Chart(
                "quarantine_rules",
                rules.title,
                "ranking",
                rules.id,
                "rule",
                ("rows",),
                first=RANKED,
            ),
        ),
    )


def _figures(files: Records) -> tuple[Figure, ...]:
    rows, quarantined = known_sum(files, "rows"), known_sum(files, "quarantined")
    accounted = sum(known_sum(files, key) or 0 for key in ACCOUNTED)
    return (
        Figure("files", Text("收到文件", "Files received"), "count", len(files) or None),
        Figure("rows", Text("落地行数", "Rows landed"), "count", rows),
        Figure(
            "quarantine_rate",
            Text("隔离率", "Quarantined"),
            "percent",
            ratio(quarantined, rows),
            direction="down",
            numerator=quarantined,
            denominator=rows,
        ),
        Figure(
            "unaccounted",
            Text("未对账行数", "Rows not accounted for"),
            "count",
            None if rows is None else abs(rows - accounted),
            target=0,
            direction="down",
            definition=Text("落地 − 入库 − 隔离 − 空行 − 被取代", "landed − staged − quarantined − blank − superseded"),
        ),
    )


def _feed_table(month: Month, files: Records) -> Table:
    """One row a feed, the feeds that delivered nothing included."""
    records: Records = []
    for feed in sorted(set(month.feeds) | {record["feed"] for record in files}) if files else ():
        name, owner = month.feeds.get(feed, (Text.same(feed), ""))
        own = [record for record in files if record["feed"] == feed]
        records.append({"feed": feed, "name": name, "owner": owner, **_counted(own)})
    total = {"name": ALL, **_counted(files)} if files else None
    return record_table("feeds", Text("按来源", "By feed"), FEED_COLUMNS, records, total)


def _counted(files: Records) -> dict[str, Any]:
    sums = {key: known_sum(files, key) for key in COUNTS}
    return {"files": len(files), **sums, "quarantine_rate": ratio(sums["quarantined"], sums["rows"])}


def _rule_table(month: Month, quarantine: Quarantine, is_known: bool) -> Table:
    """One row a rule that rows broke, the most broken first; `is_known` where files came, so that none means none."""
    broken: dict[Text, list[tuple[str, str, int]]] = defaultdict(list)
    for feed, rule, _, reason, rows in quarantine:
        broken[fault(month, rule, reason)[0]].append((feed, rule, rows))
    records: Records = [
        {
            "rule": label,
            "code": ", ".join(sorted({rule for _, rule, _ in of} - {label.en})),
            "feeds": len({feed for feed, _, _ in of}),
            "rows": sum(rows for _, _, rows in of),
        }
        for label, of in broken.items()
    ]
    records.sort(key=lambda record: (-record["rows"], record["rule"]))
    return replace(
        record_table("quarantine_rules", Text("隔离原因", "Quarantine by rule"), RULE_COLUMNS, records),
        note=Text("一行可违反多条规则，各计一次。", "A row that breaks several rules counts once for each."),
        empty=Text("没有隔离行", "Nothing quarantined") if is_known else NO_DATA,
    )


def _quarantine_table(month: Month, quarantine: Quarantine) -> Table:
    records: Records = []
    for feed, rule, field, reason, rows in quarantine:
        label, said = fault(month, rule, reason)
        names = {"feed": month.label("feed", feed), "field": month.label("field", field) if field else None}
        records.append({**names, "rule": label, "reason": said, "rows": rows})
    return record_table("quarantine", Text("隔离明细", "Quarantine by feed and field"), QUARANTINE_COLUMNS, records)


def fault(month: Month, rule: str, reason: str) -> tuple[Text, Text]:
    """What a rule is called and why rows broke it, in English as it was recorded."""
    known = month.rules.get((rule, reason)) or BUILT_IN.get(rule)
    if known is None:
        return Text.same(rule), Text.same(reason)
    return Text(*known.label), Text(known.reason.zh, reason)


def _file_table(month: Month, files: Records) -> Table:
    records = [
        record
        | {
            "feed": month.label("feed", record["feed"]),
            "status": FILE_STATUS.get(record["status"], Text.same(record["status"] or "")),
            "landed_at": f"{record['landed_at']:%Y-%m-%dT%H:%M}",
            "error": (record["error"] or "")[:200],
        }
        for record in files
    ]
    return record_table("files", Text("文件明细", "Files"), FILE_COLUMNS, records)
