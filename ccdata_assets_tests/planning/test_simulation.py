"""The simulation against the formulas where they hold, and against what must happen where they do not."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ccdata_assets.metrics.erlang_arrays import Limits, fewest_agents, services
from ccdata_assets.planning.simulation import Work, simulate_day, simulate_steady
from ccdata_assets_tests.shared import shared_dir

BUSY_DAY = np.array([20, 35, 60, 85, 97, 107, 124, 118, 110, 95, 140, 203, 180, 116, 115, 98, 75, 62, 88, 70]) * 1.0
"""Calls by half hour of a busy day of a centre of some 30 agents."""


def flat(value: float, like: np.ndarray = BUSY_DAY) -> np.ndarray:
    return np.full(len(like), float(value))


def test_a_busy_day_simulated_is_within_two_points_of_erlang_a_in_95_percent_of_intervals() -> None:
    handling, patience, within = flat(210), flat(180), flat(20)
    planned, _ = fewest_agents(BUSY_DAY * 2, handling, patience, Limits(0.8, 20, 0.85, 0.05))
    steady = simulate_steady(BUSY_DAY * 2, handling, planned.agents, patience, within)
    off = np.abs(steady.answered_within - planned.answered_within)
    assert steady.precision.max() <= 0.005
    assert (off <= 0.02).mean() >= 0.95
    # what no formula was told to give is right as well
    assert np.abs(steady.abandons - planned.abandons).max() < 0.01
    assert np.abs(steady.waits - planned.waits).max() < 0.02
    day = simulate_day(BUSY_DAY, handling, planned.agents, patience, within, 1800, rounds=3)
    assert day.calls.sum() / day.replications == pytest.approx(BUSY_DAY.sum(), rel=0.01)
    assert np.average(np.abs(day.answered_within - planned.answered_within), weights=BUSY_DAY) < 0.03


def test_the_busiest_day_of_a_real_log_is_within_two_points_of_erlang_a() -> None:
    # Data source: Avi Mandelbaum, Technion
    log = pd.read_csv(
        shared_dir() / "data" / "real" / "anonymousbank" / "march.txt", sep="\t", skipinitialspace=True, dtype=str
    )
    log = log[(log["outcome"] != "PHANTOM") & (log["q_start"].ne("0:00:00") | log["ser_start"].ne("0:00:00"))]
    day = log[log["date"] == log["date"].mode()[0]]
    served = day[day["outcome"] == "AGENT"]
    calls = day.groupby(pd.to_timedelta(day["vru_entry"]).dt.total_seconds() // 1800).size().to_numpy(float)
    handling = flat(served["ser_time"].astype(float).mean(), calls)
    patience = flat(day["q_time"].astype(float).sum() / (day["outcome"] == "HANG").sum(), calls)
    planned, _ = fewest_agents(calls * 2, handling, patience, Limits(0.8, 20, 0.85, 0.05))
    steady = simulate_steady(calls * 2, handling, planned.agents, patience, flat(20, calls))
    assert len(calls) > 30
    assert (np.abs(steady.answered_within - planned.answered_within) <= 0.02).mean() >= 0.95


def test_the_same_seed_gives_the_same_figures_and_another_others() -> None:
    given = (flat(60), flat(200), np.full(20, 9), flat(120), flat(20))
    one, again, other = (simulate_day(*given, 900, seed=seed, rounds=1) for seed in (1, 1, 2))
    assert np.array_equal(one.answered_within, again.answered_within)
    assert not np.array_equal(one.answered_within, other.answered_within)


def test_a_queue_is_handed_on_to_the_next_interval() -> None:
    calls = np.array([100.0, 10.0])
    agents, patience = np.array([5, 5]), np.full(2, 600.0)
    day = simulate_day(calls, np.full(2, 200.0), agents, patience, np.full(2, 20.0), 1800, rounds=2)
    alone = services(calls * 2, 200, agents, patience, 20)
    assert day.answered_within[1] < alone.answered_within[1] - 0.03


def test_agents_finish_the_call_in_hand_and_take_no_other() -> None:
    # calls of exactly an hour, one agent who leaves after the first half hour: nobody is answered in the second interval
    calls, agents = np.array([50.0, 50.0]), np.array([1, 0])
    hour = Work("empirical", seen=np.array([1.0]))
    day = simulate_day(calls, np.full(2, 3600.0), agents, np.full(2, 60.0), np.full(2, 20.0), 1800, work=hour, rounds=1)
    answered = day.calls * (1 - day.abandons) / day.replications
    assert answered[0] == pytest.approx(1, abs=0.001)
    assert answered[1] == 0


def test_an_agent_who_comes_back_answers_again() -> None:
    calls, agents = np.array([5.0, 5.0, 5.0]), np.array([2, 0, 2])
    day = simulate_day(calls, np.full(3, 30.0), agents, np.full(3, 100.0), np.full(3, 10.0), 900, rounds=1)
    # who comes in the last seconds of the interval without agents may still be there when they are back
    assert day.abandons[1] > 0.85
    assert day.abandons[0] < 0.1 > day.abandons[2]


def test_steady_handling_times_wait_less_than_those_that_vary() -> None:
    given = (np.array([200.0]), np.array([180.0]), np.array([11]), np.array([1e9]), np.array([20.0]))
    constant, exponential, wild = (
        simulate_steady(*given, work=work, rounds=2).mean_wait_s[0]
        for work in (Work("lognormal", 0.0), Work(), Work("lognormal", 2.0))
    )
    assert constant < exponential < wild
    # M/D/n waits about half as long as M/M/n
    assert constant / services(200, 180, [11], math.inf, 20).mean_wait_s[0] == pytest.approx(0.5, abs=0.12)


def test_lognormal_times_have_the_mean_and_variation_asked_for() -> None:
    drawn = Work("lognormal", 1.5).draw(np.random.default_rng(3), np.full(400_000, 200.0))
    assert drawn.mean() == pytest.approx(200, rel=0.02)
    assert drawn.std() / drawn.mean() == pytest.approx(1.5, rel=0.1)


def test_nobody_on_the_phone_loses_everybody_and_no_calls_have_no_figures() -> None:
    day = simulate_day(
        np.array([10.0, 0.0]), flat(60)[:2], np.array([0, 0]), flat(50)[:2], flat(20)[:2], 1800, rounds=1
    )
    assert (day.answered_within[0], day.abandons[0]) == (0, 1)
    assert day.mean_wait_s[0] == pytest.approx(50, rel=0.05)
    assert math.isnan(day.answered_within[1])


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        simulate_day(flat(1), flat(60)[:3], np.full(20, 1), flat(60), flat(20), 1800)
    with pytest.raises(ValueError, match="numbers from 0"):
        simulate_day(-flat(1), flat(60), np.full(20, 1), flat(60), flat(20), 1800)
    with pytest.raises(ValueError, match="there are none"):
        simulate_day(flat(1), flat(60), np.full(20, 1), flat(60), flat(20), 1800, work=Work("empirical"))
