"""Asterisk's queue log: events become calls, legs and states of agents, over all files together, and every line is accounted for."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ccdata_assets.contracts.registry import load_registry
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets_tests.marts import build
from ccdata_assets_tests.world import World, make_settings

MIDNIGHT = int(datetime(2026, 11, 2, 16, 0, tzinfo=UTC).timestamp())
"""Midnight in Shanghai, where the log is rotated."""


def log(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def at(second: int) -> int:
    return MIDNIGHT + second


def marts(world: World, **files: str) -> World:
    for name, text in files.items():
        world.put(f"queue_log/{name}", text)
    world.stage("queue_log")
    build(world, "fct_call", "fct_call_leg", "fct_agent_state")
    return world


def calls(world: World, columns: str = "call_id, queue, outcome, wait_s, talk_s") -> list[tuple[object, ...]]:
    return [
        tuple(row.values()) for row in world.query(f"select {columns} from marts.fct_call order by entered_at, call_id")
    ]


def legs(world: World) -> list[tuple[object, ...]]:
    columns = "call_id, leg_no, queue, agent, outcome, wait_s, talk_s, is_transferred, next_queue"
    return [
        tuple(row.values()) for row in world.query(f"select {columns} from marts.fct_call_leg order by call_id, leg_no")
    ]


def test_each_way_out_of_a_queue_gives_its_outcome(world: World) -> None:
    lines = []
    ends = {
        "a": ["CONNECT|7|1.2|3", "COMPLETEAGENT|7|60|1"],
        "b": ["CONNECT|7|1.2|3", "COMPLETECALLER|7|60|1"],
        "c": ["ABANDON|1|1|30"],
        "d": ["EXITWITHTIMEOUT|1|1|30"],
        "e": ["EXITWITHKEY|2|1|1|30"],
        "f": ["EXITEMPTY|1|1|30"],
        "g": ["RINGNOANSWER|15000", "ABANDON|1|1|30"],
        "h": ["CONNECT|7|1.2|3", "BLINDTRANSFER|8000|from-internal|7|60|1"],
        "i": ["CONNECT|7|1.2|3", "ATTENDEDTRANSFER|BRIDGE|3f4a|7|60|1"],
        "j": ["CONNECT|7|1.2|3", "ATTENDEDTRANSFER|LINK|SIP/1|SIP/2|7|60|1"],
        "k": ["CONNECT|7|1.2|3"],
        "l": [],
    }  # fmt: skip
    wait_until = {"CONNECT": 7, "RINGNOANSWER": 20}
    for place, (call, events) in enumerate(ends.items()):
        start = at(-7200 + 100 * place)
        lines.append(f"{start}|{call}|q1|NONE|ENTERQUEUE||139000000{place:02}|1")
        for event in events:
            name = event.split("|")[0]
            second = wait_until.get(name, 67 if events[0].startswith("CONNECT") else 30)
            lines.append(f"{start + second}|{call}|q1|SIP/80{place:02}|{event}")
    marts(world, log_1=log(*lines))
    found = {
        row[0]: row[1:]
        for row in calls(world, "call_id, outcome, wait_s, talk_s, ended_by, is_transferred, misses, transferred_to")
    }
    assert found == {
        "a": ("answered", 7, 60, "agent", False, 0, None),
        "b": ("answered", 7, 60, "customer", False, 0, None),
        "c": ("abandoned", 30, None, "customer", None, 0, None),
        "d": ("flow_out", 30, None, None, None, 0, None),
        "e": ("flow_out", 30, None, None, None, 0, None),
        "f": ("flow_out", 30, None, None, None, 0, None),
        "g": ("abandoned", 30, None, "customer", None, 1, None),
        "h": ("answered", 7, 60, None, True, 0, "8000"),
        "i": ("answered", 7, 60, None, True, 0, None),
        "j": ("answered", 7, 60, None, True, 0, None),
        "k": ("open", 7, None, None, None, 0, None),
        "l": ("open", None, None, None, None, 0, None),
    }
    state = {
        row[0]: row[1] for row in calls(world, "call_id, [is_entered, is_offered, is_answered, is_waiting, is_open]")
    }
    assert state["k"] == [True, True, True, False, True], "answered and not over: not timed, but answered"
    assert state["l"] == [True, True, False, True, True], "still in the queue: entered and offered"


def test_a_call_that_comes_to_another_queue_has_a_leg_in_each_and_counts_once(world: World) -> None:
    start = at(-3600)
    marts(
        world,
        log_1=log(
            f"{start}|c1|sales|NONE|ENTERQUEUE||13900000001|1",
            f"{start + 40}|c1|sales|NONE|EXITWITHTIMEOUT|1|1|40",
            f"{start + 40}|c1|help|NONE|ENTERQUEUE||13900000001|1",
            f"{start + 50}|c1|help|SIP/8001|CONNECT|10|x|4",
            f"{start + 110}|c1|help|SIP/8001|BLINDTRANSFER|8002|internal|10|60|1",
            f"{start + 111}|c1|tech|NONE|ENTERQUEUE||13900000001|1",
            f"{start + 116}|c1|tech|SIP/8002|CONNECT|5|x|4",
            f"{start + 216}|c1|tech|SIP/8002|COMPLETECALLER|5|100|1",
        ),
    )
    assert legs(world) == [
        ("c1", 1, "sales", None, "flow_out", 40, None, False, "help"),
        ("c1", 2, "help", "8001", "answered", 10, 60, True, "tech"),
        ("c1", 3, "tech", "8002", "answered", 5, 100, False, None),
    ]
    assert calls(world, "call_id, queue, agent, outcome, legs, wait_s, talk_s, is_transferred, transfer_queue") == [
        ("c1", "sales", "8001", "answered", 3, 50, 160, True, "tech")
    ]


def test_a_call_over_the_rotation_at_midnight_is_whole_when_the_second_file_lands(world: World) -> None:
    before = log(
        f"{at(-60)}|c1|q1|NONE|ENTERQUEUE||1|1",
        f"{at(-50)}|c1|q1|SIP/8001|CONNECT|10|x|4",
        f"{at(-20)}|c2|q1|NONE|ENTERQUEUE||2|1",
    )
    after = log(f"{at(30)}|c1|q1|SIP/8001|COMPLETEAGENT|10|80|1", f"{at(5)}|c2|q1|NONE|ABANDON|1|1|25")
    marts(world, **{"queue_log-20261102": before})
    assert calls(world) == [("c1", "q1", "open", 10, None), ("c2", "q1", "open", None, None)]
    marts(world, **{"queue_log-20261103": after})
    assert calls(world) == [("c1", "q1", "answered", 10, 80), ("c2", "q1", "abandoned", 25, None)]
    days = calls(world, "call_id, cast(local_date as varchar), cast(local_interval as varchar)")
    assert days == [("c1", "2026-11-02", "2026-11-02 23:45:00"), ("c2", "2026-11-02", "2026-11-02 23:45:00")]


def test_a_log_that_is_sent_again_as_it_grows_counts_each_line_once(world: World) -> None:
    first = [f"{at(0)}|c1|q1|NONE|ENTERQUEUE||1|1", f"{at(10)}|c1|q1|SIP/8001|CONNECT|10|x|4"]
    marts(world, queue_log=log(*first))
    marts(world, queue_log=log(*first, f"{at(70)}|c1|q1|SIP/8001|COMPLETEAGENT|10|60|1"))
    assert calls(world) == [("c1", "q1", "answered", 10, 60)]
    roles = world.query("select role, count(*) as rows from marts.fct_call_event group by all order by all")
    assert [tuple(row.values()) for row in roles] == [("call", 3), ("repeat", 2)]


def test_a_call_that_began_before_the_log_is_told_by_the_seconds_that_its_end_states(world: World) -> None:
    marts(
        world,
        log_1=log(
            f"{at(100)}|c1|q1|SIP/8001|COMPLETEAGENT|10|60|1",
            f"{at(200)}|c2|q1|NONE|ABANDON|1|1|25",
            f"{at(300)}|c3|q1|SIP/8001|CONNECT|15|x|4",
        ),
    )
    assert calls(world, "call_id, outcome, wait_s, talk_s, epoch(entered_at)::bigint, flags") == [
        ("c1", "answered", 10, 60, at(30), ["begin_not_logged"]),
        ("c2", "abandoned", 25, None, at(175), ["begin_not_logged"]),
        ("c3", "open", 15, None, at(285), ["begin_not_logged"]),
    ]


def test_every_line_of_the_log_is_accounted_for(world: World) -> None:
    lines = [
        f"{at(0)}|NONE|NONE|NONE|QUEUESTART|",
        f"{at(1)}|NONE|NONE|NONE|CONFIGRELOAD|",
        "",
        f"{at(1)}|c1|q1|NONE|ENTERQUEUE||1|1",
        f"{at(1)}|c1|q1|NONE|ENTERQUEUE||1|1",
        f"{at(2)}|NONE|q1|SIP/8001|PAUSE|lunch",
        f"{at(3)}|NONE|q1|NONE|PAUSE|lunch",
        f"{at(4)}|NONE|q1|NONE|ABANDON|1|1|3",
        f"{at(5)}|c1|q1|NONE|A WORD OF OUR OWN|x",
        "yesterday|c1|q1|NONE|ABANDON|1|1|3",
        f"{at(6)}|c1|q1|NONE|ABANDON|1|1|5|6|7|8|9|10|11",
        "no log at all",
    ]
    marts(world, log_1=log(*lines))
    (line,) = world.query("select rows, staged, quarantined, blank, superseded from ops.file_ledger")
    assert line == {"rows": 12, "staged": 7, "quarantined": 4, "blank": 1, "superseded": 0}
    roles = {row["row"]: row["role"] for row in world.query("select row, role from marts.fct_call_event")}
    assert roles == {1: "note", 2: "note", 4: "call", 5: "repeat", 6: "agent", 7: "incomplete", 8: "incomplete"}
    assert {(row, rule) for row, rule, _ in world.faults()} == {
        (9, "not_code"), (10, "required"), (11, "long_row"), (12, "required"),
    }  # fmt: skip


def test_times_may_be_written_as_dates_in_the_zone_of_the_feed(world: World) -> None:
    marts(
        world,
        log_1=log(
            "2026-11-02 23:59:50.123456|c1|q1|NONE|ENTERQUEUE||1|1", "2026-11-03 00:00:05.9|c1|q1|NONE|ABANDON|1|1|15"
        ),
    )
    assert calls(world, "call_id, epoch(entered_at)::bigint, wait_s") == [("c1", at(-10), 15)]


def test_an_agent_is_paused_where_a_pause_covers_every_queue_signed_in_to(world: World) -> None:
    marts(
        world,
        log_1=log(
            f"{at(0)}|NONE|q1|SIP/8001|ADDMEMBER|", f"{at(0)}|NONE|q2|SIP/8001|ADDMEMBER|",
            f"{at(100)}|NONE|q1|SIP/8001|PAUSE|lunch",
            f"{at(200)}|NONE|q2|SIP/8001|PAUSE|lunch",
            f"{at(300)}|NONE|q1|SIP/8001|UNPAUSE|", f"{at(300)}|NONE|q2|SIP/8001|UNPAUSE|",
            f"{at(400)}|NONE|NONE|SIP/8001|PAUSEALL|team meeting",
            f"{at(500)}|NONE|NONE|SIP/8001|UNPAUSEALL|",
            f"{at(600)}|NONE|q1|SIP/8001|REMOVEMEMBER|",
            f"{at(700)}|NONE|q2|SIP/8001|REMOVEMEMBER|",
            f"{at(900)}|NONE|q2|SIP/8001|ADDMEMBER|", f"{at(950)}|NONE|NONE|NONE|CONFIGRELOAD|",
        ),
    )  # fmt: skip
    found = world.query(
        """select state, epoch(state_from_at)::bigint - ? as since, duration_s, is_open from marts.fct_agent_state
        where agent = '8001' order by state_from_at, state""",
        MIDNIGHT,
    )
    assert [tuple(row.values()) for row in found] == [
        ("ready", 0, 200, False), ("signed_in", 0, 700, False), ("break", 200, 100, False), ("ready", 300, 100, False),
        ("meeting", 400, 100, False), ("ready", 500, 200, False), ("ready", 900, 50, True), ("signed_in", 900, 50, True),
    ]  # fmt: skip


# --- a simulated centre ------------------------------------------------------------------------------------------


@dataclass
class Centre:
    """Calls drawn at random with what each came to, and the log that Asterisk would have written of them."""

    seed: int
    lines: list[tuple[int, str]] = field(default_factory=list)
    truth: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)
    talk: Counter[str] = field(default_factory=Counter)

    def run(self, count: int) -> Centre:
        draw = random.Random(self.seed)
        free = {f"80{n:02}": at(-4000) for n in range(8)}
        for agent in free:
            self.say(at(-4000), f"NONE|q1|SIP/{agent}|ADDMEMBER|")
        for number in range(count):
            self.call(draw, f"{self.seed}.{number}", at(draw.randrange(-3600, 3600)), free)
        for agent in free:
            self.say(at(20_000), f"NONE|q1|SIP/{agent}|REMOVEMEMBER|")
        self.lines.sort(key=lambda line: line[0])
        return self

    def say(self, second: int, event: str) -> None:
        self.lines.append((second, f"{second}|{event}"))

    def call(self, draw: random.Random, name: str, now: int, free: dict[str, int]) -> None:
        legs: list[tuple[object, ...]] = []
        for leg in range(1, draw.choice([1, 1, 1, 2, 3]) + 1):
            queue, wait = draw.choice(["q1", "q2"]), draw.randrange(0, 90)
            self.say(now, f"{name}|{queue}|NONE|ENTERQUEUE||13900000000|1")
            ready = [agent for agent, until in free.items() if until <= now + wait]
            is_last = leg == 3 or draw.random() < 0.6
            if not ready or draw.random() < 0.2:
                gone = "ABANDON|1|1|" if is_last else "EXITWITHTIMEOUT|1|1|"
                now += wait
                self.say(now, f"{name}|{queue}|NONE|{gone}{wait}")
                legs.append((leg, queue, None, "abandoned" if is_last else "flow_out", wait, None))
                if is_last:
                    break
                continue
            agent, talk = draw.choice(ready), draw.randrange(5, 300)
            now += wait
            self.say(now, f"{name}|{queue}|SIP/{agent}|CONNECT|{wait}|x|3")
            now += talk
            end = "COMPLETECALLER|" if is_last else "BLINDTRANSFER|8000|ctx|"
            self.say(now, f"{name}|{queue}|SIP/{agent}|{end}{wait}|{talk}|1")
            free[agent] = now
            self.talk[agent] += talk
            legs.append((leg, queue, agent, "answered", wait, talk))
            if is_last:
                break
        self.truth[name] = legs


@pytest.mark.parametrize("seed", [1, 2])
def test_a_simulated_centre_comes_out_as_it_was_however_its_log_is_cut(world: World, seed: int) -> None:
    centre = Centre(seed).run(150)
    cut = len(centre.lines) * (1 + seed) // 4
    first, second = (log(*(line for _, line in part)) for part in (centre.lines[:cut], centre.lines[cut:]))
    marts(world, **{"queue_log-20261103": second})  # the later file lands first
    marts(world, **{"queue_log-20261102": first})
    found: dict[str, list[tuple[object, ...]]] = {}
    for row in world.query(
        "select call_id, leg_no, queue, agent, outcome, wait_s, talk_s from marts.fct_call_leg order by call_id, leg_no"
    ):
        found.setdefault(row.pop("call_id"), []).append(tuple(row.values()))
    assert found == centre.truth
    totals = world.query(
        "select count(*) as calls, sum(legs)::bigint as legs, sum(talk_s)::bigint as talk, sum(is_answered::int)::bigint as answered from marts.fct_call"
    )[0]
    assert totals == {
        "calls": len(centre.truth),
        "legs": sum(map(len, centre.truth.values())),
        "talk": sum(centre.talk.values()),
        "answered": sum(any(leg[3] == "answered" for leg in legs) for legs in centre.truth.values()),
    }
    talking = world.query(
        "select agent, sum(duration_s)::bigint as seconds from marts.fct_agent_state where state = 'talking' group by all"
    )
    assert {row["agent"]: row["seconds"] for row in talking} == dict(centre.talk)
    whole = world.query(
        "select agent, sum(duration_s) filter (state <> 'signed_in') = sum(duration_s) filter (state = 'signed_in') as is_whole from marts.fct_agent_state group by all"
    )
    assert all(row["is_whole"] for row in whole), "what an agent does fills the time signed in"


# --- the log of another vendor -------------------------------------------------------------------------------------


def test_the_log_of_another_vendor_is_a_contract_as_the_guide_has_it(tmp_path: Path) -> None:
    guide = (PROJECT_DIR / "docs" / "calls.md").read_text(encoding="utf-8")
    contract = next(block for block in guide.split("```yaml\n")[1:] if block.startswith("feed: acd_trace")).split(
        "```"
    )[0]
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "acd_trace.yaml").write_text(contract, encoding="utf-8")
    world = World(make_settings(tmp_path / "home", now="2026-11-03"), load_registry([tmp_path / "contracts"]))
    world.put(
        "acd_trace/day.csv",
        "session,stamp,action,queue,agent\n"
        ",2026-11-02 09:00:00,LOGON,,A1\n"
        "7,2026-11-02 09:00:10,ENQ,sales,\n"
        "7,2026-11-02 09:00:30,ANS,sales,A1\n"
        "7,2026-11-02 09:01:30,XFER,sales,A1\n"
        "7,2026-11-02 09:01:30,ENQ,tech,\n"
        "7,2026-11-02 09:01:50,ABD,tech,\n"
        "8,2026-11-02 09:05:00,DANCE,tech,\n",
    )
    world.stage("acd_trace")
    build(world, "fct_call", "fct_call_leg", "fct_agent_state")
    assert legs(world) == [
        ("7", 1, "sales", "A1", "answered", 20, 60, True, "tech"),
        ("7", 2, "tech", None, "abandoned", 20, None, False, None),
    ]
    assert calls(world) == [("7", "sales", "answered", 20, 60)]
    assert world.faults() == [(8, "not_code", "event")]
    states = world.query("select state, duration_s from marts.fct_agent_state order by state_from_at, state")
    assert [tuple(row.values()) for row in states] == [
        ("ready", 30), ("signed_in", 110), ("talking", 60), ("ready", 20),
    ]  # fmt: skip
