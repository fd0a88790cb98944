"""The rules of labour.yaml over the shifts of one agent, as constraints. Rules bind one agent at a time, so rules that contradict each
other are found agent by agent, and named. Whether a roster keeps them is judged by other code (`roster_check.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np

from ccdata_assets.errors import CcdataError
from ccdata_assets.planning.labour import Labour, Shift
from ccdata_assets.planning.roster_coverage import Requirement
from ccdata_assets.planning.roster_people import Agent
from ccdata_assets.planning.roster_shifts import is_night, paid_minutes


class RulesContradict(CcdataError):
    """Rules and wishes that cannot all be kept, by agent."""


class Plan:
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


RULES: Final = (
    *("skill", "leave", "available", "night_barred", "fixed", "day_hours", "week_hours", "overtime_month_hours"),
    *("two_week_hours", "min_week_hours", "days_off_a_week", "consecutive_days", "rest_hours"),
    *("nights_in_a_row", "nights_in_two_weeks"),
)  # fmt: skip


def refuse_contradiction(agent: Agent, need: Requirement, labour: Labour) -> None:
    """RulesContradict with the fewest rules that cannot be kept together: what is left when none can be left out any more."""
    if _can_keep(agent, need, labour, RULES):
        return
    clash = list(RULES)
    for rule in RULES:
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
    Plan(model, agent, need, labour).keep(rules)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = 5
    return solver.solve(model) != cp_model.INFEASIBLE
