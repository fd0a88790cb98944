"""Links → clusters: what links connect, cut where evidence speaks against it.

A component is what links connect. Most are one cluster; guards.py cuts the others. All of it depends on the nodes of a
component alone, so the order in which rows came says nothing.

`resolution.cluster` (node, component, cluster: the least node of each) is brought up to date for what was touched.
"""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ccdata_assets.resolution.guards import ALIKE, SAME, exact_weights, split_doubtful
from ccdata_assets.resolution.links import FIRST_BLOCK
from ccdata_assets.resolution.rules import OrganisationRules


def write_clusters(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> None:
    """Bring resolution.cluster up to date; `touched` (node, component, cluster, both as before) is what may have changed.

    Reads the temporary tables of nodes.py, links.py and decisions.py.
    """
    _find_affected(con)
    _write_edges(con, rules)
    labels = _components(con)
    con.execute(
        "create or replace temp table fresh_cluster as select node, component, component as cluster from labels"
    )
    con.unregister("labels")
    del labels
    split_doubtful(con, rules)
    con.execute(
        """create or replace temp table touched as
        select fresh.node, fresh.component, fresh.cluster, before.component as old_component, before.cluster as old_cluster from fresh_cluster as fresh
        left join resolution.cluster as before using (node)"""
    )
    con.execute(
        """delete from resolution.cluster where node in (from gone_node)
            or node in (select node from touched where component <> old_component or cluster <> old_cluster)"""
    )
    con.execute(
        """insert into resolution.cluster select node, component, cluster from touched
        where old_cluster is null or component <> old_component or cluster <> old_cluster"""
    )
    con.execute("delete from resolution.refused where a in (select node from touched) or a in (from gone_node)")
    con.execute("insert into resolution.refused select * from refused")


def _find_affected(con: duckdb.DuckDBPyConnection) -> None:
    """`affected` (node, id from 0): every node of a component that something new, gone, compared anew or decided touches."""
    con.execute(
        f"""create or replace temp table affected as
        with told as (
            select node from new_record where node is not null union all select node from gone_record where node is not null
            union all from dirty union all select a from cut_link union all select b from cut_link
            union all select a from fresh_link where is_match union all select b from fresh_link where is_match
            union all select node from resolution.node_key semi join touched_key using (rule, key) where rule < {FIRST_BLOCK}
            union all select node from decided join resolution.record using (record_id) where node is not null
        ),
        seed as (select distinct node from told),
        component as (select distinct component from resolution.cluster semi join seed using (node)),
        every as (
            select node from resolution.cluster semi join component using (component)
            union select node from seed
        )
        select node, row_number() over (order by node) - 1 as id from every semi join resolution.node using (node)"""
    )


def _write_edges(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> None:
    """`edge` (a, b: ids, weight): links among the affected. An exact rule links each node of a key with the least of them."""
    weights = exact_weights(rules)
    # records that a decision made nodes of their own, with those that say the same
    con.execute(
        """create or replace temp table alike as
        select plain_node, affected.id from resolution.record join decided using (record_id) join affected using (node)
        union select node, id from affected where node in (select plain_node from resolution.record join decided using (record_id))"""
    )
    con.execute(
        f"""create or replace temp table edge as
        with keyed as (
            select rule, key, id from resolution.node_key join affected using (node) anti join resolution.stopped using (rule, key)
            where rule < {FIRST_BLOCK}
        ),
        star as (
            select rule, min(id) over (partition by rule, key) as a, id as b from keyed qualify a <> b
        ),
        alike_star as (select min(id) over (partition by plain_node) as a, id as b from alike qualify a <> b),
        every as (
            select a, b, {ALIKE} as weight from alike_star
            union all
            select a, b, {weights} as weight from star
            union all
            select least(l.id, r.id), greatest(l.id, r.id), weight from resolution.link
            join affected as l on l.node = a join affected as r on r.node = b where is_match
            union all
            select least(l.id, r.id), greatest(l.id, r.id), {SAME} + priority from same_node
            join affected as l on l.node = same_node.a join affected as r on r.node = same_node.b where l.id <> r.id
        )
        select a, b, max(weight) as weight from every group by a, b"""
    )


def _components(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The component of every affected node, registered as `labels` (node, component)."""
    nodes = con.execute("select node from affected order by id").df()["node"].to_numpy()
    edges = con.execute("select a, b from edge").df()
    found = pd.DataFrame({"node": nodes, "component": least_of_component(nodes, edges)})
    con.register("labels", found)
    return found


def least_of_component(nodes: npt.NDArray[np.uint64], edges: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """For each node, sorted, the least of those that edges (a, b: places in `nodes`) connect it with."""
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges["a"], edges["b"])), shape=(len(nodes), len(nodes)))
    labels = connected_components(graph, directed=False)[1]
    # nodes are sorted: the first of a component is its least
    first: npt.NDArray[np.uint64] = nodes[np.unique(labels, return_index=True)[1]][labels]
    return first
