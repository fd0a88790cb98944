"""What a roster covers: agents at work and not on a break against those required, by grid step and interval; who takes which queue.

Minutes are counted from the midnight before the roster's first day; a requirement is one row per feed, queue and interval (columns feed,
queue, local_interval, minutes, required)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccdata_assets.errors import WrongUse
from ccdata_assets.planning.roster_people import Agent, Work


@dataclass(frozen=True)
class Requirement:
    """What is required: by series (feed, queue) an array by interval; intervals follow each other from the first midnight on."""

    first: date
    days: int
    minutes: int
    series: tuple[tuple[str, str], ...]
    required: NDArray[np.int64]  # series × interval

    @property
    def last(self) -> date:
        """The last day, included."""
        return self.first + timedelta(days=self.days - 1)

    def start(self, interval: int) -> datetime:
        """When an interval begins."""
        return datetime.combine(self.first, time()) + timedelta(minutes=interval * self.minutes)

    def takers(self, agent: Agent) -> tuple[int, ...]:
        """Places of the series that an agent takes calls of."""
        return tuple(place for place, (_, queue) in enumerate(self.series) if agent.takes(queue))


def requirement_of(table: pd.DataFrame, first: date, days: int, grid: int) -> Requirement:
    """The requirement of the days of a roster; intervals without a row require nobody. WrongUse where there are no rows of these days, or
    intervals do not fit the grid of the labour rules."""
    midnight = pd.Timestamp(first)
    part = table[(table["local_interval"] >= midnight) & (table["local_interval"] < midnight + timedelta(days=days))]
    if not len(part):
        raise WrongUse(
            f"nothing is required from {first} for {days} days; fix: plan these days by `ccdata staff plan`, or give --from another day"
        )
    minutes = int(part["minutes"].min())
    if part["minutes"].nunique() > 1 or minutes % grid or 1440 % minutes:
        raise WrongUse(
            f"the intervals required are not of one length that steps of {grid} minutes make; fix: plan with --minutes 30, or change grid_minutes"
        )
    series = tuple(sorted(set(zip(part["feed"], part["queue"], strict=True))))
    required = np.zeros((len(series), days * 1440 // minutes), dtype=np.int64)
    places = {each: place for place, each in enumerate(series)}
    rows = [places[each] for each in zip(part["feed"], part["queue"], strict=True)]
    at = ((part["local_interval"] - midnight).dt.total_seconds() // (60 * minutes)).astype(int)
    np.maximum.at(required, (np.array(rows), at.to_numpy(np.int64)), part["required"].to_numpy(np.int64))
    return Requirement(first, days, minutes, series, required)


def presence(roster: Sequence[Work], need: Requirement, grid: int) -> NDArray[np.int64]:
    """For each shift and step of the grid 1 where its agent is at work and not on a break; the steps of the roster's days only."""
    found = np.zeros((len(roster), need.days * 1440 // grid), dtype=np.int64)
    midnight = datetime.combine(need.first, time())

    def step(moment: datetime) -> int:
        return int((moment - midnight).total_seconds() // (60 * grid))

    for place, work in enumerate(roster):
        found[place, max(0, step(work.begins)) : max(0, step(work.ends))] = 1
        for pause in work.pauses:
            found[place, max(0, step(pause.begins)) : max(0, step(pause.ends))] = 0
    return found


def coverage(roster: Sequence[Work], agents: Sequence[Agent], need: Requirement, grid: int) -> pd.DataFrame:
    """Required and present by series and interval: feed, queue, local_interval, minutes, required, present, gap (present − required).

    `present` is the mean over the interval of agents at work and not on a break. Of several queues each agent counts for one at a time: those
    who take fewest queues are placed first, each where most are missing, then moved along wherever that leaves fewer missing."""
    known = {agent.agent: agent for agent in agents}
    there = presence(roster, need, grid)
    kinds = [
        need.takers(known[work.agent]) if work.agent in known else tuple(range(len(need.series))) for work in roster
    ]
    each_interval = need.minutes // grid
    required = np.repeat(need.required, each_interval, axis=1)
    if len(need.series) == 1:
        placed = there[[bool(kind) for kind in kinds]].sum(axis=0, keepdims=True)
    else:
        placed = _placed(there, kinds, required)
    present = placed.reshape(len(need.series), -1, each_interval).mean(axis=2)
    rows: list[dict[str, Any]] = [
        {"feed": feed, "queue": queue, "local_interval": need.start(interval), "minutes": need.minutes,
         "required": int(need.required[place, interval]), "present": float(present[place, interval])}
        for place, (feed, queue) in enumerate(need.series) for interval in range(need.required.shape[1])
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    table["gap"] = table["present"] - table["required"]
    return table


def _placed(there: NDArray[np.int64], kinds: list[tuple[int, ...]], required: NDArray[np.int64]) -> NDArray[np.int64]:
    """Agents placed on each series in each step, the fewest missing: a maximum flow of each step that differs from those seen."""
    from scipy.optimize import linprog

    groups = sorted({kind for kind in kinds if kind})
    supply = np.array([there[[kind == group for kind in kinds]].sum(axis=0) for group in groups]).reshape(
        len(groups), -1
    )
    pairs = [(g, series) for g, group in enumerate(groups) for series in group]
    count = len(required)
    placed = np.zeros_like(required)
    seen: dict[tuple[int, ...], NDArray[np.int64]] = {}
    for step in range(required.shape[1]):
        key = (*supply[:, step], *required[:, step])
        if key not in seen:
            # everybody is placed somewhere; what counts is who is missing
            cost = np.concatenate([np.zeros(len(pairs)), np.ones(count)])
            everybody = np.zeros((len(groups), len(pairs) + count))
            enough = np.zeros((count, len(pairs) + count))
            for place, (g, series) in enumerate(pairs):
                everybody[g, place] = 1
                enough[series, place] = -1
            enough[:, len(pairs) :] = -np.eye(count)
            solved = linprog(cost, enough, -required[:, step], everybody, supply[:, step], method="highs-ds")
            on = np.zeros(count, dtype=np.int64)
            for place, (_, series) in enumerate(pairs):
                on[series] += round(solved.x[place])
            seen[key] = on
        placed[:, step] = seen[key]
    return placed
