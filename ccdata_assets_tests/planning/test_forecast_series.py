"""Forecasts of series whose structure is known: what is found in them, what is treated, and that cells agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccdata_assets.planning.forecast import choice
from ccdata_assets.planning.forecast.calendars import days_of
from ccdata_assets.planning.forecast.declared import Calendar, Event, load_forecast
from ccdata_assets.planning.forecast.history import ticks
from ccdata_assets.planning.forecast.make import forecast
from ccdata_assets.planning.forecast.point import seasonal_naive
from ccdata_assets.planning.forecast.scoring import score, with_actuals
from ccdata_assets.planning.forecast.series import QUARTERS
from ccdata_assets.planning.forecast.treatment import treat
from ccdata_assets_tests.planning import traffic

RANDOM = 20260105
ALL_ORIGINS = choice.MOST_ORIGINS


@pytest.fixture(scope="module", autouse=True)
def few_origins() -> Iterator[None]:
    """What these tests find in a series does not depend on how many origins choose its model; where it does, a test asks for all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "MOST_ORIGINS", 3)
        yield


def poisson(means: np.ndarray, seed: int = RANDOM) -> np.ndarray:
    return np.random.default_rng(seed).poisson(means).astype(float)


def test_a_level_with_weekdays_and_a_curve_of_the_day_is_found_again() -> None:
    one = traffic.series(poisson(traffic.means(70)))
    made = forecast(one, traffic.days(one, 28), traffic.WORKDAYS)
    rows = made.rows[made.rows.measure == "offered"]
    truth = traffic.means(98)[70:]
    day = rows[rows.grain == "day"].value.to_numpy()
    assert np.abs(day - truth.sum(axis=1)).sum() / truth.sum() < 0.03
    quarters = rows[rows.grain == "15min"].value.to_numpy().reshape(28, QUARTERS)
    assert np.abs(quarters - truth).sum() / truth.sum() < 0.08
    assert (quarters[:, [q for q in range(QUARTERS) if q not in traffic.OPEN]] == 0).all(), "the centre is closed then"
    aht = made.rows[(made.rows.measure == "aht") & (made.rows.grain == "day")]
    assert np.allclose(aht.value, 200, rtol=0.01)


def test_the_baseline_is_the_same_weekday_and_time_of_the_last_week_that_has_calls() -> None:
    calls = poisson(traffic.means(28))
    calls[22] = 0  # the Tuesday of the last week is missing
    naive, _ = seasonal_naive(traffic.series(calls), 14)
    assert (naive[0] == calls[21]).all() and (naive[7] == calls[21]).all()
    assert (naive[1] == calls[15]).all(), "a week without calls goes back one more"


def test_days_far_from_what_is_expected_are_replaced_and_listed_with_the_reason() -> None:
    means = traffic.means(70, factors={30: 3.0, 45: 0.3})
    calls = poisson(means)
    calls[50] = 0
    calls[60, 40:56] = 0
    one = traffic.series(calls)
    clean = treat(one, traffic.days(one, 0))
    truth = traffic.means(70).sum(axis=1)
    by_day = {item.on: item for item in clean.treated}
    on = [one.first_on + timedelta(days=day) for day in (30, 45, 50, 60)]
    assert sorted(by_day) == on, "exactly what was planted"
    assert [by_day[day].reason for day in on] == ["anomaly", "anomaly", "gap", "gap"]
    assert (by_day[on[3]].from_quarter, by_day[on[3]].to_quarter) == (40, 56)
    for day in (30, 45, 50, 60):
        assert clean.totals[day] == pytest.approx(truth[day], rel=0.1)


def test_a_new_level_is_not_taken_for_odd_days() -> None:
    one = traffic.series(poisson(traffic.means(90, factors=dict.fromkeys(range(60, 90), 2.0))))
    clean = treat(one, traffic.days(one, 0))
    assert [item for item in clean.treated if item.on >= one.first_on + timedelta(days=65)] == []
    made = forecast(one, traffic.days(one, 7), traffic.WORKDAYS)
    week = made.rows[(made.rows.measure == "offered") & (made.rows.grain == "day")].value.sum()
    assert week == pytest.approx(2 * traffic.means(7).sum(), rel=0.06)


def test_a_chinese_holiday_goes_like_a_sunday_and_a_swapped_saturday_like_a_working_day() -> None:
    calendar = load_forecast().calendars["CN"]
    first = date(2026, 6, 23)  # after the Dragon Boat Festival, which has another effect here: none
    one = traffic.series(
        poisson(traffic.means(89, first=first)), first
    )  # to 19 September, before a Sunday that is worked on
    made = forecast(one, traffic.days(one, 25, calendar), traffic.WORKDAYS)
    day = made.rows[(made.rows.measure == "offered") & (made.rows.grain == "day")].set_index("local_date").value
    kinds = {item.on: item.kind for item in made.days}
    assert kinds[date(2026, 10, 1)] == "holiday" and kinds[date(2026, 10, 10)] == "swap"
    assert day[date(2026, 10, 1)] == pytest.approx(300, rel=0.15), "a Thursday, worth 1,000 otherwise"
    assert day[date(2026, 10, 10)] == pytest.approx(1040, rel=0.1), "a Saturday, worth 500 otherwise"


def test_what_a_kind_of_day_did_before_is_learned() -> None:
    title = {"zh": "促销", "en": "Sale"}
    first, planted = traffic.MONDAY, [20, 41, 62]
    events = [
        Event.model_validate(
            {"title": title, "starts_on": first + timedelta(days=day), "ends_on": first + timedelta(days=day)}
        )
        for day in (*planted, 90)
    ]
    one = traffic.series(poisson(traffic.means(84, factors=dict.fromkeys(planted, 2.0))))
    known = days_of(Calendar(), one.dates() + one.dates(14), events)
    made = forecast(one, known, traffic.WORKDAYS)
    day = made.rows[(made.rows.measure == "offered") & (made.rows.grain == "day")].value.to_numpy()
    usual = 1000 * traffic.WEEK[90 % 7]
    assert day[90 - 84] == pytest.approx(usual * 2 ** (3 / 4), rel=0.1), "three earlier sales, drawn to none"
    assert {item.reason for item in made.ahead.clean.treated} == {"event"}


def test_a_declared_uplift_is_used_until_history_shows_one() -> None:
    first = traffic.MONDAY
    event = Event.model_validate(
        {
            "title": {"zh": "促销", "en": "Sale"},
            "starts_on": first + timedelta(days=72),
            "ends_on": first + timedelta(days=73),
            "uplift": 0.5,
        }
    )
    one = traffic.series(poisson(traffic.means(70)))
    rows = forecast(one, days_of(Calendar(), one.dates() + one.dates(7), [event]), traffic.WORKDAYS).rows
    day = rows[(rows.measure == "offered") & (rows.grain == "day")]
    truth = traffic.means(77)[70:].sum(axis=1) * [1, 1, 1.5, 1.5, 1, 1, 1]
    assert np.allclose(day.value, truth, rtol=0.1)
    wide = (day.high_80 - day.low_80).to_numpy() / day.value.to_numpy()
    assert wide[2] > 2 * wide[1], "nobody knows yet what a sale does"


def test_too_short_a_history_is_said_and_takes_the_mean_of_each_weekday() -> None:
    calls = poisson(traffic.means(14))
    one = traffic.series(calls)
    made = forecast(one, traffic.days(one, 7), traffic.WORKDAYS)
    assert (made.chosen.reason, made.chosen.candidate, made.is_measured) == ("short", "weekday_mean", False)
    day = made.rows[(made.rows.measure == "offered") & (made.rows.grain == "day")].value
    assert np.allclose(day, (calls[:7] + calls[7:]).sum(axis=1) / 2, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["poisson", "negative binomial"])
def test_bounds_hold_what_they_promise_on_counts_of_known_restlessness(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four worlds of 16 weeks, four forecast: the share within the bounds lies within five points of 80 and 95 %."""
    monkeypatch.setattr(choice, "MOST_ORIGINS", ALL_ORIGINS)
    found = []
    for seed in range(4):
        draw = np.random.default_rng(RANDOM + seed)
        means = traffic.means(140, level=600)
        if (
            kind == "negative binomial"
        ):  # each day is busier or quieter than expected by a tenth or so, and each quarter too
            means = means * draw.gamma(100, 1 / 100, (140, 1)) * draw.gamma(30, 1 / 30, (140, QUARTERS))
        whole = traffic.restless(draw.poisson(means).astype(float), draw)
        known = whole.until(112)
        made = forecast(known, traffic.days(known, 28), traffic.WORKDAYS)
        found.append(with_actuals(made.rows, whole, made.days).assign(seed=seed))
    figures = score(pd.concat(found))
    calls, handling = (
        figures[(figures.week_ahead == 0) & (figures.measure == measure)].set_index("grain")
        for measure in ("offered", "aht")
    )
    for grain in ("15min", "30min", "hour"):
        assert calls.coverage_80[grain] == pytest.approx(0.80, abs=0.05), grain
        assert calls.coverage_95[grain] == pytest.approx(0.95, abs=0.05), grain
    # 112 days, and those of one world err together
    assert calls.coverage_80["day"] == pytest.approx(0.80, abs=0.1)
    assert calls.coverage_95["day"] == pytest.approx(0.95, abs=0.06)
    assert handling.coverage_80["hour"] == pytest.approx(0.80, abs=0.06)
    assert calls.wape["30min"] < 0.85 * calls.baseline_wape["30min"], "a week again has its own noise, and more"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    level=st.sampled_from([0.5, 20.0, 800.0]),
    number=st.integers(7, 75),
    ahead=st.integers(1, 15),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]),
    first=st.sampled_from([date(2026, 1, 5), date(2026, 1, 17), date(2026, 8, 20)]),
    seed=st.integers(0, 1000),
)
def test_intervals_add_up_to_days_and_nothing_is_below_zero(
    level: float, number: int, ahead: int, zone: str, first: date, seed: int
) -> None:
    one = traffic.series(poisson(traffic.means(number, level, first), seed), first, zone=zone)
    rows = forecast(one, traffic.days(one, ahead), traffic.WORKDAYS).rows
    offered = rows[rows.measure == "offered"]
    days = offered[offered.grain == "day"].set_index("local_date").value
    assert len(days) == ahead
    for grain in ("15min", "30min", "hour"):
        cells = offered[offered.grain == grain]
        assert np.allclose(cells.groupby("local_date").value.sum(), days), grain
        assert cells.interval_at.is_unique and cells.interval_at.is_monotonic_increasing
        expected = sum(len(ticks(day, zone)) for day in days.index)
        assert len(cells) == expected / {"15min": 1, "30min": 2, "hour": 4}[grain], grain
    bounds = rows[["low_95", "low_80", "high_80", "high_95"]].to_numpy()
    assert (bounds >= 0).all() and (np.diff(bounds, axis=1) >= -1e-9).all()
    assert (rows.value >= 0).all() and np.isfinite(
        rows.drop(columns=["measure", "grain", "interval_at", "local_interval", "local_date"]).to_numpy(float)
    ).all()


def test_handling_time_of_a_longer_interval_is_the_mean_of_the_shorter_ones_by_their_calls() -> None:
    one = traffic.series(poisson(traffic.means(56)))
    rows = forecast(one, traffic.days(one, 14), traffic.WORKDAYS).rows
    wide = (
        rows.pivot_table(index=["grain", "interval_at", "local_date"], columns="measure", values="value")
        .dropna()
        .reset_index()
    )
    quarters, days = wide[wide.grain == "15min"], wide[wide.grain == "day"].set_index("local_date").aht
    mean = (quarters.aht * quarters.offered).groupby(quarters.local_date).sum() / quarters.groupby(
        "local_date"
    ).offered.sum()
    assert np.allclose(mean, days)


def test_a_day_on_which_a_clock_is_put_back_has_a_hundred_quarters_and_forward_ninety_two() -> None:
    assert len(ticks(date(2026, 10, 25), "Europe/Berlin")) == 100
    assert len(ticks(date(2026, 3, 29), "Europe/Berlin")) == 92
    doubled = [quarter for quarter, _ in ticks(date(2026, 10, 25), "Europe/Berlin")]
    assert doubled.count(8) == 2


def test_the_same_history_gives_the_same_forecast() -> None:
    one = traffic.series(poisson(traffic.means(60)))
    first, second = (forecast(one, traffic.days(one, 14), traffic.WORKDAYS).rows for _ in range(2))
    assert first.equals(second)


def test_calendars_know_holidays_eves_short_days_and_moved_working_days() -> None:
    calendars = load_forecast().calendars

    def kinds(calendar: str, first: date, number: int) -> dict[str, tuple[str, int | None]]:
        on = [first + timedelta(days=day) for day in range(number)]
        return {
            f"{day.on:%m-%d}": (day.kind, day.like) for day in days_of(calendars[calendar], on) if not day.is_ordinary
        }

    assert kinds("IL", date(1999, 3, 1), 35) == {
        "03-02": ("half", 5),  # Purim
        "03-31": ("eve", 5),  # of Passover
        "04-01": ("holiday", 6),
        "04-04": ("half", 5),  # Sunday between the feast days; Friday and Saturday are short or free anyway
    }
    china = kinds("CN", date(2026, 9, 20), 21)
    assert china["09-20"] == ("swap", 0) and china["10-01"] == ("holiday", 7) and china["10-08"] == ("return", None)
    assert kinds("CN", date(2030, 1, 1), 1) == {"01-01": ("holiday", 7)}, "a year not announced yet goes by the law"
