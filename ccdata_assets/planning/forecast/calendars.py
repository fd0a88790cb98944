"""Which days are not like others: public holidays, their eves, half days, working days moved to a weekend, declared events.

China's days come from the seed `calendar_day`, as announced (marts.dim_date is made of it); other countries', and years that China
has not announced, from the library holidays. What a day does to the calls is learned elsewhere; here is only what it is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from ccdata_assets.planning.forecast.declared import Calendar, Event
from ccdata_assets.planning.forecast.series import Day
from ccdata_assets.settings import PROJECT_DIR

SEED = PROJECT_DIR / "dbt_project" / "seeds" / "calendar_day.csv"
WEEKDAYS = {
    "monday": 1,
    "tuesday": 2,
    "wednesday": 3,
    "thursday": 4,
    "friday": 5,
    "saturday": 6,
    "sunday": 7,
    "workday": 0,
}
_ONE = timedelta(days=1)


def days_of(calendar: Calendar, on: Sequence[date], events: Iterable[Event] = ()) -> list[Day]:
    """What each day of `on` is. A public holiday goes before an event, an event before an eve or a half day."""
    if not on:
        return []
    known = _special(calendar, min(on).year, max(on).year)
    declared = list(events)
    return [_with_events(known.get(day, Day(day)), declared) for day in on]


def _with_events(day: Day, events: list[Event]) -> Day:
    mine = [event for event in events if event.starts_on <= day.on <= event.ends_on]
    if not mine or day.kind == "holiday":
        return day
    uplift = 1.0
    for event in mine:
        uplift *= 1 + event.uplift
    names = [(event.title.zh, event.title.en) for event in mine]
    zh, en = (" + ".join(sorted({name[i] for name in names})) for i in (0, 1))
    like = day.like if day.kind != "ordinary" else None
    return Day(day.on, "event", like, zh, en, uplift - 1)


@lru_cache(maxsize=32)
def _special(calendar: Calendar, first_year: int, last_year: int) -> dict[date, Day]:
    days: dict[date, Day] = {}
    years = range(first_year - 1, last_year + 2)
    announced: set[int] = set()
    if calendar.seed:
        days, announced = _announced(years)
    if calendar.country:
        days |= _of_library(calendar, [year for year in years if year not in announced])
    days |= _around(calendar, days)
    return days


def _announced(years: Sequence[int]) -> tuple[dict[date, Day], set[int]]:
    days, announced = {}, set()
    for row in _seed(SEED):
        on = date.fromisoformat(row["date"])
        if on.year not in years:
            continue
        announced.add(on.year)
        if row["is_working_day"] == "true":
            days[on] = Day(on, "swap", 0, f"{row['holiday_zh']}调休上班", f"Worked for {row['holiday_en']}")
        else:
            days[on] = Day(on, "holiday", 7, row["holiday_zh"], row["holiday_en"])
    return days, announced


@lru_cache
def _seed(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _of_library(calendar: Calendar, years: Sequence[int]) -> dict[date, Day]:
    import holidays  # a third of a second that only forecasts need

    known = getattr(holidays, str(calendar.country))
    english, chinese = (_language(known, *names) for names in (("en_US", "en"), ("zh_CN", "en_US", "en")))

    def found(category: str) -> dict[date, tuple[str, str]]:
        zh, en = (
            known(years=list(years), categories=(category,), language=language) for language in (chinese, english)
        )
        return {on: (zh.get(on, name), name) for on, name in en.items() if on.year in years}

    workdays = {WEEKDAYS[name] for name in calendar.workdays}
    half, holiday = WEEKDAYS[calendar.half_like], WEEKDAYS[calendar.holiday_like]
    days = {
        on: Day(on, "half", half, *names)
        for category in calendar.half_categories
        for on, names in found(category).items()
        if on.isoweekday() in workdays
        and (not calendar.half_names or any(names[1].startswith(start) for start in calendar.half_names))
    }
    return days | {on: Day(on, "holiday", holiday, *names) for on, names in found("public").items()}


def _language(country: Any, *wanted: str) -> str | None:
    """The first of these languages that the library has for a country, else the country's own."""
    return next((name for name in wanted if name in country.supported_languages), country.default_language)


def _around(calendar: Calendar, days: dict[date, Day]) -> dict[date, Day]:
    """Eves, where they go like another weekday, and the first working day after a holiday."""
    workdays = {WEEKDAYS[name] for name in calendar.workdays}
    off = {on for on, day in days.items() if day.kind == "holiday"}
    more: dict[date, Day] = {}
    for on in sorted(off, reverse=True):
        eve = on - _ONE
        if calendar.eve_like and eve not in days and eve.isoweekday() in workdays:
            name_zh, name_en = f"{days[on].name_zh}前夕", f"Eve of {days[on].name_en}"
            more[eve] = Day(eve, "eve", WEEKDAYS[calendar.eve_like], name_zh, name_en)
        back = on + _ONE
        while back in off or (back not in days and back.isoweekday() not in workdays):
            back += _ONE
        if back not in days and back not in more:
            more[back] = Day(
                back, "return", None, f"{days[on].name_zh}后首个工作日", f"First working day after {days[on].name_en}"
            )
    return more
