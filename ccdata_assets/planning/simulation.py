"""Calls one by one: a discrete event simulation that checks what the formulas promise, and shows what they leave out, the queue that one
interval hands to the next. It knows nothing of Erlang's formulas.

Calls arrive by a Poisson process whose rate is that of the interval, are answered in the order of arrival by whoever is free first, and hang
up after an exponential patience. All replications run side by side: one step of numpy takes the next call of each of them. Times are
seconds from the start of the first interval; the same seed gives the same figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
Handling: TypeAlias = Literal["exponential", "lognormal", "empirical"]
PRECISION: Final = 0.005
"""Half the width of a 95 % interval that a simulated service level may have at most: half a point."""
MOST_ROUNDS: Final = 20
SIDE_BY_SIDE: Final = 1_000
"""Replications of one round; as many as still fit the processor's cache."""
WARM_UP_CALLS: Final = 400
STEADY_CALLS: Final = 3_000
"""Calls of one replication of a steady interval, after those it warms up with."""


@dataclass(frozen=True)
class Work:
    """How long calls take: exponential, lognormal with the coefficient of variation `variation`, or drawn from `seen` (scaled to the mean
    of each interval)."""

    kind: Handling = "exponential"
    variation: float = 1.0
    seen: Floats | None = None

    def draw(self, chance: np.random.Generator, means: Floats) -> Floats:
        """A handling time for each mean."""
        if self.kind == "exponential":
            return means * chance.standard_exponential(means.shape)
        if self.kind == "lognormal":
            spread = math.sqrt(math.log1p(self.variation**2))
            return means * np.exp(spread * chance.standard_normal(means.shape) - spread**2 / 2)
        if self.seen is None or not len(self.seen) or not self.seen.mean() > 0:
            raise ValueError("handling times seen: there are none")
        return means * chance.choice(self.seen / self.seen.mean(), means.shape)


@dataclass(frozen=True)
class Simulated:
    """By interval in which calls arrived: their number over all replications, the shares answered in time, made to wait and abandoned, the
    mean wait of all, and half the width of the 95 % interval of the share answered in time."""

    calls: Floats
    answered_within: Floats
    waits: Floats
    abandons: Floats
    mean_wait_s: Floats
    precision: Floats
    replications: int


def simulate_day(
    calls: Floats,
    handling_s: Floats,
    agents: Whole,
    patience_s: Floats,
    within_s: Floats,
    interval_s: float,
    *,
    work: Work | None = None,
    seed: int = 1,
    precision: float = PRECISION,
    rounds: int = MOST_ROUNDS,
) -> Simulated:
    """A day of intervals of `interval_s` that follow each other: the queue and the calls in hand go on into the next, and an agent who
    leaves at the end of an interval finishes the call in hand. After the last one its agents stay until nobody waits.

    `calls`: expected calls of each interval; the rest as in `erlang_arrays`. Rounds of replications are added until every interval is
    known to `precision`, `rounds` at most. ValueError: arrays of other lengths, negative numbers."""
    _refuse(calls, handling_s, agents, patience_s, within_s)
    chance = np.random.default_rng(seed)
    work = work or Work()
    next_on = _next_on(agents)
    tallies: list[NDArray[np.float64]] = []
    result = _result(np.zeros((0, 5, len(calls))))
    for _ in range(rounds):
        tallies.append(_day_round(chance, work, calls, handling_s, agents, patience_s, within_s, interval_s, next_on))
        result = _result(np.concatenate(tallies))
        if np.nanmax(result.precision, initial=0.0) <= precision:
            break
    return result


def simulate_steady(
    calls_per_hour: Floats,
    handling_s: Floats,
    agents: Whole,
    patience_s: Floats,
    within_s: Floats,
    *,
    work: Work | None = None,
    seed: int = 1,
    precision: float = PRECISION,
    rounds: int = MOST_ROUNDS,
) -> Simulated:
    """Each interval on its own, as if its load lasted for ever: what the formulas assume. `calls_per_hour` is that of the interval."""
    _refuse(calls_per_hour, handling_s, agents, patience_s, within_s)
    chance = np.random.default_rng(seed)
    work = work or Work()
    found = np.zeros((0, 5, len(calls_per_hour)))
    tallies = [found]
    result = _result(found)
    at_once = max(1, min(100, 40_000 // max(1, len(calls_per_hour))))
    active = np.flatnonzero(calls_per_hour > 0)
    for _ in range(rounds):
        tally = np.zeros((at_once, 5, len(calls_per_hour)))
        # an interval that is known well enough needs no more calls
        if len(active):
            part = [each[active] for each in (calls_per_hour, handling_s, agents, patience_s, within_s)]
            tally[:, :, active] = _steady_round(chance, work, at_once, *part)  # type: ignore[arg-type]
        tallies.append(tally)
        result = _result(np.concatenate(tallies))
        active = np.flatnonzero((calls_per_hour > 0) & ~(result.precision <= precision))
        if not len(active):
            break
    return result


def _refuse(*arrays: NDArray[np.float64] | Whole) -> None:
    if len({len(each) for each in arrays}) != 1:
        raise ValueError("calls, handling, agents, patience and time limit are not of one length")
    if any((np.asarray(each) < 0).any() or np.isnan(each).any() for each in arrays):
        raise ValueError("calls, handling, agents, patience and time limit: all are numbers from 0 on")


def _next_on(agents: Whole) -> Whole:
    """For each interval and agent: the first interval from it on in which the agent is there; the number of intervals where none.

    Agents are numbered: with n of them, those numbered below n are there. Who is there in the last interval stays on."""
    most, count = int(agents.max(initial=0)), len(agents)
    there = np.arange(most)[None, :] < agents[:, None]
    numbered = np.where(there, np.arange(count)[:, None], count)
    return np.asarray(np.minimum.accumulate(numbered[::-1], axis=0)[::-1])


def _day_round(
    chance: np.random.Generator,
    work: Work,
    calls: Floats,
    handling_s: Floats,
    agents: Whole,
    patience_s: Floats,
    within_s: Floats,
    interval_s: float,
    next_on: Whole,
) -> NDArray[np.float64]:
    """One round: (replication, figure, interval) with the figures calls, answered in time, waited, abandoned, seconds waited."""
    rows, count = SIDE_BY_SIDE, len(calls)
    numbers = chance.poisson(calls, (rows, count))
    # calls of an interval are spread evenly over it, those of a row sorted; rows with fewer calls end with calls that never come
    width = int(numbers.sum(axis=1).max(initial=0))
    places = np.arange(width)
    ends = np.cumsum(numbers, axis=1)
    comes = places[None, :] < ends[:, -1:]
    interval = np.zeros((rows, width), dtype=np.int64)
    for each in range(count - 1):
        interval += places[None, :] >= ends[:, each : each + 1]
    arrival = np.where(comes, (interval + chance.random((rows, width))) * interval_s, math.inf)
    arrival.sort(axis=1)
    service = work.draw(chance, handling_s[interval])
    patience = patience_s[interval] * chance.standard_exponential((rows, width))
    if not len(agents) or not agents.max(initial=0):
        wait = np.where(comes, patience, 0.0)
        return _tally(interval, comes, wait, np.ones_like(comes), within_s, count)
    # when an agent is free and there; −1: from the beginning
    free = np.full((rows, next_on.shape[1]), -1.0)
    begins = np.where(next_on >= count, math.inf, next_on * interval_s)
    wait, left = np.zeros((rows, width)), np.zeros((rows, width), dtype=bool)
    everyone = np.arange(rows)
    for place in range(width):
        now, alive = arrival[:, place], comes[:, place]
        ready = np.maximum(free, begins[interval[:, place]])
        first = ready.argmin(axis=1)
        start = np.maximum(ready[everyone, first], now)
        waited = np.where(alive, start - np.where(alive, now, 0.0), 0.0)
        gone = ~(waited <= patience[:, place])
        wait[:, place] = np.where(gone, patience[:, place], waited)
        left[:, place] = gone
        taken = alive & ~gone
        done = np.where(taken, start + service[:, place], 0.0)
        at = np.minimum((done / interval_s).astype(np.int64), count - 1)
        done = np.where(next_on[at, first] == at, done, begins[at, first])
        free[everyone[taken], first[taken]] = done[taken]
    return _tally(interval, comes, np.where(comes, wait, 0.0), left, within_s, count)


def _tally(
    interval: Whole, comes: NDArray[np.bool_], wait: Floats, left: NDArray[np.bool_], within_s: Floats, count: int
) -> NDArray[np.float64]:
    rows = len(interval)
    key = (np.arange(rows)[:, None] * count + interval)[comes]
    in_time = (~left & (wait <= within_s[interval]))[comes]
    figures = (None, in_time, (wait > 0)[comes], left[comes], wait[comes])
    sums = [
        np.bincount(key, weights=None if each is None else each.astype(float), minlength=rows * count)
        for each in figures
    ]
    return np.stack([each.reshape(rows, count).astype(float) for each in sums], axis=1)


def _steady_round(
    chance: np.random.Generator,
    work: Work,
    replications: int,
    calls_per_hour: Floats,
    handling_s: Floats,
    agents: Whole,
    patience_s: Floats,
    within_s: Floats,
) -> NDArray[np.float64]:
    """(replication, figure, interval), each with `STEADY_CALLS` calls."""
    count = len(calls_per_hour)
    spread = [np.tile(each, replications) for each in (3600 / calls_per_hour, handling_s, patience_s, within_s)]
    gap, handling, patience_mean, within = spread
    rows = count * replications
    most = max(1, int(agents.max(initial=0)))
    # an agent who is not there is never free
    free = np.where(np.arange(most)[None, :] < np.tile(agents, replications)[:, None], 0.0, math.inf)
    now, everyone = np.zeros(rows), np.arange(rows)
    sums = np.zeros((5, rows))
    for call in range(WARM_UP_CALLS + STEADY_CALLS):
        now += gap * chance.standard_exponential(rows)
        first = free.argmin(axis=1)
        waited = np.maximum(free[everyone, first] - now, 0.0)
        patience = patience_mean * chance.standard_exponential(rows)
        stays = waited <= patience
        done = now + waited + work.draw(chance, handling)
        free[everyone[stays], first[stays]] = done[stays]
        if call >= WARM_UP_CALLS:
            waited = np.where(stays, waited, patience)
            sums += np.stack([np.ones(rows), stays & (waited <= within), waited > 0, ~stays, waited])
    return sums.reshape(5, replications, count).swapaxes(0, 1)


def _result(tallies: NDArray[np.float64]) -> Simulated:
    """Shares over all replications; how sure they are comes of how replications differ (ratio estimate)."""
    replications = len(tallies)
    sums = tallies.sum(axis=0) if replications else np.zeros(tallies.shape[1:])
    calls = sums[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = sums[1:] / calls
        residual = tallies[:, 1] - shares[0] * tallies[:, 0]
        spread = np.sqrt((residual**2).sum(axis=0) / max(1, replications - 1) * replications) / calls
    # replications that had no calls of an interval tell nothing of it, so its share counts as unknown until some had
    precision = np.where(calls > 0, 1.96 * spread, np.nan)
    return Simulated(calls, shares[0], shares[1], shares[2], shares[3], precision, replications)
