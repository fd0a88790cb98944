"""The demand that staffing plans for: calls and handling time by queue and interval, from the forecast, from the calls there were, from
their usual week, or from a file; and how long callers wait before they hang up. What agents it takes is `requirement.py`'s business.

Every function gives the columns `requirement.DEMAND`; intervals are local times of the feed. Of calls, those offered to a queue of
direction inbound count; their handling time is talk, hold and after-call work of the answered calls whose times are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd

from ccdata_assets.contracts.compile import literal
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.planning.forecast.calendars import WEEKDAYS, days_of
from ccdata_assets.planning.forecast.declared import ForecastDeclaration, load_forecast
from ccdata_assets.planning.requirement import DEMAND
from ccdata_assets.planning.requirement_file import Faults, moment, number, read_rows

LEAST_ABANDONS: Final = 30
"""Fewer abandoned calls tell too little of patience: their number alone varies by a third and more."""
USUAL_WEEKS: Final = 4
REST: Final = "其余 other"
"""The queue of calls that are in none of those forecast."""
HEADERS: Final = {
    "local_interval": ("interval", "interval_start", "start", "time", "时段", "时段开始", "开始时间"),
    "queue": ("series", "skill", "队列", "技能组"),
    "calls": ("offered", "volume", "呼入量", "来电量", "话务量", "预测量"),
    "mean_handling_s": ("aht", "aht_s", "handling_s", "handling_time", "平均处理时长", "处理时长"),
    "mean_patience_s": ("patience", "patience_s", "耐心时长", "平均耐心"),
}
"""Columns of a file of calls, and other headers that mean them."""
_SPECIAL: Final = {"feed": "str", "on_day": "datetime64[s]", "goes_like": "int64", "uplift": "float64"}
_HANDLING: Final = "sum(talk_s + hold_s + acw_s)"


@dataclass(frozen=True)
class Demand:
    """A demand and where it is from: `basis` is forecast, actual, usual_week or file; `said` says it to a person."""

    table: pd.DataFrame
    basis: str
    said: str


def actual(con: duckdb.DuckDBPyConnection, first: date, last: date, minutes: int, series: str | None = None) -> Demand:
    """The calls there were from one day to another, both included; intervals without calls have no row."""
    table = _with_patience(
        con,
        _read(con, f"""with {_calls(minutes, series)}
        select feed, queue, local_interval, {minutes} as minutes, offered as calls, handled_s / nullif(timed, 0) as handling_s from interval_calls
        where local_date between $first and $last""", {"first": first, "last": last}),
        last,
    )  # fmt: skip
    return Demand(_sure_handling(table), "actual", f"calls of {first} to {last}")


def usual_week(
    con: duckdb.DuckDBPyConnection,
    first: date,
    last: date,
    minutes: int,
    until: date,
    series: str | None = None,
    declared: ForecastDeclaration | None = None,
    weeks: int = USUAL_WEEKS,
) -> Demand:
    """The mean calls by weekday and time of the last weeks known on the day `until`, laid on the days from `first` to `last`.

    Calendars and events are those of forecast.yaml: special days of the past count in no mean, unless a weekday had no other; to come, a
    holiday goes like a Sunday (or as the calendar says), a Saturday that is worked like the mean working day, an event by its uplift.
    A day of a feed without any call is no day of work, and counts in no mean. A feed without calls in all these weeks has ended."""
    known_from = min(first, until - timedelta(days=14 * weeks))
    with _days_known(con, declared or load_forecast(), known_from, max(last, until)):
        table = _read(con, f"""with {_calls(minutes, series)},
        ends as (select feed, max(local_date) as known_to from interval_calls where local_date <= $until group by feed
            having known_to > $until - {7 * weeks}),
        past as (select c.*, isodow(c.local_date) as weekday, s.on_day is null as is_ordinary, w.feed is not null as is_workday
            from interval_calls as c join ends as e on c.feed = e.feed
            left join special_day as s on c.feed = s.feed and c.local_date = s.on_day
            left join work_weekday as w on c.feed = w.feed and isodow(c.local_date) = w.weekday
            where c.local_date between e.known_to - {7 * weeks - 1} and e.known_to),
        ordinary as (select * from past qualify is_ordinary or not bool_or(is_ordinary) over (partition by feed, weekday)),
        usual as (select *, unnest(if(is_workday, [weekday, 0], [weekday])) as goes_like from ordinary),
        worked as (select feed, goes_like, count(distinct local_date) as days from usual group by all),
        mean_calls as (select u.feed, queue, u.goes_like, cast(local_interval as time) as at_time, sum(offered) / any_value(days) as calls,
            sum(handled_s) / nullif(sum(timed), 0) as handling_s
            from usual as u join worked as w on u.feed = w.feed and u.goes_like = w.goes_like group by all),
        day as (select cast(unnest(generate_series($first, $last, interval 1 day)) as date) as on_day)
        select m.feed, queue, d.on_day + at_time as local_interval, {minutes} as minutes, calls * (1 + coalesce(s.uplift, 0)) as calls, handling_s
        from mean_calls as m cross join day as d left join special_day as s on m.feed = s.feed and d.on_day = s.on_day
        where coalesce(s.goes_like, isodow(d.on_day)) = m.goes_like""", {"until": until, "first": first, "last": last})  # fmt: skip
    return Demand(
        _sure_handling(_with_patience(con, table, until)),
        "usual_week",
        f"mean by weekday and time of the last {weeks} weeks known on {until}",
    )


@contextmanager
def _days_known(
    con: duckdb.DuckDBPyConnection, declared: ForecastDeclaration, first: date, last: date
) -> Iterator[None]:
    """For a while two relations: `special_day` (feed, on_day, goes_like: an ISO weekday, 0 the mean working day, uplift) and `work_weekday`
    (feed, weekday), of all feeds of calls."""
    on = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    special: list[tuple[str, date, int, float]] = []
    working: list[tuple[str, int]] = []
    for (feed,) in con.execute("select distinct feed from kpi.call_interval order by feed").fetchall():
        calendar = declared.calendar_of(feed)
        working += [(feed, WEEKDAYS[name]) for name in calendar.workdays]
        days = days_of(calendar, on, [event for event in declared.events if event.concerns(feed, ())])
        special += [
            (feed, day.on, day.on.isoweekday() if day.like is None else day.like, day.uplift)
            for day in days
            if not day.is_ordinary
        ]
    con.register(
        "special_day", pd.DataFrame(special, columns=["feed", "on_day", "goes_like", "uplift"]).astype(_SPECIAL)
    )
    con.register("work_weekday", pd.DataFrame(working, columns=["feed", "weekday"]))
    try:
        yield
    finally:
        con.unregister("special_day")
        con.unregister("work_weekday")


def forecast(
    con: duckdb.DuckDBPyConnection, first: date, last: date, minutes: int, as_of: Any, series: str | None = None
) -> Demand:
    """The forecast of these days, of each interval the one made last up to `as_of`, added up to intervals of `minutes`. Where a feed is
    forecast by parts (queues, kinds of business), these are its queues here. What its forecast as a whole has more than they (calls of no
    queue, queues with too short a history) is the queue `REST`, unless one of its parts is asked for.

    CcdataError where there is none."""
    if not has_forecast(con):
        raise CcdataError(
            "there is no forecast in this home; fix: run `ccdata forecast make`, or plan with --basis usual-week"
        )
    table = _read(con, f"""with part as (
            select m.feed, m.dims = '{{}}' as is_whole, if(m.dims = '{{}}', '', substr(m.series, length(m.feed) + 2)) as queue,
                f.measure, f.local_interval, {_GRAINS} as grain_minutes, f.value
            from planning.forecast as f join planning.forecast_made as m using (forecast_id)
            where m.as_of <= $as_of and f.local_date between $first and $last and grain_minutes <= {minutes}
            qualify row_number() over (partition by m.series, f.measure, f.grain, f.local_interval order by m.as_of desc, m.made_at desc, m.forecast_id desc) = 1
                -- the finest grain that was forecast; the others are its sums
                and grain_minutes = min(grain_minutes) over (partition by m.series)),
        wanted as (select *, bool_or(not is_whole) over (partition by feed) as has_parts from part where {_of_series("feed", "queue", series)}),
        measured as (select feed, queue, is_whole and has_parts as is_above, local_interval,
                max(value) filter (measure = 'offered') as calls, max(value) filter (measure = 'aht') as handling_s
            from wanted group by all),
        binned as (select feed, queue, is_above, time_bucket(interval {minutes} minutes, local_interval) as local_interval, sum(calls) as calls,
                sum(calls * handling_s) / nullif(sum(calls) filter (handling_s is not null), 0) as handling_s
            from measured where calls is not null group by all),
        rest as (select feed, local_interval, arg_max(handling_s, is_above) as handling_s, arg_max(calls, is_above) as above,
                greatest(above - sum(calls) filter (not is_above), 0) as calls
            from binned group by all having bool_or(is_above))
        select feed, queue, local_interval, {minutes} as minutes, calls, handling_s from binned where not is_above
        union all
        -- a hundredth is what rounding leaves
        select feed, {literal(REST)}, local_interval, {minutes}, calls, handling_s from rest
        qualify sum(calls) over (partition by feed) > 0.01 * sum(above) over (partition by feed)""", {"first": first, "last": last, "as_of": as_of})  # fmt: skip
    if not len(table):
        raise CcdataError(
            f"there is no forecast of {first} to {last}; fix: run `ccdata forecast make` for these weeks, or plan with --basis usual-week"
        )
    return Demand(_sure_handling(_with_patience(con, table, first)), "forecast", f"forecast of {first} to {last}")


def of_file(path: Path, minutes: int | None = None) -> Demand:
    """A file of calls: local_interval, calls, mean_handling_s, and where wanted queue and mean_patience_s (`HEADERS` has other names).

    The length of an interval is `minutes`, else the least time between two starts. CcdataError names the cells that cannot be read,
    intervals given twice and calls without a handling time."""
    rows = read_rows(path, HEADERS, ("local_interval", "calls", "mean_handling_s"))
    faults = Faults(path)
    read = []
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        at = row["row"]
        start = faults.read(at, "local_interval", row["local_interval"], moment, "a time as 2026-01-05 09:30")
        calls = faults.read(at, "calls", row["calls"], number, "a number from 0 on")
        handling = faults.read(at, "mean_handling_s", row["mean_handling_s"], number, "a number of seconds")
        patience = faults.read(at, "mean_patience_s", row.get("mean_patience_s"), number, "a number of seconds")
        if row["local_interval"] is None or row["calls"] is None:
            faults.add(at, "local_interval, calls", "is empty")
        if calls and not handling:
            faults.add(at, "mean_handling_s", "calls take more than 0 seconds")
        key = (row.get("queue") or "", start)
        if start and key in seen:
            faults.add(at, "local_interval", "the queue has this interval twice")
        seen.add(key)
        read.append(("", row.get("queue") or "", start, 0, calls, handling or None, patience or None))
    faults.refuse()
    table = pd.DataFrame(read, columns=list(DEMAND)).sort_values(["queue", "local_interval"], ignore_index=True)
    table["local_interval"] = pd.to_datetime(table["local_interval"])
    table["minutes"] = minutes or _length(table)
    for name in ("calls", "mean_handling_s", "mean_patience_s"):
        table[name] = table[name].astype(float)
    return Demand(_sure_handling(table), "file", f"calls of {path.name}")


def of_days(demand: Demand, first: date | None, last: date | None) -> Demand:
    """The demand of the days from `first` to `last`, each as far as it is given. WrongUse where none is left."""
    days = demand.table["local_interval"].dt.date
    kept = demand.table[(days >= (first or days.min())) & (days <= (last or days.max()))]
    if len(demand.table) and not len(kept):
        raise WrongUse(
            f"{demand.said}: they are of {days.min()} to {days.max()}, none of the days asked for; fix: give others by --from and --to"
        )
    return replace(demand, table=kept.reset_index(drop=True))


def patience(con: duckdb.DuckDBPyConnection, until: date) -> pd.DataFrame:
    """How long callers wait before they hang up: one row per feed and queue: waited_s (all time in the queue of callers who were answered
    or hung up, up to the day `until`), abandons, mean_patience_s.

    Those answered had patience for longer than they waited, so their waits count without an abandon: waits ÷ abandons is the maximum
    likelihood estimate of an exponential patience with censored waits, the area under the Kaplan–Meier curve were it exponential. Under
    `LEAST_ABANDONS` it is null."""
    return con.execute(
        f"""select feed, coalesce(queue, '') as queue, cast(sum(wait_s) as double) as waited_s, count(*) filter (is_abandoned) as abandons,
            case when abandons >= {LEAST_ABANDONS} and waited_s > 0 then waited_s / abandons end as mean_patience_s
        from marts.fct_call where is_offered and not is_repeat and not is_flow_out and wait_s is not null and coalesce(direction, 'inbound') = 'inbound'
            and local_date <= $until group by all order by all""",
        {"until": until},
    ).df()


def known_days(con: duckdb.DuckDBPyConnection, series: str | None = None) -> tuple[date, date] | None:
    """The first and last day with calls in a queue; None where there are none."""
    found = con.execute(
        f"select min(local_date), max(local_date) from kpi.call_interval where offered > 0 and {_of_series('feed', 'queue', series)}"
    ).fetchall()[0]
    return (found[0], found[1]) if found[0] else None


def known_series(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What calls can be planned by: feeds, and their queues as feed/queue."""
    found = con.execute(
        "select distinct unnest([feed, feed || '/' || queue]) as name from kpi.call_interval order by all"
    ).fetchall()
    return [name for (name,) in found if name]


def busiest_day(con: duckdb.DuckDBPyConnection, series: str | None = None) -> date:
    """The day on which most calls came to queues. CcdataError where there are none."""
    found = con.execute(
        f"""select local_date from kpi.call_interval where direction = 'inbound' and {_of_series("feed", "queue", series)}
        group by all order by sum(offered) desc, local_date limit 1"""
    ).fetchall()
    if not found:
        raise CcdataError("there are no calls; fix: run `ccdata run` with a feed of calls, or give --calls FILE")
    return date.fromisoformat(str(found[0][0]))


def has_forecast(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the home has tables of forecasts. CcdataError where they lack a column that is read."""
    have: dict[str, set[str]] = {}
    for table, column in con.execute(
        "select table_name, column_name from information_schema.columns where table_schema = 'planning'"
    ).fetchall():
        have.setdefault(table, set()).add(column)
    if not set(_FORECAST) <= set(have):
        return False
    if missing := [
        f"{table}.{column}" for table, columns in _FORECAST.items() for column in columns if column not in have[table]
    ]:
        raise CcdataError(f"planning: {', '.join(missing)} is not there; fix: make the forecast with this release")
    return True


_FORECAST: Final = {
    "forecast_made": ("forecast_id", "series", "feed", "dims", "as_of", "made_at"),
    "forecast": ("forecast_id", "measure", "grain", "local_interval", "local_date", "value"),
}
"""What is read of forecasts."""
_GRAINS: Final = (
    "case f.grain when '15min' then 15 when '30min' then 30 when 'hour' then 60 when 'day' then 1440 else 10080 end"
)


def _calls(minutes: int, series: str | None) -> str:
    return f"""interval_calls as (
        select feed, coalesce(queue, '') as queue, time_bucket(interval {minutes} minutes, local_interval) as local_interval, local_date,
            cast(sum(offered) as double) as offered, cast({_HANDLING} as double) as handled_s, sum(timed) as timed
        from kpi.call_interval where direction = 'inbound' and {_of_series("feed", "queue", series)} group by all)"""


def _of_series(feed: str, queue: str, series: str | None) -> str:
    """A condition: rows of a feed, or of feed/queue, or of a queue of any feed."""
    if series is None:
        return "true"
    name = literal(series)
    return f"({feed} = {name} or coalesce({queue}, '') = {name} or {feed} || '/' || coalesce({queue}, '') = {name})"


def _read(con: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any]) -> pd.DataFrame:
    return con.execute(f"select * from ({query}) order by feed, queue, local_interval", values).df()


def _with_patience(con: duckdb.DuckDBPyConnection, table: pd.DataFrame, until: date) -> pd.DataFrame:
    known = patience(con, until)
    joined = table.rename(columns={"handling_s": "mean_handling_s"}).merge(
        known[["feed", "queue", "mean_patience_s"]], on=["feed", "queue"], how="left"
    )
    # a queue that tells too little, or a part that is none, takes that of its feed
    sums = known.groupby("feed")[["waited_s", "abandons"]].sum()
    of_feed = (sums["waited_s"] / sums["abandons"]).where(sums["abandons"] >= LEAST_ABANDONS)
    joined["mean_patience_s"] = joined["mean_patience_s"].astype(float).fillna(joined["feed"].map(of_feed))
    for name in ("calls", "mean_handling_s", "mean_patience_s"):
        joined[name] = joined[name].astype(float)
    joined["local_interval"] = pd.to_datetime(joined["local_interval"])
    return joined[list(DEMAND)]


def _sure_handling(table: pd.DataFrame) -> pd.DataFrame:
    """Intervals whose handling time nobody knows take the mean of their queue, then of their feed. WrongUse where a feed has none."""
    handled = table.assign(handled=table["calls"] * table["mean_handling_s"])
    filled = table["mean_handling_s"]
    for keys in (["feed", "queue"], ["feed"]):
        of_known = handled[handled["mean_handling_s"].notna()].groupby(keys)[["handled", "calls"]].sum()
        mean = (of_known["handled"] / of_known["calls"].where(of_known["calls"] > 0)).rename("mean")
        filled = filled.fillna(table[keys].join(mean, on=keys)["mean"])
    lacking = filled.isna() | (filled <= 0)
    if (lacking & (table["calls"] > 0)).any():
        feeds = ", ".join(sorted(set(table.loc[lacking, "feed"])))
        raise WrongUse(
            f"no handling time is known of {feeds or 'these calls'}; fix: plan with --calls FILE, which has one, or leave the feed out by --series"
        )
    return table.assign(mean_handling_s=filled.where(~lacking, 1.0))


def _length(table: pd.DataFrame) -> int:
    starts = table["local_interval"].drop_duplicates().sort_values()
    steps = starts.diff().dropna()
    if not len(steps):
        return 30
    return int(min(steps.min(), timedelta(hours=24)).total_seconds() // 60) or 1
