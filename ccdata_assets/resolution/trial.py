"""A trained model on trial: what it says of the pairs that stewards decided, and which links it would change.

Both against another model on the same pairs. Nothing here looks at who is one in the end: guards and exact rules are the
same with either model, so links are what a model answers for.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from ccdata_assets.resolution.decisions import place_decisions, read_decisions
from ccdata_assets.resolution.links import FIRST_BLOCK, compare_nodes, find_candidates, weighed_pairs
from ccdata_assets.resolution.model import Model, weight_sql
from ccdata_assets.resolution.rules import OrganisationRules

LEAST_DECIDED = 20
"""Decisions of each kind, same and apart, that precision and recall are given from."""
MOST_NODES = 20
"""Nodes a side that a decision about many rows is judged by: those with the least hashes."""


@dataclass(frozen=True)
class Decided:
    """What a model would have said of the decided pairs: from the rules' `link` on they are one. None: there is nothing to divide by."""

    version: str
    precision: float | None
    recall: float | None


def try_out(con: duckdb.DuckDBPyConnection, rules: OrganisationRules, model: Model, other: Model) -> dict[str, Any]:
    """The evaluation of `model` beside `other`, as it stands in a model's file.

    Reads resolution.record, node, node_key, stopped and golden.decision. `decided`: numbers of decisions that two sides are
    the same or apart, and for each model precision and recall, where there are LEAST_DECIDED of both kinds; `links`: pairs
    compared, links and pairs for review by each model, links that only one of them has.
    """
    return {
        "link": rules.link,
        "review": rules.review,
        "beside": other.version,
        "decided": _try_decided(con, rules, model, other),
        "links": _try_links(con, rules, model, other),
    }


def _try_decided(
    con: duckdb.DuckDBPyConnection, rules: OrganisationRules, model: Model, other: Model
) -> dict[str, Any]:
    """Each decision counts once, by the likeliest pair of nodes across its two sides; a lock has one side and none."""
    read_decisions(con)
    place_decisions(con)
    con.execute(
        f"""create or replace temp table decided_pair as
        with side as (
            select decision_id, decided_node.kind, side, min(decided_node.node) as node
            from decided_node join resolution.record as record on record.node = decided_node.node
            group by decision_id, decided_node.kind, side, record.plain_node
            qualify row_number() over (partition by decision_id, side order by min(decided_node.node)) <= {MOST_NODES}
        )
        select l.decision_id, l.kind, least(l.node, r.node) as a, greatest(l.node, r.node) as b
        from side as l join side as r using (decision_id) where l.side = 0 and r.side = 1 and l.node <> r.node"""
    )
    con.execute("create or replace temp table candidate as select distinct a, b from decided_pair")
    compare_nodes(con, rules)
    con.execute(
        f"""create or replace temp table decided_weight as
        select any_value(kind) as kind, max({weight_sql(rules, model)}) as mine, max({weight_sql(rules, other)}) as theirs
        from decided_pair join compared as l on l.node = a join compared as r on r.node = b group by decision_id"""
    )
    counts = dict(con.execute("select kind, count(*) from decided_weight group by kind").fetchall())
    same, apart = counts.get("same", 0), counts.get("apart", 0)
    found: dict[str, Any] = {"same": same, "apart": apart, "least": LEAST_DECIDED, "models": []}
    if min(same, apart) >= LEAST_DECIDED:
        found["models"] = [
            asdict(_score(con, rules, version, column))
            for version, column in ((model.version, "mine"), (other.version, "theirs"))
        ]
    return found


def _score(con: duckdb.DuckDBPyConnection, rules: OrganisationRules, version: str, column: str) -> Decided:
    precision, recall = con.execute(
        f"""select round(count(*) filter (kind = 'same' and is_link) / nullif(count(*) filter (is_link), 0), 4),
            round(count(*) filter (kind = 'same' and is_link) / nullif(count(*) filter (kind = 'same'), 0), 4)
        from (select kind, {column} >= {rules.link} as is_link from decided_weight)"""
    ).fetchall()[0]
    return Decided(version, precision, recall)


def _try_links(con: duckdb.DuckDBPyConnection, rules: OrganisationRules, model: Model, other: Model) -> dict[str, int]:
    """All pairs that a run over all nodes compares, weighed by both models in one look."""
    con.execute("create or replace temp table dirty as select node from resolution.node")
    con.execute(
        f"create or replace temp table near_key as select rule, key, node, name_id from resolution.node_key where rule >= {FIRST_BLOCK}"
    )
    find_candidates(con)
    con.execute("drop table near_key")
    compare_nodes(con, rules)
    result = con.execute(
        f"""with weighed as ({weighed_pairs(rules, {"mine": model, "theirs": other})}),
        judged as (
            select mine >= {rules.link} and reason is null as mine, theirs >= {rules.link} and reason is null as theirs,
                mine >= {rules.review} as mine_shown, theirs >= {rules.review} as theirs_shown
            from weighed
        )
        select (select count(*) from candidate) as pairs, count(*) filter (mine) as links, count(*) filter (theirs) as links_beside,
            count(*) filter (mine and not theirs) as added, count(*) filter (theirs and not mine) as removed,
            count(*) filter (mine_shown and not mine) as review, count(*) filter (theirs_shown and not theirs) as review_beside
        from judged"""
    )
    names = [column[0] for column in result.description]
    return dict(zip(names, map(int, result.fetchall()[0]), strict=True))
