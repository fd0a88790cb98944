"""What a golden record is made of, and which IDs a name, a telephone number or a credit code leads to. Values are shown in clear."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import duckdb

from ccdata_assets.contracts.compile import quote
from ccdata_assets.errors import WrongUse
from ccdata_assets.resolution.entity_history import Line, rows
from ccdata_assets.resolution.entity_ids import not_alive
from ccdata_assets.resolution.ledger import PREFIX, Kind
from ccdata_assets.resolution.rules import Rules

FOUND = 50
"""The most IDs that a search gives."""
LEAST_DIGITS = 5
"""Fewer digits are no telephone number to look for."""


@dataclass(frozen=True)
class Shown:
    """A golden record: its columns, and of each field of the rules the value, what gave it and what it stands against."""

    entity_id: str
    kind: Kind
    record: Line
    """Every column of the golden record but `sources`."""
    fields: list[Line]
    """field, value, feed, file, row (of the record that gave it), agreement (records that say so), others: value and records."""


def show(con: duckdb.DuckDBPyConnection, rules: Rules, entity_id: str) -> Shown:
    """The golden record of a live organisation or contact. WrongUse for another ID."""
    kind: Kind = "contact" if entity_id.startswith(PREFIX["contact"]) else "organisation"
    found = rows(con, f"from golden.{kind} where {kind}_id = $1", [entity_id])
    if not found:
        if kind == "contact":
            raise WrongUse(f"no contact {entity_id} lives; fix: take an ID that `ccdata entity find` gives")
        raise not_alive(con, entity_id, "show")
    record = found[0]
    sources = record.pop("sources") or {}
    told = rows(
        con,
        """select record.* from resolution.record join resolution.assigned as assigned using (record_id)
        where assigned.entity_kind = $1 and assigned.entity_id = $2 order by record.record_id""",
        [kind, entity_id],
    )
    fields = [
        _field(name, field.columns, record, told, sources.get(name) or {})
        for name, field in getattr(rules.survivorship, kind).items()
    ]
    return Shown(entity_id, kind, record, fields)


def _field(name: str, columns: tuple[str, ...], record: Line, told: list[Line], source: dict[str, Any]) -> Line:
    # codes of what other columns say in words are left out
    columns = tuple(column for column in columns if not column.endswith("_code")) or columns
    value = tuple(record.get(column) for column in columns)
    giver = next((line for line in told if line["record_id"] == source.get("record_id")), {})
    said = Counter(tuple(line[f"said_{column}"] for column in columns) for line in told)
    others = [
        {"value": _text(other), "records": records}
        for other, records in sorted(said.items(), key=lambda pair: (-pair[1], str(pair[0])))
        if other != value and other[0] is not None
    ]
    return {
        "field": name,
        "value": _text(value),
        **{part: giver.get(part) for part in ("feed", "file", "row")},
        "agreement": source.get("agreement"),
        "others": others,
    }


def _text(values: tuple[Any, ...]) -> str | None:
    """The values of the columns of one field, as one; null where there is none."""
    return " ".join(str(value) for value in values if value not in (None, "")) or None


def find(con: duckdb.DuckDBPyConnection, text: str) -> list[Line]:
    """The live organisations and contacts of which a record's name has the text in it, or whose telephone number or credit code it
    is: entity_id, kind, name, place (of a contact: its organisation's ID), records; at most FOUND of each kind. WrongUse where the
    text is empty."""
    wanted = text.strip()
    if not wanted:
        raise WrongUse("find needs a part of a name, a telephone number or a credit code; fix: ccdata entity find 深圳")
    digits = re.sub(r"\D", "", wanted)
    values = {
        "like": "%" + re.sub(r"([%_\\])", r"\\\1", wanted) + "%",
        "code": wanted.upper(),
        # as written with or without the country's code or the zero before an area's
        "number": digits.removeprefix("0")
        if re.fullmatch(r"[\d\s+()\-]+", wanted) and len(digits) >= LEAST_DIGITS
        else "",
    }
    by_number = "($number <> '' and len(list_filter(said_numbers, lambda number: contains(number, $number))) > 0)"
    asked = {
        "organisation": f"said_company_name ilike $like escape '\\' or said_uscc = $code or {by_number}",
        "contact": f"said_contact_name ilike $like escape '\\' or {by_number}",
    }
    shown = {
        "organisation": ("company_name", "concat_ws(' ', province, city)"),
        "contact": ("contact_name", "organisation_id"),
    }
    found = []
    for kind, condition in asked.items():
        name, place = shown[kind]
        used = {part: value for part, value in values.items() if f"${part}" in condition}
        found += rows(
            con,
            f"""with hit as (
                select distinct assigned.entity_id from resolution.record join resolution.assigned as assigned using (record_id)
                where assigned.entity_kind = '{kind}' and ({condition})
            )
            select {kind}_id as entity_id, '{kind}' as kind, {quote(name)} as name, {place} as place, records
            from golden.{kind} join hit on hit.entity_id = {kind}_id order by records desc, entity_id limit {FOUND}""",
            used,
        )
    return found
