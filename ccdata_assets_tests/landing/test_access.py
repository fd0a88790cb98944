"""Access databases: every table of the user with all of its rows, or a verdict that the file is damaged."""

from __future__ import annotations

import lzma
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from ccdata_assets.landing import access
from ccdata_assets.landing.access import open_access
from ccdata_assets.landing.rows import Limits, OverLimit, ReadOptions, UnreadableFile
from ccdata_assets_tests.world import World

pytestmark = pytest.mark.skipif(
    shutil.which("mdb-export") is None and not os.environ.get("CI"),
    reason="mdbtools is missing; fix: apt install mdbtools",
)

FIXTURES = Path(__file__).parent / "fixtures"
"""Databases with the tables 客户表 (3 rows of every type) and 明细 (50,000 rows), made for this project."""
FORMATS = ("mdb", "accdb")


def database(tmp_path: Path, form: str = "accdb") -> Path:
    path = tmp_path / "database"
    path.write_bytes(lzma.decompress((FIXTURES / f"customers.{form}.xz").read_bytes()))
    return path


def options(**changes: Any) -> ReadOptions:
    return ReadOptions(lambda cells: sum(cell in ("名称", "城市") for cell in cells), **changes)


def tables(path: Path, **changes: Any) -> dict[str, list[dict[str, Any]]]:
    return {
        member.name: [row for batch in member.batches for row in batch.to_pylist()]
        for member in open_access(path, options(**changes))
    }


@pytest.mark.parametrize("form", FORMATS)
def test_every_table_of_the_user_is_a_member_with_all_of_its_rows(tmp_path: Path, form: str) -> None:
    found = tables(database(tmp_path, form))
    assert {name: len(rows) for name, rows in found.items()} == {"客户表": 3, "明细": 50_000}
    assert all(row["_row"] == place for place, row in enumerate(found["明细"], start=1))


@pytest.mark.parametrize("form", FORMATS)
def test_a_value_is_the_text_that_other_files_would_have(tmp_path: Path, form: str) -> None:
    first, second, third = tables(database(tmp_path, form), sheet="客户表")["客户表"]
    assert tuple(first.values()) == (1, None, None, "1", "张三有限公司", "0", "2024-01-01 08:30:00", "备注一", "true")
    assert (second["金额"], second["有效"]) == ("1.5", "false")
    assert second["备注"] == "𠮷林", "a character beyond the first 65,536 is lost: look at GCONV_PATH in access.py"
    assert third["名称"] == '王五,"引号"' and third["备注"] == "长" * len(third["备注"]) and len(third["备注"]) > 1000


def test_times_without_a_day_and_days_without_a_time_are_written_so() -> None:
    batch = access.make_batch(("t",), [1, 2, 3], [["1899-12-30 08:05:00"], ["2026-01-05 00:00:00"], [""]])
    assert access._as_others_write(batch, ["DateTime"]).column("t").to_pylist() == ["08:05:00", "2026-01-05", ""]
    assert access._as_others_write(batch, ["Text"]).column("t").to_pylist()[1] == "2026-01-05 00:00:00"


def test_the_table_of_the_contract_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"source\.sheet"):
        tables(database(tmp_path), sheet="没有")


def test_a_table_whose_columns_nobody_knows_keeps_its_rows_and_says_so(tmp_path: Path) -> None:
    (member,) = open_access(database(tmp_path), ReadOptions(lambda _: 0, sheet="客户表"))
    rows = [row for batch in member.batches for row in batch.to_pylist()]
    assert [row["_fault"] for row in rows] == ["no_header"] * 3 and "张三有限公司" in rows[0]["_text"]


@pytest.mark.parametrize("bytes_left", [3_000, 200_000, 300_000, 900_000])
def test_a_database_that_was_cut_short_is_unreadable(tmp_path: Path, bytes_left: int) -> None:
    path = database(tmp_path, "mdb")
    path.write_bytes(path.read_bytes()[:bytes_left])
    with pytest.raises(UnreadableFile, match=r"compact and repair|no table"):
        tables(path)


def test_no_row_is_lost_from_a_damaged_database_unseen(tmp_path: Path) -> None:
    path = database(tmp_path, "mdb")
    content, dice = path.read_bytes(), random.Random(1)
    for _ in range(12):
        damaged = bytearray(content)
        page = dice.randrange(len(content) // 4096) * 4096
        damaged[page : page + 64] = dice.randbytes(64)
        path.write_bytes(damaged)
        try:
            found = tables(path)
        except UnreadableFile as error:
            message = str(error)
            assert "张三" not in message and "fix:" in message
        else:
            assert {len(rows) for rows in found.values()} <= {3, 50_000}


def test_a_program_that_hangs_or_writes_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = database(tmp_path)
    with pytest.raises(OverLimit, match="CCDATA_MAX_EXPANDED_BYTES"):
        tables(path, limits=Limits(expanded_bytes=100_000))
    monkeypatch.setattr(access, "SILENCE_S", 0.2)
    with (
        pytest.raises(UnreadableFile, match="come to an end"),
        access._program(path, "utf-8", options(), "sleep", "9") as output,
    ):
        output.read()


def test_a_machine_without_mdbtools_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(access.NotReadableHere, match="apt install mdbtools"):
        tables(database(tmp_path))


def test_a_database_lands_once_mdbtools_is_there(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("directory/a.mdb", database(tmp_path).read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "which", lambda _: None)
        assert [line.status for line in world.land()] == ["rejected"]
    assert [line.status for line in world.land()] == ["landed"]


def test_what_is_left_unread_leaves_no_program_running(tmp_path: Path) -> None:
    members = open_access(database(tmp_path), options(sheet="明细"))
    batches = next(members).batches
    assert next(batches).num_rows == 50_000
    batches.close()  # type: ignore[attr-defined]


def test_a_database_lands_as_any_other_file(world: World, tmp_path: Path) -> None:
    line = world.land_one(database(tmp_path).read_bytes())
    assert (line.format, line.rows, line.members) == ("access", 50_003, ("客户表", "明细"))
