"""History made fit for training: gaps filled, odd days and special days replaced by what the days around lead one to expect.

Everything is robust (medians), judged with the history before the origin only, and listed with its reason. Forecasting does not
belong here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ccdata_assets.planning.forecast.series import (
    QUARTERS,
    Clean,
    Day,
    Flags,
    Matrix,
    Series,
    Treated,
    Vector,
    weekdays,
)

WINDOW_DAYS = 29
"""Days around a day that say what its level is."""
ODD = 5.0
"""Robust standard deviations (1.4826 MAD of log ratios) from which on a day is odd."""
ODD_RATIO = 0.4
"""And the least log ratio of an odd day: a third fewer or half as many calls again."""
NEW_LEVEL_DAYS = 5
"""So many days of a kind odd to the same side one after another are a new level, not odd days."""
GAP_CALLS = 25.0
"""Calls expected in a stretch without any from which on it is missing: chance makes it so once in 10^10."""


def treat(series: Series, days: Sequence[Day]) -> Clean:
    """Treat a history; `days` says of each of its days what it is."""
    weekday = weekdays(series.dates())
    totals = np.nansum(series.calls, axis=1)
    ordinary: Flags = np.array([day.is_ordinary for day in days], dtype=bool)
    open_days: Flags = ordinary & (totals > 0)
    factors, level = weekday_level(totals, weekday, open_days)
    expected = level * factors[weekday]
    whole_gap: Flags = (totals == 0) & (expected > GAP_CALLS) & ordinary
    filled, part_gap, treated = _partial_gaps(series, weekday, ordinary & ~whole_gap, expected)
    totals_filled = np.nansum(filled, axis=1)
    odd = _odd(totals_filled, expected, ordinary & ~whole_gap & (factors[weekday] > 0))
    clean = np.where(ordinary & ~odd & ~whole_gap, totals_filled, expected)
    for at in map(int, np.flatnonzero(whole_gap | odd | ~ordinary)):
        day, calls, used = days[at], float(totals[at]), float(clean[at])
        if whole_gap[at]:
            treated.append(Treated(day.on, "gap", calls, used, "整日无话务", "no calls at all"))
        elif odd[at]:
            share = f"{calls / max(used, 1):.0%}"
            zh, en = f"为预期的{share}", f"{share} of what was expected"
            treated.append(Treated(day.on, "anomaly", calls, used, zh, en))
        else:
            treated.append(Treated(day.on, day.kind, calls, used, day.name_zh, day.name_en))
    treated.sort(key=lambda one: (one.on, one.from_quarter))
    is_typical = ordinary & ~odd & ~whole_gap & ~part_gap & (totals > 0)
    return Clean(clean, filled, is_typical, expected, factors, treated)


def weekday_level(totals: Vector, weekday: np.ndarray, usable: Flags) -> tuple[Vector, Vector]:
    """How the weekdays stand to one another (mean of those that are open: 1), and the level of each day beside that: running medians."""
    level = _running_median(np.where(usable, totals, np.nan))
    factors = np.zeros(7)
    for _ in range(2):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(usable & (level > 0), totals / level, np.nan)
        for day in range(7):
            mine = ratio[(weekday == day) & ~np.isnan(ratio)]
            seen = int((weekday == day).sum())
            # a weekday on which the centre hardly ever takes a call is closed
            factors[day] = (
                np.median(mine)
                if seen and mine.size >= 0.5 * max(1, int(usable[weekday == day].sum())) and mine.size
                else 0.0
            )
        is_open = factors[weekday] > 0
        with np.errstate(divide="ignore", invalid="ignore"):
            level = _running_median(np.where(usable & is_open, totals / factors[weekday], np.nan))
    scale = factors[factors > 0].mean() if (factors > 0).any() else 1.0
    return factors / scale, np.nan_to_num(level) * scale


def _running_median(values: Vector) -> Vector:
    line = pd.Series(values)
    found = line.rolling(WINDOW_DAYS, center=True, min_periods=3).median().ffill().bfill()
    return np.asarray(found.fillna(line.median() if line.notna().any() else 0.0), dtype=np.float64)


def _odd(totals: Vector, expected: Vector, judged: Flags) -> Flags:
    """Days far from what is expected, but not where a new level begins."""
    ratio = np.log((totals + 0.5) / (expected + 0.5))
    if judged.sum() < 7:
        return np.zeros(len(totals), dtype=bool)
    spread = 1.4826 * float(np.median(np.abs(ratio[judged] - np.median(ratio[judged]))))
    scale = np.sqrt(max(spread, 0.05) ** 2 + 1 / (expected + 0.5))
    odd = judged & (np.abs(ratio) > ODD * scale) & (np.abs(ratio) > ODD_RATIO)
    side = np.where(odd, np.sign(ratio), 0.0)[judged]
    run = np.concatenate([[0], np.cumsum(side[1:] != side[:-1])])
    long = np.bincount(run)[run] >= NEW_LEVEL_DAYS
    odd[np.flatnonzero(judged)[long]] = False
    return np.asarray(odd)


def _partial_gaps(
    series: Series, weekday: np.ndarray, judged: Flags, expected: Vector
) -> tuple[Matrix, Flags, list[Treated]]:
    """Stretches of a day without a call where many were expected, filled with those; also which days have one."""
    calls = series.calls
    profile = np.zeros((7, QUARTERS))
    for day in range(7):
        rows = calls[(weekday == day) & judged & (np.nansum(calls, axis=1) > 0)]
        if len(rows):
            middle = (
                np.nan_to_num(np.nanmedian(rows, axis=0)) if len(rows) > 4 else np.nan_to_num(np.nanmean(rows, axis=0))
            )
            profile[day] = middle / middle.sum() if middle.sum() else 0.0
    due = profile[weekday] * expected[:, None]
    missing = np.isnan(calls)
    filled = np.where(missing, due, calls)
    none = (np.nan_to_num(calls) == 0) & ~missing
    run = np.cumsum((~none) | (np.arange(QUARTERS) == 0), axis=1) + np.arange(len(calls))[:, None] * (QUARTERS + 1)
    sums = np.bincount(run[none], weights=due[none], minlength=int(run.max()) + 1) if none.any() else np.zeros(1)
    gap = none & judged[:, None]
    gap[gap] = sums[run[gap]] > GAP_CALLS
    filled = np.where(gap, due, filled)
    treated = []
    for at in np.flatnonzero(gap.any(axis=1)):
        inside = np.flatnonzero(gap[at] & (due[at] > 0))
        first, last = int(inside[0]), int(inside[-1]) + 1
        on = series.dates()[at]
        zh, en = (f"{_clock(first)}–{_clock(last)}" + text for text in ("无话务", " without a call"))
        treated.append(Treated(on, "gap", float(np.nansum(calls[at])), float(filled[at].sum()), zh, en, first, last))
    return filled, gap.any(axis=1), treated


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02d}:{quarter % 4 * 15:02d}"
