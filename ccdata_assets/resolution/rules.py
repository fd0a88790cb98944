"""The match rules as a typed, checked model."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from ccdata_assets.contracts.model import Declaration, Name
from ccdata_assets.contracts.yaml_source import YamlSource

RULES = Path(__file__).parent / "rules.yaml"


class ExactRule(Declaration):
    """Nodes that agree in all keys (columns of the evidence) are linked; `when` is SQL over them.

    `names`: where nodes of more names agree, they are not linked, and the first key counts as not given.
    """

    name: Name
    keys: tuple[Name, ...]
    when: str = "true"
    weight: float
    names: int | None = None


class BlockRule(Declaration):
    """Nodes that share a value are compared: of all `keys` together, or of `each` element of a list."""

    name: Name
    keys: tuple[Name, ...] = ()
    each: Name | None = None


class Bound(Declaration):
    """The most that one value of a blocking rule may bring together: names, and pairs of nodes with different names."""

    names: int
    pairs: int


class Against(Declaration):
    """A condition over two nodes (l, r) under which they are at most for review, or apart."""

    name: Name
    when: str
    most: Literal["review", "apart"]


class Bridge(Declaration):
    """Groups of at least `nodes` each are joined by two links or by one of at least `weight`."""

    nodes: int
    weight: float


class OrganisationRules(Declaration):
    """Which records name an organisation, and what links them."""

    evidence: dict[Name, str]
    names: str
    exact: tuple[ExactRule, ...] = Field(min_length=1)
    same_name: str
    parents: tuple[str, ...] = ()
    block: tuple[BlockRule, ...] = ()
    bound: Bound = Bound(names=20, pairs=5000)
    derived: dict[Name, str] = Field(default_factory=dict)
    compare: dict[Name, dict[Name, str]] = Field(default_factory=dict)
    against: tuple[Against, ...] = ()
    link: float = 0
    review: float = 0
    conflicts: dict[Name, tuple[Name, ...]] = Field(default_factory=dict)
    same_name_and_sign: float = 45
    bridge: Bridge = Bridge(nodes=5, weight=20)


class SameId(Declaration):
    """A column of the evidence: records of one organisation that agree in it are one person, unless more than `people` share it."""

    column: Name
    people: int


class ShortRule(Declaration):
    """SQL over a record with a surname only (l) and a person (r)."""

    name: Name
    when: str


class ContactRules(Declaration):
    """Which records name a person, and what makes them one within an organisation."""

    evidence: dict[Name, str]
    names: str
    slip: str
    unless: str = "false"
    short: tuple[ShortRule, ...]
    same_id: SameId | None = None


class Survivor(Declaration):
    """Columns of a golden record that come from one record, and what decides which, first things first.

    `alike`: SQL over a record; values for which it is the same are one value that is written in several ways: `by` chooses among
    these first, all their records counted together, and then the writing.
    """

    columns: tuple[Name, ...]
    by: tuple[Literal["trust", "agreement", "recency", "completeness"], ...]
    alike: str | None = None


class Survivorship(Declaration):
    """How golden values are chosen."""

    organisation: dict[Name, Survivor]
    contact: dict[Name, Survivor]


class Rules(Declaration):
    """All match rules, with the version that events record."""

    version: str
    organisation: OrganisationRules
    contact: ContactRules
    survivorship: Survivorship


def load_rules(path: Path = RULES) -> Rules:
    """Read the rules; ContractError names file and line of a mistake."""
    return YamlSource(path).parse(Rules)
