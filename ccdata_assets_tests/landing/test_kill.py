"""Killed anywhere while landing and run again: the same ledger and the same rows as an undisturbed run."""

from __future__ import annotations

import gzip
import io
import os
import random
import shutil
import signal
import time
import zipfile
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ccdata_assets.landing.raw_store import raw_files
from ccdata_assets_tests.landing.kill import CORRECTION, FEEDS, bring_up, declare
from ccdata_assets_tests.processes import PROCESSES
from ccdata_assets_tests.world import World, fetch, make_settings, table

KILLS = 50 if os.environ.get("CCDATA_NIGHTLY") else 12


def rows(count: int, first: int = 0) -> list[tuple[str, ...]]:
    """Companies with a fault every tenth row: no name, or a cell too many."""
    return [
        (("" if n % 10 == 3 else f"样例第{n}公司"), str(n), "x", *(("extra",) if n % 10 == 7 else ()))
        for n in range(first, first + count)
    ]


def fill(world: World) -> None:
    """Files of several formats, a repeat, a file that cannot be read, a correction, a table that is to be read otherwise."""
    header = ("company_name", "phone", "city")
    world.put("directory/a.csv", table(header, rows(2000)))
    world.put("directory/b.csv", table(header, rows(2000, 2000), delimiter="\t", encoding="gb18030"))
    world.put("directory/again.csv", table(header, rows(2000)))
    world.put("directory/picture.csv", b"\x89PNG" + bytes(range(256)))
    world.put("corrected/day.csv", table(header, rows(500)))
    (world.settings.home / CORRECTION).write_bytes(table(header, rows(400, 50)))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n in range(3):
            archive.writestr(f"第{n}部分.csv", table(header, rows(300, n * 300), delimiter=",;,"[n]))
    world.put("archives/all.zip", packed.getvalue())
    world.put("archives/more.csv.gz", gzip.compress(table(header, rows(300, 5000)), mtime=0))


def snapshot(world: World) -> dict[str, Any]:
    """All that landing and staging leave behind, but the run and the times of the disk."""
    with world.warehouse() as con:
        tables: dict[str, Any] = {
            "ledger": fetch(
                con, "select * exclude (run_id, judged_run_id, modified_ns) from ops.file_ledger order by all"
            ),
            "quarantine": fetch(con, "select * from ops.quarantine order by all"),
            "gate": fetch(con, "select * exclude (run_id) from ops.batch_gate order by all"),
            "columns": fetch(con, "select * from ops.file_column order by all"),
            **{feed: fetch(con, f"select * from staged.{feed} order by all") for feed in FEEDS},
        }
    for feed in FEEDS:
        folder = world.settings.raw_dir / feed
        lines = [line["sha256"] for line in tables["ledger"] if line["feed"] == feed and line["members"]]
        tables[f"raw {feed}"] = [
            pq.read_table(path).to_pylist() for sha in sorted(set(lines)) for path in raw_files(folder, sha)
        ]
        tables[f"raw files of {feed}"] = sorted(path.name for path in folder.iterdir())
        tables[f"kept copies of {feed}"] = sorted(
            path.name for path in (world.settings.quarantine_dir / feed).glob("*")
        )
    return tables


def difference(found: list[Any], expected: list[Any]) -> str:
    """The first row that is not as expected: the columns that differ."""
    if len(found) != len(expected):
        return f"{len(found)} rows and not {len(expected)}"
    row, other = next((a, b) for a, b in zip(found, expected, strict=True) if a != b)
    if not isinstance(row, dict):
        return "another content"
    return ", ".join(f"{name}: {row[name]!r} and not {value!r}" for name, value in other.items() if row[name] != value)


@pytest.mark.slow
def test_killed_at_random_moments_and_run_again_it_comes_to_the_same(tmp_path: Path, fresh_world: World) -> None:
    contracts, fresh = tmp_path / "contracts", tmp_path / "fresh"
    first, second = declare(contracts)
    fill(World(make_settings(fresh), first))
    (fresh / "warehouse").mkdir()
    shutil.copyfile(fresh_world.settings.warehouse_path, fresh / "warehouse" / "ccdata.duckdb")

    def begin(home: Path) -> ForkServerProcess:
        process = PROCESSES.Process(target=bring_up, args=(home, first, second))
        process.start()
        return process

    def end(home: Path) -> World:
        process = begin(home)
        process.join(120)
        assert process.exitcode == 0
        return World(make_settings(home), second)

    def copy(name: str) -> Path:
        return shutil.copytree(fresh, tmp_path / name, copy_function=shutil.copy2)

    end(copy("warm"))
    begun = time.monotonic()
    expected = snapshot(end(copy("undisturbed")))
    seconds = time.monotonic() - begun
    lines = expected["ledger"]
    assert len(lines) == 8 and expected["quarantine"], "the undisturbed run has something to lose"
    assert [line["superseded"] > 0 for line in lines if line["feed"] == "corrected"].count(True) == 1
    assert {row["rule"] for row in expected["quarantine"] if row["feed"] == "archives"} >= {"no_header"}

    chance, midway = random.Random(2026), 0
    for attempt in range(KILLS):
        home = copy(f"killed-{attempt}")
        process = begin(home)
        time.sleep(chance.uniform(0, seconds))
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join(30)
        midway += process.exitcode == -signal.SIGKILL
        found = snapshot(end(home))
        for name, content in expected.items():
            assert found[name] == content, f"{name}, kill number {attempt}: {difference(found[name], content)}"
        shutil.rmtree(home)
    assert midway >= KILLS // 2, "most of the kills hit a run at work"
