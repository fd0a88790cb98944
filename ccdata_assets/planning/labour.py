"""The rules that rosters keep, as data: labour.yaml as a typed model. How they are kept is `roster_rules.py`'s business, whether they were is
`roster_check.py`'s; both read this and nothing of each other."""

from __future__ import annotations

import datetime as dt
import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, model_validator

from ccdata_assets.contracts.model import Declaration, Title
from ccdata_assets.contracts.yaml_source import YamlSource

PATH: Final = Path(__file__).with_name("labour.yaml")
RULES: Final = (
    *("day_hours", "week_hours", "two_week_hours", "overtime_day_hours", "overtime_month_hours", "days_off_a_week"),
    *("consecutive_days", "rest_hours", "nights_in_a_row", "nights_in_two_weeks", "stretch_hours"),
)  # fmt: skip
"""Rules with a value."""


def _time(value: object) -> object:
    if isinstance(value, str):
        found = re.fullmatch(r"(\d{1,2}):(\d{2})", value)
        if not found or int(found[1]) > 23 or int(found[2]) > 59:
            raise ValueError("is no time of day; write it as '08:30', in quotes")
        return dt.time(int(found[1]), int(found[2]))
    if isinstance(value, int):  # YAML reads 08:30 without quotes as a number
        raise ValueError("is no time of day; write it in quotes, as '08:30'")
    return value


Clock = Annotated[dt.time, BeforeValidator(_time)]


class Rule(Declaration):
    """One rule: its value (null: not applied), names and where it is from."""

    value: float | None = Field(ge=0)
    zh: str
    en: str
    source: Title


class Contract(Declaration):
    """One kind of contract; `rules`: values in place of the general ones."""

    zh: str
    en: str
    min_week_hours: float = Field(0, ge=0)
    days_a_week: int = Field(5, ge=1, le=7)
    overtime: bool = False
    rules: dict[str, float | None] = Field(default_factory=dict)


class Break(Declaration):
    """One break of a shift; `within`: hours from the beginning of the shift between which it begins and ends."""

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    zh: str
    en: str
    minutes: int = Field(gt=0)
    is_paid: bool
    from_hours: float = Field(0, ge=0)
    within: tuple[float, float]


class Shift(Declaration):
    """One shift by local times; one that does not end after it begins ends on the next day."""

    zh: str
    en: str
    from_: Clock = Field(alias="from")
    to: Clock
    skill: str | None = None
    contracts: tuple[str, ...] | None = None

    @property
    def begins(self) -> int:
        """Minutes from midnight."""
        return self.from_.hour * 60 + self.from_.minute

    @property
    def ends(self) -> int:
        """Minutes from the midnight before it begins."""
        end = self.to.hour * 60 + self.to.minute
        return end if end > self.begins else end + 1440


class Night(Declaration):
    """The hours of the night, and how many of them make a night shift."""

    from_: Clock = Field(alias="from")
    to: Clock
    hours: float = Field(gt=0)


class Fair(Declaration):
    """What a roster is best in, after who is missing and who is to spare."""

    weekend_days: float = Field(ge=0)
    late_shifts: float = Field(ge=0)
    preferences: float = Field(ge=0)


class Labour(Declaration):
    """labour.yaml as a whole."""

    grid_minutes: int = Field(15, ge=5, le=60)
    night: Night
    late_from: Clock
    rules: dict[str, Rule]
    contracts: dict[str, Contract] = Field(min_length=1)
    breaks: tuple[Break, ...] = ()
    breaks_apart_hours: float = Field(0, ge=0)
    shifts: dict[str, Shift] = Field(min_length=1)
    fair: Fair

    @model_validator(mode="after")
    def _rules_are_those_we_know(self) -> Labour:
        if set(self.rules) != set(RULES):
            wrong = ", ".join(sorted(set(self.rules) ^ set(RULES)))
            raise ValueError(
                f"rules: {wrong}: each known rule is there once, and no other; a rule of null is not applied"
            )
        return self

    @cached_property
    def default_contract(self) -> str:
        """The contract of agents of whom none is said: the first."""
        return next(iter(self.contracts))

    @property
    def shortest_stretch(self) -> float | None:
        """The least hours that somebody may work without a break; None: as long as they like."""
        limits = [limit for name in self.contracts if (limit := self.limit("stretch_hours", name)) is not None]
        return min(limits, default=None)

    def limit(self, rule: str, contract: str) -> float | None:
        """The value of a rule for people of a contract; None: not applied."""
        own = self.contracts[contract].rules
        return own[rule] if rule in own else self.rules[rule].value

    def breaks_of(self, minutes: int) -> tuple[Break, ...]:
        """The breaks of a shift that lasts so many minutes."""
        return tuple(each for each in self.breaks if minutes >= each.from_hours * 60)


@lru_cache
def load_labour(path: Path = PATH) -> Labour:
    """labour.yaml; ContractError names file and line of a mistake, also of what does not fit together."""
    source = YamlSource(path)
    labour = source.parse(Labour)
    for fault in _faults(labour):
        raise source.error(*fault)
    return labour


def _faults(labour: Labour) -> list[tuple[tuple[str | int, ...], str, str]]:
    """What does not fit together: place, problem and fix."""
    found: list[tuple[tuple[str | int, ...], str, str]] = []
    grid = labour.grid_minutes
    if 60 % grid:
        found.append((("grid_minutes",), f"{grid} does not divide an hour", "give 5, 10, 15, 20, 30 or 60"))
    for name, contract in labour.contracts.items():
        for rule in set(contract.rules) - set(RULES):
            found.append((("contracts", name, "rules", rule), "is no rule", f"give one of {', '.join(RULES)}"))
        most = contract.rules.get("week_hours", labour.rules["week_hours"].value)
        if most is not None and contract.min_week_hours > most:
            found.append((("contracts", name, "min_week_hours"), f"{contract.min_week_hours:g} is more than the {most:g} hours of week_hours", "lower it, or raise the rule"))  # fmt: skip
    for place, each in enumerate(labour.breaks):
        first, last = each.within
        if each.minutes % grid or (first * 60) % grid or (last * 60) % grid:
            found.append((("breaks", place), f"does not keep to steps of {grid} minutes", "change it, or grid_minutes"))
        if (last - first) * 60 < each.minutes:
            found.append((("breaks", place, "within"), "is shorter than the break", "widen it"))
    if len({each.kind for each in labour.breaks}) < len(labour.breaks):
        found.append((("breaks",), "two breaks are of one kind", "give each its own name"))
    for name, shift in labour.shifts.items():
        if shift.begins % grid or shift.ends % grid:
            found.append((("shifts", name), f"does not keep to steps of {grid} minutes", "change it, or grid_minutes"))
        for contract_name in set(shift.contracts or ()) - set(labour.contracts):
            found.append((("shifts", name, "contracts"), f"`{contract_name}` is no contract", f"give one of {', '.join(labour.contracts)}"))  # fmt: skip
        minutes = shift.ends - shift.begins
        stretch = labour.shortest_stretch
        if stretch is not None and not labour.breaks_of(minutes) and minutes > stretch * 60:
            found.append((("shifts", name), f"has no break, and is longer than the {stretch:g} hours of stretch_hours", "lower from_hours of a break, or raise the rule"))  # fmt: skip
        if sum(each.minutes for each in labour.breaks_of(minutes)) >= minutes:
            found.append((("shifts", name), "is shorter than its breaks", "raise from_hours of a break"))
    return found
