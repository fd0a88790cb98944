"""How many agents a load of calls needs: the queueing models that the field uses, Erlang C (everybody waits) and Erlang A
(who waits too long hangs up).

Units: calls per hour, times in seconds, loads in erlangs (calls per hour × handling time / 3600). Agents are those on the phone; `rostered`
gives how many must be on the roster. Formulas: A. K. Erlang 1917; C. Palm 1946; N. Gans, G. Koole, A. Mandelbaum, Telephone Call Centers, 2003.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

RARE: Final = 1e-12
"""A longer queue than this is likely is left out of account."""
MOST_AGENTS: Final = 100_000


@dataclass(frozen=True)
class Service:
    """What callers of a steady load meet.

    waits: share of callers that wait at all; answered_within: share of all callers answered within the time asked for (service
    level V3); abandons: share that hangs up; mean_wait_s: mean wait of all callers, those who hang up too; occupancy: share of
    their time that agents are busy.
    """

    agents: int
    waits: float
    answered_within: float
    abandons: float
    mean_wait_s: float
    occupancy: float


def load_of(calls_per_hour: float, handling_s: float) -> float:
    """The load in erlangs. ValueError for a negative number or one that is not finite."""
    if not (math.isfinite(calls_per_hour) and calls_per_hour >= 0):
        raise ValueError(f"calls per hour: {calls_per_hour} is not a number from 0 on")
    if not (math.isfinite(handling_s) and handling_s > 0):
        raise ValueError(f"handling time: {handling_s} s is not more than 0")
    return calls_per_hour * handling_s / 3600


def erlang_b(load: float, agents: int) -> float:
    """Share of calls that find all agents busy where nobody waits (loss system)."""
    lost = 1.0
    for number in range(1, agents + 1):
        lost = load * lost / (number + load * lost)
    return lost


def erlang_c(calls_per_hour: float, handling_s: float, agents: int, within_s: float) -> Service:
    """Callers wait until they are answered. With no more agents than the load the queue grows for ever: everybody waits, nobody in
    time, and the mean wait is infinite."""
    load = load_of(calls_per_hour, handling_s)
    if load == 0:
        return Service(agents, 0.0, 1.0, 0.0, 0.0, 0.0)
    if agents <= load:
        return Service(agents, 1.0, 0.0, 0.0, math.inf, 1.0)
    lost = erlang_b(load, agents)
    occupancy = load / agents
    waits = lost / (1 - occupancy * (1 - lost))
    spare = agents - load
    in_time = 1 - waits * math.exp(-spare * within_s / handling_s)
    return Service(agents, waits, in_time, 0.0, waits * handling_s / spare, occupancy)


def erlang_a(calls_per_hour: float, handling_s: float, agents: int, patience_s: float, within_s: float) -> Service:
    """Callers hang up after a time that is exponential with mean `patience_s`; steady whatever the load. ValueError: no patience."""
    load = load_of(calls_per_hour, handling_s)
    if not patience_s > 0:
        raise ValueError(f"patience: {patience_s} s is not more than 0")
    if math.isinf(patience_s):
        return erlang_c(calls_per_hour, handling_s, agents, within_s)
    if load == 0:
        return Service(agents, 0.0, 1.0, 0.0, 0.0, 0.0)
    arrivals, served, leaving = calls_per_hour / 3600, 1 / handling_s, 1 / patience_s
    states = _states(arrivals, served, leaving, agents)
    queue = states[agents:]  # all agents busy and 0, 1, 2 … callers ahead
    ahead = np.arange(len(queue))
    waits = float(queue.sum())
    queued = float((queue * ahead).sum())
    in_time = 1 - waits + float(queue @ _answered(agents * served, leaving, len(queue), within_s))
    busy = float((states * np.minimum(np.arange(len(states)), agents)).sum())
    occupancy = busy / agents if agents else 1.0
    return Service(agents, waits, in_time, leaving * queued / arrivals, queued / arrivals, occupancy)


def _states(arrivals: float, served: float, leaving: float, agents: int) -> NDArray[np.float64]:
    """Probability of 0, 1, 2 … calls in the centre, as far as they matter."""
    # the queue hardly grows beyond where as many leave as come
    most = (
        agents + 50 + math.ceil(2 * max(0.0, arrivals - agents * served) / leaving + 20 * math.sqrt(arrivals / leaving))
    )
    count = np.arange(1, most + 1)
    out = np.minimum(count, agents) * served + np.maximum(count - agents, 0) * leaving
    weights = np.concatenate([[0.0], np.cumsum(np.log(arrivals) - np.log(out))])
    states = np.exp(weights - weights.max())
    states /= states.sum()
    last = max(agents, int(np.flatnonzero(states > RARE)[-1]))
    return np.asarray(states[: last + 1])


def _answered(serving: float, leaving: float, places: int, within_s: float) -> NDArray[np.float64]:
    """Probability that a caller with 0, 1, 2 … callers ahead, all agents busy, is answered within a time.

    The place moves up when an agent gets free or somebody ahead leaves; the caller leaves at the same rate as each of them. A chain that
    only goes down, taken step by step at its greatest rate (uniformisation); the steps in a time are Poisson.
    """
    if within_s <= 0 or places == 0:
        return np.zeros(places)
    if serving == 0:
        return np.zeros(places)
    ahead = np.arange(places)
    up = serving + ahead * leaving
    rate = float(up[-1] + leaving)
    moves, stays = up / rate, 1 - (up + leaving) / rate
    steps = int(rate * within_s + 12 * math.sqrt(rate * within_s) + 30)
    log_poisson = -rate * within_s + np.concatenate(
        [[0.0], np.cumsum(np.log(rate * within_s) - np.log(np.arange(1, steps + 1)))]
    )
    chances = np.exp(log_poisson)
    reached = np.zeros(places)  # answered within so many steps
    found = np.zeros(places)
    for chance in chances:
        found += chance * reached
        reached = moves * np.concatenate([[1.0], reached[:-1]]) + stays * reached
    return found


def agents_for(
    calls_per_hour: float,
    handling_s: float,
    within_s: float,
    service_level: float,
    *,
    patience_s: float = math.inf,
    most_occupied: float = 1.0,
    most_waiting: float = 1.0,
) -> Service:
    """The fewest agents that answer a share `service_level` of all callers within a time, are busy no more than `most_occupied` of
    their time and let no more than `most_waiting` of the callers wait. ValueError where no number of agents can."""
    for name, share in (("service level", service_level), ("occupancy", most_occupied), ("waiting", most_waiting)):
        if not 0 <= share <= 1:
            raise ValueError(f"{name}: {share} is no share from 0 to 1")
    if service_level == 1 or most_occupied == 0 or most_waiting == 0:
        raise ValueError(
            "no number of agents answers everybody at once; fix: ask for a share below 1, and above 0 of those who may wait"
        )

    def meets(found: Service) -> bool:
        enough = found.answered_within >= service_level and found.waits <= most_waiting
        return enough and found.occupancy <= most_occupied

    def met(agents: int) -> Service:
        return erlang_a(calls_per_hour, handling_s, agents, patience_s, within_s)

    load = load_of(calls_per_hour, handling_s)
    if load == 0:
        return met(0)
    low, high = 0, max(1, math.ceil(load))
    while not meets(met(high)):
        low, high = high, high * 2
        if high > MOST_AGENTS:
            raise ValueError(f"more than {MOST_AGENTS:,} agents would be needed")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if meets(met(middle)) else (middle, high)
    return met(high)


def rostered(agents: int, shrinkage: float) -> int:
    """Agents on the roster for so many on the phone; `shrinkage`: share of paid time on which they are not (breaks, training, illness)."""
    if not 0 <= shrinkage < 1:
        raise ValueError(f"shrinkage: {shrinkage} is no share from 0 to below 1")
    return math.ceil(agents / (1 - shrinkage) - 1e-9)
