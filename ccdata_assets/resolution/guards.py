"""Guards: components whose nodes contradict each other, or that one weak link holds together, are cut.

Such a component is built up from its strongest links on; a join that would bring contradictions together is left out, and
its link goes to review. What comes out depends on the nodes of the component alone: ties are broken by their hashes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from ccdata_assets.contracts.compile import quote
from ccdata_assets.resolution.links import FIRST_BLOCK, counted
from ccdata_assets.resolution.rules import OrganisationRules

ALIKE = 1e6
"""Weight of two nodes' saying the same in everything."""
SAME = 1e9
"""Weight of a steward's word that two nodes are one; later words weigh more."""
MOST_TRIED = 50
"""Groups of one key that contradict each other, of which a further node tries to join one."""


def exact_weights(rules: OrganisationRules) -> str:
    """SQL: the weight of the exact rule whose number is `rule`."""
    cases = " ".join(f"when {number} then {exact.weight}" for number, exact in enumerate(rules.exact))
    return f"(case rule {cases} end)" if cases else "0"


def split_doubtful(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> None:
    """Give the nodes of components that contradict themselves their clusters in `fresh_cluster`; write `refused` links."""
    con.execute("create or replace temp table refused (a ubigint, b ubigint, weight double, reason varchar)")
    differ = [f"count(distinct nullif({quote(column)}, '')) > 1" for column in rules.conflicts]
    said = (
        f"(select {', '.join(['node', *(counted(rules, column) for column in rules.conflicts)])} from resolution.node)"
    )
    con.execute(
        f"""create or replace temp table doubtful as
        with of_component as (
            select component, node.node, {", ".join(f"node.{quote(column)}" for column in rules.conflicts) or "0"} from fresh_cluster as fresh join {said} as node using (node)
            where component in (select component from fresh_cluster group by component having count(*) > 1)
        ),
        -- a component that one link of two groups may hold together
        large as (
            select component from fresh_cluster join affected using (node) join edge on edge.a = affected.id
            where edge.weight < {rules.bridge.weight}
            and component in (select component from fresh_cluster group by component having count(*) >= {2 * rules.bridge.nodes})
        )
        select component from of_component group by component having {" or ".join(differ) or "false"}
        union select component from large
        union select component from fresh_cluster join apart_node using (node)"""
    )
    if not con.execute("select count(*) from doubtful").fetchall()[0][0]:
        return
    columns = ", ".join(f"coalesce(node.{quote(column)}, '') as {quote(column)}" for column in rules.conflicts)
    nodes = con.execute(
        f"""select affected.id, fresh.node, component{", " + columns if columns else ""} from fresh_cluster as fresh
        semi join doubtful using (component) join affected using (node) join {said} as node using (node) order by affected.id"""
    ).df()
    con.register("doubtful_id", nodes[["id"]])
    edges = con.execute(
        "select a, b, weight from edge where a in (select id from doubtful_id) order by weight desc, a, b"
    ).df()
    tags = con.execute("select affected.id, decision_id, side from apart_node join affected using (node)").fetchall()
    weights = exact_weights(rules)
    groups = _Groups(nodes, rules, tags)
    keyed = con.execute(
        f"""select {weights} as weight, list(id order by id) as ids
        from resolution.node_key join affected using (node) anti join resolution.stopped using (rule, key)
        where rule < {FIRST_BLOCK} and id in (select id from doubtful_id) group by rule, key having count(*) > 2
        union all
        -- of one name, those that share a telephone, an address … as well
        select {rules.same_name_and_sign}, list(id order by id)
        from resolution.node_key join affected using (node) anti join resolution.stopped using (rule, key)
        where rule >= {FIRST_BLOCK} and id in (select id from doubtful_id) group by rule, key, name_id having count(*) > 1
        union all
        select {SAME} + any_value(priority), list(distinct id order by id) from decided_node join affected using (node)
        where kind = 'same' and id in (select id from doubtful_id) group by decision_id having count(distinct id) > 2
        union all
        select {ALIKE}, list(distinct id order by id) from alike
        where id in (select id from doubtful_id) group by plain_node having count(distinct id) > 2"""
    ).fetchall()
    con.unregister("doubtful_id")
    refused = groups.join_all(edges["a"].tolist(), edges["b"].tolist(), edges["weight"].tolist(), keyed)
    hashes = dict(zip(nodes["id"].tolist(), nodes["node"].tolist(), strict=True))
    found = pd.DataFrame(
        {
            "node": nodes["node"].to_numpy(),
            # ids are in the order of nodes: the least id is the least node
            "cluster": np.array([hashes[groups.least[groups.find(i)]] for i in nodes["id"].tolist()], dtype=np.uint64),
        }
    )
    con.register("found", found)
    con.execute(
        """create or replace temp table fresh_cluster as
        select fresh.node, component, coalesce(found.cluster, fresh.cluster) as cluster from fresh_cluster as fresh left join found using (node)"""
    )
    con.unregister("found")
    left = pd.DataFrame(
        [
            (hashes[a], hashes[b], weight, reason)
            for a, b, weight, reason in refused
            if groups.find(a) != groups.find(b)
        ],
        columns=["a", "b", "weight", "reason"],
    ).astype({"a": "uint64", "b": "uint64", "weight": "float64", "reason": "object"})
    con.register("left_apart", left)
    con.execute("insert into refused select a, b, weight, reason from left_apart")
    con.unregister("left_apart")


@dataclass
class _Groups:
    """Groups of nodes that grow by their strongest links, unless the two groups contradict each other."""

    nodes: pd.DataFrame
    rules: OrganisationRules
    tags: Iterable[tuple[int, str, int]]
    parent: dict[int, int] = field(init=False)
    least: dict[int, int] = field(init=False)
    size: dict[int, int] = field(init=False)
    values: dict[str, dict[int, set[Any]]] = field(init=False)
    sides: dict[int, dict[str, int]] = field(init=False)
    links: dict[int, dict[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        ids = self.nodes["id"].tolist()
        self.parent = {i: i for i in ids}
        self.least = {i: i for i in ids}
        self.size = dict.fromkeys(ids, 1)
        self.values = {
            column: {i: {value} if value else set() for i, value in zip(ids, self.nodes[column].tolist(), strict=True)}
            for column in self.rules.conflicts
        }
        self.sides = {}
        for i, decision, side in self.tags:
            if i in self.parent:
                self.sides.setdefault(i, {})[decision] = side
        self.links = {}

    def find(self, i: int) -> int:
        """The group of a node."""
        while self.parent[i] != i:
            self.parent[i] = self.parent[self.parent[i]]
            i = self.parent[i]
        return i

    def join_all(
        self, a: list[int], b: list[int], weights: list[float], keyed: list[tuple[float, list[int]]]
    ) -> list[tuple[int, int, float, str]]:
        """Join along the links, strongest first; gives those that were refused, with the reason.

        keyed: weight and nodes of exact keys. Their links are stars; where the middle of one is refused, the rest may belong together.
        """
        for one, other in zip(a, b, strict=True):
            for here, there in ((one, other), (other, one)):
                near = self.links.setdefault(here, {})
                near[there] = near.get(there, 0) + 1
        steps: list[tuple[float, list[int]]] = [
            (weight, [one, other]) for one, other, weight in zip(a, b, weights, strict=True)
        ]
        refused: dict[tuple[int, int], tuple[float, str]] = {}
        for weight, nodes in sorted([*steps, *keyed], key=lambda step: (-step[0], len(step[1]), step[1])):
            roots: dict[int, int] = {}  # of each group so far, the first of its nodes in this key
            for node in nodes:
                here = self.find(node)
                if here in roots:
                    continue
                for root, other in islice(roots.items(), MOST_TRIED):
                    reason = self._against(root, here, weight)
                    if not reason:
                        first = roots.pop(root)
                        self._join(root, here)
                        roots[self.find(node)] = first
                        break
                    if other == nodes[0]:
                        refused.setdefault((other, node), (weight, reason))
                else:
                    roots[here] = node
        return [(one, other, weight, reason) for (one, other), (weight, reason) in refused.items()]

    def _against(self, left: int, right: int, weight: float) -> str | None:
        one, other = self.sides.get(left, {}), self.sides.get(right, {})
        if any(other.get(decision, side) != side for decision, side in one.items()):
            return "decided_apart"
        if weight >= SAME:
            return None
        agree = {column for column, of in self.values.items() if of[left] & of[right]}
        for column, ties in self.rules.conflicts.items():
            of = self.values[column]
            if of[left] and of[right] and column not in agree and not agree & set(ties):
                return f"other_{column}"
        bridge = self.rules.bridge
        if min(self.size[left], self.size[right]) >= bridge.nodes and weight < bridge.weight and self._between(left, right) < 2:  # fmt: skip
            return "bridge"
        return None

    def _between(self, left: int, right: int) -> int:
        return self.links.get(left, {}).get(right, 0)

    def _join(self, left: int, right: int) -> None:
        if self.size[left] < self.size[right]:
            left, right = right, left
        self.parent[right] = left
        self.size[left] += self.size.pop(right)
        self.least[left] = min(self.least[left], self.least.pop(right))
        for of in self.values.values():
            of[left] |= of.pop(right)
        sides = self.sides.pop(right, None)
        if sides:
            self.sides.setdefault(left, {}).update(sides)
        for there, count in self.links.pop(right, {}).items():
            near = self.links[there]
            near.pop(right, None)
            if there != left:
                mine = self.links.setdefault(left, {})
                mine[there] = mine.get(there, 0) + count
                near[left] = near.get(left, 0) + count
            else:
                near.pop(right, None)
