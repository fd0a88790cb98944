"""Erlang C and A of many intervals at once, as arrays: what callers meet with given agents, and the fewest agents that keep to
limits. `erlang.py` says the same of one interval in another way, and a test holds the two to each other.

All arrays are of one length, one place an interval; times in seconds, calls per hour, shares 0 to 1. A patience of infinity is Erlang C.
Erlang A here goes by the density of the virtual wait (S. Zeltyn, A. Mandelbaum, Call centers with impatient customers, 2005, M/M/n+G):
proportional to exp(λH(x) − nμx) with H(x) = (1 − e^−θx)/θ, the time that a caller of patience 1/θ may still be there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ccdata_assets.metrics.erlang import MOST_AGENTS

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
CELLS: Final = 4_000_000
"""Cells of the largest array that is made at once."""
FEWEST_CALLS: Final = 1e-9
"""Calls per hour: fewer are none."""
NODES: Final = 48
"""Places at which the density of the wait is taken in one piece of the time limit (Gauss–Legendre)."""


@dataclass(frozen=True)
class Services:
    """What callers of each interval meet, as `erlang.Service` says it of one."""

    agents: Whole
    waits: Floats
    answered_within: Floats
    abandons: Floats
    mean_wait_s: Floats
    occupancy: Floats


@dataclass(frozen=True)
class Limits:
    """What is asked of an interval, each an array or one number for all: a share of all callers answered within `within_s`, and the
    most that may be of occupancy, of callers who hang up, and of mean wait in seconds."""

    service_level: ArrayLike
    within_s: ArrayLike
    most_occupied: ArrayLike = 1.0
    most_abandoned: ArrayLike = 1.0
    longest_mean_wait_s: ArrayLike = math.inf


BINDING: Final = ("service_level", "occupancy", "abandonment", "mean_wait")
"""The limits by name, in the order in which `binding` numbers them."""


def services(
    calls_per_hour: ArrayLike, handling_s: ArrayLike, agents: ArrayLike, patience_s: ArrayLike, within_s: ArrayLike
) -> Services:
    """What callers meet in each interval. ValueError for calls that are negative or not finite, times that are not above 0."""
    calls, handling, patience, within, count = _spread(calls_per_hour, handling_s, patience_s, within_s, agents)
    _refuse(calls, handling, patience)
    agents_ = count.astype(np.int64)
    found = [np.zeros(len(calls)) for _ in range(5)]
    busy = calls > FEWEST_CALLS
    for part, meet in ((busy & np.isinf(patience), _erlang_c), (busy & np.isfinite(patience), _erlang_a)):
        places = np.flatnonzero(part)
        if len(places):
            shares = meet(calls[places], handling[places], agents_[places], patience[places], within[places])
            for of_all, of_part in zip(found, shares, strict=True):
                of_all[places] = of_part
    found[1][~busy] = 1.0
    return Services(agents_, *found)


def fewest_agents(
    calls_per_hour: ArrayLike, handling_s: ArrayLike, patience_s: ArrayLike, limits: Limits
) -> tuple[Services, Whole]:
    """The fewest agents of each interval that keep to all limits, what callers then meet, and which limit asks for the last of
    these agents (place in `BINDING`; −1 without calls). ValueError where no number of agents can."""
    calls, handling, patience, level, within, occupied, abandoned, wait = _spread(
        calls_per_hour, handling_s, patience_s,
        limits.service_level, limits.within_s, limits.most_occupied, limits.most_abandoned, limits.longest_mean_wait_s,
    )  # fmt: skip
    _refuse(calls, handling, patience)
    for name, share in (("service level", level), ("occupancy", occupied), ("abandonment", abandoned)):
        if not np.all((share >= 0) & (share <= 1)):
            raise ValueError(f"{name} is no share from 0 to 1 (80 % is 0.8)")
    if (level == 1).any() or (occupied == 0).any() or (abandoned == 0).any() or not (wait > 0).all():
        raise ValueError(
            "no number of agents answers everybody at once; fix: ask for a service level below 1, and for more than 0 of the others"
        )

    def met(agents: Whole) -> tuple[Services, NDArray[np.bool_]]:
        found = services(calls, handling, agents, patience, within)
        kept = [
            found.answered_within >= level,
            found.occupancy <= occupied,
            found.abandons <= abandoned,
            found.mean_wait_s <= wait,
        ]
        return found, np.array(kept).reshape(4, -1)

    none = calls <= FEWEST_CALLS
    low = np.zeros(len(calls), dtype=np.int64)
    high = np.where(none, 0, np.maximum(1, np.ceil(calls * handling / 3600))).astype(np.int64)
    while True:
        is_enough = np.asarray(met(high)[1].all(axis=0) | none)
        if is_enough.all():
            break
        low, high = np.where(is_enough, low, high), np.where(is_enough, high, high * 2)
        if high.max() > MOST_AGENTS:
            raise ValueError(f"more than {MOST_AGENTS:,} agents would be needed")
    # low is too few (or 0), high is enough
    while (high - low > 1).any():
        middle = (low + high) // 2
        is_enough = np.asarray(met(middle)[1].all(axis=0))
        low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
    found, _ = met(high)
    _, before = met(np.maximum(high - 1, 0))
    return found, np.where(none, -1, np.argmin(before, axis=0)).astype(np.int64)


def _spread(*values: ArrayLike) -> list[Floats]:
    """Numbers and arrays as arrays of one length."""
    return [np.array(each, dtype=np.float64) for each in np.broadcast_arrays(*map(np.atleast_1d, values))]


def _refuse(calls: Floats, handling: Floats, patience: Floats) -> None:
    if not (np.isfinite(calls).all() and (calls >= 0).all()):
        raise ValueError("calls per hour: not all are numbers from 0 on")
    if not (np.isfinite(handling).all() and (handling > 0).all()):
        raise ValueError("handling time: not all are more than 0 s")
    if not (patience > 0).all():
        raise ValueError("patience: not all are more than 0 s")


def _erlang_b(load: Floats, agents: Whole) -> Floats:
    """Share of calls that find all agents busy in a loss system, each interval with its own agents."""
    lost, result = np.ones(len(load)), np.ones(len(load))
    for number in range(1, int(agents.max(initial=0)) + 1):
        lost = load * lost / (number + load * lost)
        result = np.where(agents == number, lost, result)
    return result


Shares: TypeAlias = tuple[Floats, Floats, Floats, Floats, Floats]
Meet: TypeAlias = Callable[[Floats, Floats, Whole, Floats, Floats], Shares]


def _erlang_c(calls: Floats, handling: Floats, agents: Whole, patience: Floats, within: Floats) -> Shares:
    load = calls * handling / 3600
    spare = agents - load
    steady = spare > 0
    spare = np.where(steady, spare, 1.0)
    occupancy = np.where(steady, load / np.maximum(agents, 1), 1.0)
    lost = _erlang_b(load, agents)
    waits = np.where(steady, lost / np.where(steady, 1 - occupancy * (1 - lost), 1.0), 1.0)
    in_time = np.where(steady, 1 - waits * np.exp(-spare * within / handling), 0.0)
    mean_wait = np.where(steady, waits * handling / spare, math.inf)
    return waits, in_time, np.zeros(len(load)), mean_wait, occupancy


def _erlang_a(calls: Floats, handling: Floats, agents: Whole, patience: Floats, within: Floats) -> Shares:
    arrivals, served, leaving = calls / 3600, 1 / handling, 1 / patience
    load = calls * handling / 3600
    with np.errstate(divide="ignore"):
        # ε, callers that find an agent free against one state with the last agent taken
        free = -np.log(_erlang_b(load, np.maximum(agents - 1, 0)))
    free = np.where(agents == 0, -math.inf, free)
    queue, longer = _queue(arrivals, agents * served, leaving)
    whole = np.logaddexp(free, np.log(load) - np.log(np.maximum(agents, 1)) + queue)
    waits = np.where(agents == 0, 1.0, np.exp(np.log(load) - np.log(np.maximum(agents, 1)) + queue - whole))
    # those who leave are as many as wait, times the rate at which one leaves
    waiting = np.where(agents == 0, 0.0, waits * longer)
    abandons = np.where(agents == 0, 1.0, leaving * waiting / arrivals)
    mean_wait = np.where(agents == 0, patience, waiting / arrivals)
    in_time = 1 - waits + _answered_after_waiting(arrivals, agents * served, leaving, whole, within)
    in_time = np.where(agents == 0, 0.0, np.clip(in_time, 0.0, 1.0))
    occupancy = np.where(agents == 0, 1.0, load * (1 - abandons) / np.maximum(agents, 1))
    return waits, in_time, abandons, mean_wait, np.minimum(occupancy, 1.0)


def _queue(arrivals: Floats, serving: Floats, leaving: Floats) -> tuple[Floats, Floats]:
    """With all agents busy: the logarithm of the sum of the chances of 0, 1, 2 … callers waiting against that of 0, and the mean
    number waiting."""
    most = 50 + 2 * np.maximum(0.0, arrivals - serving) / leaving + 20 * np.sqrt(arrivals / leaving)
    places = most.astype(np.int64)
    total, mean = np.zeros(len(arrivals)), np.zeros(len(arrivals))
    order = np.argsort(places)
    first = 0
    while first < len(order):
        # as many intervals together as fit: the longest queue of them sets the width
        last = first + 1
        while last < len(order) and (last + 1 - first) * (places[order[last]] + 1) <= CELLS:
            last += 1
        part = order[first:last]
        width = int(places[part].max())
        number = np.arange(1, width + 1)
        steps = np.log(arrivals[part])[:, None] - np.log(serving[part][:, None] + number * leaving[part][:, None])
        weights = np.concatenate([np.zeros((len(part), 1)), np.cumsum(steps, axis=1)], axis=1)
        greatest = weights.max(axis=1, keepdims=True)
        chances = np.exp(weights - greatest)
        sums = chances.sum(axis=1)
        total[part] = greatest[:, 0] + np.log(sums)
        mean[part] = (chances[:, 1:] @ number) / sums
        first = last
    return total, mean


def _answered_after_waiting(
    arrivals: Floats, serving: Floats, leaving: Floats, whole: Floats, within: Floats
) -> Floats:
    """Share of callers that wait and are answered within the time: the integral of the density of the virtual wait times the
    chance to be there still. `whole`: logarithm of what the density is divided by."""
    fastest = float(np.max((serving + arrivals + leaving) * within, initial=0.0))
    pieces = max(1, math.ceil(fastest / 20))
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    found = np.zeros(len(arrivals))
    for piece in range(pieces):
        times = (piece + (nodes + 1) / 2) / pieces * within[:, None]
        gone = -np.expm1(-leaving[:, None] * times) / leaving[:, None]
        exponent = arrivals[:, None] * gone - serving[:, None] * times - leaving[:, None] * times
        density = np.exp(np.log(arrivals)[:, None] + exponent - whole[:, None])
        found += density @ weights * within / (2 * pieces)
    return found
