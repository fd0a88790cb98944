"""A corrected delivery takes the place of an earlier one as its contract says; what it replaces is counted, not lost."""

from __future__ import annotations

from typing import Any

import pytest

from ccdata_assets.warehouse.staging import stage_feed
from ccdata_assets_tests.world import World

HEADER = "company_name,phone,city\n"


def companies(world: World) -> list[tuple[Any, ...]]:
    rows = world.query("select company_name, phone from staged.party where feed = 'directory' order by all")
    return [tuple(row.values()) for row in rows]


def counts(world: World) -> dict[str, tuple[int, ...]]:
    lines = world.query("select * from ops.file_ledger where feed = 'directory' and status <> 'repeat'")
    for line in lines:
        parts = line["staged"] + line["quarantined"] + line["blank"] + line["superseded"]
        assert parts == line["rows"], f"{line['file']}: landed = staged + quarantined + blank + superseded"
    return {line["file"]: (line["staged"], line["superseded"]) for line in lines}


def send(world: World, name: str, *rows: str, on: str = "2026-02-01") -> World:
    later = world.at(on)
    later.put(f"directory/{name}", HEADER + "".join(f"{row}\n" for row in rows))
    later.stage()
    return later


def test_nothing_is_replaced_unless_the_contract_says_so(world: World) -> None:
    world.contract(key=["company_name"])
    send(world, "a.csv", "甲公司,1,x")
    world = send(world, "b.csv", "甲公司,2,x", on="2026-02-02")
    assert companies(world) == [("甲公司", "1"), ("甲公司", "2")]
    assert counts(world) == {"directory/a.csv": (1, 0), "directory/b.csv": (1, 0)}


def test_a_row_of_the_same_key_takes_the_place_of_the_earlier_one(world: World) -> None:
    world.contract(key=["company_name"], replaces="key")
    send(world, "a.csv", "甲公司,1,x", "乙公司,1,x")
    world = send(world, "b.csv", "甲公司,2,x", "丙公司,1,x", on="2026-02-02")
    assert companies(world) == [("丙公司", "1"), ("乙公司", "1"), ("甲公司", "2")]
    assert counts(world) == {"directory/a.csv": (1, 1), "directory/b.csv": (2, 0)}
    assert not any(row["is_repeat"] for row in world.query("select is_repeat from staged.party")), (
        "the row that stays is the first of its key"
    )


def test_within_one_file_the_last_row_of_a_key_stays(world: World) -> None:
    world.contract(key=["company_name"], replaces="key")
    world = send(world, "a.csv", "甲公司,1,x", "甲公司,2,x", "甲公司,3,x")
    assert companies(world) == [("甲公司", "3")]
    assert counts(world) == {"directory/a.csv": (1, 2)}


def test_a_file_of_the_same_name_takes_the_place_of_the_whole_earlier_one(world: World) -> None:
    world.contract(replaces="file")
    send(world, "a.csv", "甲公司,1,x", "乙公司,1,x")
    send(world, "other.csv", "丁公司,1,x")
    world = send(world, "a.csv", "甲公司,2,x", on="2026-02-02")
    assert companies(world) == [("丁公司", "1"), ("甲公司", "2")]
    lines = world.query("select file, staged, superseded from ops.file_ledger order by landed_at, file")
    assert [tuple(line.values()) for line in lines] == [
        ("directory/a.csv", 0, 2),
        ("directory/other.csv", 1, 0),
        ("directory/a.csv", 1, 0),
    ]


def test_a_late_delivery_of_an_earlier_day_replaces_nothing_newer(world: World) -> None:
    world.contract(key=["company_name"], replaces="key", received_on={"file": r"(?P<date>\d{8})"})
    send(world, "20260115.csv", "甲公司,新,x")
    world = send(world, "20260110.csv", "甲公司,旧,x", on="2026-02-02")
    assert companies(world) == [("甲公司", "新")]


@pytest.mark.parametrize("replaces", ["key", "file"])
def test_a_held_correction_replaces_nothing(world: World, replaces: str) -> None:
    world.contract(key=["company_name"], replaces=replaces, gate={"max_rejected": 0.1})
    send(world, "a.csv", "甲公司,1,x")
    world = send(world, "a.csv", "甲公司,2,x", ",3,x", on="2026-02-02")
    assert companies(world) == [("甲公司", "1")]
    assert world.query("select status from ops.batch_gate order by decided_at")[-1]["status"] == "held"


def test_a_changed_contract_judges_all_anew_and_comes_to_the_same(world: World) -> None:
    world.contract(key=["company_name"], replaces="key")
    send(world, "a.csv", "甲公司,1,x")
    world = send(world, "b.csv", "甲公司,2,x", on="2026-02-02")
    before = companies(world), counts(world)
    world.contract(key=["company_name"], replaces="key", version=2)
    world.stage()
    assert (companies(world), counts(world)) == before
    world.contract(key=["company_name"], version=3)
    world.stage()
    assert companies(world) == [("甲公司", "1"), ("甲公司", "2")], "nothing was lost"


def test_of_deliveries_of_one_business_time_the_later_one_stays(world: World) -> None:
    for phone in "123456":
        world.contract(key=["company_name"], replaces="key")
        world = send(world, "a.csv", f"甲公司,{phone},x")
        assert companies(world) == [("甲公司", phone)]


def test_replaced_rows_stay_replaced_when_a_contract_is_tried_and_taken_back(world: World) -> None:
    world.contract(key=["company_name"], replaces="key")
    send(world, "a.csv", "甲公司,1,x")
    world = send(world, "b.csv", "甲公司,2,x", on="2026-02-02")
    world.contract(key=["company_name"], replaces="key", version=2)
    with world.warehouse() as con:  # killed after staging, before the marks
        stage_feed(con, world.registry.feeds["directory"], world.registry, world.settings)
    world.contract(key=["company_name"], replaces="key")
    world.stage()
    assert companies(world) == [("甲公司", "2")]


def test_rows_without_any_part_of_the_key_replace_each_other_never(world: World) -> None:
    world.contract(key=["phone"], replaces="key")
    world = send(world, "a.csv", "甲公司,,x", "乙公司,,x", "丙公司,,x")
    assert len(companies(world)) == 3
    assert not any(row["is_repeat"] for row in world.query("select is_repeat from staged.party"))


def test_an_empty_correction_takes_the_place_of_the_whole_file(world: World) -> None:
    world.contract(replaces="file")
    send(world, "a.csv", "甲公司,1,x")
    world = send(world, "a.csv", on="2026-02-02")
    assert (companies(world), counts(world)["directory/a.csv"]) == ([], (0, 0))


def test_the_same_bytes_sent_again_change_nothing_though_another_came_between(world: World) -> None:
    world.contract(replaces="file")
    send(world, "a.csv", "甲公司,1,x")
    send(world, "a.csv", "甲公司,2,x", on="2026-02-02")
    world = send(world, "a.csv", "甲公司,1,x", on="2026-02-03")
    assert companies(world) == [("甲公司", "2")]
