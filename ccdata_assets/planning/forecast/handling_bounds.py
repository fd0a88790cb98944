"""Prediction intervals of handling time, from what the backtest missed by.

The mean of n calls strays by a/n (single calls differ) + b (the level was wrong) around its expectation, relative to it; a and b are
measured, and the bounds are quantiles of what was missed in those units, as for calls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccdata_assets.planning.forecast.choice import Chosen
from ccdata_assets.planning.forecast.intervals import LEVELS
from ccdata_assets.planning.forecast.series import Vector, coarser

ASSUMED_CALL, ASSUMED_LEVEL = 1.0, 0.01
"""a and b where nothing could be measured: exponential handling, a tenth of doubt about the level."""
_NORMAL = {0.80: 1.2815515655446004, 0.95: 1.959963984540054}
WITHIN, DAYS = ("30min", "hour"), ("day",)
"""Grains that are measured together: means of a few calls, and of many."""


@dataclass(frozen=True)
class HandlingSpread:
    """How far mean handling times stray: `call` a, `level` b, and bounds in deviations by level."""

    call: float = ASSUMED_CALL
    level: float = ASSUMED_LEVEL
    low: tuple[float, ...] = tuple(-_NORMAL[level] for level in LEVELS)
    high: tuple[float, ...] = tuple(_NORMAL[level] for level in LEVELS)

    def bounds(self, expected: Vector, number: Vector) -> list[tuple[Vector, Vector]]:
        """Low and high for each of LEVELS of the mean of so many calls, never below zero."""
        with np.errstate(divide="ignore", invalid="ignore"):
            deviation = expected * np.sqrt(self.call / np.maximum(number, 0.25) + self.level)
        # handling times that never vary leave rounding only
        return [
            (
                np.clip(expected + np.minimum(low * deviation, -1e-6), 0.0, None),
                expected + np.maximum(high * deviation, 1e-6),
            )
            for low, high in zip(self.low, self.high, strict=True)
        ]


def measure_handling(chosen: Chosen, grains: tuple[str, ...]) -> HandlingSpread | None:
    """The spread that the backtest's cells of some grains show; None where there are fewer than 100."""
    relative, number = [], []
    for trial, name in zip(chosen.trials, chosen.chosen_then, strict=True):
        calls, judged = trial.ahead.calls(name, chosen.smoothing), trial.is_judged
        for grain in grains:
            expected = coarser(calls, grain)[judged]
            seconds = coarser(calls * np.nan_to_num(trial.ahead.handle_s), grain)[judged]
            timed = coarser(np.nan_to_num(trial.timed), grain)[judged]
            actual = coarser(np.nan_to_num(trial.handle_s), grain)[judged]
            some = (timed > 0) & (expected > 0) & (seconds > 0)
            relative.append(actual[some] / timed[some] / (seconds[some] / expected[some]) - 1)
            number.append(expected[some])
    missed, calls_each = (np.concatenate(part) if part else np.empty(0) for part in (relative, number))
    if len(missed) < 100:
        return None
    # squares fall with 1/n towards b: least squares, each cell by its calls, both at least a little
    design = np.column_stack([1 / np.maximum(calls_each, 0.25), np.ones(len(missed))])
    weight = np.sqrt(calls_each)
    (call, level), *_ = np.linalg.lstsq(design * weight[:, None], np.minimum(missed**2, 25.0) * weight, rcond=None)
    call, level = max(float(call), 0.05), max(float(level), 1e-4)
    stray = missed / np.sqrt(call / np.maximum(calls_each, 0.25) + level)
    low, high = (tuple(float(np.quantile(stray, (1 + side * nominal) / 2)) for nominal in LEVELS) for side in (-1, 1))
    return HandlingSpread(call, level, low, high)
