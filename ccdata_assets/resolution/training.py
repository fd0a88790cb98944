"""Learns the match model from nodes, without labels: `python -m ccdata_assets.resolution.training [--home DIR] OUT`.

Splink estimates how often each level of each comparison holds for nodes of one company (m, by expectation maximisation)
and for nodes of two (u, from nodes taken at random); a weight is log2(m/u), Fellegi and Sunter 1969. It trains on an
invented world whose truth only scores the result, or on the nodes of a warehouse. Nothing here runs in a daily run:
what is learned is a file.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.resolution.clusters import write_clusters
from ccdata_assets.resolution.decisions import place_decisions, read_decisions
from ccdata_assets.resolution.engine import _forget
from ccdata_assets.resolution.evaluate import Score, pairwise
from ccdata_assets.resolution.links import write_links
from ccdata_assets.resolution.model import MODEL, OTHERWISE, Model
from ccdata_assets.resolution.nodes import read_changes
from ccdata_assets.resolution.rules import OrganisationRules, Rules, load_rules
from ccdata_assets.resolution.scoring import _quiet
from ccdata_assets.settings import load_settings
from ccdata_assets.warehouse.engine import Config

if TYPE_CHECKING:
    from splink import Linker

UNKNOWN = "unknown"
"""A level of this name says that one of the two lacks the value: it speaks neither for nor against."""
BLOCKS = (
    "l.uscc = r.uscc and l.branch = r.branch",
    "l.core = r.core and l.branch = r.branch and l.place = r.place and l.place <> ''",
    "l.address_key = r.address_key and l.city = r.city",
)
"""Pairs that m is learned from. A comparison that reads a column of a block learns nothing in it; the first, of a column
that no comparison reads, is for all."""
FOUND_BY_EXACT_RULES = 0.9
"""Share of the pairs of one organisation that agree in an exact rule; `benchmarks.resolution ablation` measures it."""
SAMPLED_NODES = 2_000
"""Nodes whose pairs, two million, tell what agrees by chance."""
LEAST_M = 1e-4
"""What no pair of a block is at is not impossible."""
MOST_AGAINST = -6.0
"""Bits. Nothing speaks more against: that invented companies never move does not say that real ones do not."""
SEED = 20260101
THRESHOLDS = (-6.0, -3.0, 0.0, 3.0, 6.0, 10.0)


def train(
    con: duckdb.DuckDBPyConnection, rules: Rules, trained_on: dict[str, Any], seed: int = SEED, nodes: str = "resolution.node"
) -> Model:  # fmt: skip
    """The model of the nodes in a table (node, and the columns of the evidence); `trained_on` is recorded as it is.

    The same nodes and seed give the same model, in whatever order the nodes stand. WrongUse where no two nodes agree in
    a block, so that there is nothing to learn from, or nearly all in an exact rule.
    """
    org = rules.organisation
    _write_training_tables(con, org, nodes, seed)
    with _quiet():
        settings = _with_chances(con, org)
        linker = make_linker(con, "training_node", settings)
        _learn_prior(linker, org)
        blocks = [block for block in BLOCKS if _has_pairs(con, block)]
        if not blocks:
            raise WrongUse(
                "no two nodes agree in anything to learn from; fix: train on more records, or on an invented world"
            )
        for block in blocks:
            linker.training.estimate_parameters_using_expectation_maximisation(block)
        learned = linker.misc.save_model_to_json(None)
    return _as_model(rules, learned, trained_on)


def splink_comparisons(compare: dict[str, dict[str, str]]) -> list[Any]:
    """The comparisons of the rules as Splink's; a level named `unknown` is a null level."""
    from splink import comparison_level_library as levels
    from splink import comparison_library as comparisons

    return [
        comparisons.CustomComparison(
            output_column_name=name,
            comparison_levels=[
                *(
                    levels.CustomLevel(translate(condition), level).configure(is_null_level=level == UNKNOWN)
                    for level, condition in declared.items()
                ),
                levels.ElseLevel().configure(label_for_charts=OTHERWISE),
            ],
        )
        for name, declared in compare.items()
    ]


def translate(condition: str) -> str:
    """SQL over two nodes (l, r) as Splink writes it: l.core is core_l."""
    return re.sub(r"\b([lr])\.(\w+)", r"\2_\1", condition)


def make_linker(con: duckdb.DuckDBPyConnection, table: str, settings: Any) -> Linker:
    """Splink over a table with the unique column `node`."""
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    return Linker(DuckDBAPI(connection=con).register(table), settings)


def _write_training_tables(con: duckdb.DuckDBPyConnection, org: OrganisationRules, nodes: str, seed: int) -> None:
    """`training_node`: the nodes with what is worked out of them and a column exact_<n> for each exact rule;
    `chance_node`: a sample that holds few nodes of one company, each the least of all exact keys it has, so that pairs of
    it agree by chance."""
    exact = [
        f"if(({rule.when}) and {' and '.join(f'{quote(key)} is not null' for key in rule.keys)}, "
        f"md5({' || chr(31) || '.join(f'cast({quote(key)} as varchar)' for key in rule.keys)}), null) as exact_{number}"
        for number, rule in enumerate(org.exact)
    ]
    names = ", ".join(quote(name) for name in org.evidence)
    more = ", ".join([*(f"{expression} as {quote(name)}" for name, expression in org.derived.items()), *exact])
    con.execute(
        f"create or replace temp table training_node as select node, {names}, {more} from {nodes} order by node"
    )
    first = " and ".join(
        f"(exact_{number} is null or node = min(node) over (partition by exact_{number}))" for number in range(len(org.exact))
    )  # fmt: skip
    con.execute(
        f"""create or replace temp table chance_node as select * from training_node
        qualify {first or "true"} order by md5(node || {literal(f":{seed}")}) limit {SAMPLED_NODES}"""
    )


def _with_chances(con: duckdb.DuckDBPyConnection, org: OrganisationRules) -> dict[str, Any]:
    """Splink's settings with u: of a level that no pair of the sample is at, half a pair."""
    from splink import SettingsCreator

    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="node",
        comparisons=splink_comparisons(org.compare),
        blocking_rules_to_generate_predictions=[],
        retain_matching_columns=False,
    )
    linker = make_linker(con, "chance_node", settings)
    # more than there are: every pair is looked at, so nothing hangs on a random choice
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_NODES**2, min_count_per_level=None)
    found: dict[str, Any] = linker.misc.save_model_to_json(None)
    nodes = con.execute("select count(*) from chance_node").fetchall()[0][0]
    for comparison in found["comparisons"]:
        for level in comparison["comparison_levels"]:
            if not level.get("is_null_level"):
                level["u_probability"] = max(_share(level, "u_probability"), 1 / max(nodes * (nodes - 1), 2))
                level.pop("m_probability", None)
    return found


def _share(level: dict[str, Any], name: str) -> float:
    """A probability that was learned, else 0."""
    value = level.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _learn_prior(linker: Linker, org: OrganisationRules) -> None:
    from splink import block_on

    try:
        linker.training.estimate_probability_two_random_records_match(
            [block_on(f"exact_{number}") for number in range(len(org.exact))], recall=FOUND_BY_EXACT_RULES
        )
    except ValueError:
        raise WrongUse("nearly all nodes agree in an exact rule; fix: train on records of many companies") from None


def _has_pairs(con: duckdb.DuckDBPyConnection, block: str) -> bool:
    query = f"select exists (from training_node as l join training_node as r on {block} where l.node < r.node)"
    return bool(con.execute(query).fetchall()[0][0])


def _as_model(rules: Rules, learned: dict[str, Any], trained_on: dict[str, Any]) -> Model:
    """Weights in bits, rounded to what is certain of them, so that the order of sums does not show."""
    weights: dict[str, dict[str, float]] = {}
    for comparison in learned["comparisons"]:
        found = weights.setdefault(comparison["output_column_name"], {})
        for level in comparison["comparison_levels"]:
            if level.get("is_null_level"):
                found[level["label_for_charts"]] = 0.0
                continue
            m, u = max(_share(level, "m_probability"), LEAST_M), _share(level, "u_probability")
            found[level["label_for_charts"]] = max(round(math.log2(m / u), 2), MOST_AGAINST)
    share = float(learned["probability_two_random_records_match"])
    prior = round(math.log2(share / (1 - share)), 2)
    content = json.dumps([rules.version, prior, weights], sort_keys=True)
    return Model(
        version=hashlib.sha256(content.encode()).hexdigest()[:8],
        rules_version=rules.version,
        prior=prior,
        weights=weights,
        trained_on=trained_on,
        evaluation={},
    )


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


def evaluate(con: duckdb.DuckDBPyConnection, rules: Rules, model: Model, truth: str) -> list[dict[str, float]]:
    """Precision, recall and F1 of organisations at each of THRESHOLDS as the least weight of a link."""
    rows = []
    for threshold in THRESHOLDS:
        org = rules.organisation.model_copy(update={"link": threshold})
        write_partition(con, rules.model_copy(update={"organisation": org}), model)
        found = score(con, truth)
        rows.append({"link": threshold, "precision": round(found.precision, 4), "recall": round(found.recall, 4), "f1": round(found.f1, 4)})  # fmt: skip
    return rows


def write_model(model: Model, path: Path) -> None:
    """The model as JSON, one level a line, so that a change can be read."""
    path.write_text(json.dumps(model.model_dump(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main(
    out: Annotated[Path, typer.Argument(help="The model file.", dir_okay=False)] = MODEL,
    home: Annotated[
        Path | None, typer.Option(help="Train on this home's warehouse.", file_okay=False, exists=True)
    ] = None,
    rows: Annotated[int, typer.Option(help="Rows of the invented world.")] = 200_000,
    seed: Annotated[int, typer.Option(help="Of the invented world; it is scored on that of the next one.")] = 11,
    on: Annotated[str | None, typer.Option(help="The date to record, 2026-01-31; default today.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder to keep invented worlds in.", file_okay=False)] = None,
) -> None:
    """Train the match model and score it on an invented world of another seed."""
    from benchmarks.resolution.world import open_world, truth_of

    console = Console()
    rules, day = load_rules(), on or date.today().isoformat()
    with TemporaryDirectory() as folder, console.status("training the match model"):
        where = cache or Path(folder)
        if home:
            trained = train_on_home(home, rules, seed, day)
        else:
            with open_world(where, rows, seed) as con:
                read_nodes(con, rules)
                nodes = con.execute("select count(*) from resolution.node").fetchall()[0][0]
                trained = train(con, rules, {"world": seed, "rows": rows, "nodes": nodes, "date": day}, seed)
        with open_world(where, rows, seed + 1) as con:
            by_threshold = evaluate(con, rules, trained, truth_of(con))
    evaluation = {"world": seed + 1, "rows": rows, "of": "pairs of records of one organisation", "at": by_threshold}
    trained = trained.model_copy(update={"evaluation": evaluation})
    write_model(trained, out)
    console.print(_weights_table(trained), _scores_table(by_threshold))


def train_on_home(home: Path, rules: Rules, seed: int, day: str) -> Model:
    """The model of a home's nodes, which are read only; WrongUse where its warehouse has none of today's rules."""
    warehouse = home / "warehouse" / "ccdata.duckdb"
    if not warehouse.exists():
        raise WrongUse(f"{home} has no warehouse; fix: ccdata run --home {home}")
    settings = load_settings()
    config: Config = {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(home / "warehouse" / "training.tmp"),
    }
    with duckdb.connect(config=config) as con:
        con.execute(f"set enable_progress_bar = false; attach {literal(str(warehouse))} as home (read_only)")
        try:
            rows, nodes = con.execute(
                "select (select count(*) from home.resolution.record), (select count(*) from home.resolution.node)"
            ).fetchall()[0]
            trained_on = {"warehouse": True, "rows": rows, "nodes": nodes, "seed": seed, "date": day}
            return train(con, rules, trained_on, seed, "home.resolution.node")
        except (duckdb.CatalogException, duckdb.BinderException):
            raise WrongUse("the warehouse was resolved by other rules; fix: ccdata run, then train") from None


def _weights_table(model: Model) -> Table:
    table = Table("comparison", "level", "bits", title=f"model {model.version}, prior {model.prior}")
    for comparison, levels in model.weights.items():
        for level, weight in levels.items():
            table.add_row(comparison, level, f"{weight:+.2f}")
    return table


def _scores_table(rows: list[dict[str, float]]) -> Table:
    table = Table("link from", "precision", "recall", "F1")
    for row in rows:
        table.add_row(f"{row['link']:g}", f"{row['precision']:.4f}", f"{row['recall']:.4f}", f"{row['f1']:.4f}")
    return table


if __name__ == "__main__":
    try:
        typer.run(main)
    except CcdataError as error:
        Console(stderr=True).print(str(error))
        raise SystemExit(1) from None
