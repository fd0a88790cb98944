"""Models of the days: candidates of statsforecast on treated daily totals. Which one is used is chosen by backtest, elsewhere.

Every candidate takes the totals of consecutive days, oldest first, and gives those of the days ahead; most are also tried with the
pattern of the month taken out before and put back after (salaries and bills come on certain days).
"""

from __future__ import annotations

import warnings
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from ccdata_assets.planning.forecast.series import Vector

WEEK = 7
YEAR_DAYS = 730
"""History from which on a yearly pattern can be told from a trend: two years."""
RECENT_DAYS = 182
"""Days that models of the week are given: what lies further back weighs nothing in them and costs most of their time."""
LEAST_DAYS = 42
"""History below which nothing is chosen: the mean of each weekday is used. Six weeks leave three to choose by."""


def _weekday_mean(weeks: int) -> Callable[[Vector, int], Vector]:
    def forecast(totals: Vector, ahead: int) -> Vector:
        days = np.arange(len(totals), len(totals) + ahead) % WEEK
        recent = totals[-weeks * WEEK :]
        first = len(totals) - len(recent)
        mean = [
            recent[(day - first) % WEEK :: WEEK].mean() if len(recent[(day - first) % WEEK :: WEEK]) else recent.mean()
            for day in range(WEEK)
        ]
        return np.array(mean)[days]

    return forecast


def _of_library(make: Callable[[Any], Any], days: int | None = RECENT_DAYS) -> Callable[[Vector, int], Vector]:
    def forecast(totals: Vector, ahead: int) -> Vector:
        from statsforecast import models  # over a second that only forecasts need

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(
                make(models).forecast(y=totals[-days:] if days else totals, h=ahead)["mean"], dtype=np.float64
            )

    return forecast


_ETS = _of_library(lambda m: m.AutoETS(season_length=WEEK))
_THETA = _of_library(lambda m: m.DynamicOptimizedTheta(season_length=WEEK))
_MSTL = _of_library(lambda m: m.MSTL(season_length=[WEEK], trend_forecaster=m.AutoETS(model="ZZN")))
_YEAR = _of_library(lambda m: m.MSTL(season_length=[WEEK, 365], trend_forecaster=m.AutoETS(model="ZZN")), None)
_MEAN = _weekday_mean(4)

SINGLE: dict[str, Callable[[Vector, int], Vector]] = {
    "seasonal_naive": _weekday_mean(1),
    "weekday_mean": _MEAN,
    "ets": _ETS,
    "theta": _THETA,
    "mstl": _MSTL,
    "mstl_year": _YEAR,
}
"""Candidates by name: last week again (treated), the mean of four weeks by weekday, AutoETS, DynamicOptimizedTheta, MSTL with an AutoETS trend, the same with a year."""
COMBINED = "combined"
"""The mean of the weekday mean, AutoETS and theta: often better than each (Makridakis et al., M4, 2020)."""
_PARTS = ("weekday_mean", "ets", "theta")
BASELINE = "baseline"
"""Last week's days as they were, neither treated nor changed for special days: what all others have to beat."""


MONTH = "_month"
"""Ends the names of candidates that also know where in the month a day lies."""
MONTH_DAYS = 42
"""History from which on the month is looked at."""
_RIDGE = 7.0
"""Draws the pattern of the month to none: days err together, so that a month's pattern seen twice is worth little."""
_KNOT_DAYS = 60
LEAST_EFFECT = 0.02
"""Pattern of the month, from its lowest to its highest place, below which it is left alone."""


def candidate_days(totals: Vector, ahead: int, days: Sequence[date], factors: Vector) -> dict[str, Vector]:
    """What each candidate forecasts; one that fails on this history is left out, the weekday mean never is. `days`: those of the
    history and ahead; `factors`: how the weekdays stand to one another."""
    found = _candidates(totals, ahead, SINGLE)
    effect = month_effect(totals, days, factors)
    parts = {name: SINGLE[name] for name in _PARTS}
    past = len(totals)
    of_month = found if np.ptp(effect) < LEAST_EFFECT else _candidates(totals / np.exp(effect[:past]), ahead, parts)
    for name in (*_PARTS, COMBINED):
        if name in found and name in of_month:
            found[name + MONTH] = of_month[name] * np.exp(effect[past:])
    return found


def month_effect(totals: Vector, days: Sequence[date], factors: Vector) -> Vector:
    """Log of what the place in the month multiplies calls by, for each day: two harmonics of it beside a bent trend, by ridge
    regression on days whose weekday is open. Zero where history is shorter than MONTH_DAYS."""
    past, weekday = len(totals), np.array([day.weekday() for day in days])
    if past < MONTH_DAYS:
        return np.zeros(len(days))
    known = (factors[weekday[:past]] > 0) & (totals > 0)
    if known.sum() < MONTH_DAYS // 2:
        return np.zeros(len(days))
    place = np.array([(day.day - 1) / monthrange(day.year, day.month)[1] for day in days]) * 2 * np.pi
    waves = np.column_stack([wave(turn * place) for turn in (1, 2) for wave in (np.sin, np.cos)])
    at = np.arange(past)
    trend = np.column_stack(
        [
            np.ones(past),
            at,
            *(np.clip(at - knot, 0, None) for knot in range(_KNOT_DAYS, past - _KNOT_DAYS // 2, _KNOT_DAYS)),
        ]
    ) / np.array([1.0, *(past for _ in range(1 + len(range(_KNOT_DAYS, past - _KNOT_DAYS // 2, _KNOT_DAYS))))])
    design = np.hstack([trend, waves[:past]])[known]
    log = np.log(totals[known] / factors[weekday[:past]][known])
    penalty = np.diag([1e-6] * trend.shape[1] + [_RIDGE] * waves.shape[1])
    found = np.linalg.solve(design.T @ design + penalty, design.T @ log)
    return np.asarray(waves @ found[trend.shape[1] :])


def _candidates(totals: Vector, ahead: int, models: Mapping[str, Callable[[Vector, int], Vector]]) -> dict[str, Vector]:
    found: dict[str, Vector] = {}
    for name, model in models.items():
        if (name not in ("weekday_mean", "seasonal_naive") and len(totals) < 3 * WEEK) or (
            name == "mstl_year" and len(totals) < YEAR_DAYS
        ):
            continue
        try:
            days = model(totals, ahead)
        except (ValueError, ArithmeticError, RuntimeError, IndexError, TypeError):
            continue  # such as a constant series; the others stand
        if np.isfinite(days).all():
            found[name] = np.clip(days, 0.0, None)
    if all(name in found for name in _PARTS):
        found[COMBINED] = np.mean([found[name] for name in _PARTS], axis=0)
    return found
