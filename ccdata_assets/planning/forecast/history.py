"""Reading series: calls of marts.fct_call, or of call files landed and staged in a home that is thrown away, by series and quarter.

Only what was known at the business time counts. A history begins after the last four weeks without a call and ends with the last complete
day of its feed. Which of its days are odd is judged elsewhere.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

from ccdata_assets.contracts.compile import quote
from ccdata_assets.contracts.model import Title
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.planning.forecast.calendars import WEEKDAYS, days_of
from ccdata_assets.planning.forecast.declared import Event, ForecastDeclaration
from ccdata_assets.planning.forecast.series import QUARTERS, Day, Series
from ccdata_assets.planning.forecast.treatment import treat
from ccdata_assets.settings import Settings

MOST_DAYS = 1100
"""Days of history that are looked at: three years show what a year does."""
SILENT_DAYS = 28
"""So many days without a call end a history; what comes after them is another."""
LEAST_DAYS = 7
"""A series with fewer days is not forecast."""
CAMPAIGN = Title(zh="外呼项目进行中", en="Outbound campaign running")


@dataclass(frozen=True)
class Skipped:
    """A series that is not forecast, and why."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True)
class Histories:
    """The series there are, and those that are not forecast."""

    series: list[Series] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def read_histories(
    con: duckdb.DuckDBPyConnection, declared: ForecastDeclaration, until: datetime, feeds: Sequence[str] = ()
) -> Histories:
    """All series of marts.fct_call: inbound calls that came to a queue or an agent (`offered` of kpi.call_interval), begun before `until`.
    CcdataError where no run has made that table yet."""
    if not con.execute(
        "select 1 from information_schema.tables where table_schema = 'marts' and table_name = 'fct_call'"
    ).fetchall():
        raise CcdataError("there are no calls in this home yet; fix: run `ccdata run` first")
    con.execute(
        """create or replace temp table forecast_call as
        select feed, queue, skill, business_type, customer_type, mode(time_zone) over (partition by feed) as zone,
            time_bucket(interval 15 minutes, entered_at) as interval_at, count(*) as offered,
            count(talk_s) filter (where is_answered) as timed,
            coalesce(sum(talk_s + coalesce(hold_s, 0) + coalesce(acw_s, 0)) filter (where is_answered), 0) as handle_s
        from (select * from marts.fct_call
            where is_offered and is_entered and not is_repeat and coalesce(direction, 'inbound') = 'inbound'
                and entered_at < ? and (len(?::varchar[]) = 0 or feed in (select unnest(?::varchar[]))))
        group by feed, queue, skill, business_type, customer_type, interval_at, time_zone""",
        [until, list(feeds), list(feeds)],
    )
    found = Histories()
    zones = con.execute("select feed, any_value(zone) from forecast_call group by feed order by feed").fetchall()
    for feed, zone in zones:
        one = _of_feed(con, feed, zone, declared, until)
        found.series.extend(one.series)
        found.skipped.extend(one.skipped)
    return found


def _of_feed(
    con: duckdb.DuckDBPyConnection, feed: str, zone: str, declared: ForecastDeclaration, until: datetime
) -> Histories:
    rule = declared.of_feed(feed)
    parts = ", ".join(quote(part) for part in rule.by)
    con.execute(
        f"""create or replace temp table forecast_cell as
        with local as (select *, timezone(?, interval_at) as local from forecast_call where feed = ?),
        part as (select {parts}, cast(local as date) as day, (hour(local) * 60 + minute(local)) // 15 as quarter,
            sum(offered) as offered, sum(timed) as timed, sum(handle_s) as handle_s from local group by all)
        select * from part""",
        [zone, feed],
    )
    busy = [day for (day,) in con.execute("select distinct day from forecast_cell order by day").fetchall()]
    first_on, last_on = _span(busy, zone, until)
    if (last_on - first_on).days + 1 < LEAST_DAYS:
        return Histories(skipped=[Skipped(feed, f"历史不足{LEAST_DAYS}天", f"fewer than {LEAST_DAYS} days of history")])
    whole = _series(con, feed, (), zone, first_on, last_on, rule.calendar, "true", [])
    days = days_of(declared.calendars[rule.calendar], whole.dates(), ())
    whole = _without_part_of_a_day(whole, days)
    found = Histories([whole])
    labels = con.execute(
        f"""select {parts}, min(day), max(day) from forecast_cell where {" and ".join(f"{quote(p)} is not null" for p in rule.by)}
        group by {parts} order by all"""
    ).fetchall()
    if len(labels) < 2:
        return found  # the only part is the whole
    for *values, since, seen in labels:
        dims = tuple(zip(rule.by, map(str, values), strict=True))
        where = " and ".join(f"{quote(part)} = ?" for part in rule.by)
        first = max(first_on, since)
        name = "/".join([feed, *map(str, values)])
        if (whole.last_on - seen).days >= SILENT_DAYS:
            found.skipped.append(Skipped(name, f"{seen}后无话务", f"no call since {seen}"))
        elif (whole.last_on - first).days + 1 < LEAST_DAYS:
            found.skipped.append(Skipped(name, f"历史不足{LEAST_DAYS}天", f"fewer than {LEAST_DAYS} days of history"))
        else:
            found.series.append(_series(con, feed, dims, zone, first, whole.last_on, rule.calendar, where, values))
    return found


def _span(busy: list[date], zone: str, until: datetime) -> tuple[date, date]:
    """First and last day of a history: the day that `until` lies in is not over, unless it is its end."""
    local = until.astimezone(ZoneInfo(zone))
    whole = local.date() if (local + timedelta(seconds=1)).date() > local.date() else local.date() - timedelta(days=1)
    known = [day for day in busy if day <= whole]
    if not known:
        return whole, whole - timedelta(days=1)
    first = known[-1]
    for day in reversed(known):
        if (first - day).days > SILENT_DAYS or (known[-1] - day).days >= MOST_DAYS:
            break
        first = day
    return first, known[-1]


def _series(
    con: duckdb.DuckDBPyConnection, feed: str, dims: tuple[tuple[str, str], ...], zone: str, first_on: date, last_on: date,
    calendar: str, where: str, values: list[str],
) -> Series:  # fmt: skip
    cells = con.execute(
        f"""select date_diff('day', ?::date, day) as day, quarter, sum(offered)::double as offered, sum(timed)::double as timed,
            sum(handle_s)::double as handle_s
        from forecast_cell where day between ? and ? and ({where}) group by all""",
        [first_on, first_on, last_on, *values],
    ).fetchnumpy()
    shape = ((last_on - first_on).days + 1, QUARTERS)
    turns = _turns(first_on, shape[0], zone)
    made = []
    for name in ("offered", "timed", "handle_s"):
        matrix = np.zeros(shape)
        matrix[np.asarray(cells["day"], dtype=int), np.asarray(cells["quarter"], dtype=int)] = cells[name]
        for day, times in turns.items():
            matrix[day] = np.where(times > 0, matrix[day] / np.maximum(times, 1), np.nan)
        made.append(matrix)
    return Series(feed, dims, zone, first_on, made[0], made[1], made[2], calendar)


def _turns(first_on: date, days: int, zone: str) -> dict[int, np.ndarray]:
    """Days on which clocks change, with how often each quarter comes: 0, 1 or 2 times."""
    found = {}
    for day in range(days):
        quarters = [quarter for quarter, _ in ticks(first_on + timedelta(days=day), zone)]
        if len(quarters) != QUARTERS:
            found[day] = np.bincount(quarters, minlength=QUARTERS)
    return found


def ticks(day: date, zone: str) -> list[tuple[int, datetime]]:
    """The quarters of an hour of a local day as they come, with their instants (UTC): 96, and fewer or more where clocks change."""
    where, utc = ZoneInfo(zone), ZoneInfo("UTC")
    start, end = (datetime.combine(one, time(), where).astimezone(utc) for one in (day, day + timedelta(days=1)))
    number = round((end - start) / timedelta(minutes=15))
    if number == QUARTERS:
        return [(quarter, start + timedelta(minutes=15 * quarter)) for quarter in range(QUARTERS)]
    found = []
    for at in (start + timedelta(minutes=15 * step) for step in range(number)):
        local = at.astimezone(where)
        found.append(((local.hour * 60 + local.minute) // 15, at))
    return found


def _without_part_of_a_day(series: Series, days: list[Day]) -> Series:
    """Without its last day where that ends in a gap: the rest of it has not come yet."""
    for one in treat(series, days).treated:
        if one.on == series.last_on and one.reason == "gap" and not np.nansum(series.calls[-1, one.from_quarter :]):
            return series.until(series.days - 1)
    return series


def series_days(
    con: duckdb.DuckDBPyConnection | None, declared: ForecastDeclaration, series: Series, ahead: int
) -> list[Day]:
    """What the days of the history and the `ahead` days after it are, events and campaigns among them."""
    parts = tuple(label for _, label in series.dims)
    on = series.dates() + series.dates(ahead)
    events = [event for event in declared.events if event.concerns(series.feed, parts)]
    if con is not None and declared.campaigns:
        events += _campaigns(con, on[0], on[-1], series.days)
    return days_of(declared.calendars[series.calendar], on, events)


def _campaigns(con: duckdb.DuckDBPyConnection, first: date, last: date, past: int) -> list[Event]:
    """Days of outbound campaigns, where they are not most days: then there is nothing to tell them from."""
    if not con.execute(
        "select 1 from information_schema.tables where table_schema = 'staged' and table_name = 'campaign'"
    ).fetchall():
        return []
    spans = con.execute(
        """select distinct greatest(starts_on, ?::date), least(coalesce(ends_on, ?::date), ?::date) from staged.campaign
        where starts_on <= ? and coalesce(ends_on, ?::date) >= ?""",
        [first, last, last, last, last, first],
    ).fetchall()
    on = {start + timedelta(days=day) for start, end in spans for day in range((end - start).days + 1)}
    known = sum(day < first + timedelta(days=past) for day in on)
    if not known or known > 0.4 * past:
        return []
    return [Event(title=CAMPAIGN, starts_on=start, ends_on=end) for start, end in spans]


def workdays(declared: ForecastDeclaration, series: Series) -> tuple[int, ...]:
    """ISO weekdays that the series' calendar works on."""
    return tuple(sorted(WEEKDAYS[name] for name in declared.calendars[series.calendar].workdays))


@contextmanager
def staged_elsewhere(
    paths: Sequence[Path], feed: str, registry: Registry, settings: Settings
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Call files landed, judged and staged by a run's own code in a home that is thrown away, with marts.fct_call over them; nothing of
    the real home is read. CcdataError where a file is rejected, WrongUse where the feed is none of calls."""
    from ccdata_assets.catalogue.lineage import Models
    from ccdata_assets.landing.inbox import InboxFile
    from ccdata_assets.landing.land import land_feed
    from ccdata_assets.resolution.golden import know_nobody
    from ccdata_assets.warehouse.declared import write_declared
    from ccdata_assets.warehouse.engine import connect
    from ccdata_assets.warehouse.gate import account, decide, mark
    from ccdata_assets.warehouse.staging import create_views, stage_feed

    contract = registry.feeds.get(feed)
    if contract is None or contract.subject != "call":
        known = ", ".join(name for name, one in sorted(registry.feeds.items()) if one.subject == "call")
        raise WrongUse(f"--feed {feed}: is no feed of calls; fix: use one of {known}")
    with tempfile.TemporaryDirectory(prefix="ccdata-") as folder:
        elsewhere = settings.model_copy(update={"home": Path(folder), "inbox": None, "settle_s": 0.0})
        files = [
            InboxFile(f"{feed}/{path.name}", path, path.stat().st_size, path.stat().st_mtime_ns, None) for path in paths
        ]
        with connect(elsewhere) as con:
            for line in land_feed(con, contract, registry, elsewhere, files, "backtest").lines:
                if line.status == "rejected":
                    fix = "" if "fix: " in str(line.error) else "; fix: see `ccdata feeds check`"
                    raise CcdataError(f"{line.file}: cannot be read: {line.error}{fix}")
            stage_feed(con, contract, registry, elsewhere)
            decide(con, contract, elsewhere, account(con, contract, elsewhere), [], "backtest")
            mark(con, contract)
            create_views(con, registry)
            write_declared(con, registry)
            know_nobody(con)
            models = Models(settings.dbt_dir)
            for name in ("fct_call_event", "fct_call"):
                con.execute(f"create table marts.{name} as {models.render(name)}")
            yield con


def cut(series: Series, last_on: date) -> Series:
    """The series as it was known at the end of a day."""
    return series.until(max(0, min(series.days, (last_on - series.first_on).days + 1)))
