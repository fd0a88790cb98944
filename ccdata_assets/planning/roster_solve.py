"""Rosters by OR-tools CP-SAT: first who works which shift on which day, then when each break is taken. Rules and wishes come from
labour.yaml and the list of agents; demand is soft, so that what cannot be covered gives the best roster with its gaps, while rules are
hard. What a roster covers is measured by `roster_coverage.py`, whether it keeps the rules by `roster_check.py`.

The solver's effort is counted in its own deterministic time, not by the clock: the same input gives the same roster on any machine, unless
the limit by the clock, many times as long, ends the search first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ccdata_assets.errors import CcdataError
from ccdata_assets.planning.labour import Labour
from ccdata_assets.planning.roster_coverage import Requirement
from ccdata_assets.planning.roster_people import Agent, Work
from ccdata_assets.planning.roster_rules import RULES, Plan, refuse_contradiction
from ccdata_assets.planning.roster_shifts import expected_presence, is_late

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

BANDS: Final = ((0.10, 1), (0.25, 2), (1.0, 4))
"""What a missing agent costs: up to a tenth of the requirement once, up to a quarter twice, beyond four times. So gaps are spread, and one
missing agent of four counts more than one of forty."""
PARTS: Final = 20
"""Coverage is counted in parts of an agent: breaks are not placed yet when shifts are chosen."""
SEED: Final = 1
WORKERS: Final = 2
EFFORT: Final = 24.0
"""Deterministic time of the choice of shifts; about as many seconds on a machine of two cores."""
LEAST_CLOCK_S: Final = 30.0
CLOCK: Final = 3.2
"""Seconds by the clock for one of the solver's own; two weeks of 40 agents end within two minutes whatever else a machine does."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Solved:
    """Who works which shift: by agent, day (place) the shift's name; how far the search came: `is_proven` where no roster has fewer missing,
    `is_repeatable` where no clock ended it."""

    shifts: dict[tuple[str, int], str]
    missing_cost: float
    bound: float
    is_proven: bool
    is_repeatable: bool


@dataclass
class Effort:
    """How long the solver may search: in its own time, and by the clock, which is to end it on a machine that is very busy only."""

    deterministic: float = EFFORT
    clock_s: float = math.inf
    spent_by_clock: bool = field(default=False, init=False)

    @classmethod
    def of(cls, deterministic: float) -> Effort:
        """An effort for the choice of shifts, with its clock."""
        return cls(deterministic, max(LEAST_CLOCK_S, CLOCK * deterministic))


def solve_shifts(
    agents: Sequence[Agent],
    need: Requirement,
    labour: Labour,
    effort: Effort | None = None,
    tell: Tell = lambda text: None,
) -> Solved:
    """The shifts of each agent: the fewest missing, then the fewest to spare, then what is fair and preferred. RulesContradict names agent,
    days and rules where no roster keeps the rules."""
    from ortools.sat.python import cp_model

    effort = effort or Effort()
    for agent in agents:
        refuse_contradiction(agent, need, labour)
    model = cp_model.CpModel()
    plans = [Plan(model, agent, need, labour) for agent in agents]
    for plan in plans:
        plan.keep(RULES)
    missing, spare = _cover(model, plans, need, labour)
    fair = _fairness(model, plans, need, labour)
    names = ("missing 缺人", "to spare 富余", "fair 公平与偏好")
    shares = (0.6, 0.15, 0.25)
    solver = None
    result = (0.0, 0.0, False)
    for place, (goal, share, name) in enumerate(zip((missing, spare, fair), shares, names, strict=True)):
        if goal is None:
            continue
        tell(name)
        found = _solve(model, goal, effort, share)
        if solver is None or found is not None:
            solver = found or solver
        if found is None:
            continue
        if place == 0:
            proven = found.objective_value - found.best_objective_bound < 0.5
            result = (found.objective_value, found.best_objective_bound, proven)
        # later goals may not worsen this one, and begin at what was found
        model.add(goal <= round(found.objective_value))
        model.clear_hints()  # type: ignore[no-untyped-call]
        for plan in plans:
            for each in plan.every():
                model.add_hint(each, found.value(each))
    if solver is None:
        raise CcdataError("no roster was found in the time given; fix: raise --effort, or leave out shifts")
    chosen = {
        (plan.agent.agent, day): shift
        for plan in plans
        for (day, shift), each in plan.works.items()
        if solver.value(each)
    }
    return Solved(chosen, result[0], result[1], result[2], not effort.spent_by_clock)


def worked(solved: Solved, need: Requirement, labour: Labour) -> list[Work]:
    """The shifts as they are worked, without breaks, in the order of day, beginning and agent."""
    found = []
    for (agent, day), name in solved.shifts.items():
        shift = labour.shifts[name]
        midnight = datetime.combine(need.first + timedelta(days=day), time())
        found.append(
            Work(agent, midnight.date(), name, midnight + timedelta(minutes=shift.begins), midnight + timedelta(minutes=shift.ends))
        )  # fmt: skip
    return sorted(found, key=lambda work: (work.begins, work.ends, work.agent))


def new_solver(effort: Effort, share: float) -> cp_model.CpSolver:
    """A solver that gives the same answer each time."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.random_seed = SEED
    solver.parameters.num_workers = WORKERS
    solver.parameters.interleave_search = True
    solver.parameters.max_deterministic_time = effort.deterministic * share
    if math.isfinite(effort.clock_s):
        solver.parameters.max_time_in_seconds = effort.clock_s * share
    return solver


def _solve(model: cp_model.CpModel, goal: Any, effort: Effort, share: float) -> cp_model.CpSolver | None:
    from ortools.sat.python import cp_model

    model.minimize(goal)
    solver = new_solver(effort, share)
    status = solver.solve(model)
    if solver.wall_time >= effort.clock_s * share:
        effort.spent_by_clock = True
    return solver if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None


def _cover(model: Any, plans: list[Plan], need: Requirement, labour: Labour) -> tuple[Any, Any]:
    """The costs of agents missing and to spare, over all series and intervals."""
    grid = labour.grid_minutes
    each_interval = need.minutes // grid
    steps = need.days * 1440 // grid
    weights: dict[str, NDArray[np.float64]] = {
        name: expected_presence(shift, labour) for name, shift in labour.shifts.items()
    }
    groups: dict[tuple[int, ...], list[list[tuple[int, Any]]]] = {}
    for plan in plans:
        takes = need.takers(plan.agent)
        if not takes:
            continue
        supply = groups.setdefault(takes, [[] for _ in range(need.required.shape[1])])
        for (day, name), each in plan.works.items():
            first = (day * 1440 + labour.shifts[name].begins) // grid
            present = np.zeros(steps)
            part = weights[name][: max(0, steps - first)]
            present[first : first + len(part)] = part
            by_interval = present.reshape(-1, each_interval).mean(axis=1)
            for at in np.flatnonzero(by_interval):
                supply[int(at)].append((round(PARTS * by_interval[at]), each))
    missing, spare = [], []
    for interval in range(need.required.shape[1]):
        supplies = {takes: sum(weight * each for weight, each in supply[interval]) for takes, supply in groups.items()}
        most = {takes: PARTS * len({id(each) for _, each in supply[interval]}) for takes, supply in groups.items()}
        placed = place_supply(model, supplies, most, len(need.series))
        for series in range(len(need.series)):
            required = int(need.required[series, interval])
            present = placed[series]
            if required:
                missing += missing_cost(model, present, required * PARTS)
            short = model.new_int_var(0, required * PARTS, "")
            model.add(short >= required * PARTS - present)
            spare.append(present - required * PARTS + short)
    return sum(missing), sum(spare)


def place_supply(
    model: Any, supplies: dict[tuple[int, ...], Any], most: dict[tuple[int, ...], int], series: int
) -> list[Any]:
    """Who is present of each series, as expressions: agents who take several are placed on them by variables."""
    placed: list[list[Any]] = [[] for _ in range(series)]
    for takes, supply in supplies.items():
        if not most[takes]:
            continue
        if len(takes) == 1:
            placed[takes[0]].append(supply)
            continue
        split = [model.new_int_var(0, most[takes], "") for _ in takes]
        model.add(sum(split) == supply)
        for place, each in zip(takes, split, strict=True):
            placed[place].append(each)
    return [sum(parts) if parts else 0 for parts in placed]


def missing_cost(model: Any, present: Any, required: int) -> list[Any]:
    """What it costs that fewer are present than required: parts by band of the requirement, dearer the more are missing."""
    parts, costs, before = [], [], 0
    for share, weight in BANDS:
        upto = max(before, round(share * required))
        part = model.new_int_var(0, upto - before, "")
        parts.append(part)
        costs.append(weight * part)
        before = upto
    model.add(present + sum(parts) >= required)
    return costs


def _fairness(model: Any, plans: list[Plan], need: Requirement, labour: Labour) -> Any:
    """What is unfair or not preferred; None where nobody asks and nothing is weighed."""
    fair = labour.fair
    terms: list[Any] = []
    weekend = [day for day in range(need.days) if (need.first + timedelta(days=day)).weekday() >= 5]
    late = {name for name, shift in labour.shifts.items() if is_late(shift, labour)}
    by_contract: dict[str, list[Plan]] = {}
    for plan in plans:
        by_contract.setdefault(plan.agent.contract, []).append(plan)
    for group in by_contract.values():
        if len(group) < 2:
            continue
        for weight, counts in (
            (fair.weekend_days, [sum(plan.at_work[day] for day in weekend) for plan in group] if weekend else []),
            (fair.late_shifts, [_counted(plan, late) for plan in group]),
        ):
            if not weight or not counts:
                continue
            most, least = (model.new_int_var(0, need.days, "") for _ in range(2))
            for count in counts:
                model.add(most >= count)
                model.add(least <= count)
            terms.append(round(weight * 10) * (most - least))
    for plan in plans:
        agent = plan.agent
        for (_, name), each in plan.works.items():
            if name in agent.avoids or (agent.prefers and name not in agent.prefers):
                terms.append(round(fair.preferences * 10) * each)
    return sum(terms) if terms else None


def _counted(plan: Plan, names: set[str]) -> Any:
    return sum(each for (_, name), each in plan.works.items() if name in names)
