"""`ccdata feeds check`: it says what a run does, and does nothing itself."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from ccdata_assets.cli import app
from ccdata_assets.errors import WrongUse
from ccdata_assets.landing.describe import check_lines
from ccdata_assets.landing.preview import FeedCheck, check_file
from ccdata_assets.project import load_project
from ccdata_assets_tests.world import (
    HOSPITAL_HEADER,
    World,
    bank_calls,
    campaign,
    hospital,
    hospitals,
    many_hospitals,
    table,
)


def quiet(_: str) -> None:
    """Nobody listens."""


def checked(world: World, content: bytes, name: str = "elsewhere/file.csv", feed: str | None = None) -> FeedCheck:
    """What would happen to a file that lies outside of the inbox."""
    path = world.settings.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return check_file(path, world.registry, world.settings, feed, quiet).feeds[0]


def test_the_feed_is_found_by_what_it_accepts(world: World) -> None:
    assert checked(world, bank_calls()).feed == "bank_call"
    assert checked(world, campaign()).feed == "bank_campaign"
    assert checked(world, hospitals([hospital()], header=("公司", *HOSPITAL_HEADER[1:]))).staged == 1


def test_a_file_in_the_inbox_is_checked_as_its_feed(world: World) -> None:
    path = world.put("directory/a.csv", "企业名称,电话\n星河公司,0755-55500001\n")
    result = check_file(path, world.registry, world.settings, tell=quiet)
    assert (result.claimed_by, result.tried, result.exit_code) == ("directory", 1, 0)


def test_the_numbers_are_those_of_a_run(world: World) -> None:
    rows = [*many_hospitals(8), hospital(采集日期="不是日期"), hospital(), hospital(), ("",) * 8]
    content = table(HOSPITAL_HEADER, rows)
    told = checked(world, content, feed="cn_hospitals")
    staged = world.stage_one(content, "cn_hospitals/file.csv")
    assert (told.rows, told.staged, told.quarantined, told.blank) == (
        staged.rows, staged.staged, staged.quarantined, staged.blank,
    )  # fmt: skip
    line = world.query("select repeated, flagged, encoding, delimiter, status from ops.file_ledger")[0]
    assert [told.repeated, told.flagged, told.encoding, told.delimiter, told.status] == list(line.values())
    assert [(fault.rule, fault.field, fault.first) for fault in told.faults] == [
        (rule, field, [row]) for row, rule, field in world.faults()
    ]


def test_nothing_is_written_to_the_home(world: World) -> None:
    world.stage_one(hospitals(), "cn_hospitals/before.csv")
    before = {path: path.stat().st_mtime_ns for path in world.settings.home.rglob("*") if path.is_file()}
    path = world.put("cn_hospitals/next.csv", hospitals([hospital("新医院")]))
    before[path] = path.stat().st_mtime_ns
    check_file(path, world.registry, world.settings, tell=quiet)
    assert before == {path: path.stat().st_mtime_ns for path in world.settings.home.rglob("*") if path.is_file()}


def test_bytes_that_landed_before_are_known(world: World) -> None:
    world.stage_one(hospitals(), "cn_hospitals/before.csv")
    told = checked(world, hospitals(), feed="cn_hospitals")
    assert told.landed_before == "landed" and any("sent again" in note for note in told.notes)


def test_columns_that_changed_since_the_delivery_before_are_told(world: World) -> None:
    world.stage_one(hospitals(), "cn_hospitals/before.csv")
    header = ("医院名称", *HOSPITAL_HEADER[1:-1], "采集时间")
    told = checked(world, hospitals([hospital("新医院")], header), feed="cn_hospitals")
    assert told.drift and "采集日期 → 采集时间" in told.drift


def test_a_batch_that_the_gate_would_hold_is_held(world: World) -> None:
    rows = [*many_hospitals(2), *(hospital(f"坏医院{n}", 采集日期="某日") for n in range(8))]
    told = checked(world, hospitals(rows), feed="cn_hospitals")
    assert told.status == "held" and told.error and not told.is_clean


def test_a_required_column_that_is_missing_is_named(world: World) -> None:
    told = checked(world, b"province,city\n\xe6\xb5\x99\xe6\xb1\x9f\xe7\x9c\x81,x\n", feed="cn_hospitals")
    assert told.status == "rejected"
    assert told.members[0].missing == ["company_name"]


def test_no_value_of_the_file_is_told(world: World) -> None:
    told = checked(
        world, hospitals([hospital("秘密医院", 联系电话="0571-55512345", 采集日期="甲乙丙")]), feed="cn_hospitals"
    )
    said = repr(told)
    assert told.quarantined == 1
    assert not [value for value in ("秘密医院", "55512345", "甲乙丙") if value in said]


def test_the_command_says_by_its_exit_code_whether_all_is_well(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCDATA_HOME", str(world.settings.home))
    load_project.cache_clear()
    runner = CliRunner()
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(hospitals())
    bad.write_bytes(b"a,b\n1,2\n")
    done = runner.invoke(app, ["feeds", "check", str(good), "--feed", "cn_hospitals", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["feeds"][0]["staged"] == 5
    assert runner.invoke(app, ["feeds", "check", str(bad)]).exit_code == 3
    with pytest.raises(WrongUse, match="no file"):
        runner.invoke(app, ["feeds", "check", str(tmp_path / "absent.csv")], catch_exceptions=False)
    load_project.cache_clear()


def said(world: World, path: Path, feed: str = "cn_hospitals") -> str:
    """What the command says, as one text."""
    result = check_file(path, world.registry, world.settings, feed, quiet)
    text = io.StringIO()
    console = Console(file=text, width=200)
    for part in check_lines(result):
        console.print(part, soft_wrap=isinstance(part, str), highlight=False, markup=False)
    return text.getvalue()


def test_the_verdict_is_said_once(world: World, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(hospitals([hospital(), hospital()]))
    text = said(world, path)
    assert text.count("it would land") == 1 and "可落地" in text
    assert "(1 repeat 重复" in text and "of these" not in text


def test_a_file_of_a_header_alone_says_so(world: World, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table(HOSPITAL_HEADER, []))
    assert "header only: no rows" in said(world, path)


def test_first_rows_name_their_table(world: World, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    del book[book.sheetnames[0]]
    for name in ("甲", "乙"):
        sheet = book.create_sheet(name)
        for row in (HOSPITAL_HEADER, *many_hospitals(9), hospital(采集日期="某日")):
            sheet.append(row)
    book.save(path)
    assert "乙: 11; 甲: 11" in said(world, path)


def test_a_folder_is_no_file(world: World, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="is a folder"):
        check_file(tmp_path, world.registry, world.settings, tell=quiet)


def test_what_a_running_run_hides_is_said(world: World, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(hospitals())
    world.settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    world.settings.warehouse_path.write_bytes(b"no database")  # as little to be opened as one that a run holds
    assert "a run holds the warehouse" in said(world, path)
