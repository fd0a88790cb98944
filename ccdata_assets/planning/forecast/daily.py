"""Models of the days: candidates of statsforecast on treated daily totals. Which one is used is chosen by backtest, elsewhere.

Every candidate takes the totals of consecutive days, oldest first, and gives those of the days ahead; calendars know nothing of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ccdata_assets.planning.forecast.series import Vector

WEEK = 7
YEAR_DAYS = 730
"""History from which on a yearly pattern can be told from a trend: two years."""
LEAST_DAYS = 42
"""History below which nothing is chosen: the mean of each weekday is used. Six weeks leave three to choose by."""


def _weekday_mean(weeks: int) -> Callable[[Vector, int], Vector]:
    def forecast(totals: Vector, ahead: int) -> Vector:
        days = np.arange(len(totals), len(totals) + ahead) % WEEK
        recent = totals[-weeks * WEEK :]
        first = len(totals) - len(recent)
        mean = [recent[(day - first) % WEEK :: WEEK].mean() if len(recent[(day - first) % WEEK :: WEEK]) else recent.mean() for day in range(WEEK)]
        return np.array(mean)[days]

    return forecast


def _of_library(make: Callable[[Any], Any]) -> Callable[[Vector, int], Vector]:
    def forecast(totals: Vector, ahead: int) -> Vector:
        from statsforecast import models  # over a second that only forecasts need

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(make(models).forecast(y=totals, h=ahead)["mean"], dtype=np.float64)

    return forecast


_ETS = _of_library(lambda m: m.AutoETS(season_length=WEEK))
_THETA = _of_library(lambda m: m.DynamicOptimizedTheta(season_length=WEEK))
_MSTL = _of_library(lambda m: m.MSTL(season_length=[WEEK], trend_forecaster=m.AutoETS(model="ZZN")))
_YEAR = _of_library(lambda m: m.MSTL(season_length=[WEEK, 365], trend_forecaster=m.AutoETS(model="ZZN")))
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


def candidate_days(totals: Vector, ahead: int) -> dict[str, Vector]:
    """What each candidate forecasts; one that fails on this history is left out, the weekday mean never is."""
    found: dict[str, Vector] = {}
    for name, model in SINGLE.items():
        if (name not in ("weekday_mean", "seasonal_naive") and len(totals) < 3 * WEEK) or (name == "mstl_year" and len(totals) < YEAR_DAYS):
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
