"""A forecast of one series: point and bounds of calls and handling time at every grain, beside the baseline, as rows.

Cells of all grains are sums of the same quarters (handling time: means weighted by calls), so that they agree; bounds are measured for
each grain, because bounds do not add up. Nothing is read or kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ccdata_assets.planning.forecast.choice import Chosen, Trial, choose
from ccdata_assets.planning.forecast.daily import WEEK
from ccdata_assets.planning.forecast.handling_bounds import DAYS, WITHIN, HandlingSpread, measure_handling
from ccdata_assets.planning.forecast.history import ticks
from ccdata_assets.planning.forecast.intervals import LEVELS, Missed, Spread, assumed, joined, measure
from ccdata_assets.planning.forecast.point import Ahead, look_ahead
from ccdata_assets.planning.forecast.series import GRAINS, QUARTERS, Day, Matrix, Series, Vector, coarser

ALL_GRAINS = (*GRAINS, "week")
OFFERED, HANDLING = "offered", "aht"
BOUNDS = tuple(f"{side}_{level * 100:.0f}" for level in LEVELS for side in ("low", "high"))
COLUMNS = (
    "measure",
    "grain",
    "interval_at",
    "local_interval",
    "local_date",
    "days_ahead",
    "value",
    *BOUNDS,
    "baseline",
)
"""One row per measure, grain and cell. `interval_at`: its start (UTC); `local_interval`: the same in the feed's zone; `days_ahead`: of
its first day from the last day of history, from 1. `measure`: `offered` in calls, `aht` in seconds a call."""


@dataclass(frozen=True)
class Expected:
    """What a series leads to expect of the days ahead, and by what choice; `calls`, `usual` (were no day special) of shape (days, 96).
    `moved`: by how much its calls were changed so that series add up, a share of what it expected by itself."""

    series: Series
    chosen: Chosen
    ahead: Ahead
    past: list[Day]
    days: list[Day]
    calls: Matrix
    usual: Matrix
    moved: float = 0.0

    @cached_property
    def missed(self) -> dict[str, Missed]:
        """What its backtest missed by, by grain; none where there was none."""
        return {grain: _missed(self.chosen, grain) for grain in ALL_GRAINS} if self.chosen.trials else {}


@dataclass(frozen=True)
class Forecast:
    """What was made of a series: its rows (COLUMNS), what was chosen and why, what was treated."""

    series: Series
    chosen: Chosen
    ahead: Ahead
    past: list[Day]
    days: list[Day]
    rows: pd.DataFrame
    is_measured: bool
    moved: float = 0.0


def expect(
    series: Series, days: Sequence[Day], workdays: tuple[int, ...], tell: Callable[[], None] | None = None
) -> Expected:
    """What to expect of the days after the end of `series`; `days` are those of its history and those to forecast."""
    ahead = list(days[series.days :])
    chosen = choose(series, days, len(ahead), workdays, tell)
    looked = look_ahead(series, days, [chosen.smoothing], workdays)
    calls = looked.calls(chosen.candidate, chosen.smoothing)
    usual = looked.usual_calls(chosen.candidate, chosen.smoothing)
    return Expected(series, chosen, looked, list(days[: series.days]), ahead, calls, usual)


def drawn_up(one: Expected, others: Sequence[Expected] = ()) -> Forecast:
    """The rows of a forecast. `others`: series of the same feed, by which its bounds are measured beside its own."""
    within = measure_handling(one.chosen, WITHIN) or HandlingSpread()
    of_days = measure_handling(one.chosen, DAYS) or within
    parts, measured = [], True
    for grain in ALL_GRAINS:
        cells = Cells.of(one.series, one.days, grain)
        if not len(cells.first):
            continue
        beside = [other.missed[grain] for other in others if other.missed]
        spread = measure(one.missed[grain], grain in ("day", "week"), beside) if one.missed else assumed()
        measured &= spread.is_measured
        parts.append(_offered(cells, one.calls, one.usual, one.ahead, spread))
        parts.append(_handling(cells, one.calls, one.ahead, of_days if grain in ("day", "week") else within))
    rows = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    return Forecast(one.series, one.chosen, one.ahead, one.past, one.days, rows, measured, one.moved)


def forecast(
    series: Series, days: Sequence[Day], workdays: tuple[int, ...], tell: Callable[[], None] | None = None
) -> Forecast:
    """Forecast the days after the end of `series` by itself; `days` are those of its history and those to forecast."""
    return drawn_up(expect(series, days, workdays, tell))


@dataclass(frozen=True)
class Cells:
    """The cells of a grain over the days ahead: for each tick (a quarter as it comes, twice where a clock is put back) its day, its quarter
    and its cell; for each cell its first tick."""

    grain: str
    day: npt.NDArray[np.int64]
    quarter: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    at: list[datetime]
    local: list[datetime]

    @classmethod
    def of(cls, series: Series, ahead: Sequence[Day], grain: str) -> Cells:
        day: list[int] = []
        quarter: list[int] = []
        at: list[datetime] = []
        keys: list[tuple[Any, ...]] = []
        weeks = pd.Series([one.on - timedelta(days=one.on.weekday()) for one in ahead])
        whole = set(weeks.value_counts().loc[lambda number: number == WEEK].index)
        for number, one in enumerate(ahead):
            if grain == "week" and weeks[number] not in whole:
                continue
            for quarter_of_day, instant in ticks(one.on, series.zone):
                day.append(number)
                quarter.append(quarter_of_day)
                at.append(instant)
                if grain in ("day", "week"):
                    keys.append((one.on if grain == "day" else weeks[number],))
                else:
                    start = quarter_of_day // GRAINS[grain]
                    keys.append((one.on, start, instant - timedelta(minutes=15 * quarter_of_day)))
        cell = pd.factorize(pd.Series(keys, dtype=object))[0] if keys else np.empty(0, dtype=np.int64)
        first = np.unique(cell, return_index=True)[1] if len(cell) else np.empty(0, dtype=np.int64)
        width = GRAINS.get(grain, QUARTERS)
        local = [
            datetime.combine(ahead[day[tick]].on, time()) + timedelta(minutes=15 * (quarter[tick] // width * width))
            for tick in first
        ]
        return cls(grain, np.array(day), np.array(quarter), np.asarray(cell), np.asarray(first), at, local)

    def sums(self, quarters: Matrix) -> Vector:
        """Sums of a (days ahead, 96) matrix by cell."""
        summed = np.bincount(self.cell, weights=quarters[self.day, self.quarter], minlength=len(self.first))
        return np.asarray(summed, dtype=np.float64)

    @property
    def days_ahead(self) -> npt.NDArray[np.int64]:
        return np.asarray(self.day[self.first] + 1)

    def frame(self, measure_: str, **columns: Vector) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "measure": measure_,
                "grain": self.grain,
                "interval_at": pd.to_datetime([self.at[tick] for tick in self.first], utc=True),
                "local_interval": pd.to_datetime(self.local),
                "local_date": [one.date() for one in self.local],
                "days_ahead": self.days_ahead,
                **columns,
            }
        )


def _offered(cells: Cells, calls: Matrix, usual: Matrix, ahead: Ahead, spread: Spread) -> pd.DataFrame:
    value = cells.sums(calls)
    bounds = spread.bounds(value, cells.days_ahead)
    unseen = cells.sums(np.repeat(ahead.is_unseen[:, None], QUARTERS, axis=1).astype(float)) > 0
    if unseen.any():
        # nobody knows how such a day goes: from what it is assumed to be like up to an ordinary day
        other = spread.bounds(cells.sums(usual), cells.days_ahead)
        bounds = [
            (np.where(unseen, np.minimum(low, low_usual), low), np.where(unseen, np.maximum(high, high_usual), high))
            for (low, high), (low_usual, high_usual) in zip(bounds, other, strict=True)
        ]
    return cells.frame(OFFERED, value=value, **_named(bounds), baseline=cells.sums(ahead.naive))


def _handling(cells: Cells, calls: Matrix, ahead: Ahead, spread: HandlingSpread) -> pd.DataFrame:
    number, naive = cells.sums(calls), cells.sums(ahead.naive)
    seconds = cells.sums(calls * np.nan_to_num(ahead.handle_s))
    naive_seconds = cells.sums(ahead.naive * np.nan_to_num(ahead.naive_handle_s))
    usual = cells.sums(np.nan_to_num(ahead.naive_handle_s)) / cells.sums(np.ones_like(calls))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = seconds / number
        baseline = np.where(naive > 0, naive_seconds / naive, usual)
    frame = cells.frame(HANDLING, value=value, **_named(spread.bounds(value, number)), baseline=baseline)
    return frame[(number > 0) & (seconds > 0)]


def _named(bounds: Sequence[tuple[Vector, Vector]]) -> dict[str, Vector]:
    return dict(zip(BOUNDS, (bound for pair in bounds for bound in pair), strict=True))


def _missed(chosen: Chosen, grain: str) -> Missed:
    """What the backtest missed by at a grain, by the candidate that would have been chosen at each origin."""
    return joined(
        [_of_trial(trial, name, chosen, grain) for trial, name in zip(chosen.trials, chosen.chosen_then, strict=True)]
    )


def _of_trial(trial: Trial, candidate: str, chosen: Chosen, grain: str) -> Missed:
    expected, actual = trial.ahead.calls(candidate, chosen.smoothing), np.nan_to_num(trial.calls)
    ahead = np.arange(1, len(expected) + 1)
    judged = trial.is_judged
    if grain == "week":
        weeks = len(expected) // WEEK
        shape = (weeks, WEEK * QUARTERS)
        whole = judged[: weeks * WEEK].reshape(weeks, WEEK).sum(axis=1) >= WEEK - 1
        first = ahead[: weeks * WEEK : WEEK][whole]
        keep = np.where(judged[: weeks * WEEK, None], 1.0, 0.0)
        sums = [(part[: weeks * WEEK] * keep).reshape(shape).sum(axis=1)[whole] for part in (expected, actual)]
        return Missed(sums[0], sums[1], first, trial.origin + first)
    sums = [coarser(part, grain)[judged] for part in (expected, actual)]
    width = sums[0].shape[1]
    days = np.repeat(ahead[judged], width)
    return Missed(sums[0].ravel(), sums[1].ravel(), days, trial.origin + days)
