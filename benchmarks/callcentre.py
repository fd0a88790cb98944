"""`benchmarks/callcentre`: ten million calls and thirty million changes of agents' states to every table of KPIs.

The rows are invented in SQL as staging leaves them, in a home that has everything else by a run over a few files. Measured, each in a
process of its own: `dbt build` of all models that calls and states lead to, with their tests, and the evaluation of the registry. Beside
it what DuckDB takes merely to read the same rows from Parquet and group them once, in the same minutes on the same machine. Seconds are of
the clock, those of models and tests of dbt's threads; the peak is resident memory, which CCDATA_MEMORY_LIMIT bounds but for what is not DuckDB's.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
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

from benchmarks.pipeline import measured_run, watched
from benchmarks.resolution.parts import run_part
from benchmarks.synthetic_calls import HEADER, HOURLY, calls
from ccdata_assets.contracts.compile import literal
from ccdata_assets.settings import PROJECT_DIR, Settings
from ccdata_assets.warehouse.engine import connect

FIRST_DAY, DAYS = "2025-01-01", 350
TODAY = "2025-12-31"
CALLS_OF_AGENT, STATES_OF_AGENT = 40, 120
"""Of one agent on one day; the rows asked for say how many agents there are."""
BYTES_OF_CALL, BYTES_OF_STATE, BYTES_AT_LEAST = 1200, 500, 2_000_000_000
"""Room on disk that a row takes at most, in the warehouse, as Parquet and while it is sorted; and what a home takes without any."""
READERS = ("source:staged.call+", "source:staged.agent_state+")
Answer = dict[str, Any]

CALLS = f"""
    with numbered as (
        select
            i,
            i * {DAYS} // $n as day,
            hash(i) % 1000000007 / 1000000007 as a, hash(i + 1000000000) % 1000000007 / 1000000007 as b,
            hash(i + 2000000000) % 1000000007 / 1000000007 as c, hash(i + 3000000000) % 1000000007 / 1000000007 as d
        from range($n) as t(i)
    ),
    hours as (select {HOURLY} as share),
    profile as (select list_transform(range(24), lambda h: list_sum(share[: h + 1]) / list_sum(share)) as upto from hours),
    fated as (
        select
            *,
            timestamptz '{FIRST_DAY} 00:00:00+08' + to_days(cast(day as integer))
            + to_seconds(3600 * len(list_filter(upto, lambda u: u < a)) + 3600 * b) as entered,
            case when c < 0.14 then 'ivr_served' when c < 0.88 then 'answered' when c < 0.97 then 'abandoned' else 'flow_out' end as fate,
            cast(-18 * ln(1 - d) as integer) as waited, cast(exp(5.1 + 0.7 * sqrt(-2 * ln(b + 1e-9)) * cos(6.2831853 * d)) as integer) as talked
        from numbered, profile
    )
    select
        'calls.csv' as _file, $sha as _sha256, '' as _member, i + 2 as _row, now() as _landed_at, date '{TODAY}' as _received_on, 1 as _contract_version,
        md5(cast(i as varchar)) as _key_hash, false as _is_repeat, false as _is_superseded, cast([] as varchar[]) as _flags,
        'C' || i as call_id, 'inbound' as direction, 'phone' as channel, 'K' || cast(d * $n / 4 as bigint) as customer_no,
        ['普通', '银卡', '金卡'][1 + i % 3] as customer_type, ['账单', '业务办理', '投诉', '咨询'][1 + i % 4] as business_type,
        'P' || i % 10 as product, 'T' || i % 40 as topic, 'Q' || i % 12 as queue, 'S' || i % 8 as skill, 'L1' as line,
        entered as entered_at, entered as ivr_in_at, entered + to_seconds(20) as ivr_out_at, fate = 'ivr_served' as ivr_completed,
        if(fate = 'ivr_served', null, entered + to_seconds(20)) as queued_at,
        if(fate = 'answered', entered + to_seconds(20 + waited), null) as answered_at,
        entered + to_seconds(20 + waited + if(fate = 'answered', talked, 0)) as ended_at,
        if(fate = 'answered', 10 * (i % 3), null) as hold_s, if(fate = 'answered', 20 + i % 40, null) as acw_s,
        'A' || lpad(cast(hash(i) % $agents as varchar), 5, '0') as agent, fate as outcome, i % 10 > 1 as is_resolved, i % 20 = 0 as is_transferred
    from fated
"""
STATES = f"""
    with numbered as (
        select i, i * {DAYS} // $n as day, (i // {STATES_OF_AGENT}) % $agents as agent, i % {STATES_OF_AGENT} as place from range($n) as t(i)
    ),
    timed as (
        select *, timestamptz '{FIRST_DAY} 09:00:00+08' + to_days(cast(day as integer)) + to_seconds(place * 240) as since from numbered
    )
    select
        'states.csv' as _file, $sha as _sha256, '' as _member, i + 2 as _row, now() as _landed_at, date '{TODAY}' as _received_on, 1 as _contract_version,
        md5(cast(i as varchar)) as _key_hash, false as _is_repeat, false as _is_superseded, cast([] as varchar[]) as _flags,
        'A' || lpad(cast(agent as varchar), 5, '0') as agent, 'G' || agent % 60 as team, 'S1' as site, 'S' || agent % 8 as skill,
        case when place % 24 = 23 then 'break' else ['ready', 'talking', 'acw'][1 + place % 3] end as state,
        since as state_from_at, since + to_seconds(240) as state_to_at, 240 as state_s
    from timed
"""


def refuse_short_disk(folder: Path, calls_wanted: int, states_wanted: int) -> None:
    """SystemExit, before anything is made, where the folder has less room than the rows may take."""
    needed = BYTES_AT_LEAST + calls_wanted * BYTES_OF_CALL + states_wanted * BYTES_OF_STATE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SystemExit(
            f"{folder}: {calls_wanted:,} calls and {states_wanted:,} states may need {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; "
            "fix: give another folder (--cache), or ask for fewer (--calls, --states)"
        )


def prepare(folder: Path, calls_wanted: int, states_wanted: int) -> Answer:
    """A home that a run has made of a few calls and states, and then as many more as are asked for; the same rows as Parquet."""
    home, inbox = folder / "home", folder / "inbox"
    _few(inbox)
    measured_run(home, inbox, TODAY)
    agents = {
        "call_log": max(1, calls_wanted // DAYS // CALLS_OF_AGENT),
        "agent_state_log": max(1, states_wanted // DAYS // STATES_OF_AGENT),
    }
    with connect(Settings(home=home)) as con:
        con.execute("set timezone = 'Asia/Shanghai'")
        for feed, rows, query in (("call_log", calls_wanted, CALLS), ("agent_state_log", states_wanted, STATES)):
            sha = f"{feed:0>64}"
            con.execute(
                f"insert into staged.{feed} by name {query}",
                {"n": rows, "agents": agents[feed], "sha": sha},
            )
            con.execute(
                f"insert into ops.batch_gate by name select * replace ({literal(sha)} as sha256) from ops.batch_gate where feed = '{feed}' limit 1"
            )
            con.execute(
                f"copy (select * from staged.{feed}) to {literal(str(folder / f'{feed}.parquet'))} (format parquet, compression zstd)"
            )
        con.execute("checkpoint")
    return {"agents": agents}


def _few(inbox: Path) -> None:
    path = inbox / "call_log" / "20241231.csv"
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(islice(calls(datetime(2024, 12, 1), 1), 50))
    path = inbox / "agent_state_log" / "20241231.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "坐席工号,班组,坐席状态,开始时间,结束时间\nA001,投诉组,示闲,2024-12-30 09:00:00,2024-12-30 09:10:00\n",
        encoding="utf-8",
    )
    for path in inbox.glob("*/*"):
        os.utime(path, (time.time() - 60, time.time() - 60))


def floor(folder: Path) -> Answer:
    """Read both files and group them once: calls by queue and quarter of an hour, states by agent and day. Instants are taken as numbers: a
    calendar asked for each row would take longer than all else, and the models do not ask it either."""
    begun = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("set enable_progress_bar = false")
        for query in (
            f"""select queue, epoch_us(entered_at) // 900000000 as quarter, count(*) as entered, count(answered_at) as answered,
                sum(epoch_us(answered_at) - epoch_us(queued_at)) as wait_us, sum(epoch_us(ended_at) - epoch_us(answered_at)) as talk_us
            from read_parquet({literal(str(folder / "call_log.parquet"))}) group by all""",
            f"""select agent, state, epoch_us(state_from_at) // 86400000000 as day, sum(epoch_us(state_to_at) - epoch_us(state_from_at)) as us
            from read_parquet({literal(str(folder / "agent_state_log.parquet"))}) group by all""",
        ):
            con.execute(query).fetchall()
    return {"seconds": time.perf_counter() - begun}


def models(folder: Path) -> Answer:
    """dbt build, with the tests, of all that calls and states lead to: seconds and peak, thread-seconds of models and of tests, and of each
    model. RuntimeError names what failed."""
    from ccdata_assets.orchestration.dbt_runner import DBT, dbt_environment

    settings = Settings(home=folder / "home")
    target = folder / "target"
    command = [
        *(str(DBT), "--no-use-colors", "--log-level-file", "none", "build", "--exclude-resource-type", "unit_test", "--select", *READERS),
        *("--project-dir", str(settings.dbt_dir), "--target-path", str(target), "--log-path", str(folder / "logs")),
    ]  # fmt: skip
    answer = watched(command, {**os.environ, **dbt_environment(settings)}, PROJECT_DIR)
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    if answer["code"]:
        failed = [result["unique_id"] for result in results if result["status"] not in ("success", "pass", "warn")]
        raise RuntimeError(f"dbt ended with exit code {answer['code']}: {', '.join(failed) or 'no result'}")
    spent: dict[str, dict[str, float]] = {"model": {}, "test": {}}
    for result in results:
        kind, _, name = result["unique_id"].split(".", 2)
        spent.setdefault(kind, {})[name] = result["execution_time"]
    return answer | {
        "models": {name: seconds for name, seconds in spent["model"].items() if seconds >= 0.5},
        "seconds_of_models": sum(spent["model"].values()),
        "seconds_of_tests": sum(spent["test"].values()),
    }


def evaluation(folder: Path) -> Answer:
    """Every value of every KPI."""
    from ccdata_assets.metrics.evaluate import evaluate
    from ccdata_assets.project import load_project

    os.environ.update({"CCDATA_HOME": str(folder / "home"), "CCDATA_NOW": TODAY})
    project = load_project()
    with connect(project.settings) as con:
        begun = time.perf_counter()
        added = evaluate(con, project.kpis, project.registry, project.settings, "benchmark")
        return {"seconds": time.perf_counter() - begun, "values": added}


def measure_callcentre(
    calls_wanted: int, states_wanted: int, cache: Path | None, tell: Callable[[str], None]
) -> dict[str, Answer]:
    """floor, models, evaluation: what each took; warehouse: bytes of its file. SystemExit where the disk is too small."""
    with TemporaryDirectory(dir=cache, prefix="callcentre_") as made:
        folder = Path(made)
        refuse_short_disk(folder, calls_wanted, states_wanted)
        tell(f"inventing {calls_wanted:,} calls and {states_wanted:,} states")
        run_part(prepare, folder=folder, calls_wanted=calls_wanted, states_wanted=states_wanted)
        tell("floor")
        least = run_part(floor, folder=folder)
        tell("facts and sums by dbt")
        built = models(folder)
        tell("values of KPIs")
        evaluated = run_part(evaluation, folder=folder)
        size = Settings(home=folder / "home").warehouse_path.stat().st_size
        return {"floor": least, "models": built, "evaluation": evaluated, "warehouse": {"bytes": size}}


def main(
    calls_wanted: Annotated[int, typer.Option("--calls", help="Calls.")] = 10_000_000,
    states_wanted: Annotated[int, typer.Option("--states", help="Changes of agents' states.")] = 30_000_000,
    cache: Annotated[
        Path | None, typer.Option(help="Folder to work in; default a temporary one.", file_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Measure calls and states to every table of KPIs."""
    with Console(stderr=True).status("") as status:
        found = measure_callcentre(calls_wanted, states_wanted, cache, status.update)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    least, built, evaluated = found["floor"], found["models"], found["evaluation"]
    table = Table(title=f"{calls_wanted:,} calls, {states_wanted:,} states", title_justify="left")
    for name in ("stage", "seconds", "× floor", "peak MB"):
        table.add_column(name, justify="left" if name == "stage" else "right")

    def add(name: str, seconds: float, megabytes: float | None = None) -> None:
        peak = "" if megabytes is None else f"{megabytes:,.0f}"
        table.add_row(name, f"{seconds:.1f}", f"{seconds / least['seconds']:.1f}", peak)

    add("floor: DuckDB reads and groups the rows once", least["seconds"], least["megabytes"])
    add("facts and sums, with their tests (dbt)", built["seconds"], built["megabytes"])
    add("  models, seconds of threads", built["seconds_of_models"])
    for name, seconds in sorted(built["models"].items(), key=lambda each: -each[1])[:12]:
        table.add_row(f"    {name}", f"{seconds:.1f}", "", "")
    add("  tests, seconds of threads", built["seconds_of_tests"])
    add(f"{evaluated['values']:,} values of KPIs", evaluated["seconds"], evaluated["megabytes"])
    table.add_section()
    add("in all", built["seconds"] + evaluated["seconds"], max(built["megabytes"], evaluated["megabytes"]))
    Console(width=None if sys.stdout.isatty() else 110).print(table)
    print(f"warehouse: {found['warehouse']['bytes'] / 1e9:.2f} GB")


if __name__ == "__main__":
    typer.run(main)
