"""Made-up traffic whose structure is known: a level, weekdays, a curve of the day, noise, and whatever a test plants in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np

from ccdata_assets.planning.forecast.calendars import days_of
from ccdata_assets.planning.forecast.declared import Calendar
from ccdata_assets.planning.forecast.series import QUARTERS, Day, Series
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect
from ccdata_assets_tests.world import make_settings

MONDAY = date(2026, 1, 5)
WEEK = (1.2, 1.1, 1.0, 1.0, 0.9, 0.5, 0.3)
"""How weekdays stand to the level, Monday first."""
OPEN = range(8 * 4, 20 * 4)
WORKDAYS = (1, 2, 3, 4, 5)
NO_CALENDAR = Calendar()


def curve() -> np.ndarray:
    """Shares of the day by quarter: two humps from eight to twenty, nothing outside."""
    at = np.arange(QUARTERS) / 4
    shape = np.exp(-((at - 10.5) ** 2) / 4) + 0.8 * np.exp(-((at - 15) ** 2) / 6)
    shape[[q for q in range(QUARTERS) if q not in OPEN]] = 0
    return np.asarray(shape / shape.sum())


def means(
    days: int, level: float = 1000.0, first: date = MONDAY, factors: Mapping[int, float] | None = None
) -> np.ndarray:
    """Expected calls by day and quarter; `factors` multiplies single days (by number)."""
    weekday = [(first + timedelta(days=day)).weekday() for day in range(days)]
    total = np.array([level * WEEK[day] for day in weekday])
    for day, factor in (factors or {}).items():
        total[day] *= factor
    return np.asarray(total[:, None] * curve()[None, :])


def series(calls: np.ndarray, first: date = MONDAY, handling_s: float = 200.0, zone: str = "Asia/Shanghai") -> Series:
    """A series of these calls, nine in ten of them timed, with so long a handling time."""
    timed = np.round(0.9 * np.nan_to_num(calls))
    return Series("call_log", (), zone, first, calls.astype(float), timed, timed * handling_s, "none")


def restless(calls: np.ndarray, draw: np.random.Generator, handling_s: float = 200.0) -> Series:
    """A series whose calls are handled for times of an exponential distribution."""
    one = series(calls, handling_s=handling_s)
    return replace(one, handle_s=draw.gamma(np.maximum(one.timed, 1e-9), handling_s))


def days(one: Series, ahead: int, calendar: Calendar = NO_CALENDAR) -> list[Day]:
    """What its days and those ahead are under a calendar, none by default."""
    return days_of(calendar, one.dates() + one.dates(ahead))


def write_calls(con: duckdb.DuckDBPyConnection, parts: Mapping[str | None, np.ndarray], first: date = MONDAY) -> None:
    """marts.fct_call with these calls by queue, day and quarter (UTC+8), each answered and handled in 200 s."""
    columns = """feed varchar, queue varchar, skill varchar, business_type varchar, customer_type varchar, time_zone varchar, direction varchar,
        entered_at timestamptz, is_offered boolean, is_entered boolean, is_repeat boolean, is_answered boolean, talk_s bigint, hold_s bigint, acw_s bigint"""
    con.execute(f"create table if not exists marts.fct_call ({columns})")
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=8)
    for queue, calls in parts.items():
        at, quarter = np.nonzero(calls)
        con.register("cells", {"day": at, "quarter": quarter, "number": calls[at, quarter].astype(int)})
        con.execute(
            """insert into marts.fct_call select 'call_log', ?, null, null, null, 'Asia/Shanghai', 'inbound',
                ?::timestamptz + to_minutes((1440 * day + 15 * quarter)::bigint) + to_seconds(unnest(range(number))::double % 900),
                true, true, false, true, 150, 20, 30 from cells""",
            [queue, midnight],
        )
        con.unregister("cells")


def home(folder: Path, parts: Mapping[str | None, np.ndarray], now: str, first: date = MONDAY) -> Settings:
    """A home whose warehouse has these calls and nothing else."""
    settings = make_settings(folder / "home", now)
    with connect(settings) as con:
        write_calls(con, parts, first)
    return settings
