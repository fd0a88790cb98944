"""Pairs of records and how likely they are the same, by Splink's model of Fellegi and Sunter on DuckDB."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from ccdata_assets.contracts.compile import quote
from ccdata_assets.errors import WrongUse
from ccdata_assets.resolution.spec import Comparison, Spec

SEED = 20260101
WORDS = "_words"
"""What the name of a column compared by words is followed by in that of its list of words."""
SAMPLED_PAIRS = 2e6
"""Random pairs from which Splink learns how often values agree by chance; tables of two thousand rows are read whole."""


@dataclass(frozen=True)
class BlockingReport:
    """What one blocking rule makes: pairs, and the values and records that its bound leaves out."""

    rule: str
    pairs: int
    stopped_values: int
    stopped_records: int


def write_blocks(con: duckdb.DuckDBPyConnection, spec: Spec) -> list[BlockingReport]:
    """Make `blocked`: `record` with a column block_<n> for each rule, null where a part is missing or too many share it.

    Null too where the rule's columns are all within the bound but nobody else has the value: such a record makes no pair.
    """
    reports = []
    con.execute("create or replace temp table blocked as select * from record")
    for number, rule in enumerate(spec.block, start=1):
        present = " and ".join(f"({part}) is not null" for part in rule)
        key = " || chr(31) || ".join(f"cast(({part}) as varchar)" for part in rule)
        con.execute(f"create or replace temp table keyed as select record_id, {key} as key from record where {present}")
        con.execute(
            "create or replace temp table shared as select key, count(*) as n from keyed group by key having n > 1"
        )
        pairs, values, records = con.execute(
            """select coalesce(sum(n * (n - 1) // 2) filter (where n <= $1), 0), count(*) filter (where n > $1),
            coalesce(sum(n) filter (where n > $1), 0) from shared""",
            [spec.max_block],
        ).fetchall()[0]
        reports.append(BlockingReport(", ".join(rule), int(pairs), int(values), int(records)))
        con.execute(
            f"""create or replace temp table blocked as select blocked.*, shared.key as block_{number} from blocked
            left join keyed using (record_id) left join shared on keyed.key = shared.key and shared.n <= {spec.max_block}"""
        )
    return reports


def score_pairs(con: duckdb.DuckDBPyConnection, spec: Spec) -> tuple[dict[str, Any], list[str]]:
    """Make `pair` (a, b, weight; a < b are record_ids) of all pairs the blocking finds; gives the trained model as Splink's JSON
    and warnings: rules that nothing could be learned from. Of a table of one record there is no pair, and no model.

    Reads `record` and `blocked`. The weights are learned from the table itself, without labels, and are the same for the same table.
    """
    if con.execute("select count(*) < 2 from blocked").fetchall()[0][0]:
        con.execute("create or replace temp table pair (a bigint, b bigint, weight double)")
        return {}, []
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    _usable(con, "prior.rules", spec.prior.rules)
    train = _usable(con, "train", spec.train)
    warnings = [
        f"train: no two records agree in {', '.join(rule)}, so nothing is learned from it; the other rules are used"
        for rule in spec.train
        if rule not in train
    ]
    with _quiet():
        db = DuckDBAPI(connection=con)
        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="record_id",
            comparisons=[_comparison(name, said) for name, said in spec.compare.items()],
            blocking_rules_to_generate_predictions=[
                block_on(f"block_{number}") for number in range(1, len(spec.block) + 1)
            ],
            retain_matching_columns=False,
        )
        linker = Linker(db.register("blocked"), settings)
        training = linker.training
        try:
            training.estimate_probability_two_random_records_match(
                [block_on(*rule) for rule in spec.prior.rules], recall=spec.prior.recall
            )
        except ValueError:  # more pairs agree than there can be
            raise WrongUse(
                "prior: its rules find nearly all pairs there are; fix: name agreements that only matching records have, or raise recall"
            ) from None
        training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED, min_count_per_level=None)
        for rule in train:
            training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
        found = linker.inference.predict(threshold_match_weight=spec.unseen)
        con.execute(
            f"""create or replace temp table pair as
            select least(record_id_l, record_id_r) as a, greatest(record_id_l, record_id_r) as b, max(match_weight) as weight
            from {found.physical_name} group by all"""
        )
        model: dict[str, Any] = linker.misc.save_model_to_json(None)
    return model, warnings


def _usable(con: duckdb.DuckDBPyConnection, key: str, rules: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The rules in which some two records agree, so that something is learned from them. WrongUse where there is none."""
    found = []
    for rule in rules:
        parts = ", ".join(f"({part})" for part in rule)
        present = " and ".join(f"({part}) is not null" for part in rule)
        query = f"select exists (select 1 from blocked where {present} group by {parts} having count(*) > 1)"
        if con.execute(query).fetchall()[0][0]:
            found.append(rule)
    if not found:
        without = "; ".join(", ".join(rule) for rule in rules)
        raise WrongUse(
            f"{key}: no two records agree in {without}; fix: name columns in which matching records do agree"
        )
    return found


def _comparison(name: str, said: Comparison) -> Any:
    from splink import comparison_level_library as levels
    from splink import comparison_library as comparisons

    same = levels.ExactMatchLevel(name, term_frequency_adjustments=said.rare_counts_more)
    return comparisons.CustomComparison(
        output_column_name=name,
        comparison_levels=[
            levels.NullLevel(name),
            *([] if said.levels else [same]),
            *[levels.CustomLevel(condition) for condition in said.levels or _LEVELS[str(said.kind)](name)],
            levels.ElseLevel(),
        ],
    )


def _alike(name: str, *thresholds: float) -> list[str]:
    return [f"jaro_winkler_similarity({quote(name + '_l')}, {quote(name + '_r')}) >= {least}" for least in thresholds]


def _edited(name: str) -> list[str]:
    return [f"damerau_levenshtein({quote(name + '_l')}, {quote(name + '_r')}) <= {most}" for most in (1, 2)]


def _words(name: str) -> list[str]:
    one, other = (quote(name + WORDS + side) for side in ("_l", "_r"))
    shared = f"len(list_intersect({one}, {other}))"
    fewer = f"least(len({one}), len({other}))"
    return [
        f"{shared} >= 0.7 * (len({one}) + len({other}) - {shared})",
        f"{shared} = {fewer}",
        *_alike(name, 0.92),
        f"{shared} >= 0.6 * {fewer}",
        f"{shared} >= 0.4 * {fewer}",
    ]


_LEVELS = {
    "exact": lambda name: [],
    "name": lambda name: _alike(name, 0.92, 0.8),
    "text": lambda name: _alike(name, 0.9, 0.75),
    "code": _edited,
    "words": _words,
}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Splink reports every step of training by log and print; what a user needs of it stands in our own report."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)
