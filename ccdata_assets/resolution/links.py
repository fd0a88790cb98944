"""Nodes → links: which nodes are compared, and how alike they are.

Tables in schema `resolution`, brought up to date for what is new: node_key (rule, key, node, name_id: the persisted blocking keys,
keys hashed), stopped (rule, key, names, pairs: values that too many share, of blocking rules and of exact ones that have a bound), link (a < b: nodes, weight, is_match: else it is for
review, reason). Exact rules keep no links: their keys say it all. A link depends on its two nodes, the model and on which of their
values are stopped, and a value that becomes so (or no longer is) has all its nodes compared anew: so the links are
those of the set of nodes, in whatever order it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.resolution.model import Model, weight_sql
from ccdata_assets.resolution.rules import OrganisationRules

FIRST_BLOCK = 100
"""Numbers of exact rules are below, of blocking rules from here on."""


def write_links(con: duckdb.DuckDBPyConnection, rules: OrganisationRules, model: Model) -> None:
    """Bring node_key, stopped and link up to date with the temporary tables new_node and gone_node."""
    _write_keys(con, rules)
    _write_stops(con, rules)
    _write_pairs(con, rules, model)


def _write_keys(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> None:
    parts = []
    for number, exact in enumerate(rules.exact):
        parts.append(f"select {number} as rule, {_hashed(exact.keys)} as key, node, name_id from new_node where {_present(exact.keys)} and ({exact.when})")  # fmt: skip
    for number, block in enumerate(rules.block, start=FIRST_BLOCK):
        if block.each:
            parts.append(
                f"select {number} as rule, hash(value) as key, node, name_id from (select node, name_id, unnest({quote(block.each)}) as value from new_node)"
            )
        else:
            parts.append(f"select {number} as rule, {_hashed(block.keys)} as key, node, name_id from new_node where {_present(block.keys)}")  # fmt: skip
    con.execute(f"create or replace temp table new_key as {' union all '.join(parts)}")
    con.execute("create or replace temp table touched_key as select distinct rule, key from new_key")
    con.execute(
        "insert into touched_key select distinct rule, key from resolution.node_key where node in (from gone_node)"
    )
    con.execute("delete from resolution.node_key where node in (from gone_node)")
    con.execute("insert into resolution.node_key select * from new_key")


def _write_stops(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> None:
    """Values that crossed their bound, and `dirty` (node): nodes whose pairs are to be found anew; `near_key`: all nodes of their values."""
    bounds = {number: rule.names for number, rule in enumerate(rules.exact) if rule.names is not None}
    bounded = " or ".join([f"rule >= {FIRST_BLOCK}", *(f"rule = {number}" for number in bounds)])
    con.execute(
        f"""create or replace temp table near_key as
        select rule, key, node, name_id from resolution.node_key semi join touched_key using (rule, key) where {bounded}"""
    )
    most = "".join(f"when {number} then {names} " for number, names in bounds.items())
    most_names = f"case rule {most}else {rules.bound.names} end" if most else str(rules.bound.names)
    con.execute(
        f"""create or replace temp table now_stopped as
        with of_name as (select rule, key, name_id, count(*) as nodes from near_key group by all)
        select rule, key, count(*) as names, cast((sum(nodes) ** 2 - sum(nodes ** 2)) / 2 as bigint) as pairs
        from of_name group by rule, key having names > {most_names} or (rule >= {FIRST_BLOCK} and pairs > {rules.bound.pairs})"""
    )
    con.execute(
        """create or replace temp table crossed as
        with before as (select rule, key from resolution.stopped semi join touched_key using (rule, key))
        (select rule, key from now_stopped except select rule, key from before)
        union all (select rule, key from before except select rule, key from now_stopped)"""
    )
    con.execute("delete from resolution.stopped where (rule, key) in (select (rule, key) from touched_key)")
    con.execute("insert into resolution.stopped select * from now_stopped")
    con.execute("create or replace temp table dirty as select node from new_node")
    # nodes of a value that crossed its bound are compared anew by all of their values
    con.execute(
        "insert into dirty select distinct node from near_key semi join crossed using (rule, key) where node not in (from dirty)"
    )
    con.execute(
        f"""insert into near_key
        with far as (
            select distinct rule, key from resolution.node_key where rule >= {FIRST_BLOCK}
                and node in (from dirty) and node not in (select node from new_node)
        )
        select rule, key, node, name_id from resolution.node_key semi join far using (rule, key) anti join touched_key using (rule, key)"""
    )


def _write_pairs(con: duckdb.DuckDBPyConnection, rules: OrganisationRules, model: Model) -> None:
    """Compare the dirty nodes with all that share a value that is not stopped; a pair of one name is linked already."""
    con.execute(
        """create or replace temp table cut_link as
        select * from resolution.link where a in (from dirty) or b in (from dirty) or a in (from gone_node) or b in (from gone_node)"""
    )
    con.execute("delete from resolution.link where (a, b) in (select (a, b) from cut_link)")
    con.execute(
        "create or replace temp table fresh_link (a ubigint, b ubigint, weight double, is_match boolean, reason varchar)"
    )
    if not rules.block:
        return
    find_candidates(con)
    compare_nodes(con, rules)
    con.execute(
        f"""insert into fresh_link
        with weighed as ({weighed_pairs(rules, {"weight": model})})
        select a, b, weight, weight >= {rules.link} and reason is null, reason from weighed where weight >= {rules.review}"""
    )
    con.execute("insert into resolution.link select * from fresh_link")


def find_candidates(con: duckdb.DuckDBPyConnection) -> None:
    """`candidate` (a < b): nodes of `dirty` and those that share a value of `near_key` with them that is not stopped; of two names."""
    con.execute(
        f"""create or replace temp table candidate as
        with several as (
            select rule, key from near_key anti join resolution.stopped using (rule, key) where rule >= {FIRST_BLOCK} group by all having min(name_id) < max(name_id)
        ),
        met as (select * from near_key semi join several using (rule, key)),
        mine as (select * from met semi join dirty using (node))
        select distinct least(mine.node, met.node) as a, greatest(mine.node, met.node) as b
        from mine join met using (rule, key) where mine.name_id <> met.name_id"""
    )


def compare_nodes(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> None:
    """`compared`: the nodes of `candidate` with the columns that comparisons and evidence against read."""
    said = " ".join(
        [
            *(level for levels in rules.compare.values() for level in levels.values()),
            *(rule.when for rule in rules.against),
        ]
    )
    columns = ", ".join(counted(rules, name) for name in rules.evidence if re.search(rf"\b[lr]\.{name}\b", said))
    derived = "".join(f", {expression} as {quote(name)}" for name, expression in rules.derived.items())
    con.execute(
        f"""create or replace temp table compared as
        select node, {columns}{derived} from resolution.node where node in (select a from candidate union select b from candidate)"""
    )


def weighed_pairs(rules: OrganisationRules, models: Mapping[str, Model]) -> str:
    """SQL: a, b, the weight by each model under its name, reason (null: none): the pairs of `candidate` that nothing keeps apart."""
    apart = " or ".join(f"coalesce({rule.when}, false)" for rule in rules.against if rule.most == "apart") or "false"
    doubts = [rule for rule in rules.against if rule.most == "review"]
    reason = " ".join(f"when coalesce({rule.when}, false) then {literal(rule.name)}" for rule in doubts)
    weights = ", ".join(f"{weight_sql(rules, model)} as {quote(name)}" for name, model in models.items())
    return f"""select a, b, {weights}, {f"case {reason} end" if reason else "null"} as reason
        from candidate join compared as l on l.node = a join compared as r on r.node = b where not ({apart})"""


def counted(rules: OrganisationRules, column: str) -> str:
    """SQL over resolution.node: a column of the evidence under its name, null where its value is stopped by the bound of an exact rule."""
    numbers = [number for number, rule in enumerate(rules.exact) if rule.names is not None and rule.keys[0] == column]
    if not numbers:
        return quote(column)
    listed = ", ".join(map(str, numbers))
    return f"""if(node in (
        select node from resolution.node_key semi join resolution.stopped using (rule, key) where rule in ({listed})
    ), null, {quote(column)}) as {quote(column)}"""


def _hashed(keys: tuple[str, ...]) -> str:
    return f"hash({', '.join(map(quote, keys))})"


def _present(keys: tuple[str, ...]) -> str:
    return " and ".join(f"{quote(key)} is not null" for key in keys)
