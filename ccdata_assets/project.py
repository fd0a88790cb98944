"""The project as it is declared: settings, contracts, KPIs, match rules and match model, loaded and cross-checked once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.metrics.registry import Kpi, load_kpis
from ccdata_assets.resolution.model import Model, load_model
from ccdata_assets.resolution.rules import Rules, load_rules
from ccdata_assets.settings import Settings, load_settings


@dataclass(frozen=True)
class Project:
    """All declarations of a process."""

    settings: Settings
    registry: Registry
    kpis: dict[str, Kpi]
    rules: Rules
    model: Model


@lru_cache
def load_project() -> Project:
    """Load everything; ContractError names file, line and fix of every mistake."""
    settings = load_settings()
    return Project(
        settings, load_registry(settings.contract_dirs, settings.time_zone), load_kpis(), load_rules(), load_model()
    )
