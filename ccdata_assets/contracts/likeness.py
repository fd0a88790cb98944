"""How likely a header names a field: the names of fields.yaml, compared as a person compares them.

Slips, synonyms, word order and what stands before or in brackets do not matter; what a column holds is not looked at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ccdata_assets.contracts.headers import normal_header
from ccdata_assets.contracts.model import FieldDef

_BRACKETS = re.compile(r"[(（\[【<《][^)）\]】>》]*[)）\]】>》]|[*＊:：#]+$|^[*＊#]+")
_SPLIT = re.compile(r"[^0-9A-Za-z\u00c0-\uffff]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_SAME = {
    same: word
    for word, others in {
        "time": "timestamp datetime ts tm at", "date": "dt day on", "number": "no num nbr nr", "phone": "tel telephone",
        "mobile": "cell cellphone cellular mob", "company": "corp corporation firm enterprise org organisation organization",
        "customer": "cust client", "description": "desc", "address": "addr", "amount": "amt", "quantity": "qty", "duration": "dur length",
        "department": "dept", "manager": "mgr", "agent": "operator rep csr", "employee": "emp staff", "identifier": "id key uuid guid",
        "province": "prov", "postcode": "zip zipcode", "email": "mail", "average": "avg", "message": "msg", "service": "svc",
        "second": "s sec secs seconds", "minute": "min mins minutes", "outcome": "result", "begin": "start from", "end": "finish to stop",
    }.items()
    for same in others.split()
}  # fmt: skip
ANYWHERE = frozenset(
    map(
        normal_header,
        [
            "id",
            "no",
            "number",
            "name",
            "type",
            "date",
            "time",
            "day",
            "month",
            "status",
            "state",
            "result",
            "reason",
            "source",
            "kind",
            "category",
            "level",
            "start",
            "end",
            "from",
            "to",
            "begin",
            "finish",
            "title",
            "subject",
            "description",
            "content",
            "comment",
            "remark",
            "note",
            "score",
            "value",
            "amount",
            "count",
            "total",
            "code",
            "group",
            "area",
            "region",
            "channel",
            "owner",
            "编号",
            "名称",
            "类型",
            "类别",
            "日期",
            "时间",
            "状态",
            "结果",
            "原因",
            "来源",
            "级别",
            "等级",
            "开始时间",
            "结束时间",
            "开始日期",
            "结束日期",
            "标题",
            "主题",
            "内容",
            "描述",
            "备注",
            "数量",
            "金额",
            "时长",
            "项目",
            "部门",
            "姓名",
            "序号",
            "渠道",
            "说明",
            "意见",
            "产品",
            "评价",
            "名单",
            "批次",
            "完成时间",
            "创建时间",
            "登记时间",
            "登记日期",
            "提交时间",
            "处理状态",
            "当前状态",
            "地区",
        ],
    )
)
"""Headers that mean one thing here and another there."""
_FILLER = frozenset({"the", "of", "a", "in", "is", "and", "source", "value", "field", "col", "column"})
OTHER_UNIT = re.compile(
    r"分钟|小时|毫秒|\b(min|mins|minutes?|hours?|hrs?|ms|milliseconds?)\b|(?<=_)(min|ms|h)$", re.IGNORECASE
)


def words_of(header: str) -> tuple[str, ...]:
    """The words of a header in Latin letters, each by its usual synonym."""
    text = unicodedata.normalize("NFKC", header)
    parts = [part.casefold() for part in _SPLIT.split(text) if part]
    return tuple(_SAME.get(part, part) for part in parts if part not in _FILLER)


def is_han(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def _one_slip(one: str, other: str) -> bool:
    """True where one character is missing, added, wrong, or two stand the wrong way round."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    place = next((p for p, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[place:] == other[place + 1 :]
    swapped = one[:place] + one[place + 1 : place + 2] + one[place : place + 1] + one[place + 2 :]
    return one[place + 1 :] == other[place + 1 :] or swapped == other


@dataclass(frozen=True)
class Names:
    """What a field is called: normalised names, the field's own apart from the usual headers."""

    field: str
    own: frozenset[str]
    usual: Mapping[str, str]
    """Normalised header → as fields.yaml writes it."""
    akin: Names | None = None
    """Of a field that takes another's values, where the subject has no such other: a mobile is a phone."""

    @cached_property
    def words(self) -> dict[frozenset[str], str]:
        """Words of each name of more than one word."""
        named = {frozenset(words_of(name)): name for name in (*self.usual.values(), self.field)}
        return {words: name for words, name in named.items() if len(words) > 1}


def names_of(name: str, spec: FieldDef) -> Names:
    """The names of a field of fields.yaml."""
    own = frozenset(map(normal_header, (name, spec.zh)))
    return Names(name, own, {normal_header(alias): alias for alias in (spec.en, *spec.aliases)})


def header_likeness(header: str, names: Names) -> tuple[float, str]:
    """How likely the header names the field (0 to 1), and why."""
    normal = normal_header(header)
    if not normal:
        return 0.0, ""
    if normal in names.own:
        return 0.96, "is the field's name"
    if normal in names.usual:
        return 0.94, f"is an alias of {names.field}"
    bare = normal_header(_BRACKETS.sub("", header))
    if bare and bare != normal and (bare in names.own or bare in names.usual):
        return 0.88, f"is an alias of {names.field} but for what stands in brackets"
    known = [*names.own, *names.usual]
    if len(normal) >= 4 and any(len(name) >= 4 and _one_slip(normal, name) for name in known):
        return 0.74, f"is one slip away from an alias of {names.field}"
    return _part_likeness(header, normal, names) if is_han(normal) else _word_likeness(header, names)


def _part_likeness(header: str, normal: str, names: Names) -> tuple[float, str]:
    """A Chinese header: what stands last says what it is, what stands before says whose."""
    best = 0.0
    for name in (*names.own, *names.usual):
        if len(name) < 2 or not is_han(name) or name == normal:
            continue
        share = len(name) / len(normal)
        if normal.endswith(name):
            best = max(best, 0.5 + 0.3 * share)
        elif normal.startswith(name):
            best = max(best, 0.35 + 0.3 * share)
        elif name.endswith(normal) and len(normal) >= 2:
            best = max(best, 0.3 + 0.3 / share)
    return best, f"is like an alias of {names.field}" if best else ""


def _word_likeness(header: str, names: Names) -> tuple[float, str]:
    """An English header: the words it shares with a name, in any order."""
    words = frozenset(words_of(header))
    best = 0.0
    for name in names.words:
        if words == name:
            best = max(best, 0.86)
        elif name < words:
            best = max(best, 0.45 + 0.35 * len(name) / len(words))
        elif words < name and len(words) > 1:
            best = max(best, 0.6)
    return best, f"has the words of an alias of {names.field}" if best else ""


def path_likeness(path: str, names: Names) -> tuple[float, str]:
    """How likely a dotted path of JSON names the field: its last key says what it is, those above it whose."""
    keys = [key for key in path.split(".") if key and not key.isdecimal()]
    best = header_likeness(path, names)
    if len(keys) < 2:
        return best
    # in the context only a name as it stands counts, not a part of one
    whole = (best, header_likeness(" ".join(keys[-2:]), names), header_likeness("".join(keys[-2:]), names))
    sure, why = max(whole)
    leaf, reason = header_likeness(keys[-1], names)
    if sure >= 0.86 or not leaf:
        return (sure, why) if sure >= 0.86 else (0.0, "")
    certain = 0.6 if normal_header(keys[-1]) in ANYWHERE else 0.97
    return certain * leaf, f"ends in {keys[-1]}, which {reason}"
