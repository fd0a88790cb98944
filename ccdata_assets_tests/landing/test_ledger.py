"""The same bytes land once, the ledger knows every delivery, and a killed run leaves nothing that looks whole."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ccdata_assets.landing import land as landing
from ccdata_assets.landing.access import NotReadableHere
from ccdata_assets.landing.inbox import scan_inbox
from ccdata_assets.landing.land import Landed, land_feed
from ccdata_assets.landing.raw_store import Lineage, raw_files, write_raw
from ccdata_assets.landing.rows import Member, make_batch
from ccdata_assets_tests.world import World, hospitals, make_settings

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


# --- failures of the machine are no verdicts ---------------------------------------------------------------------


def land(world: World) -> Landed:
    files = scan_inbox(world.settings.inbox_dir, world.registry).by_feed["directory"]
    with world.warehouse() as con:
        return land_feed(con, world.registry.feeds["directory"], world.registry, world.settings, files, "run")


def ledger(world: World, columns: str = "file, status, rows") -> list[tuple[Any, ...]]:
    return [tuple(line.values()) for line in world.query(f"select {columns} from ops.file_ledger order by all")]


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (PermissionError(13, "x"), "content_hash"),
        (OSError(28, "No space left on device"), "write_parts"),
        (MemoryError(), "open_file"),
        (NotReadableHere("mdbtools; fix: install it"), "open_file"),
    ],
)
def test_a_file_that_the_machine_cannot_read_is_read_by_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, step: str
) -> None:
    world.put("directory/a.csv", FILE)
    world.put("directory/b.csv", FILE.replace("甲", "丙"))

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(landing, step, fail)
        first = land(world)
        assert first.left == ["directory/a.csv", "directory/b.csv"] == list(first.problems)
        assert all("fix:" in problem for problem in first.problems.values())
        assert [line.status for line in first.lines] == ["rejected", "rejected"], "the ledger says why"
        before = ledger(world, "*")
        again = land(world)
        assert (again.lines, again.left) == ([], first.left) and ledger(world, "*") == before
    assert [line.status for line in land(world).lines] == ["landed", "landed"]
    assert ledger(world) == [("directory/a.csv", "landed", 2), ("directory/b.csv", "landed", 2)]


def test_what_landed_stays_where_the_machine_cannot_read_it_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.land_one(FILE)
    world.contract(source={"files": "directory/*", "encoding": "utf-8"})
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", _disk_full)
        assert list(land(world).problems) == ["directory/file.csv"]
    assert ledger(world) == [("directory/file.csv", "landed", 2)]
    assert [line.status for line in land(world).lines] == ["landed"]


def _disk_full(*_: object) -> None:
    raise OSError(28, "No space left on device")


# --- reading again ------------------------------------------------------------------------------------------------


def overwritten_while_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = landing.open_file

    def read_and_change(*given: Any) -> Iterator[Member]:
        path.write_text("名称,电话\n新公司,9\n新公司二,9\n", encoding="utf-8")
        yield from read(*given)

    monkeypatch.setattr(landing, "open_file", read_and_change)


def test_a_first_landing_that_turns_out_changed_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    overwritten_while_read(world.put("directory/a.csv", FILE, modified=1_700_000_000), monkeypatch)
    assert land(world).left == ["directory/a.csv"]
    assert list((world.settings.raw_dir / "directory").iterdir()) == [] and ledger(world) == []


def test_a_file_overwritten_while_it_is_read_again_does_not_spoil_what_landed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.put("directory/a.csv", FILE, modified=1_700_000_000)
    (line,) = world.land()
    world.contract(source={"files": "directory/*", "encoding": "utf-8"})
    with monkeypatch.context() as patch:
        overwritten_while_read(path, patch)
        assert land(world).left == ["directory/a.csv"]
    assert [row["名称"] for row in world.raw(line)] == ["甲公司", "乙公司"]


def test_a_run_killed_between_two_names_reads_the_file_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in "ab":
            archive.writestr(f"{name}.csv", f"company_name;phone\n{name},1;2\n")
    world.put("directory/a.zip", packed.getvalue())
    one_way, other_way = ({"files": "directory/*", "delimiter": delimiter} for delimiter in ",;")
    world.contract(source=one_way)
    world.stage()
    names, rename = iter(range(9)), os.replace
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *given: rename(*given) if next(names) < 1 else _killed())
        world.contract(source=other_way)
        with pytest.raises(KeyboardInterrupt):
            world.land()
    world.contract(source=one_way)
    (line,) = world.land()
    assert {name for row in world.raw(line) for name in row if name not in LINEAGE} == {"column 1"}


LINEAGE = {"_file", "_sha256", "_member", "_landed_at", "_row", "_fault", "_text"}


def test_raw_files_go_when_another_contract_cannot_read_the_file(world: World) -> None:
    line = world.land_one(FILE)
    world.contract(source={"files": "directory/*", "encoding": "utf-16"})
    assert [again.status for again in world.land()] == ["rejected"]
    assert raw_files(world.settings.raw_dir / "directory", line.sha256) == []


def test_a_renamed_file_is_read_again_under_its_new_name(world: World) -> None:
    path = world.put("directory/b.csv", FILE)
    world.stage()
    path.rename(path.with_name("a.csv"))
    assert [line.status for line in world.land()] == ["repeat"]
    before = ledger(world, "received_on, landed_at, landing_seq")[0]
    later = world.at("2026-03-01")
    later.contract(source={"files": "directory/*", "header": "none"}, fields={"company_name": {"position": 1}})
    later.stage()
    assert ledger(later) == [("directory/a.csv", "landed", 3)]
    assert ledger(later, "received_on, landed_at, landing_seq") == [before]
    assert later.query("select distinct _file from staged.directory") == [{"_file": "directory/a.csv"}]
    assert later.land() == []


def test_a_repeat_stays_one_where_the_first_file_is_still_there(world: World) -> None:
    for name in ("b", "a"):  # the first of the bytes comes last in the order of names
        world.put(f"directory/{name}.csv", "company_name;phone\n甲公司;1\n")
        world.land()
    world.contract(source={"files": "directory/*", "delimiter": ";"})
    assert [line.file for line in world.land()] == ["directory/b.csv"]
    assert ledger(world) == [("directory/a.csv", "repeat", 0), ("directory/b.csv", "landed", 1)]
    assert world.land() == []


# --- sidecars -----------------------------------------------------------------------------------------------------

SIDECAR = {"sidecar": ".ctl", "rows": r"rows=(?P<rows>\d+)"}


def test_an_empty_sidecar_is_none_unless_it_has_nothing_to_say(world: World) -> None:
    world.contract(control=SIDECAR)
    world.put("directory/a.csv", FILE)
    sidecar = world.put("directory/a.csv.ctl", "")
    landed = land(world)
    assert (landed.lines, landed.left) == ([], ["directory/a.csv"])
    sidecar.write_text("rows=2")
    assert [line.declared_rows for line in land(world).lines] == [2]
    world.contract(control={"sidecar": ".ctl"})
    world.put("directory/b.csv", FILE.replace("甲", "丙"))
    world.put("directory/b.csv.ctl", "")
    assert "directory/b.csv" in [line.file for line in land(world).lines]


def test_a_sidecar_that_is_mended_releases_its_file(world: World) -> None:
    world.contract(control=SIDECAR)
    world.put("directory/a.csv", FILE)
    sidecar = world.put("directory/a.csv.ctl", "rows=3")
    world.stage()
    assert world.query("select status from ops.batch_gate") == [{"status": "held"}]
    assert world.stage() == []
    sidecar.write_text("rows=2")
    world.stage()
    assert world.query("select status from ops.batch_gate") == [{"status": "released"}]
    assert world.stage() == []


def test_a_kept_copy_still_has_what_its_sidecar_declared(world: World) -> None:
    world.contract(control=SIDECAR)
    world.settings = make_settings(world.settings.home, max_columns=1)
    path = world.put("directory/a.csv", FILE)
    world.put("directory/a.csv.ctl", "rows=2")
    world.stage()
    path.unlink()
    world.settings = make_settings(world.settings.home)
    world.stage()
    assert ledger(world, "status, declared_rows, control_error") == [("landed", 2, None)]


# --- kept copies --------------------------------------------------------------------------------------------------


def test_a_kept_copy_goes_when_its_file_lands(world: World) -> None:
    world.put("directory/a.csv", "甲栏,乙栏\n甲公司,1\n").rename(world.settings.inbox_dir / "directory" / "b.kit.xlsx")
    world.stage()
    (kept,) = (world.settings.quarantine_dir / "directory").glob("*-b*")
    assert kept.name.endswith("-b.kit.rejected.xlsx"), "what ends in .kit.xlsx is taken for a kit"
    world.contract(fields={"company_name": {"required": True, "from": "甲栏"}, "phone": {"from": "乙栏"}})
    assert [file.staged for file in world.stage()] == [1]
    assert not kept.exists()


def test_a_name_without_the_optional_date_counts_for_the_day_it_lands(world: World) -> None:
    world.contract(received_on={"file": r"list(_(?P<date>\d{8}))?"})
    assert str(world.land_one("company_name\n甲公司\n", "directory/list.csv").received_on) == "2026-02-01"
