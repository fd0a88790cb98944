"""What the gate holds is a failed check of its feed: it opens an incident, and its release resolves it."""

from __future__ import annotations

from datetime import date

from ccdata_assets.orchestration.delivery_checks import look_at_deliveries
from ccdata_assets.quality.incidents import incidents, resolve_incident
from ccdata_assets.quality.record import record_changes
from ccdata_assets.quality.suites import GATE
from ccdata_assets.warehouse.gate import let_through
from ccdata_assets_tests.world import World, table

HEADER = ("company_name", "phone")
BAD = table(HEADER, [("甲公司", "1"), ("", "2"), ("", "3")])


def run(world: World, day: int) -> list[tuple[object, ...]]:
    """Stage at this day of February and look at deliveries; the incidents of the gate that are not resolved."""
    world.at(f"2026-02-{day:02d}").stage()
    contract = world.registry.feeds["directory"]
    with world.warehouse() as con:
        seen = look_at_deliveries(con, world.registry, contract, world.settings, f"run {day}")
        record_changes(con, seen.outcomes, contract.feed, world.settings, f"run {day}")
        return [(i["feed"], i["severity"], i["status"]) for i in incidents(con) if i["check_name"] == GATE]


def test_a_held_batch_opens_an_incident_that_its_release_resolves(world: World) -> None:
    world.contract(gate={"max_rejected": 0.1})
    world.put("directory/good.csv", table(HEADER, [("乙公司", "1")]))
    assert run(world, 1) == []
    world.put("directory/bad.csv", BAD)
    assert run(world, 2) == [("directory", "blocking", "open")]
    assert run(world, 3) == [("directory", "blocking", "open")], "it waits, and is told of once"
    with world.warehouse() as con:
        let_through(con, world.at("2026-02-04").settings, "directory", "bad.csv", "王", "confirmed", date(2026, 2, 28))
    assert run(world, 4) == []


def test_another_held_batch_opens_another_incident(world: World) -> None:
    world.contract(gate={"max_rejected": 0.1})
    world.put("directory/bad.csv", BAD)
    run(world, 1)
    with world.warehouse() as con:
        (incident,) = [i for i in incidents(con) if i["check_name"] == GATE]
        resolve_incident(con, world.settings, incident["incident_id"], "王", "asked for a new file")
    assert run(world, 2) == [], "what a person has settled stays so"
    world.put("directory/worse.csv", table(HEADER, [("丙公司", "1"), ("", "2")]))
    assert run(world, 3) == [("directory", "blocking", "open")]
