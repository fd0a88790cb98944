"""The series of a feed together: the feed as a whole and its parts, whose calls add up to it.

The whole is the steadier forecast and is kept; its parts are moved to it, each interval by the same factor for all. That is weighted least
squares with the whole given (Wickramasuriya et al., Optimal forecast reconciliation through trace minimization, JASA 2019; the
whole immutable as in Zhang et al., European Journal of Operational Research 2023), each part's variance taken as its mean: nothing falls below zero. What
a part's own event brings is not spread over the others but added to the whole, which knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from ccdata_assets.planning.forecast.daily import WEEK
from ccdata_assets.planning.forecast.make import Expected, Forecast, drawn_up, expect
from ccdata_assets.planning.forecast.series import Day, Matrix, Series


@dataclass(frozen=True)
class Member:
    """A series to forecast: `days` are those of its history and those ahead."""

    series: Series
    days: Sequence[Day]
    workdays: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it is the feed as a whole."""
        return not self.series.dims

    @property
    def ahead(self) -> Sequence[Day]:
        """The days to forecast."""
        return self.days[self.series.days :]


def families(members: Iterable[Member]) -> list[list[Member]]:
    """By feed, the whole first."""
    ordered = sorted(members, key=lambda one: (one.series.feed, not one.is_whole))
    return [list(family) for _, family in groupby(ordered, lambda one: one.series.feed)]


def rests_on(one: Member, family: Sequence[Member]) -> list[Member]:
    """The members that a forecast of one of them is made of: all, but the whole stands alone where no part has days of its own ahead."""
    if one.is_whole and all(list(other.ahead) == list(one.ahead) for other in family):
        return [one]
    return list(family)


def needed(family: Sequence[Member], wanted: Collection[str]) -> list[Member]:
    """The members that forecasts of those named are made of."""
    return max((rests_on(one, family) for one in family if one.series.name in wanted), key=len, default=[])


def forecast_family(
    family: Sequence[Member], wanted: Collection[str], tell: Callable[[], None] | None = None
) -> list[Forecast]:
    """Forecasts of the members named, in order, with all that they rest on; `tell` is called after each origin of each."""
    found = [expect(one.series, one.days, one.workdays, tell) for one in needed(family, wanted)]
    if len(found) > 1 and family[0].is_whole:
        found = add_up(found[0], found[1:])
    return [
        # the whole is measured by itself: it does not depend on whether its parts are asked for
        drawn_up(one, [other for other in found[1:] if one.series.dims and other is not one])
        for one in found
        if one.series.name in wanted
    ]


def add_up(whole: Expected, parts: Sequence[Expected]) -> list[Expected]:
    """The whole, then the parts, such that parts and what is in none of them (as in the last week) add up to it, each quarter of an hour."""
    own = [_own_effect(part, whole) for part in parts]
    base = np.stack(
        [np.where(np.isnan(effect), part.calls, part.usual) for part, effect in zip(parts, own, strict=True)]
    )
    sums, totals = base.sum(axis=0), base.sum(axis=(1, 2))
    # where the whole has calls and no part has: as parts are to one another
    shares = totals / totals.sum() if totals.sum() else np.full(len(parts), 1 / len(parts))
    due = whole.calls * (1 - _in_none(whole.series, [part.series for part in parts]))
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = np.where(sums > 0, base * (due / sums), shares[:, None, None] * due)
    effects = np.stack([np.where(np.isnan(effect), 1.0, effect) for effect in own])
    moved = fitted * effects
    whole_calls = whole.calls + (moved - fitted).sum(axis=0)
    return [_moved(whole, whole_calls), *(_moved(part, calls) for part, calls in zip(parts, moved, strict=True))]


def _own_effect(part: Expected, whole: Expected) -> Matrix:
    """What days that are special for the part alone multiply its calls by; NaN on all others."""
    alone = np.array([mine != theirs for mine, theirs in zip(part.days, whole.days, strict=True)])
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(part.usual > 0, part.calls / part.usual, 1.0)
    return np.where(alone[:, None], effect, np.nan)


def _in_none(whole: Series, parts: Sequence[Series]) -> float:
    """The share of the calls of the last week that are in no part that is forecast."""
    total = float(np.nansum(whole.calls[-WEEK:]))
    return max(0.0, 1 - sum(float(np.nansum(part.calls[-WEEK:])) for part in parts) / total) if total else 0.0


def _moved(one: Expected, calls: Matrix) -> Expected:
    before = one.calls.sum()
    return replace(one, calls=calls, moved=float(calls.sum() / before - 1) if before else 0.0)
