"""The words for what speaks for and against two records being one, in Chinese and English (words.yaml)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ccdata_assets.contracts.model import Declaration, Name, Title
from ccdata_assets.contracts.yaml_source import YamlSource
from ccdata_assets.resolution.model import OTHERWISE
from ccdata_assets.resolution.rules import OrganisationRules

WORDS = Path(__file__).parent / "words.yaml"
UNCERTAIN, PRIOR = "uncertain", "prior"


class Reason(NamedTuple):
    """One thing that speaks for or against a pair: its code (`phone.same`, `exact.uscc`, `against.other_name`,
    `refused.bridge`, `uncertain`, `prior`) and its weight in bits, where it has one."""

    code: str
    weight: float | None = None


class ReasonWords(Declaration):
    """Words by comparison and level, by exact rule, by evidence against and by guard, and of what every weight begins with."""

    compare: dict[Name, dict[Name, Title]]
    exact: dict[Name, Title]
    against: dict[Name, Title]
    refused: dict[Name, Title]
    prior: Title
    uncertain: Title

    def of(self, code: str) -> Title:
        """The words for a code; the code itself where a rule of somebody's own has none."""
        part, _, name = code.partition(".")
        known: dict[str, Title]
        known = {"exact": self.exact, "against": self.against, "refused": self.refused}.get(part) or self.compare.get(part, {})  # fmt: skip
        if code in (UNCERTAIN, PRIOR):
            return self.uncertain if code == UNCERTAIN else self.prior
        return known.get(name) or Title(zh=code, en=code)

    def said(self, reason: Reason) -> Title:
        """The words for a reason with its weight, rounded to a tenth of a bit."""
        words = self.of(reason.code)
        weight = "" if reason.weight is None else f" {reason.weight:+.1f}".replace("-", "−")
        return Title(zh=words.zh + weight, en=words.en + weight)


def codes(rules: OrganisationRules) -> set[str]:
    """Every code that these rules can give a pair."""
    return {
        UNCERTAIN, PRIOR, "refused.bridge", "refused.decided_apart",
        *(f"{name}.{level}" for name, levels in rules.compare.items() for level in (*levels, OTHERWISE)),
        *(f"exact.{rule.name}" for rule in rules.exact),
        *(f"against.{rule.name}" for rule in rules.against),
        *(f"refused.other_{column}" for column in rules.conflicts),
    }  # fmt: skip


@lru_cache
def load_words(path: Path = WORDS) -> ReasonWords:
    """Read the words; ContractError names file and line of a mistake."""
    return YamlSource(path).parse(ReasonWords)
