"""`ccdata run` as a process of its own, and what tests ask of the home it leaves."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import duckdb

from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets_tests.processes import Command

SAMPLE = PROJECT_DIR / "data" / "sample"
JANUARY = ("--as-of", "2026-01-31")
BEGUN = 150
"""Hospitals in the home that some tests go on from."""


def command(*words: str) -> tuple[int, str, str]:
    """A command of ccdata: its exit code, what it said on standard output and on standard error."""
    process = Command(words, dict(os.environ))
    out, err = process.communicate(timeout=300)
    code = process.poll()
    assert code is not None
    return code, out, err


def start(home: Path, *options: str, env: dict[str, str] | None = None) -> Command:
    return Command(["run", "--home", str(home), "--json", *options], {**os.environ, **(env or {})})


def ended(process: Command) -> tuple[int, dict[str, Any], str]:
    out, err = process.communicate(timeout=300)
    assert "emitted no result" not in err, f"a check of this run was not made:\n{err}"
    code = process.poll()
    assert code is not None
    return code, json.loads(out) if out.startswith("{") else {}, out + err


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


def wait_for_step(home: Path, step: str, process: Command) -> bool:
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
