"""What lies in the inbox: names of any kind, links, files still being written, sidecars."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ccdata_assets.landing.inbox import InboxFile, file_name, scan_inbox, settled
from ccdata_assets.landing.open import open_file
from ccdata_assets.landing.rows import Member
from ccdata_assets_tests.world import World, make_settings

GOOD = "company_name,phone\n甲公司,1\n"


@pytest.mark.parametrize(
    "name",
    [
        "有 空格 的 文件.csv",
        "数据🎉.csv",
        "a..b..csv",
        "..csv..csv",
        'it\'s "quoted".csv',
        "a\nb.csv",
        "%s{}$HOME.csv",
        "x" * 200 + ".csv",
        "-rf.csv",
    ],
)
def test_a_file_of_any_name_lands_under_its_name(world: World, name: str) -> None:
    if name.startswith("."):
        name = "a" + name
    line = world.land_one(GOOD, f"directory/{name}")
    assert (line.file, line.status, line.rows) == (f"directory/{name}", "landed", 1)


def test_a_name_in_the_encoding_of_another_system_is_read_as_text(world: World) -> None:
    folder = world.settings.inbox_dir / "directory"
    folder.mkdir(parents=True)
    raw = os.fsencode(folder) + b"/" + "企业名录.csv".encode("gb18030")
    Path(os.fsdecode(raw)).write_bytes(GOOD.encode())
    (line,) = world.land()
    assert line.file == "directory/企业名录.csv"
    assert [row.rows for row in world.stage()] == [1]


def test_bytes_that_are_no_text_at_all_still_make_a_name() -> None:
    name = file_name(Path(os.fsdecode(b"directory/\xff\xff.csv")))
    assert name.encode("utf-8") and name.endswith(".csv")


def test_links_out_of_the_inbox_are_refused_and_named(world: World, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text(GOOD)
    inside = world.put("directory/real.csv", GOOD)
    (inside.parent / "link.csv").symlink_to(outside / "secret.csv")
    (inside.parent / "folder").symlink_to(outside)
    (inside.parent / "alias.csv").symlink_to(inside)
    (inside.parent / "nothing.csv").symlink_to(inside.parent / "gone.csv")
    found = scan_inbox(world.settings.inbox_dir, world.registry)
    assert sorted(found.refused) == ["directory/folder", "directory/link.csv"]
    assert [file.name for file in found.by_feed["directory"]] == ["directory/alias.csv", "directory/real.csv"]


def test_a_folder_that_links_to_itself_ends(world: World) -> None:
    inside = world.put("directory/real.csv", GOOD)
    (inside.parent / "loop").symlink_to(inside.parent)
    assert len(scan_inbox(world.settings.inbox_dir, world.registry).by_feed["directory"]) == 1


def test_links_that_lead_round_in_a_circle_are_refused_and_the_others_land(world: World) -> None:
    inside = world.put("directory/real.csv", GOOD).parent
    (inside / "l1").symlink_to("l2")
    (inside / "l2").symlink_to("l1")
    found = scan_inbox(world.settings.inbox_dir, world.registry)
    assert found.refused == ["directory/l1", "directory/l2"]
    assert [file.name for file in found.by_feed["directory"]] == ["directory/real.csv"]


def unreadable(real: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    """The function, but that the file or folder of this name may not be read, as it is for a user who is not root."""

    def refuse(path: Any, *given: Any, **named: Any) -> Any:
        if Path(path).name == name:
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path, *given, **named)

    return refuse


def test_a_folder_that_cannot_be_read_is_refused_and_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("directory/real.csv", GOOD)
    world.put("directory/closed/a.csv", GOOD)
    monkeypatch.setattr(os, "scandir", unreadable(os.scandir, "closed"))
    found = scan_inbox(world.settings.inbox_dir, world.registry)
    assert found.refused == ["directory/closed"]
    assert [file.name for file in found.by_feed["directory"]] == ["directory/real.csv"]
    monkeypatch.setattr(os, "scandir", unreadable(os.scandir, world.settings.inbox_dir.name))
    assert scan_inbox(world.settings.inbox_dir, world.registry).refused == [world.settings.inbox_dir.name]


def test_a_file_whose_state_cannot_be_read_is_refused_and_stops_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("directory/real.csv", GOOD)
    world.put("directory/closed.csv", GOOD)
    monkeypatch.setattr(os, "stat", unreadable(os.stat, "closed.csv"))
    found = scan_inbox(world.settings.inbox_dir, world.registry)
    assert (found.refused, len(found.by_feed["directory"])) == (["directory/closed.csv"], 1)


@pytest.mark.parametrize("files", ["directory/*", ["名录/2026-*", "di*/*.csv"], "*.csv", "[d]irectory/*", "top.csv"])
def test_the_scan_of_one_feed_finds_what_the_whole_scan_finds_for_it(world: World, files: str | list[str]) -> None:
    world.contract(source={"files": files})
    for name in ("top.csv", "directory/a.csv", "directory/deep/down/b.csv", "cn_hospitals/c.csv", "other/d.csv"):
        world.put(name, GOOD)
    for folder in ("名录".encode(), "名录".encode("gb18030"), b"\xff\xff"):
        place = world.settings.inbox_dir / os.fsdecode(folder)
        (place / "2026-01").mkdir(parents=True)
        (place / "2026-01" / "e.csv").write_text(GOOD)
        (place / os.fsdecode("2026-企业.csv".encode("gb18030"))).write_text(GOOD)
    whole = scan_inbox(world.settings.inbox_dir, world.registry)
    for feed in ("directory", "cn_hospitals", "bank_call"):
        assert scan_inbox(world.settings.inbox_dir, world.registry, feed).by_feed[feed] == whole.by_feed[feed]
    assert whole.by_feed["directory"], "nothing would be tested"


def test_the_scan_of_one_feed_does_not_enter_the_folders_of_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("directory/deep/a.csv", GOOD)
    world.put("cn_hospitals/deep/b.csv", GOOD)
    entered: list[str] = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: entered.append(Path(path).name) or real(path))  # type: ignore[func-returns-value]
    scan_inbox(world.settings.inbox_dir, world.registry, "directory")
    assert entered == [world.settings.inbox_dir.name, "directory", "deep"]


@pytest.mark.parametrize("name", [".hidden.csv", "a.csv.part", "b.crdownload", "~$book.xlsx", "c.tmp", ".d/e.csv"])
def test_hidden_and_unfinished_files_are_left_aside(world: World, name: str) -> None:
    world.put(f"directory/{name}", GOOD)
    found = scan_inbox(world.settings.inbox_dir, world.registry)
    assert (found.by_feed["directory"], found.unclaimed) == ([], [])


def test_a_pipe_in_the_inbox_stops_nobody(world: World) -> None:
    world.put("directory/a.csv", GOOD)
    os.mkfifo(world.settings.inbox_dir / "directory" / "pipe.csv")
    assert [line.file for line in world.land()] == ["directory/a.csv"]


# --- files still being written -----------------------------------------------------------------------------------


def test_a_file_that_is_open_for_writing_is_left_for_the_next_run(world: World) -> None:
    path = world.put("directory/a.csv", GOOD, modified=1_000_000)
    with path.open("a") as writer:
        writer.write("乙公")
        writer.flush()
        os.utime(path, (1_000_000, 1_000_000))
        assert world.land() == [], "half a row would have landed"
        writer.write("司,2\n")
    (line,) = world.land()
    assert (line.status, line.rows) == ("landed", 2)


def scanned(world: World) -> list[InboxFile]:
    return scan_inbox(world.settings.inbox_dir, world.registry).by_feed["directory"]


@pytest.mark.slow
def test_what_another_process_has_open_is_left_only_where_it_writes(world: World) -> None:
    for name in ("append", "update", "read", "closed"):
        world.put(f"directory/{name}.csv", GOOD, modified=1_000_000)
    held = "import sys; files = [open('append.csv', 'a'), open('update.csv', 'r+'), open('read.csv')]; print(); sys.stdin.read()"
    folder = world.settings.inbox_dir / "directory"
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", held], cwd=folder, **pipes) as other:
        assert other.stdout is not None
        other.stdout.readline()
        ready = [file.path.stem for file in settled(scanned(world), 0)]
        other.communicate()
    assert ready == ["closed", "read"]
    assert len(settled(scanned(world), 0)) == 4


def test_open_files_are_looked_through_once_for_all_and_never_for_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        world.put(f"directory/{name}.csv", GOOD, modified=1_000_000)
    files = scanned(world)
    looked: list[str] = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looked.append(path) or real(path))  # type: ignore[func-returns-value]
    own = f"/proc/{os.getpid()}/fd"
    assert (settled([], 0), looked.count(own)) == ([], 0)
    assert (len(settled(files, 0)), looked.count(own)) == (3, 1)


def test_a_system_that_does_not_list_open_files_still_lands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import ccdata_assets.landing.inbox as inbox

    world.put("directory/a.csv", GOOD, modified=1_000_000)
    monkeypatch.setattr(inbox, "PROCESSES", "/nowhere")
    assert [line.file for line in world.land()] == ["directory/a.csv"]


@pytest.mark.slow
def test_a_writer_that_opens_the_file_while_we_look_does_not_end_the_run(world: World) -> None:
    path = world.put("directory/a.csv", GOOD, modified=1_000_000)
    look = """
import sys, threading, time
from pathlib import Path
from ccdata_assets.landing.inbox import InboxFile, settled
path, end = Path(sys.argv[1]), time.monotonic() + 0.7
state = path.stat()
file = InboxFile("a.csv", path, state.st_size, state.st_mtime_ns)
def write():
    while time.monotonic() < end:
        path.open("a").close()
writer = threading.Thread(target=write)
writer.start()
while time.monotonic() < end:
    settled([file], 0)
"""
    assert subprocess.run([sys.executable, "-c", look, str(path)]).returncode == 0


def test_a_file_from_the_future_is_not_hidden_from_the_sensor(world: World) -> None:
    world.put("directory/future.csv", GOOD, modified=time.time() + 8 * 3600)
    world.put("directory/skewed.csv", GOOD, modified=time.time() + 2)
    assert [file.path.stem for file in settled(scanned(world), 5, wait=False)] == ["future"]


def test_a_file_that_grows_is_left_although_nobody_holds_it_open(tmp_path: Path, world: World) -> None:
    slow = World(make_settings(world.settings.home, settle_s=1.0), world.registry)
    path = slow.put("directory/a.csv", GOOD)
    stop = threading.Event()

    def append() -> None:
        while not stop.wait(0.2):
            with path.open("a") as writer:
                writer.write("乙公司,2\n")

    writer = threading.Thread(target=append)
    writer.start()
    try:
        assert slow.land() == []
    finally:
        stop.set()
        writer.join()
    (line,) = slow.land()
    assert line.rows == path.read_text().count("\n") - 1


def test_a_sensor_does_not_wait_for_a_young_file_but_takes_an_old_one(world: World) -> None:
    world.put("directory/young.csv", GOOD)
    world.put("directory/old.csv", GOOD, modified=time.time() - 60)
    files = scan_inbox(world.settings.inbox_dir, world.registry).by_feed["directory"]
    begun = time.monotonic()
    assert [file.name for file in settled(files, 5, wait=False)] == ["directory/old.csv"]
    assert time.monotonic() - begun < 2


def test_a_file_that_changes_while_it_is_read_is_left_and_lands_whole_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ccdata_assets.landing.land as land

    path = world.put("directory/a.csv", GOOD, modified=1_000_000)

    def read_and_change(*given: Any) -> Iterator[Member]:
        yield from open_file(*given)
        path.write_text(GOOD + "乙公司,2\n")

    monkeypatch.setattr(land, "open_file", read_and_change)
    assert world.land() == []
    monkeypatch.undo()
    (line,) = world.land()
    assert (line.rows, line.status) == (2, "landed")


# --- the same name, the same bytes -------------------------------------------------------------------------------


def test_two_files_of_the_same_name_in_two_folders_both_land(world: World) -> None:
    world.put("directory/north/list.csv", "company_name\n甲公司\n")
    world.put("directory/south/list.csv", "company_name\n乙公司\n")
    assert [(line.file, line.status) for line in world.land()] == [
        ("directory/north/list.csv", "landed"),
        ("directory/south/list.csv", "landed"),
    ]


def test_a_file_sent_again_under_another_name_is_a_repeat_of_no_rows(world: World) -> None:
    world.land_one(GOOD, "directory/a.csv")
    world.put("directory/b.csv", GOOD)
    (line,) = world.land()
    assert (line.file, line.status, line.rows) == ("directory/b.csv", "repeat", 0)


# --- sidecars ----------------------------------------------------------------------------------------------------


def test_a_file_waits_for_its_sidecar_and_the_sidecar_is_no_data(world: World) -> None:
    world.contract(control={"sidecar": ".ctl", "rows": r"rows=(?P<rows>\d+)"})
    world.put("directory/a.csv", GOOD)
    assert world.land() == []
    assert scan_inbox(world.settings.inbox_dir, world.registry).waiting == ["directory/a.csv"]
    world.put("directory/a.csv.ctl", "rows=1")
    (line,) = world.land()
    assert (line.file, line.declared_rows) == ("directory/a.csv", 1)


def test_a_sidecar_beside_files_of_one_ending_is_not_unclaimed(world: World) -> None:
    world.contract(source={"files": "directory/*.csv"}, control={"sidecar": ".ctl", "rows": r"(?P<rows>\d+)"})
    world.put("directory/a.csv", GOOD)
    world.put("directory/a.csv.ctl", "1")
    world.put("directory/b.csv", GOOD + "乙公司,2\n")
    world.put("directory/b.ctl", "2")
    world.put("directory/c.txt", "x")
    found = scan_inbox(world.settings.inbox_dir, world.registry)
    assert [file.name for file in found.unclaimed] == ["directory/c.txt"]
    assert len(found.by_feed["directory"]) == 2


def test_a_name_of_another_system_in_a_chinese_folder_is_read_part_by_part(world: World) -> None:
    folder = world.settings.inbox_dir / "directory" / "广东"
    folder.mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(folder) + b"/" + "名录.csv".encode("gb18030"))).write_bytes(GOOD.encode())
    assert [line.file for line in world.land()] == ["directory/广东/名录.csv"]
