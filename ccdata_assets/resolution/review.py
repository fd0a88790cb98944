"""The review queue: pairs of organisations that only a person can tell to be one or two.

A pair waits where two of its nodes were found alike but not alike enough, or where a guard kept apart what a link connects,
as long as both are live organisations of their own and no steward has said anything of it. What a steward left unsure waits
again as soon as the evidence between the two is another (`pair_key` is a hash of it). The workbook that stewards fill in is
drawn by steward_workbook.py and read by steward_answers.py.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import duckdb

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.resolution.decisions import read_decisions
from ccdata_assets.resolution.links import FIRST_BLOCK, counted
from ccdata_assets.resolution.model import OTHERWISE, Model, level_sql
from ccdata_assets.resolution.rules import ExactRule, OrganisationRules, Rules
from ccdata_assets.resolution.words import PRIOR, UNCERTAIN, Reason
from ccdata_assets.warehouse.engine import insert_rows

ROUNDED = 0.05
"""Bits by which a weight may differ from the sum of what it is made of."""
LISTED = 2000
"""Pairs in the queue's table and in the workbook: the likeliest first; the others are counted."""


@dataclass(frozen=True)
class Side:
    """One organisation of a pair: its ID, how many records it has, and an example record of those that make the pair."""

    organisation_id: str
    records: int
    record_id: int
    feed: str
    file: str
    row: int
    company_name: str | None
    province: str | None
    city: str | None
    county: str | None
    numbers: tuple[str, ...]
    email: str | None
    website: str | None
    domains: tuple[str, ...]
    address: str | None
    uscc: str | None
    contact_name: str | None
    title: str | None


@dataclass(frozen=True)
class ReviewPair:
    """Two organisations, the weight of their best pair of nodes in bits, why a person is asked, and what speaks for and against,
    strongest first. Bits shown there add up to the weight, with those of the starting odds."""

    key: str
    weight: float
    asked: tuple[Reason, ...]
    agrees: tuple[Reason, ...]
    disagrees: tuple[Reason, ...]
    left: Side
    right: Side


def review_pairs(con: duckdb.DuckDBPyConnection, rules: Rules, model: Model, limit: int = LISTED) -> list[ReviewPair]:
    """The queue, likeliest pair first, at most `limit` of it. Reads the state of the last resolution."""
    _find_pairs(con)
    organisation = rules.organisation
    _find_sides(con, organisation, limit)
    levels = _levels(con, organisation)
    exact = _exact(con, organisation)
    doubts = _doubts(con, organisation)
    sides = _sides(con)
    pairs = []
    for place, key, weight, reason, is_refused in con.execute(
        "select place, pair_key, weight, reason, is_refused from listed_pair order by place"
    ).fetchall():
        agrees, disagrees = _weigh(levels[place], model, weight)
        agrees += [Reason(f"exact.{rule.name}", rule.weight if rule.weight == weight else None) for rule in exact.get(place, [])]  # fmt: skip
        asked = [Reason(f"refused.{reason}")] if is_refused else []
        asked += [Reason(f"against.{name}") for name in doubts[place]]
        asked = asked or [Reason(UNCERTAIN)]
        left, right = sides[place]
        pairs.append(ReviewPair(key, weight, tuple(asked), tuple(agrees), tuple(disagrees), left, right))
    return pairs


def waiting_by_reason(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many pairs wait, the unlisted too, by why: code → pairs. Reads what review_pairs found."""
    return dict(
        con.execute(
            f"""select case when is_refused then 'refused.' || reason when reason is null then {literal(UNCERTAIN)}
            else 'against.' || reason end as code, count(*) from review_found group by all order by all"""
        ).fetchall()
    )


def _find_pairs(con: duckdb.DuckDBPyConnection) -> None:
    """`review_found`: one row per pair of organisations (left_id < right_id) with its best pair of nodes."""
    read_decisions(con)
    con.execute(
        """create or replace temp table review_link as
        select a, b, weight, reason, false as is_refused from resolution.link where not is_match
        union all
        select a, b, weight, reason, true from resolution.refused where reason <> 'decided_apart'"""
    )
    con.execute(
        """create or replace temp table review_node as
        select record.node, min(record.record_id) as record_id, any_value(assigned.entity_id) as entity_id
        from resolution.record join resolution.assigned as assigned using (record_id)
        where assigned.entity_kind = 'organisation' and record.node in (select a from review_link union select b from review_link)
        group by record.node"""
    )
    con.execute(
        """create or replace temp table review_found as
        with met as (
            select link.*, l.entity_id < r.entity_id as is_in_order, least(l.entity_id, r.entity_id) as left_id,
                greatest(l.entity_id, r.entity_id) as right_id
            from review_link as link join review_node as l on l.node = link.a join review_node as r on r.node = link.b
            where l.entity_id <> r.entity_id
        ),
        of_pair as (
            select left_id, right_id, md5(string_agg(a || ':' || b, ',' order by a, b)) as pair_key,
                arg_max(struct_pack(left_node := if(is_in_order, a, b), right_node := if(is_in_order, b, a), weight := weight,
                    reason := reason, is_refused := is_refused), row(is_refused, weight, a, b)) as best
            from met group by left_id, right_id
        )
        select left_id, right_id, pair_key, best.* from of_pair"""
    )
    con.execute(
        """create or replace temp table review_decided as
        with named as (
            select decision_id, 0 as side, unnest(left_rows) as record_id from active where entity_kind = 'organisation' and source <> 'lock'
            union all
            select decision_id, 1, unnest(right_rows) from active where entity_kind = 'organisation' and source <> 'lock'
        ),
        side as (
            select distinct decision_id, side, entity_id from named join resolution.assigned as assigned using (record_id)
            where assigned.entity_kind = 'organisation'
        ),
        locked as (
            select distinct entity_id from active, unnest(left_rows) as named (record_id)
            join resolution.assigned as assigned using (record_id) where active.source = 'lock' and assigned.entity_kind = 'organisation'
        )
        select least(l.entity_id, r.entity_id) as left_id, greatest(l.entity_id, r.entity_id) as right_id
        from side as l join side as r using (decision_id) where l.side = 0 and r.side = 1
        union
        select l.entity_id, r.entity_id from locked as l join locked as r on l.entity_id < r.entity_id"""
    )
    con.execute(
        "delete from review_found where (left_id, right_id) in (select (left_id, right_id) from review_decided)"
    )
    con.execute(
        """delete from review_found where pair_key in (
            select pair_key from golden.review_answer group by pair_key having arg_max(answer, rowid) = 'unsure'
        )"""
    )


def _find_sides(con: duckdb.DuckDBPyConnection, rules: OrganisationRules, limit: int) -> None:
    """`listed_pair`: the first pairs of `review_found` with their place; `listed_side`: two rows each, with the example record;
    `listed_node`: their nodes with what is worked out of the evidence."""
    con.execute(
        f"""create or replace temp table listed_pair as
        select row_number() over (order by weight desc, pair_key) as place, * from review_found
        order by place limit {int(limit)}"""
    )
    con.execute(
        """create or replace temp table listed_side as
        with side as (
            select place, 0 as side, left_id as entity_id, left_node as node from listed_pair
            union all select place, 1, right_id, right_node from listed_pair
        ),
        counted as (
            select entity_id, count(*) as records from resolution.assigned
            where entity_kind = 'organisation' and entity_id in (select entity_id from side) group by entity_id
        )
        select side.*, counted.records, record.record_id, record.feed, record.sha256, record.member, record.row
        from side join counted using (entity_id) join review_node using (node) join resolution.record as record using (record_id)"""
    )
    derived = "".join(f", {expression} as {quote(name)}" for name, expression in rules.derived.items())
    evidence = ", ".join(counted(rules, name) for name in rules.evidence)
    con.execute(
        f"""create or replace temp table listed_node as
        with said as (select node, {evidence} from resolution.node where node in (select node from listed_side))
        select *{derived} from said"""
    )


def _levels(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> dict[int, dict[str, str]]:
    """By pair: the level that holds of each comparison."""
    answers = {
        name: level_sql({condition: literal(level) for level, condition in levels.items()}, literal(OTHERWISE))
        for name, levels in rules.compare.items()
    }
    columns = "".join(f", {answer} as {quote(name)}" for name, answer in answers.items())
    rows = con.execute(f"select pair.place{columns} {_NODES}").fetchall()
    return {place: dict(zip(answers, levels, strict=True)) for place, *levels in rows}


_NODES = """from listed_pair as pair join listed_node as l on l.node = pair.left_node
    join listed_node as r on r.node = pair.right_node"""


def _doubts(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> dict[int, list[str]]:
    """By pair: the evidence against that holds between its nodes."""
    if not rules.against:
        return {place: [] for (place,) in con.execute("select place from listed_pair").fetchall()}
    columns = "".join(f", coalesce({rule.when}, false)" for rule in rules.against)
    rows = con.execute(f"select pair.place{columns} {_NODES}").fetchall()
    return {
        place: [rule.name for rule, holds in zip(rules.against, found, strict=True) if holds] for place, *found in rows
    }


def _exact(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> dict[int, list[ExactRule]]:
    """By pair: the exact rules whose keys its nodes share."""
    rows = con.execute(
        f"""select place, l.rule from listed_pair as pair join resolution.node_key as l on l.node = pair.left_node
        join resolution.node_key as r on r.node = pair.right_node and r.rule = l.rule and r.key = l.key
        where l.rule < {FIRST_BLOCK} and (l.rule, l.key) not in (select (rule, key) from resolution.stopped) order by all"""
    ).fetchall()
    found: dict[int, list[ExactRule]] = {}
    for place, rule in rows:
        found.setdefault(place, []).append(rules.exact[rule])
    return found


def _weigh(levels: dict[str, str], model: Model, weight: float) -> tuple[list[Reason], list[Reason]]:
    """What speaks for and against by the model's weights, strongest first. Where the pair's weight is not the model's (an exact
    rule's, which a guard refused), without bits and starting odds, which would not add up to it."""
    weights = {f"{name}.{level}": model.weights[name][level] for name, level in levels.items()} | {PRIOR: model.prior}
    is_sum = abs(sum(weights.values()) - weight) < ROUNDED
    if not is_sum:
        del weights[PRIOR]
    ordered = sorted((code for code in weights if weights[code]), key=lambda code: -abs(weights[code]))
    reasons = {code: Reason(code, weights[code] if is_sum else None) for code in ordered}
    return (
        [reason for code, reason in reasons.items() if weights[code] > 0],
        [reason for code, reason in reasons.items() if weights[code] < 0],
    )


def _sides(con: duckdb.DuckDBPyConnection) -> dict[int, tuple[Side, Side]]:
    """By pair: the two records side by side, as standard.party_record has them."""
    rows = con.execute(
        """select side.place, side.side, side.entity_id, side.records, side.record_id, side.feed, party.file, side.row,
            party.company_name, party.province, party.city, party.county, party.numbers, party.email, party.website, node.domains,
            party.address, party.uscc, party.contact_name, party.title
        from listed_side as side join standard.party_record as party using (feed, sha256, member, row)
        join resolution.node using (node) order by all"""
    ).fetchall()
    found: dict[int, list[Side]] = {}
    for place, _, *values in rows:
        named: dict[str, Any] = dict(zip(Side.__dataclass_fields__, values, strict=True))
        named["numbers"] = tuple(named["numbers"] or ())
        named["domains"] = tuple(named["domains"] or ())
        found.setdefault(place, []).append(Side(**named))
    return {place: (left, right) for place, (left, right) in found.items()}


# --- the table that is published ---------------------------------------------------------------------------------


def queue_fingerprint(pairs: list[ReviewPair], counts: dict[str, int]) -> str:
    """Hash of all that the queue shows."""
    return hashlib.sha256(json.dumps([[_plain(pair) for pair in pairs], counts], default=list).encode()).hexdigest()


def _plain(pair: ReviewPair) -> list[Any]:
    return [pair.key, pair.weight, pair.asked, pair.agrees, pair.disagrees, *map(vars, (pair.left, pair.right))]


def write_queue(con: duckdb.DuckDBPyConnection, pairs: list[ReviewPair], counts: dict[str, int], at: Any) -> None:
    """Replace golden.review_queue (two lines a pair) and the waiting pairs of golden.review_count; within a transaction."""
    lines: list[tuple[Any, ...]] = []
    for place, pair in enumerate(pairs, start=1):
        agrees, disagrees, asked = (
            [reason.code for reason in reasons] for reasons in (pair.agrees, pair.disagrees, pair.asked)
        )
        for name, side in (("left", pair.left), ("right", pair.right)):
            lines.append(
                (pair.key, place, name, pair.weight, agrees, disagrees, side.organisation_id, side.records, side.record_id, side.feed,
                 side.file, side.row, side.company_name, side.province, side.city, side.county, "|".join(side.numbers) or None,
                 side.email, side.website, side.address, side.uscc, side.contact_name, side.title, at, asked)
            )  # fmt: skip
    con.execute("delete from golden.review_queue")
    insert_rows(con, "golden.review_queue", lines)
    con.execute("delete from golden.review_count")
    con.execute(
        """insert into golden.review_count
        select 'decided', kind, count(*), $1 from active where source like 'review:%' group by kind
        union all
        select 'unsure', '', count(*), $1 from (
            select pair_key from golden.review_answer group by pair_key having arg_max(answer, rowid) = 'unsure'
        )""",
        [at],
    )
    for code, waiting in counts.items():
        con.execute("insert into golden.review_count values ('waiting', ?, ?, ?)", [code, waiting, at])
