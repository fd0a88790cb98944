"""The same bytes land once, the ledger knows every delivery, and a killed run leaves nothing that looks whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from ccdata_assets.landing.inbox import scan_inbox
from ccdata_assets.landing.raw_store import Lineage, raw_files, write_raw
from ccdata_assets.landing.rows import Member, make_batch
from ccdata_assets_tests.world import World, hospitals

FILE = "名称,电话\n甲公司,1\n乙公司,2\n"


def test_a_file_that_stays_in_the_inbox_is_not_landed_again(world: World) -> None:
    world.put("directory/a.csv", FILE)
    assert [line.status for line in world.land()] == ["landed"]
    assert world.land() == []
    assert len(world.query("from ops.file_ledger")) == 1


def test_the_same_bytes_under_another_name_are_a_repeat_without_rows(world: World) -> None:
    world.land_one(FILE)
    again = world.land_one(FILE, "directory/another name.csv")
    assert (again.status, again.rows, again.error) == ("repeat", 0, None)
    world.stage()
    assert world.query("select count(*) as rows from staged.directory") == [{"rows": 2}]


def test_the_same_name_sent_again_later_is_a_repeat_where_the_bytes_are_the_same(world: World) -> None:
    world.put("directory/a.csv", FILE, modified=1_700_000_000)
    world.land()
    world.put("directory/a.csv", FILE, modified=1_700_000_100)
    assert [line.status for line in world.land()] == ["repeat"]


def test_the_same_name_with_other_bytes_is_a_delivery_of_its_own(world: World) -> None:
    world.land_one(FILE)
    assert world.land_one(FILE + "丙公司,3\n").rows == 3
    assert [row["rows"] for row in world.query("select rows from ops.file_ledger order by rows")] == [2, 3]


def test_two_feeds_may_be_sent_the_same_bytes(world: World) -> None:
    content = hospitals()
    assert world.land_one(content).status == "landed"
    assert world.land_one(content, "cn_hospitals/a.csv").status == "landed"


def test_a_rejected_file_sent_again_is_a_repeat(world: World) -> None:
    assert world.land_one(b"").status == "rejected"
    assert world.land_one(b"", "directory/again.csv").status == "repeat"


def test_a_line_of_the_ledger_says_what_was_found(world: World) -> None:
    line = world.land_one(FILE.encode("gb18030"))
    assert (line.format, line.encoding, line.delimiter, line.rows, line.bytes) == (
        "delimited",
        "gb18030",
        ",",
        2,
        len(FILE.encode("gb18030")),
    )
    (kept,) = world.query("select file, sha256, status, rows, landed_at, received_on from ops.file_ledger")
    assert kept == {
        "file": "directory/file.csv",
        "sha256": line.sha256,
        "status": "landed",
        "rows": 2,
        "landed_at": line.landed_at,
        "received_on": date(2026, 2, 1),
    }


def test_every_raw_row_tells_where_it_comes_from(world: World) -> None:
    line = world.land_one(FILE)
    assert {
        (row["_file"], row["_sha256"], row["_member"], row["_landed_at"].astimezone(UTC)) for row in world.raw(line)
    } == {("directory/file.csv", line.sha256, "", datetime(2026, 2, 1, 15, 59, 59, tzinfo=UTC))}


def test_links_out_of_the_inbox_hidden_files_and_folders_of_no_feed_are_left_aside(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "secret.csv").write_text(FILE, encoding="utf-8")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.csv").write_text(FILE, encoding="utf-8")
    kept = world.put("directory/a.csv", FILE)
    world.put("directory/.hidden.csv", FILE)
    world.put("elsewhere/c.csv", FILE)
    (kept.parent / "link.csv").symlink_to(tmp_path / "secret.csv")
    (kept.parent / "folder").symlink_to(tmp_path / "outside")
    (kept.parent / "broken.csv").symlink_to(tmp_path / "gone.csv")
    inbox = scan_inbox(world.settings.inbox_dir, world.registry)
    assert [file.name for file in inbox.by_feed["directory"]] == ["directory/a.csv"]
    assert [file.name for file in inbox.unclaimed] == ["elsewhere/c.csv"]


def test_an_absent_inbox_is_an_empty_one(world: World) -> None:
    inbox = scan_inbox(world.settings.inbox_dir / "nowhere", world.registry)
    assert inbox.unclaimed == [] and not any(inbox.by_feed.values())


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_write_that_is_killed_leaves_no_parquet_file(tmp_path: Path, error: type[BaseException]) -> None:
    def rows() -> Iterator[pa.RecordBatch]:
        yield make_batch(["名称"], [2], [["甲公司"]])
        raise error

    whole = Member("一", ("名称",), iter([make_batch(["名称"], [2], [["甲公司"]])]), "delimited")
    lineage = Lineage("directory/a.xlsx", "f" * 64, datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(error):
        write_raw(tmp_path, [whole, Member("二", ("名称",), rows(), "delimited")], lineage)
    assert raw_files(tmp_path, lineage.sha256) == []
    assert list(tmp_path.rglob("*.parquet*")) == [], (
        "even the whole member must not get its name before the other is complete"
    )


def test_a_file_whose_write_was_killed_lands_whole_the_next_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("directory/a.csv", FILE)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", _killed)
        with pytest.raises(KeyboardInterrupt):
            world.land()
    assert world.query("from ops.file_ledger") == []
    assert [(line.status, line.rows) for line in world.land()] == [("landed", 2)]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("directory/20260115.csv", date(2026, 1, 15)),
        ("directory/report-20251231-final.xlsx", date(2025, 12, 31)),
        ("directory/plain.csv", date(2026, 2, 1)),
        ("directory/20261399.csv", date(2026, 2, 1)),
    ],
)
def test_a_delivery_is_dated_by_its_name_or_else_by_the_day_it_lands(world: World, name: str, expected: date) -> None:
    world.contract(received_on={"file": r"(?P<date>\d{8})"})
    assert world.land_one(FILE, name).received_on == expected


@pytest.mark.parametrize("content", ["甲栏,乙栏\n甲公司,1\n", "\x89PNG".encode("latin-1")])
def test_a_rejected_file_is_kept_and_read_again_after_the_contract_is_mended_though_it_left_the_inbox(
    world: World, content: str | bytes
) -> None:
    path = world.put("directory/a.csv", content)
    assert [file.status for file in world.stage()] in (["rejected"], [])
    path.unlink()
    assert world.stage() == [], "nothing changed, nothing is read"
    world.contract(fields={"company_name": {"required": True, "from": "甲栏"}, "phone": {"from": "乙栏"}})
    staged = world.stage()
    lines = world.query("select file, status, staged from ops.file_ledger")
    if isinstance(content, str):
        assert [file.staged for file in staged] == [1]
        assert [tuple(line.values()) for line in lines] == [("directory/a.csv", "landed", 1)]
    else:
        assert [line["status"] for line in lines] == ["rejected"]


def test_a_file_is_read_again_when_the_contract_says_another_way_to_read_it(world: World) -> None:
    world.put("directory/a.csv", "company_name;phone\n甲公司,分店;1\n")
    world.contract(source={"files": "directory/*", "delimiter": ","})
    world.stage()
    world.contract(source={"files": "directory/*", "delimiter": ";"})
    (staged,) = world.stage()
    assert (staged.staged, staged.quarantined) == (1, 0)
    assert world.query("select company_name from staged.directory") == [{"company_name": "甲公司,分店"}]
    assert world.query("select count(*) as n from ops.file_ledger")[0]["n"] == 1
