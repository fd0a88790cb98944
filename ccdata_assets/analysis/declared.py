"""analysis.yaml as a typed model: bins, windows and how much it takes for a finding to be told."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ccdata_assets.contracts.model import Declaration
from ccdata_assets.contracts.yaml_source import YamlSource

PATH = Path(__file__).with_name("analysis.yaml")
Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]


def _rising(edges: tuple[int, ...]) -> tuple[int, ...]:
    if not edges or any(later <= earlier for earlier, later in pairwise(edges)):
        raise ValueError("edges must rise from the first to the last")
    return edges


Edges = Annotated[tuple[int, ...], AfterValidator(_rising)]


class Bins(Declaration):
    """Lower ends of the bins of distributions and curves: seconds, seconds, hours."""

    wait: Edges
    handling: Edges
    resolution: Edges


class Satisfaction(Declaration):
    """How many answers it takes."""

    least: Count
    least_each: Count
    bin_least: Count


class Cases(Declaration):
    """How many cases it takes."""

    least: Count


class Surges(Declaration):
    """What is compared, and when it is an alarm."""

    weeks: Count
    least: Count
    alarms_a_year: float = Field(gt=0)
    times: float = Field(ge=1)
    more: Count


class Topics(Declaration):
    """Which rules between topics are looked for, and which are told."""

    customers: Count
    support: Share
    confidence: Share
    topics: int = Field(ge=2, le=5)
    alpha: Share


class Growth(Declaration):
    """Bands of tenure and what is expected in them."""

    weeks: Edges
    agents: Count
    band: tuple[Share, Share]
    marked: Count
    least: dict[Literal["aht", "calls_per_hour", "csat", "qa"], Count]

    @model_validator(mode="after")
    def _complete(self) -> Growth:
        if len(self.least) < 4:
            raise ValueError("`least` needs aht, calls_per_hour, csat and qa")
        if self.band[0] >= self.band[1]:
            raise ValueError("`band` must rise")
        return self


class Outliers(Declaration):
    """How many parts make a funnel, and how much of one of them it takes."""

    parts: int = Field(ge=3)
    least: Count


class RepeatCallers(Declaration):
    """Lower ends of the bands of calls and of days between two."""

    calls: Edges
    days: Edges


class ReviewStep(Declaration):
    """The share of recordings to be reviewed up to a week of the campaign; the last step has no end."""

    until_week: int | None = Field(None, ge=1)
    share: float = Field(ge=0, le=1)


class Analysis(Declaration):
    """analysis.yaml."""

    bins: Bins
    window_months: Count
    satisfaction: Satisfaction
    cases: Cases
    surges: Surges
    topics: Topics
    growth: Growth
    outliers: Outliers
    repeat_callers: RepeatCallers
    key_customers: tuple[str, ...]
    review_plan: tuple[ReviewStep, ...]

    @model_validator(mode="after")
    def _plan_ends(self) -> Analysis:
        ends = [step.until_week for step in self.review_plan]
        known = [end for end in ends if end is not None]
        if not ends or ends[-1] is not None or len(known) != len(ends) - 1 or known != sorted(set(known)):
            raise ValueError("`review_plan` needs rising `until_week`, and a last step without one")
        return self


@lru_cache
def load_analysis(path: Path = PATH) -> Analysis:
    """The settings; ContractError names file and line of a mistake."""
    return YamlSource(path).parse(Analysis)
