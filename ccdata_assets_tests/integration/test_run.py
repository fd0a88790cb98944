"""`ccdata run` as a user runs it: a process of its own, on broken files, killed, twice, two at once."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from ccdata_assets.orchestration.dbt import reference_digest, reference_nodes
from ccdata_assets.settings import Settings
from ccdata_assets_tests.integration.runs import (
    BEGUN,
    JANUARY,
    SAMPLE,
    ask,
    command,
    digest_of_tables,
    ended,
    hospitals,
    published,
    run,
    start,
    wait_for_step,
)

FEBRUARY = ("--as-of", "2026-02-28")


def second_file(home: Path) -> Path:
    """Five hundred hospitals, of which the first file has fifty."""
    return hospitals(home / "inbox" / "cn_hospitals" / "b.csv", 500, first=BEGUN - 50)


@dataclass(frozen=True)
class AtOnce:
    """A home with a second file after two runs at once; how they ended, and the organisations that two readers saw meanwhile."""

    home: Path
    results: list[tuple[int, dict[str, Any], str]]
    seen: list[tuple[int, int]]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory, begun: Path) -> AtOnce:
    """Two runs at once over a second file, in February."""
    home = shutil.copytree(begun, tmp_path_factory.mktemp("twice") / "home")
    second_file(home)
    seen, organisations = [], "select count(*) from marts.dim_organisation"
    with published(home) as held:
        runs = [start(home, *FEBRUARY), start(home, *FEBRUARY)]
        while any(process.poll() is None for process in runs):
            with published(home) as fresh:
                counts = [con.execute(organisations).fetchall()[0][0] for con in (held, fresh)]
            seen.append((counts[0], counts[1]))
            time.sleep(0.1)
        return AtOnce(home, [ended(process) for process in runs], seen)


ODD_FEED = """feed: odd_feed
title: {zh: 怪数据, en: Odd feed}
subject: party
source: {files: "odd_feed/*"}
owner: team:test
fields:
  company_name: {required: true}
  phone: {}
rules:
  - {name: hard_cast, expect: "cast(phone as bigint) > 0", severity: flag}
"""


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]], str]:
    """A home after one run of broken files among good ones, and of a feed that cannot be judged; what was told of each file, and all
    that was printed."""
    home, contracts = tmp_path_factory.mktemp("broken"), tmp_path_factory.mktemp("contracts")
    (contracts / "odd_feed.yaml").write_text(ODD_FEED, encoding="utf-8")
    inbox, odd = home / "inbox" / "cn_hospitals", home / "inbox" / "odd_feed"
    odd.mkdir(parents=True)
    (odd / "odd.csv").write_text("公司名称,电话\n甲公司,planted-13900001111\n", encoding="utf-8")
    good = hospitals(inbox / "good.csv", 40).read_text(encoding="utf-8")
    (inbox / "empty.csv").write_bytes(b"")
    (inbox / "no header.csv").write_text("\n".join(good.splitlines()[1:]), encoding="utf-8")
    (inbox / "缺列🙂.csv").write_text("name,province\n甲医院,北京市\n", encoding="utf-8")
    (inbox / "cut.csv").write_text(
        good + '110000,北京市,110100,北京市,东城,某医院,,False,"东城区\n路一号', encoding="utf-8"
    )
    (inbox / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    with (inbox / "wide.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[f"c{i}" for i in range(10_000)], ["x"] * 10_000])
    code, summary, text = run(home, "--contracts", str(contracts))
    assert code == 3, text
    return home, {line["file"].split("/")[1]: line for line in summary["files"]}, text


@pytest.mark.slow
def test_broken_files_cost_only_themselves_and_the_exit_code_says_so(
    broken: tuple[Path, dict[str, dict[str, Any]], str],
) -> None:
    home, files, _ = broken
    told = {name: line for name, line in files.items() if line["feed"] == "cn_hospitals"}
    assert {name: line["status"] for name, line in told.items()} == {
        "good.csv": "landed", "cut.csv": "landed", "empty.csv": "rejected", "no header.csv": "rejected",
        "缺列🙂.csv": "rejected", "picture.csv": "rejected", "wide.csv": "rejected",
    }  # fmt: skip
    for name, line in told.items():
        assert line["rows"] == line["staged"] + line["quarantined"] + line["blank"], f"{name}: rows are lost"
        if line["status"] == "rejected":
            assert "fix:" in line["error"], f"{name}: the error tells no fix: {line['error']}"
    assert told["good.csv"]["staged"] == 40
    assert ask(
        home, "select rule, count(*) from ops.quarantine where file like '%cut.csv' group by all order by all"
    ) == [("short_row", 1), ("unclosed_quote", 1)]
    assert "city" in told["缺列🙂.csv"]["error"]
    assert ask(home, "select count(*) from marts.dim_organisation") == [(40,)], "the good rows of all files"


@pytest.mark.slow
def test_a_feed_that_cannot_be_judged_stops_no_other(broken: tuple[Path, dict[str, dict[str, Any]], str]) -> None:
    _, told, text = broken
    assert (told["odd.csv"]["feed"], told["odd.csv"]["status"]) == ("odd_feed", "held")
    assert told["good.csv"]["status"] == "landed"
    assert "planted" not in text
    assert "13900001111" not in text


@pytest.mark.slow
def test_a_second_run_changes_nothing_and_starts_neither_dbt_nor_gx(tmp_path: Path) -> None:
    hospitals(tmp_path / "inbox" / "cn_hospitals" / "a.csv", 200)
    shutil.copytree(SAMPLE / "call_log", tmp_path / "inbox" / "call_log")
    code, first, text = run(tmp_path)
    assert code == 0, text
    assert first["periods"][:7] == [f"2026-10-{day}" for day in range(25, 32)], "the newest days with calls"
    assert {"2026-W41", "2026-W44", "2026-09", "2026-10", "2026-Q3", "2026-Q4", "2026"} <= set(first["periods"])
    for made in ("daily/2026-10-31", "callcentre/2026-W44", "callcentre/2026-Q4", "agents/2026"):
        assert (tmp_path / "reports" / f"{made}.xlsx").is_file(), made
    before = (
        digest_of_tables(tmp_path / "warehouse" / "ccdata.duckdb"),
        digest_of_tables(tmp_path / "published" / "ccdata.duckdb"),
    )
    reports = {path.name: path.read_bytes() for path in sorted((tmp_path / "reports").rglob("*.json"))}
    stamp = (tmp_path / "published" / "ccdata.duckdb").stat().st_mtime_ns
    dbt = tmp_path / "warehouse" / "dbt"
    shutil.rmtree(dbt)  # which also makes it another home than the run has left
    code, summary, text = run(tmp_path, env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert (code, summary["is_new"], summary["months"], summary["periods"]) == (0, False, [], []), text[-3000:]
    after = (
        digest_of_tables(tmp_path / "warehouse" / "ccdata.duckdb"),
        digest_of_tables(tmp_path / "published" / "ccdata.duckdb"),
    )
    assert after == before, "see which table differs"
    assert not dbt.exists(), "dbt was started"
    assert "great_expectations" not in text, "GX was imported"
    assert {path.name: path.read_bytes() for path in sorted((tmp_path / "reports").rglob("*.json"))} == reports
    assert (tmp_path / "published" / "ccdata.duckdb").stat().st_mtime_ns == stamp
    history = sorted((tmp_path / "dagster" / "history" / "runs").iterdir())
    code, again, text = run(tmp_path)
    assert code == 0, text
    assert {**again, "run_id": ""} == {**summary, "run_id": ""}, "what is told of the home"
    assert again["run_id"] == summary["run_id"], "there was no run"
    assert sorted((tmp_path / "dagster" / "history" / "runs").iterdir()) == history


@pytest.mark.slow
def test_a_file_sent_again_is_a_repeat_that_changes_nothing_else(tmp_path: Path, begun: Path) -> None:
    home = shutil.copytree(begun, tmp_path / "home")
    figures = ask(home, "select kpi_id, dims, period_start, value from kpi.value order by all")
    first = home / "inbox" / "cn_hospitals" / "a.csv"
    shutil.copy(first, first.with_name("again.csv"))
    code, summary, text = run(home, *JANUARY)
    assert code == 0, text
    assert [(file["file"], file["status"], file["rows"]) for file in summary["files"]] == [
        ("cn_hospitals/again.csv", "repeat", 0)
    ]
    assert ask(home, "select kpi_id, dims, period_start, value from kpi.value order by all") == figures
    assert ask(home, "select status from ops.file_ledger order by all") == [("landed",), ("repeat",)], (
        "the published ledger shows the repeat"
    )


@pytest.mark.slow
def test_a_killed_run_leaves_the_published_copy_and_the_next_one_completes_the_work(
    tmp_path: Path, begun: Path, twice: AtOnce
) -> None:
    home = shutil.copytree(begun, tmp_path / "killed")
    copy = home / "published" / "ccdata.duckdb"
    before = hashlib.sha256(copy.read_bytes()).hexdigest()
    second_file(home)
    kills = 0
    for step in ("staged__cn_hospitals", "golden", "published__ccdata"):
        process = start(home, *FEBRUARY)
        if wait_for_step(home, step, process):
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate(timeout=300)
        if step != "published__ccdata":
            assert hashlib.sha256(copy.read_bytes()).hexdigest() == before, (
                f"the kill in {step} touched the published copy"
            )
        with published(home) as con:
            assert con.execute("select count(*) from marts.dim_organisation").fetchall()[0][0] > 0
    assert kills >= 2, "the kills came too late to test anything"
    code, _, text = run(home, *FEBRUARY)
    assert code == 0, text
    for query in (
        "select organisation_id, company_name, records, born_on from marts.dim_organisation order by all",
        "select file, rows, staged, quarantined, repeated, status from ops.file_ledger order by all",
        "select kind, entity_id, business_date from golden.entity_event order by all",
        "select kpi_id, dims, period_start, grain, arg_max(value, as_of) from kpi.value group by all order by all",
    ):
        assert ask(home, query) == ask(twice.home, query), f"the killed home differs from one that was not: {query}"


def reference_tables_loaded(home: Path) -> int:
    """How many reference tables the last run that built anything has loaded."""
    results = home / "warehouse" / "dbt" / "standard" / "run_results.json"
    built = json.loads(results.read_text(encoding="utf-8"))["results"]
    assert built, "dbt built nothing"
    return sum(result["unique_id"].startswith("seed.") for result in built)


def test_what_is_made_of_reference_tables_of_any_group_is_made_again_when_one_of_them_changes(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    nodes = reference_nodes(settings)
    assert nodes[dg.AssetKey(["marts", "dim_region"])]["resource_type"] == "model"
    project = tmp_path / "dbt_project"
    shutil.copytree(settings.dbt_dir, project, ignore=shutil.ignore_patterns("target", "logs"))
    before = reference_digest(project, nodes.values())
    assert before == reference_digest(settings.dbt_dir, nodes.values()), "the same project, elsewhere"
    seed = project / "seeds" / "region_listed.csv"
    seed.write_text(seed.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert reference_digest(project, nodes.values()) != before


@pytest.mark.slow
def test_a_held_batch_that_is_released_goes_all_the_way_with_the_next_run(tmp_path: Path, begun: Path) -> None:
    home = shutil.copytree(begun, tmp_path / "home")
    assert reference_tables_loaded(home) >= 20
    settings = Settings(home=home)
    digest = reference_digest(settings.dbt_dir, reference_nodes(settings).values())
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        known = dict(con.execute("select name, value from ops.run_state where name like 'reference of %'").fetchall())
    assert {"reference of marts", "reference of standard"} <= set(known)
    assert set(known.values()) == {digest}, "each group remembers the reference tables of all"
    bad = hospitals(home / "inbox" / "cn_hospitals" / "bad.csv", 20, first=BEGUN)
    header, *lines = bad.read_text(encoding="utf-8").splitlines(keepends=True)
    empty = "," * header.count(",") + "x\n"  # no name, no place
    bad.write_text("".join([header, *lines, *[empty] * 30]), encoding="utf-8")
    code, summary, text = run(home, "--as-of", "2026-02-01")
    assert code == 3, text
    assert reference_tables_loaded(home) == 0, "nothing of them has changed"
    assert summary["incidents"] >= summary["incidents_opened"] > 0, "the held batch has opened one"
    records = "select count(*) from marts.fct_record where status = 'staged' and feed = 'cn_hospitals'"
    before = ask(home, records)

    words = ["cn_hospitals", "bad.csv", "--by", "王", "--reason", "the supplier confirms it", "--until", "2026-02-28"]
    code, _, told = command("gate", "release", *words, "--home", str(home), "--as-of", "2026-02-02")
    assert code == 0, told
    with duckdb.connect(str(home / "warehouse" / "ccdata.duckdb")) as con:
        con.execute("update ops.run_state set value = 'others' where name like 'reference of %'")
    code, _, text = run(home, "--as-of", "2026-02-03")
    assert code == 0, text
    assert reference_tables_loaded(home) >= 20, "they were others"
    assert ask(home, records) == [(before[0][0] + 20,)]
    assert ask(home, "select status from ops.file_ledger where file like '%bad.csv'") == [("landed",)]
    left = "select count(*) from golden.crosswalk where file like '%bad.csv' and organisation_id is not null"
    assert ask(home, left) == [(20,)]


@pytest.mark.slow
def test_two_runs_at_once_take_turns_and_readers_are_not_disturbed(begun: Path, twice: AtOnce) -> None:
    organisations = "select count(*) from marts.dim_organisation"
    before, after = ask(begun, organisations)[0][0], ask(twice.home, organisations)[0][0]
    assert after == before + 449, "fifty of the second file are in the first, and two of it are the same"
    assert [code for code, _, _ in twice.results] == [0, 0], twice.results
    assert len(twice.seen) > 5
    assert {held for held, _ in twice.seen} == {before}, "a reader that keeps the old copy open all the time"
    assert {fresh for _, fresh in twice.seen} <= {before, after}, "one that opens it anew"
    assert sorted(len(summary["files"]) for _, summary, _ in twice.results) == [0, 1], (
        "one of them landed the file, the other found nothing new"
    )
    assert ask(twice.home, "select count(*), count(distinct (sha256, row)) from golden.crosswalk") == [(650, 650)], (
        "no row twice"
    )


def test_a_report_of_a_month_to_come_is_wrong_use(tmp_path: Path) -> None:
    code, _, told = command("report", "2999-01", "--home", str(tmp_path))
    assert (code, "lies in the future" in told) == (64, True), told


def test_wrong_use_ends_with_64_and_a_message(tmp_path: Path) -> None:
    for options in (["--as-of", "yesterday"], ["--no-such-option"], ["--inbox", str(tmp_path / "nowhere")]):
        code, _, text = run(tmp_path, *options)
        assert code == 64, text
        assert text.strip()
