"""A trained model in words for the screen and the web UI: its weights, and how it did on trial. Numbers and names of levels only."""

from __future__ import annotations

from typing import Any

from ccdata_assets.resolution.model import Model

Line = dict[str, Any]


def weights(model: Model) -> list[Line]:
    """One line a comparison: its levels with their weights in bits, and those that the records said nothing of."""
    untaught = set(model.trained_on["untaught"])
    return [
        {
            "comparison": name,
            "weights in bits": ", ".join(f"{level} {weight:+.2f}" for level, weight in levels.items()),
            "as shipped 未学到，沿用出厂值": ", ".join(level for level in levels if f"{name}.{level}" in untaught)
            or "–",
        }
        for name, levels in model.weights.items()
    ]


def tried(model: Model) -> list[Line]:
    """One line a figure of trial.try_out: what it is of this model, and of the one beside it."""
    evaluation = model.evaluation
    decided, links, beside = evaluation["decided"], evaluation["links"], str(evaluation["beside"])
    lines = [
        ("pairs compared 比对的对", links["pairs"], links["pairs"]),
        ("links 关联", links["links"], links["links_beside"]),
        ("links the other has not 对方没有的关联", links["added"], links["removed"]),
        ("pairs for review 待审对", links["review"], links["review_beside"]),
    ]
    said = f"{decided['same']:,} same 同一, {decided['apart']:,} apart 不同"
    if decided["models"]:
        mine, theirs = decided["models"]
        lines += [
            (f"precision on decided pairs 人工判定对的精确率 ({said})", mine["precision"], theirs["precision"]),
            (f"recall on decided pairs 人工判定对的召回率 ({said})", mine["recall"], theirs["recall"]),
        ]
    else:
        few = f"too few 太少: {said}; {decided['least']} of each 每类至少"
        lines.append(("precision, recall on decided pairs 人工判定对的精确率、召回率", few, few))
    return [
        {"figure": name, model.version: _shown(mine), f"beside {beside}": _shown(theirs)}
        for name, mine, theirs in lines
    ]


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}" if isinstance(value, float) else str(value)
