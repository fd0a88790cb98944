"""The KPI registry: kpis.yaml as a typed model."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

from pydantic import Field

from ccdata_assets.contracts.model import Declaration, Name, Title
from ccdata_assets.contracts.yaml_source import YamlSource

KPIS = Path(__file__).parent / "kpis.yaml"
Grain = Literal["day", "week", "month", "quarter", "year"]


class ValueSet(Declaration):
    """One set of values: a grain, and what they are broken down by (dimension → SQL over the source)."""

    grain: Grain
    by: dict[Name, str] = Field(default_factory=dict)


class Kpi(Declaration):
    """One KPI: its meaning, its SQL over one table, its target."""

    zh: str
    en: str
    definition: Title
    formula: str
    version: int
    unit: Literal["percent", "count", "seconds"]
    direction: Literal["up", "down", "none"]
    target: float | dict[dt.date, float] | None = Field(
        None, description="What is aimed at; where it changes with time, by the first day of a period."
    )
    perspective: Literal["finance", "internal", "growth", "customers"]
    weight: float = 0
    owner: str
    source: str
    where: str | None = None
    date: Name
    kind: Literal["flow", "stock"]
    numerator: str
    denominator: str | None = None
    sets: tuple[ValueSet, ...]

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
    return YamlSource(path).parse_each(Kpi)
