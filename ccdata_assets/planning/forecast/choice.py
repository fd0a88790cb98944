"""The backtest within history: rolling origins, by which candidate and smoothing are chosen and prediction intervals measured.

Each origin sees only what came before it: treatment, models and profiles are made anew there. Nothing after the end of the series
takes part, so that a test beyond it is out of sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ccdata_assets.planning.forecast.daily import COMBINED, LEAST_DAYS, MONTH, WEEK
from ccdata_assets.planning.forecast.point import Ahead, look_ahead
from ccdata_assets.planning.forecast.profile import CHOICES, Smoothing
from ccdata_assets.planning.forecast.series import Day, Flags, Matrix, Series, coarser
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
    wape = _wape(trials)
    candidate, reason = _best(wape)
    return Chosen(candidate, _smoothing(trials), wape, trials, reason, _as_chosen_then(trials))


def _best(wape: dict[str, float]) -> tuple[str, str]:
    """The candidate, and whether it is the `best` or the `combined` one, which a single one has to beat clearly."""
    best = min(wape, key=lambda name: (wape[name], name))
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
        wape = _wape(known) if known else {}
        default = COMBINED if COMBINED in trial.ahead.days else "weekday_mean"
        name = _best(wape)[0] if wape else default
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


def _wape(trials: list[Trial]) -> dict[str, float]:
    """Of daily totals, by candidate that every origin has."""
    names = set.intersection(*(set(trial.ahead.days) for trial in trials))
    actual = [np.nansum(trial.calls, axis=1)[trial.is_judged] for trial in trials]
    total = sum(float(one.sum()) for one in actual)
    if not total:
        return dict.fromkeys(names, 0.0)
    return {
        name: sum(
            float(np.abs(trial.ahead.days[name][trial.is_judged] - one).sum())
            for trial, one in zip(trials, actual, strict=True)
        )
        / total
        for name in sorted(names)
    }


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
