"""`benchmarks/pipeline`: from files to published reports, against the least that any tool must do with the same files.

Three party feeds of one invented world and a call log land in a new home by `ccdata run`; then a tenth more of each; then nothing.
Seconds and peak memory (of the process and its children) by stage; the floor is DuckDB that reads the same files as text and writes
Parquet, in the same minutes on the same machine. Asked: 60 s and 3 GB; a quarter of it for a tenth more; 8 s for nothing new,
which `ccdata run` sees at once and a run that Dagster starts sees step by step.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.resolution.parts import run_part
from benchmarks.synth import HEADERS, write_synth
from benchmarks.synthetic_calls import HEADER, calls
from ccdata_assets.contracts.compile import literal
from ccdata_assets.orchestration.idle import forget_end
from ccdata_assets.settings import PROJECT_DIR, Settings

PARTIES = ("b2b_directory", "web_search", "provider_list")
CALLS_A_YEAR = 110_000
"""Calls that synthetic_calls makes in a year with share 1, somewhat fewer than it does."""
MORE = 10
"""The second delivery has a tenth of the rows of the first."""
FIRST_DAY, SECOND_DAY, THIRD_DAY = "2026-01-31", "2026-02-10", "2026-02-11"
ASKED_S, ASKED_MB, ASKED_SHARE, ASKED_IDLE_S = 60, 3000, 0.25, 8
STAGES = ("raw", "staged", "standard", "golden", "marts", "kpi", "published", "report")
Answer = dict[str, Any]


def write_deliveries(inbox: Path, rows: int, seed: int = 1) -> None:
    """Two deliveries: inbox/first/<feed>/… with `rows` party rows in three feeds and `rows` calls, inbox/second/… with a tenth of that."""
    more = rows // MORE
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        write_synth(con, PROJECT_DIR / "dbt_project", rows + more, seed)
        columns = ", ".join(f'"{name}" as "{header}"' for name, header in HEADERS.items())
        for delivery, day, first, count in (("first", "20260131", 0, rows), ("second", "20260210", rows, more)):
            for number, feed in enumerate(PARTIES):
                path = inbox / delivery / feed / f"{day}.csv"
                path.parent.mkdir(parents=True, exist_ok=True)
                con.execute(
                    f"""copy (select {columns} from synth where row_no >= {first} and row_no < {first + count} and row_no % {len(PARTIES)} = {number}
                    order by row_no) to {literal(str(path))} (format csv, header)"""
                )
    share = rows / CALLS_A_YEAR
    year = (call for month in range(1, 13) for call in calls(datetime(2025, month, 1), seed + month, share))
    january = calls(datetime(2026, 1, 1), seed, share * 1.5)
    for delivery, day, source, count in (("first", "20260131", year, rows), ("second", "20260210", january, more)):
        path = inbox / delivery / "call_log" / f"{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(islice(source, count))


def floor(inbox: Path, target: Path) -> Answer:
    """Read the files as text and write Parquet: no lineage, no types, no checks."""
    begun = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as con:
        for number, path in enumerate(sorted(inbox.glob("*/*.csv"))):
            con.execute(
                f"""copy (from read_csv({literal(str(path))}, all_varchar = true))
                to {literal(str(target / f"{number}.parquet"))} (format parquet, compression zstd)"""
            )
    return {"seconds": time.perf_counter() - begun}


def measured_run(home: Path, inbox: Path, day: str) -> Answer:
    """`ccdata run` in a process of its own: seconds, megabytes, exit code, stages (seconds and peak of each), checks (seconds by kind)."""
    out = home.with_name("measured.json")  # in the home it would be a change
    out.unlink(missing_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.measured_run", str(out)]
    environment = {**os.environ, "CCDATA_HOME": str(home), "CCDATA_INBOX": str(inbox), "CCDATA_NOW": day}
    run = watched(command, environment, PROJECT_DIR)
    seconds, samples = run["seconds"], run["samples"]
    if run["code"] or not out.exists():
        raise RuntimeError(f"the run of {day} ended with exit code {run['code']}; fix: see its messages above")
    answer: Answer = json.loads(out.read_text(encoding="utf-8"))
    stages = {
        name: {
            "seconds": sum(step["end"] - step["start"] for step in steps),
            "megabytes": max((mb for at, mb in samples for s in steps if s["start"] <= at <= s["end"]), default=0.0),
        }
        for name in STAGES
        if (steps := [step for step in answer["steps"] if step["step"].startswith(name)])
    }
    spent = sum(stage["seconds"] for stage in stages.values())
    return {
        **answer,
        "seconds": seconds,
        "megabytes": run["megabytes"],
        "stages": {**stages, "start and between": {"seconds": seconds - spent, "megabytes": 0.0}},
    }


def watched(command: list[str], environment: dict[str, str], folder: Path) -> Answer:
    """Run a command to its end: code, seconds, megabytes (peak of it and its children), samples (time, megabytes)."""
    begun = time.time()
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL)
    samples: list[tuple[float, float]] = []
    sampler = threading.Thread(target=_sample, args=(process, samples))
    sampler.start()
    code = process.wait()
    seconds = time.time() - begun
    sampler.join()
    return {
        "code": code,
        "seconds": seconds,
        "megabytes": max((mb for _, mb in samples), default=0.0),
        "samples": samples,
    }


def _sample(process: subprocess.Popen[bytes], samples: list[tuple[float, float]]) -> None:
    """Note time and resident memory of a process and its children, ten times a second, until it ends."""
    while process.poll() is None:
        samples.append((time.time(), sum(_resident(pid) for pid in _family(process.pid))))
        time.sleep(0.1)


def _family(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(each for child in children for each in _family(child))]


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0.0


def measure_pipeline(rows: int, cache: Path | None, tell: Callable[[str], None]) -> dict[str, Answer]:
    """floor, first, second, idle: what each took."""
    with TemporaryDirectory(dir=cache, prefix="pipeline_") as made:
        folder = Path(made)
        tell(f"inventing {rows:,} party rows and {rows:,} calls")
        write_deliveries(folder, rows)
        tell("floor")
        (folder / "floor").mkdir()
        least = run_part(floor, inbox=folder / "first", target=folder / "floor")
        home, inbox = folder / "home", folder / "inbox"
        _give(folder / "first", inbox)
        tell("the first delivery")
        first = measured_run(home, inbox, FIRST_DAY)
        _give(folder / "second", inbox)
        tell("a tenth more")
        second = measured_run(home, inbox, SECOND_DAY)
        tell("nothing new")
        measured_run(home, inbox, THIRD_DAY)  # a new day may close a period; the day's second run has nothing to do
        idle = measured_run(home, inbox, THIRD_DAY)
        tell("nothing new, and every step looks for itself")
        forget_end(Settings(home=home))
        looked = measured_run(home, inbox, THIRD_DAY)
    return {"floor": least, "first": first, "second": second, "idle": idle, "looked": looked}


def _give(delivery: Path, inbox: Path) -> None:
    """Move the files into the inbox, long enough ago for a run to take them."""
    for path in sorted(delivery.glob("*/*.csv")):
        target = inbox / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        os.utime(target, (time.time() - 60, time.time() - 60))


def main(
    rows: Annotated[int, typer.Option(help="Party rows in three feeds, and as many calls.")] = 1_000_000,
    cache: Annotated[
        Path | None, typer.Option(help="Folder to work in; default a temporary one.", file_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Measure the pipeline, a second delivery and a run with nothing new."""
    progress = Console(stderr=True)
    with progress.status("") as status:
        found = measure_pipeline(rows, cache, status.update)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    first, second, looked, idle, least = (found[name] for name in ("first", "second", "looked", "idle", "floor"))
    table = Table(title=f"{rows:,} party rows, {rows:,} calls", title_justify="left")
    for name in (
        "stage",
        "seconds",
        "× floor",
        "peak MB",
        "a tenth more, s",
        "share",
        "each step looks, s",
        "nothing new, s",
    ):
        table.add_column(name, justify="left" if name == "stage" else "right")
    table.add_row("floor: DuckDB, files → Parquet", f"{least['seconds']:.1f}", "1.0", f"{least['megabytes']:,.0f}", "", "", "", "")  # fmt: skip
    for name, stage in first["stages"].items():
        again, none = (run["stages"].get(name, {"seconds": 0.0})["seconds"] for run in (second, looked))
        share = again / stage["seconds"] if stage["seconds"] else 0.0
        table.add_row(name, f"{stage['seconds']:.1f}", f"{stage['seconds'] / least['seconds']:.1f}", f"{stage['megabytes']:,.0f}", f"{again:.1f}", f"{share:.0%}", f"{none:.1f}", "")  # fmt: skip
    table.add_section()
    share = second["seconds"] / first["seconds"]
    table.add_row("in all", f"{first['seconds']:.1f}", f"{first['seconds'] / least['seconds']:.1f}", f"{first['megabytes']:,.0f}", f"{second['seconds']:.1f}", f"{share:.0%}", f"{looked['seconds']:.1f}", f"{idle['seconds']:.1f}")  # fmt: skip
    table.add_row("asked of 1,000,000 rows", f"{ASKED_S}", "", f"{ASKED_MB:,}", "", f"{ASKED_SHARE:.0%}", "", f"{ASKED_IDLE_S}")  # fmt: skip
    Console(width=None if sys.stdout.isatty() else 140).print(table)


if __name__ == "__main__":
    typer.run(main)
