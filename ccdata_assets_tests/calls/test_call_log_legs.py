"""Call logs in plain tables: legs, calls still open, transfers and callbacks, times that cannot be, clocks that are set back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ccdata_assets.contracts.registry import load_registry
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets_tests.marts import build
from ccdata_assets_tests.world import Row, World, make_settings, write_contract

HEADER = (
    "通话编号,段序号,呼叫方向,队列,进线时间,排队时间,应答时间,结束时间,保持时长,坐席工号,通话结果,转接目标,原通话编号\n"
)


def land(world: World, *lines: str, name: str = "话单_20261102.csv") -> World:
    world.put(f"call_log/{name}", HEADER + "".join(f"{line}\n" for line in lines))
    world.stage("call_log")
    build(world, "fct_call", "fct_call_leg", "call_interval", "queue_interval", "call_agent_day")
    return world


def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in world.query(query)]


D = "2026-11-02 "


def test_rows_of_one_call_are_its_legs_and_it_counts_once(world: World) -> None:
    land(
        world,
        f"C1,1,呼入,综合组,{D}10:00:00,{D}10:00:00,{D}10:00:10,{D}10:02:10,20,A001,已接,投诉组,",
        f"C1,2,呼入,投诉组,{D}10:02:10,{D}10:02:10,{D}10:02:40,{D}10:03:40,,A002,已接,,",
        f"C2,,呼入,综合组,{D}10:05:00,{D}10:05:00,,{D}10:05:03,,,放弃,,",
        f"C3,,呼出,,{D}10:35:03,,{D}10:35:13,{D}10:36:13,,A001,已接,,C2",
        f"C4,,呼入,综合组,{D}10:40:00,{D}10:40:00,{D}10:40:05,{D}10:41:05,,A001,已接,投诉组,",
    )
    assert rows(world, "select call_id, leg_no, queue, agent, wait_s, talk_s, next_queue from marts.fct_call_leg where call_id = 'C1' order by leg_no") == [
        ("C1", 1, "综合组", "A001", 10, 100, "投诉组"), ("C1", 2, "投诉组", "A002", 30, 60, None),
    ]  # fmt: skip
    assert rows(world, "select call_id, legs, queue, agent, wait_s, talk_s, transfer_queue, is_short_abandon, called_back_after_s, callback_after_s from marts.fct_call order by call_id") == [
        ("C1", 2, "综合组", "A001", 10, 160, "投诉组", False, None, None),
        ("C2", 1, "综合组", None, 3, None, None, True, 1800, None),
        ("C3", 1, None, "A001", 0, 60, None, False, None, 1800),
        ("C4", 1, "综合组", "A001", 5, 60, "投诉组", False, None, None),
    ]  # fmt: skip
    assert rows(world, "select sum(entered)::bigint, sum(answered)::bigint, sum(offered)::bigint from kpi.call_interval") == [(4, 3, 4)]  # fmt: skip


SUMS = (
    "entered",
    "offered",
    "answered",
    "abandoned",
    "flow_out",
    "answered_in_time",
    "answered_wait_s",
    "wait_known",
    "talk_s",
    "timed",
)


def sums(world: World, table: str, by: str) -> list[tuple[Any, ...]]:
    return rows(
        world, f"select {by}, {', '.join(f'sum({name})::bigint' for name in SUMS)} from {table} group by 1 order by 1"
    )


def test_each_queue_answers_for_what_came_to_it_and_the_centre_counts_a_call_once(world: World) -> None:
    land(
        world,
        # waits 40 s for sales, flows over to the general queue, is answered there at once and passed on to complaints
        f"C1,1,呼入,销售组,{D}10:14:00,{D}10:14:00,,{D}10:14:40,,,溢出,,",
        f"C1,2,呼入,综合组,{D}10:14:40,{D}10:14:40,{D}10:14:45,{D}10:16:45,20,A001,已接,投诉组,",
        f"C1,3,呼入,投诉组,{D}10:16:45,{D}10:16:45,,{D}10:17:00,,,放弃,,",
        # flows over and is lost; handed from agent to agent of one queue; comes back to the queue it was in
        f"C2,1,呼入,销售组,{D}10:20:00,{D}10:20:00,,{D}10:21:00,,,溢出,,",
        f"C2,2,呼入,综合组,{D}10:21:00,{D}10:21:00,,{D}10:21:10,,,放弃,,",
        f"C3,1,呼入,销售组,{D}10:30:00,{D}10:30:00,{D}10:30:10,{D}10:31:10,,A001,已接,,",
        f"C3,2,呼入,销售组,{D}10:31:10,,{D}10:31:12,{D}10:32:12,,A002,已接,,",
        f"C4,1,呼入,综合组,{D}10:40:00,{D}10:40:00,{D}10:40:30,{D}10:41:30,,A001,已接,,",
        f"C4,2,呼入,综合组,{D}10:41:30,{D}10:41:30,{D}10:41:35,{D}10:42:35,,A002,已接,,",
        f"C5,,呼入,综合组,{D}10:50:00,{D}10:50:00,{D}10:50:03,{D}10:51:03,,A001,已接,,",
        f"C6,,呼入,,{D}10:50:00,{D}10:50:00,{D}10:50:03,{D}10:51:03,,A001,已接,,",
    )
    assert sums(world, "kpi.queue_interval", "queue") == [
        ("投诉组", 1, 1, 0, 1, 0, 0, 0, 0, 0, 0),
        ("综合组", 5, 5, 4, 1, 0, 3, 5 + 30 + 5 + 3, 4, 100 + 60 + 60 + 60, 4),
        ("销售组", 3, 3, 1, 0, 2, 1, 10, 1, 60, 1),
    ]  # fmt: skip
    assert sums(world, "kpi.call_interval", "true") == [
        (True, 6, 6, 5, 1, 0, 3, 45 + 10 + 30 + 3 + 3, 5, 100 + 120 + 120 + 60 + 60, 5)
    ], "the call that was lost after flowing over is lost once"
    assert sums(world, "kpi.call_agent_day", "agent_key = (select agent_key from marts.fct_call where call_id = 'C5')") == [
        (False, 2, 2, 2, 0, 0, 2, 0 + 5, 2, 60 + 60, 2),
        (True, 5, 5, 5, 0, 0, 4, 5 + 10 + 30 + 3 + 3, 5, 100 + 60 + 60 + 60 + 60, 5),
    ], "each agent has the part that he took, and no part of the other's"  # fmt: skip
    in_leg = "select cast(local_interval as varchar) from kpi.queue_interval where queue = '投诉组'"
    assert rows(world, in_leg) == [("2026-11-02 10:15:00",)], "an entry counts when it was made"


def test_calls_of_one_leg_are_the_same_by_queue_and_by_call(world: World) -> None:
    land(
        world,
        f"C1,,呼入,综合组,{D}10:00:00,{D}10:00:00,{D}10:00:10,{D}10:02:10,,A001,已接,,",
        f"C2,,呼入,综合组,{D}10:05:00,{D}10:05:00,,{D}10:05:30,,,放弃,,",
        f"C3,,呼入,投诉组,{D}23:59:50,{D}23:59:50,2026-11-03 00:00:05,2026-11-03 00:01:00,,A001,已接,,",
        f"C4,,呼入,投诉组,{D}10:05:00,{D}10:05:00,,,,,排队中,,",
    )
    assert sums(world, "kpi.queue_interval", "queue") == sums(world, "kpi.call_interval", "queue")


def test_a_call_still_open_is_entered_and_offered_and_the_next_delivery_ends_it(world: World) -> None:
    land(
        world,
        f"C1,,呼入,综合组,{D}23:58:00,{D}23:58:00,{D}23:58:10,,,A001,进行中,,",
        f"C2,,呼入,综合组,{D}23:59:00,{D}23:59:00,,,,,排队中,,",
    )
    counts = "select sum(entered)::bigint, sum(offered)::bigint, sum(answered)::bigint, sum(timed)::bigint, sum(abandoned)::bigint, sum(talk_s)::bigint from kpi.call_interval"
    assert rows(world, counts) == [(2, 2, 1, 0, 0, 0)]
    land(
        world,
        f"C1,,呼入,综合组,{D}23:58:00,{D}23:58:00,{D}23:58:10,2026-11-03 00:03:10,,A001,已接,,",
        f"C2,,呼入,综合组,{D}23:59:00,{D}23:59:00,,2026-11-03 00:00:30,,,放弃,,",
        name="话单_20261103.csv",
    )
    assert rows(world, counts) == [(2, 2, 1, 1, 1, 300)]
    assert rows(world, "select call_id, wait_s, cast(local_date as varchar), cast(local_interval as varchar) from marts.fct_call order by 1") == [
        ("C1", 10, "2026-11-02", "2026-11-02 23:45:00"), ("C2", 90, "2026-11-02", "2026-11-02 23:45:00"),
    ]  # fmt: skip
    assert rows(world, "select rows, staged, superseded from ops.file_ledger order by file") == [(2, 0, 2), (2, 2, 0)]


def test_times_that_cannot_be_are_flagged_and_the_call_is_not_lost(world: World) -> None:
    land(
        world,
        f"C1,,呼入,综合组,{D}10:00:00,{D}10:00:00,{D}10:00:10,{D}09:59:00,,A001,已接,,",
        f"C2,,呼入,综合组,{D}10:00:00,{D}10:00:30,{D}10:00:10,{D}10:05:00,,A001,已接,,",
        f"C3,,呼入,综合组,{D}10:00:00,{D}10:00:00,,{D}10:05:00,,A001,已接,,",
        f"C4,,呼入,综合组,{D}10:00:00,{D}10:00:00,{D}10:00:20,{D}10:01:20,-5,A001,已接,,",
    )
    assert rows(world, "select call_id, is_answered, is_consistent, wait_s, talk_s, acw_s from marts.fct_call order by 1") == [
        ("C1", True, False, 10, None, None),
        ("C2", True, False, None, 290, None),
        ("C3", True, False, None, None, None),  # answered, nobody says when
        ("C4", True, False, 20, 60, None),  # seconds below nothing tell nothing
    ]  # fmt: skip
    sums = "select sum(entered)::bigint, sum(timed)::bigint, sum(acw_s)::bigint, sum(answered_wait_s)::bigint, sum(wait_known)::bigint from kpi.call_interval"
    assert rows(world, sums) == [(4, 2, 0, 30, 2)], "a wait that nobody knows is none of 0 seconds"


# --- clocks that are set forward and back ------------------------------------------------------------------------

ABROAD: Row = {
    "feed": "abroad",
    "title": {"zh": "境外话单", "en": "A log abroad"},
    "subject": "call",
    "source": {"files": "abroad/*"},
    "owner": "team:tests",
    "key": ["call_id"],
    "fields": {
        "call_id": {"required": True},
        "entered_at": {"required": True},
        "queued_at": {},
        "answered_at": {},
        "ended_at": {},
        "outcome": {"required": True},
    },
}
BACK = {"Europe/Berlin": ("2026-10-25", 2), "Asia/Jerusalem": ("2026-10-25", 1)}
"""The day on which clocks are set back, and the hour that comes twice."""
FORWARD = {"Europe/Berlin": ("2026-03-29", 2), "Asia/Jerusalem": ("2026-03-27", 2)}
"""The day on which they are set forward, and the hour that never comes."""


def abroad(world: World, zone: str, *lines: str) -> World:
    folder = world.settings.home / "abroad"
    write_contract(folder, {"time_zone": zone}, ABROAD)
    there = World(make_settings(world.settings.home, now="2026-11-02"), load_registry([folder]))
    there.put(
        "abroad/a.csv",
        "call_id,entered_at,queued_at,answered_at,ended_at,outcome\n" + "".join(f"{line}\n" for line in lines),
    )
    there.stage("abroad")
    build(there, "fct_call", "call_interval")
    return there


@pytest.mark.parametrize("zone", BACK)
def test_an_hour_that_comes_twice_makes_no_call_longer_or_negative(world: World, zone: str) -> None:
    day, hour = BACK[zone]
    h, before, after = (f"{day} {hour + more:02}" for more in (0, -1, 1))
    there = abroad(
        world,
        zone,
        f"over_the_change,{h}:58:00,{h}:58:00,{h}:58:30,{h}:02:30,answered",
        f"into_the_first,{before}:59:00,{before}:59:00,{h}:00:30,{h}:10:30,answered",
        f"within,{h}:10:00,{h}:10:00,{h}:10:20,{h}:20:20,answered",
        f"out_of_the_second,{h}:59:50,{h}:59:50,{after}:00:10,{after}:05:10,answered",
        f"with_offsets,{h}:30:00{'+0200' if zone == 'Europe/Berlin' else '+0300'},,,{h}:30:00{'+0100' if zone == 'Europe/Berlin' else '+0200'},abandoned",
    )
    found = {
        row[0]: row[1:]
        for row in rows(
            there, "select call_id, wait_s, talk_s, date_diff('second', entered_at, ended_at) from marts.fct_call"
        )
    }
    assert found["over_the_change"] == (30, 240, 270)
    assert found["into_the_first"] == (90, 600, 690)
    assert found["within"] == (20, 600, 620)
    assert found["with_offsets"][2] == 3600, "a time that says its zone needs no guess"
    assert found["out_of_the_second"] == (20, 300, 320), "of two readings the shorter one"
    assert rows(there, "select sum(entered)::bigint from kpi.call_interval") == [(5,)]


@pytest.mark.parametrize("zone", FORWARD)
def test_an_hour_that_never_comes_makes_no_call_longer(world: World, zone: str) -> None:
    day, hour = FORWARD[zone]
    before, never, after = (f"{day} {hour + more:02}" for more in (-1, 0, 1))
    there = abroad(
        world,
        zone,
        f"over_the_change,{before}:59:00,{before}:59:00,{before}:59:30,{after}:01:30,answered",
        f"never,{never}:30:00,{never}:30:00,{never}:30:10,{never}:31:10,answered",
    )
    assert rows(there, "select call_id, wait_s, talk_s, local_hour from marts.fct_call order by entered_at") == [
        ("over_the_change", 30, 120, hour - 1),
        ("never", 10, 60, hour + 1),
    ]


# --- durations instead of times ----------------------------------------------------------------------------------


def test_a_log_with_durations_lands_by_the_contract_of_the_guide(tmp_path: Path) -> None:
    guide = (PROJECT_DIR / "docs" / "calls.md").read_text(encoding="utf-8")
    contract = next(block for block in guide.split("```yaml\n")[1:] if block.startswith("feed: pbx_cdr")).split("```")[
        0
    ]
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "pbx_cdr.yaml").write_text(contract, encoding="utf-8")
    world = World(make_settings(tmp_path / "home", now="2026-11-03"), load_registry([tmp_path / "contracts"]))
    world.put(
        "pbx_cdr/master.csv",
        "calldate,src,dstchannel,duration,billsec,disposition,uniqueid\n"
        "2026-11-02 10:00:00,1390000,SIP/1,75,60,ANSWERED,1.1\n"
        "2026-11-02 10:05:00,1390001,,20,0,NO ANSWER,1.2\n",
    )
    world.stage("pbx_cdr")
    build(world, "fct_call")
    assert rows(world, "select call_id, outcome, wait_s, talk_s from marts.fct_call order by 1") == [
        ("1.1", "answered", 15, 60),
        ("1.2", "abandoned", 20, None),
    ]
