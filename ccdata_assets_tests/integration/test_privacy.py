"""No personal value of the input reaches what a run writes for people to read: event log, metadata, logs, the screen.

A failing cast and a duplicate key are planted in a step of their own, in the same Dagster home.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ccdata_assets_tests.integration.runs import JANUARY, ask, run
from ccdata_assets_tests.integration.test_webui import event_texts

NAMES = ["欧阳普蓝特", "司徒植入", "Planted O'Brien", "Zoë Plantée"]
PHONES = ["13900139001", "0571-87650001", "+8613900139002", "13900139003"]
EMAILS = ["planted.one@example.org", "植入@例子.公司", "planted-two@example.com", "p3@example.net"]
CONTRACT = """feed: planted
title: {zh: 植入, en: Planted}
subject: party
source: {files: "planted/*"}
owner: team:test
key: [company_name, contact_name]
fields:
  company_name: {required: true}
  contact_name: {}
  mobile: {}
  email: {}
  gender: {}
  collected_on: {}
  birth_year: {type: integer, from: [出生年]}
rules:
  - {name: mobile_has_eleven, expect: "length(mobile) = 11", severity: reject, field: mobile}
  - {name: hard_cast, expect: "try_cast(mobile as bigint) > 0", severity: flag, field: mobile}
"""
PLANTED_STEP = """
import sys
import dagster as dg, duckdb
from ccdata_assets.orchestration.step import step

def planted(name, statements):
    @dg.asset(name=name)
    @step
    def asset(context: dg.AssetExecutionContext):
        with duckdb.connect() as con:
            for statement in statements:
                con.execute(statement)
    return asset

name, phone, email = sys.argv[1:4]
quoted = name.replace("'", "''")
assets = [
    planted("failing_cast", [f"select cast('{phone}x' as integer)"]),
    planted("failing_date", [f"select strptime('{quoted}', '%Y-%m-%d')"]),
    planted("duplicate_key", ["create table people (name varchar primary key)", f"insert into people values ('{quoted}')", f"insert into people values ('{quoted}')"]),
    planted("duplicate_email", ["create table mails (mail varchar primary key)", f"insert into mails values ('{email}'), ('{email}')"]),
]
with dg.DagsterInstance.get() as instance:
    result = dg.materialize(assets, instance=instance, raise_on_error=False)
assert not result.success
failed = {event.step_key for event in result.all_events if event.event_type_value == "STEP_FAILURE"}
assert failed == {"failing_cast", "failing_date", "duplicate_key", "duplicate_email"}, failed
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, begun: Path) -> tuple[Path, Path, str]:
    """A home after a run of files whose every personal value is known, the folder of their contract, and all that was printed."""
    home = shutil.copytree(begun, tmp_path_factory.mktemp("planted") / "home")
    contracts, inbox = tmp_path_factory.mktemp("contracts"), home / "inbox" / "planted"
    inbox.mkdir(parents=True)
    (contracts / "planted.yaml").write_text(CONTRACT, encoding="utf-8")
    header = "公司名称,联系人,手机,邮箱,性别,采集日期,出生年\n"
    rows = [
        f'甲植入公司{i},"{NAMES[i]}",{PHONES[i]},{EMAILS[i]},{NAMES[i]},{PHONES[i]},{EMAILS[i]}\n' for i in range(4)
    ]
    good = [f'乙公司{i},"{NAMES[i]}",1390013900{i},{EMAILS[i]},男,2026-01-05,1980\n' for i in range(4)]
    (inbox / "bad and good.csv").write_text(header + "".join(rows + good + good), encoding="utf-8")
    (inbox / "cut.csv").write_text(header + "".join(good) + f'丙公司,"{NAMES[0]}', encoding="utf-8")
    (inbox / "no header.csv").write_text("".join(good), encoding="utf-8")
    (home / "inbox" / "cn_hospitals" / "b.csv").write_text(
        f"name,province,city,address,tel\n甲医院,浙江省,杭州市,植入路1号,{PHONES[1]}\n", encoding="utf-8"
    )
    code, summary, text = run(home, *JANUARY, "--contracts", str(contracts))
    assert code == 3, text
    assert summary["organisations"] == 5 + ask(begun, "select count(*) from marts.dim_organisation")[0][0]
    return home, contracts, text


@pytest.mark.slow
def test_nothing_a_run_writes_for_people_holds_a_personal_value(planted: tuple[Path, Path, str]) -> None:
    home, _, text = planted
    env = {**os.environ, "DAGSTER_HOME": str(home / "dagster"), "CCDATA_HOME": str(home)}
    step = subprocess.run(
        [sys.executable, "-c", PLANTED_STEP, NAMES[2], PHONES[0], EMAILS[0]],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert step.returncode == 0, step.stderr[-2000:]

    written = "\n".join([event_texts(home), text, step.stdout, step.stderr])
    assert "failing_cast" in written, "the planted failures are not in what was collected"
    assert "STEP_FAILURE" in written
    for value in [*NAMES, *PHONES, *EMAILS, "植入公司", "植入路", "13900139000"]:
        found = written.find(value)
        assert found < 0, f"a personal value reached the log: …{written[max(0, found - 200) : found + 40]!r}"
    reasons = "\n".join(
        str(row)
        for row in ask(
            home,
            "select rule, field, reason from ops.quarantine union all select status, file, error from ops.file_ledger",
        )
    )
    for value in [*NAMES, *PHONES, *EMAILS]:
        assert value not in reasons, "a reason holds the value it is about"


@pytest.mark.slow
def test_the_published_copy_masks_personal_columns_unless_a_setting_opens_them(
    tmp_path: Path, planted: tuple[Path, Path, str]
) -> None:
    run_once, contracts, _ = planted
    home = shutil.copytree(run_once, tmp_path / "home")
    of_the_hospital = "select address, phone from marts.dim_organisation where company_name = '甲医院'"
    assert ask(home, of_the_hospital) == [("植***", "+86***")]
    code, opened, text = run(home, *JANUARY, "--contracts", str(contracts), env={"CCDATA_PUBLISH_PERSONAL": "true"})
    assert (code, opened["months"]) == (0, ["2026-01"]), f"what reports show of people follows\n{text}"
    assert ask(home, of_the_hospital) == [("植入路1号", "+8657187650001")]


def test_no_tracked_file_of_the_tests_holds_a_real_phone_or_email() -> None:
    """Test data is made up: e-mails are of example domains, and no test prints a value of the sample.

    What reads e-mail must be tried on the domains of real providers; there the names before the @ are invented.
    """
    tests = Path(__file__).parent.parent
    foreign = re.compile(
        r"[\w.]+@(?!example\.|例子|\w+\.example|localhost|test\.|contextmanager)[\w-]+\.(?:com|cn|net|org)\b"
    )
    for path in (path for path in tests.rglob("*.py") if path.parent.name != "standard"):
        assert not (hit := foreign.search(path.read_text(encoding="utf-8"))), f"{path.name}: {hit and hit.group()}"


def test_duckdb_still_prints_values_in_its_errors_which_is_why_there_is_a_scrubber() -> None:
    """Pins down the behaviour of DuckDB that the scrubber is for."""
    with duckdb.connect() as con, pytest.raises(duckdb.ConversionException, match="planted-value"):
        con.execute("select cast('planted-value' as integer)")
