"""Learns the match model from nodes, without labels.

Splink estimates how often each level of each comparison holds for nodes of one company (m, by expectation maximisation)
and for nodes of two (u, from nodes taken at random); a weight is log2(m/u), Fellegi and Sunter 1969. Where the nodes come
from is another's business: home_training.py trains on those of a home, benchmarks/resolution/train.py on an invented
world. Nothing here runs in a daily run: what is learned is a file.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import TYPE_CHECKING, Any

import duckdb

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.errors import WrongUse
from ccdata_assets.resolution.model import OTHERWISE, Model, plain
from ccdata_assets.resolution.rules import OrganisationRules, Rules
from ccdata_assets.resolution.scoring import _quiet

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


def train(
    con: duckdb.DuckDBPyConnection,
    rules: Rules,
    trained_on: dict[str, Any],
    seed: int = SEED,
    nodes: str = "resolution.node",
    otherwise: Model | None = None,
) -> Model:
    """The model of the nodes in a table (node, and the columns of the evidence).

    `trained_on` is recorded, with the number of pairs learned from and the levels (comparison.level) that no pair was at, neither of
    one company nor by chance: of these the weight is that of the model `otherwise`, and 0 without one.
    The same nodes and seed give the same model, in whatever order the nodes stand. WrongUse where no two nodes agree in
    a block, so that there is nothing to learn from, or nearly all in an exact rule.
    """
    org = rules.organisation
    _write_training_tables(con, org, nodes, seed)
    with _quiet():
        settings = _with_chances(con, org)
        linker = make_linker(con, "training_node", settings)
        _learn_prior(linker, org)
        pairs = {block: found for block in BLOCKS if (found := _count_pairs(con, block))}
        if not pairs:
            raise WrongUse(
                "no two nodes agree in anything to learn from; fix: train on more records, or on an invented world"
            )
        for block in pairs:
            linker.training.estimate_parameters_using_expectation_maximisation(block)
        learned = linker.misc.save_model_to_json(None)
    return _as_model(rules, learned, _rarest(con), otherwise, {**trained_on, "pairs": sum(pairs.values())})


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
    rarest = _rarest(con)
    for comparison in found["comparisons"]:
        for level in comparison["comparison_levels"]:
            if not level.get("is_null_level"):
                level["u_probability"] = max(_share(level, "u_probability"), rarest)
                level.pop("m_probability", None)
    return found


def _rarest(con: duckdb.DuckDBPyConnection) -> float:
    """Half a pair of the sample, as a share of its pairs."""
    nodes = con.execute("select count(*) from chance_node").fetchall()[0][0]
    return 1 / max(float(nodes * (nodes - 1)), 2.0)


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


def _count_pairs(con: duckdb.DuckDBPyConnection, block: str) -> int:
    query = f"select count(*) from training_node as l join training_node as r on {block} where l.node < r.node"
    return int(con.execute(query).fetchall()[0][0])


def _as_model(
    rules: Rules, learned: dict[str, Any], rarest: float, otherwise: Model | None, trained_on: dict[str, Any]
) -> Model:
    """Weights in bits, rounded to what is certain of them, so that the order of sums does not show."""
    weights: dict[str, dict[str, float]] = {}
    untaught: list[str] = []
    for comparison in learned["comparisons"]:
        name = comparison["output_column_name"]
        found = weights.setdefault(name, {})
        for declared in comparison["comparison_levels"]:
            level = declared["label_for_charts"]
            m, u = max(_share(declared, "m_probability"), LEAST_M), _share(declared, "u_probability")
            if declared.get("is_null_level"):
                found[level] = 0.0
            elif m <= LEAST_M and u <= rarest:
                untaught.append(f"{name}.{level}")
                found[level] = otherwise.weights[name][level] if otherwise else 0.0
            else:
                found[level] = max(round(math.log2(m / u), 2), MOST_AGAINST)
    share = float(learned["probability_two_random_records_match"])
    prior = round(math.log2(share / (1 - share)), 2)
    content = json.dumps([rules.version, prior, weights], sort_keys=True)
    return Model(
        version=hashlib.sha256(content.encode()).hexdigest()[:8],
        rules_version=rules.version,
        prior=prior,
        weights=weights,
        compare={name: plain(levels) for name, levels in rules.organisation.compare.items()},
        derived=plain(rules.organisation.derived),
        trained_on={**trained_on, "untaught": untaught},
        evaluation={},
    )
