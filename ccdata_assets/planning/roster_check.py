"""Whether a roster keeps the rules: every shift, break, day and week of every agent looked at again by the clock. It shares nothing with what
makes rosters (`roster_rules.py`), so that a fault there is found here, and it judges rosters that people bring.

A week is that of ISO 8601; a day's work is that of the shift that begins on it, a break that is not paid taken off. Overtime of a week is
what goes beyond the daily hours, added up, or beyond the weekly ones, whichever is more; it counts in the month in which the week ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from ccdata_assets.planning.labour import Labour
from ccdata_assets.planning.roster_people import Agent, Work
from ccdata_assets.reporting.model import Text

DAY: Final = timedelta(days=1)
NAMES: Final = {
    "agent_known": Text("名单中没有的坐席", "agent is in no list"),
    "shift_known": Text("班次与排班规则不符", "shift is not as declared"),
    "one_shift_a_day": Text("同日多班或班次重叠", "two shifts on a day, or at one time"),
    "contract": Text("班次不属于该用工形式", "shift is not of the contract"),
    "skill": Text("缺少所需技能", "skill is lacking"),
    "leave": Text("请假日排班", "work on leave"),
    "available": Text("可用时段之外", "outside the times available"),
    "fixed": Text("与指定班次不符", "not as fixed"),
    "night_barred": Text("不可排夜班者排夜班", "night shift of who has none"),
    "min_week_hours": Text("不足合同工时", "fewer hours than the contract"),
    "break_missing": Text("缺少休息", "break is missing"),
    "break_length": Text("休息时长不符", "break is of another length"),
    "break_within": Text("休息不在规定时段", "break is outside its time"),
    "break_apart": Text("休息间隔过近", "breaks are too near to each other, or to an end"),
}
"""Rules without a value; those with one are named in labour.yaml."""


@dataclass(frozen=True)
class Fault:
    """One rule broken: by whom, on which day (of a week its Monday, of a run its last), what was found and what holds."""

    rule: str
    agent: str
    day: date
    found: str
    limit: str


def check(
    roster: Sequence[Work], agents: Sequence[Agent] | None, labour: Labour, first: date, last: date
) -> list[Fault]:
    """Every rule that a roster of the days from `first` to `last` breaks, in the order of agent, day and rule.

    Without a list of agents (None) all have the first contract, all skills, and no wishes."""
    known = {each.agent: each for each in agents or ()}
    by_agent: dict[str, list[Work]] = defaultdict(list)
    for work in roster:
        by_agent[work.agent].append(_named(work, labour))
    found: list[Fault] = []
    for name in sorted({*by_agent, *known}):
        works = sorted(by_agent[name], key=lambda work: (work.begins, work.ends))
        if agents is not None and name not in known:
            found += [Fault("agent_known", name, work.day, "–", "–") for work in works]
        agent = known.get(name) or Agent(name, labour.default_contract)
        found += _Look(agent, works, labour, first, last).faults()
    return sorted(found, key=lambda fault: (fault.agent, fault.day, fault.rule, fault.found))


def rule_name(rule: str, labour: Labour) -> Text:
    """What a rule is called."""
    if rule in labour.rules:
        return Text(labour.rules[rule].zh, labour.rules[rule].en)
    return NAMES[rule]


@dataclass(frozen=True)
class _Look:
    """The shifts of one agent, in the order of the clock."""

    agent: Agent
    works: list[Work]
    labour: Labour
    first: date
    last: date

    def faults(self) -> Iterator[Fault]:
        for work in self.works:
            yield from self._shift(work)
            yield from self._pauses(work)
        yield from self._between()
        yield from self._days()
        yield from self._weeks()
        yield from self._nights()
        yield from self._fixed()

    def _fault(self, rule: str, day: date, found: object, limit: object) -> Fault:
        return Fault(rule, self.agent.agent, day, _text(found), _text(limit))

    def _limit(self, rule: str) -> float | None:
        return self.labour.limit(rule, self.agent.contract)

    def _shift(self, work: Work) -> Iterator[Fault]:
        declared = self.labour.shifts.get(work.shift)
        if work.shift and declared is None:
            yield self._fault("shift_known", work.day, work.shift, ", ".join(self.labour.shifts))
        if declared:
            times = f"{declared.from_:%H:%M}-{declared.to:%H:%M}"
            if f"{work.begins:%H:%M}-{work.ends:%H:%M}" != times or work.begins.date() != work.day:
                yield self._fault("shift_known", work.day, f"{work.begins:%H:%M}-{work.ends:%H:%M}", times)
            if declared.contracts is not None and self.agent.contract not in declared.contracts:
                yield self._fault("contract", work.day, self.agent.contract, ", ".join(declared.contracts))
            if declared.skill and self.agent.skills and declared.skill not in self.agent.skills:
                yield self._fault("skill", work.day, "–", declared.skill)
        if work.day in self.agent.leave:
            yield self._fault("leave", work.day, work.shift, "–")
        if self.agent.available is not None and not self._is_available(work):
            yield self._fault("available", work.day, f"{work.begins:%H:%M}-{work.ends:%H:%M}", "–")
        if not self.agent.nights and self._is_night(work):
            yield self._fault("night_barred", work.day, work.shift, "–")
        hours, most, more = _hours(self._paid(work)), self._limit("day_hours"), self._limit("overtime_day_hours")
        if most is not None and hours > most:
            if not self._has_overtime():
                yield self._fault("day_hours", work.day, hours, most)
            elif more is not None and hours > most + more:
                yield self._fault("overtime_day_hours", work.day, hours - most, more)

    def _is_available(self, work: Work) -> bool:
        midnight = datetime.combine(work.begins.date(), datetime.min.time())
        return any(
            weekday == work.begins.weekday()
            and midnight + timedelta(minutes=begins) <= work.begins
            and work.ends <= midnight + timedelta(minutes=ends)
            for weekday, begins, ends in self.agent.available or ()
        )

    def _has_overtime(self) -> bool:
        return self.labour.contracts[self.agent.contract].overtime

    def _paid(self, work: Work) -> timedelta:
        unpaid = {each.kind for each in self.labour.breaks if not each.is_paid}
        off = sum((pause.ends - pause.begins for pause in work.pauses if pause.kind in unpaid), timedelta())
        return work.ends - work.begins - off

    def _is_night(self, work: Work) -> bool:
        night = self.labour.night
        shared = timedelta()
        for back in (-1, 0, 1):
            evening = datetime.combine(work.begins.date() + back * DAY, night.from_)
            morning = datetime.combine(evening.date() + (DAY if night.to <= night.from_ else timedelta()), night.to)
            shared += max(timedelta(), min(work.ends, morning) - max(work.begins, evening))
        return shared >= timedelta(hours=night.hours)

    def _pauses(self, work: Work) -> Iterator[Fault]:
        due = {
            each.kind: each
            for each in self.labour.breaks
            if work.ends - work.begins >= timedelta(hours=each.from_hours)
        }
        given = {pause.kind: pause for pause in work.pauses}
        for kind, each in due.items():
            if kind not in given:
                yield self._fault("break_missing", work.day, "–", f"{kind} {each.minutes} min")
                continue
            pause = given[kind]
            if pause.ends - pause.begins != timedelta(minutes=each.minutes):
                yield self._fault("break_length", work.day, f"{kind} {_minutes(pause.ends - pause.begins)} min", f"{each.minutes} min")  # fmt: skip
            opens, closes = (work.begins + timedelta(hours=hours) for hours in each.within)
            if pause.begins < opens or pause.ends > closes:
                yield self._fault("break_within", work.day, f"{kind} {pause.begins:%H:%M}-{pause.ends:%H:%M}", f"{opens:%H:%M}-{closes:%H:%M}")  # fmt: skip
        marks = [(work.begins, work.begins), *((p.begins, p.ends) for p in work.pauses), (work.ends, work.ends)]
        apart, stretch = timedelta(hours=self.labour.breaks_apart_hours), self._limit("stretch_hours")
        for (_, before), (after, _) in pairwise(marks):
            if work.pauses and after - before < apart:
                yield self._fault("break_apart", work.day, _hours(after - before), self.labour.breaks_apart_hours)
            if stretch is not None and after - before > timedelta(hours=stretch):
                yield self._fault("stretch_hours", work.day, _hours(after - before), stretch)

    def _between(self) -> Iterator[Fault]:
        rest = self._limit("rest_hours")
        if self.agent.last_end and self.works and rest is not None:
            gap = self.works[0].begins - self.agent.last_end
            if gap < timedelta(hours=rest):
                yield self._fault("rest_hours", self.works[0].day, _hours(gap), rest)
        for before, after in pairwise(self.works):
            if after.begins < before.ends or after.day == before.day:
                yield self._fault("one_shift_a_day", after.day, f"{after.begins:%H:%M}", f"{before.ends:%H:%M}")
            elif rest is not None and after.begins - before.ends < timedelta(hours=rest):
                yield self._fault("rest_hours", after.day, _hours(after.begins - before.ends), rest)

    def _days(self) -> Iterator[Fault]:
        most = self._limit("consecutive_days")
        if most is None:
            return
        row, before = self.agent.days_in_a_row, self.first - DAY
        for day in sorted({work.day for work in self.works}):
            row = row + 1 if day == before + DAY else 1
            before = day
            if row > most:
                yield self._fault("consecutive_days", day, row, most)

    def _weeks(self) -> Iterator[Fault]:
        by_day: dict[date, timedelta] = defaultdict(timedelta)
        for work in self.works:
            by_day[work.day] += self._paid(work)
        contract = self.labour.contracts[self.agent.contract]
        week_most, day_most = self._limit("week_hours"), self._limit("day_hours")
        overtime: dict[tuple[int, int], float] = defaultdict(float)
        for monday in _mondays(self.first, self.last):
            days = [monday + n * DAY for n in range(7)]
            hours = _hours(sum((by_day[day] for day in days), timedelta()))
            if week_most is not None:
                over_days = (
                    sum(max(0.0, _hours(by_day[day]) - day_most) for day in days) if day_most is not None else 0.0
                )
                over = max(hours - week_most, over_days)
                overtime[days[-1].year, days[-1].month] += max(0.0, over)
                if hours > week_most and not contract.overtime:
                    yield self._fault("week_hours", monday, hours, week_most)
            is_whole = self.first <= monday and days[-1] <= self.last
            off = self._limit("days_off_a_week")
            if off is not None and is_whole and (had := sum(map(self._is_off, days))) < off:
                yield self._fault("days_off_a_week", monday, had, off)
            leave = sum(day in self.agent.leave for day in days)
            due = contract.min_week_hours * max(0.0, 1 - leave / contract.days_a_week)
            if is_whole and hours < due - 1e-9:
                yield self._fault("min_week_hours", monday, hours, due)
        if (month_most := self._limit("overtime_month_hours")) is not None and contract.overtime:
            for (year, month), hours in sorted(overtime.items()):
                if hours > month_most:
                    yield self._fault("overtime_month_hours", date(year, month, 1), hours, month_most)
        if (fortnight := self._limit("two_week_hours")) is not None:
            for start in _days_between(self.first, max(self.first, self.last - 13 * DAY)):
                hours = _hours(sum((by_day[start + n * DAY] for n in range(14)), timedelta()))
                if hours > fortnight:
                    yield self._fault("two_week_hours", start, hours, fortnight)

    def _is_off(self, day: date) -> bool:
        """A day on which no shift begins, with 24 hours free around it."""
        if any(work.day == day for work in self.works):
            return False
        ended = max((work.ends for work in self.works if work.day < day), default=datetime.min)
        begins = min((work.begins for work in self.works if work.day > day), default=datetime.max)
        return begins - ended >= DAY

    def _nights(self) -> Iterator[Fault]:
        nights = sorted({*self.agent.nights_before, *(work.day for work in self.works if self._is_night(work))})
        in_row, in_two = self._limit("nights_in_a_row"), self._limit("nights_in_two_weeks")
        row = 0
        for place, day in enumerate(nights):
            row = row + 1 if place and nights[place - 1] == day - DAY else 1
            if day < self.first:
                continue  # the roster before answers for its own
            if in_row is not None and row > in_row:
                yield self._fault("nights_in_a_row", day, row, in_row)
            count = sum(day - 13 * DAY <= each <= day for each in nights)
            if in_two is not None and count > in_two:
                yield self._fault("nights_in_two_weeks", day, count, in_two)

    def _fixed(self) -> Iterator[Fault]:
        shifts: dict[date, str] = {work.day: work.shift for work in self.works}
        for day, shift in self.agent.fixed:
            if self.first <= day <= self.last and shifts.get(day) != shift:
                yield self._fault("fixed", day, shifts.get(day) or "off", shift or "off")


def _named(work: Work, labour: Labour) -> Work:
    """The shift with its breaks named: one without a name is the first one due that has its length."""
    length = work.ends - work.begins
    due = {each.kind: each.minutes for each in labour.breaks if length >= timedelta(hours=each.from_hours)}
    left = {kind: minutes for kind, minutes in due.items() if kind not in {pause.kind for pause in work.pauses}}
    named = []
    for pause in work.pauses:
        fits = (kind for kind, minutes in left.items() if timedelta(minutes=minutes) == pause.ends - pause.begins)
        kind = pause.kind or next(fits, "")
        left.pop(kind, None)
        named.append(replace(pause, kind=kind))
    return replace(work, pauses=tuple(named))


def _mondays(first: date, last: date) -> Iterable[date]:
    monday = first - first.weekday() * DAY
    return [monday + n * DAY for n in range(0, (last - monday).days + 1, 7)]


def _days_between(first: date, last: date) -> Iterable[date]:
    return [first + n * DAY for n in range((last - first).days + 1)]


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
