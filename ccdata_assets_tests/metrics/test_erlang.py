"""The queueing models against published figures, against each other, and against calls simulated one by one."""

from __future__ import annotations

import heapq
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccdata_assets.metrics.erlang import agents_for, erlang_a, erlang_b, erlang_c, rostered

ARRIVALS = [6.75, 1.75, 1.25, 0, 0.5, 0.25, 4.75, 39.5, 97.25, 107.5, 124, 110.25, 95.5, 203.5, 115.75, 115.5, 67.75, 75, 88.75, 85.5, 68, 61.5, 57.5, 44.25]  # fmt: skip
"""Mean calls per hour of February's Wednesdays in the bank's log (Miller, Modeling Techniques in Predictive Analytics)."""
AGENTS = [1, 1, 1, 0, 1, 1, 1, 4, 8, 9, 10, 9, 8, 16, 10, 10, 6, 7, 8, 8, 6, 6, 5, 4]


def test_erlang_c_gives_the_figures_of_the_domain() -> None:
    found = erlang_c(200, 180, 14, 20)
    assert (round(found.waits, 6), round(found.answered_within, 6)) == (0.174132, 0.888350)
    assert round(found.mean_wait_s, 3) == 7.836
    assert rostered(14, 0.30) == 20


def test_erlang_a_gives_the_figures_of_the_domain() -> None:
    found = erlang_a(200, 180, 12, 300, 20)
    assert (round(found.waits, 5), round(found.abandons, 5), round(found.mean_wait_s, 2)) == (0.33180, 0.04271, 12.81)


def test_the_bank_needs_as_many_agents_by_hour_as_published() -> None:
    found = [agents_for(calls, 240, 0, 0, most_waiting=0.5).agents for calls in ARRIVALS]
    assert found == AGENTS


def test_erlang_b_gives_the_figures_of_its_tables() -> None:
    # 1 % of calls are lost at 4.46 erlangs and 10 lines, 2 % at 13.2 erlangs and 20
    assert erlang_b(4.46, 10) == pytest.approx(0.01, abs=2e-4)
    assert erlang_b(13.18, 20) == pytest.approx(0.02, abs=2e-4)


def simulated(calls_per_hour: float, handling_s: float, agents: int, patience_s: float, within_s: float) -> list[float]:
    """Shares of callers that wait, are answered in time and hang up, and the mean wait, of 200,000 calls one by one."""
    chance = random.Random(1)
    calls, now = 200_000, 0.0
    free = [0.0] * agents
    waited = in_time = left = 0
    total = 0.0
    for _ in range(calls):
        now += chance.expovariate(calls_per_hour / 3600)
        patience = chance.expovariate(1 / patience_s)
        wait = max(0.0, free[0] - now)
        waited += wait > 0
        if wait > patience:
            left += 1
            total += patience
            continue
        in_time += wait <= within_s
        total += wait
        heapq.heapreplace(free, now + wait + chance.expovariate(1 / handling_s))
    return [waited / calls, in_time / calls, left / calls, total / calls]


@pytest.mark.parametrize(
    ("calls", "agents", "patience"), [(200, 12, 300.0), (200, 9, 120.0), (30, 2, 60.0), (1200, 58, 240.0)]
)
def test_erlang_a_is_what_calls_meet_one_by_one(calls: float, agents: int, patience: float) -> None:
    found = erlang_a(calls, 180, agents, patience, 20)
    waits, in_time, abandons, wait = simulated(calls, 180, agents, patience, 20)
    assert found.waits == pytest.approx(waits, abs=0.012)
    assert found.answered_within == pytest.approx(in_time, abs=0.012)
    assert found.abandons == pytest.approx(abandons, abs=0.006)
    assert found.mean_wait_s == pytest.approx(wait, rel=0.06)


@given(load=st.floats(0.1, 60), agents=st.integers(1, 80), within=st.floats(0, 120), patience=st.floats(5, 2000))
def test_more_agents_and_more_time_never_make_it_worse(
    load: float, agents: int, within: float, patience: float
) -> None:
    calls = load * 20  # of 180 s
    found, more = (erlang_a(calls, 180, n, patience, within) for n in (agents, agents + 1))
    later = erlang_a(calls, 180, agents, patience, within + 10)
    assert 0 <= found.answered_within <= 1 - found.abandons + 1e-9
    assert more.answered_within >= found.answered_within - 1e-9
    assert more.abandons <= found.abandons + 1e-9
    assert later.answered_within >= found.answered_within - 1e-9
    # calls that come are answered or leave: what agents do is what is answered
    assert found.occupancy * agents == pytest.approx(load * (1 - found.abandons), rel=1e-6)


@given(calls=st.floats(1, 900), level=st.floats(0.5, 0.95), occupied=st.floats(0.6, 1))
def test_the_fewest_agents_are_the_fewest(calls: float, level: float, occupied: float) -> None:
    found = agents_for(calls, 200, 20, level, patience_s=180, most_occupied=occupied)
    assert found.answered_within >= level
    assert found.occupancy <= occupied
    if found.agents:
        fewer = erlang_a(calls, 200, found.agents - 1, 180, 20)
        assert fewer.answered_within < level or fewer.occupancy > occupied


def test_callers_who_never_hang_up_meet_erlang_c() -> None:
    patient, endless = erlang_a(200, 180, 14, 1e9, 20), erlang_a(200, 180, 14, math.inf, 20)
    assert patient.answered_within == pytest.approx(endless.answered_within, abs=1e-5)
    assert endless == erlang_c(200, 180, 14, 20)


def test_the_borders() -> None:
    assert agents_for(0, 180, 20, 0.8).agents == 0
    crowded = erlang_c(200, 180, 10, 20)
    assert (crowded.waits, crowded.answered_within, crowded.mean_wait_s) == (1.0, 0.0, math.inf)
    alone = erlang_a(20, 180, 0, 60, 20)
    assert (alone.waits, alone.answered_within) == (pytest.approx(1), pytest.approx(0))
    assert alone.abandons == pytest.approx(1)
    for call in (
        lambda: erlang_c(-1, 180, 1, 20),
        lambda: erlang_c(1, 0, 1, 20),
        lambda: erlang_a(1, 180, 1, 0, 20),
        lambda: agents_for(1, 180, 20, 1),
        lambda: agents_for(1, 180, 20, 1.2),
        lambda: rostered(3, 1),
    ):
        with pytest.raises(ValueError, match=r"fix|not|needed|share"):
            call()
