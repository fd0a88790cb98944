"""The expected calls and handling time of the days ahead of one series: treated history, days by a candidate, spread over the day.

The seasonal-naive baseline is made here too, from the same history untreated. Intervals of prediction and the choice of a candidate are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ccdata_assets.planning.forecast.daily import BASELINE, WEEK, candidate_days
from ccdata_assets.planning.forecast.handling import handling_time
from ccdata_assets.planning.forecast.profile import Smoothing, day_profiles
from ccdata_assets.planning.forecast.series import QUARTERS, Clean, Day, Flags, Matrix, Series, Vector, weekdays
from ccdata_assets.planning.forecast.treatment import treat

TRUST = 1.0
"""Earlier days of a kind that count as much as the assumption that it goes like its weekday."""


@dataclass(frozen=True)
class Ahead:
    """The days ahead as seen from one origin. `days`: daily totals by candidate, ordinary and special days as they are;
    `shares`: how each day spreads, by smoothing; `usual_days`, `usual_shares`: the same were every day an ordinary one; `handle_s`: seconds of handling; `naive`: the baseline of calls, `naive_handle_s` that of
    handling time; `is_unseen`: special days of a kind that history does not have."""

    days: dict[str, Vector]
    shares: dict[Smoothing, Matrix]
    usual_days: dict[str, Vector]
    usual_shares: dict[Smoothing, Matrix]
    handle_s: Matrix
    naive: Matrix
    naive_handle_s: Matrix
    is_unseen: Flags
    clean: Clean

    def calls(self, candidate: str, smoothing: Smoothing) -> Matrix:
        """Expected calls by day and quarter."""
        return np.asarray(self.days[candidate][:, None] * self.shares[smoothing])

    def usual_calls(self, candidate: str, smoothing: Smoothing) -> Matrix:
        """Expected calls by day and quarter, were every day an ordinary one of its weekday."""
        return np.asarray(self.usual_days[candidate][:, None] * self.usual_shares[smoothing])


def look_ahead(
    series: Series,
    days: Sequence[Day],
    smoothings: Sequence[Smoothing],
    workdays: tuple[int, ...],
) -> Ahead:
    """All candidates from one origin, the end of `series`. `days`: those of the history, then those ahead."""
    past, ahead = days[: series.days], days[series.days :]
    weekday_past = weekdays([day.on for day in past])
    weekday_ahead = weekdays([day.on for day in ahead])
    clean = treat(series, past)
    ordinary = candidate_days(clean.totals, len(ahead), [day.on for day in days], clean.factors)
    effects = _effects(clean, past, series)
    like = np.array([day.on.isoweekday() if day.like is None else day.like for day in ahead])
    is_unseen: Flags = np.array([_is_unseen(day, effects) for day in ahead], dtype=bool)
    effect = np.array([_effect(effects, day) for day in ahead])
    factors = np.concatenate([[_workday_factor(clean.factors, workdays)], clean.factors])
    shares = {one: day_profiles(clean, weekday_past, one, workdays) for one in smoothings}
    made = {
        name: _special(totals, weekday_ahead, like, factors, clean.factors) * effect
        for name, totals in ordinary.items()
    }
    naive, naive_handle = seasonal_naive(series, len(ahead))
    made[BASELINE] = ordinary[BASELINE] = naive.sum(axis=1)
    spread = {one: found[like] for one, found in shares.items()}
    usual = {one: found[weekday_ahead + 1] for one, found in shares.items()}
    return Ahead(
        made,
        spread,
        ordinary,
        usual,
        handling_time(series, weekday_past, weekday_ahead),
        naive,
        naive_handle,
        is_unseen,
        clean,
    )


def _is_unseen(day: Day, effects: dict[tuple[str, ...], tuple[float, int]]) -> bool:
    """A day that is assumed to be unlike its weekday, without an earlier one that shows it; one event says nothing of another."""
    assumed = day.like is not None or day.kind == "event"
    return assumed and _key(day) not in effects and (day.kind == "event" or (day.kind,) not in effects)


def _workday_factor(factors: Vector, workdays: tuple[int, ...]) -> float:
    working = factors[[day - 1 for day in workdays]]
    working = working[working > 0]
    return float(working.mean()) if len(working) else 1.0


def _special(totals: Vector, weekday: np.ndarray, like: np.ndarray, factors: Vector, own: Vector) -> Vector:
    """Totals with the days that go like another weekday: the level of the seven days around, times that weekday's factor."""
    out = totals.copy()
    for at in np.flatnonzero(like != weekday + 1):
        first = min(max(0, int(at) - WEEK // 2), max(0, len(totals) - WEEK))
        week = slice(first, first + WEEK)
        share = own[weekday[week]].sum()
        out[at] = totals[week].sum() / share * factors[like[at]] if share else totals[at]
    return out


def _key(day: Day) -> tuple[str, ...]:
    return (day.kind, day.name_en)


def _effects(clean: Clean, days: Sequence[Day], series: Series) -> dict[tuple[str, ...], tuple[float, int]]:
    """Mean log ratio of what special days of a kind, and of a name, were to what they were assumed to be, with their number."""
    calls = np.nansum(series.calls, axis=1)
    seen: dict[tuple[str, ...], list[float]] = {}
    level = dict(zip(range(1, 8), map(float, clean.factors), strict=True))
    working = clean.factors[clean.factors > 0]
    level[0] = float(np.median(working)) if len(working) else 1.0
    for at, day in enumerate(days):
        if day.is_ordinary:
            continue
        own = level[day.on.isoweekday()]
        like = level[day.on.isoweekday() if day.like is None else day.like]
        around = clean.expected[at] / own if own else float(np.median(clean.expected[max(0, at - 14) : at + 15]))
        assumed = around * like
        if assumed < 5:
            continue  # too few calls to learn from
        ratio = float(np.log((calls[at] + 0.5) / (assumed + 0.5)))
        for key in ((day.kind,), _key(day)):
            seen.setdefault(key, []).append(ratio)
    return {key: (float(np.mean(ratios)), len(ratios)) for key, ratios in seen.items()}


def _effect(effects: dict[tuple[str, ...], tuple[float, int]], day: Day) -> float:
    """What such a day multiplies its calls by: what is declared, drawn to earlier days of the kind, those to days of the name."""
    if day.is_ordinary:
        return 1.0
    log = float(np.log1p(day.uplift))
    for key in ((day.kind,), _key(day)) if day.kind != "event" else (_key(day),):
        if key in effects:
            mean, number = effects[key]
            log = (number * mean + TRUST * log) / (number + TRUST)
    return float(np.exp(log))


def seasonal_naive(series: Series, ahead: int) -> tuple[Matrix, Matrix]:
    """The baseline: what the same weekday and time had in the last week known; a day without any call is looked for a week earlier, as
    long as there is one. Calls, and seconds of handling (of the day where the interval had no timed call)."""
    calls, timed, seconds = (np.nan_to_num(part) for part in (series.calls, series.timed, series.handle_s))
    usual = seconds.sum() / timed.sum() if timed.sum() else np.nan
    rows, handle = np.zeros((WEEK, QUARTERS)), np.full((WEEK, QUARTERS), usual)
    for back in range(1, WEEK + 1):
        same = np.arange(series.days - back, -1, -WEEK)
        known = [at for at in same if calls[at].any()] or list(same[:1])
        if not known:
            continue
        at = known[0]
        rows[WEEK - back] = calls[at]
        day = seconds[at].sum() / timed[at].sum() if timed[at].sum() else usual
        handle[WEEK - back] = np.where(timed[at] > 0, seconds[at] / np.maximum(timed[at], 1), day)
    turn = np.arange(ahead) % WEEK
    return rows[turn], handle[turn]
