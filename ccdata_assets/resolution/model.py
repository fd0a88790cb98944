"""The trained model: how much each level of each comparison speaks for or against two nodes being one.

A model is a versioned file (model.json beside this one): match weights in bits (log2 of m/u, Fellegi and Sunter 1969), the
prior, what it was trained on and how right it was there. Nothing is learned during a run, so that the same rows give the
same partition however they arrive. benchmarks/resolution/train.py makes the shipped one, training.py one of a home's own nodes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import Field

from ccdata_assets.contracts.model import Declaration
from ccdata_assets.errors import ContractError
from ccdata_assets.resolution.rules import OrganisationRules

MODEL = Path(__file__).parent / "model.json"
TRAIN_SHIPPED = "train the shipped one again (python -m benchmarks.resolution train)"
OTHERWISE = "otherwise"
"""Name of the level that holds where none of the declared ones does."""


class Model(Declaration):
    """Weights in bits by comparison and level; `prior` is that of two nodes taken at random."""

    version: str
    rules_version: str
    prior: float
    weights: dict[str, dict[str, float]]
    compare: dict[str, dict[str, str]] = Field(default_factory=dict)
    """The comparisons that the weights were learned for: SQL by comparison and level, in their order."""
    derived: dict[str, str] = Field(default_factory=dict)
    """The columns worked out for them."""
    trained_on: dict[str, Any]
    evaluation: dict[str, Any]


def load_model(path: Path = MODEL, rules: OrganisationRules | None = None, fix: str = TRAIN_SHIPPED) -> Model:
    """Read a model file. ContractError names file and fix: it is no model, or not one for the comparisons of `rules`."""
    try:
        model = Model.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ContractError(f"{path.name} is no match model that can be read; fix: {fix}") from None
    if rules and (other := other_comparisons(rules, model)):
        raise ContractError(
            f"{path.name}: the match model {model.version} was trained for other comparisons than rules.yaml has "
            f"({', '.join(other)}); fix: {fix}"
        )
    return model


def write_model(model: Model, path: Path) -> None:
    """The model as JSON, one level a line, so that a change can be read."""
    path.write_text(json.dumps(model.model_dump(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def other_comparisons(rules: OrganisationRules, model: Model) -> list[str]:
    """The comparisons that rules and model have not alike, each with its levels that differ; empty where the model fits.

    The order of levels counts, because the first that holds does; layout does not.
    """
    pairs = {
        name: (plain(rules.compare.get(name, {})), plain(model.compare.get(name, {})), model.weights.get(name, {}))
        for name in sorted(rules.compare.keys() | model.compare.keys() | model.weights.keys())
    }
    pairs["derived"] = (
        plain(rules.derived),
        plain(model.derived),
        dict.fromkeys(rules.derived, 0.0) | {OTHERWISE: 0.0},
    )
    found = []
    for name, (mine, other, weights) in pairs.items():
        missing = {*mine, OTHERWISE} ^ weights.keys()
        levels = {level for level in mine.keys() | other.keys() if mine.get(level) != other.get(level)} | missing
        if levels or list(mine) != list(other):
            found.append(" ".join([name, *sorted(levels)]))
    return found


def plain(conditions: dict[str, str]) -> dict[str, str]:
    """Conditions without their layout."""
    return {name: " ".join(condition.split()) for name, condition in conditions.items()}


def weight_sql(rules: OrganisationRules, model: Model) -> str:
    """SQL over two nodes (l, r): the match weight. ContractError where the model knows a level not."""
    parts = [repr(model.prior)]
    for comparison, levels in rules.compare.items():
        known = model.weights.get(comparison, {})
        missing = {*levels, OTHERWISE} - known.keys()
        if missing:
            raise ContractError(
                f"the match model {model.version} has no weight for {comparison}: {', '.join(sorted(missing))}; "
                f"fix: {TRAIN_SHIPPED}"
            )
        parts.append(level_sql({condition: repr(known[level]) for level, condition in levels.items()}, repr(known[OTHERWISE])))  # fmt: skip
    return " + ".join(parts)


def level_sql(answers: dict[str, str], otherwise: str) -> str:
    """SQL: the answer of the first condition that holds."""
    cases = " ".join(f"when {condition} then {answer}" for condition, answer in answers.items())
    return f"(case {cases} else {otherwise} end)"
