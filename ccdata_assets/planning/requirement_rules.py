"""What staffing aims at, declared in staffing.yaml: service level, occupancy, abandonment, shrinkage, patience, by queue and day."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, model_validator

from ccdata_assets.contracts.model import Declaration
from ccdata_assets.contracts.yaml_source import YamlSource
from ccdata_assets.settings import Settings

PATH: Final = Path(__file__).with_name("staffing.yaml")


class Aim(Declaration):
    """What is aimed at from a day on; shares 0 to 1, times in seconds."""

    service_level: float = Field(gt=0, lt=1)
    within_s: int = Field(ge=0)
    max_occupancy: float = Field(gt=0, le=1)
    max_abandonment: float = Field(1, gt=0, le=1)
    max_mean_wait_s: float | None = Field(None, gt=0)
    shrinkage: float = Field(ge=0, lt=1)
    breaks: float = Field(0, ge=0, lt=1)
    model: Literal["erlang_a", "erlang_c"] = "erlang_a"
    patience_s: float = Field(gt=0)
    estimate_patience: bool = True
    concurrency: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _breaks_are_part_of_shrinkage(self) -> Aim:
        if self.breaks > self.shrinkage:
            raise ValueError(f"breaks {self.breaks:g} is part of shrinkage, and cannot be more than {self.shrinkage:g}")
        return self

    @property
    def absence(self) -> float:
        """Share of the time at work or away that no roster places: what is left of shrinkage beside breaks."""
        return 1 - (1 - self.shrinkage) / (1 - self.breaks)


class QueueAim(Declaration):
    """What differs for one queue from a day on."""

    service_level: float | None = Field(None, gt=0, lt=1)
    within_s: int | None = Field(None, ge=0)
    max_occupancy: float | None = Field(None, gt=0, le=1)
    max_abandonment: float | None = Field(None, gt=0, le=1)
    max_mean_wait_s: float | None = Field(None, gt=0)
    shrinkage: float | None = Field(None, ge=0, lt=1)
    breaks: float | None = Field(None, ge=0, lt=1)
    model: Literal["erlang_a", "erlang_c"] | None = None
    patience_s: float | None = Field(None, gt=0)
    estimate_patience: bool | None = None
    concurrency: int | None = Field(None, ge=1)


class Aims(Declaration):
    """staffing.yaml as a whole."""

    default: dict[dt.date, Aim] = Field(min_length=1)
    queues: dict[str, dict[dt.date, QueueAim]] = Field(default_factory=dict)

    def of(self, feed: str, queue: str, day: dt.date) -> Aim:
        """What holds for a queue on a day: the default of the day, overlaid by what `queue` and then `feed/queue` say. Before the
        first day of the default that first one holds."""
        chosen = self.default[_in_force(self.default, day) or min(self.default)].model_dump()
        for name in (queue, f"{feed}/{queue}"):
            entries = self.queues.get(name, {})
            if (first := _in_force(entries, day)) is not None:
                chosen |= {key: value for key, value in entries[first].model_dump().items() if value is not None}
        return Aim(**chosen)


def _in_force(entries: dict[dt.date, Aim] | dict[dt.date, QueueAim], day: dt.date) -> dt.date | None:
    return max((first for first in entries if first <= day), default=None)


def home_file(settings: Settings | None, name: str) -> Path:
    """A home's own declaration <home>/planning/<name> where it has one, else that of the package."""
    own = settings.home / "planning" / name if settings else None
    return own if own and own.is_file() else Path(__file__).with_name(name)


@lru_cache
def load_aims(path: Path = PATH) -> Aims:
    """staffing.yaml; ContractError names file and line of a mistake, also of an overlay that does not fit the default."""
    source = YamlSource(path)
    aims = source.parse(Aims)
    for queue, entries in aims.queues.items():
        for first in entries:
            try:
                aims.of("", queue, first)
            except ValueError as error:
                problem = str(error).split("Value error, ")[-1].split(" [type")[0]
                raise source.error(("queues", queue, first), problem, "correct the value") from None
    return aims
