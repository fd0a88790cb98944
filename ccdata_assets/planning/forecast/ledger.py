"""The ledgers of forecasts: planning.forecast_made, forecast, forecast_treated and forecast_score. Rows are only added.

A forecast is known by a hash of all it was made of, so that nothing is made twice; a score is added when more of the calls have come or
others than before. Callers hold the writer's lock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from ccdata_assets.errors import WrongUse
from ccdata_assets.planning.forecast.choice import origins
from ccdata_assets.planning.forecast.declared import ForecastDeclaration
from ccdata_assets.planning.forecast.family import Member, families, forecast_family, needed, rests_on
from ccdata_assets.planning.forecast.history import Skipped, read_histories, series_days, workdays
from ccdata_assets.planning.forecast.make import COLUMNS, Forecast
from ccdata_assets.planning.forecast.scoring import score, with_actuals
from ccdata_assets.planning.forecast.series import Day
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction

FIGURES = ("cells", "actual", "value", "wape", "bias", "coverage_80", "coverage_95", "baseline_wape", "baseline_bias")
Steps = Callable[[int, int], None]
"""Told how many steps are done, of how many."""


@dataclass
class Made:
    """What a run of forecasts did: series made anew, series of which nothing has changed, and those not forecast."""

    made: list[Forecast] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def make_forecasts(
    con: duckdb.DuckDBPyConnection, settings: Settings, declared: ForecastDeclaration, run_id: str, weeks: int | None = None,
    only: Sequence[str] = (), tell: Steps | None = None,
) -> Made:  # fmt: skip
    """Forecast every series, or those named `only`, as known at the business time; WrongUse for a name that
    no series has."""
    histories = read_histories(con, declared, settings.as_of)
    known = {one.name for one in histories.series} | {one.name for one in histories.skipped}
    if unknown := sorted(set(only) - known):
        names = ", ".join(sorted(one.name for one in histories.series)) or "none"
        raise WrongUse(f"--series {unknown[0]}: there is no such series; fix: use one of {names}")
    done = Made(skipped=[one for one in histories.skipped if not only or one.name in only])
    there = {row[0] for row in con.execute("select forecast_id from planning.forecast_made").fetchall()}
    ahead = (weeks or declared.weeks) * 7
    kin = families(
        Member(one, series_days(con, declared, one, ahead), workdays(declared, one)) for one in histories.series
    )
    keys = {
        one.series.name: forecast_id(rests_on(one, family), one)
        for family in kin
        for one in family
        if not only or one.series.name in only
    }
    due = []
    for family in kin:
        lacking = {one.series.name for one in family} & {name for name, key in keys.items() if key not in there}
        due.append((family, lacking))
    done.unchanged = [name for name, key in keys.items() if key in there]
    steps = sum(len(origins(one.series.days)) for family, lacking in due for one in needed(family, lacking))
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1
        if tell:
            tell(taken, steps)

    for family, lacking in due:
        done.made += forecast_family(family, lacking, step)
    with transaction(con):
        for one in done.made:
            _write(con, one, keys[one.series.name], settings, run_id, ahead // 7)
    return done


def forecast_id(members: Sequence[Member], one: Member) -> str:
    """Hash of all that the forecast of `one` is made of: history and days of it and the other members, code, library."""
    digest = hashlib.sha256(f"{code_version()}|{one.series.name}".encode())
    for each in members:
        series = each.series
        digest.update(f"{series.name}|{series.dims}|{series.zone}|{series.first_on}|{list(each.days)!r}".encode())
        for part in (series.calls, series.timed, series.handle_s):
            digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]


@lru_cache
def code_version() -> str:
    """Hash of the code that makes forecasts, with the library's version."""
    from importlib.metadata import version

    digest = hashlib.sha256(version("statsforecast").encode())
    for name in (
        "treatment",
        "daily",
        "profile",
        "handling",
        "handling_bounds",
        "point",
        "choice",
        "intervals",
        "make",
        "family",
    ):
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()[:12]


def _write(
    con: duckdb.DuckDBPyConnection, one: Forecast, key: str, settings: Settings, run_id: str, weeks: int
) -> None:
    series, chosen = one.series, one.chosen
    con.execute(
        "insert into planning.forecast_made values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            key, series.name, series.feed, json.dumps(dict(series.dims), ensure_ascii=False, sort_keys=True), series.zone,
            series.calendar, chosen.candidate, chosen.reason, str(chosen.smoothing), series.first_on, series.last_on, weeks,
            one.is_measured, json.dumps({name: round(value, 4) for name, value in chosen.wape.items()}), len(chosen.trials),
            settings.as_of, datetime.now(UTC), code_version(), run_id,
        ],
    )  # fmt: skip
    con.register("new_rows", one.rows.assign(forecast_id=key, series=series.name, model=chosen.candidate))
    con.execute(
        f"insert into planning.forecast select forecast_id, series, model, ?, {', '.join(COLUMNS)} from new_rows",
        [settings.as_of],
    )
    con.unregister("new_rows")
    for t in one.ahead.clean.treated:
        midnight = datetime.combine(t.on, time())
        con.execute(
            "insert into planning.forecast_treated values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                key, series.name, t.on, t.reason, midnight + timedelta(minutes=15 * t.from_quarter),
                midnight + timedelta(minutes=15 * t.to_quarter), t.calls, t.used, t.note_zh, t.note_en,
            ],
        )  # fmt: skip


@dataclass
class Scored:
    """What a run of scores did: forecasts that got a score, and how many rows were added."""

    forecasts: int = 0
    rows: int = 0


def score_forecasts(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    declared: ForecastDeclaration,
    run_id: str,
    tell: Steps | None = None,
) -> Scored:
    """Score every forecast of which calls have come since, as known at the business time; a score that says the same is not added."""
    made = con.execute(
        """select made.forecast_id, made.series, made.last_on, made.weeks from planning.forecast_made as made
        order by made.as_of, made.series"""
    ).fetchall()
    feeds = [feed for (feed,) in con.execute("select distinct feed from planning.forecast_made").fetchall()]
    done = Scored()
    if not made:
        return done
    series = {one.name: one for one in read_histories(con, declared, settings.as_of, feeds).series}
    due = [
        (key, series[name], last_on, weeks)
        for key, name, last_on, weeks in made
        if name in series and series[name].last_on > last_on
    ]
    for number, (key, one, last_on, weeks) in enumerate(due, 1):
        ahead = [Day(last_on + timedelta(days=day)) for day in range(1, weeks * 7 + 1)]
        rows = con.execute(f"select {', '.join(COLUMNS)} from planning.forecast where forecast_id = ?", [key]).df()
        rows["local_date"] = pd.to_datetime(rows["local_date"]).dt.date
        rows["interval_at"] = pd.to_datetime(rows["interval_at"], utc=True).astype("datetime64[ns, UTC]")
        found = with_actuals(rows, one, ahead)
        if len(found):
            until = min(one.last_on, ahead[-1].on)
            added = _add_score(con, key, one.name, until, score(found), settings, run_id)
            done.rows += added
            done.forecasts += added > 0
        if tell:
            tell(number, len(due))
    return done


def _add_score(
    con: duckdb.DuckDBPyConnection,
    key: str,
    name: str,
    until: date,
    found: pd.DataFrame,
    settings: Settings,
    run_id: str,
) -> int:
    """Add the lines that say something else than the last ones of their forecast, measure, grain and week."""
    con.register("new_score", found)
    same = " and ".join(f"round(n.{one}, 9) is not distinct from round(k.{one}, 9)" for one in FIGURES)
    with transaction(con):
        count = con.execute(
            f"""insert into planning.forecast_score
            select ?, ?, n.measure, n.grain, n.week_ahead, {", ".join(f"n.{one}" for one in FIGURES)}, ?, ?, ?
            from new_score as n
            left join (
                select * from planning.forecast_score where forecast_id = ?
                qualify row_number() over (partition by measure, grain, week_ahead order by as_of desc, last_on desc, rowid desc) = 1
            ) as k on n.measure = k.measure and n.grain = k.grain and n.week_ahead = k.week_ahead
            where not coalesce({same} and k.forecast_id is not null, false)""",
            [key, name, until, settings.as_of, run_id, key],
        ).fetchall()[0][0]
    con.unregister("new_score")
    return int(count)
