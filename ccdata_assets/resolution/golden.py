"""Survivorship: golden.organisation and golden.contact, each value with the record that gave it."""

from __future__ import annotations

import duckdb

from ccdata_assets.contracts.compile import quote
from ccdata_assets.resolution.ledger import Kind
from ccdata_assets.resolution.rules import Rules, Survivor

CROSSWALK = """create or replace view golden.crosswalk as
select record.feed, record.file, record.sha256, record.member, record.row, organisation.entity_id as organisation_id, contact.entity_id as contact_id
from resolution.record as record
left join resolution.assigned as organisation on record.record_id = organisation.record_id and organisation.entity_kind = 'organisation'
left join resolution.assigned as contact on record.record_id = contact.record_id and contact.entity_kind = 'contact'
where organisation.entity_id is not null or contact.entity_id is not null"""


def write_golden(con: duckdb.DuckDBPyConnection, rules: Rules, kind: Kind) -> None:
    """Choose anew the values of the entities whose rows are others than before, or were read anew: of each its records' best, and `sources`, which says for each field
    the record_id that gave it and how many records agree."""
    fields: dict[str, Survivor] = getattr(rules.survivorship, kind)
    con.execute(
        f"""create or replace temp table stale_entity as
        select entity_id, row_number() over () as e from (
            from changed_{kind} union select entity_id from resolution.assigned
            where entity_kind = '{kind}' and record_id in (select record_id from new_record)
        )"""
    )
    if kind == "contact":
        # people whose organisation has another ID now
        con.execute(
            """insert into stale_entity
            select entity_id, row_number() over () + (select coalesce(max(e), 0) from stale_entity) from (
                select distinct entity_id from resolution.assigned
                where entity_kind = 'contact' and record_id in (from regrouped) and entity_id not in (select entity_id from stale_entity)
            )"""
        )
    columns = dict.fromkeys(column for field in fields.values() for column in field.columns)
    con.execute(
        f"""create or replace temp table golden_record as
        select stale.e, record_id, record.feed, record.received_on, record.trust, record.said_numbers as numbers,
            {", ".join(f"record.{quote(f'said_{column}')} as {quote(column)}" for column in columns)}
        from stale_entity as stale join resolution.assigned as assigned on assigned.entity_id = stale.entity_id and assigned.entity_kind = '{kind}'
        join resolution.record using (record_id)"""
    )
    for name, field in fields.items():
        con.execute(f"create or replace temp table {quote(f'chosen_{name}')} as {_chosen(field)}")
    values = ", ".join(f"{quote(f'chosen_{name}')}.best.value.{quote(column)} as {quote(column)}" for name, field in fields.items() for column in field.columns)  # fmt: skip
    sources = ", ".join(f"{quote(name)} := struct_pack(record_id := {quote(f'chosen_{name}')}.best.record_id, agreement := {quote(f'chosen_{name}')}.best.agreement)" for name in fields)  # fmt: skip
    joins = " ".join(f"left join {quote(f'chosen_{name}')} using (e)" for name in fields)
    identity, more, also = _shape(kind)
    query = f"""with counted as (
            select e, array_to_string(list_sort(list_distinct(flatten(list(numbers) filter (where len(numbers) > 0)))), '|') as phone, count(*) as records, count(distinct feed) as feeds, min(received_on) as first_received_on, max(received_on) as last_received_on
            from golden_record group by e
        ),
        born as (
            select stale.e, min(event.business_date) as born_on from golden.entity_event as event join stale_entity as stale using (entity_id)
            where event.kind in ('birth', 'split') group by stale.e
        )
        select stale.entity_id as {identity}, {more} {values}, coalesce(counted.phone, '') as phone, counted.records, counted.feeds,
            counted.first_received_on, counted.last_received_on, born.born_on, struct_pack({sources}) as sources
        from counted join stale_entity as stale using (e) {joins} left join born using (e) {also}"""
    con.execute(f"create table if not exists golden.{kind} as {query} limit 0")
    con.execute(f"delete from golden.{kind} where {identity} in (select entity_id from stale_entity)")
    con.execute(f"insert into golden.{kind} by name {query}")
    for name in fields:
        con.execute(f"drop table {quote(f'chosen_{name}')}")


def _shape(kind: Kind) -> tuple[str, str, str]:
    """Of a golden table: the name of its key, columns of its own, and what they are joined from."""
    if kind == "organisation":
        return "organisation_id", "parent_of.parent_id,", "left join parent_of on parent_of.child_id = stale.entity_id"
    return (
        "contact_id",
        "employer.organisation_id,",
        """left join (
            select golden_record.e, min(organisation.entity_id) as organisation_id from golden_record
            join resolution.assigned as organisation on golden_record.record_id = organisation.record_id and organisation.entity_kind = 'organisation'
            group by golden_record.e
        ) as employer using (e)""",
    )


def _chosen(field: Survivor) -> str:
    """SQL: e, best (value, record_id, agreement) of a field."""
    first = quote(field.columns[0])
    packed = ", ".join(f"{quote(column)} := {quote(column)}" for column in field.columns)
    said = " + ".join(f"coalesce(length(cast({quote(column)} as varchar)), 0)" for column in field.columns)
    order = ", ".join(field.by)
    return f"""
        with of_value as (
            select e, struct_pack({packed}) as value, count(*) as agreement, max(coalesce(trust, -1)) as trust, max(coalesce(received_on, date '0001-01-01')) as recency,
                any_value({said}) as completeness, arg_max(record_id, row(coalesce(trust, -1), coalesce(received_on, date '0001-01-01'), record_id)) as record_id
            from golden_record where {first} is not null group by e, value
        )
        select e, arg_max(struct_pack(value := value, record_id := record_id, agreement := agreement), row({order}, record_id)) as best
        from of_value group by e"""


def find_parents(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """`parent_of` (child_id, parent_id): of a branch the organisation that its name says it belongs to, where there is one alone."""
    con.execute("create or replace temp table parent_of (child_id varchar, parent_id varchar)")
    heads = [(n, rule) for n, rule in enumerate(rules.organisation.exact) if {"branch", "core"} <= set(rule.keys)]
    if not heads:
        return
    number, rule = heads[0]
    parts = {"branch": "''", "place": "parent_place"}
    used = ", ".join(quote(name) for name in rule.keys if name not in parts)
    key = ", ".join(parts.get(name, quote(name)) for name in rule.keys)
    con.execute(
        f"""insert into parent_of
        with branch as (
            select distinct cluster.cluster, hash({key}) as key from (
                select node, branch, parent_place, {used} from resolution.node where branch <> '' and parent_place is not null
            ) join resolution.cluster using (node)
        ),
        entity as (
            select cluster.cluster, any_value(assigned.entity_id) as entity_id from resolution.cluster join resolution.record using (node)
            join resolution.assigned as assigned on assigned.record_id = record.record_id and assigned.entity_kind = 'organisation'
            where cluster.cluster in (select cluster from branch)
                or cluster.node in (select node from resolution.node_key where rule = {number} and key in (select key from branch)) group by all
        ),
        met as (
            select branch.cluster, child.entity_id as child_id, parent.entity_id as parent_id from branch
            join resolution.node_key as head on head.rule = {number} and head.key = branch.key
            join resolution.cluster as head_cluster on head_cluster.node = head.node
            join entity as parent on parent.cluster = head_cluster.cluster join entity as child on child.cluster = branch.cluster
        )
        select child_id, min(parent_id) as parent_id from met where child_id <> parent_id group by child_id having count(distinct parent_id) = 1"""
    )


def write_parents(con: duckdb.DuckDBPyConnection) -> None:
    """golden.organisation.parent_id of branches whose own rows are as before."""
    con.execute(
        """update golden.organisation set parent_id = parent_of.parent_id from parent_of
        where organisation.organisation_id = parent_of.child_id and organisation.parent_id is distinct from parent_of.parent_id"""
    )
    con.execute(
        "update golden.organisation set parent_id = null where parent_id is not null and organisation_id not in (select child_id from parent_of)"
    )
