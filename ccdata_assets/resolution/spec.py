"""What a user declares to deduplicate a table: how columns are cleaned, which pairs are compared, how, and from when on they match."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ccdata_assets.contracts.model import Declaration, Name
from ccdata_assets.contracts.yaml_source import YamlSource
from ccdata_assets.errors import ContractError, WrongUse

Kind = Literal["exact", "name", "code", "text", "words"]
"""How two values of a column are compared, by level of likeness:

exact: the same or not. name: the same, Jaro-Winkler 0.92, 0.8. code: the same, one or two characters changed, left out, added or
exchanged. text: the same, Jaro-Winkler 0.9, 0.75. words: the same, most words shared, all words of the shorter, some.
"""


def _conditions(levels: tuple[str, ...]) -> tuple[str, ...]:
    if any(";" in level for level in levels):
        raise ValueError(
            "a level is one SQL condition on <column>_l and <column>_r, such as left(dob_l, 4) = left(dob_r, 4)"
        )
    return levels


class Comparison(Declaration):
    """How one thing that records say of themselves is compared: by a kind, or by conditions from most to least alike."""

    kind: Kind | None = None
    levels: Annotated[tuple[str, ...], AfterValidator(_conditions)] = ()
    rare_counts_more: bool = False
    """True where agreeing in a rare value says more than in a common one (surnames, cities); the same value only."""

    @model_validator(mode="after")
    def _one_way(self) -> Comparison:
        if (self.kind is None) == (not self.levels):
            raise ValueError("a comparison has a kind or levels, and not both")
        if self.levels and self.rare_counts_more:
            raise ValueError("rare_counts_more needs a kind: its first level is that the values are the same")
        return self


class Prior(Declaration):
    """From which agreements the share of matching pairs is guessed, and how many of the matches those find."""

    rules: tuple[tuple[str, ...], ...]
    recall: Annotated[float, Field(gt=0, le=1)]


class Spec(Declaration):
    """One table to deduplicate. Columns of the file are text, trimmed, null where empty, named by their headers."""

    description: str = ""
    id: str | None = None
    """Column that identifies a row; default: its number."""
    clean: dict[Name, str]
    """Columns to compare and block by, each an SQL expression (DuckDB) over the file's columns."""
    link: tuple[tuple[Name, ...], ...] = ()
    """Records that agree in all columns of one of these are linked whatever else they say."""
    block: Annotated[tuple[tuple[str, ...], ...], Field(min_length=1)]
    """Only pairs that agree in all expressions of one of these are compared."""
    max_block: int = 1_000
    """A value that more records share makes no pairs by its rule; how many that concerns is reported."""
    compare: Annotated[dict[Name, Comparison], Field(min_length=1)]
    train: Annotated[tuple[tuple[str, ...], ...], Field(min_length=1)]
    """Agreements between which weights are learned; of what stands in one of them another one has to tell."""
    prior: Prior
    threshold: float = 0.0
    """Match weight (log2 of the odds) from which two groups of records are one; 0 is as likely as not."""
    review: float = -3.0
    """Match weight from which what stays apart is worth a look."""
    unseen: float = -8.0
    """Match weight of a pair that no rule of `block` finds: it was not compared, so it speaks against, not decisively."""
    strongest: float = 12.0
    """Greatest match weight of one pair, so that one agreement does not outvote many others."""


class SpecError(ContractError):
    """A spec is wrong: the user's own, so wrong use of the command."""

    exit_code = WrongUse.exit_code


def load_spec(path: Path) -> Spec:
    """Read a spec; SpecError names file and line of a mistake."""
    try:
        return YamlSource(path).parse(Spec)
    except ContractError as error:
        raise SpecError(str(error)) from None
