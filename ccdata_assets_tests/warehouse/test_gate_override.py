"""A held batch that somebody lets through: dated, with a reason, until a day."""

from __future__ import annotations

from datetime import date

import pytest

from ccdata_assets.errors import WrongUse
from ccdata_assets.warehouse.gate import held_batches, let_through
from ccdata_assets_tests.world import World, table

BAD = table(("company_name", "phone"), [("甲公司", "1"), ("", "2"), ("", "3")])
UNTIL = date(2026, 2, 28)


@pytest.fixture(autouse=True)
def held(world: World) -> None:
    """A file of which two rows of three are in quarantine, and the gate allows one of ten."""
    world.contract(gate={"max_rejected": 0.1})
    world.put("directory/bad.csv", BAD)
    world.at("2026-02-01").stage()


def let(world: World, file: str = "bad.csv", until: date = UNTIL) -> str:
    with world.warehouse() as con:
        return let_through(con, world.settings, "directory", file, "王", "the supplier confirms the list", until)


def test_what_is_held_is_listed_with_its_reason(world: World) -> None:
    with world.warehouse() as con:
        (batch,) = held_batches(con, world.settings.zone)
    assert (batch["file"], batch["staged"], batch["quarantined"], batch["is_let_through"]) == (
        "directory/bad.csv",
        1,
        2,
        False,
    )
    assert "the gate allows 10.0%" in str(batch["reason"])


def test_a_batch_that_is_let_through_is_released_by_the_next_run_and_says_by_whom(world: World) -> None:
    let(world)
    assert world.query("from staged.party") == [], "nothing happens before the run"
    world.at("2026-02-02").stage()
    assert len(world.query("from staged.party")) == 1
    (gate,) = world.query("select status, reason from ops.batch_gate")
    assert gate["status"] == "released"
    assert gate["reason"].startswith(
        "let through by 王 on 2026-02-01, until 2026-02-28: the supplier confirms the list; it was: 66.7%"
    )
    (line,) = world.query("select status, error from ops.file_ledger")
    assert line == {"status": "landed", "error": None}
    world.at("2026-04-01").stage()
    assert len(world.query("from staged.party")) == 1, "what was released stays so"


def test_an_override_is_of_one_batch_and_ends_with_its_day(world: World) -> None:
    let(world)
    world.put("directory/worse.csv", table(("company_name", "phone"), [("乙公司", "1"), ("", "2")]))
    world.at("2026-03-01").stage()
    assert world.query("from staged.party") == []
    assert {row["status"] for row in world.query("select status from ops.batch_gate")} == {"held"}


def test_what_is_not_held_cannot_be_let_through(world: World) -> None:
    for file, until in (("other.csv", UNTIL), ("bad.csv", date(2026, 1, 31))):
        with pytest.raises(WrongUse, match="; fix: "):
            let(world, file, until)
    assert world.query("from ops.gate_override") == []


def test_rows_that_are_not_accounted_for_are_held_whatever_anybody_says(world: World) -> None:
    with world.warehouse() as con:
        con.execute("update ops.batch_gate set reason = '3 rows landed but 2 are accounted for'")
    with pytest.raises(WrongUse, match="nobody can vouch"):
        let(world)
