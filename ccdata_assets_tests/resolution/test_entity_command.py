"""`ccdata entity`: what happened to a row or an ID, why records are one, and how a person overrides it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
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


def test_a_day_before_the_first_run_is_answered_as_the_reports_count(merged: World, ask: Ask) -> None:
    with merged.warehouse() as con:
        entity, born_on = con.execute(
            "select entity_id, min(business_date) from golden.entity_event where kind = 'birth' and entity_kind = 'organisation' group by all"
        ).fetchall()[0]
    told = ask("history", entity, "--on", str(born_on))
    assert told["counts_from"] == str(born_on) < told["known_since"][:10] and told["records"] > 0
    with pytest.raises(WrongUse, match=f"counts from {born_on}; fix: "):
        ask("history", entity, "--on", str(born_on - timedelta(days=1)))
    with pytest.raises(WrongUse, match=r"counts from .*; fix: "):
        ask("history", "directory", "a.csv", "3", "--on", "2025-12-31")


def test_history_fits_80_columns_with_ids_whole(merged: World, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = ask("history", ask("history", "directory", "a.csv", "3")["entities"][-1]["entity_id"])
    words = ["entity", "history", told["id"], "--home", str(merged.settings.home)]
    text = CliRunner().invoke(app, words).output
    assert max(map(len, text.splitlines())) <= 80 and "rule_version" not in text
    for event in told["events"]:
        assert all(whole in text for whole in (event["event_id"], *event["from_ids"], *event["to_ids"]))


def test_a_merged_id_names_the_one_to_take(merged: World, ask: Ask) -> None:
    first, now = (line["entity_id"] for line in ask("history", "directory", "a.csv", "3")["entities"])
    for command in ("explain", "lock", "show"):
        with pytest.raises(WrongUse, match=f"merged into {now} on 2026-02-10; fix: use {now}"):
            ask(command, first)
    with pytest.raises(WrongUse, match="is a contact; `explain` takes organisations only; fix: "):
        ask("explain", "con_0123456789abcdef")


def test_show_tells_of_each_field_the_row_that_gave_it_and_what_was_not_taken(merged: World, ask: Ask) -> None:
    entity = ask("find", "白水")[0]["entity_id"]
    told = ask("show", entity)
    name = next(field for field in told["fields"] if field["field"] == "name")
    assert (name["agreement"], name["feed"], name["row"] in (1, 2)) == (2, "directory", True)
    assert name["others"] == [{"value": ROWS[2]["company_name"], "records": 1}]


@pytest.mark.parametrize(("text", "found"), [("青山", 1), ("0571-88880001", 1), ("%", 0), ("12345", 0)])
def test_find_takes_a_part_of_a_name_or_a_number(merged: World, ask: Ask, text: str, found: int) -> None:
    assert len([line for line in ask("find", text) if line["kind"] == "organisation"]) == found


def test_undo_names_the_answer_and_the_lock_it_takes_back(merged: World, ask: Ask) -> None:
    first, now = (line["entity_id"] for line in ask("history", "directory", "a.csv", "3")["entities"])
    ask("lock", now, "--by", "王")
    event = next(event for event in ask("history", first)["events"] if event["kind"] == "merge")
    gone = ask("undo", event["event_id"], "--by", "李")["taken_back"]
    assert [(line["kind"], line["decided_by"], line["withdrawn_by"]) for line in gone] == [
        ("same", "王", "李"), ("lock", "王", "李"),
    ]  # fmt: skip
    assert [event["kind"] for event in ask("history", now)["events"]][-2:] == ["lock", "unlock"]


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
    told = ask("accept", "--by", "王")
    (line,) = ask("decisions")
    assert (line["kind"], line["decided_by"], line["is_in_force"]) == ("accept", "王", True) and "1 merged" in line[
        "comment"
    ]
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
        ("show", "org_none"),
        ("find", " "),
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
