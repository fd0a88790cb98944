"""The KPI registry: kpis.yaml as a typed model."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from ccdata_assets.contracts.model import Declaration, Name, Title
from ccdata_assets.contracts.yaml_source import YamlSource

KPIS = Path(__file__).parent / "kpis.yaml"
Grain = Literal["day", "month"]


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
    target: float | None = None
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


def load_kpis(path: Path = KPIS) -> dict[str, Kpi]:
    """The KPIs by ID; ContractError names file and line of a mistake."""
    return YamlSource(path).parse_each(Kpi)
