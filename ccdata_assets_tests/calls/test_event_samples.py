"""The sample's event log and contact records: as their generator writes them, and whole calls once all files are in."""

from __future__ import annotations

from benchmarks.synthetic_events import sample_files
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets_tests.marts import build
from ccdata_assets_tests.world import World

SAMPLE = PROJECT_DIR / "data" / "sample"


def test_the_samples_of_events_are_those_the_generator_writes() -> None:
    made = sample_files()
    stale = [name for name, data in made.items() if (SAMPLE / name).read_bytes() != data]
    assert stale == [], f"run `python -m benchmarks.synthetic_events`: {stale}"
    lying = {
        path.relative_to(SAMPLE).as_posix()
        for feed in ("queue_log", "connect_contact")
        for path in (SAMPLE / feed).iterdir()
    }
    assert lying == set(made)


def test_the_samples_of_events_come_to_calls_with_nothing_left_over(world: World) -> None:
    for name, data in sample_files().items():
        world.put(name, data)
    world.stage("queue_log")
    world.stage("connect_contact")
    build(world, "fct_call", "fct_call_leg", "agent_day")
    assert world.faults() == []
    left = world.query("select role from marts.fct_call_event where role in ('repeat', 'incomplete')")
    assert left == [], "every line is of a call, of an agent, or a note"
    cut = world.query(
        "select wait_s, talk_s, ended_at is null as is_open from marts.fct_call where customer_no like '1990000999_' order by entered_at"
    )
    assert [tuple(row.values()) for row in cut] == [(15, 120, False), (None, None, True)]
    kinds = world.query(
        "select sum((legs > 1)::int)::bigint as passed_on, sum((callback_after_s > 0)::int)::bigint as called_back, sum(is_open::int)::bigint as not_over from marts.fct_call"
    )[0]
    assert kinds["passed_on"] > 10 and kinds["called_back"] == 1 and kinds["not_over"] == 2
    assert world.query("select * from kpi.agent_day where unknown_s <> 0 or talking_s = 0") == []
