"""How the calls of a day spread over its quarters of an hour: recent typical days of the weekday, drawn towards those like it.

The centre's hours show in it: quarters in which a weekday hardly ever has a call are closed and get exactly zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ccdata_assets.planning.forecast.series import QUARTERS, Clean, Matrix, Vector

OPEN_CALLS = 0.1
"""Mean calls of a quarter, with its neighbours, below which it is closed; of a small series a fifth of its mean quarter."""


@dataclass(frozen=True)
class Smoothing:
    """How much a profile trusts single weekdays and quarters. `half_life_days`: weight of older days. `borrow`: calls' worth of the
    profile of all days of its class that each weekday is drawn to. `width`: neighbouring quarters on each side that a quarter is
    averaged with, within opening hours."""

    half_life_days: float = 42.0
    borrow: float = 500.0
    width: int = 1


CHOICES = (
    Smoothing(42, 300, 0),
    Smoothing(42, 1000, 1),
    Smoothing(42, 3000, 1),
    Smoothing(28, 1000, 2),
    Smoothing(84, 1000, 1),
    Smoothing(84, 10000, 2),
)
"""What the backtest chooses from."""


def day_profiles(
    clean: Clean, weekday: npt.NDArray[np.int64], smoothing: Smoothing, workdays: tuple[int, ...]
) -> Matrix:
    """Shares of a day's calls by quarter, rows summing to 1: row 0 an ordinary working day, rows 1 to 7 the ISO weekdays. A weekday
    without a typical day goes like all others."""
    age = np.arange(len(weekday))[::-1]
    weight = np.where(clean.is_typical, 0.5 ** (age / smoothing.half_life_days), 0.0)
    total = clean.filled.sum(axis=1)
    # days count by their calls, single quarters as no more than chance and a busy day allow
    counts = np.minimum(clean.filled, _ceiling(clean, weekday))
    sums, calls = np.zeros((7, QUARTERS)), np.zeros(7)
    is_open = np.zeros((7, QUARTERS), dtype=bool)
    for day in range(7):
        mine = (weekday == day) * weight
        sums[day] = mine @ counts
        calls[day] = mine @ total
        if mine.sum():
            mean = sums[day] / mine.sum()
            enough = min(OPEN_CALLS, 0.2 * mean.sum() / QUARTERS)
            is_open[day] = _within_hours(mean) & (_averaged(mean, np.ones(QUARTERS), 1) >= enough)
    sums[~is_open] = 0.0
    working = np.zeros(7, dtype=bool)
    working[[day - 1 for day in workdays]] = True
    shares = np.zeros((8, QUARTERS))
    pooled = {flag: _share(sums[working == flag].sum(axis=0)) for flag in (True, False)}
    everything = _share(sums.sum(axis=0))
    shares[0] = pooled[True] if pooled[True].any() else everything
    for day in range(7):
        if not sums[day].any():
            shares[day + 1] = shares[0] if working[day] and shares[0].any() else everything
            continue
        prior = pooled[bool(working[day])] * is_open[day]
        own = _averaged(sums[day], is_open[day].astype(float), smoothing.width)
        shares[day + 1] = _share(own + smoothing.borrow * _share(prior))
    return shares


def _within_hours(mean: Vector) -> npt.NDArray[np.bool_]:
    """Quarters that have had a call, or lie between such with no more than an hour to either: what lies beyond them is outside hours."""
    had = (mean > 0).astype(float)
    before = np.convolve(had, np.ones(5))[:QUARTERS] > 0
    after = np.convolve(had[::-1], np.ones(5))[:QUARTERS][::-1] > 0
    return np.asarray(before & after)


def _ceiling(clean: Clean, weekday: npt.NDArray[np.int64]) -> Matrix:
    """Most calls of a quarter that count: the weekday's median and four standard deviations of a count that is a little restless."""
    ceiling = np.full((7, QUARTERS), np.inf)
    for day in range(7):
        rows = clean.filled[(weekday == day) & clean.is_typical]
        if len(rows) >= 4:
            middle = np.median(rows, axis=0)
            ceiling[day] = middle + 4 * np.sqrt(middle + (0.15 * middle) ** 2 + 1)
    return ceiling[weekday]


def _averaged(values: Vector, is_open: Vector, width: int) -> Vector:
    """Means over neighbours that are open, weights falling off to both sides; closed quarters keep nothing."""
    if not width:
        return values * is_open
    kernel = np.concatenate([np.arange(1, width + 2), np.arange(width, 0, -1)]).astype(float)
    weights = np.convolve(is_open, kernel, mode="same")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(is_open > 0, np.convolve(values * is_open, kernel, mode="same") / weights, 0.0)


def _share(values: Vector) -> Vector:
    total = values.sum()
    return values / total if total > 0 else np.zeros_like(values)
