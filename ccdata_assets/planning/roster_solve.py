"""Rosters by OR-tools CP-SAT: first who works which shift on which day, then when each break is taken. Rules and wishes come from
labour.yaml and the list of agents; demand is soft, so that what cannot be covered gives the best roster with its gaps, while rules are
hard. What a roster covers is measured by `roster_coverage.py`, whether it keeps the rules by `roster_check.py`.

Rules bind one agent at a time, so rules that contradict each other are found agent by agent, and named. The solver's effort is counted in
its own deterministic time, not by the clock: the same input gives the same roster on any machine, unless the limit by the clock,
many times as long, ends the search first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ccdata_assets.errors import CcdataError
from ccdata_assets.planning.labour import Labour, Shift
from ccdata_assets.planning.roster_coverage import Requirement
from ccdata_assets.planning.roster_people import Agent, Work

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


class RulesContradict(CcdataError):
    """Rules and wishes that cannot all be kept, by agent."""


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
        _refuse_contradiction(agent, need, labour)
    model = cp_model.CpModel()
    plans = [_Plan(model, agent, need, labour) for agent in agents]
    for plan in plans:
        plan.keep(_RULES)
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


def paid_minutes(shift: Shift, labour: Labour) -> int:
    """Minutes of a shift that count as work."""
    whole = shift.ends - shift.begins
    return whole - sum(each.minutes for each in labour.breaks_of(whole) if not each.is_paid)


def night_minutes(work_begins: int, work_ends: int, labour: Labour) -> int:
    """Minutes in the night, of work from one minute of its first day to another, which may be of the next."""
    begins = labour.night.from_.hour * 60 + labour.night.from_.minute
    ends = labour.night.to.hour * 60 + labour.night.to.minute
    ends = ends if ends > begins else ends + 1440
    return sum(max(0, min(work_ends, ends + back) - max(work_begins, begins + back)) for back in (-1440, 0, 1440))


def is_night(shift: Shift, labour: Labour) -> bool:
    """Whether it is a night shift."""
    return night_minutes(shift.begins, shift.ends, labour) >= labour.night.hours * 60


def is_night_work(work: Work, labour: Labour) -> bool:
    """The same of a shift that somebody worked, whether or not it is a declared one."""
    begins = work.begins.hour * 60 + work.begins.minute
    lasts = int((work.ends - work.begins).total_seconds() // 60)
    return night_minutes(begins, begins + lasts, labour) >= labour.night.hours * 60


def is_late(shift: Shift, labour: Labour) -> bool:
    """Whether it ends late, or is a night shift."""
    return is_night(shift, labour) or shift.ends > labour.late_from.hour * 60 + labour.late_from.minute


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


class _Plan:
    """The shifts that one agent may work, as variables, and the rules over them."""

    def __init__(self, model: Any, agent: Agent, need: Requirement, labour: Labour) -> None:
        self.model, self.agent, self.need, self.labour = model, agent, need, labour
        may = {
            name: shift
            for name, shift in labour.shifts.items()
            if shift.contracts is None or agent.contract in shift.contracts
        }
        self.shifts = may
        self.works: dict[tuple[int, str], Any] = {
            (day, name): model.new_bool_var(f"{agent.agent} {day} {name}") for day in range(need.days) for name in may
        }
        self.at_work = [sum(self.of_day(day)) for day in range(need.days)]
        self.paid = {name: paid_minutes(shift, labour) for name, shift in may.items()}
        for day in range(need.days):
            model.add_at_most_one(self.of_day(day))

    def of_day(self, day: int) -> list[Any]:
        """The variables of a day."""
        return [self.works[day, name] for name in self.shifts]

    def every(self) -> Iterable[Any]:
        """All variables."""
        return self.works.values()

    def keep(self, rules: Iterable[str]) -> None:
        """Add rules by name."""
        for rule in rules:
            getattr(self, f"_{rule}")()

    def _limit(self, rule: str) -> float | None:
        return self.labour.limit(rule, self.agent.contract)

    def _day(self, place: int) -> date:
        return self.need.first + timedelta(days=place)

    def _never(self, barred: Callable[[int, str, Shift], bool]) -> None:
        for (day, name), each in self.works.items():
            if barred(day, name, self.shifts[name]):
                self.model.add(each == 0)

    def _minutes(self, days: Iterable[int]) -> Any:
        inside = set(days)
        return sum(self.paid[name] * each for (day, name), each in self.works.items() if day in inside)

    def _weeks(self) -> list[tuple[list[int], bool]]:
        """Places of the days of each ISO week, and whether the whole week is in the roster."""
        weeks: dict[date, list[int]] = {}
        for place in range(self.need.days):
            day = self._day(place)
            weeks.setdefault(day - timedelta(days=day.weekday()), []).append(place)
        return [(places, len(places) == 7) for places in weeks.values()]

    # --- the rules, by the names the checker has for them ---

    def _skill(self) -> None:
        self._never(
            lambda day, name, shift: bool(shift.skill and self.agent.skills and shift.skill not in self.agent.skills)
        )

    def _leave(self) -> None:
        self._never(lambda day, name, shift: self._day(day) in self.agent.leave)

    def _available(self) -> None:
        given = self.agent.available
        if given is not None:
            self._never(
                lambda day, name, shift: (
                    not any(
                        weekday == self._day(day).weekday() and begins <= shift.begins and shift.ends <= ends
                        for weekday, begins, ends in given
                    )
                )
            )

    def _night_barred(self) -> None:
        if not self.agent.nights:
            self._never(lambda day, name, shift: is_night(shift, self.labour))

    def _fixed(self) -> None:
        for on, name in self.agent.fixed:
            day = (on - self.need.first).days
            if not 0 <= day < self.need.days:
                continue
            if name is None:
                self.model.add(self.at_work[day] == 0)
            elif (day, name) in self.works:
                self.model.add(self.works[day, name] == 1)
            else:  # a shift that is not of the contract
                self.model.add_bool_or([])

    def _day_hours(self) -> None:
        most, more = self._limit("day_hours"), self._limit("overtime_day_hours")
        if most is None or (self._has_overtime() and more is None):
            return
        most += more if self._has_overtime() and more is not None else 0
        self._never(lambda day, name, shift: self.paid[name] > most * 60)

    def _has_overtime(self) -> bool:
        return self.labour.contracts[self.agent.contract].overtime

    def _week_hours(self) -> None:
        most = self._limit("week_hours")
        if most is None or self._has_overtime():
            return
        for places, _ in self._weeks():
            self.model.add(self._minutes(places) <= round(most * 60))

    def _overtime_month_hours(self) -> None:
        month_most, week_most, day_most = (
            self._limit(rule) for rule in ("overtime_month_hours", "week_hours", "day_hours")
        )
        if not self._has_overtime() or month_most is None or week_most is None:
            return
        months: dict[tuple[int, int], list[Any]] = {}
        for places, _ in self._weeks():
            sunday = self._day(places[0]) + timedelta(days=6 - self._day(places[0]).weekday())
            over = self.model.new_int_var(0, 7 * 1440, "")
            self.model.add(over >= self._minutes(places) - round(week_most * 60))
            if day_most is not None:
                longer = {name: max(0, paid - round(day_most * 60)) for name, paid in self.paid.items()}
                self.model.add(
                    over >= sum(longer[name] * each for (day, name), each in self.works.items() if day in places)
                )
            months.setdefault((sunday.year, sunday.month), []).append(over)
        for overs in months.values():
            self.model.add(sum(overs) <= round(month_most * 60))

    def _two_week_hours(self) -> None:
        if (most := self._limit("two_week_hours")) is not None:
            for window in self._windows(14):
                self.model.add(self._minutes(window) <= round(most * 60))

    def _windows(self, length: int) -> list[range]:
        last = max(1, self.need.days - length + 1)
        return [range(first, min(first + length, self.need.days)) for first in range(last)]

    def _min_week_hours(self) -> None:
        contract = self.labour.contracts[self.agent.contract]
        for places, is_whole in self._weeks():
            leave = sum(self._day(place) in self.agent.leave for place in places)
            due = contract.min_week_hours * max(0.0, 1 - leave / contract.days_a_week)
            if is_whole and due > 0:
                self.model.add(self._minutes(places) >= int(np.ceil(due * 60 - 1e-6)))

    def _days_off_a_week(self) -> None:
        off = self._limit("days_off_a_week")
        if off is None:
            return
        for places, is_whole in self._weeks():
            if is_whole:
                self.model.add(sum(self.at_work[place] for place in places) <= 7 - int(np.ceil(off)))
        # a day off has 24 hours free around it
        for day in range(1, self.need.days - 1):
            self._pairs(day - 1, day + 1, 1440, unless=self.at_work[day])

    def _consecutive_days(self) -> None:
        most = self._limit("consecutive_days")
        if most is None:
            return
        count = int(most)
        for window in self._windows(count + 1):
            if len(window) == count + 1:
                self.model.add(sum(self.at_work[day] for day in window) <= count)
        before = self.agent.days_in_a_row
        if before > 0:
            first = max(1, count - before + 1)
            if first <= self.need.days:
                self.model.add(sum(self.at_work[day] for day in range(first)) <= first - 1)

    def _rest_hours(self) -> None:
        rest = self._limit("rest_hours")
        if rest is None:
            rest = 0.0
        for day in range(self.need.days):
            for later in (day + 1, day + 2):
                if later < self.need.days:
                    self._pairs(day, later, round(rest * 60))
        if self.agent.last_end:
            free = self.agent.last_end + timedelta(hours=rest)
            self._never(
                lambda day, name, shift: (
                    datetime.combine(self._day(day), time()) + timedelta(minutes=shift.begins) < free
                )
            )

    def _pairs(self, day: int, later: int, rest: int, unless: Any = 0) -> None:
        """No two shifts of these days with less than `rest` minutes between them."""
        for name, shift in self.shifts.items():
            near = [
                self.works[later, other]
                for other, after in self.shifts.items()
                if after.begins + 1440 * (later - day) - shift.ends < rest
            ]
            if near:
                self.model.add(self.works[day, name] + sum(near) <= 1 + unless)

    def _nights_in_a_row(self) -> None:
        if (most := self._limit("nights_in_a_row")) is not None:
            self._nights(int(most) + 1, int(most))

    def _nights_in_two_weeks(self) -> None:
        if (most := self._limit("nights_in_two_weeks")) is not None:
            self._nights(14, int(most))

    def _nights(self, length: int, most: int) -> None:
        nights = [name for name, shift in self.shifts.items() if is_night(shift, self.labour)]
        if nights:
            for window in self._windows(length):
                self.model.add(sum(self.works[day, name] for day in window for name in nights) <= most)
            self._nights_after(length, most, nights)

    def _nights_after(self, length: int, most: int, nights: list[str]) -> None:
        """What the nights of the roster before leave of each stretch that begins in it."""
        before = {(day - self.need.first).days for day in self.agent.nights_before}
        for back in range(1, length):
            taken = sum(-back <= day < 0 for day in before)
            if taken:
                days = range(min(length - back, self.need.days))
                self.model.add(sum(self.works[day, name] for day in days for name in nights) <= max(0, most - taken))


_RULES: Final = (
    *("skill", "leave", "available", "night_barred", "fixed", "day_hours", "week_hours", "overtime_month_hours"),
    *("two_week_hours", "min_week_hours", "days_off_a_week", "consecutive_days", "rest_hours"),
    *("nights_in_a_row", "nights_in_two_weeks"),
)  # fmt: skip


def _refuse_contradiction(agent: Agent, need: Requirement, labour: Labour) -> None:
    """RulesContradict with the fewest rules that cannot be kept together: what is left when none can be left out any more."""
    if _can_keep(agent, need, labour, _RULES):
        return
    clash = list(_RULES)
    for rule in _RULES:
        fewer = [each for each in clash if each != rule]
        if not _can_keep(agent, need, labour, fewer):
            clash = fewer
    from ccdata_assets.planning.roster_check import rule_name

    said = []
    for rule in clash:
        limit = labour.limit(rule, agent.contract) if rule in labour.rules else None
        name = rule_name(rule, labour)
        said.append(f"{name.zh} {name.en}" + (f" ({limit:g})" if limit is not None else ""))
    weeks = [days for days in _spans(need) if not _can_keep(agent, need, labour, clash, days)]
    where = f" in the days {weeks[0][0]} to {weeks[0][1]}" if weeks else ""
    raise RulesContradict(
        f"agent {agent.agent}: these rules cannot all be kept{where}: {'; '.join(said)}; "
        "fix: change the agent's line (leave, available, fixed, contract), or the rule in labour.yaml"
    )


def _spans(need: Requirement) -> list[tuple[date, date]]:
    """The weeks of the roster, to say where a contradiction lies."""
    found = []
    for place in range(0, need.days, 7):
        first = need.first + timedelta(days=place)
        found.append((first, min(first + timedelta(days=6), need.last)))
    return found


def _can_keep(
    agent: Agent, need: Requirement, labour: Labour, rules: Iterable[str], days: tuple[date, date] | None = None
) -> bool:
    from ortools.sat.python import cp_model

    if days:
        length = (days[1] - days[0]).days + 1
        need = Requirement(days[0], length, need.minutes, need.series, need.required[:, :0])
    model = cp_model.CpModel()
    _Plan(model, agent, need, labour).keep(rules)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = 5
    return solver.solve(model) != cp_model.INFEASIBLE


def expected_presence(shift: Shift, labour: Labour) -> NDArray[np.float64]:
    """For each step of a shift the chance that its agent is not on a break, were breaks anywhere in their time with equal chance."""
    grid = labour.grid_minutes
    steps = (shift.ends - shift.begins) // grid
    found = np.ones(steps)
    for each in labour.breaks_of(shift.ends - shift.begins):
        starts = range(round(each.within[0] * 60) // grid, (round(each.within[1] * 60) - each.minutes) // grid + 1)
        starts = range(starts.start, min(starts.stop, steps - each.minutes // grid + 1))
        for start in starts:
            found[start : start + each.minutes // grid] -= 1 / len(starts)
    return np.maximum(found, 0.0)


def _cover(model: Any, plans: list[_Plan], need: Requirement, labour: Labour) -> tuple[Any, Any]:
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


def _fairness(model: Any, plans: list[_Plan], need: Requirement, labour: Labour) -> Any:
    """What is unfair or not preferred; None where nobody asks and nothing is weighed."""
    fair = labour.fair
    terms: list[Any] = []
    weekend = [day for day in range(need.days) if (need.first + timedelta(days=day)).weekday() >= 5]
    late = {name for name, shift in labour.shifts.items() if is_late(shift, labour)}
    by_contract: dict[str, list[_Plan]] = {}
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


def _counted(plan: _Plan, names: set[str]) -> Any:
    return sum(each for (_, name), each in plan.works.items() if name in names)
