"""A contract compiled to SQL: raw text rows in, typed rows with their faults and flags out.

Only text is made here; `warehouse.staging` runs it. The query is layered so that it reads like the contract: texts →
types → derived fields, one layer each, in the contract's order → judgement. Values never enter a message: a fault
names rule, field and reason.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ccdata_assets.contracts.headers import HeaderMap
from ccdata_assets.contracts.model import CodeList, Contract, FieldUse, Rule

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ccdata_assets.contracts.registry import Registry

LINEAGE = ("_file", "_sha256", "_member", "_row", "_landed_at")
"""Columns every raw row has beside the source's own."""

COLUMN_TYPES = {
    "text": "varchar", "integer": "bigint", "number": "double", "date": "date", "clock": "time",
    "timestamp": "timestamp", "instant": "timestamptz", "boolean": "boolean",
}  # fmt: skip
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日")
CLOCK_FORMATS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f")
TIMESTAMP_FORMATS = tuple(f"{day}{gap}{clock}" for day in DATE_FORMATS for gap in (" ", "T") for clock in CLOCK_FORMATS)
YES_NO = "yes_no"
"""The code list that fields of type boolean are read by."""
SHARED = {
    "read_date": {"date", "timestamp", "instant"}, "fold_width": {"integer", "number"}, "fold_code": {"boolean"},
}  # fmt: skip
"""Macros of the dbt project that read a field, with the types they read: the dictionaries' rules and staging's are one."""

LANDING_FAULTS = {
    "short_row": "the row has fewer cells than the header; fix: quote cells that hold the delimiter or a line break",
    "long_row": "the row has more cells than the header; fix: quote cells that hold the delimiter",
    "unclosed_quote": "a quoted cell is never closed (is the file cut short?); fix: close the quote or send the file again",
    "undecodable": "bytes that are no text in the file's encoding; fix: export the file as UTF-8",
    "broken_record": "the record is broken or cut short; fix: export the file again",
    "no_header": "no header that the contract knows; fix: put the column names into the first line, give them under `from`, say `header: <row>` or `header: none`, or name the table to read (`sheet`)",
    "missing_column": "a required column is missing from the file; fix: add it, give its header under `from` in the contract, or name the table to read (`sheet`)",
    "unmapped_column": "the file has a column the contract does not know; fix: remove it or add it to the contract",
    "drifted_columns": "the file's columns differ from the delivery before and the contract rejects that; fix: ask the supplier, or change `drift`",
    "unreadable_member": "a file within the archive cannot be read as a table; fix: send the tables without it, or send it mended",
    "line_too_long": "the line is longer than any record; fix: check line ends and delimiter",
    "too_many_columns": "more columns than CCDATA_MAX_COLUMNS; fix: check the delimiter or raise the limit",
}
"""Why landing could not read a row, by the code it leaves in `_fault`."""
FURNITURE = ("title_line", "header_line")
"""Codes in `_fault` of rows that hold no record: lines above the header, units and a second header below it."""
TOTALS = "(合计|总计|小计|共计|总和|汇总|合 计|总 计|小 计|totals?|grand totals?|sub-?totals?|(共|合计|总计|总共) *[0-9,]+ *(条|行|笔|家|户|人|个|次|件)(记录|数据)?) *[:：]?"
"""What the first filled cell of a totals row says."""
FOOTER = "(制表人?|审核人?|复核人?|填表人?|填报人?|经办人|制单人?|制表日期|打印时间|打印日期|导出时间|导出人|说明|备注|注) *[:：].*"
"""What the only filled cell of a line below the records says."""
SERIAL_DATE = "[2-7][0-9]{4}([.][0-9]+)?"
"""A date as a spreadsheet counts it, in days since 1899-12-30: from 1954 to 2119."""
FIRST_YEAR = 1800
"""No date of a source lies before; what reads so is another form of date."""
OFFSET = ":[0-9]{2}([.][0-9]+)? ?(Z|[+-][0-9]{2}:?[0-9]{2})$"
"""How a time ends that says its own zone."""
CELL_ERROR = "#(N/A|REF!|VALUE!|DIV/0!|NAME[?]|NULL!|NUM!|SPILL!|CALC!|UNCALCULATED|#+)"
"""What a spreadsheet shows in the place of a value."""
DAMAGED = "_damaged"
"""Ending of the flag that says so of a field."""
DAMAGED_NUMBER = "[-+]?[0-9]([.][0-9]+)?[eE][+]?[0-9]+"
"""Digits of a long number that a spreadsheet has shortened, such as 1.38E+10."""


REPLACED = "[a-z]+:[a-z0-9_]+:hmac:[0-9a-f]{32}"
"""What landing writes in the place of a secret value: status, reason, keyed hash."""
NOT_REPLACED = "invalid:not_replaced"
"""What stands for a secret value that landed in clear, before anything said that it is secret."""
_TEXT = '"the text"'
"""Stands for the text in an expression that is rendered once for all fields."""


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _texts(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(literal(text) for text in texts) + "]"


def field_type(registry: Registry, contract: Contract, name: str) -> str:
    """The type of a field in this feed: the contract's own, else fields.yaml's."""
    use = contract.fields[name]
    return use.type or registry.fields[name].type


def column_type(kind: str) -> str:
    """The DuckDB type of a field type."""
    return COLUMN_TYPES.get(kind, "varchar")


def code_words(codes: CodeList, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Word, as it is written in lower case and as the lookup folds it, → value; a feed's own words win."""
    usual = {word: value for value, spec in codes.values.items() for word in (value, *spec.aliases)}
    known: dict[str, str] = {}
    for spelt in (usual, own or {}):
        for word, folded in zip(spelt, fold_codes(tuple(spelt)), strict=True):
            known |= {word.lower(): spelt[word], folded: spelt[word]}
    return known


def _map_lookup(words: Mapping[str, str], text: str) -> str:
    entries = ", ".join(f"{literal(word)}: {literal(value)}" for word, value in sorted(words.items()))
    # most words stand there just so; folding each would cost more than looking it up
    return f"coalesce((map {{{entries}}})[lower({text})], (map {{{entries}}})[{shared_sql('fold_code', text)}])"


@lru_cache
def fold_codes(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a code list as they are looked up, folded by the SQL that folds the values."""
    query = f"select {shared_sql('fold_code', 'word')} from (select unnest({_texts(words)}) as word)"
    return tuple(row[0] for row in _folding().cursor().execute(query).fetchall())


@lru_cache
def _folding() -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={"threads": 1})


def shared_sql(macro: str, text: str) -> str:
    """An expression over the text `text` that the dictionaries use too: a macro of the dbt project."""
    return _macro(macro).replace(_TEXT, text)


@lru_cache
def _macro(name: str) -> str:
    # loaded when a contract needs it
    from ccdata_assets.settings import PROJECT_DIR
    from ccdata_assets.standard.sql import load_sql

    return load_sql(PROJECT_DIR / "dbt_project").macro(name, _TEXT)


def _in_any_width(read: Callable[[str], str], text: str) -> str:
    """A reading of a text of digits, also where they are full-width."""
    return f"coalesce({read(text)}, case when regexp_matches({text}, '[^ -~]') then {read(shared_sql('fold_width', text))} end)"


def _integer(text: str) -> str:
    other = f"case when regexp_full_match({text}, '[-+]?[0-9][0-9,]*([.]0+)?') then try_cast(try_cast(replace({text}, ',', '') as decimal(38, 6)) as bigint) end"
    # most are digits alone, which is cheaper to see
    return f"case when ltrim({text}, '0123456789') = '' then try_cast({text} as bigint) else {other} end"


def _number(text: str) -> str:
    return f"try_cast(replace({text}, ',', '') as double)"


def parse_sql(registry: Registry, use: FieldUse, kind: str, text: str, zone: str, is_usual_only: bool = False) -> str:
    """An expression that reads the text `text` as `kind`, null where it cannot; `is_usual_only`: dates in usual forms only."""
    match kind.partition(":")[0]:
        case "text":
            return f"case when not (starts_with({text}, '#') and regexp_full_match({text}, {literal(CELL_ERROR)})) then {text} end"
        case "integer":
            return _in_any_width(_integer, text)
        case "number":
            return _in_any_width(_number, text)
        case "date":
            return f"cast({_moment(use, text, DATE_FORMATS + TIMESTAMP_FORMATS, zone, is_usual_only)} as date)"
        case "clock":
            return f"cast(try_strptime({text}, {_texts(use.format or CLOCK_FORMATS)}) as time)"
        case "timestamp":
            return _moment(use, text, TIMESTAMP_FORMATS + DATE_FORMATS, zone, is_usual_only)
        case "instant":
            local = _moment(use, text, TIMESTAMP_FORMATS + DATE_FORMATS, zone, is_usual_only)
            if use.format:
                return instant_sql(local, zone)
            # a time that says its own zone never goes through local time, where an hour may stand twice
            return f"case when {_has_offset(text)} then try_cast({text} as timestamptz) else {instant_sql(local, zone)} end"
        case "boolean":
            return f"({_map_lookup(code_words(registry.codes[YES_NO], use.codes), text)} = 'yes')"
        case "code":
            return _map_lookup(code_words(registry.codes[kind.partition(":")[2]], use.codes), text)
        case _:
            raise AssertionError(kind)


def _has_offset(text: str) -> str:
    """A condition on texts of a time that ends with Z or an offset; most are told by one character."""
    may = f"suffix({text}, 'Z') or substr({text}, -6, 1) in ('+', '-') or substr({text}, -5, 1) in ('+', '-')"
    return f"({may}) and regexp_matches({text}, {literal(OFFSET)})"


@lru_cache
def sets_clocks_back(zone: str) -> bool:
    """Whether a zone has had, or will have, local times that occur twice (since 1992, when China had stopped)."""
    offsets = {
        datetime(year, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
        for year in range(1992, 2038)
        for month in (1, 4, 7, 10)
    }
    return len(offsets) > 1


def instant_sql(local: str, zone: str) -> str:
    """The instant of a local time: of two the first; of none (clocks set forward) that of a clock not set forward."""
    there = literal(zone)
    if not sets_clocks_back(zone):
        return f"timezone({there}, {local})"
    earlier = f"timezone({there}, _local) - interval 1 hour"
    first = f"if(timezone({there}, {earlier}) = _local, {earlier}, timezone({there}, _local))"
    return f"list_transform([{local}], lambda _local: {first})[1]"


def _in_order(registry: Registry, contract: Contract, zone: str) -> Iterator[str]:
    """Selections that put right, one after the other, instants whose local time occurs twice, where the subject says in which
    order they follow each other (`in_order`): each is the first that does not lie before those which it follows, then the
    second where that does not lie behind those which follow it. So nothing lasts an hour longer than it must."""
    subject = registry.subjects.get(contract.subject)
    if subject is None or not sets_clocks_back(zone):
        return
    names = [name for name in subject.in_order if name in contract.fields]
    for place, name in enumerate(names[1:], start=1):
        before = ", ".join([*map(quote, names[:place]), "null"])
        yield _moved(contract, name, zone, f"{quote(name)} < greatest({before})")
    for place, name in reversed(list(enumerate(names[:-1], start=1))):
        behind = ", ".join([*map(quote, names[place:]), "null"])
        yield _moved(contract, name, zone, f"{quote(name)} + interval 1 hour <= least({behind})")


def _moved(contract: Contract, name: str, zone: str, condition: str) -> str:
    """A selection that reads a local time as its second occurrence on a condition, unless it is an instant for certain."""
    at, there, derive = quote(name), literal(zone), contract.fields[name].derive
    certain = f"typeof(({derive})) = 'TIMESTAMP WITH TIME ZONE'" if derive else _has_offset(quote("text " + name))
    comes_again = f"timezone({there}, {at} + interval 1 hour) = timezone({there}, {at})"
    move = f"{condition} and {comes_again} and not coalesce({certain}, false)"
    return f"select * replace (if({move}, {at} + interval 1 hour, {at}) as {at})"


def _moment(use: FieldUse, text: str, forms: tuple[str, ...], zone: str, is_usual_only: bool) -> str:
    """A local time: of the contract's forms, else of the usual ones, with an offset, a spreadsheet's number of days, or
    what else the rules of macros/date.sql read for certain."""
    moment = f"try_strptime({text}, {_texts(use.format or forms)})"
    # %Y takes `26` for the year 26
    read = f"case when {moment} >= timestamp '{FIRST_YEAR}-01-01' then {moment} end"
    if use.format:
        return read
    # 2018111 may be two days
    read = f"case when length({text}) <> 7 and {moment} >= timestamp '{FIRST_YEAR}-01-01' then {moment} end"
    days = f"case when regexp_full_match({text}, {literal(SERIAL_DATE)}) then timestamp '1899-12-30' + to_seconds(cast(round(try_cast({text} as double) * 86400) as bigint)) end"
    with_offset = f"case when regexp_matches({text}, {literal(OFFSET)}) then timezone({literal(zone)}, try_cast({text} as timestamptz)) end"
    rarer = [] if is_usual_only else [_rarer_moment(text, zone, is_day=forms[0] == DATE_FORMATS[0])]
    return f"coalesce({', '.join([read, days, with_offset, *rarer])})"


def _rarer_moment(text: str, zone: str, is_day: bool) -> str:
    """The local time of a date in any other form; 24:00 is the start of the next day, but a date stays its own day."""
    seconds = "least(_found.seconds, 86399)" if is_day else "_found.seconds"
    written = f"try_cast(_found.standard as timestamp) + to_seconds({seconds} - coalesce(_found.utc_offset, 0) * 60)"
    moved = f"timezone({literal(zone)}, timezone('UTC', {written}))"
    moment = f"case when length(_found.standard) = 10 then if(_found.utc_offset is null, {written}, {moved}) end"
    # what is read in a form above, or is empty, never comes here
    return f"case when {text} is not null then list_transform([{shared_sql('read_date', text)}], lambda _found: {moment})[1] end"


def _furniture(contract: Contract, columns: Sequence[str]) -> str:
    """A condition on trimmed rows that hold no record: titles, units, totals, and a header that stands there again."""
    cells = [quote(column) for column in columns[:3]]
    # a totals row is often shorter than the header: its cells are then in _text
    # of bytes that are no text not every _text is JSON that DuckDB reads
    short = [_trimmed(f"try(json_extract_string(_text, '$[{place}]'))") for place in range(3)]
    told = f"coalesce({', '.join([*cells, 'cast(null as varchar)'])})"
    told_short = f"case when _fault in ('short_row', 'long_row', 'no_header') then coalesce({', '.join(short)}) end"
    first = f"coalesce({told}, {told_short})"
    totals = f"regexp_full_match(lower({first}), {literal(TOTALS)})"
    again = " and ".join(f"coalesce({quote(column)}, '') = {literal(_header(column))}" for column in columns[:5])
    parts = [f"_fault in ({', '.join(map(literal, FURNITURE))})", totals]
    if len(columns) > 1:
        parts.append(f"(_fault is null and {again})")
    filled = " + ".join(f"({quote(column)} is not null)::int" for column in columns[:50]) or "0"
    # of two cells that are filled neither stands alone: most rows need no counting
    two = "".join(f"{quote(column)} is null or " for column in columns[:2])
    few = f"(({two}false) and {filled} <= 1)" if len(columns) > 1 else f"{filled} <= 1"
    alone = f"({few} and try(json_array_length(_text)) is null or try(json_array_length(_text)) = 1)"
    if len(columns) > 1:
        parts.append(f"({alone} and regexp_full_match({first}, {literal(FOOTER)}))")
    if contract.control.rows and not contract.control.sidecar:
        parts.append(f"({few} and regexp_matches({first}, {literal(_re2(contract.control.rows))}))")
    return " or ".join(f"coalesce({part}, false)" for part in parts)


def _trimmed(text: str) -> str:
    """A cell without space around it, null where nothing is left."""
    return f"nullif(trim({text}, ' \t\r\n　'), '')"


def _as_replaced(text: str) -> str:
    """A secret value as landing writes it. What landed before the contract called it secret is not let on."""
    is_replaced = f"regexp_full_match({text}, {literal(REPLACED)})"
    return f"case when {is_replaced} then {text} when regexp_matches({text}, '\\pN') then {literal(NOT_REPLACED)} end"


def _header(column: str) -> str:
    """The header cell that a raw column got its name from: none, or the first of several alike."""
    return "" if re.fullmatch(r"column \d+", column) else re.sub(r" \(\d+\)$", "", column).strip(" \t\r\n　")


def _re2(pattern: str) -> str:
    """A regular expression of Python as DuckDB takes it: it has no names for groups in a condition."""
    return pattern.replace("(?P<rows>", "(")


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _type_reason(use: FieldUse, kind: str) -> str:
    base = kind.partition(":")[0]
    match base:
        case "code":
            return f"not a value of the code list {kind.partition(':')[2]}; fix: add the spelling to codes.yaml or to the contract's codes"
        case "date" | "clock" | "timestamp" | "instant":
            forms = f" of the form {' or '.join(use.format)}" if use.format else ""
            doubt = "" if use.format or base == "clock" else ", or one that may be read in two ways"
            return f"not {_article(base)}{forms}{doubt}; fix: correct the value or add its form under `format`"
        case _:
            return f"not {_article(base)}; fix: correct the value"


def _fault(rule: str, field: str | None, reason: str, condition: str) -> str:
    field_sql = literal(field) if field else "cast(null as varchar)"
    return (
        f"case when {condition} then {{'rule': {literal(rule)}, 'field': {field_sql}, 'reason': {literal(reason)}}} end"
    )


def rule_reason(rule: Rule) -> str:
    """What a broken rule says of the row."""
    return rule.message.en if rule.message else f"breaks the rule {rule.name}"


def _present(structs: list[str]) -> str:
    """A list of those that are not null."""
    return f"list_filter([{', '.join(structs)}], lambda fault: fault is not null)" if structs else "[]"


def staging_query(
    registry: Registry, contract: Contract, mapped: HeaderMap, raw: str, columns: Sequence[str], file_fault: str | None
) -> str:
    """The query that judges the raw rows of one file.

    `raw` is an SQL relation with LINEAGE, `_fault`, `_text` and the source's columns as text, `columns` their names in
    the file's order; `file_fault`, a code of LANDING_FAULTS, condemns every row. Returns LINEAGE, `_blank` (nothing
    there, or furniture), `_furniture`, `_faults` (structs of rule, field, reason), `_flags` (names of broken flag rules
    and <field>_damaged) and the contract's fields in its order.
    """
    zone = contract.time_zone or registry.time_zone
    direct = [(name, use) for name, use in contract.fields.items() if use.derive is None]
    derived = [(name, use) for name, use in contract.fields.items() if use.derive is not None]

    texts, typed = [], []
    for name, use in direct:
        column = mapped.columns.get(name)
        text = quote(column) if column else "cast(null as varchar)"
        if use.none:
            text = f"case when {text} not in ({', '.join(literal(word) for word in use.none)}) then {text} end"
        if name in registry.fields and registry.fields[name].pii == "secret":
            text = _as_replaced(text)
        texts.append(f"{text} as {quote('text ' + name)}")
        typed.append(
            f"{parse_sql(registry, use, field_type(registry, contract, name), quote('text ' + name), zone)} as {quote(name)}"
        )

    trimmed = "".join(f", {_trimmed(quote(column))} as {quote(column)}" for column in columns)
    empty = f"coalesce({', '.join(map(quote, columns))}, null) is null" if columns else "true"
    lineage = ", ".join(LINEAGE)
    layers = [
        f"cells as (select {lineage}, _fault, _text{trimmed} from {raw})",
        f"kinds as (select *, _fault is null and {empty} as _empty, {_furniture(contract, columns)} as _furniture from cells)",
        f"texts as (select {lineage}, _fault, _empty or _furniture as _blank, _furniture{''.join(', ' + text for text in texts)} from kinds)",
        f"typed as (select *{''.join(', ' + value for value in typed)} from texts)",
    ]
    previous = "typed"
    for number, (name, use) in enumerate(derived, start=1):
        kind = field_type(registry, contract, name)
        # no value of a row may stop the feed, nor stand in an error
        value = f"try_cast(({use.derive}) as {'timestamp' if kind == 'instant' else column_type(kind)})"
        if kind == "instant":  # what is an instant already stays it; a local time becomes one
            is_one = f"typeof({use.derive}) = 'TIMESTAMP WITH TIME ZONE'"
            value = f"if({is_one}, try_cast(({use.derive}) as timestamptz), {instant_sql(value, zone)})"
        layers.append(f"derived_{number} as (select *, {value} as {quote(name)} from {previous})")
        previous = f"derived_{number}"

    for number, selection in enumerate(_in_order(registry, contract, zone), start=1):
        layers.append(f"ordered_{number} as ({selection} from {previous})")
        previous = f"ordered_{number}"

    faults, flags = [], []
    late = []  # of derived fields: said only where nothing they are made of is at fault
    for name, use in direct:
        text, kind = quote("text " + name), field_type(registry, contract, name)
        if kind != "text":
            wrong = f"{text} is not null and {quote(name)} is null"
            rule = f"not_{kind.partition(':')[0]}"
            if use.on_error == "reject":
                faults.append(_fault(rule, name, _type_reason(use, kind), wrong))
            else:
                flags.append(f"case when {wrong} then {literal(f'{name}_{rule}')} end")
        else:
            lost = f"({text} is not null and {quote(name)} is null)"
            broken = f"({lost} or regexp_full_match({text}, {literal(DAMAGED_NUMBER)}))"
            flags.append(f"case when {broken} then {literal(name + DAMAGED)} end")
    for name in contract.required:
        reason = "a required value is missing; fix: fill it in"
        if contract.fields[name].derive is None:
            # of another type the text is looked at: what cannot be read has a fault of its own
            given = name if field_type(registry, contract, name) == "text" else f"text {name}"
            faults.append(_fault("required", name, reason, f"{quote(given)} is null"))
        else:
            late.append(
                _fault(
                    "required",
                    name,
                    "it cannot be made of the row's values; fix: correct them",
                    f"{quote(name)} is null",
                )
            )
    for each in contract.row_rules:
        if each.severity == "reject":
            faults.append(_fault(each.name, each.field, rule_reason(each), f"({each.expect}) is false"))
        else:
            flags.append(f"case when ({each.expect}) is false then {literal(each.name)} end")

    landing = [_fault(code, None, reason, f"_fault = {literal(code)}") for code, reason in LANDING_FAULTS.items()]
    if file_fault:
        lacking = ", ".join(mapped.missing) if file_fault == "missing_column" else None
        condemned = _fault(file_fault, lacking, LANDING_FAULTS[file_fault], "true")
        verdict = f"[{condemned}]"
    else:
        own, made = _present(faults), _present(late)
        own = f"case when len({own}) > 0 then {own} else {made} end" if late else own
        verdict = f"case when _fault is not null then list_filter([{', '.join(landing)}], lambda fault: fault is not null) else {own} end"
    flag_list = (
        f"list_filter([{', '.join(flags)}], lambda flag: flag is not null)" if flags else "cast([] as varchar[])"
    )
    values = "".join(f", {quote(name)}" for name in contract.fields)
    faults_type = "struct(rule varchar, field varchar, reason varchar)[]"
    layers.append(
        f"judged as (select {', '.join(LINEAGE)}, _blank, _furniture, "
        f"cast(case when _blank then [] else {verdict} end as {faults_type}) as _faults, {flag_list} as _flags{values} from {previous})"
    )
    return "with " + ",\n".join(layers) + "\nselect * from judged"


def contract_hash(registry: Registry, contract: Contract) -> str:
    """What a feed's staged rows depend on, beside its files: a change of it judges them anew.

    What only a reader sees or a schedule uses (titles, owner, trust, weights, English names) is left out; how contracts
    are compiled is in it, so that a release that reads more forms of a date reads the old files with them too.
    """
    known = {name: registry.fields[name] for name in contract.fields if name in registry.fields}
    fields = {name: [spec.type, spec.zh, spec.aliases, spec.pii, spec.standardiser] for name, spec in known.items()}
    kinds = {field_type(registry, contract, name) for name in contract.fields}
    lists = {kind.partition(":")[2] for kind in kinds if ":" in kind} | ({YES_NO} if "boolean" in kinds else set())
    codes = {
        name: {value: spec.aliases for value, spec in registry.codes[name].values.items()} for name in sorted(lists)
    }
    body = contract.model_dump(
        mode="json", exclude={"title", "description", "owner", "freshness", "trust", "gate", "crm_id_of"}
    )
    rules = {name for name, types in SHARED.items() if kinds & types or (name == "fold_code" and lists)}
    shared = [shared_sql(name, "text") for name in sorted(rules)]
    subject = registry.subjects.get(contract.subject)
    order = list(subject.in_order) if subject else []
    parts = [body, fields, codes, order, registry.time_zone, registry.functions, shared, _code()]
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache
def _code() -> str:
    here = Path(__file__)
    return hashlib.sha256(here.read_bytes() + here.with_name("headers.py").read_bytes()).hexdigest()
