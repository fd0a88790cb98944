"""The match rules as a typed, checked model."""

from __future__ import annotations

from pathlib import Path

from ccdata_assets.contracts.model import Declaration, Name
from ccdata_assets.contracts.yaml_source import YamlSource

RULES = Path(__file__).parent / "rules.yaml"


class ExactRule(Declaration):
    """Records that agree in all keys (columns of standard.party_record) are linked."""

    name: Name
    keys: tuple[Name, ...]


class EntityRules(Declaration):
    """Which records name an entity, and what links them."""

    names: Name
    exact: tuple[ExactRule, ...]


class Rules(Declaration):
    """All match rules, with the version that events record."""

    version: str
    organisation: EntityRules


def load_rules(path: Path = RULES) -> Rules:
    """Read the rules; ContractError names file and line of a mistake."""
    return YamlSource(path).parse(Rules)
