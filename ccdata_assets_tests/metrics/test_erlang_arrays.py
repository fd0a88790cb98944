"""Erlang C and A of many intervals at once, against the figures of the domain and against the models of one interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.metrics.erlang import agents_for, erlang_a
from ccdata_assets.metrics.erlang_arrays import BINDING, Limits, fewest_agents, services


def test_the_figures_of_the_domain_come_out_side_by_side() -> None:
    found = services([200, 200], 180, [14, 12], [math.inf, 300], 20)
    assert np.round(found.waits, 5).tolist() == [0.17413, 0.33180]
    assert round(found.answered_within[0], 6) == 0.888350
    assert round(found.mean_wait_s[0], 3) == 7.836
    assert round(found.abandons[1], 5) == 0.04271
    assert round(found.mean_wait_s[1], 2) == 12.81


@settings(max_examples=200, deadline=None)
@given(
    load=st.floats(0.05, 150),
    handling=st.floats(20, 900),
    staffed=st.floats(0, 2.2),
    patience=st.one_of(st.floats(5, 5000), st.just(math.inf)),
    within=st.sampled_from([0.0, 5.0, 20.0, 60.0, 400.0]),
)
def test_many_at_once_are_what_one_by_one_is(
    load: float, handling: float, staffed: float, patience: float, within: float
) -> None:
    calls, agents = load * 3600 / handling, int(load * staffed)
    one = erlang_a(calls, handling, agents, patience, within)
    # beside another interval, so that no array is of one place
    many = services([calls, 60], [handling, 120], np.array([agents, 3]), [patience, 200], within)
    for name in ("waits", "answered_within", "abandons", "occupancy"):
        assert getattr(many, name)[0] == pytest.approx(getattr(one, name), abs=1e-7), name
    assert many.mean_wait_s[0] == pytest.approx(one.mean_wait_s, rel=1e-6, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    calls=st.lists(st.just(0.0) | st.floats(0.01, 900), min_size=1, max_size=6),
    level=st.floats(0.5, 0.95),
    occupied=st.floats(0.6, 1),
)
def test_the_fewest_of_many_are_the_fewest_of_each(calls: list[float], level: float, occupied: float) -> None:
    found, _ = fewest_agents(calls, 200, 180, Limits(level, 20, occupied))
    for place, each in enumerate(calls):
        alone = agents_for(each, 200, 20, level, patience_s=180, most_occupied=occupied)
        assert found.agents[place] == alone.agents


@pytest.mark.parametrize(
    ("limits", "binding"),
    [
        (Limits(0.95, 5), "service_level"),
        (Limits(0.1, 20, most_occupied=0.5), "occupancy"),
        (Limits(0.1, 20, most_abandoned=0.002), "abandonment"),
        (Limits(0.1, 20, longest_mean_wait_s=1), "mean_wait"),
    ],
)
def test_the_limit_that_asks_for_the_last_agent_is_named(limits: Limits, binding: str) -> None:
    found, bound = fewest_agents(200, 180, 300, limits)
    assert BINDING[bound[0]] == binding
    fewer = services(200, 180, found.agents - 1, 300, limits.within_s)
    kept = (
        fewer.answered_within >= limits.service_level,
        fewer.occupancy <= limits.most_occupied,
        fewer.abandons <= limits.most_abandoned,
        fewer.mean_wait_s <= limits.longest_mean_wait_s,
    )
    assert [name for name, is_kept in zip(BINDING, kept, strict=True) if not is_kept[0]] == [binding]


def test_no_calls_need_nobody_and_wrong_numbers_are_refused() -> None:
    found, bound = fewest_agents([1e-300, 100], 200, 180, Limits(0.8, 20))
    assert (found.agents[0], found.answered_within[0], bound[0]) == (0, 1.0, -1)
    for call in (
        lambda: services(-1, 180, [1], 60, 20),
        lambda: services(1, 0, [1], 60, 20),
        lambda: services(1, 180, [1], 0, 20),
        lambda: fewest_agents(1, 180, 60, Limits(1, 20)),
        lambda: fewest_agents(1, 180, 60, Limits(1.2, 20)),
        lambda: fewest_agents(1, 180, 60, Limits(0.8, 20, most_occupied=0)),
        lambda: fewest_agents(1, 180, 60, Limits(0.8, 20, longest_mean_wait_s=0)),
    ):
        with pytest.raises(ValueError, match=r"number|share|more"):
            call()
