"""Forecasts of a feed and its parts: parts and what is in none of them add up to the whole, also where a part has an event of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from ccdata_assets.planning.forecast import choice
from ccdata_assets.planning.forecast.calendars import days_of
from ccdata_assets.planning.forecast.declared import Calendar, Event
from ccdata_assets.planning.forecast.family import Member, families, forecast_family, needed
from ccdata_assets.planning.forecast.intervals import Missed, measure
from ccdata_assets.planning.forecast.make import Forecast
from ccdata_assets_tests.planning import traffic

AHEAD = 14
EVENT = Event.model_validate(
    {
        "title": {"zh": "促销", "en": "Sale"},
        "starts_on": traffic.MONDAY + timedelta(days=70),
        "ends_on": traffic.MONDAY + timedelta(days=70),
        "uplift": 1.0,
        "part": "a",
    }
)
IN_NONE = 0.1


@pytest.fixture(autouse=True)
def one_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    """How parts add up does not depend on how well a model is chosen."""
    monkeypatch.setattr(choice, "MOST_ORIGINS", 1)


def members(*events: Event) -> list[Member]:
    """Ten weeks of two queues whose calls are nine tenths of the feed's; the second one takes no calls before ten o'clock."""
    draw = np.random.default_rng(11)
    a, b = (draw.poisson(traffic.means(70, level)).astype(float) for level in (300, 100))
    b[:, :40] = 0
    whole = traffic.series(np.round((a + b) / (1 - IN_NONE)))
    found = []
    for one in (
        replace(traffic.series(b), dims=(("queue", "b"),)),
        whole,
        replace(traffic.series(a), dims=(("queue", "a"),)),
    ):
        mine = [event for event in events if event.concerns("call_log", tuple(label for _, label in one.dims))]
        found.append(Member(one, days_of(Calendar(), one.dates() + one.dates(AHEAD), mine), traffic.WORKDAYS))
    return found


def offered(made: list[Forecast]) -> pd.DataFrame:
    """Calls by grain and interval, a column a series."""
    rows = pd.concat([one.rows.assign(series=one.series.name) for one in made])
    return rows[rows.measure == "offered"].pivot(index=["grain", "interval_at"], columns="series", values="value")


def test_parts_and_what_is_in_none_of_them_add_up_to_the_whole_at_every_grain() -> None:
    (family,) = families(members())
    made = forecast_family(family, {one.series.name for one in family})
    calls = offered(made)
    assert [one.series.name for one in made] == ["call_log", "call_log/b", "call_log/a"], "the whole first"
    assert set(calls.index.get_level_values("grain")) == {"15min", "30min", "hour", "day", "week"}
    whole, *parts = (one.series.calls[-7:].sum() for one in family)
    assert sum(parts) / whole == pytest.approx(1 - IN_NONE, abs=0.01)
    in_parts = calls["call_log/a"] + calls["call_log/b"]
    assert np.allclose(in_parts, calls["call_log"] * sum(parts) / whole), "a tenth is in no queue"
    assert (calls >= 0).all().all()
    alone = forecast_family(family, {"call_log"})
    assert needed(family, {"call_log"}) == family[:1] and alone[0].rows.equals(made[0].rows), "the whole is itself"
    assert made[0].moved == 0 and all(one.moved for one in made[1:])


def test_what_the_event_of_a_part_brings_is_added_to_the_whole_and_taken_from_no_other() -> None:
    (plain,), (family,) = families(members()), families(members(EVENT))
    assert len(needed(family, {"call_log"})) == 3, "the whole does not know of it by itself"
    before, after = (
        offered(forecast_family(each, {one.series.name for one in each})).loc["day"] for each in (plain, family)
    )
    rise = (after - before).iloc[0]
    assert rise["call_log/a"] == pytest.approx(before["call_log/a"].iloc[0], rel=1e-6), "twice as many"
    assert rise["call_log/b"] == pytest.approx(0, abs=1e-6)
    assert rise["call_log"] == pytest.approx(rise["call_log/a"])
    assert np.allclose(after.iloc[1:], before.iloc[1:]), "other days are as they were"


def test_bounds_of_a_part_are_told_by_its_own_misses_and_by_those_of_the_others_each_half() -> None:
    draw = np.random.default_rng(3)
    expected, ahead = np.full(400, 100.0), np.tile(np.arange(1, 8), 58)[:400]
    day = np.arange(400) // 10

    def missed(low: float, high: float) -> Missed:
        return Missed(expected, expected * draw.uniform(low, high, 400), ahead, day)

    mine, others = missed(0.6, 1.0), [missed(1.0, 1.4), missed(1.0, 1.4)]
    point, at = np.array([100.0]), np.array([1])
    alone, pooled = (measure(mine, True, beside).bounds(point, at)[0] for beside in ([], others))
    assert alone[1] < 101, "what was always missed to one side"
    assert pooled[1] > 115 and pooled[0] > alone[0], "others show that it may go to the other"
    assert measure(mine, True, []).restless == pytest.approx(measure(mine, True, others).restless)


def test_last_week_again_is_taken_only_where_nothing_beats_it_and_weeks_count_beside_days() -> None:
    one = traffic.series(np.random.default_rng(2).poisson(traffic.means(63, 200)).astype(float))
    days = traffic.days(one, AHEAD)
    (trial,) = choice.choose(one, days, AHEAD, traffic.WORKDAYS).trials
    came = trial.calls.sum(axis=1)

    def chosen(**candidates: np.ndarray) -> tuple[str, str]:
        names = dict.fromkeys(trial.ahead.days, 3 * came) | candidates
        tried = replace(trial, ahead=replace(trial.ahead, days=names))
        return choice._best(choice._error([tried]))

    assert chosen(baseline=1.1 * came, ets=1.2 * came) == ("baseline", "baseline")
    assert chosen(baseline=1.2 * came, ets=1.1 * came) == ("ets", "best")
    # days are nearer by one candidate, whole weeks by another: both count
    level, restless = 1.25 * came, came + 0.35 * came.mean() * np.tile([1, -1], 7)[: len(came)]
    assert np.abs(level - came).sum() < np.abs(restless - came).sum(), "by days alone it would be the other"
    assert chosen(ets=level, theta=restless)[0] == "theta"
