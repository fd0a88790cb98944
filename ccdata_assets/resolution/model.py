"""The trained model: how much each level of each comparison speaks for or against two nodes being one.

A model is a versioned file (model.json beside this one): match weights in bits (log2 of m/u, Fellegi and Sunter 1969), the
prior, what it was trained on and how right it was there. Nothing is learned during a run, so that the same rows give the
same partition however they arrive. `python -m ccdata_assets.resolution.training` makes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ccdata_assets.contracts.model import Declaration
from ccdata_assets.errors import ContractError
from ccdata_assets.resolution.rules import OrganisationRules

MODEL = Path(__file__).parent / "model.json"
OTHERWISE = "otherwise"
"""Name of the level that holds where none of the declared ones does."""


class Model(Declaration):
    """Weights in bits by comparison and level; `prior` is that of two nodes taken at random."""

    version: str
    rules_version: str
    prior: float
    weights: dict[str, dict[str, float]]
    trained_on: dict[str, Any]
    evaluation: dict[str, Any]


def load_model(path: Path = MODEL) -> Model:
    """Read a model file."""
    return Model.model_validate(json.loads(path.read_text(encoding="utf-8")))


def weight_sql(rules: OrganisationRules, model: Model) -> str:
    """SQL over two nodes (l, r): the match weight. ContractError where the model knows a level not."""
    parts = [repr(model.prior)]
    for comparison, levels in rules.compare.items():
        known = model.weights.get(comparison, {})
        missing = {*levels, OTHERWISE} - known.keys()
        if missing:
            raise ContractError(
                f"the match model {model.version} has no weight for {comparison}: {', '.join(sorted(missing))}; "
                "fix: train it again (python -m ccdata_assets.resolution.training)"
            )
        parts.append(level_sql({condition: repr(known[level]) for level, condition in levels.items()}, repr(known[OTHERWISE])))  # fmt: skip
    return " + ".join(parts)


def level_sql(answers: dict[str, str], otherwise: str) -> str:
    """SQL: the answer of the first condition that holds."""
    cases = " ".join(f"when {condition} then {answer}" for condition, answer in answers.items())
    return f"(case {cases} else {otherwise} end)"
