"""Splink by itself on the same nodes, as somebody would use it who has no engine of ours.

It gets what the engine has: the evidence, the comparisons (credit code and branch among them, which the engine uses in
rules and guards), the blocking keys with values that too many share left out, and the exact rules as blocking rules.
`read` makes the nodes, `keys` the keys, as in the engine; what Splink itself takes is counted apart.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.resolution.partition import read_nodes, score_query
from benchmarks.resolution.parts import Answer, peak
from benchmarks.resolution.world import open_world, truth_of
from ccdata_assets.contracts.compile import quote
from ccdata_assets.resolution.links import FIRST_BLOCK, _write_keys, _write_stops
from ccdata_assets.resolution.rules import OrganisationRules, load_rules
from ccdata_assets.resolution.scoring import _quiet
from ccdata_assets.resolution.training import (
    BLOCKS,
    FOUND_BY_EXACT_RULES,
    make_linker,
    splink_comparisons,
)

ALSO = {
    "uscc": {"same": "l.uscc = r.uscc", "unknown": "l.uscc is null or r.uscc is null"},
    "branch": {"same": "l.branch = r.branch"},
}
"""What the engine's guards look at, as comparisons."""
DEFAULT = 0.95
THRESHOLDS = (0.5, 0.9, DEFAULT, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 0.9999999)
"""Match probabilities from which pairs are clustered."""
SAMPLED_PAIRS = 1e7
SEED = 20260101


def alone(cache: Path, rows: int, seed: int, until: int | None = None) -> Answer:
    """Seconds of training, prediction and clustering (at DEFAULT), scores by threshold, peak memory before scoring."""
    rules = load_rules()
    with open_world(cache, rows, seed, None, until) as con:
        begun = time.perf_counter()
        read_nodes(con, rules)
        read = time.perf_counter() - begun
        begun = time.perf_counter()
        write_alone_nodes(con, rules.organisation)
        keys = time.perf_counter() - begun
        with _quiet():
            linker, seconds = _train(con, rules.organisation)
            begun = time.perf_counter()
            found = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
            seconds["predict"] = time.perf_counter() - begun
            clusters, most = {}, 0.0
            for threshold in (DEFAULT, *(other for other in THRESHOLDS if other != DEFAULT)):
                begun = time.perf_counter()
                clusters[threshold] = linker.clustering.cluster_pairwise_predictions_at_threshold(found, threshold).physical_name  # fmt: skip
                seconds.setdefault("cluster", time.perf_counter() - begun)
                most = most or peak()
        scores = {str(threshold): _score(con, clusters[threshold]) for threshold in THRESHOLDS}
        pairs = con.execute(f"select count(*) from {found.physical_name}").fetchall()[0][0]
    best = max(scores, key=lambda threshold: scores[threshold]["f1"])
    return {
        "read": read,
        "keys": keys,
        "seconds": seconds,
        "pairs": pairs,
        "scores": scores,
        "best": best,
        "megabytes": most,
    }


def write_alone_nodes(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> None:
    """`alone_node`: the nodes with a column key_<n> (of `each`, a list) of each exact and blocking rule, open values only."""
    _write_keys(con, rules)
    _write_stops(con, rules)
    columns = [f"any_value(key) filter (where rule = {number}) as key_{number}" for number in range(len(rules.exact))]
    for number, block in enumerate(rules.block, start=FIRST_BLOCK):
        columns.append(f"{'list' if block.each else 'any_value'}(key) filter (where rule = {number}) as key_{number}")
    derived = "".join(f", {expression} as {quote(name)}" for name, expression in rules.derived.items())
    con.execute(
        f"""create or replace temp table alone_node as
        with open as (select * from resolution.node_key anti join resolution.stopped using (rule, key)),
        keyed as (select node, {", ".join(columns)} from open group by node)
        select *{derived} from resolution.node left join keyed using (node)"""
    )


def _train(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> tuple[Any, dict[str, float]]:
    """A trained linker as Splink's guides have it, and the seconds of training."""
    from splink import SettingsCreator, block_on

    exact: list[Any] = [block_on(f"key_{number}") for number in range(len(rules.exact))]
    blocks = [
        block_on(f"key_{number}", arrays_to_explode=[f"key_{number}"] if block.each else None)
        for number, block in enumerate(rules.block, start=FIRST_BLOCK)
    ]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="node",
        comparisons=splink_comparisons(rules.compare | ALSO),
        blocking_rules_to_generate_predictions=[*exact, *blocks],
        retain_matching_columns=False,
    )
    begun = time.perf_counter()
    linker = make_linker(con, "alone_node", settings)
    training = linker.training
    training.estimate_probability_two_random_records_match(exact, recall=FOUND_BY_EXACT_RULES)
    training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED, min_count_per_level=None)
    for block in BLOCKS:
        training.estimate_parameters_using_expectation_maximisation(block)
    return linker, {"train": time.perf_counter() - begun}


def _score(con: duckdb.DuckDBPyConnection, clusters: str) -> dict[str, float]:
    score = score_query(
        con,
        f"""select cluster_id as found, organisation as truth from {quote(clusters)} as clusters join resolution.record using (node)
        join {truth_of(con)} as truth on truth.row = record.row where organisation is not null""",
    )
    return {"precision": score.precision, "recall": score.recall, "f1": score.f1}
