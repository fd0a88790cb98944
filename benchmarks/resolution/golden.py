"""Golden records of an invented world, measured: how fast, how right, what a second delivery costs, and Splink alone
beside it.

Every part runs in a process of its own with two threads and 2.5 GB for DuckDB. Seconds hold for the machine that
measured them; the ratios between parts of one run are what to compare.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.resolution.alone import DEFAULT, alone
from benchmarks.resolution.partition import score_query
from benchmarks.resolution.parts import Answer, peak, run_part
from benchmarks.resolution.world import deliver, open_world, truth_of, world_file
from ccdata_assets.contracts.compile import literal
from ccdata_assets.resolution.engine import Resolved, resolve
from ccdata_assets.resolution.model import load_model
from ccdata_assets.resolution.rules import load_rules
from ccdata_assets.resolution.training import train
from ccdata_assets.settings import load_settings
from ccdata_assets.warehouse.engine import duckdb_config, prepare

KINDS = {"organisation": "organisation_id", "contact": "contact_id"}
PARTITION = ("read", "link", "cluster")
"""Stages up to the partition: what Splink alone does too. IDs, contacts and golden tables come after."""
FIRST, SECOND, WHOLE = "first.duckdb", "first.duckdb", "whole.duckdb"


def first_delivery(cache: Path, folder: Path, rows: int, more: int, seed: int) -> Answer:
    """The engine on the first `rows` rows, into an empty warehouse that stays in the folder."""
    return _resolve(cache, folder / FIRST, rows, more, seed, with_more=False)


def learn(cache: Path, folder: Path, rows: int, more: int, seed: int) -> Answer:
    """The model learned anew from the nodes of the first delivery."""
    with duckdb.connect(str(folder / FIRST), config=dict(duckdb_config(load_settings()))) as con:
        prepare(con)
        begun = time.perf_counter()
        train(con, load_rules(), {}, seed)
        return {"train_s": time.perf_counter() - begun}


def second_delivery(cache: Path, folder: Path, rows: int, more: int, seed: int) -> Answer:
    """The `more` rows arrive in that warehouse; `unexplained` rows have another ID than before and no event says so."""
    return _resolve(cache, folder / SECOND, rows, more, seed, with_more=True, folder=folder, is_second=True)


def whole_run(cache: Path, folder: Path, rows: int, more: int, seed: int) -> Answer:
    """All rows at once, into a warehouse of their own; by kind, whether the groups are those that the deliveries made."""
    return _resolve(cache, folder / WHOLE, rows, more, seed, with_more=True, folder=folder)


def golden(
    rows: Annotated[int, typer.Option(help="Rows of the first delivery.")] = 1_000_000,
    more: Annotated[int, typer.Option(help="Rows of the second.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Of the invented world.")] = 1,
    cache: Annotated[Path | None, typer.Option(help="Folder to keep the world in.", file_okay=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Measure the engine and Splink alone on one invented world."""
    progress = Console(stderr=True)
    if cache:
        cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache) as made, progress.status("") as status:
        folder = Path(made)
        where: Answer = {"cache": cache or folder, "rows": rows + more, "seed": seed}
        status.update(f"inventing {rows + more:,} rows")
        world_file(**where)
        given = {"cache": cache or folder, "folder": folder, "rows": rows, "more": more, "seed": seed}
        answers = {}
        parts = {"first": first_delivery, "learn": learn, "second": second_delivery, "whole": whole_run}
        for name, part in parts.items():
            status.update(f"the engine: {name}")
            answers[name] = run_part(part, **given)
        status.update("Splink alone")
        answers["alone"] = run_part(alone, **where, until=rows)
    report = {"rows": rows, "more": more, "seed": seed, **answers, "ratios": _ratios(answers)}
    if as_json:
        typer.echo(json.dumps(report, indent=1))
    else:
        Console().print(*_tables(report))


def _resolve(
    cache: Path,
    warehouse: Path,
    rows: int,
    more: int,
    seed: int,
    with_more: bool,
    folder: Path | None = None,
    is_second: bool = False,
) -> Answer:
    with open_world(cache, rows + more, seed, warehouse, rows) as con:
        deliver(con, rows + more, rows, with_more)
        begun = time.perf_counter()
        done = resolve(con, load_rules(), load_model(), load_settings(), "second" if is_second else "first")
        answer = _timed(done, time.perf_counter() - begun)
        answer["scores"] = {kind: _score(con, kind) for kind in KINDS}
        if is_second and folder:
            answer["events"] = done.events
            answer["unexplained"] = {kind: _unexplained(con, kind) for kind in KINDS}
            _write_groups(con, folder)
        elif folder:
            answer["same_groups"] = {kind: _is_same(con, kind, folder) for kind in KINDS}
    return answer


def _timed(done: Resolved, seconds: float) -> Answer:
    return {
        "megabytes": peak(),
        "records": done.records,
        "organisations": done.organisations,
        "contacts": done.contacts,
        "partition_s": sum(done.seconds[stage] for stage in PARTITION),
        "whole_s": seconds,
        "stages_s": done.seconds,
    }


def _score(con: duckdb.DuckDBPyConnection, kind: str) -> dict[str, float]:
    """Pairwise, over the rows whose truth is known; one without an ID is alone."""
    score = score_query(
        con,
        f"""select coalesce({KINDS[kind]}, cast(row as varchar)) as found, hash(truth.{kind}) as truth from golden.crosswalk join {truth_of(con)} as truth using (row)
        where truth.{kind} is not null""",
    )
    return {"precision": score.precision, "recall": score.recall, "f1": score.f1}


def _unexplained(con: duckdb.DuckDBPyConnection, kind: str) -> dict[str, int]:
    """Rows whose ID the second run changed, and those of them that no event of it takes from the one to the other."""
    changed, silent = con.execute(
        """with told as (
            select run_id, entity_id, lag(entity_id) over (partition by record_id order by seq) as before from golden.membership
            where entity_kind = $1
        ),
        changed as (select before, entity_id as after from told where run_id = 'second' and before is not null and before is distinct from entity_id),
        said as (
            select unnest(from_ids) as before, to_ids from golden.entity_event where run_id = 'second' and entity_kind = $1
        ),
        explained as (select before, unnest(to_ids) as after from said)
        select count(*), count(*) filter (where (before, after) not in (select (before, after) from explained)) from changed""",
        [kind],
    ).fetchall()[0]
    return {"changed": changed, "unexplained": silent}


def _write_groups(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    con.execute(
        f"copy (select row, {', '.join(KINDS.values())} from golden.crosswalk) to {literal(str(folder / 'groups.parquet'))}"
    )


def _is_same(con: duckdb.DuckDBPyConnection, kind: str, folder: Path) -> bool:
    """Whether the rows are grouped as in groups.parquet, whatever the groups are called."""
    name = KINDS[kind]
    differ = con.execute(
        f"""with mine as (select row, min(row) over (partition by {name}) as least from golden.crosswalk where {name} is not null),
        theirs as (select row, min(row) over (partition by {name}) as least from {literal(str(folder / "groups.parquet"))} where {name} is not null)
        select count(*) from mine full join theirs using (row) where mine.least is distinct from theirs.least"""
    ).fetchall()[0][0]
    return bool(differ == 0)


def _ratios(answers: dict[str, Answer]) -> dict[str, float]:
    """Of seconds: second delivery to whole run, and the engine's partition to Splink's, both from the records on."""
    first, second, whole, splink = (answers[name] for name in ("first", "second", "whole", "alone"))
    untrained = splink["read"] + splink["keys"] + splink["seconds"]["predict"] + splink["seconds"]["cluster"]
    return {
        "second delivery / whole run": second["whole_s"] / whole["whole_s"],
        "partition / Splink alone, trained before": first["partition_s"] / untrained,
        "partition / Splink alone, training on both sides": (first["partition_s"] + answers["learn"]["train_s"])
        / (untrained + splink["seconds"]["train"]),
    }


def _tables(report: dict[str, Any]) -> list[Table]:
    splink = report["alone"]
    speed = Table("part", "to the partition, s", "whole, s", "peak MB", title=f"{report['rows']:,} rows, then {report['more']:,}, seed {report['seed']}")  # fmt: skip
    for name, title in {"first": "first delivery", "second": "second delivery", "whole": "all rows at once"}.items():
        part = report[name]
        speed.add_row(title, f"{part['partition_s']:.1f}", f"{part['whole_s']:.1f}", f"{part['megabytes']:.0f}")
    untrained = splink["read"] + splink["keys"] + splink["seconds"]["predict"] + splink["seconds"]["cluster"]
    learned = report["first"]["partition_s"] + report["learn"]["train_s"]
    speed.add_row("first delivery, with training", f"{learned:.1f}", "", f"{report['learn']['megabytes']:.0f}")
    speed.add_row("Splink alone", f"{untrained:.1f}", "", f"{splink['megabytes']:.0f}")
    speed.add_row("Splink alone, with training", f"{untrained + splink['seconds']['train']:.1f}", "", "")
    right = Table("pairs of", "precision", "recall", "F1")
    rows = [(f"{kind}, first delivery", report["first"]["scores"][kind]) for kind in KINDS]
    rows += [(f"{kind}, both", report["second"]["scores"][kind]) for kind in KINDS]
    rows += [(f"organisation, Splink alone at {DEFAULT}", splink["scores"][str(DEFAULT)])]
    rows += [(f"organisation, Splink alone at its best, {splink['best']}", splink["scores"][splink["best"]])]
    for title, score in rows:
        right.add_row(title, f"{score['precision']:.4f}", f"{score['recall']:.4f}", f"{score['f1']:.4f}")
    stays = Table("second delivery", "organisation", "contact")
    told = report["second"]["unexplained"]
    stays.add_row("rows whose ID changed", *(f"{told[kind]['changed']:,}" for kind in KINDS))
    stays.add_row("… and no event says so", *(f"{told[kind]['unexplained']:,}" for kind in KINDS))
    stays.add_row("groups as of all rows at once", *(str(report["whole"]["same_groups"][kind]) for kind in KINDS))
    ratios = Table("ratio of seconds", "")
    for title, ratio in report["ratios"].items():
        ratios.add_row(title, f"{ratio:.2f}")
    return [speed, right, stays, ratios]
