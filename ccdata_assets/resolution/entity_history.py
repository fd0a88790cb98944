"""What the ledgers say of entities: which one a row belonged to on a day, all that happened to an ID, what links its records,
and whether the memberships replay to the crosswalk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.errors import WrongUse
from ccdata_assets.resolution.decision_list import decisions
from ccdata_assets.resolution.entity_ids import not_alive
from ccdata_assets.resolution.links import FIRST_BLOCK
from ccdata_assets.resolution.model import OTHERWISE, Model, level_sql
from ccdata_assets.resolution.rules import OrganisationRules, Rules

Line = dict[str, Any]


@dataclass(frozen=True)
class Replay:
    """Rows of the crosswalk, and those that the memberships give otherwise."""

    rows: int
    different: int


def rows(con: duckdb.DuckDBPyConnection, sql: str, values: list[Any] | dict[str, Any] | None = None) -> list[Line]:
    """The rows of a query by column."""
    result = con.execute(sql, values or [])
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


COUNTED = """line as (
    select *, cast(timezone($zone, "at") as date) as told_on, seq = min(seq) over (partition by entity_kind, record_id) as is_first
    from golden.membership where {rows}
),
received as (select feed, sha256, min(received_on) as received_on from ops.file_ledger group by all),
born as (
    select entity_id, min(business_date) as born_on from golden.entity_event
    where kind in ('birth', 'split') and entity_id in (select entity_id from line) group by all
),
dated as (
    select line.*, greatest(if(is_first, least(coalesce(received_on, told_on), told_on), told_on), born_on) as counts_from
    from line left join received using (feed, sha256) left join born using (entity_id)
),
counted as (from dated where $on is null or counts_from <= $on)"""
"""SQL: lines of golden.membership with the day from which each counts, as the reports count: a row's first line from the day it was
received, as the birth of its entity does; every later line from the business date of its run."""


def row_history(con: duckdb.DuckDBPyConnection, feed: str, file: str, row: int, on: date | None, zone: ZoneInfo) -> list[Line]:  # fmt: skip
    """The entities that a row belonged to up to a day, oldest first: kind, entity_id (null: the row left), at (known since),
    counts_from, is_current, run_id, sha256, member, seq. WrongUse where the ledger knows no such row, or none by that day."""
    named = """feed = $feed and row = $row and sha256 in (
        select sha256 from ops.file_ledger where feed = $feed and (file = $file or file = $feed || '/' || $file or sha256 = $file))"""
    values = {"feed": feed, "file": file, "row": row, "zone": str(zone)}

    def lines(on: date | None) -> list[Line]:
        return rows(
            con,
            f"""with {COUNTED.format(rows=named)}
            select entity_kind as kind, entity_id, "at", counts_from,
                row_number() over (partition by entity_kind, record_id order by seq desc) = 1 as is_current, run_id, sha256, member, seq
            from counted order by entity_kind, sha256, member, seq""",
            {**values, "on": on},
        )

    if found := lines(on):
        return found
    if on and (later := lines(None)):
        raise _too_early(f"{feed}, {file}, row {row}", on, later[0]["at"].astimezone(zone), later[0]["counts_from"])
    raise WrongUse(
        f"{feed}, {file}, row {row}: no entity ever had this row; fix: name feed, file and row as golden.crosswalk has them"
    )


def entity_events(con: duckdb.DuckDBPyConnection, entity_id: str, on: date | None, zone: ZoneInfo) -> list[Line]:
    """Every event in which an ID has a part and that counts by a day, oldest first. WrongUse where the ledger knows no such ID, or
    it counts from a later day only."""
    found = rows(
        con,
        """select event_id, "at", business_date, kind, entity_kind, entity_id, from_ids, to_ids, cause, rule_version, run_id
        from golden.entity_event where entity_id = $1 or list_contains(from_ids, $1) or list_contains(to_ids, $1)
        order by "at", rowid""",
        [entity_id],
    )
    if not found:
        raise WrongUse(f"no event is about {entity_id}; fix: take an ID that `ccdata entity find` gives")
    by_then = [event for event in found if on is None or event["business_date"] <= on]
    if on and not by_then:
        raise _too_early(entity_id, on, found[0]["at"].astimezone(zone), min(event["business_date"] for event in found))
    return by_then


def _too_early(what: str, on: date, known_since: datetime, counts_from: date) -> WrongUse:
    return WrongUse(
        f"{what}: nothing counts by {on}: known since the run of {known_since:%Y-%m-%d}, counts from {counts_from}; "
        f"fix: ask for {counts_from} or a later day"
    )


def records_on(con: duckdb.DuckDBPyConnection, entity_id: str, on: date | None, zone: ZoneInfo) -> int:
    """How many rows of an ID count on a day; without one, today."""
    named = """record_id in (select record_id from golden.membership where entity_id = $entity)
        and entity_kind = if($entity like 'con%', 'contact', 'organisation')"""
    found: int = con.execute(
        f"""with {COUNTED.format(rows=named)},
        last as (from counted qualify row_number() over (partition by record_id order by seq desc) = 1)
        select count(*) from last where entity_id = $entity""",
        {"entity": entity_id, "on": on, "zone": str(zone)},
    ).fetchall()[0][0]
    return found


def replay(con: duckdb.DuckDBPyConnection) -> Replay:
    """Work the crosswalk out from the memberships and compare it with golden.crosswalk, row by row."""
    different, total = con.execute(
        """with told as (
            select feed, sha256, member, row, entity_kind, arg_max(struct_pack(id := entity_id), seq).id as entity_id
            from golden.membership group by feed, sha256, member, row, entity_kind
        ),
        replayed as (
            select feed, sha256, member, row, any_value(entity_id) filter (entity_kind = 'organisation') as organisation_id,
                any_value(entity_id) filter (entity_kind = 'contact') as contact_id
            from told where entity_id is not null group by all
        ),
        crosswalk as (select feed, sha256, member, row, organisation_id, contact_id from golden.crosswalk)
        select count(*) filter (where replayed.organisation_id is distinct from crosswalk.organisation_id
            or replayed.contact_id is distinct from crosswalk.contact_id), (select count(*) from crosswalk)
        from replayed full join crosswalk using (feed, sha256, member, row)"""
    ).fetchall()[0]
    return Replay(total, different)


# --- what links the records of an organisation -------------------------------------------------------------------


@dataclass(frozen=True)
class Explained:
    """The nodes of an organisation (numbered from 1, with what they say) and what links them."""

    entity_id: str
    nodes: list[Line]
    exact: list[Line]
    """rule, weight, nodes: those that share all keys of an exact rule."""
    scored: list[Line]
    """left, right, weight, is_match, status (joined, review, refused), levels: comparison → level and weight."""
    decisions: list[Line]
    others: list[Line]
    """Links to other organisations that were not made: entity_id, weight, reason."""


def explain(con: duckdb.DuckDBPyConnection, rules: Rules, model: Model, entity_id: str) -> Explained:
    """What makes the records of a live organisation one. Values are shown, for the user asked for them. WrongUse for another ID."""
    organisation = rules.organisation
    _find_nodes(con, organisation, entity_id)
    nodes = rows(
        con,
        """select number as node, records, feeds, any_value(party.company_name) as company_name, any_value(party.uscc) as uscc,
            any_value(place) as place, any_value(phones) as phones, any_value(domains) as domains, any_value(party.address) as address,
            any_value(example.file) as file, any_value(example.row) as row
        from mine join resolution.record as example on example.record_id = mine.record_id
        join standard.party_record as party using (feed, sha256, member, row) group by number, records, feeds order by number""",
    )
    if not nodes:
        raise not_alive(con, entity_id, "explain")
    exact = rows(
        con,
        f"""select rule, list(distinct number order by number) as nodes from resolution.node_key join mine using (node) anti join resolution.stopped using (rule, key)
        where rule < {FIRST_BLOCK} group by rule, key having count(*) > 1 order by all""",
    )
    named = [{"rule": organisation.exact[line["rule"]].name, "weight": organisation.exact[line["rule"]].weight, "nodes": line["nodes"]} for line in exact]  # fmt: skip
    return Explained(entity_id, nodes, named, _scored(con, organisation, model), decisions(con, entity_id), _others(con, entity_id))  # fmt: skip


def _find_nodes(con: duckdb.DuckDBPyConnection, rules: OrganisationRules, entity_id: str) -> None:
    """`mine`: the nodes of an organisation with their evidence, a number and an example record."""
    derived = "".join(f", {expression} as {quote(name)}" for name, expression in rules.derived.items())
    con.execute(
        f"""create or replace temp table mine as
        with held as (
            select record.node, count(*) as records, count(distinct record.feed) as feeds, min(record.record_id) as record_id
            from resolution.record join resolution.assigned as assigned using (record_id)
            where assigned.entity_kind = 'organisation' and assigned.entity_id = $1 group by record.node
        )
        select row_number() over (order by records desc, node) as number, held.*, node.* exclude (node){derived}
        from held join resolution.node using (node)""",
        [entity_id],
    )


def _scored(con: duckdb.DuckDBPyConnection, rules: OrganisationRules, model: Model) -> list[Line]:
    answers = {name: level_sql({condition: literal(level) for level, condition in levels.items()}, literal(OTHERWISE)) for name, levels in rules.compare.items()}  # fmt: skip
    columns = "".join(f", {answer} as {quote('level_' + name)}" for name, answer in answers.items())
    found = rows(
        con,
        f"""select l.number as left, r.number as right, link.weight, case when refused.reason is not null then 'refused'
            when link.is_match then 'joined' else 'review' end as status, coalesce(refused.reason, link.reason) as reason{columns}
        from resolution.link as link join mine as l on l.node = link.a join mine as r on r.node = link.b
        left join resolution.refused as refused on refused.a = link.a and refused.b = link.b order by weight desc, 1, 2""",
    )
    for line in found:
        levels = {name: line.pop(f"level_{name}") for name in answers}
        line["levels"] = {name: {"level": level, "weight": model.weights[name][level]} for name, level in levels.items()}  # fmt: skip
    return found


def _others(con: duckdb.DuckDBPyConnection, entity_id: str) -> list[Line]:
    return rows(
        con,
        """with apart as (
            select a, b, weight, coalesce(reason, 'uncertain') as reason from resolution.link where not is_match
            union all select a, b, weight, reason from resolution.refused
        ),
        far as (
            select b as node, weight, reason from apart where a in (select node from mine)
            union all select a, weight, reason from apart where b in (select node from mine)
        )
        select assigned.entity_id, max(far.weight) as weight, arg_max(far.reason, far.weight) as reason
        from far join resolution.record as record using (node) join resolution.assigned as assigned using (record_id)
        where assigned.entity_kind = 'organisation' and assigned.entity_id <> $1 group by all order by weight desc, 1""",
        [entity_id],
    )
