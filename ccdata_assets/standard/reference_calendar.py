"""calendar_day.csv: holidays, days off in their place and working days moved to a weekend, as the State Council announces them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

COLUMNS = ("date", "is_working_day", "is_swapped", "holiday_zh", "holiday_en")


def calendar_days() -> Iterator[tuple[date, str, str, str, str]]:
    """One row per day that is not what its weekday says, or is a holiday: day, working day, swapped with another, name."""
    from chinese_calendar.constants import Holiday, holidays, in_lieu_days, workdays

    names = {holiday.value: holiday.chinese for holiday in Holiday}
    for day in sorted({**holidays, **workdays}):
        is_working = day in workdays
        name = workdays[day] if is_working else holidays[day]
        is_swapped = is_working or day in in_lieu_days
        yield day, str(is_working).lower(), str(is_swapped).lower(), names[name], name
