"""The checker finds every rule that is broken, and none where none is: each rule is broken once on purpose, by a roster that kept them all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.planning.labour import RULES, Labour, load_labour
from ccdata_assets.planning.roster_check import NAMES, Fault, check, rule_name
from ccdata_assets.planning.roster_people import Agent, Pause, Work, read_roster

FIRST, LAST = date(2026, 11, 23), date(2026, 12, 6)  # two weeks from a Monday on
LABOUR = load_labour()
ANNA = Agent("anna", "full_time")


def moment(day: int, minutes: int) -> datetime:
    return datetime.combine(FIRST, datetime.min.time()) + timedelta(days=day, minutes=minutes)


def work(day: int, shift: str = "morning", labour: Labour = LABOUR, agent: str = "anna") -> Work:
    """A shift with its breaks in the middle of their times."""
    declared = labour.shifts[shift]
    begins, ends = moment(day, declared.begins), moment(day, declared.ends)
    pauses = []
    for each in labour.breaks_of(declared.ends - declared.begins):
        middle = (each.within[0] + each.within[1]) / 2 * 60 - each.minutes / 2
        start = begins + timedelta(minutes=middle // labour.grid_minutes * labour.grid_minutes)
        pauses.append(Pause(each.kind, start, start + timedelta(minutes=each.minutes)))
    return Work(agent, FIRST + timedelta(days=day), shift, begins, ends, tuple(pauses))


WEEKS = [work(day) for day in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]
"""Monday to Friday, twice, eight hours each."""


def faults(roster: list[Work], agent: Agent = ANNA, labour: Labour = LABOUR, agents: bool = True) -> list[Fault]:
    return check(roster, [agent] if agents else None, labour, FIRST, LAST)


def with_rules(**changes: float | None) -> Labour:
    """The labour rules with other values."""
    rules = {
        name: rule.model_copy(update={"value": changes.get(name, rule.value)}) for name, rule in LABOUR.rules.items()
    }
    return LABOUR.model_copy(update={"rules": rules})


def with_overtime(**changes: float | None) -> Labour:
    contracts = {name: each.model_copy(update={"overtime": True}) for name, each in LABOUR.contracts.items()}
    return with_rules(two_week_hours=None, **changes).model_copy(update={"contracts": contracts})


def longer(day: int, hours: float, shift: str = "") -> Work:
    """A shift of the morning that lasts longer, under no name."""
    usual = work(day)
    return replace(usual, shift=shift, ends=usual.ends + timedelta(hours=hours))


def moved(change: Pause | None, place: int = 0) -> list[Work]:
    """The two weeks with one break of the first shift changed, or left out."""
    pauses = list(WEEKS[0].pauses)
    pauses[place : place + 1] = [change] if change else []
    return [replace(WEEKS[0], pauses=tuple(pauses)), *WEEKS[1:]]


def pause(kind: str, hours: float, minutes: int) -> Pause:
    begins = WEEKS[0].begins + timedelta(hours=hours)
    return Pause(kind, begins, begins + timedelta(minutes=minutes))


def nights(*days: int) -> list[Work]:
    return [work(day, "night") for day in days]


NO_HOURS = {"week_hours": None, "two_week_hours": None, "day_hours": None}
PLANTED: dict[str, tuple[list[Work], Agent, Labour]] = {
    "agent_known": ([*WEEKS, work(0, agent="nobody")], ANNA, LABOUR),
    "shift_known": ([replace(WEEKS[0], shift="brunch"), *WEEKS[1:]], ANNA, LABOUR),
    "one_shift_a_day": ([*WEEKS, work(0, "late")], ANNA, with_rules(**NO_HOURS, rest_hours=None)),
    "contract": ([*WEEKS[:4], work(4, "short_morning"), *WEEKS[5:]], ANNA, LABOUR),
    "skill": (
        WEEKS,
        replace(ANNA, skills=frozenset({"sales"})),
        LABOUR.model_copy(update={"shifts": {**LABOUR.shifts, "morning": LABOUR.shifts["morning"].model_copy(update={"skill": "vip"})}}),
    ),
    "leave": (WEEKS, replace(ANNA, leave=frozenset({FIRST})), LABOUR),
    "available": (WEEKS, replace(ANNA, available=tuple((day, 510, 1020) for day in range(1, 7))), LABOUR),
    "fixed": (WEEKS, replace(ANNA, fixed=((FIRST, None),)), LABOUR),
    "night_barred": ([*WEEKS[:4], *nights(4), *WEEKS[5:]], replace(ANNA, nights=False), LABOUR),
    "min_week_hours": (WEEKS[1:], ANNA, LABOUR),
    "break_missing": (moved(None), ANNA, LABOUR),
    "break_length": (moved(pause("short", 2, 10)), ANNA, LABOUR),
    "break_within": (moved(pause("short2", 7.25, 30), 2), ANNA, with_rules(day_hours=None)),
    "break_apart": (moved(pause("short", 3.25, 15)), ANNA, LABOUR),
    "day_hours": ([longer(0, 1), *WEEKS[1:]], ANNA, with_rules(week_hours=None, two_week_hours=None)),
    "week_hours": ([*WEEKS, work(5)], ANNA, with_rules(two_week_hours=None)),
    "two_week_hours": ([*WEEKS, work(5)], ANNA, with_rules(week_hours=None)),
    "overtime_day_hours": ([longer(0, 3.5), *WEEKS[1:]], ANNA, with_overtime()),
    "overtime_month_hours": ([*(longer(day, 2.5) for day in range(6)), *(longer(day, 2.5) for day in range(7, 13))], ANNA, with_overtime(overtime_month_hours=20)),
    "days_off_a_week": ([*WEEKS, work(5), work(6)], ANNA, with_rules(**NO_HOURS, consecutive_days=None)),
    "consecutive_days": ([*WEEKS[1:], work(5), work(6)], ANNA, with_rules(**NO_HOURS)),
    "rest_hours": ([work(0, "late"), *WEEKS[1:]], ANNA, LABOUR),
    "nights_in_a_row": ([*nights(0, 1, 2, 3), work(5), *WEEKS[5:]], ANNA, LABOUR),
    "nights_in_two_weeks": ([*nights(0, 1, 2), *nights(4, 5), *nights(7, 8), *WEEKS[8:], work(13)], ANNA, LABOUR),
    "stretch_hours": (WEEKS, ANNA, with_rules(stretch_hours=1.5)),
}  # fmt: skip
"""By rule a roster that breaks it, of whom, under which rules."""


def test_every_rule_is_planted() -> None:
    assert set(PLANTED) == {*RULES, *NAMES}


@pytest.mark.parametrize("rule", sorted(PLANTED))
def test_a_rule_that_is_broken_is_found_and_no_other(rule: str) -> None:
    roster, agent, labour = PLANTED[rule]
    found = faults(roster, agent, labour)
    also = {
        "shift_known": {"day_hours"},
        "contract": {"min_week_hours"},
        "break_missing": {"stretch_hours"},
        "agent_known": {"min_week_hours"},
        "break_within": {"break_length", "break_apart"},
        "overtime_day_hours": {"stretch_hours"},
        "overtime_month_hours": {"stretch_hours"},
        "one_shift_a_day": {"min_week_hours"},
    }
    assert rule in {fault.rule for fault in found}, f"not found: {found}"
    assert {fault.rule for fault in found} <= {rule} | also.get(rule, set())
    assert rule_name(rule, labour).zh != rule_name(rule, labour).en


def test_two_usual_weeks_break_no_rule() -> None:
    assert faults(WEEKS) == []
    assert faults(WEEKS, agents=False) == []


def test_what_was_worked_before_counts() -> None:
    tired = replace(ANNA, days_in_a_row=1)
    assert [fault.rule for fault in faults(WEEKS, tired)] == []
    found = faults(WEEKS, replace(ANNA, days_in_a_row=2))
    assert [(fault.rule, fault.day, fault.found) for fault in found] == [
        ("consecutive_days", FIRST + timedelta(days=4), "7")
    ]
    late = replace(ANNA, last_end=moment(-1, 23 * 60))
    assert [(fault.rule, fault.day) for fault in faults(WEEKS, late)] == [("rest_hours", FIRST)]


def test_leave_lowers_the_hours_that_are_due() -> None:
    assert faults(WEEKS[1:], replace(ANNA, leave=frozenset({FIRST}))) == []


def test_a_day_between_a_night_and_an_early_shift_is_no_day_off() -> None:
    shifts = {**LABOUR.shifts, "dawn": LABOUR.shifts["early"].model_copy(update={"from_": datetime(2026, 1, 1, 5).time(), "to": datetime(2026, 1, 1, 13, 30).time()})}  # fmt: skip
    labour = with_rules(**NO_HOURS, consecutive_days=None).model_copy(update={"shifts": shifts})
    week = [*(work(day) for day in range(4)), work(4, "night"), work(6, "dawn", labour)]
    found = faults([*week, *WEEKS[5:]], labour=labour)
    assert ("days_off_a_week", "0") in {(fault.rule, fault.found) for fault in found}


@settings(max_examples=60, deadline=None)
@given(
    day=st.sampled_from([0, 3, 8, 11]),
    shift=st.sampled_from(["early", "morning", "day", "noon", "late"]),
    rule=st.sampled_from(["leave", "fixed", "break_missing", "night_barred", "agent_known", "day_hours", "rest_hours"]),
)
def test_a_rule_broken_on_any_day_of_any_shift_is_found_there(day: int, shift: str, rule: str) -> None:
    roster = [each if each.day != FIRST + timedelta(days=day) else work(day, shift) for each in WEEKS]
    on = FIRST + timedelta(days=day)
    agent, labour = ANNA, with_rules(rest_hours=None)
    if rule == "leave":
        agent = replace(ANNA, leave=frozenset({on}))
    elif rule == "fixed":
        agent = replace(ANNA, fixed=((on, "night"),))
    elif rule == "agent_known":
        agent = replace(ANNA, agent="somebody else")
    elif rule == "night_barred":
        agent = replace(ANNA, nights=False)
        roster = [each if each.day != on else work(day, "night") for each in roster]
    elif rule == "rest_hours":
        labour = LABOUR
        roster = [each if each.day != on else work(day, "late") for each in roster]
        before = replace(ANNA, last_end=roster[0].begins - timedelta(hours=2))
        agent, on = before, roster[0].day
    else:
        hit = next(each for each in roster if each.day == on)
        pauses = hit.pauses[1:] if rule == "break_missing" else hit.pauses
        ends = hit.ends + timedelta(hours=2 if rule == "day_hours" else 0)
        roster[roster.index(hit)] = replace(hit, pauses=pauses, ends=ends)
    assert (rule, on) in {(fault.rule, fault.day) for fault in faults(roster, agent, labour)}


def test_a_roster_that_somebody_brings_is_read_and_judged(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(
        "工号,日期,班次,开始,结束,休息时段\n"
        "anna,2026-11-23,上午班,08:30,17:00,10:30-10:45; 12:30-13:00; 14:30-14:45\n"
        "anna,2026-11-24,night,22:00,06:30,00:30-00:45 short; 02:00-02:30 meal; 04:00-04:15 short2\n"
        "anna,2026/11/25,休,,,\n"
        "anna,2026-11-26,晚班,,,\n"
        "anna,yesterday,晚班,,,\n"
        ",2026-11-27,晚班,,,\n"
        "anna,2026-11-28,,25:00,26:00,\n",
        encoding="utf-8",
    )
    roster, unread = read_roster(file, LABOUR)
    assert [(each.shift, f"{each.begins:%d %H:%M}", f"{each.ends:%d %H:%M}") for each in roster] == [
        ("morning", "23 08:30", "23 17:00"),
        ("night", "24 22:00", "25 06:30"),
        ("late", "26 13:30", "26 22:00"),
    ]
    assert [row for row, _ in unread] == [6, 7, 8]
    assert "yesterday" not in str(unread)
    found = check(roster, None, LABOUR, FIRST, FIRST + timedelta(days=6))
    # breaks without a name are those that are due; the late shift has none
    assert [(fault.rule, fault.day.day) for fault in found if fault.rule.startswith("break")] == [
        ("break_missing", 26)
    ] * 3
