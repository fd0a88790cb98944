"""`ccdata entity`: what happened to a row or an ID, why records are one, and how a person overrides it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ccdata_assets.cli import app
from ccdata_assets.errors import WrongUse
from ccdata_assets.orchestration.summary import with_fix
from ccdata_assets.project import load_project
from ccdata_assets.quality.suites import REGROUPED
from ccdata_assets.resolution.decisions import decide
from ccdata_assets.resolution.engine import resolve
from ccdata_assets.resolution.entity_history import replay
from ccdata_assets.resolution.stability import accept, write_known
from ccdata_assets_tests.resolution.runs import at, company, ids, partition, record_id
from ccdata_assets_tests.world import Row, World, write_party_records

PHONE = "+8657188880001"
ROWS: list[Row] = [
    company(1, "青山", phone=PHONE, uscc="911"),
    company(2, "青山", phone=PHONE),
    company(3, "白水", phone=PHONE),
]
Ask = Callable[..., Any]


def bring_up(world: World, records: list[Row] | None, now: str) -> dict[int, str]:
    """One run of resolution with the shipped rules and model; row → organisation."""
    project = load_project()
    with world.warehouse() as con:
        if records is not None:
            write_party_records(con, records)
            con.execute("delete from ops.file_ledger")
            con.execute(
                """insert into ops.file_ledger (feed, file, sha256, bytes, modified_ns, rows, status, received_on, landed_at)
                select distinct feed, file, sha256, 1, 1, 3, 'landed', date '2026-01-01', timestamptz '2026-01-01 00:00:00Z'
                from standard.party_record"""
            )
        resolve(con, project.rules, project.model, at(now), now)
        return ids(con)


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """`ccdata entity …` in the home of the test, --json and a business time given: its answer."""
    monkeypatch.setenv("CCDATA_NOW", "2026-03-01")
    monkeypatch.setenv("CCDATA_HOME", str(world.settings.home))

    def run(*words: str, code: int = 0) -> Any:
        result = CliRunner().invoke(app, ["entity", *words, "--home", str(world.settings.home), "--json"])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return json.loads(result.output)

    return run


@pytest.fixture
def merged(world: World) -> World:
    """Rows 1 and 2 are one by the rules since February, row 3 by a steward's word since 10 February."""
    bring_up(world, ROWS, "2026-02-01")
    with world.warehouse() as con:
        decide(con, at("2026-02-10"), "same", [record_id(con, 1)], [record_id(con, 3)], "test", "王")
    bring_up(world, None, "2026-02-10")
    return world


def test_a_row_tells_which_organisation_it_belongs_to_and_belonged_to_on_a_day(merged: World, ask: Ask) -> None:
    now = ask("history", "directory", "a.csv", "3")["entities"]
    before = ask("history", "directory", "directory/a.csv", "3", "--on", "2026-02-05")["entities"]
    assert len(now) == 2 and [line["is_current"] for line in now] == [False, True]
    assert len(before) == 1 and before[0]["entity_id"] == now[0]["entity_id"] != now[1]["entity_id"]


def test_an_id_tells_all_that_happened_to_it(merged: World, ask: Ask) -> None:
    ended = ask("history", "directory", "a.csv", "3")["entities"][0]["entity_id"]
    told = ask("history", ended)
    assert ([event["kind"] for event in told["events"]], told["records"]) == (["birth", "merge"], 0)
    assert [event["kind"] for event in ask("history", ended, "--on", "2026-02-05")["events"]] == ["birth"]
    assert ask("history", ended, "--on", "2026-02-05")["records"] == 1


def test_explain_names_the_exact_rules_the_scored_links_and_the_decision(merged: World, ask: Ask) -> None:
    entity = ask("history", "directory", "a.csv", "1")["entities"][-1]["entity_id"]
    told = ask("explain", entity)
    assert len(told["nodes"]) == 3 and {node["company_name"] for node in told["nodes"]} >= {ROWS[0]["company_name"]}
    assert {line["rule"] for line in told["exact"]} >= {"core_and_place"}
    assert [line["decided_by"] for line in told["decisions"]] == ["王"]
    assert all({"weight", "status", "levels"} <= line.keys() for line in told["scored"])


def test_explain_reads_as_tables_in_both_languages(merged: World, ask: Ask) -> None:
    entity = ask("history", "directory", "a.csv", "1")["entities"][-1]["entity_id"]
    text = CliRunner().invoke(app, ["entity", "explain", entity, "--home", str(merged.settings.home)]).output
    assert "精确规则" in text and "exact rules" in text and "字号、行业词与城市相同" in text


def test_undo_gives_the_ended_id_back_with_the_next_run(merged: World, ask: Ask) -> None:
    first = ask("history", "directory", "a.csv", "3")["entities"][0]["entity_id"]
    event = next(event for event in ask("history", first)["events"] if event["kind"] == "merge")
    done = ask("undo", event["event_id"], "--by", "李")
    assert done["acts"] == "with the next run"
    after = bring_up(merged, None, "2026-03-01")
    assert after[3] == first != after[1]


def test_locked_organisations_are_said_to_be_and_the_next_run_is_named(merged: World, ask: Ask) -> None:
    entity = ask("history", "directory", "a.csv", "1")["entities"][-1]["entity_id"]
    text = CliRunner().invoke(app, ["entity", "lock", entity, "--home", str(merged.settings.home)]).output
    assert "next `ccdata run`" in text and "下一次" in text
    assert [event["kind"] for event in ask("history", entity)["events"]][-1] == "lock"


def test_decisions_are_listed_and_can_be_withdrawn(merged: World, ask: Ask) -> None:
    (decision,) = ask("decisions")
    assert decision["is_in_force"] and (decision["left_rows"], decision["right_rows"]) == (1, 1)
    ask("withdraw", decision["decision_id"])
    assert [line["is_in_force"] for line in ask("decisions")] == [False]
    assert len(set(bring_up(merged, None, "2026-03-01").values())) == 2


def test_replay_gives_the_crosswalk_and_says_when_it_does_not(merged: World, ask: Ask) -> None:
    assert ask("replay") == {"rows": 3, "different": 0, "equal": True}
    with merged.warehouse() as con:
        con.execute("update resolution.assigned set entity_id = 'org_other' where record_id = ?", [record_id(con, 3)])
    assert ask("replay", code=1)["different"] == 1
    with merged.warehouse() as con:
        con.execute("delete from resolution.assigned where record_id = ?", [record_id(con, 3)])
        assert replay(con).different == 1


@pytest.fixture
def jumped(world: World) -> World:
    """Two organisations when the checks last passed, one now, and nothing that explains it."""
    project = load_project()
    bring_up(world, ROWS, "2026-02-01")
    with world.warehouse() as con:
        accept(con, project.rules, project.model)
        decide(con, at("2026-02-10"), "same", [record_id(con, 1)], [record_id(con, 3)], "test")
    bring_up(world, None, "2026-02-10")
    with world.warehouse() as con:
        con.execute("delete from golden.decision")
    return world


def test_a_jump_that_is_accepted_is_what_the_next_run_compares_with(jumped: World, ask: Ask) -> None:
    told = ask("accept")
    assert (told["merged"], told["split"], told["unexplained"], told["acts"]) == (1, 0, 1, "with the next run")
    project = load_project()
    with jumped.warehouse() as con:
        known = write_known(con, project.rules, project.model)
    assert (known.merged, known.rate_before) == (0, known.rate_now)
    with pytest.raises(WrongUse, match="nothing to accept"):
        ask("accept")


def test_the_message_of_a_run_that_a_jump_stops_names_the_command() -> None:
    assert "`ccdata entity accept`" in with_fix(f"golden: 1 blocking check failed: {REGROUPED}")
    assert with_fix("golden: another failed") == "golden: another failed"


def test_accept_says_in_both_languages_what_it_did(jumped: World) -> None:
    text = CliRunner().invoke(app, ["entity", "accept", "--home", str(jumped.settings.home)]).output
    assert "1 merged and 0 split" in text and "合并 1 个" in text
    assert "next `ccdata run`" in text and "下一次" in text


@pytest.mark.parametrize(
    "words",
    [
        ("accept",),
        ("history", "org_none"),
        ("history", "directory", "a.csv", "99"),
        ("history", "directory", "a.csv"),
        ("history", "directory", "a.csv", "first"),
        ("history", "org_none", "--on", "yesterday"),
        ("explain", "org_none"),
        ("undo", "none"),
        ("lock", "org_none"),
        ("withdraw", "none"),
    ],
)
def test_wrong_use_says_what_to_do_and_changes_nothing(merged: World, ask: Ask, words: tuple[str, ...]) -> None:
    with pytest.raises(WrongUse, match="fix:"):
        ask(*words)
    with merged.warehouse() as con:
        assert len(partition(con)) == 1 and con.execute("select count(*) from golden.decision").fetchone() == (1,)


def test_a_decision_cannot_lie_before_the_last_run(merged: World, ask: Ask) -> None:
    with merged.warehouse() as con:
        con.execute("update ops.file_ledger set landed_at = timestamptz '2026-02-20 00:00:00Z'")
    (decision,) = ask("decisions")
    with pytest.raises(WrongUse, match="lies before"):
        ask("withdraw", decision["decision_id"], "--as-of", "2026-02-15")


def test_a_home_without_a_warehouse_is_told_to_run_first(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["entity", "decisions", "--home", str(tmp_path)])
    assert "ccdata run" in str(result.exception)
