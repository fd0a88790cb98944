"""Forecasts kept and scored in a warehouse: rows are only added, nothing is made twice, and a past day's knowledge gives the same."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.planning.forecast import choice
from ccdata_assets.planning.forecast.backtest import backtest
from ccdata_assets.planning.forecast.declared import load_forecast
from ccdata_assets.planning.forecast.history import read_histories
from ccdata_assets.planning.forecast.ledger import make_forecasts, score_forecasts
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect
from ccdata_assets_tests.planning import traffic
from ccdata_assets_tests.world import make_settings

LEDGERS = ("forecast_made", "forecast", "forecast_treated", "forecast_score")
DECLARED = load_forecast()


@pytest.fixture(autouse=True)
def few_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ledgers do not depend on how well a model is chosen."""
    monkeypatch.setattr(choice, "MOST_ORIGINS", 2)


@pytest.fixture(scope="module")
def parts() -> dict[str | None, np.ndarray]:
    """Two queues of twelve weeks; the second is given up after five."""
    draw = np.random.default_rng(7)
    orders, closed = (draw.poisson(traffic.means(84, level)) for level in (300, 60))
    closed[35:] = 0
    return {"订单组": orders, "旧组": closed}


@pytest.fixture
def home(tmp_path: Path, parts: dict[str | None, np.ndarray]) -> Settings:
    return traffic.home(tmp_path, parts, "2026-03-15")  # ten weeks are over; two are not known yet


def later(settings: Settings, now: str) -> Settings:
    return make_settings(settings.home, now)


def counts(con: duckdb.DuckDBPyConnection) -> list[int]:
    return [con.execute(f"select count(*) from planning.{name}").fetchall()[0][0] for name in LEDGERS]


def test_a_second_run_with_nothing_new_adds_nothing(home: Settings) -> None:
    with connect(home) as con:
        first = make_forecasts(con, home, DECLARED, "one", 2)
        score_forecasts(con, home, DECLARED, "one")
        before = counts(con)
        second = make_forecasts(con, home, DECLARED, "two", 2)
        score_forecasts(con, home, DECLARED, "two")
        assert counts(con) == before
    assert [one.series.name for one in first.made] == ["call_log", "call_log/订单组"]
    assert (second.made, second.unchanged) == ([], ["call_log", "call_log/订单组"])
    assert [(one.name, one.en) for one in first.skipped] == [("call_log/旧组", "no call since 2026-02-08")]


def test_only_what_was_known_then_counts(home: Settings, parts: dict[str | None, np.ndarray]) -> None:
    with connect(home) as con:
        series = {one.name: one for one in read_histories(con, DECLARED, home.as_of).series}
    assert series["call_log/订单组"].last_on == date(2026, 3, 15)
    assert (series["call_log/订单组"].calls == parts["订单组"][:70]).all(), "every call by its local day and quarter"
    assert (series["call_log"].calls == (parts["订单组"] + parts["旧组"])[:70]).all()
    with connect(home) as con:
        noon = make_settings(home.home, "2026-03-15T12:00+08:00")
        assert read_histories(con, DECLARED, noon.as_of).series[0].last_on == date(2026, 3, 14), "the day is not over"


def test_replaying_a_day_gives_the_same_forecast_whatever_has_come_since(
    home: Settings, tmp_path: Path, parts: dict[str | None, np.ndarray]
) -> None:
    shorter = traffic.home(tmp_path / "shorter", {queue: calls[:70] for queue, calls in parts.items()}, "2026-03-15")
    made = []
    for settings in (home, shorter):
        with connect(settings) as con:
            make_forecasts(con, settings, DECLARED, "run", 2)
            made.append(con.execute("select * from planning.forecast order by all").df())
    assert made[0].equals(made[1])


def test_forecasts_are_scored_when_their_calls_come_and_only_added_to(
    home: Settings, parts: dict[str | None, np.ndarray]
) -> None:
    with connect(home) as con:
        make_forecasts(con, home, DECLARED, "one", 2)
        assert score_forecasts(con, home, DECLARED, "one").rows == 0, "nothing has come yet"
        week = later(home, "2026-03-22")
        assert score_forecasts(con, week, DECLARED, "two").forecasts == 2
        before = con.execute("select * from planning.forecast_score order by all").fetchall()
        end = later(home, "2026-03-29")
        score_forecasts(con, end, DECLARED, "three")
        after = con.execute("select * from planning.forecast_score order by all").fetchall()
        assert set(before) < set(after)
        assert score_forecasts(con, end, DECLARED, "four").rows == 0
        kept = con.execute(
            "select grain, interval_at, local_date, value, low_80, high_80, baseline from planning.forecast where series = 'call_log/订单组' and measure = 'offered'"
        ).df()
        scores = (
            con.execute(
                """select grain, cells, actual, value, wape, bias, coverage_80, baseline_wape from planning.forecast_score
            where series = 'call_log/订单组' and measure = 'offered' and week_ahead = 0 and last_on = '2026-03-29'"""
            )
            .df()
            .set_index("grain")
        )
    # the same by hand
    actual = parts["订单组"][70:84]
    days = kept[kept.grain == "day"].sort_values("interval_at")
    came = actual.sum(axis=1)
    assert scores.actual["day"] == came.sum() == scores.actual["30min"]
    assert scores.wape["day"] == pytest.approx(np.abs(days.value - came).sum() / came.sum())
    assert scores.bias["day"] == pytest.approx(days.value.sum() / came.sum() - 1)
    assert scores.coverage_80["day"] == pytest.approx(((days.low_80 <= came) & (came <= days.high_80)).mean())
    half = kept[kept.grain == "30min"].sort_values("interval_at")
    by_half = actual.reshape(14, 48, 2).sum(axis=2).ravel()
    assert scores.wape["30min"] == pytest.approx(np.abs(half.value - by_half).sum() / by_half.sum())
    last_week = parts["订单组"][63:70].reshape(7, 48, 2).sum(axis=2)
    naive = np.tile(last_week, (2, 1)).ravel()
    assert (half.baseline.to_numpy() == naive).all()
    assert scores.baseline_wape["30min"] == pytest.approx(np.abs(naive - by_half).sum() / by_half.sum())


def test_calls_that_come_late_make_a_new_forecast_and_a_new_score(home: Settings) -> None:
    with connect(home) as con:
        make_forecasts(con, home, DECLARED, "one", 2)
        week = later(home, "2026-03-22")
        score_forecasts(con, week, DECLARED, "one")
        made, rows, _, scores = counts(con)
        late = np.zeros((84, 96), dtype=int)
        late[60, 40] = late[72, 40] = 50
        traffic.write_calls(con, {"订单组": late})
        assert len(make_forecasts(con, week, DECLARED, "two", 2).made) == 2
        score_forecasts(con, week, DECLARED, "two")
        assert counts(con)[0] == made + 2 and counts(con)[1] > rows and counts(con)[3] > scores
        newest = con.execute("select distinct last_on from planning.forecast_latest").fetchall()
    assert newest == [(date(2026, 3, 22),)]


def test_the_newest_forecast_of_each_series_stands_in_one_row_per_interval(home: Settings) -> None:
    with connect(home) as con:
        make_forecasts(con, home, DECLARED, "one", 1)
        found = con.execute(
            """select series, local_date, offered, aht, offered_baseline from planning.forecast_latest where grain = 'day' order by all"""
        ).df()
    assert list(found.series.unique()) == ["call_log", "call_log/订单组"] and len(found) == 14
    assert np.allclose(found.aht, 200)


def test_a_name_that_no_series_has_is_refused_with_those_there_are(home: Settings) -> None:
    with connect(home) as con, pytest.raises(WrongUse, match=r"call_log/订单组"):
        make_forecasts(con, home, DECLARED, "one", 1, ["call_log/无此组"])


def test_a_backtest_does_not_look_beyond_its_origin(
    home: Settings, tmp_path: Path, parts: dict[str | None, np.ndarray]
) -> None:
    changed = {queue: calls.copy() for queue, calls in parts.items()}
    for calls in changed.values():
        calls[70:] *= 3
    other = traffic.home(tmp_path / "other", changed, "2026-03-29")
    found = []
    for settings in (later(home, "2026-03-29"), other):
        with connect(settings) as con:
            histories = read_histories(con, DECLARED, settings.as_of)
            tried = backtest(con, DECLARED, histories, date(2026, 3, 15), date(2026, 3, 22), ["call_log"])
            found.append(tried[0].forecast.rows)
    pd.testing.assert_frame_equal(found[0], found[1])


def test_a_home_adds_its_own_events_and_calendars(tmp_path: Path) -> None:
    (tmp_path / "forecast.yaml").write_text(
        "feeds:\n  call_log: {calendar: DE}\ncalendars:\n  DE: {country: DE}\n"
        "events:\n  - {title: {zh: 促销, en: Sale}, starts_on: 2026-03-01, ends_on: 2026-03-02, uplift: 0.2}\n",
        encoding="utf-8",
    )
    declared = load_forecast(tmp_path)
    assert declared.of_feed("call_log").calendar == "DE" and declared.of_feed("bank_call").calendar == "IL"
    assert [event.uplift for event in declared.events] == [0.2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("feeds:\n  call_log: {calendar: XX}\n", r"forecast\.yaml:2: .*there is no calendar `XX`"),
        ("calendars:\n  XX: {country: Atlantis}\n", r"forecast\.yaml:.*Atlantis"),
        ("weeks: 9\n", r"forecast\.yaml:1: weeks"),
        (
            "events:\n  - {title: {zh: 促, en: S}, starts_on: 2026-03-02, ends_on: 2026-03-01}\n",
            r"forecast\.yaml:2.*ends_on",
        ),
    ],
)
def test_a_mistake_in_the_declaration_is_said_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "forecast.yaml").write_text(text, encoding="utf-8")
    from ccdata_assets.errors import ContractError

    with pytest.raises(ContractError, match=message):
        load_forecast(tmp_path)


def test_the_first_day_after_the_last_complete_one_is_forecast_first(
    tmp_path: Path, parts: dict[str | None, np.ndarray]
) -> None:
    cut = parts["订单组"][:70].copy()
    cut[69, 48:] = 0  # the last day stops at noon
    settings = traffic.home(tmp_path, {"订单组": cut}, "2026-06-01")
    with connect(settings) as con:
        (series,) = read_histories(con, DECLARED, settings.as_of).series
        done = make_forecasts(con, settings, DECLARED, "one", 1)
    assert series.last_on == traffic.MONDAY + timedelta(days=68)
    assert done.made[0].days[0].on == traffic.MONDAY + timedelta(days=69)


def test_calls_around_a_change_of_clocks_are_counted_by_the_clock_on_the_wall(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "home", "2026-11-08")
    with connect(settings) as con:
        traffic.write_calls(con, {})
        con.execute(  # four calls in each quarter of an hour from 1 October to 7 November, 2026, in Berlin
            """insert into marts.fct_call select 'call_log', 'a', null, null, null, 'Europe/Berlin', 'inbound', began + to_seconds(unnest([0, 60, 120, 180])),
                true, true, false, true, 100, 0, 0
            from range(timestamptz '2026-09-30 22:00:00+00', timestamptz '2026-11-07 23:00:00+00', interval 15 minutes) as quarter(began)"""
        )
        (series,) = read_histories(con, DECLARED, settings.as_of).series
        assert (series.first_on, series.last_on) == (date(2026, 10, 1), date(2026, 11, 7))
        assert (series.calls == 4).all(), "of the hour that comes twice, 25 October at two, each time"
        early = make_settings(tmp_path / "home", "2026-10-20T23:59:59+02:00")
        make_forecasts(con, early, DECLARED, "one", 1)
        score_forecasts(con, settings, DECLARED, "two")
        found = (
            con.execute(
                "select grain, cells, actual, wape from planning.forecast_score where measure = 'offered' and week_ahead = 0"
            )
            .df()
            .set_index("grain")
        )
    calls = 4 * (7 * 96 + 4)
    assert set(found.actual[["15min", "30min", "hour", "day"]]) == {calls} and found.cells["15min"] == calls / 4
    assert found.wape["hour"] == pytest.approx(0, abs=1e-9)


def test_days_of_campaigns_are_events_unless_most_days_are(tmp_path: Path) -> None:
    busy = {20, 21, 34, 35, 60, 61}
    calls = np.random.default_rng(9).poisson(traffic.means(70, 300, factors=dict.fromkeys(busy, 2.0)))
    settings = traffic.home(tmp_path, {"订单组": calls}, "2026-03-15")

    def forecast_of(days: list[int]) -> tuple[set[str], float]:
        with connect(settings) as con:
            con.execute("create or replace table staged.campaign (starts_on date, ends_on date)")
            con.executemany(
                "insert into staged.campaign values (?, ?)",
                [(traffic.MONDAY + timedelta(days=day), traffic.MONDAY + timedelta(days=day + 1)) for day in days],
            )
            (one,) = make_forecasts(con, settings, DECLARED, "run", 1).made
        day = one.rows[(one.rows.measure == "offered") & (one.rows.grain == "day")].value.to_numpy()
        return {item.reason for item in one.ahead.clean.treated}, float(
            day[4] / day[2]
        )  # Friday, in one, and Wednesday, in none

    assert traffic.WEEK[4] / traffic.WEEK[2] == pytest.approx(0.9)
    reasons, ratio = forecast_of([20, 34, 60, 73])
    assert "event" in reasons and ratio == pytest.approx(0.9 * 2 ** (6 / 7), rel=0.15), "six such days, drawn to none"
    reasons, ratio = forecast_of(list(range(0, 80)))
    assert "event" not in reasons and ratio == pytest.approx(0.9, rel=0.15)


def test_a_home_without_calls_says_what_to_do(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "home", "2026-03-15")
    with connect(settings) as con, pytest.raises(CcdataError, match="ccdata run"):
        make_forecasts(con, settings, DECLARED, "run", 1)
