"""Prediction intervals from what the backtest missed by: conformal, by size of the expectation and by how far ahead it lies.

Counts vary like a Poisson count whose mean is itself uncertain: their variance is taken as m + c m², with c measured by week ahead (it
never falls with distance). What was missed, in units of that deviation, gives the bounds: quantiles among cells of like size (Vovk et al., Algorithmic
Learning in a Random World, 2005), widened because few weeks show them, newer cells counting more (Barber et al., Conformal
prediction beyond exchangeability, Annals of Statistics 2023). Small counts are coarse: where nothing can lie
below, the whole of what may be missed is put above. Nothing is assumed of the shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ccdata_assets.planning.forecast.series import Matrix, Vector

LEVELS = (0.80, 0.95)
MOST_WEEKS = 8
CELLS_A_BIN = 250
MOST_BINS = 6
DEFAULT_RESTLESS = 0.04
"""c where no backtest could be made: 20 % beside chance."""
HALF_LIFE_DAYS = 84.0
"""Weight of older cells."""
MOST_POOLED = 200_000
"""Cells of other series at most."""
_NORMAL = {0.80: 1.2815515655446004, 0.95: 1.959963984540054}


@dataclass(frozen=True)
class Missed:
    """Cells of one grain that the backtest judged: what was expected and what came, how many days ahead (from 1), and on which day (to
    tell how many days there are: cells of a day err together)."""

    expected: Vector
    actual: Vector
    days_ahead: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Spread:
    """How far a grain's counts stray. `restless`: c by week ahead, from the first. `edges`: where bins of the expectation end.
    `low`, `high`: bounds in deviations, by level and bin. `doubt`: by level, how much wider the uncertain mean is taken because few weeks
    show it (Student's t over normal). `is_measured`: false where they are assumed."""

    restless: Vector
    edges: Vector
    low: Matrix
    high: Matrix
    doubt: tuple[float, ...] = (1.0, 1.0)
    is_measured: bool = True

    def bounds(self, expected: Vector, days_ahead: npt.NDArray[np.int64]) -> list[tuple[Vector, Vector]]:
        """Low and high for each of LEVELS, never below zero, of an expectation of zero zero."""
        at = np.searchsorted(self.edges, expected, side="right")
        found = []
        for level in range(len(LEVELS)):
            deviation = self._deviation(expected, days_ahead, self.doubt[level])
            low = np.clip(expected + self.low[level][at] * deviation, 0.0, None)
            high = np.maximum(expected + self.high[level][at] * deviation, low)
            found.append((np.where(expected > 0, low, 0.0), np.where(expected > 0, high, 0.0)))
        (low80, high80), (low95, high95) = found
        return [(low80, high80), (np.minimum(low80, low95), np.maximum(high80, high95))]

    def _deviation(self, expected: Vector, days_ahead: npt.NDArray[np.int64], doubt: float) -> Vector:
        week = np.clip((days_ahead - 1) // 7, 0, MOST_WEEKS - 1)
        return np.asarray(np.sqrt(expected + doubt**2 * self.restless[week] * expected**2))


def assumed() -> Spread:
    """Without a backtest: a restless count, growing a little with distance, normal bounds."""
    restless: Vector = np.asarray(DEFAULT_RESTLESS * (1 + 0.5 * np.arange(MOST_WEEKS)), dtype=np.float64)
    bounds = np.array([[_NORMAL[level]] for level in LEVELS])
    return Spread(restless, np.empty(0), -bounds, bounds, is_measured=False)


@dataclass(frozen=True)
class _Strays:
    """Cells of one series: what each missed by in deviations, the least it could have, how much it counts; c by week ahead, weeks seen."""

    expected: Vector
    stray: Vector
    floor: Vector
    weight: Vector
    restless: Vector
    weeks: int


def measure(missed: Missed, is_coarse: bool = False, others: Sequence[Missed] = ()) -> Spread:
    """The spread that the backtest's cells show. `is_coarse`: a grain of a day or more, of which there are too few for bins.

    `others`: cells of the same grain of other series of the feed. How much a series strays is its own; how that is distributed is told by
    its own cells and by those of all others, each half: what few weeks of one queue happen to show leans to one side."""
    own = _strays(missed)
    if own is None:
        return assumed()
    bins = 1 if is_coarse else int(np.clip(len(own.expected) // CELLS_A_BIN, 1, MOST_BINS))
    edges = np.unique(np.quantile(own.expected, np.linspace(0, 1, bins + 1)[1:-1])) if bins > 1 else np.empty(0)
    expected, stray, weight = _pooled(own, [one for one in map(_strays, others) if one])
    at, own_at = (np.searchsorted(edges, one, side="right") for one in (expected, own.expected))
    low, high = np.empty((len(LEVELS), len(edges) + 1)), np.empty((len(LEVELS), len(edges) + 1))
    for one in range(len(edges) + 1):
        mine = np.flatnonzero(at == one)
        order = mine[np.argsort(stray[mine], kind="stable")]
        heavy = np.cumsum(weight[order]) / weight[order].sum()
        floor = float(np.median(own.floor[own_at == one]))
        for level, nominal in enumerate(LEVELS):
            low[level, one], high[level, one] = _quantiles(stray[order], heavy, nominal, floor)
    return Spread(own.restless, edges, low, high, _doubt(own.weeks))


def _strays(missed: Missed) -> _Strays | None:
    """None where there are too few cells to tell."""
    some = missed.expected > 0
    expected, actual, ahead = missed.expected[some], missed.actual[some], missed.days_ahead[some]
    if len(expected) < 20:
        return None
    weight = 0.5 ** ((missed.day.max() - missed.day[some]) / HALF_LIFE_DAYS)
    weeks = len(np.unique((missed.day[some] - missed.day.min()) // 7))
    restless = _restless(expected, actual, ahead, weight, weeks)
    week = np.clip((ahead - 1) // 7, 0, MOST_WEEKS - 1)
    deviation = np.sqrt(expected + restless[week] * expected**2)
    return _Strays(expected, (actual - expected) / deviation, -expected / deviation, weight, restless, weeks)


def _pooled(own: _Strays, others: Sequence[_Strays]) -> tuple[Vector, Vector, Vector]:
    """Expectation, stray and weight of the cells of a series and of others, which weigh as much as its own; of very many, every so manieth."""
    if not others:
        return own.expected, own.stray, own.weight
    every = -(-sum(len(one.stray) for one in others) // MOST_POOLED)
    share = own.weight.sum() / sum(one.weight.sum() for one in others) * every
    parts = [(own.expected, own.stray, own.weight)]
    parts += [(one.expected[::every], one.stray[::every], share * one.weight[::every]) for one in others]
    expected, stray, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    return expected, stray, weight


def _doubt(weeks: int) -> tuple[float, ...]:
    """Days of a week err together, so that weeks are what is counted."""
    from scipy.stats import norm, t

    return tuple(float(t.ppf((1 + level) / 2, max(2, weeks - 1)) / norm.ppf((1 + level) / 2)) for level in LEVELS)


def _restless(expected: Vector, actual: Vector, ahead: npt.NDArray[np.int64], weight: Vector, weeks: int) -> Vector:
    """c by week ahead, such that the squares missed by are m + c m² in sum; weeks with few cells go on from those before."""
    found: list[float] = []
    for week in range(MOST_WEEKS):
        mine = (ahead - 1) // 7 == week
        if mine.sum() >= 20:
            squares = weight[mine] @ ((actual[mine] - expected[mine]) ** 2 - expected[mine])
            excess = squares / (weight[mine] @ expected[mine] ** 2)
            found.append(max(float(excess), found[-1] if found else 1e-4))
        elif found:
            step = (found[-1] - found[0]) / max(1, len(found) - 1)
            found.append(found[-1] + min(step, 0.25 * found[0]))
        else:
            found.append(DEFAULT_RESTLESS)
    # a level that wanders errs more each week; that it does not is believed as far as weeks have shown it
    ahead_weeks = np.arange(1, MOST_WEEKS + 1)
    return np.asarray((weeks * np.array(found) + ahead_weeks * found[0]) / (weeks + 1))


def _quantiles(stray: Vector, heavy: Vector, nominal: float, floor: float) -> tuple[float, float]:
    """Bounds that leave out what may be missed: half below, half above; where the low bound meets zero, all above. `stray` in order,
    `heavy` the share of the weight up to each."""
    tail = (1 - nominal) / 2
    low = _at(stray, heavy, tail)
    if low <= floor * 0.98:
        below = float(heavy[np.searchsorted(stray, low, side="left") - 1]) if stray[0] < low else 0.0
        return low, _at(stray, heavy, min(1.0, nominal + below))
    return low, _at(stray, heavy, 1 - tail)


def _at(stray: Vector, heavy: Vector, share: float) -> float:
    return float(stray[min(int(np.searchsorted(heavy, share, side="left")), len(stray) - 1)])


def joined(parts: Sequence[Missed]) -> Missed:
    """Cells of several origins as one."""
    return Missed(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("expected", "actual", "days_ahead", "day")
        )
    )
