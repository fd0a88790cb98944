"""Whether a delivery is as its feed's usually are."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from ccdata_assets.quality import anomalies
from ccdata_assets.quality.anomalies import find_anomalies
from ccdata_assets_tests.world import World, fetch, make_settings, table

HEADER = ("company_name", "phone", "gender")
FIELDS: dict[str, Any] = {name: {} for name in HEADER}
USUAL = 8
"""Deliveries that are all alike before the one a test is about."""


def delivery(rows: int, no_phone: float = 0.1, women: float = 0.5, seed: int = 1) -> list[tuple[str, ...]]:
    chance = random.Random(seed)
    return [
        (
            f"公司{seed}-{n}",
            "" if chance.random() < no_phone else f"1390000{n:04d}",
            "女" if chance.random() < women else "男",
        )
        for n in range(rows)
    ]


def deliver(world: World, number: int, rows: list[tuple[str, ...]]) -> None:
    """Land and judge a delivery, one a day."""
    world.put(f"directory/delivery_{number:02d}.csv", table(HEADER, rows))
    world.at(f"2026-01-{number + 1:02d}").stage()


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the usual deliveries, to copy."""
    made = World(make_settings(tmp_path_factory.mktemp("usual") / "home"))
    made.contract(fields=FIELDS)
    for number in range(USUAL):
        deliver(made, number, delivery(rows=100 + 3 * number, seed=number))
    return made.settings.home


def looked_at(world: World, usual: Path, *deliveries: list[tuple[str, ...]]) -> list[dict[str, Any]]:
    """Land these after the usual deliveries; what was found of all."""
    shutil.copytree(usual, world.settings.home, dirs_exist_ok=True)
    for number, rows in enumerate(deliveries, start=USUAL):
        deliver(world, number, rows)
    contract = world.registry.feeds["directory"]
    with world.warehouse() as con:
        find_anomalies(con, world.registry, contract, world.settings, "run")
        return fetch(
            con, "select file, measure, field, zh, en, value, low, high from kpi.anomaly order by file, measure, field"
        )


@pytest.fixture(autouse=True)
def contract(world: World) -> None:
    world.contract(fields=FIELDS)


def test_deliveries_that_differ_as_usual_are_not_odd(world: World, usual: Path) -> None:
    assert looked_at(world, usual, delivery(110, seed=50), delivery(96, no_phone=0.14, women=0.55, seed=51)) == []


@pytest.mark.parametrize(
    ("odd", "measure", "field", "word"),
    [
        (delivery(20, seed=90), "rows", None, "20 rows accepted"),
        (delivery(900, seed=91), "rows", None, "900 rows accepted"),
        (delivery(105, no_phone=0.7, seed=92), "empty", "phone", "is empty in"),
        (delivery(105, women=1.0, seed=93), "share", "gender", "are spread otherwise"),
    ],
)
def test_what_is_odd_is_found_and_said_in_words(
    world: World, usual: Path, odd: Any, measure: str, field: str | None, word: str
) -> None:
    (found,) = looked_at(world, usual, odd)
    assert (found["file"], found["measure"], found["field"]) == (f"directory/delivery_{USUAL:02d}.csv", measure, field)
    assert word in found["en"] and found["zh"]
    assert not found["low"] <= found["value"] <= found["high"]


def test_what_the_gate_holds_says_nothing_of_what_is_usual(world: World) -> None:
    for n in range(9):
        deliver(world, n, delivery(20 if n < 6 else 100, seed=n))
    with world.warehouse() as con:
        con.execute(
            "update ops.file_ledger set status = 'held' where file in ('directory/delivery_06.csv', 'directory/delivery_07.csv')"
        )
        find_anomalies(con, world.registry, world.registry.feeds["directory"], world.settings, "run")
        (last,) = fetch(con, "select en from kpi.anomaly where file = 'directory/delivery_08.csv'")
    assert "the 6 deliveries before usually had" in last["en"]


def test_few_deliveries_say_nothing(world: World) -> None:
    for n, rows in enumerate((100, 101, 99, 5)):
        world.put(f"directory/{n}.csv", table(HEADER, delivery(rows, seed=n)))
        world.at(f"2026-01-0{n + 1}").stage()
    with world.warehouse() as con:
        assert find_anomalies(con, world.registry, world.registry.feeds["directory"], world.settings, "run") == 0


def test_a_delivery_is_looked_at_once(world: World, usual: Path) -> None:
    assert len(looked_at(world, usual, delivery(20, seed=90))) == 1
    with world.warehouse() as con:
        contract = world.registry.feeds["directory"]
        assert find_anomalies(con, world.registry, contract, world.settings, "again") == 1, (
            "the last delivery is still odd"
        )
        assert con.execute("select count(*) from kpi.anomaly").fetchall() == [(1,)]


def test_a_run_that_is_killed_leaves_no_delivery_half_looked_at(
    world: World, usual: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = world.registry.feeds["directory"]
    shutil.copytree(usual, world.settings.home, dirs_exist_ok=True)
    deliver(world, USUAL, delivery(20, seed=90))
    with world.warehouse() as con:
        with monkeypatch.context() as patch:
            patch.setattr(anomalies, "_judge", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                find_anomalies(con, world.registry, contract, world.settings, "killed")
        assert fetch(con, "from kpi.profile") == [] and fetch(con, "from ops.profiled") == []
        assert find_anomalies(con, world.registry, contract, world.settings, "again") == 1
