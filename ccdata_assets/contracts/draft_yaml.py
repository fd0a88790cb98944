"""A drafted contract as YAML that a person edits: one comment a column with its confidence and reason."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ccdata_assets.contracts.registry import Registry

if TYPE_CHECKING:
    from ccdata_assets.contracts.draft import Draft, DraftColumn

_KEYS = ("required", "type", "position", "from", "format", "none", "on_error")
_PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]*(?:[ .][\w\u4e00-\u9fff]+)*")
_WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "null", "y", "n"])


def scalar(value: object) -> str:
    """A value as YAML in one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return scalar(value[0]) if len(value) == 1 else f"[{', '.join(map(scalar, value))}]"
    text = str(value)
    is_plain = _PLAIN.fullmatch(text) and text.casefold() not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _flow(use: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {scalar(use[key])}" for key in _KEYS if key in use) + "}"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def contract_yaml(draft: Draft, registry: Registry) -> str:
    """The YAML of a draft."""
    sample, feed = draft.sample, draft.feed
    seen = sample.table.num_rows
    whole = f"{sample.rows:,} rows" if sample.is_whole else f"the first {sample.rows:,} rows of a longer file"
    looked = f"all {whole}" if seen >= sample.rows else f"{seen:,} of {whole}"
    form = ", ".join(
        part
        for part in (sample.format, sample.encoding, sample.delimiter and f"delimiter {sample.delimiter!r}")
        if part
    )
    subject = registry.subjects[draft.subject]
    lines = [
        f"# A draft made by looking at {looked} ({form}).",
        "# 置信度 is how sure a line is, from 0 to 1. Edit it, take these comments away, then: ccdata feeds check FILE --contracts FOLDER",
        *(f"# {_one_line(note)}" for note in sample.notes),
        f"feed: {feed}",
        f"title: {{zh: {scalar(feed)}, en: {scalar(feed.replace('_', ' ').capitalize())}}}  # TODO: what people call it",
        'description: ""  # TODO: what one row is, where it comes from',
        f"subject: {draft.subject}  # {subject.zh}: {subject.row}{_rivals(draft)}",
        _source(draft),
        "owner: team:data-acquisition  # TODO: who answers for it",
        "# freshness: 35d  # a delivery is expected at least this often",
    ]
    if draft.received_on:
        lines.append("received_on: " + _pairs(draft.received_on))
    else:
        lines.append(
            '# received_on: {file: "(?P<date>20[0-9]{6})"}  # where the file\'s name says the day; else the day it lands'
        )
    if draft.key:
        lines.append(f"key: [{', '.join(draft.key)}]  # {draft.key_note}")
    else:
        lines.append(f"# key: {draft.key_note}")
    lines.append("fields:")
    for column in draft.columns:
        lines += _column(column, registry)
    for lack in draft.missing:
        derive = json.dumps(lack.derive or "TODO", ensure_ascii=False)
        line = f"{lack.field}: {{required: true, derive: {derive}}}"
        if lack.is_sure:
            lines += [f"  # {lack.title}: every {draft.subject} needs it; the day of a moment above", f"  {line}"]
            continue
        lines += [
            f"  # TODO {lack.field} ({lack.title}, {lack.type}): every {draft.subject} needs it and no column gives it. Rename the field of",
            f"  # the column that does, or derive it{', such as' if lack.derive else ''}:",
            f"  # {line}" + (f"  # {lack.hint}" if lack.hint else ""),
        ]
    lines.append("quarantine: rows")
    return "\n".join(lines) + "\n"


def _pairs(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()) + "}"


def _rivals(draft: Draft) -> str:
    named = ", ".join(f"{name} ({share:.0%})" for name, share in draft.rivals[:4])
    return f"; nearly as likely: {named}" if named else ""


def _source(draft: Draft) -> str:
    parts = [f"files: {json.dumps(draft.feed + '/*')}"]
    for key, value in draft.sample.source.items():
        parts.append(f"{key}: {value if key == 'header' else json.dumps(value, ensure_ascii=False)}")
    return "source: {" + ", ".join(parts) + "}"


def _column(column: DraftColumn, registry: Registry) -> list[str]:
    sure = "local" if column.is_local else f"{column.confidence:.2f}"
    reason = _one_line(column.reason)
    lines = [f"  # 置信度 {sure}: {reason}" if not column.is_local else f"  # {reason}"]
    lines += [f"  # {_one_line(note)}" for note in column.notes]
    if not column.unknown_codes and not column.hidden_codes:
        return [*lines, f"  {column.field}: {_flow(column.use)}"]
    kind = registry.fields[column.field].type.partition(":")[2]
    if not column.unknown_codes:
        more = f"  # {column.hidden_codes} spellings are rare or may name somebody and are not shown"
        return [*lines, more, f"  {column.field}: {_flow(column.use)}"]
    values = ", ".join(registry.codes[kind].values)
    lines.append(f"  {column.field}:")
    lines += [f"    {key}: {scalar(column.use[key])}" for key in _KEYS if key in column.use]
    lines.append(f"    # TODO spellings that the code list {kind} does not know; give each one of: {values}")
    lines.append("    # codes:")
    lines += [
        f"    #   {scalar(text)}: TODO  # {rows:,} rows of the sample" for text, rows in column.unknown_codes.items()
    ]
    return lines
