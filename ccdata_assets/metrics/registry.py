"""The KPI registry: kpis.yaml as a typed model."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, field_validator, model_validator

from ccdata_assets.contracts.model import Declaration, Name, Title
from ccdata_assets.contracts.yaml_source import YamlSource
from ccdata_assets.errors import ContractError
from ccdata_assets.metrics.thresholds import load_thresholds

KPIS = Path(__file__).parent / "kpis.yaml"
COMPUTED: Final = {
    "source": "source",
    "condition": "where",
    "dated_by": "date",
    "kind": "kind",
    "numerator": "numerator",
    "denominator": "denominator",
    "thresholds": "thresholds",
}
"""Columns of kpi.definition that say how a value is computed, and the keys of kpis.yaml that they are from."""
Grain = Literal["15min", "30min", "hour", "day", "week", "month", "quarter", "year"]
LENGTH: Final[dict[Grain, str]] = {
    "15min": "interval 15 minutes", "30min": "interval 30 minutes", "hour": "interval 1 hour", "day": "interval 1 day",
    "week": "interval 7 days", "month": "interval 1 month", "quarter": "interval 3 months", "year": "interval 1 year",
}  # fmt: skip
"""How long a period of a grain is. Weeks are those of ISO 8601; all are of the centre's local time."""


SHORTHAND: Final = {"grains", "each", "source", "date", "kept"}
"""Keys of several sets written as one."""


class ValueSet(Declaration):
    """One set of values: a grain, and what they are broken down by (dimension → SQL over the source)."""

    grain: Grain
    by: dict[Name, str] = Field(default_factory=dict)
    source: str | None = Field(None, description="Table with the same sums, where that of the KPI lacks the dimension.")
    date: Name | None = Field(None, description="Its column of local dates, where it has another name.")
    kept: bool = Field(
        True, description="Whether kpi.value keeps the values; else kpi.interval_value computes them when it is asked."
    )

    @property
    def name(self) -> str:
        """Of people: `month`, `month by region, industry`."""
        return f"{self.grain} by {', '.join(sorted(self.by))}" if self.by else self.grain


class Kpi(Declaration):
    """One KPI: its meaning, its SQL over one table, its target."""

    zh: str
    en: str
    definition: Title
    formula: str
    version: int = Field(ge=1)
    unit: Literal["percent", "count", "seconds", "money", "number"]
    direction: Literal["up", "down", "none"]
    target: float | dict[dt.date, float] | None = Field(
        None, description="What is aimed at; where it changes with time, by the first day of a period."
    )
    perspective: Literal["finance", "internal", "growth", "customers"]
    weight: float = Field(0, ge=0)
    owner: str
    source: str
    where: str | None = Field(None, description="Condition on its rows; {grain} in it is the grain of the values.")
    date: Name
    kind: Literal["flow", "stock"]
    numerator: str
    denominator: str | None = None
    thresholds: tuple[Name, ...] = Field((), description="Limits of thresholds.yaml that its source counts by.")
    window: Name | None = Field(
        None, description="Threshold in days: values of a period that ended less than that ago are provisional."
    )
    sets: tuple[ValueSet, ...]

    @field_validator("sets", mode="before")
    @classmethod
    def _spelt_out(cls, sets: Any) -> Any:
        """`{grains: [day, month], each: {queue: queue, team: team}}` is a set for every grain and each of the dimensions; without
        `each` one for every grain. A list within the list, such as that of another KPI, is taken as it is."""
        if not isinstance(sets, list):
            return sets
        spelt: list[Any] = []
        for one in sets:
            if isinstance(one, list):
                spelt += cls._spelt_out(one)
            elif isinstance(one, dict) and isinstance(grains := one.get("grains"), list) and set(one) <= SHORTHAND:
                each = one.get("each") or {}
                bys: list[dict[str, str]] = [{name: sql} for name, sql in each.items()] or [{}]
                table = {key: one[key] for key in ("source", "date", "kept") if key in one}
                spelt += [{"grain": grain, "by": by, **table} for grain in grains for by in bys]
            else:
                spelt.append(one)
        return spelt

    @field_validator("sets")
    @classmethod
    def _sets_differ(cls, sets: tuple[ValueSet, ...]) -> tuple[ValueSet, ...]:
        names = [one.name for one in sets]
        if not names:
            raise ValueError("no set of values is given, for example {grain: month}")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the same set stands twice: {'; '.join(twice)}")
        return sets

    @field_validator("target")
    @classmethod
    def _a_target_is_there(cls, target: float | dict[dt.date, float] | None) -> float | dict[dt.date, float] | None:
        if target == {}:
            raise ValueError("no day is given, for example {2026-01-01: 0.9}; without a target leave the key out")
        return target

    @model_validator(mode="after")
    def _a_share_is_divided(self) -> Kpi:
        if self.unit == "percent" and self.denominator is None:
            raise ValueError("a share (unit: percent) needs a `denominator`")
        return self

    @field_validator("thresholds")
    @classmethod
    def _thresholds_are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(names) - set(load_thresholds())):
            raise ValueError(
                f"thresholds.yaml has no {', '.join(unknown)}; it has {', '.join(sorted(load_thresholds()))}"
            )
        return names

    @field_validator("window")
    @classmethod
    def _the_window_is_in_days(cls, name: str | None) -> str | None:
        known = sorted(each for each, limit in load_thresholds().items() if limit.unit == "days")
        if name is not None and name not in known:
            raise ValueError(f"thresholds.yaml has no {name} in days; it has {', '.join(known)}")
        return name

    @property
    def window_days(self) -> int:
        """Days after a period until its values are what they will be; 0 where they are at its end."""
        return int(load_thresholds()[self.window].value) if self.window else 0

    @property
    def limits(self) -> str | None:
        """The limits with their values, for people; None where it counts by none."""
        known = load_thresholds()
        return ", ".join(f"{name} = {known[name].text}" for name in sorted(self.thresholds)) or None

    @property
    def computed(self) -> dict[str, str | None]:
        """How a value is computed, by column of kpi.definition; line breaks and indents mean nothing."""
        parts = {column: getattr(self, key) for column, key in COMPUTED.items()} | {"thresholds": self.limits}
        return {column: None if part is None else " ".join(str(part).split()) for column, part in parts.items()}

    @property
    def set_names(self) -> list[str]:
        """What values are given for."""
        return [one.name for one in self.sets]

    @property
    def targets(self) -> list[tuple[dt.date, float]]:
        """Targets by the first day each holds from, oldest first; none where nothing is aimed at."""
        if self.target is None:
            return []
        return sorted(self.target.items()) if isinstance(self.target, dict) else [(dt.date.min, self.target)]

    def target_on(self, day: dt.date) -> float | None:
        """The target of a period that begins on this day."""
        return next((value for first, value in reversed(self.targets) if first <= day), None)


def load_kpis(path: Path = KPIS) -> dict[str, Kpi]:
    """The KPIs by ID; ContractError names file and line of a mistake."""
    source = YamlSource(path)
    for name in source.data:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", str(name)):
            raise source.error((name,), "is no ID", "write it in lower-case letters, digits and underscores")
    return source.parse_each(Kpi)


def version_error(name: str, problem: str, newest: int, path: Path = KPIS) -> ContractError:
    """A KPI needs a version above the newest one that has values."""
    return YamlSource(path).error((name, "version"), problem, f"raise `version` to {newest + 1}")
