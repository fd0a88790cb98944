"""`ccdata run` as a user runs it: a process of its own, on real and on broken files."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets_tests.shared import shared_dir

CCDATA = str(Path(sys.executable).with_name("ccdata"))
SAMPLE = PROJECT_DIR / "data" / "sample"
ARRIVALS = [6.75, 1.75, 1.25, 0, 0.5, 0.25, 4.75, 39.5, 97.25, 107.5, 124, 110.25, 95.5, 203.5, 115.75, 115.5, 67.75, 75, 88.75, 85.5, 68, 61.5, 57.5, 44.25]  # fmt: skip
"""Mean arrivals per hour of February's Wednesdays in the bank's log (Miller, Modeling Techniques in Predictive Analytics)."""
BANK = {"january.txt": 31_599, "february.txt": 33_344, "march.txt": 38_801}
JANUARY = ("--as-of", "2026-01-31")
BEGUN = 150
"""Hospitals in the home that some tests go on from."""


def start(home: Path, *options: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    command = [CCDATA, "run", "--home", str(home), "--json", *options]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, json.loads(out) if out.startswith("{") else {}, out + err


def run(home: Path, *options: str, env: dict[str, str] | None = None) -> tuple[int, dict[str, Any], str]:
    return ended(start(home, *options, env=env))


def published(home: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(home / "published" / "ccdata.duckdb"), read_only=True)


def ask(home: Path, query: str) -> list[tuple[Any, ...]]:
    with published(home) as con:
        con.execute("set timezone = 'UTC'")
        return con.execute(query).fetchall()


def digest_of_tables(path: Path) -> dict[str, str]:
    """A hash of every table's rows, without regard to their order."""
    with duckdb.connect(str(path), read_only=True) as con:
        tables = con.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_type = 'BASE TABLE' order by 1"
        ).fetchall()
        return {
            name: str(
                con.execute(f"select count(*), bit_xor(md5_number_lower(t::varchar)) from {name} as t").fetchone()
            )
            for (name,) in tables
        }


def hospitals(path: Path, count: int, first: int = 0) -> Path:
    """The header and some rows of the sample's hospitals."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (SAMPLE / "cn_hospitals" / "hospitals_flat.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[1 + first : 1 + first + count]]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the real files, landed month by month at business times of January to March 1999."""
    home, inbox = tmp_path_factory.mktemp("real"), tmp_path_factory.mktemp("inbox")
    real = shared_dir() / "data" / "real"
    deliveries = {
        "1999-01-31": ["cn_hospitals/hospitals_flat.csv", "bank_call/january.txt"],
        "1999-02-28": ["bank_call/february.txt"],
        "1999-03-31": ["bank_call/march.txt", "bank_campaign/bank-additional-full.csv"],
    }
    folders = {"bank_call": "anonymousbank", "bank_campaign": "bank_marketing", "cn_hospitals": "cn_hospitals"}
    for as_of, files in deliveries.items():
        for name in files:
            feed, file = name.split("/")
            (inbox / feed).mkdir(exist_ok=True)
            shutil.copy(real / folders[feed] / file, inbox / feed / file)
        code, _, text = run(home, "--inbox", str(inbox), "--as-of", as_of)
        assert code == 0, text
    return home


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a first file has been run in January; to copy, for a first run is half a minute of dbt."""
    home = tmp_path_factory.mktemp("begun")
    hospitals(home / "inbox" / "cn_hospitals" / "a.csv", BEGUN)
    code, _, text = run(home, *JANUARY)
    assert code == 0, text
    return home


@pytest.mark.slow
def test_every_row_of_the_real_files_is_accounted_for(real_home: Path) -> None:
    rows = ask(
        real_home,
        "select file, rows, staged, quarantined, blank, superseded, repeated from ops.file_ledger order by file",
    )
    found = {file.split("/")[1]: tuple(numbers) for file, *numbers in rows}
    assert {name: numbers[0] for name, numbers in found.items()} == {
        **BANK,
        "bank-additional-full.csv": 41_188,
        "hospitals_flat.csv": 6_753,
    }
    for name, (landed, staged, quarantined, blank, superseded, _) in found.items():
        assert landed == staged + quarantined + blank + superseded, f"{name}: see ops.file_ledger"
    assert found["bank-additional-full.csv"][5] == 12, "the campaign has 12 repeated rows"


@pytest.mark.slow
def test_february_wednesdays_give_the_published_arrivals_to_the_last_digit(real_home: Path) -> None:
    rows = ask(
        real_home,
        """select hours.hour, count(c.call_id) / 4
        from (select unnest(range(24)) as hour) as hours left join marts.fct_call as c on c.local_hour = hours.hour
            and c.feed = 'bank_call' and c.local_date between '1999-02-01' and '1999-02-28' and isodow(c.local_date) = 3
            and c.is_entered and c.is_consistent
        group by all order by 1""",
    )
    assert [mean for _, mean in rows] == ARRIVALS


@pytest.mark.slow
def test_the_bank_answers_as_many_calls_as_the_domain_says(real_home: Path) -> None:
    entered, offered, answered = ask(
        real_home, "select sum(entered), sum(offered), sum(answered) from kpi.call_interval where feed = 'bank_call'"
    )[0]
    assert (round(answered / entered, 3), round(answered / offered, 3)) == (0.798, 0.84)
    assert ask(real_home, "select sum(successes), sum(contacts), sum(dials) from kpi.outbound_day") == [
        (4640, 41_188, 105_754)
    ]


@pytest.mark.slow
def test_hospitals_become_organisations_and_cities_keep_theirs_apart(real_home: Path) -> None:
    (count,) = ask(real_home, "select count(*) from marts.dim_organisation")[0]
    assert 6_600 <= count <= 6_753
    assert ask(
        real_home, "select count(distinct city) from marts.dim_organisation where company_name = '市妇幼保健院'"
    )[0][0] in (3, 4)
    assert ask(real_home, "select count(*) from marts.dim_organisation where company_name = '市妇幼保健院'") == [(4,)]


@pytest.mark.slow
def test_months_replayed_give_stock_and_increment_of_each(real_home: Path) -> None:
    rows = ask(
        real_home,
        """select kpi_id, strftime(period_start, '%Y-%m'), value from kpi.value
        where kpi_id in ('stock', 'increment') and dims = '{}' qualify row_number() over (partition by kpi_id, period_start order by as_of desc) = 1
        order by all""",
    )
    stock = ask(real_home, "select count(*) from marts.dim_organisation")[0][0]
    assert rows == [
        ("increment", "1999-01", stock), ("increment", "1999-02", 0), ("increment", "1999-03", 0),
        ("stock", "1999-01", stock), ("stock", "1999-02", stock), ("stock", "1999-03", stock),
    ]  # fmt: skip


@pytest.mark.slow
def test_business_time_does_not_run_backwards(real_home: Path) -> None:
    code, _, text = run(real_home, "--as-of", "1999-02-01")
    assert code == 64, text
    assert "fix: replay history in order" in text


@pytest.mark.slow
def test_broken_files_cost_only_themselves_and_the_exit_code_says_so(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox" / "cn_hospitals"
    good = hospitals(inbox / "good.csv", 40)
    header = good.read_text(encoding="utf-8").splitlines()[0]
    (inbox / "empty.csv").write_bytes(b"")
    (inbox / "no header.csv").write_text("\n".join(good.read_text(encoding="utf-8").splitlines()[1:]), encoding="utf-8")
    (inbox / "缺列🙂.csv").write_text("name,province\n甲医院,北京市\n", encoding="utf-8")
    (inbox / "cut.csv").write_text(
        good.read_text(encoding="utf-8") + '110000,北京市,110100,北京市,东城,某医院,,False,"东城区\n路一号',
        encoding="utf-8",
    )
    (inbox / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    with (inbox / "wide.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[f"c{i}" for i in range(10_000)], ["x"] * 10_000])
    code, summary, text = run(tmp_path)
    assert code == 3, text
    told = {line["file"].split("/")[1]: line for line in summary["files"]}
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
        tmp_path, "select rule, count(*) from ops.quarantine where file like '%cut.csv' group by all order by all"
    ) == [("short_row", 1), ("unclosed_quote", 1)]
    assert "city" in told["缺列🙂.csv"]["error"]
    assert ask(tmp_path, "select count(*) from marts.dim_organisation")[0][0] == 40, (
        "the good rows of all files are published"
    )
    assert header.startswith("prov_code")


@pytest.mark.slow
def test_a_second_run_changes_nothing_and_starts_neither_dbt_nor_gx(tmp_path: Path) -> None:
    hospitals(tmp_path / "inbox" / "cn_hospitals" / "a.csv", 200)
    shutil.copytree(SAMPLE / "call_log", tmp_path / "inbox" / "call_log")
    code, _, text = run(tmp_path)
    assert code == 0, text
    before = (
        digest_of_tables(tmp_path / "warehouse" / "ccdata.duckdb"),
        digest_of_tables(tmp_path / "published" / "ccdata.duckdb"),
    )
    reports = {path.name: path.read_bytes() for path in sorted((tmp_path / "reports").rglob("*.json"))}
    stamp = (tmp_path / "published" / "ccdata.duckdb").stat().st_mtime_ns
    dbt = tmp_path / "warehouse" / "dbt"
    shutil.rmtree(dbt)
    code, summary, text = run(tmp_path, env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert (code, summary["is_new"], summary["months"]) == (0, False, []), text[-3000:]
    after = (
        digest_of_tables(tmp_path / "warehouse" / "ccdata.duckdb"),
        digest_of_tables(tmp_path / "published" / "ccdata.duckdb"),
    )
    assert after == before, "see which table differs"
    assert not dbt.exists(), "dbt was started"
    assert "great_expectations" not in text, "GX was imported"
    assert {path.name: path.read_bytes() for path in sorted((tmp_path / "reports").rglob("*.json"))} == reports
    assert (tmp_path / "published" / "ccdata.duckdb").stat().st_mtime_ns == stamp


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
    tmp_path: Path, begun: Path
) -> None:
    clean, home = shutil.copytree(begun, tmp_path / "clean"), shutil.copytree(begun, tmp_path / "killed")
    copy = home / "published" / "ccdata.duckdb"
    before = hashlib.sha256(copy.read_bytes()).hexdigest()
    for folder in (clean, home):
        hospitals(folder / "inbox" / "cn_hospitals" / "b.csv", 500, first=BEGUN - 50)
    kills = 0
    for step in ("staged__cn_hospitals", "golden", "published__ccdata"):
        process = start(home, "--as-of", "2026-02-28")
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
    code, _, text = run(home, "--as-of", "2026-02-28")
    assert code == 0, text
    assert run(clean, "--as-of", "2026-02-28")[0] == 0
    for query in (
        "select organisation_id, company_name, records, born_on from marts.dim_organisation order by all",
        "select file, rows, staged, quarantined, repeated, status from ops.file_ledger order by all",
        "select kind, entity_id, business_date from golden.entity_event order by all",
        "select kpi_id, dims, period_start, grain, arg_max(value, as_of) from kpi.value group by all order by all",
    ):
        assert ask(home, query) == ask(clean, query), f"the killed home differs: {query}"


def wait_for_step(home: Path, step: str, process: subprocess.Popen[str]) -> bool:
    """Wait until a step of the run under way has started; False where the run ended first."""
    runs = home / "dagster" / "history" / "runs"
    known = set(runs.glob("*.db")) if runs.exists() else set()
    deadline = time.monotonic() + 300  # as long as a run may take: a step that comes late is no failure
    while process.poll() is None and time.monotonic() < deadline:
        for path in set(runs.glob("*.db")) - known:
            try:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as con:
                    if con.execute(
                        "select 1 from event_logs where dagster_event_type = 'STEP_START' and step_key = ?", [step]
                    ).fetchone():
                        return True
            except sqlite3.Error:
                pass
        time.sleep(0.02)
    return False


@pytest.mark.slow
def test_a_held_batch_that_is_released_goes_all_the_way_with_the_next_run(tmp_path: Path, begun: Path) -> None:
    home = shutil.copytree(begun, tmp_path / "home")
    bad = hospitals(home / "inbox" / "cn_hospitals" / "bad.csv", 20, first=BEGUN)
    header, *lines = bad.read_text(encoding="utf-8").splitlines(keepends=True)
    empty = "," * header.count(",") + "x\n"  # no name, no place
    bad.write_text("".join([header, *lines, *[empty] * 30]), encoding="utf-8")
    code, _, text = run(home, "--as-of", "2026-02-01")
    assert code == 3, text
    records = "select count(*) from marts.fct_record where status = 'staged' and feed = 'cn_hospitals'"
    before = ask(home, records)

    words = ["cn_hospitals", "bad.csv", "--by", "王", "--reason", "the supplier confirms it", "--until", "2026-02-28"]
    released = subprocess.run([CCDATA, "gate", "release", *words, "--home", str(home), "--as-of", "2026-02-02"], capture_output=True, text=True, check=False)  # fmt: skip
    assert released.returncode == 0, released.stderr
    code, _, text = run(home, "--as-of", "2026-02-03")
    assert code == 0, text
    assert ask(home, records) == [(before[0][0] + 20,)]
    assert ask(home, "select status from ops.file_ledger where file like '%bad.csv'") == [("landed",)]
    left = "select count(*) from golden.crosswalk where file like '%bad.csv' and organisation_id is not null"
    assert ask(home, left) == [(20,)]


@pytest.mark.slow
def test_two_runs_at_once_take_turns_and_readers_are_not_disturbed(tmp_path: Path, begun: Path) -> None:
    home = shutil.copytree(begun, tmp_path / "home")
    hospitals(home / "inbox" / "cn_hospitals" / "b.csv", 150, first=BEGUN)
    before = ask(home, "select count(*) from marts.dim_organisation")[0][0]
    after = before + 149  # two hospitals of the second file are the same
    with published(home) as held:  # a reader that keeps the old copy open all the time
        runs = [start(home, *JANUARY), start(home, *JANUARY)]
        answers = 0
        while any(process.poll() is None for process in runs):
            assert held.execute("select count(*) from marts.dim_organisation").fetchall()[0][0] == before
            with published(home) as fresh:  # and one that opens it anew
                assert fresh.execute("select count(*) from marts.dim_organisation").fetchall()[0][0] in (before, after)
            answers += 1
            time.sleep(0.1)
        results = [ended(process) for process in runs]
    assert [code for code, _, _ in results] == [0, 0], results
    assert answers > 5
    assert sorted(len(summary["files"]) for _, summary, _ in results) == [0, 1], (
        "one of them landed the file, the other found nothing new"
    )
    assert ask(home, "select count(*), count(distinct (sha256, row)) from golden.crosswalk") == [(300, 300)], (
        "no row twice"
    )


@pytest.mark.slow
def test_a_feed_that_cannot_be_judged_stops_no_other(tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    (contracts / "odd_feed.yaml").write_text(
        """feed: odd_feed
title: {zh: 怪数据, en: Odd feed}
subject: party
source: {files: "odd_feed/*"}
owner: team:test
fields:
  company_name: {required: true}
  phone: {}
rules:
  - {name: hard_cast, expect: "cast(phone as bigint) > 0", severity: flag}
""",
        encoding="utf-8",
    )
    (tmp_path / "inbox" / "odd_feed").mkdir(parents=True)
    (tmp_path / "inbox" / "odd_feed" / "a.csv").write_text(
        "公司名称,电话\n甲公司,planted-13900001111\n", encoding="utf-8"
    )
    hospitals(tmp_path / "inbox" / "cn_hospitals" / "a.csv", 30)
    code, summary, text = run(tmp_path, "--contracts", str(contracts))
    assert code == 3, text
    told = {line["feed"]: line for line in summary["files"]}
    assert (told["odd_feed"]["status"], told["cn_hospitals"]["status"]) == ("held", "landed")
    assert "planted" not in text
    assert "13900001111" not in text
    assert ask(tmp_path, "select count(*) from marts.dim_organisation") == [(30,)]


def test_a_report_of_a_month_to_come_is_wrong_use(tmp_path: Path) -> None:
    command = [CCDATA, "report", "2999-01", "--home", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "lies in the future" in done.stderr) == (64, True), done.stderr


def test_wrong_use_ends_with_64_and_a_message(tmp_path: Path) -> None:
    for options in (["--as-of", "yesterday"], ["--no-such-option"], ["--inbox", str(tmp_path / "nowhere")]):
        code, _, text = run(tmp_path, *options)
        assert code == 64, text
        assert text.strip()
