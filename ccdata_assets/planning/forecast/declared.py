"""What is declared about forecasts in forecast.yaml: which series there are, the calendar of each feed, events and their effect.

A home may have a file of its own, `<home>/forecast.yaml`; its feeds, calendars and events are added to the shipped ones, and go before them.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from ccdata_assets.contracts.model import Declaration, Title
from ccdata_assets.contracts.yaml_source import YamlSource

PATH = Path(__file__).with_name("forecast.yaml")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Part = Literal["queue", "skill", "business_type", "customer_type"]


class Calendar(Declaration):
    """The days of a country or centre. `country`: code by which the library holidays knows it; `seed`: China's announced days go
    before. A public holiday goes like `holiday_like`, the day before one like `eve_like`, days of `half_categories` (of the library;
    only names that begin with one of `half_names`, if any) like `half_like`, until history shows what such a day is like."""

    country: str | None = None
    seed: bool = False
    workdays: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday")
    holiday_like: Weekday = "sunday"
    eve_like: Weekday | None = None
    half_categories: tuple[str, ...] = ()
    half_names: tuple[str, ...] = ()
    half_like: Weekday = "saturday"

    @model_validator(mode="after")
    def _known(self) -> Calendar:
        if not self.country:
            return self
        import holidays

        supported = holidays.list_supported_countries()
        if self.country not in supported:
            raise ValueError(
                f"`{self.country}` is no country that the library holidays knows; give a code such as CN or IL"
            )
        known = getattr(holidays, self.country).supported_categories
        if unknown := sorted(set(self.half_categories) - set(known)):
            raise ValueError(f"half_categories: {', '.join(unknown)} is none of {', '.join(known)}")
        return self


class Event(Declaration):
    """Days on which something is on that brings calls or keeps them away. `uplift`: the effect expected, 0.2 for a fifth more; what
    earlier events of the same title did is learned and goes before it. Without `feed` it is of all feeds, without `part` of all parts."""

    title: Title
    starts_on: date
    ends_on: date
    uplift: float = Field(0.0, gt=-1)
    feed: str | None = None
    part: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Event:
        if self.ends_on < self.starts_on:
            raise ValueError("ends_on lies before starts_on; give the last day of the event")
        return self

    def concerns(self, feed: str, parts: tuple[str, ...]) -> bool:
        """Whether it is of this series; one of a part is also of the whole, with its effect on the whole unknown, so not of it."""
        return self.feed in (None, feed) and (self.part is None or self.part in parts)


class FeedForecast(Declaration):
    """How a feed of calls is forecast: by which columns beside the whole, and whose days it keeps."""

    by: tuple[Part, ...] = ("queue",)
    calendar: str = "CN"


class ForecastDeclaration(Declaration):
    """The file as a whole. `campaigns`: days on which an outbound campaign of staged.campaign runs count as an event."""

    weeks: int = Field(4, ge=1, le=8)
    campaigns: bool = True
    default: FeedForecast = FeedForecast()
    feeds: dict[str, FeedForecast] = Field({})
    calendars: dict[str, Calendar] = Field({})
    events: tuple[Event, ...] = ()

    def of_feed(self, feed: str) -> FeedForecast:
        """How this feed is forecast."""
        return self.feeds.get(feed, self.default)

    def calendar_of(self, feed: str) -> Calendar:
        """Whose days this feed keeps."""
        return self.calendars[self.of_feed(feed).calendar]


@lru_cache
def load_forecast(home: Path | None = None, path: Path = PATH) -> ForecastDeclaration:
    """The shipped declaration, with that of the home added; ContractError names file and line of a mistake."""
    own = home / "forecast.yaml" if home else None
    source = YamlSource(path)
    declared = source.parse(ForecastDeclaration)
    if own and own.exists():
        source = YamlSource(own)
        more = source.parse(ForecastDeclaration)
        changed = {name: getattr(more, name) for name in more.model_fields_set - {"feeds", "calendars", "events"}}
        declared = declared.model_copy(
            update={
                **changed,
                "feeds": {**declared.feeds, **more.feeds},
                "calendars": {**declared.calendars, **more.calendars},
                "events": (*declared.events, *more.events),
            }
        )
    for where, feed in (("default", declared.default), *declared.feeds.items()):
        if feed.calendar not in declared.calendars:
            at = ("default", "calendar") if where == "default" else ("feeds", where, "calendar")
            known = ", ".join(sorted(declared.calendars))
            raise source.error(
                at, f"there is no calendar `{feed.calendar}`", f"declare it under `calendars`, or use one of {known}"
            )
    return declared
