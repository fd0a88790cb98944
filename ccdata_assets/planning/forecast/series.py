"""A series as the forecast sees it: calls and handling time of one queue by local day and quarter of an hour, and the days' kinds.

Days are rows, quarters columns: what a clock change repeats is averaged, what it skips is NaN. Where the rows come from (warehouse
or call files) and what they are made into belongs elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

QUARTERS = 96
"""Quarters of an hour in a local day."""
GRAINS: dict[str, int] = {"15min": 1, "30min": 2, "hour": 4, "day": QUARTERS}
"""Grains within a day by their number of quarters; `week` is seven days from a Monday."""
Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Series:
    """History of one series: `calls` offered, `timed` answered calls whose handling time is known, `handle_s` the seconds of those
    (talk, hold and after-call work), each of shape (days, 96) from the local day `first_on` on."""

    feed: str
    dims: tuple[tuple[str, str], ...]
    zone: str
    first_on: date
    calls: Matrix
    timed: Matrix
    handle_s: Matrix
    calendar: str = "none"

    @property
    def name(self) -> str:
        """The feed, then its parts: `bank_call`, `call_log/投诉组`."""
        return "/".join([self.feed, *(label for _, label in self.dims)])

    @property
    def days(self) -> int:
        """Days of history, first and last included."""
        return int(self.calls.shape[0])

    @property
    def last_on(self) -> date:
        """The last day of history."""
        return self.first_on + timedelta(days=self.days - 1)

    def until(self, days: int) -> Series:
        """The same as it was known after its first `days` days."""
        return replace(self, calls=self.calls[:days], timed=self.timed[:days], handle_s=self.handle_s[:days])

    def dates(self, ahead: int | None = None) -> list[date]:
        """The days of history, or the `ahead` days that follow it."""
        first, number = (self.first_on, self.days) if ahead is None else (self.last_on + timedelta(days=1), ahead)
        return [first + timedelta(days=day) for day in range(number)]


@dataclass(frozen=True)
class Day:
    """What a day is to a call centre. `like`: the ISO weekday it goes like, 0 for the mean of Monday to Friday, None for its own.
    `kind` groups days whose effect is learned together; `name_zh` and `name_en` say what it is. `uplift`: an effect somebody
    declared, 0.2 for a fifth more calls."""

    on: date
    kind: str = "ordinary"
    like: int | None = None
    name_zh: str = ""
    name_en: str = ""
    uplift: float = 0.0

    @property
    def is_ordinary(self) -> bool:
        """Nothing is known that would set it apart from other days of its weekday."""
        return self.kind == "ordinary" and not self.uplift


@dataclass(frozen=True)
class Treated:
    """One change made to history before training, and why: a whole day, or quarters `from_quarter` up to before `to_quarter`."""

    on: date
    reason: str
    calls: float
    used: float
    note_zh: str = ""
    note_en: str = ""
    from_quarter: int = 0
    to_quarter: int = QUARTERS


@dataclass(frozen=True)
class Clean:
    """History made fit for training. `totals`: calls of each day as an ordinary day of its weekday would have had. `filled`: the
    matrix without the quarters that are missing. `is_typical`: days that show how calls spread over a day. `expected`: what the days
    around lead one to expect of each day; `factors`: how the weekdays stand to one another, 0 where closed."""

    totals: Vector
    filled: Matrix
    is_typical: Flags
    expected: Vector
    factors: Vector
    treated: list[Treated] = field(default_factory=list)


def weekdays(days: list[date]) -> npt.NDArray[np.int64]:
    """ISO weekdays less one: 0 is Monday."""
    return np.array([day.weekday() for day in days], dtype=np.int64)


def coarser(quarters: Matrix, grain: str) -> Matrix:
    """Sums of a (days, 96) matrix at a grain within the day, of shape (days, cells of the day)."""
    width = GRAINS[grain]
    return np.asarray(quarters.reshape(quarters.shape[0], QUARTERS // width, width).sum(axis=2))
