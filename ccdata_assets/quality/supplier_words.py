"""What a fault says to the supplier who must mend it, in Chinese and English: what is wrong and what to do.

The reasons in `ops.quarantine` speak to the department (they may ask for a change of the contract); a supplier can only
change his file, so the built-in rules have words of their own here. Where a rule of the contract has a message, it is
used as it is. No value of a row stands in any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ccdata_assets.contracts.compile import field_type, rule_reason
from ccdata_assets.contracts.model import Contract, FieldUse
from ccdata_assets.contracts.registry import Registry


class Words(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str

    @property
    def both(self) -> str:
        """Chinese and English on one line; once where they are the same."""
        return self.zh if self.zh == self.en else f"{self.zh} {self.en}"


@dataclass(frozen=True)
class Explanation:
    """A fault in words: a short name for tables and charts, what is wrong, and what to do."""

    label: Words
    reason: Words
    fix: Words | None = None

    @property
    def whole(self) -> Words:
        """Reason and fix as one sentence."""
        if self.fix is None:
            return self.reason
        return Words(f"{self.reason.zh}；处理：{self.fix.zh}", f"{self.reason.en}; fix: {self.fix.en}")


CODES_SHOWN = 15
"""Values of a code list named in a fix."""
_A_MOMENT = datetime(2026, 1, 31, 13, 45)

UNREADABLE = {
    "short_row": Explanation(
        Words("单元格过少", "Too few cells"),
        Words("本行的单元格少于表头", "the row has fewer cells than the header"),
        Words("内容含分隔符或换行的单元格请加引号", "quote cells that hold the delimiter or a line break"),
    ),
    "long_row": Explanation(
        Words("单元格过多", "Too many cells"),
        Words("本行的单元格多于表头", "the row has more cells than the header"),
        Words("内容含分隔符的单元格请加引号", "quote cells that hold the delimiter"),
    ),
    "unclosed_quote": Explanation(
        Words("引号未闭合", "Quote not closed"),
        Words("有引号没有闭合（文件是否不完整？）", "a quoted cell is never closed (is the file cut short?)"),
        Words("补上引号，或重新发送完整文件", "close the quote or send the whole file again"),
    ),
    "undecodable": Explanation(
        Words("乱码", "Not decodable"),
        Words("含有不属于文件编码的字节（显示为 ‹FF›）", "it holds bytes that are no text in the file's encoding (shown as ‹FF›)"),
        Words("请以 UTF-8 编码重新导出", "export the file as UTF-8"),
    ),
    "broken_record": Explanation(
        Words("JSON 记录损坏", "Broken JSON record"),
        Words("从此处起不是合法的 JSON", "the record is not valid JSON from here on"),
        Words("请重新发送完整文件", "send the whole file again"),
    ),
    "no_header": Explanation(
        Words("没有表头", "No header"),
        Words("找不到可识别的表头", "there is no header that we know"),
        Words("请在第一行写上列名", "put the column names into the first line"),
    ),
    "missing_column": Explanation(
        Words("缺少必需的列", "Column missing"),
        Words("文件缺少必需的列", "a required column is missing from the file"),
        Words("请补上该列后重新发送整个文件", "add the column and send the whole file again"),
    ),
    "unmapped_column": Explanation(
        Words("有未约定的列", "Unknown column"),
        Words("文件有未约定的列", "the file has a column that was not agreed"),
        Words("请删除该列，或先与我方约定", "remove the column, or agree on it with us first"),
    ),
    "drifted_columns": Explanation(
        Words("列有变动", "Columns changed"),
        Words("文件的列与上次交付不同", "the file's columns differ from the delivery before"),
        Words("请恢复原来的列，或先与我方约定", "send the columns as before, or agree on the change with us first"),
    ),
    "unreadable_member": Explanation(
        Words("压缩包内文件无法读取", "Unreadable file in archive"),
        Words("压缩包内的一个文件不能作为表格读取", "a file within the archive cannot be read as a table"),
        Words("请修复该文件，或去掉它后重新发送", "mend that file, or send the archive without it"),
    ),
    "line_too_long": Explanation(
        Words("行过长", "Line too long"),
        Words("本行长于任何合理的记录", "the line is longer than any record"),
        Words("请检查换行符和分隔符", "check line ends and delimiter"),
    ),
    "too_many_columns": Explanation(
        Words("列过多", "Too many columns"),
        Words("列数超出上限", "the table has more columns than we accept"),
        Words("请检查分隔符，或减少列数", "check the delimiter, or send fewer columns"),
    ),
    "whole_file": Explanation(
        Words("整个文件退回", "Whole file returned"),
        Words("本行没有问题，但文件中另有问题行，按约定整个文件退回", "the row is right, but another one is not, and by agreement the whole file is returned"),
        Words("请更正问题行后重新发送整个文件", "mend the faulty rows and send the whole file again"),
    ),
}  # fmt: skip
"""Faults of landing, and of files that are returned whole."""


def rule_words(registry: Registry) -> dict[tuple[str, str], Explanation]:
    """The rules of all contracts that have a message, by name and reason in `ops.quarantine`."""
    return {
        (own.name, rule_reason(own)): _own(Words(own.message.zh, own.message.en))
        for contract in registry.feeds.values()
        for own in contract.row_rules
        if own.message
    }


def _own(message: Words) -> Explanation:
    """A rule whose contract says what it means; its name is the first clause."""
    return Explanation(Words(re.split("[；;。]", message.zh)[0], message.en.split(";")[0]), message)


def explain(registry: Registry, contract: Contract, rule: str, field: str | None, reason: str) -> Explanation:
    """The fault of one line of `ops.quarantine` in words for the supplier."""
    for own in contract.row_rules:
        if own.name == rule and rule_reason(own) == reason:
            if own.message:
                return _own(Words(own.message.zh, own.message.en))
            label = Words(rule, rule)
            return Explanation(label, Words(f"不满足条件 {own.expect}", f"does not keep the condition {own.expect}"))
    if rule in UNREADABLE:
        return UNREADABLE[rule]
    use = contract.fields.get(field or "")
    if use is not None and field is not None:
        if rule == "required":
            return _required(use)
        kind = field_type(registry, contract, field)
        if rule == f"not_{kind.partition(':')[0]}":
            return _not_of_type(registry, use, kind)
    what, _, todo = reason.partition("; fix: ")
    return Explanation(
        Words(rule, rule),
        Words(f"不符合规则 {rule}（见英文说明）", what),
        Words("见英文说明", todo) if todo else None,
    )


def _required(use: FieldUse) -> Explanation:
    label = Words("必填值缺失", "Value missing")
    if use.derive is None:
        return Explanation(label, Words("必填的值缺失", "a required value is missing"), Words("请补填", "fill it in"))
    return Explanation(
        label,
        Words("必填的值无法由本行的其他值得出", "a required value cannot be made of the row's values"),
        Words("请更正标出的单元格", "correct the marked cells"),
    )


_TYPES = {
    "integer": (Words("不是整数", "Not an integer"), Words("不是整数", "it is not an integer")),
    "number": (Words("不是数字", "Not a number"), Words("不是数字", "it is not a number")),
    "date": (Words("不是日期", "Not a date"), Words("不是有效的日期", "it is not a valid date")),
    "clock": (Words("不是时间", "Not a time of day"), Words("不是有效的时间", "it is not a valid time of day")),
    "timestamp": (Words("不是日期时间", "Not a date and time"), Words("不是有效的日期时间", "it is not a valid date and time")),
    "instant": (Words("不是日期时间", "Not a date and time"), Words("不是有效的日期时间", "it is not a valid date and time")),
    "boolean": (Words("不是“是/否”", "Not yes or no"), Words("不是“是”或“否”", "it is neither yes nor no")),
}  # fmt: skip
_EXAMPLES = {
    "integer": ("120",),
    "number": ("12.50",),
    "date": ("%Y-%m-%d",),
    "clock": ("%H:%M:%S",),
    "timestamp": ("%Y-%m-%d %H:%M:%S",),
    "instant": ("%Y-%m-%d %H:%M:%S",),
}


BUILT_IN = {
    **UNREADABLE,
    "required": Explanation(Words("必填值缺失", "Value missing"), Words("必填的值缺失", "a required value is missing")),
    "not_code": Explanation(
        Words("不在允许的取值内", "Not an allowed value"),
        Words("不是代码表允许的取值", "it is not a value of the code list"),
    ),
    **{f"not_{kind}": Explanation(label, reason) for kind, (label, reason) in _TYPES.items()},
}
"""The rules that no contract makes, where no one field of a contract is meant."""


def _not_of_type(registry: Registry, use: FieldUse, kind: str) -> Explanation:
    base, _, name = kind.partition(":")
    if base == "code":
        codes = registry.codes[name]
        known = {word.casefold() for value, spec in codes.values.items() for word in (value, *spec.aliases)}
        zh, en = [], []
        for value, spec in codes.values.items():
            said = [spec.zh, *spec.aliases, value] if spec.zh.casefold() in known else [*spec.aliases, value]
            zh.append(said[0])
            en.append(spec.en if spec.en.casefold() in known else value)
        return Explanation(
            Words("不在允许的取值内", "Not an allowed value"),
            Words(f"不是“{codes.zh}”允许的取值", f"it is not an allowed value of {codes.en}"),
            Words(f"请填写以下之一：{_some(zh, '、')}", f"use one of: {_some(en, ', ')}"),
        )
    label, reason = _TYPES[base]
    if base == "boolean":
        return Explanation(label, reason, Words("请填写“是”或“否”", "write yes or no"))
    shown = [_example(form) for form in (use.format or _EXAMPLES[base])]
    return Explanation(
        label, reason, Words(f"请更正，写法如 {' 或 '.join(shown)}", f"correct it, written like {' or '.join(shown)}")
    )


def _example(form: str) -> str:
    try:
        return _A_MOMENT.strftime(form)
    except ValueError:
        return form


def _some(words: list[str], between: str) -> str:
    return between.join(words[:CODES_SHOWN]) + (f"{between}…" if len(words) > CODES_SHOWN else "")


# --- of the whole delivery ---------------------------------------------------------------------------------------

_TOTALS = (
    (r"nothing declares the number of rows", "没有申报行数"),
    (r"(?P<declared>[\d,]+) rows are declared and (?P<landed>[\d,]+) landed", "申报 {declared} 行，实收 {landed} 行"),
    (r"no totals row declares the sum of (?P<field>\w+)", "没有合计行申报“{field}”的总和"),
    (
        r"the declared sum of (?P<field>\w+) is (?P<declared>\S+) and its rows add up to (?P<landed>\S+)",
        "“{field}”申报合计 {declared}，各行相加为 {landed}",
    ),
)


def control_words(registry: Registry, error: str) -> Words:
    """Where the supplier's totals disagree, as the ledger says it, in both languages."""
    parts = []
    for problem in error.split("; "):
        hit, said = next(((h, zh) for pattern, zh in _TOTALS if (h := re.fullmatch(pattern, problem))), (None, ""))
        found = dict(hit.groupdict()) if hit else {}
        if "field" in found:
            found["field"] = registry.title(found["field"])[0]
        parts.append(said.format(**found) if hit else problem)
    return Words("；".join(parts), error)


_DRIFT = {"new: ": "新增列：", "missing: ": "缺少列：", "renamed: ": "列名变更："}


def drift_words(drift: str) -> Words:
    """How the columns changed against the delivery before, as the ledger says it, in both languages."""
    parts = []
    for part in drift.split("; "):
        start = next((start for start in _DRIFT if part.startswith(start)), "")
        said = "列的顺序不同" if part == "the columns stand in another order" else part
        parts.append(_DRIFT[start] + part.removeprefix(start) if start else said)
    return Words("；".join(parts), drift)


RESEND = {
    "nothing": Words(
        "更正后请只重新发送这些行（新文件，保留表头）；其余行已收到，无需再发。",
        "Once mended, please send just these rows again (a new file with the header); the others have arrived.",
    ),
    "key": Words(
        "更正后请重新发送这些行或整个文件；相同主键的记录以新的为准。",
        "Once mended, please send these rows or the whole file again; a newer row of the same key takes the older one's place.",
    ),
    "file": Words(
        "更正后请以相同的文件名重新发送整个文件；新文件取代旧文件。",
        "Once mended, please send the whole file again under the same name; it takes the place of the one before.",
    ),
    "whole": Words(
        "本次交付没有行被采用；更正后请重新发送整个文件。",
        "No row of this delivery is in use; once mended, please send the whole file again.",
    ),
}
"""How to send mended rows, by the contract's `replaces`; `whole`: a delivery that was refused as a whole."""
