"""`ccdata incident` and `ccdata gate`: what failed, what is held, and what people say of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from ccdata_assets.cli import app
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.quality.record import record_outcomes
from ccdata_assets.quality.validation import Check, Outcome
from ccdata_assets_tests.world import World, table

Ask = Callable[..., Any]
CHECK = Check("validity_gender", "not_null", "staged.directory", "gender", "validity", "error")


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A command in the home of the test, --json unless it is asked for as people see it."""
    monkeypatch.setenv("CCDATA_NOW", "2026-02-03")
    monkeypatch.setenv("COLUMNS", "160")  # some ways to run tests say 80
    monkeypatch.setenv("CCDATA_HOME", str(world.settings.home))

    def run(*words: str, people: bool = False) -> Any:
        result = CliRunner().invoke(app, [*words, *([] if people else ["--json"])])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output if people else json.loads(result.output)

    return run


def fail(world: World) -> None:
    with world.warehouse() as con:
        record_outcomes(con, [Outcome(CHECK, False, 0.5, 5, 10)], "directory", world.settings, "run")


def test_an_incident_is_listed_acknowledged_and_resolved(world: World, ask: Ask) -> None:
    fail(world)
    (incident,) = ask("incident", "list")
    name = incident["incident_id"]
    assert (incident["check_name"], incident["severity"], incident["status"]) == ("validity_gender", "error", "open")
    shown = ask("incident", "list", people=True)
    assert name in shown and "50.0%" in shown
    ask("incident", "acknowledge", name, "--by", "王")
    assert ask("incident", "list")[0]["acknowledged_by"] == "王"
    ask("incident", "resolve", name, "--by", "李", "--comment", "the code list was extended")
    assert ask("incident", "list") == []
    (done,) = ask("incident", "list", "--all")
    assert (done["status"], done["resolved_by"], done["comment"]) == ("resolved", "李", "the code list was extended")
    with pytest.raises(WrongUse, match="resolved already"):
        ask("incident", "acknowledge", name, "--by", "王")


def test_a_held_batch_is_listed_and_released_by_name(world: World, ask: Ask) -> None:
    world.contract(gate={"max_rejected": 0.1})
    world.stage_one(table(("company_name", "phone"), [("甲公司", "1"), ("", "2"), ("", "3")]))
    (batch,) = ask("gate", "list")
    assert (batch["file"], batch["rows"], batch["quarantined"], batch["is_let_through"]) == (
        "directory/file.csv",
        3,
        2,
        False,
    )
    words = ("gate", "release", "directory", "directory/file.csv", "--by", "王", "--reason", "the supplier confirms it")
    with pytest.raises(WrongUse, match="--until: 'soon' is no day; fix: "):
        ask(*words, "--until", "soon")
    assert ask(*words, "--until", "2026-02-28")["acts"] == "with the next run"
    assert ask("gate", "list")[0]["is_let_through"]
    world.at("2026-02-04").stage()
    assert ask("gate", "list") == []
    assert "0 batches" in ask("gate", "list", people=True)
    assert len(world.query("from staged.party")) == 1


def test_who_and_why_are_asked_for(world: World, ask: Ask) -> None:
    world.contract(gate={"max_rejected": 0.1})
    world.stage_one(table(("company_name", "phone"), [("甲公司", "1"), ("", "2")]))
    fail(world)
    name = ask("incident", "list")[0]["incident_id"]
    gate = ("gate", "release", "directory", "file.csv", "--until", "2026-02-28")
    for words, option in (
        ((*gate, "--by", "王", "--reason", " "), "--reason"),
        ((*gate, "--by", "", "--reason", "confirmed"), "--by"),
        (("incident", "acknowledge", name, "--by", " "), "--by"),
        (("incident", "resolve", name, "--by", "王", "--comment", ""), "--comment"),
    ):
        with pytest.raises(WrongUse, match=f"{option} is empty; fix: "):
            ask(*words)
    assert ask("incident", "list")[0]["status"] == "open"
    assert not ask("gate", "list")[0]["is_let_through"]


def test_a_release_names_the_file_of_the_ledger_and_acts_from_its_day_on(world: World, ask: Ask) -> None:
    world.contract(gate={"max_rejected": 0.1})
    world.stage_one(table(("company_name", "phone"), [("甲公司", "1"), ("", "2")]))
    ask("gate", "release", "directory", "file.csv", "--by", "王", "--reason", "confirmed", "--until", "2026-02-28")
    assert world.query("select file from ops.gate_override") == [{"file": "directory/file.csv"}]
    assert "from 2026-02-03" in ask("gate", "list", people=True)
    world.at("2026-02-02").stage()
    assert len(ask("gate", "list")) == 1, "a report as of the 2nd could not show it"
    world.at("2026-02-03").stage()
    assert ask("gate", "list") == []


def test_people_decide_in_order_of_business_time(world: World, ask: Ask) -> None:
    world.at("2026-03-01").stage_one(table(("company_name", "phone"), [("甲公司", "1")]))
    fail(world)
    (incident,) = ask("incident", "list")
    with pytest.raises(WrongUse, match="lies before"):
        ask("incident", "resolve", incident["incident_id"], "--by", "王", "--comment", "done")


def test_a_home_without_a_warehouse_says_what_to_do(world: World, ask: Ask) -> None:
    world.settings.warehouse_path.unlink()
    for command in ("incident", "gate"):
        with pytest.raises(CcdataError, match="no warehouse in this home yet; fix: "):
            ask(command, "list")
