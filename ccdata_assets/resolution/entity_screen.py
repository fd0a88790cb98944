"""How `ccdata entity` shows its answers on a screen of 80 columns: an ID is never broken, what is for scripts is left to --json."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from ccdata_assets.resolution.decision_list import Line
from ccdata_assets.resolution.entity_history import Explained
from ccdata_assets.resolution.entity_look import Shown
from ccdata_assets.resolution.words import UNCERTAIN, load_words
from ccdata_assets.screen import print_lines, print_table, screen
from ccdata_assets.settings import load_settings

OTHERS = 3
"""Values that lost, of each field."""
_KEY_HASH = re.compile(r" ?[0-9a-f]{32}$")
"""What the cause of a birth ends with, for the ledger."""
_ANSWER = {
    "same": "同一 same", "apart": "不同 apart", "undo": "撤销 undo", "lock": "锁定 lock", "accept": "接受 accept",
}  # fmt: skip


def print_events(title: str, events: Sequence[Line]) -> None:
    """What happened to an ID: event_id, business date, kind; from → to and the cause below each other."""
    print_table(
        title,
        ("event_id", "business_date", "kind", "what"),
        [(event["event_id"], str(event["business_date"]), event["kind"], _what(event)) for event in events],
    )


def _what(event: Line) -> str:
    cause = _KEY_HASH.sub("", event["cause"])
    came, went = event["from_ids"], event["to_ids"]
    if came and went and came != went:
        return f"{', '.join(came)}\n→ {', '.join(went)}\n{cause}"
    return cause


def print_rows(title: str, lines: Sequence[Line]) -> None:
    """Which entities a row belonged to."""
    print_table(
        title,
        ("kind", "entity_id", "counts_from", "known_since", "now"),
        [
            (line["kind"], line["entity_id"] or "–", str(line["counts_from"]), _day(line["at"]), "✓" if line["is_current"] else "")
            for line in lines
        ],
    )  # fmt: skip


def print_decisions(title: str, lines: Sequence[Line]) -> None:
    """What people decided: the organisations of both sides, where it came from, and whether it stands."""
    print_table(
        title,
        ("decision_id", "decided", "kind", "what"),
        [
            (
                line["decision_id"],
                _day(line["at"]),
                str(_ANSWER.get(line["kind"], line["kind"])),
                _decided(line),
            )
            for line in lines
        ],
    )


def _decided(line: Line) -> str:
    sides = [
        [f"{one['organisation_id']} {one['name'] or '–'}" for one in line[side]]
        or [f"{line[rows]:,} rows no longer there 行已不在"] * bool(line[rows])
        for side, rows in (("left", "left_rows"), ("right", "right_rows"))
    ]
    parts = [*sides[0], *(f"| {one}" for one in sides[1]), _by(line["source"], line["decided_by"])]
    if line["kind"] == line["source"]:  # a lock
        parts[-1] = f"by {line['decided_by']}" if line["decided_by"] else "by –"
    if line["comment"]:
        parts.append(line["comment"])
    if not line["is_in_force"]:
        by = _by(line["withdrawn_source"], line["withdrawn_by"])
        parts.append(f"withdrawn 已撤回 {_day(line['withdrawn_at'])}: {by}")
    elif line["is_kept"] is False:
        parts.append("not as it says 未实现: the next run acts on it, or it gave way to a later one")
    return "\n".join(parts)


def _by(source: str, by: str | None) -> str:
    return f"{source}, by {by}" if by else source


def taken_back(lines: Sequence[Line]) -> list[str]:
    """A line for each decision that another one took back."""
    told = []
    for line in lines:
        held = ", ".join(one["organisation_id"] for one in (*line["left"], *line["right"]))
        if line["kind"] == "lock":
            what = f"lock taken back 已解除锁定: {held or 'rows no longer there 行已不在'}"
        else:
            what = f"decision taken back 已撤回: {_ANSWER.get(line['kind'], line['kind'])}, {line['source']}"
        by = f", by {line['decided_by']}" if line["decided_by"] else ""
        told.append(f"  {what} (decision 决定 {line['decision_id']}{by})")
    return told


def print_shown(found: Shown, organisation: Line | None) -> None:
    """A golden record, field by field."""
    record = found.record
    title = f"{found.entity_id}: {record['records']:,} records 条记录, {record['feeds']:,} feeds 数据源"
    rows = [
        (
            line["field"],
            line["value"] or "–",
            f"{str(line['file']).rpartition('/')[2]} row {line['row']}" if line["file"] else "",
            f"{line['agreement']:,}/{record['records']:,}" if line["agreement"] else "",
            _lost(line["others"]),
        )
        for line in found.fields
    ]
    rows.append(("phone", "\n".join(filter(None, (record["phone"] or "").split("|"))) or "–", "", "", ""))
    print_table(title, ("field", "value", "from", "agree", "not taken 未采用"), rows, whole=("field", "agree"))
    more = [f"first received 最早 {record['first_received_on']}, last 最近 {record['last_received_on']}"]
    if record.get("parent_id"):
        more.append(f"branch of 所属总部: {record['parent_id']}")
    if organisation:
        more.append(f"organisation 企业: {organisation['organisation_id']} {organisation['company_name']}")
    for line in more:
        screen().print(line, highlight=False, markup=False)


def _lost(others: Sequence[Line]) -> str:
    told = [f"{other['value']} ×{other['records']}" for other in others[:OTHERS]]
    return "\n".join([*told, *([f"… +{len(others) - OTHERS}"] if len(others) > OTHERS else [])])


def print_found(title: str, lines: Sequence[Line]) -> None:
    """What a search gave."""
    print_table(
        title,
        ("entity_id", "name", "place, organisation", "records"),
        [(line["entity_id"], line["name"] or "–", line["place"] or "–", f"{line['records']:,}") for line in lines],
    )


def print_explained(found: Explained) -> None:
    """What links the records of an organisation."""
    print_lines("records that say the same 内容相同的记录 (node 节点)", found.nodes)
    print_lines(
        "linked by exact rules 精确规则", [{**line, "rule": _words(f"exact.{line['rule']}")} for line in found.exact]
    )
    print_lines("scored links 打分关联 (bits 比特)", [_scored_line(line) for line in found.scored])
    print_decisions("decisions 人工决定", found.decisions)
    print_lines(
        "kept apart from 与之分开的企业", [{**line, "reason": _reason(line["reason"])} for line in found.others]
    )


def _day(at: datetime) -> str:
    """The day of an instant in the centre's zone."""
    return str(at.astimezone(load_settings().zone).date())


def _words(code: str) -> str:
    words = load_words().of(code)
    return words.zh if words.zh == words.en else f"{words.zh} {words.en}"


def _reason(name: str) -> str:
    if name == UNCERTAIN:
        return _words(name)
    return _words(f"refused.{name}" if name in load_words().refused else f"against.{name}")


def _scored_line(line: Line) -> Line:
    """A scored link for people: the levels that say something, in words."""
    levels = [
        f"{_words(name + '.' + found['level'])} {found['weight']:+.1f}"
        for name, found in line["levels"].items()
        if found["weight"]
    ]
    reason = _reason(line["reason"]) if line["reason"] else None
    return {
        **{name: value for name, value in line.items() if name != "levels"},
        "reason": reason,
        "evidence": "\n".join(levels),
    }
