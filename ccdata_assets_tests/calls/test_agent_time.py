"""States of agents into 15 minutes and days: every second counts once, whatever overlaps, stays open or crosses midnight."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets_tests.marts import build
from ccdata_assets_tests.world import World

HEADER = "坐席工号,班组,坐席状态,开始时间,结束时间\n"
FIELDS = "feed varchar, sha256 varchar, member varchar, row bigint, agent varchar, team varchar, site varchar, skill varchar, state varchar, state_reason varchar, state_from_at timestamptz, state_to_at timestamptz, time_zone varchar, is_repeat boolean, flags varchar[]"


def land(world: World, *lines: str, name: str = "坐席状态_20261102.csv") -> World:
    world.put(f"agent_state_log/{name}", HEADER + "".join(f"{line}\n" for line in lines))
    world.stage("agent_state_log")
    build(world, "fct_agent_state", "fct_agent_interval", "agent_time", "agent_day")
    return world


def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in world.query(query)]


D = "2026-11-02 "


def test_a_shift_over_midnight_is_cut_into_days_and_adds_up(world: World) -> None:
    land(
        world,
        f"A001,夜班,签入,{D}22:00:00,2026-11-03 02:00:00",
        f"A001,夜班,空闲,{D}22:00:00,{D}23:50:00",
        f"A001,夜班,通话,{D}23:50:00,2026-11-03 00:20:00",
        "A001,夜班,小休,2026-11-03 00:20:00,2026-11-03 00:40:00",
        "A001,夜班,空闲,2026-11-03 00:40:00,2026-11-03 01:50:00",
    )
    assert rows(world, "select cast(local_date as varchar), team, ready_s, talking_s, break_s, unknown_s, signed_in_s, cast(local_from as varchar), cast(local_to as varchar) from kpi.agent_day order by 1") == [
        ("2026-11-02", "夜班", 6600, 600, 0, 0, 7200, "2026-11-02 22:00:00", "2026-11-03 00:00:00"),
        ("2026-11-03", "夜班", 4200, 1200, 1200, 600, 7200, "2026-11-03 00:00:00", "2026-11-03 02:00:00"),
    ]  # fmt: skip


def test_of_states_that_overlap_a_second_belongs_to_the_one_that_began_last(world: World) -> None:
    land(
        world,
        f"A001,甲,空闲,{D}10:00:00,{D}10:10:00",
        f"A001,甲,通话,{D}10:05:00,{D}10:12:00",
        f"A001,甲,保持,{D}10:06:00,{D}10:07:00",
        f"A002,甲,空闲,{D}10:00:00,{D}10:10:00",
    )
    assert rows(world, "select ready_s, talking_s, hold_s, signed_in_s, unknown_s from kpi.agent_time order by signed_in_s desc") == [
        (300, 360, 60, 720, 0), (600, 0, 0, 600, 0),
    ]  # fmt: skip


def test_a_state_without_an_end_lasts_until_the_next_and_the_next_delivery_ends_it(world: World) -> None:
    land(
        world,
        f"A001,甲,签入,{D}10:00:00,",
        f"A001,甲,空闲,{D}10:00:00,",
        f"A001,甲,通话,{D}10:04:00,{D}10:06:00",
        f"A001,甲,话后,{D}10:06:00,",
        f"A002,甲,空闲,{D}10:00:00,{D}10:10:00",
    )
    mine = "select ready_s, talking_s, acw_s, signed_in_s from kpi.agent_day where agent_key = (select agent_key from marts.fct_agent_state where agent = 'A001' limit 1)"
    assert rows(world, mine) == [(240, 120, 240, 600)], "as far as the log tells: 10:10"
    land(
        world, f"A001,甲,签入,{D}10:00:00,{D}10:20:00", f"A001,甲,话后,{D}10:06:00,{D}10:07:00",
        name="坐席状态_20261103.csv",
    )  # fmt: skip
    assert rows(world, mine) == [(240, 120, 60, 1200)]


def test_an_agent_with_two_skills_is_signed_in_once(world: World) -> None:
    world.put(
        "agent_state_log/a_20261102.csv",
        "坐席工号,班组,技能组,坐席状态,开始时间,结束时间\n"
        f"A001,甲,,签入,{D}10:00:00,{D}10:15:00\n"
        f"A001,甲,投诉,通话,{D}10:00:00,{D}10:05:00\n"
        f"A001,甲,咨询,空闲,{D}10:05:00,{D}10:15:00\n",
    )
    world.stage("agent_state_log")
    build(world, "agent_time")
    assert rows(world, "select team, skill, talking_s, ready_s, signed_in_s from kpi.agent_time") == [
        ("甲", "咨询", 300, 600, 900)
    ]


# --- any states, against a count second by second ----------------------------------------------------------------

STATES = ("signed_in", "ready", "talking", "hold", "break")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "Asia/Jerusalem")
START = datetime(2026, 10, 24, 22, 50, tzinfo=UTC)
"""Shortly before clocks are set back in Berlin and Jerusalem."""
spells = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(STATES), st.integers(0, 240), st.integers(0, 120)), max_size=12
)
"""Agent, state, minute in which it begins, how many half minutes it lasts."""


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory, fresh_world: World) -> World:
    """A world whose states a test writes itself."""
    from ccdata_assets_tests.world import make_settings

    world = World(make_settings(tmp_path_factory.mktemp("states") / "home"), fresh_world.registry)
    build(world, "fct_agent_interval", "agent_time", "agent_day")
    with world.warehouse() as con:
        con.execute(
            f"drop view staged.agent_state; create table staged.agent_state ({FIELDS}, received_on date, landed_at timestamptz)"
        )
    return world


@settings(max_examples=12)
@given(spells=spells, zone=st.sampled_from(ZONES))
def test_intervals_and_days_add_up_to_the_seconds_there_were(
    states: World, spells: list[tuple[str, str, int, int]], zone: str
) -> None:
    expected: Counter[tuple[str, str, datetime]] = Counter()
    begun = sorted(
        ((agent, state, START + timedelta(minutes=minute), START + timedelta(minutes=minute, seconds=30 * halves)) for agent, state, minute, halves in spells),
        key=lambda spell: (spell[2], -spell[3].timestamp()),
    )  # fmt: skip
    for agent in "ab":
        mine = [spell for spell in begun if spell[0] == agent]
        for step in range(0, 480 * 2):  # every half minute there is an edge at most
            now = START + timedelta(seconds=30 * step)
            on = [spell for spell in mine if spell[2] <= now < spell[3]]
            if not on:
                continue
            quarter = now - timedelta(minutes=now.minute % 15, seconds=now.second)
            expected[agent, "signed_in", quarter] += 30
            doing = [spell for spell in on if spell[1] != "signed_in"]
            if doing:
                last = max(spell[2] for spell in doing)
                first_to_end = min(spell[3] for spell in doing if spell[2] == last)
                state = min(spell[1] for spell in doing if (spell[2], spell[3]) == (last, first_to_end))
                expected[agent, state, quarter] += 30
    with states.warehouse() as con:
        con.execute("delete from staged.agent_state")
        for number, (agent, state, since, until) in enumerate(begun):
            con.execute(
                "insert into staged.agent_state by name select 'f' as feed, 's' as sha256, '' as member, ? as row, ? as agent, ? as state, ?::timestamptz as state_from_at, ?::timestamptz as state_to_at, ? as time_zone, false as is_repeat, [] as flags",
                [number, agent, state, since.isoformat(), until.isoformat(), zone],
            )
    build(states, "fct_agent_interval", "agent_time", "agent_day", is_staged=True)
    found = {
        (row["agent"], row["state"], row["interval_at"]): row["duration_s"]
        for row in states.query("select agent, state, interval_at, duration_s from marts.fct_agent_interval")
    }
    assert found == dict(expected)
    wrong = states.query(
        "select * from marts.fct_agent_interval where local_interval <> timezone(?, interval_at)", zone
    )
    assert wrong == []
    days: Counter[str] = Counter()
    for (_, state, quarter), seconds in expected.items():
        if state == "signed_in":
            days[quarter.astimezone(ZoneInfo(zone)).date().isoformat()] += seconds
    daily = states.query(
        "select cast(local_date as varchar) as day, sum(signed_in_s)::bigint as s from kpi.agent_day group by all"
    )
    assert {row["day"]: row["s"] for row in daily} == dict(days)
    parts = (
        "talking_s + hold_s + acw_s + ready_s + dialling_s + break_s + training_s + meeting_s + not_ready_s + unknown_s"
    )
    assert states.query(f"select * from kpi.agent_time where {parts} <> signed_in_s or unknown_s < 0") == []
