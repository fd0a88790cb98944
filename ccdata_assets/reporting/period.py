"""The periods that reports are made for: days, ISO weeks, months, quarters and years of the centre's local time. Each has a label
that sorts as text and tells its grain (2026-11-21, 2026-W47, 2026-11, 2026-Q4, 2026). Which reports a grain has is not decided here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, Self, get_args

from ccdata_assets.reporting.model import Text

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: Final[tuple[Grain, ...]] = get_args(Grain)
NAMES: Final[dict[Grain, Text]] = {
    "day": Text("日期", "Day"),
    "week": Text("周", "Week"),
    "month": Text("月份", "Month"),
    "quarter": Text("季度", "Quarter"),
    "year": Text("年份", "Year"),
}
ADVERBS: Final[dict[Grain, str]] = {
    "day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly", "year": "yearly",
}  # fmt: skip
STEPS: Final[dict[Grain, Grain | Literal["30min"]]] = {
    "day": "30min", "week": "day", "month": "day", "quarter": "week", "year": "month",
}  # fmt: skip
"""What a period of a grain is looked at in."""
TREND: Final[dict[Grain, int]] = {"day": 29, "week": 14, "month": 13, "quarter": 9, "year": 5}
"""Periods of a trend, the one reported included: a day with the four before it of its weekday, a month with the same one last year."""
MONTHS: Final[dict[Grain, int]] = {"month": 1, "quarter": 3, "year": 12}
LABELS: Final[dict[Grain, str]] = {
    "day": r"(\d{4})-(\d{2})-(\d{2})", "week": r"(\d{4})-W(\d{2})", "month": r"(\d{4})-(\d{2})",
    "quarter": r"(\d{4})-Q([1-4])", "year": r"(\d{4})",
}  # fmt: skip
WRITTEN: Final = "2026-11-21 (a day), 2026-W47 (an ISO week), 2026-11 (a month), 2026-Q4 (a quarter) or 2026 (a year)"


@dataclass(frozen=True, order=True)
class Period:
    """One period; `first_day` is always the first of its grain: make one by `of` or `parse`."""

    grain: Grain
    first_day: date

    def __post_init__(self) -> None:
        if self.first_day != _first_day(self.grain, self.first_day):
            raise ValueError(f"{self.first_day} is not the first day of a {self.grain}")

    @classmethod
    def of(cls, grain: Grain, day: date) -> Self:
        """The period of this grain that the day lies in."""
        return cls(grain, _first_day(grain, day))

    @classmethod
    def parse(cls, label: str) -> Self:
        """The period of a label; ValueError, saying what is accepted, for any other text."""
        for grain, pattern in LABELS.items():
            if found := re.fullmatch(pattern, label.strip()):
                try:
                    return cls(grain, _day(grain, [int(part) for part in found.groups()]))
                except ValueError:
                    break
        raise ValueError(f"{label!r} is no period; fix: write {WRITTEN}")

    @property
    def last_day(self) -> date:
        """The last day of it."""
        return self.later(1).first_day - timedelta(days=1)

    @property
    def label(self) -> str:
        """What it is called, everywhere."""
        day = self.first_day
        if self.grain == "week":
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02d}"
        if self.grain == "quarter":
            return f"{day.year}-Q{(day.month + 2) // 3}"
        return {"day": f"{day}", "month": f"{day:%Y-%m}", "year": f"{day:%Y}"}[self.grain]

    def later(self, count: int) -> Self:
        """The period so many periods later; earlier where `count` is negative."""
        if self.grain in ("day", "week"):
            return type(self)(self.grain, self.first_day + count * timedelta(days=7 if self.grain == "week" else 1))
        months = self.first_day.year * 12 + self.first_day.month - 1 + count * MONTHS[self.grain]
        return type(self)(self.grain, date(months // 12, months % 12 + 1, 1))

    @property
    def last_year(self) -> Self:
        """The period it is compared with of the year before: the same weekday 52 weeks earlier, the ISO week of the same
        number (the 52nd for a 53rd), the same month or quarter."""
        if self.grain == "day":
            return self.later(-364)
        if self.grain == "week":
            year, week, _ = self.first_day.isocalendar()
            return type(self)("week", _day("week", [year - 1, min(week, _weeks(year - 1))]))
        return type(self)(self.grain, self.first_day.replace(year=self.first_day.year - 1))

    @property
    def trend(self) -> list[Self]:
        """The periods up to this one that a trend shows, oldest first; none before the year 1."""
        try:
            return [self.later(-back) for back in range(TREND[self.grain] - 1, -1, -1)]
        except (ValueError, OverflowError):
            return [self]

    @property
    def steps(self) -> list[Period]:
        """The periods it is looked at in; none for a day, whose half hours are no periods. A week is of the quarter that its
        Thursday lies in, as ISO 8601 has it for years, so that each is in one quarter."""
        step = STEPS[self.grain]
        if step == "30min":
            return []
        inside = Period.of(step, self.first_day)
        if step == "week" and inside.first_day + timedelta(days=3) < self.first_day:
            inside = inside.later(1)
        reach = timedelta(days=3 if step == "week" else 0)
        return list(_until(inside, self.last_day - reach))


def _until(period: Period, last: date) -> Iterator[Period]:
    while period.first_day <= last:
        yield period
        period = period.later(1)


def _first_day(grain: Grain, day: date) -> date:
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(month=(day.month - 1) // MONTHS[grain] * MONTHS[grain] + 1, day=1)


def _day(grain: Grain, parts: list[int]) -> date:
    """The first day that the numbers of a label stand for."""
    if grain == "week":
        return date.fromisocalendar(*parts, 1)
    if grain == "quarter":
        return date(parts[0], parts[1] * 3 - 2, 1)
    return date(*[*parts, 1, 1][:3])


def _weeks(year: int) -> int:
    """ISO weeks of a year: that of 28 December is its last."""
    return date(year, 12, 28).isocalendar().week

