"""When each break of a roster is taken: day by day, where fewest are missing, between the times that labour.yaml allows and not too near to each
other. Which shifts are worked is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ccdata_assets.errors import CcdataError
from ccdata_assets.planning.labour import Break, Labour
from ccdata_assets.planning.roster_coverage import Requirement, presence
from ccdata_assets.planning.roster_people import Agent, Pause, Work
from ccdata_assets.planning.roster_solve import EFFORT, Effort, missing_cost, new_solver, place_supply

SHARE_OF_EFFORT: Final = 0.4
"""Of the effort for the choice of shifts: what goes into the breaks of all days."""
LEAST_EFFORT: Final = 0.1
"""Deterministic time that the breaks of a day have in any case."""
BREAKS_CLOCK_S: Final = 35.0
"""Seconds by the clock for the breaks of all days of a roster."""
STEP_PARTS: Final = 4
"""A missing agent is counted in parts, so that the bands of small requirements are not rounded away."""
Starts = list[tuple[int, Any]]


def break_effort(effort: float, days: int) -> Effort:
    """How long to search for the breaks of each of so many days."""
    return Effort(max(LEAST_EFFORT, SHARE_OF_EFFORT * effort / days), max(2.5, BREAKS_CLOCK_S / days))


def place_breaks(
    roster: Sequence[Work],
    agents: Sequence[Agent],
    need: Requirement,
    labour: Labour,
    effort: Effort | None = None,
    tell: Callable[[int], None] = lambda day: None,
) -> list[Work]:
    """The roster with its breaks. CcdataError names a shift whose breaks cannot all be placed by the rules."""
    effort = effort or break_effort(EFFORT, need.days)
    placed: list[Work] = []
    for day in range(need.days):
        on = need.first + timedelta(days=day)
        today = [work for work in roster if work.day == on]
        later = [work for work in roster if work.day > on]
        if today:
            placed += _day(today, placed, later, agents, need, labour, effort, day)
        tell(day)
    return placed


def patterns(shift_minutes: int, labour: Labour) -> list[tuple[Break, list[int]]]:
    """The breaks of a shift, each with the minutes from its beginning at which it may begin."""
    found = []
    for each in labour.breaks_of(shift_minutes):
        first, last = (round(hours * 60) for hours in each.within)
        last = min(last, shift_minutes) - each.minutes
        found.append((each, list(range(first, last + 1, labour.grid_minutes))))
    return found


def _day(
    today: list[Work],
    before: list[Work],
    later: list[Work],
    agents: Sequence[Agent],
    need: Requirement,
    labour: Labour,
    effort: Effort,
    day: int,
) -> list[Work]:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    chosen = [_breaks_of(model, work, labour) for work in today]
    grid = labour.grid_minutes
    first = day * 1440 // grid
    steps = range(first, min(need.days * 1440 // grid, first + 2 * 1440 // grid))
    known = {agent.agent: agent for agent in agents}
    fixed = _present(before + later, known, need, grid)
    whole = presence(today, need, grid)
    away: list[dict[int, list[Any]]] = [
        _away(work, breaks, need, grid) for work, breaks in zip(today, chosen, strict=True)
    ]
    each_interval = need.minutes // grid
    costs: list[Any] = []
    for step in steps:
        if not whole[:, step].any():
            continue
        supplies: dict[tuple[int, ...], Any] = {}
        most: dict[tuple[int, ...], int] = {}
        for takes, present in fixed.items():
            if present[step]:
                supplies[takes], most[takes] = int(present[step]), int(present[step])
        for place, work in enumerate(today):
            takes = need.takers(known[work.agent])
            if takes and whole[place, step]:
                supplies[takes] = supplies.get(takes, 0) + 1 - sum(away[place].get(step, []))
                most[takes] = most.get(takes, 0) + 1
        for series, present in enumerate(place_supply(model, supplies, most, len(need.series))):
            required = int(need.required[series, step // each_interval])
            if required:
                costs += [
                    each * STEP_PARTS for each in missing_cost(model, STEP_PARTS * present, STEP_PARTS * required)
                ]
    # of equal ones the breaks nearest to the middle of their time
    costs += [abs(2 * start - starts[0][0] - starts[-1][0]) // grid // 4 * each for breaks in chosen for _, starts in breaks for start, each in starts]  # fmt: skip
    model.minimize(sum(costs))
    solver = new_solver(effort, 1.0)
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE or status == cp_model.MODEL_INVALID:
        shifts = ", ".join(sorted({work.shift for work in today if not _can_break(work, labour)}))
        raise CcdataError(
            f"the breaks of shift {shifts or today[0].shift} cannot all be placed; fix: in labour.yaml widen `within`, lower breaks_apart_hours, or raise stretch_hours"
        )
    if status == cp_model.UNKNOWN:
        raise CcdataError("no time was left to place breaks; fix: raise --effort")
    if solver.wall_time >= effort.clock_s:
        effort.spent_by_clock = True
    return [
        replace(
            work,
            pauses=tuple(
                sorted(
                    (
                        _pause(work, each, next(start for start, var in starts if solver.value(var)))
                        for each, starts in breaks
                    ),
                    key=lambda pause: pause.begins,
                )
            ),
        )
        for work, breaks in zip(today, chosen, strict=True)
    ]


def _pause(work: Work, each: Break, start: int) -> Pause:
    begins = work.begins + timedelta(minutes=start)
    return Pause(each.kind, begins, begins + timedelta(minutes=each.minutes))


def _breaks_of(model: Any, work: Work, labour: Labour) -> list[tuple[Break, Starts]]:
    """The breaks of a shift as variables, one a start, kept apart and near enough."""
    minutes = int((work.ends - work.begins).total_seconds() // 60)
    apart = round(labour.breaks_apart_hours * 60)
    stretch = labour.shortest_stretch
    found: list[tuple[Break, Starts]] = []
    for each, starts in sorted(patterns(minutes, labour), key=lambda pattern: pattern[0].within):
        options: Starts = [
            (start, model.new_bool_var(""))
            for start in starts
            if start >= apart and start + each.minutes + apart <= minutes
        ]
        model.add_exactly_one(var for _, var in options)
        found.append((each, options))
    begins = [sum(start * var for start, var in starts) for _, starts in found]
    # breaks follow each other in the order of their times
    for (each, _), start, after in zip(found, begins, begins[1:], strict=False):
        model.add(after - start >= each.minutes + apart)
        if stretch is not None:
            model.add(after - start <= each.minutes + round(stretch * 60))
    if stretch is not None and found:
        model.add(begins[0] <= round(stretch * 60))
        model.add(begins[-1] >= minutes - round(stretch * 60) - found[-1][0].minutes)
    return found


def _can_break(work: Work, labour: Labour) -> bool:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    _breaks_of(model, work, labour)
    return cp_model.CpSolver().solve(model) != cp_model.INFEASIBLE


def _away(work: Work, breaks: list[tuple[Break, Starts]], need: Requirement, grid: int) -> dict[int, list[Any]]:
    """By step of the grid the variables of breaks that lie in it."""
    begin = int((work.begins - datetime.combine(need.first, time())).total_seconds() // (60 * grid))
    found: dict[int, list[Any]] = {}
    for each, starts in breaks:
        for start, var in starts:
            for step in range(start // grid, (start + each.minutes) // grid):
                found.setdefault(begin + step, []).append(var)
    return found


def _present(
    roster: list[Work], known: dict[str, Agent], need: Requirement, grid: int
) -> dict[tuple[int, ...], NDArray[np.int64]]:
    """Agents at work by the series they take, of shifts whose breaks are placed or are left out."""
    there = presence(roster, need, grid)
    found: dict[tuple[int, ...], NDArray[np.int64]] = {}
    for place, work in enumerate(roster):
        takes = need.takers(known[work.agent])
        if takes:
            found[takes] = found.get(takes, np.zeros(there.shape[1], dtype=np.int64)) + there[place]
    return found
