"""A partition of records without IDs and golden tables, and how right it is: what training and the ablation need of the engine."""

from __future__ import annotations

import duckdb

from ccdata_assets.resolution.clusters import write_clusters
from ccdata_assets.resolution.decisions import place_decisions, read_decisions
from ccdata_assets.resolution.engine import _forget
from ccdata_assets.resolution.evaluate import Score, pairwise
from ccdata_assets.resolution.links import write_links
from ccdata_assets.resolution.model import Model
from ccdata_assets.resolution.nodes import read_changes
from ccdata_assets.resolution.rules import Rules


def read_nodes(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """resolution.record and resolution.node of standard.party_record, all anew. The connection is migrated."""
    _forget(con, rules)
    read_decisions(con)
    read_changes(con, rules)
    place_decisions(con)


def write_partition(con: duckdb.DuckDBPyConnection, rules: Rules, model: Model) -> None:
    """resolution.record and resolution.cluster of standard.party_record, all anew, without IDs or golden tables."""
    read_nodes(con, rules)
    write_links(con, rules.organisation, model)
    write_clusters(con, rules.organisation)


def score(con: duckdb.DuckDBPyConnection, truth: str) -> Score:
    """Pairwise score of resolution.cluster by a table (row, organisation), where row is that of the record."""
    return score_query(
        con,
        f"""select cluster as found, organisation as truth from resolution.record join resolution.cluster using (node)
        join {truth} as truth on truth.row = record.row where organisation is not null""",
    )


def score_query(con: duckdb.DuckDBPyConnection, query: str) -> Score:
    """Pairwise score of a query's columns `found` and `truth`, whole numbers, a row a record."""
    answer = con.execute(f"select hash(found) // 2 as found, truth from ({query})").df()
    return pairwise(answer["found"].to_numpy().astype("int64"), answer["truth"].to_list())
