"""What lies in the inbox: names of any kind, links, files still being written, sidecars."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from ccdata_assets.landing.inbox import file_name, scan_inbox, settled
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
    read = land.open_file

    def read_and_change(*given: object) -> object:
        yield from read(*given)  # type: ignore[arg-type]
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
