"""Survivorship: golden.organisation and golden.contact, each value with the record that gave it, and how they were before.

golden.organisation_history and golden.contact_history are only ever appended to: a line for each change of a golden record
(entity, seq: the run, at: business time, run_id, is_live: false where the entity ended, and the values). golden.organisation
and golden.contact are views of the last line of each entity that lives.
"""

from __future__ import annotations

import duckdb

from ccdata_assets.contracts.compile import quote
from ccdata_assets.resolution.ledger import Kind
from ccdata_assets.resolution.rules import Rules, Survivor
from ccdata_assets.settings import Settings

CROSSWALK = """create or replace view golden.crosswalk as
select record.feed, record.file, record.sha256, record.member, record.row, organisation.entity_id as organisation_id, contact.entity_id as contact_id
from resolution.record as record
left join resolution.assigned as organisation on record.record_id = organisation.record_id and organisation.entity_kind = 'organisation'
left join resolution.assigned as contact on record.record_id = contact.record_id and contact.entity_kind = 'contact'
where organisation.entity_id is not null or contact.entity_id is not null"""
KEY: dict[Kind, str] = {"organisation": "organisation_id", "contact": "contact_id"}
LINE = ("seq", "at", "run_id", "is_live")
"""Columns that a line of history has beside those of the golden record."""
SOURCE = "struct(record_id ubigint, agreement bigint)"
"""Of a field of `sources`: the record that gave the value and how many records agree."""


def write_golden(con: duckdb.DuckDBPyConnection, rules: Rules, kind: Kind, settings: Settings, run_id: str, seq: int, is_anew: bool) -> None:  # fmt: skip
    """Choose anew the values of the entities whose rows are others than before, or were read anew: of each its records' best, and `sources`, which says for each field
    the record_id that gave it and how many records agree. An entity whose rows and values are as they were gets no line in the history."""
    _find_stale(con, kind, is_anew)
    fields: dict[str, Survivor] = getattr(rules.survivorship, kind)
    columns = dict.fromkeys(column for field in fields.values() for column in field.columns)
    alike = {name: quote(f"alike_{kind}_{name}") for name, field in fields.items() if field.alike}
    con.execute(
        f"""create or replace temp table golden_record as
        select stale.e, record_id, record.feed, record.received_on, record.trust, record.said_numbers as numbers,
            {", ".join([*(f"record.{quote(f'said_{column}')} as {quote(column)}" for column in columns), *(f"record.{column}" for column in alike.values())])}
        from stale_entity as stale join resolution.assigned as assigned on assigned.entity_id = stale.entity_id and assigned.entity_kind = '{kind}'
        join resolution.record using (record_id)"""
    )
    for name, field in fields.items():
        con.execute(f"create or replace temp table {quote(f'chosen_{name}')} as {_chosen(field, alike.get(name))}")
    values = ", ".join(f"{quote(f'chosen_{name}')}.best.value.{quote(column)} as {quote(column)}" for name, field in fields.items() for column in field.columns)  # fmt: skip
    sources = ", ".join(f"{quote(name)} := struct_pack(record_id := {quote(f'chosen_{name}')}.best.record_id, agreement := {quote(f'chosen_{name}')}.best.agreement)" for name in fields)  # fmt: skip
    joins = " ".join(f"left join {quote(f'chosen_{name}')} using (e)" for name in fields)
    more, also = _shape(kind)
    con.execute(
        f"""create or replace temp table chosen as
        with counted as (
            select e, array_to_string(list_sort(list_distinct(flatten(list(numbers) filter (where len(numbers) > 0)))), '|') as phone, count(*) as records, count(distinct feed) as feeds, min(received_on) as first_received_on, max(received_on) as last_received_on
            from golden_record group by e
        ),
        born as (
            select stale.e, min(event.business_date) as born_on from golden.entity_event as event join stale_entity as stale using (entity_id)
            where event.kind in ('birth', 'split') group by stale.e
        )
        select stale.entity_id as {KEY[kind]}, {more} {values}, coalesce(counted.phone, '') as phone, counted.records, counted.feeds,
            counted.first_received_on, counted.last_received_on, born.born_on, struct_pack({sources}) as sources
        from counted join stale_entity as stale using (e) {joins} left join born using (e) {also}"""
    )
    for name in ("golden_record", *(f"chosen_{name}" for name in fields)):
        con.execute(f"drop table {quote(name)}")
    _append(con, rules, kind, settings, run_id, seq)


def _find_stale(con: duckdb.DuckDBPyConnection, kind: Kind, is_anew: bool) -> None:
    """`stale_entity` (entity_id, e: a number): the entities whose golden record may be another than it was; `is_moved`: surely is."""
    also = {
        # branches that belong to another organisation than before
        "organisation": """select coalesce(child_id, organisation_id), false from parent_of
            full join (select organisation_id, parent_id as known_id from golden.organisation where parent_id is not null) on organisation_id = child_id
            where parent_id is distinct from known_id""",
        # people whose organisation has another ID now
        "contact": """select entity_id, false from resolution.assigned where entity_kind = 'contact' and record_id in (from regrouped)""",
    }
    if is_anew:
        also[kind] = f"select {KEY[kind]}, false from golden.{kind}"
    con.execute(
        f"""create or replace temp table stale_entity as
        select entity_id, bool_or(is_moved) as is_moved, row_number() over () as e from (
            select entity_id, true as is_moved from changed_{kind}
            union all select entity_id, false from resolution.assigned
                where entity_kind = '{kind}' and record_id in (select record_id from new_record)
            union all {also[kind]}
        ) group by entity_id"""
    )


def _append(
    con: duckdb.DuckDBPyConnection, rules: Rules, kind: Kind, settings: Settings, run_id: str, seq: int
) -> None:
    """A line of history for what `chosen` says anew, and one for each entity that has ended."""
    history, key = f"golden.{kind}_history", KEY[kind]
    columns = _fit(con, history, list(getattr(rules.survivorship, kind)))
    show_golden(con, kind)
    now = ", ".join(f"cast(now.{quote(name)} as {type_})" for name, type_ in columns.items())
    before = ", ".join(f"before.{quote(name)}" for name in columns)
    con.execute(
        f"""insert into {history} by name
        with settled as (select entity_id as {key} from stale_entity where not is_moved),
        as_before as (
            select {key} from (from chosen semi join settled using ({key})) as now
            join (from golden.{kind} semi join settled using ({key})) as before using ({key}) where ({now}) is not distinct from ({before})
        )
        select *, $1 as seq, $2 as "at", $3 as run_id, true as is_live from chosen anti join as_before using ({key})
        union all by name
        select {key}, $1 as seq, $2 as "at", $3 as run_id, false as is_live from golden.{kind}
        where {key} in (select entity_id from stale_entity) and {key} not in (select {key} from chosen)""",
        [seq, settings.as_of, run_id],
    )
    con.execute("drop table chosen")


def know_nobody(con: duckdb.DuckDBPyConnection) -> None:
    """Give the histories of a warehouse that has resolved nothing the columns that facts of calls and dials read of them."""
    for kind in KEY:
        for column in ("phone varchar", "born_on date", "organisation_id varchar"):
            con.execute(f"alter table golden.{kind}_history add column if not exists {column}")


def _fit(con: duckdb.DuckDBPyConnection, history: str, fields: list[str]) -> dict[str, str]:
    """Give a history the columns that rules.yaml asks for now; gives all columns of values with their types."""
    known = {name: type_ for name, type_, *_ in con.execute(f"describe {history}").fetchall()}
    asked = {name: type_ for name, type_, *_ in con.execute("describe chosen").fetchall()}
    for name, type_ in asked.items():
        if name not in known:
            con.execute(f"alter table {history} add column {quote(name)} {type_}")
    if "sources" in known:
        told = {name for name, _ in con.sql(f"select sources from {history} limit 0").types[0].children}
        for name in fields:
            if name not in told:
                con.execute(f"alter table {history} add column sources.{quote(name)} {SOURCE}")
    fitted = {name: type_ for name, type_, *_ in con.execute(f"describe {history}").fetchall()}
    return {name: fitted[name] for name in asked}


def show_golden(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """The view golden.organisation or golden.contact: one row per live entity."""
    history, key = f"golden.{kind}_history", KEY[kind]
    con.execute(
        f"""create or replace view golden.{kind} as
        select * exclude ({", ".join(map(quote, LINE))}) from {history}
        semi join (select {key}, max(seq) as seq from {history} group by all) using ({key}, seq) where is_live"""
    )


def _shape(kind: Kind) -> tuple[str, str]:
    """Columns of a golden table of its own, and what they are joined from."""
    if kind == "organisation":
        return "parent_of.parent_id,", "left join parent_of on parent_of.child_id = stale.entity_id"
    return (
        "employer.organisation_id,",
        """left join (
            select golden_record.e, min(organisation.entity_id) as organisation_id from golden_record
            join resolution.assigned as organisation on golden_record.record_id = organisation.record_id and organisation.entity_kind = 'organisation'
            group by golden_record.e
        ) as employer using (e)""",
    )


def _chosen(field: Survivor, alike: str | None) -> str:
    """SQL: e, best (value, record_id, agreement) of a field; `alike`: the column by which values are one."""
    first = quote(field.columns[0])
    packed = ", ".join(f"{quote(column)} := {quote(column)}" for column in field.columns)
    said = " + ".join(f"coalesce(length(cast({quote(column)} as varchar)), 0)" for column in field.columns)
    order = ", ".join(field.by)
    best_writing = f"""(
            select e, unnest(arg_max(struct_pack(value := value, record_id := record_id), row({order}, record_id))), sum(agreement)::bigint as agreement,
                max(trust) as trust, max(recency) as recency, max(completeness) as completeness
            from of_value group by e, alike
        )"""
    return f"""
        with of_value as (
            select e, struct_pack({packed}) as value, count(*) as agreement, max(coalesce(trust, -1)) as trust, max(coalesce(received_on, date '0001-01-01')) as recency,
                any_value({said}) as completeness, arg_max(record_id, row(coalesce(trust, -1), coalesce(received_on, date '0001-01-01'), record_id)) as record_id
                {f", min({alike}) as alike" if alike else ""}
            from golden_record where {first} is not null group by e, value
        )
        select e, arg_max(struct_pack(value := value, record_id := record_id, agreement := agreement), row({order}, record_id)) as best
        from {best_writing if alike else "of_value"} group by e"""


def find_parents(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """`parent_of` (child_id, parent_id): of a branch the organisation that its name says it belongs to: of those that the first of
    the declared conditions finds, where it is one alone."""
    con.execute("create or replace temp table parent_of (child_id varchar, parent_id varchar)")
    conditions = rules.organisation.parents
    if not conditions:
        return
    found = " union all ".join(
        f"""select l.node as branch, r.node as head, {place} as place from branch as l join head as r on {condition}"""
        for place, condition in enumerate(conditions)
    )
    con.execute(
        f"""insert into parent_of
        with branch as (from resolution.node where branch <> ''),
        head as (from resolution.node where branch = ''),
        found as ({found}),
        named as (
            select node, any_value(assigned.entity_id) as entity_id from resolution.record
            join resolution.assigned as assigned on assigned.record_id = record.record_id and assigned.entity_kind = 'organisation'
            where node in (select branch from found union select head from found) group by node
        ),
        met as (
            select child.entity_id as child_id, parent.entity_id as parent_id, min(place) as place
            from found join named as child on child.node = found.branch join named as parent on parent.node = found.head
            where child.entity_id <> parent.entity_id group by all
        ),
        first as (select * from met qualify place = min(place) over (partition by child_id))
        select child_id, any_value(parent_id) as parent_id from first group by child_id having count(*) = 1"""
    )
