"""The backtest within history: rolling origins, by which candidate and smoothing are chosen and prediction intervals measured.

Each origin sees only what came before it: treatment, models and profiles are made anew there. Nothing after the end of the series
takes part, so that a test beyond it is out of sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ccdata_assets.planning.forecast.daily import BASELINE, COMBINED, LEAST_DAYS, MONTH, WEEK
from ccdata_assets.planning.forecast.point import Ahead, look_ahead
from ccdata_assets.planning.forecast.profile import CHOICES, Smoothing
from ccdata_assets.planning.forecast.series import Day, Flags, Matrix, Series, Vector, coarser
from ccdata_assets.planning.forecast.treatment import treat

FIRST_DAYS = 21
"""Days that the first origin sees at least."""
MOST_ORIGINS = 12
"""Origins at most, over at most SPAN_DAYS days before the end."""
SPAN_DAYS = 112
BETTER = 0.03
"""By how much of its WAPE a single candidate has to be better than the combination to be chosen."""


@dataclass(frozen=True)
class Trial:
    """One origin: how many days it sees, what it leads to expect, what came."""

    origin: int
    ahead: Ahead
    calls: Matrix
    timed: Matrix
    handle_s: Matrix
    is_judged: Flags

    def known(self, days: int) -> Trial:
        """The same as far as it lies within the first `days` days of history: days beyond are not judged."""
        inside = np.arange(self.origin, self.origin + len(self.calls)) < days
        return replace(self, is_judged=self.is_judged & inside)


@dataclass(frozen=True)
class Chosen:
    """What the backtest chose, and why: WAPE of daily totals by candidate over all origins (0.1 is 10%).
    `chosen_then`: what would have been chosen at each origin, by which intervals are measured."""

    candidate: str
    smoothing: Smoothing
    wape: dict[str, float]
    trials: list[Trial]
    reason: str
    chosen_then: list[str]


def origins(days: int) -> list[int]:
    """Numbers of days that the origins see, the oldest first; none where history is too short."""
    first = max(FIRST_DAYS, days - SPAN_DAYS)
    last = days - WEEK
    if days < LEAST_DAYS or last < first:
        return []
    return sorted({round(at) for at in np.linspace(first, last, min(MOST_ORIGINS, last - first + 1))})


def choose(
    series: Series, days: Sequence[Day], horizon: int, workdays: tuple[int, ...], tell: Callable[[], None] | None = None
) -> Chosen:
    """Choose for a series. `days`: those of its history and at least `horizon` more; `tell` is called after each origin."""
    judged = _judged(series, days)
    trials = []
    for origin in origins(series.days):
        ahead = min(horizon, series.days - origin)
        looked = look_ahead(series.until(origin), days[: origin + ahead], CHOICES, workdays)
        span = slice(origin, origin + ahead)
        trials.append(
            Trial(origin, looked, series.calls[span], series.timed[span], series.handle_s[span], judged[span])
        )
        if tell:
            tell()
    if not trials:
        return Chosen("weekday_mean", CHOICES[0], {}, [], "short", [])
    candidate, reason = _best(_error(trials))
    return Chosen(candidate, _smoothing(trials), _wape(trials), trials, reason, _as_chosen_then(trials))


def _best(error: dict[str, float]) -> tuple[str, str]:
    """The candidate, and why: the `best` one, the `combined` one, which a single one has to beat clearly, or the `baseline`, which none does."""
    wape = {name: missed for name, missed in error.items() if name != BASELINE}
    best = min(wape, key=lambda name: (wape[name], name))
    if error.get(BASELINE, np.inf) < wape[best]:
        return BASELINE, "baseline"
    candidate = _plainer(wape, best)
    if COMBINED in wape and wape[candidate] > (1 - BETTER) * (least := min(wape[COMBINED], wape[COMBINED + MONTH])):
        return (COMBINED if wape[COMBINED] <= least / (1 - BETTER) else COMBINED + MONTH), "combined"
    return candidate, "best"


def _as_chosen_then(trials: list[Trial]) -> list[str]:
    """The candidate of each origin as it would have been chosen there, by the days known then: what the one chosen with hindsight missed
    is less than what it will miss."""
    found = []
    for at, trial in enumerate(trials):
        known = [one.known(trial.origin) for one in trials[:at] if one.known(trial.origin).is_judged.any()]
        error = _error(known) if known else {}
        default = COMBINED if COMBINED in trial.ahead.days else "weekday_mean"
        name = _best(error)[0] if error else default
        found.append(name if name in trial.ahead.days else default)
    return found


def _plainer(wape: dict[str, float], best: str) -> str:
    """A candidate that knows the month only where that is worth it."""
    plain = best.removesuffix(MONTH)
    return plain if wape.get(plain, np.inf) * (1 - BETTER) <= wape[best] else best


def _judged(series: Series, days: Sequence[Day]) -> Flags:
    """Days by which candidates are judged: ordinary ones without a gap."""
    clean = treat(series, days[: series.days])
    gaps = {one.on for one in clean.treated if one.reason == "gap"}
    return np.array([day.is_ordinary and day.on not in gaps for day in days[: series.days]], dtype=bool)


def _error(trials: list[Trial]) -> dict[str, float]:
    """By what candidates are chosen: the mean of the WAPE of days and that of whole weeks from the origin on, as far ahead as is asked.
    Days alone tell which candidate knows the weekdays, weeks which one keeps the level."""
    days, weeks = _wape(trials), _wape(trials, WEEK)
    return {name: (days[name] + weeks[name]) / 2 for name in days}


def _wape(trials: list[Trial], span: int = 1) -> dict[str, float]:
    """Of sums of so many days (of what there is, where that is less), by candidate that every origin has; days that are not judged left out."""

    def sums(trial: Trial, days: Vector) -> Vector:
        width = min(span, len(days))
        whole = len(days) // width * width
        return np.asarray(np.where(trial.is_judged, days, 0.0)[:whole].reshape(-1, width).sum(axis=1))

    names = sorted(set.intersection(*(set(trial.ahead.days) for trial in trials)))
    actual = [sums(trial, np.nansum(trial.calls, axis=1)) for trial in trials]
    total = sum(float(one.sum()) for one in actual)
    if not total:
        return dict.fromkeys(names, 0.0)
    missed = {
        name: sum(
            float(np.abs(sums(trial, trial.ahead.days[name]) - one).sum())
            for trial, one in zip(trials, actual, strict=True)
        )
        for name in names
    }
    return {name: one / total for name, one in missed.items()}


def _smoothing(trials: list[Trial]) -> Smoothing:
    """The smoothing by which days, their totals given, spread nearest to what came, at half hours."""

    def missed(one: Smoothing) -> float:
        return sum(
            float(
                np.abs(
                    coarser(
                        np.nan_to_num(t.calls) - np.nansum(t.calls, axis=1)[:, None] * t.ahead.shares[one], "30min"
                    )[t.is_judged]
                ).sum()
            )
            for t in trials
        )

    return min(CHOICES, key=missed)
