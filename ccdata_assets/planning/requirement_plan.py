"""A plan from end to end: which demand, what it needs, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd

from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.planning import requirement_demand as source
from ccdata_assets.planning.forecast.declared import ForecastDeclaration, load_forecast
from ccdata_assets.planning.requirement import lines, with_pools
from ccdata_assets.planning.requirement_demand import Demand
from ccdata_assets.planning.requirement_ledger import keep_plan
from ccdata_assets.planning.requirement_rules import Aims
from ccdata_assets.settings import Settings


@dataclass(frozen=True)
class Planned:
    """A plan that is kept: its ID, what it is for, its rows (`requirement.NEEDED`)."""

    plan_id: str
    basis: str
    said: str
    table: pd.DataFrame


def plan_weeks(
    con: duckdb.DuckDBPyConnection, settings: Settings, aims: Aims, weeks: int, minutes: int, run_id: str
) -> Planned | None:
    """Plan and keep the weeks from the Monday after the business date on; None where neither a forecast nor calls of the last weeks tell
    what is to come."""
    first = next_monday(settings.business_date)
    try:
        demand = planned_demand(
            con,
            first,
            first + timedelta(days=7 * weeks - 1),
            minutes,
            settings.as_of,
            settings.business_date,
            declared=load_forecast(settings.home),
        )
    except WrongUse:
        return None
    table = needed_for(demand, aims)
    plan_id = keep_plan(con, table, demand.basis, settings.as_of, run_id)
    return Planned(plan_id, demand.basis, demand.said, table)


def next_monday(day: date) -> date:
    """The Monday after a day."""
    return day + timedelta(days=7 - day.weekday())


def planned_demand(
    con: Any,
    first: date,
    last: date,
    minutes: int,
    as_of: datetime,
    today: date,
    basis: str | None = None,
    series: str | None = None,
    declared: ForecastDeclaration | None = None,
) -> Demand:
    """The demand of these days on a basis; without one the forecast where there is one of them, else the usual week, with the calendars
    and events that are `declared`, the shipped ones by default."""
    if basis is None:
        try:
            return source.forecast(con, first, last, minutes, as_of, series)
        except CcdataError:
            basis = "usual-week"
    if basis == "forecast":
        return source.forecast(con, first, last, minutes, as_of, series)
    if basis == "actual":
        found = source.actual(con, first, last, minutes, series)
    else:
        found = source.usual_week(con, first, last, minutes, min(today, first - timedelta(days=1)), series, declared)
    if not len(found.table):
        if series and source.known_days(con, series) is None:
            known = ", ".join(source.known_series(con)[:20])
            raise WrongUse(f"--series {series}: no calls of a feed or queue of this name; fix: give one of {known}")
        raise WrongUse("no calls to plan for are known; fix: give other days by --from and --to, or --calls FILE")
    return found


def needed_for(demand: Demand, aims: Aims) -> pd.DataFrame:
    """What the demand needs, with pools. WrongUse where aims or calls are such that no number of agents can."""
    try:
        return with_pools(demand.table, aims)
    except ValueError as error:
        raise WrongUse(f"{error}; fix: correct staffing.yaml or the calls") from None


def daily_lines(needed: pd.DataFrame) -> list[tuple[str, ...]]:
    """A plan by queue and day, as text: queue, day, calls, most agents at once, hours of agents on the phone, hours rostered."""
    hours = needed.assign(
        day=needed["local_interval"].dt.date,
        agent_hours=needed["agents"] * needed["minutes"] / 60,
        rostered_hours=needed["rostered"] * needed["minutes"] / 60,
    )
    by_day = hours.groupby(["feed", "queue", "day"], as_index=False).agg(
        calls=("calls", "sum"),
        peak=("agents", "max"),
        agent_hours=("agent_hours", "sum"),
        rostered_hours=("rostered_hours", "sum"),
    )
    return [
        (
            series_name(row.feed, row.queue),
            str(row.day),
            f"{row.calls:,.0f}",
            str(int(row.peak)),
            f"{row.agent_hours:,.1f}",
            f"{row.rostered_hours:,.1f}",
        )
        for row in lines(by_day)
    ]


def series_name(feed: str, queue: str) -> str:
    """A series as people read it."""
    name = "pooled 合并" if queue == "*" else queue or "–"
    return f"{feed} {name}" if feed else name
