"""The project as it is declared: settings, contracts, KPIs and match rules, loaded and cross-checked once a process, and the match model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.metrics.registry import Kpi, load_kpis
from ccdata_assets.resolution.home_models import model_in_use
from ccdata_assets.resolution.model import Model
from ccdata_assets.resolution.rules import Rules, load_rules
from ccdata_assets.settings import Settings, load_settings


@dataclass(frozen=True)
class Project:
    """All declarations of a process."""

    settings: Settings
    registry: Registry
    kpis: dict[str, Kpi]
    rules: Rules

    @property
    def model(self) -> Model:
        """The match model in use, read at each look: one may be adopted while a process waits for the lock.

        ContractError where it cannot be read, or was trained for other comparisons than the rules have.
        """
        return model_in_use(self.settings, self.rules)


@lru_cache
def load_project() -> Project:
    """Load everything; ContractError names file, line and fix of every mistake."""
    settings = load_settings()
    return Project(settings, load_registry(settings.contract_dirs, settings.time_zone), load_kpis(), load_rules())
