"""The backtest that people ask for: train to a day, forecast up to another, compare with what came. Once as one shot over all of it, and
week by week, each week from what was known at its beginning. Nothing after an origin takes part in what is made there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pandas as pd

from ccdata_assets.errors import WrongUse
from ccdata_assets.planning.forecast.declared import ForecastDeclaration
from ccdata_assets.planning.forecast.family import Member, families, forecast_family
from ccdata_assets.planning.forecast.history import LEAST_DAYS, Histories, cut, series_days, workdays
from ccdata_assets.planning.forecast.make import Forecast
from ccdata_assets.planning.forecast.scoring import score, with_actuals
from ccdata_assets.planning.forecast.series import Series

ONE_SHOT, WEEKLY = "one_shot", "weekly"
MOST_DAYS = 56


@dataclass(frozen=True)
class Tried:
    """One series tried: the one-shot forecast, and figures by `kind` (one_shot; weekly: all weeks; week: one), `origin`, measure, grain."""

    series: Series
    forecast: Forecast
    figures: pd.DataFrame
    scored: pd.DataFrame


def backtest(
    con: duckdb.DuckDBPyConnection, declared: ForecastDeclaration, histories: Histories, train_to: date, to: date,
    only: Sequence[str] = (), tell: Callable[[int, int], None] | None = None,
) -> list[Tried]:  # fmt: skip
    """Try every series, or those named `only`, trained to the end of `train_to` and compared up to the end of `to`. WrongUse where no
    series has history before and calls after `train_to`, or the span is longer than eight weeks."""
    if not train_to < to <= train_to + timedelta(days=MOST_DAYS):
        raise WrongUse(f"--to {to}: is no day in the {MOST_DAYS} days after --train-to {train_to}; fix: give one")
    known = {one.name for one in histories.series}
    if unknown := sorted(set(only) - known):
        raise WrongUse(
            f"--series {unknown[0]}: there is no such series; fix: use one of {', '.join(sorted(known)) or 'none'}"
        )
    wanted = [
        one
        for one in histories.series
        if (not only or one.name in only)
        and (train_to - one.first_on).days + 1 >= LEAST_DAYS
        and one.last_on > train_to
    ]
    if not wanted:
        known_spans = "; ".join(f"{one.name} {one.first_on} to {one.last_on}" for one in histories.series[:5]) or "none"
        raise WrongUse(
            f"no series has {LEAST_DAYS} days up to {train_to} and calls after it (there are: {known_spans}); fix: choose --train-to within them"
        )
    weeks = [train_to + timedelta(days=days) for days in range(0, (to - train_to).days, 7)]
    spans = [(train_to, to), *((origin, min(to, origin + timedelta(days=7))) for origin in weeks)]
    names, found = {one.name for one in wanted}, []
    for done, (origin, until) in enumerate(spans, start=1):
        found.append(_at(con, declared, histories.series, names, origin, until))
        if tell:
            tell(done, len(spans))
    tried = []
    for one in wanted:
        made, scored = found[0][one.name]
        parts = {origin: part[one.name][1] for origin, part in zip(weeks, found[1:], strict=True) if one.name in part}
        figures = [score(scored).assign(kind=ONE_SHOT, origin=train_to)]
        figures += [_whole(score(part)).assign(kind="week", origin=origin) for origin, part in parts.items()]
        figures.append(_whole(score(pd.concat(parts.values(), ignore_index=True))).assign(kind=WEEKLY, origin=train_to))
        tried.append(Tried(one, made, pd.concat(figures, ignore_index=True), scored))
    return tried


def _at(
    con: duckdb.DuckDBPyConnection, declared: ForecastDeclaration, series: Sequence[Series], wanted: set[str], origin: date, to: date,
) -> dict[str, tuple[Forecast, pd.DataFrame]]:  # fmt: skip
    """What would have been forecast at the end of `origin` of the series wanted, by name, and its rows with what came."""
    whole = {one.name: one for one in series}
    known = [cut(one, origin) for one in series if one.last_on > origin and one.first_on <= origin]
    kin = families(
        Member(one, series_days(con, declared, one, (to - origin).days), workdays(declared, one))
        for one in known
        if one.days >= LEAST_DAYS
    )
    made = [one for family in kin for one in forecast_family(family, wanted)]
    return {one.series.name: (one, with_actuals(one.rows, whole[one.series.name], one.days)) for one in made}


def _whole(figures: pd.DataFrame) -> pd.DataFrame:
    return figures[figures.week_ahead == 0]
