"""The six dimensions of quality as counts: kpi.quality_measure, of which every quality KPI is a sum.

A measure counts what can be judged (`total`) and what of it is right (`passed`), by feed, source, field, region, industry
and month received. Contracts give most of them: fields that are filled and that dictionaries can read, rules that flag, repeats, deliveries
on time. quality_measures.yaml declares the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import duckdb

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.contracts.model import Contract, Declaration, Dimension
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.contracts.yaml_source import YamlSource
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import insert_rows

PATH = Path(__file__).with_suffix(".yaml")
KEY = ("subject", "feed", "source", "dimension", "measure", "field", "region", "industry", "month")
READ = (
    "company_name", "contact_name", "title", "mobile", "phone", "other_phone", "fax", "email", "website", "address", "postcode",
    "industry", "uscc", "legal_representative", "registered_capital", "employees", "source_site",
)  # fmt: skip
"""Fields whose dictionary's status standard.party_record has."""
COMPARED = ("uscc", "city_code", "website", "legal_representative")
"""Columns of standard.party_record of which several feeds may speak for one organisation."""
TELLING = "('success', 'refused', 'callback', 'not_eligible', 'do_not_call', 'interested', 'connected', 'vacant_number', 'wrong_person')"
"""Dispositions of dials that say whether a number is right; that nobody answered says nothing."""
EMPTY = "('missing', 'placeholder', 'damaged')"
FAMILIES = {
    "filled": ("completeness", "已填写", "Filled"),
    "readable": ("validity", "可识别", "Can be read"),
    "accepted": ("validity", "符合契约", "Keeps the rules of the contract"),
    "rule": ("validity", "规则", "Rule"),
    "first_time": ("uniqueness", "不重复", "The feed did not have it before"),
    "on_time": ("timeliness", "按时交付", "Delivered on time"),
}
"""Measures that contracts give: dimension, names."""


class Declared(Declaration):
    """One measure of quality_measures.yaml."""

    zh: str
    en: str
    dimension: Dimension
    field: str | None = None
    total: str
    passed: str


@dataclass(frozen=True)
class Measure:
    """What is counted of the records of a feed: `total` and `passed` are SQL conditions on a record."""

    dimension: str
    name: str
    field: str | None
    total: str
    passed: str


def load_measures(path: Path = PATH) -> dict[str, Declared]:
    """The declared measures by name; ContractError names file and line of a mistake."""
    return YamlSource(path).parse_each(Declared)


def write_measures(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> None:
    """Bring kpi.quality_measure up to date: rows are only added, the last one of a key counts.

    Leaves the temporary view `quality_now`: the counts of now with each field's weight, which KPIs sum up. Reads
    marts.fct_record, standard.party_record and phone, golden.crosswalk and organisation, staged.<subject> and the ledger of files.
    """
    declared = load_measures()
    _write_names(con, declared, registry)
    if any(registry.feeds_of("party")):
        _write_witnesses(con)
    con.execute(
        """create or replace temp table quality_candidate (subject varchar, feed varchar, source varchar, dimension varchar, measure varchar,
            field varchar, region varchar, industry varchar, month date, passed bigint, total bigint)"""
    )
    for contract in registry.feeds.values():
        if not con.execute(
            f"select exists(from {_table_of_records(contract)} where feed = ?)", [contract.feed]
        ).fetchall()[0][0]:
            continue
        measures = list(measures_of(registry, contract, declared))
        con.execute(f"insert into quality_candidate {_counts(registry, contract, measures)}")
    _write_gaps(con, registry, declared)
    _count_deliveries(con, registry, settings)
    same = " and ".join(f"c.{name} is not distinct from l.{name}" for name in KEY)
    con.execute(
        f"""insert into kpi.quality_measure
        with latest as (
            select * from kpi.quality_measure qualify row_number() over (partition by {", ".join(KEY)} order by as_of desc, rowid desc) = 1
        )
        -- a combination that is no longer there (a region that could be read at last) has nothing to judge from now on
        select {", ".join(f"if(c.feed is null, l.{name}, c.{name}) as {name}" for name in KEY)},
            coalesce(c.passed, 0) as passed, coalesce(c.total, 0) as total, $1 as as_of
        from quality_candidate as c full join latest as l on {same}
        where coalesce(c.total, 0) <> coalesce(l.total, 0) or coalesce(c.passed, 0) <> coalesce(l.passed, 0)
        order by all""",
        [settings.as_of],
    )
    weights = ", ".join(f"({literal(name)}, {spec.weight})" for name, spec in registry.fields.items())
    con.execute(
        f"""create or replace temp view quality_now as
        select c.*, coalesce(w.weight, 0) as weight from quality_candidate as c left join (values {weights or "('', 0)"}) as w(field, weight) using (field)"""
    )


def measures_of(registry: Registry, contract: Contract, declared: dict[str, Declared]) -> Iterator[Measure]:
    """The measures of a feed."""
    is_party = contract.subject == "party"
    new = "s.row is not null and not r.is_repeat"
    for name in registry.subjects[contract.subject].fields:
        spec = registry.fields[name]
        read = is_party and name in READ
        if spec.weight > 0:
            filled = f"s.{quote(name)} is not null" + (
                f" and coalesce(p.statuses.{name}, '') not in {EMPTY}" if read else ""
            )
            yield Measure("completeness", "filled", name, new, filled)
        if read and name in contract.fields:
            yield Measure(
                "validity",
                "readable",
                name,
                f"{new} and p.statuses.{name} not in {EMPTY}",
                f"p.statuses.{name} = 'valid'",
            )
    for rule in contract.rules:
        if rule.severity == "flag":
            yield Measure(
                rule.dimension, f"rule:{rule.name}", None, new, f"not list_contains(r.flags, {literal(rule.name)})"
            )
    yield Measure("validity", "accepted", None, "not r.is_repeat", "r.status = 'staged' and len(r.flags) = 0")
    yield Measure("uniqueness", "first_time", None, "r.status = 'staged'", "not r.is_repeat")
    if is_party:
        for name, measure in declared.items():
            new = "not r.is_repeat" if measure.field is None else "p.row is not null and not r.is_repeat"
            yield Measure(measure.dimension, name, measure.field, f"{new} and {measure.total}", measure.passed)


def _counts(registry: Registry, contract: Contract, measures: list[Measure]) -> str:
    """SQL: the counts of a feed, one scan of its records."""
    feed = literal(contract.feed)
    is_party = contract.subject == "party"
    counts = ", ".join(
        f"count_if({measure.total}) as t{n}, count_if(({measure.total}) and ({measure.passed})) as p{n}"
        for n, measure in enumerate(measures)
    )
    told = ", ".join(
        f"struct_pack(dimension := {literal(m.dimension)}, measure := {literal(m.name)}, field := {literal(m.field) if m.field else 'cast(null as varchar)'}, passed := p{n}, total := t{n})"
        for n, m in enumerate(measures)
    )
    dims = ("r.source", "r.province_code", "r.industry_section") if is_party else ("null", "null", "null")
    source, region, industry = (f"cast({column} as varchar)" for column in dims)
    return f"""with counted as (
            select {source} as source, {region} as region, {industry} as industry, cast(date_trunc('month', r.received_on) as date) as month, {counts}
            from {_records(contract)} group by all
        ),
        told as (select source, region, industry, month, unnest([{told}]) as told from counted)
        select {literal(contract.subject)} as subject, {feed} as feed, source, told.dimension, told.measure, told.field, region, industry, month, told.passed, told.total
        from told where told.total > 0"""


def _records(contract: Contract) -> str:
    """SQL: the records of a feed (r) with what measures look at: s, and of a party p, c, o, w and d."""
    feed = literal(contract.feed)
    is_party = contract.subject == "party"
    joins = _join(f"(from staged.{contract.subject} where feed = {feed})", "s")
    if is_party:
        joins += _join(f"(from standard.party_record where feed = {feed})", "p")
        joins += _join(f"(from golden.crosswalk where feed = {feed})", "c")
        joins += " left join golden.organisation as o on o.organisation_id = c.organisation_id"
        joins += " left join quality_said as w on w.organisation_id = c.organisation_id"
        joins += _join(f"(from quality_dialled where feed = {feed})", "d")
    return f"(from {_table_of_records(contract)} where feed = {feed}) as r {joins}"


def _table_of_records(contract: Contract) -> str:
    return "marts.fct_record" if contract.subject == "party" else "staged.record"


def _write_witnesses(con: duckdb.DuckDBPyConnection) -> None:
    """What others say of a record's values: temporary tables quality_said (w) and quality_dialled (d).

    A value that one feed alone gives agrees with the golden record, which has it from there: that verifies nothing.
    """
    several = ", ".join(
        f"coalesce(min(p.feed) filter (where p.{name} is not null) < max(p.feed) filter (where p.{name} is not null), false) as {name}"
        for name in COMPARED
    )
    con.execute(
        f"""create or replace temp table quality_said as
        select c.organisation_id, {several}
        from golden.crosswalk as c
        semi join (select organisation_id from golden.organisation where feeds > 1) as o on c.organisation_id = o.organisation_id
        join standard.party_record as p on c.feed = p.feed and c.sha256 = p.sha256 and c.member = p.member and c.row = p.row
        group by c.organisation_id"""
    )
    con.execute(
        f"""create or replace temp table quality_dialled as
        with dial as (
            select unnest(phone.valid_numbers) as number, disposition, (dialled_on, coalesce(dialled_at, timestamptz '0001-01-01 00:00:00+00'), sha256, row) as place
            from staged.outbound join standard.phone as phone on outbound.phone = phone.raw where disposition in {TELLING}
        ),
        number as (select number, arg_max(disposition, place) as disposition from dial group by number),
        listed as (select feed, sha256, member, row, unnest(numbers) as number from standard.party_record)
        -- of several numbers one that is wrong
        select feed, sha256, member, row, max_by(disposition, (disposition in ('vacant_number', 'wrong_person'), disposition)) as disposition
        from listed join number using (number) group by all"""
    )


def _write_gaps(con: duckdb.DuckDBPyConnection, registry: Registry, declared: dict[str, Declared]) -> None:
    """kpi.record_gap: the rows that completeness counts now, each with the names of the fields it does not fill.

    Made of the same conditions as the counts, so that a figure can be taken apart down to its rows without a value being told.
    """
    con.execute(
        "create or replace table kpi.record_gap (feed varchar, sha256 varchar, member varchar, row bigint, month date, missing varchar[])"
    )
    for contract in registry.feeds_of("party"):
        filled = [m for m in measures_of(registry, contract, declared) if m.name == "filled" and m.field]
        missing = ", ".join(f"if(coalesce({m.passed}, false), null, {literal(str(m.field))})" for m in filled)
        if filled:
            con.execute(
                f"""insert into kpi.record_gap
                select r.feed, r.sha256, r.member, r.row, cast(date_trunc('month', r.received_on) as date) as month,
                    list_filter([{missing}], lambda name: name is not null) as missing
                from {_records(contract)} where {filled[0].total} order by all"""
            )


def _join(relation: str, name: str) -> str:
    return f" left join {relation} as {name} on {name}.sha256 = r.sha256 and {name}.member = r.member and {name}.row = r.row"


def _count_deliveries(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> None:
    """Deliveries of each feed that came within its freshness of the one before, and one more, missed, for a feed that is late by now.

    A delivery that comes late counts when it was due, as it did while it was missing: a closed month does not change when it comes.
    """
    due = ", ".join(
        f"({literal(feed)}, {literal(contract.subject)}, {ceil(contract.freshness.total_seconds() / 86400)})"
        for feed, contract in registry.feeds.items()
        if contract.freshness
    )
    if not due:
        return
    con.execute(
        f"""insert into quality_candidate by name
        with due (feed, subject, days) as (values {due}),
        delivered as (
            select distinct feed, received_on from ops.file_ledger where status in ('landed', 'repeat', 'held')
        ),
        expected as (
            select *, lag(received_on) over (partition by feed order by received_on) + days as due_on from delivered join due using (feed)
        ),
        judged as (
            select feed, subject, least(received_on, due_on + 1) as day, coalesce(received_on <= due_on, true) as is_on_time from expected
            union all
            select feed, subject, max(received_on) + days + 1, false from delivered join due using (feed)
            group by feed, subject, days having max(received_on) + days < $1
        )
        select subject, feed, 'timeliness' as dimension, 'on_time' as measure, cast(date_trunc('month', day) as date) as month,
            count_if(is_on_time) as passed, count(*) as total
        from judged group by all""",
        [settings.business_date],
    )


def _write_names(con: duckdb.DuckDBPyConnection, declared: dict[str, Declared], registry: Registry) -> None:
    """kpi.measure: what each measure is called."""
    rows = [(name, *spec) for name, spec in FAMILIES.items() if name != "rule"]
    rows += [(name, spec.dimension, spec.zh, spec.en) for name, spec in declared.items()]
    rules = {
        f"rule:{rule.name}": (rule.dimension, rule.message.zh, rule.message.en)
        if rule.message
        else (rule.dimension, rule.name, rule.name)
        for contract in registry.feeds.values()
        for rule in contract.rules
        if rule.severity == "flag"
    }
    rows += [(name, *spec) for name, spec in rules.items()]
    con.execute("create or replace temp table named as from kpi.measure limit 0")
    insert_rows(con, "named", rows)
    con.execute("insert or replace into kpi.measure from named")
