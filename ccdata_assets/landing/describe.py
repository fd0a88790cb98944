"""What `ccdata feeds draft` and `ccdata feeds check` say on the screen: tables and lines, no values of the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table

from ccdata_assets.contracts.draft import Draft
from ccdata_assets.landing.preview import FaultCheck, FeedCheck, FileCheck, MemberCheck


def draft_table(draft: Draft, out: Path | None) -> Iterator[Table | str]:
    """A row a column: the field it became, how sure that is, and why; then what a person has to do."""
    table = Table(
        "column 列",
        "field 字段",
        "confidence 置信度",
        "reason 理由",
        title=f"{draft.feed}: {draft.subject}",
        title_justify="left",
    )
    for column in draft.columns:
        name = column.header or f"column {column.position}"
        table.add_row(name, column.field, "local" if column.is_local else f"{column.confidence:.2f}", column.reason)
    yield table
    for note in draft.sample.notes:
        yield f"note 注意: {note}"
    for name, share in draft.rivals:
        yield f"or 或: its columns suit {name} too ({share:.0%} of the score): --subject {name}"
    for lack in draft.missing:
        if lack.is_sure:
            continue
        yield f"to do 待办: {lack.field} ({lack.title}) is needed by every {draft.subject} and no column gives it; the YAML has a line to fill in"
    for column in draft.columns:
        if column.unknown_codes:
            yield f"to do 待办: {column.field} has {len(column.unknown_codes)} spellings that its code list does not know; they stand under `codes`"
    if draft.problem:
        yield f"it is no valid contract yet 契约尚不可用; edit:\n{draft.problem}"
    else:
        folder = out.parent if out else "FOLDER"
        yield f"it can be loaded 契约可加载; read it through, then 下一步: ccdata feeds check FILE --feed {draft.feed} --contracts {folder}"


def check_lines(check: FileCheck) -> Iterator[Table | str]:
    """The verdict first, then each feed that was tried."""
    best = check.feeds[0] if check.feeds else None
    if best is None:
        yield f"{check.file}: no feed would read it 无数据源可读"
    elif check.claimed_by or check.tried == 1:
        yield f"{check.file}: {best.feed}: {_verdict(best)}"
    else:
        yield f"{check.file}: {best.feed} reads it best 最匹配: {_verdict(best)}"
    yield from (f"  {note}" for note in check.notes)
    shown = [feed for feed in check.feeds if feed.staged or feed is best]
    for place, feed in enumerate(shown, start=1):
        if len(shown) > 1:
            yield ""
            yield f"{place}. {feed.feed}" + (f": {_verdict(feed)}" if place > 1 else "")
        yield from _feed(feed)
    if useless := [feed.feed for feed in check.feeds if feed not in shown]:
        yield f"also tried, and no row would be accepted 无一行可用: {', '.join(useless)}"


def _verdict(check: FeedCheck) -> str:
    if check.status == "landed" and not check.is_clean:
        return "it would land, and none of its rows be released 可落地, 无行放行"
    if check.status == "landed" and check.rows == check.blank:
        return "it would land 可落地; " + ("no records 无记录" if check.rows else "header only: no rows 仅有表头")
    told = {
        "landed": "it would land, and its rows be released 可落地并放行",
        "held": "it would land, and its rows be held 可落地但扣留",
        "rejected": "it would be rejected 拒收",
        "waiting": "it would land once its sidecar is there 待附带文件",
    }
    return told.get(check.status, check.status) + (f": {check.error}" if check.error else "")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _feed(check: FeedCheck) -> Iterator[Table | str]:
    form = [check.format, check.encoding, f"delimiter {check.delimiter!r}" if check.delimiter else None]
    yield f"  form 格式: {', '.join(part for part in form if part) or 'unknown'}; received on 收到 {check.received_on}"
    if check.rows:
        titles = f" (of these {check.furniture:,} titles, units, totals)" if check.furniture else ""
        yield (
            f"  rows 行: {check.rows:,} landed 入库 = {check.staged:,} staged 标准化 "
            f"({_count(check.repeated, 'repeat')} 重复, {check.flagged:,} flagged 标记) "
            f"+ {check.quarantined:,} in quarantine 隔离 + {check.blank:,} blank 空行{titles}"
        )
    if check.declared_rows is not None or check.control_error:
        declared = (
            f"{check.declared_rows:,} rows are declared" if check.declared_rows is not None else "nothing is declared"
        )
        yield f"  control totals 控制总数: {declared}{f'; {check.control_error}' if check.control_error else ', which agrees'}"
    if check.drift:
        yield f"  against the delivery before 与上次相比: {check.drift}"
    yield from (f"  {note}" for note in check.notes)
    for member in check.members[:5]:
        yield from _member(member, len(check.members) > 1)
    if len(check.members) > 5:
        yield f"  and {len(check.members) - 5} tables more"
    if check.faults:
        table = Table("rule 规则", "field 字段", "rows 行数", "first rows 首见行", "reason 原因")
        for fault in check.faults:
            table.add_row(
                fault.rule, fault.field or "", f"{fault.rows:,}", _first(fault, len(check.members) > 1), fault.reason
            )
        yield table
    yield from (f"  flag 标记 {flag}: {_count(rows, 'row')}" for flag, rows in check.flags.items())


def _first(fault: FaultCheck, named: bool) -> str:
    """The numbers of the first rows; by table where the file has several."""
    if not named:
        return ", ".join(map(str, fault.first))
    by_table: dict[str, list[str]] = {}
    for table, row in zip(fault.tables, fault.first, strict=True):
        by_table.setdefault(table, []).append(str(row))
    return "; ".join(f"{table}: {', '.join(rows)}" for table, rows in by_table.items())


def _member(member: MemberCheck, named: bool) -> Iterator[str]:
    where = f"header in row {member.header_row}; " if member.header_row else ""
    name = f"table {member.name}: " if named and member.name else ""
    fields = ", ".join(column if column == field else f"{column} → {field}" for column, field in member.fields.items())
    yield f"  {name}{where}columns read 读取的列: {fields or 'none'}"
    if member.unmapped:
        yield f"  {name}read by no field 未读取: {', '.join(member.unmapped)}"
    if member.missing:
        yield f"  {name}required and missing 缺少必填: {', '.join(member.missing)}"
