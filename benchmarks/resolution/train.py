"""Trains the match model that is shipped: on an invented world, scored on another one by its truth.

A home trains on its own nodes with `ccdata entity train`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.resolution.partition import read_nodes, score, write_partition
from benchmarks.resolution.world import open_world, truth_of
from ccdata_assets.resolution.model import MODEL, Model, write_model
from ccdata_assets.resolution.rules import Rules, load_rules
from ccdata_assets.resolution.training import train as learn

THRESHOLDS = (-6.0, -3.0, 0.0, 3.0, 6.0, 10.0)


def train(
    out: Annotated[Path, typer.Argument(help="The model file.", dir_okay=False)] = MODEL,
    rows: Annotated[int, typer.Option(help="Rows of the invented world.")] = 200_000,
    seed: Annotated[int, typer.Option(help="Of the invented world; it is scored on that of the next one.")] = 11,
    on: Annotated[str | None, typer.Option(help="The date to record, 2026-01-31; default today.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder to keep invented worlds in.", file_okay=False)] = None,
) -> None:
    """Train the shipped match model and score it on an invented world of another seed."""
    console = Console()
    rules, day = load_rules(), on or date.today().isoformat()
    with TemporaryDirectory() as folder, console.status("training the match model"):
        where = cache or Path(folder)
        with open_world(where, rows, seed) as con:
            read_nodes(con, rules)
            nodes = con.execute("select count(*) from resolution.node").fetchall()[0][0]
            trained = learn(con, rules, {"world": seed, "rows": rows, "nodes": nodes, "date": day}, seed)
        with open_world(where, rows, seed + 1) as con:
            by_threshold = evaluate(con, rules, trained, truth_of(con))
    evaluation = {"world": seed + 1, "rows": rows, "of": "pairs of records of one organisation", "at": by_threshold}
    trained = trained.model_copy(update={"evaluation": evaluation})
    write_model(trained, out)
    console.print(_weights_table(trained), _scores_table(by_threshold))


def evaluate(con: duckdb.DuckDBPyConnection, rules: Rules, model: Model, truth: str) -> list[dict[str, float]]:
    """Precision, recall and F1 of organisations at each of THRESHOLDS as the least weight of a link."""
    rows = []
    for threshold in THRESHOLDS:
        org = rules.organisation.model_copy(update={"link": threshold})
        write_partition(con, rules.model_copy(update={"organisation": org}), model)
        found = score(con, truth)
        rows.append({"link": threshold, "precision": round(found.precision, 4), "recall": round(found.recall, 4), "f1": round(found.f1, 4)})  # fmt: skip
    return rows


def _weights_table(model: Model) -> Table:
    table = Table("comparison", "level", "bits", title=f"model {model.version}, prior {model.prior}")
    for comparison, levels in model.weights.items():
        for level, weight in levels.items():
            table.add_row(comparison, level, f"{weight:+.2f}")
    return table


def _scores_table(rows: list[dict[str, float]]) -> Table:
    table = Table("link from", "precision", "recall", "F1")
    for row in rows:
        table.add_row(f"{row['link']:g}", f"{row['precision']:.4f}", f"{row['recall']:.4f}", f"{row['f1']:.4f}")
    return table
