"""`python -m benchmarks.dirty`: precision, recall and F1 of declared rules on dirty tables, by rule and in all.

The contract of a set is the YAML file of its name beside this one; the dirty file is landed, judged and released as a delivery
is. What it finds are cells (row, field): of ops.cell_finding and ops.quarantine, a derived field standing for the columns it
is made of. Only then is the clean file opened: a cell that differs from it is an error.
"""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.dirty.delivery import Cell, find_cells
from ccdata_assets.settings import PROJECT_DIR

ASKED = {"flights": 0.9, "hospital": 0.85}
"""By set, the least F1 asked of it."""


def wrong_cells(dirty: Path, clean: Path) -> set[Cell]:
    """(row, column) of the cells of the dirty file that are others than the clean file's, which may name its columns otherwise."""
    with dirty.open(encoding="utf-8", newline="") as one, clean.open(encoding="utf-8", newline="") as other:
        rows, truth = list(csv.reader(one)), list(csv.reader(other))
    if [row[0] for row in rows[1:]] != [row[0] for row in truth[1:]]:
        raise ValueError("the two files do not hold the same rows in the same order")
    header = rows[0]
    return {
        (number, column)
        for number, (row, right) in enumerate(zip(rows[1:], truth[1:], strict=True), start=2)
        for column, cell, expected in zip(header, row, right, strict=True)
        if cell != expected
    }


def score(found: set[Cell], wrong: set[Cell]) -> tuple[float, float, float]:
    """Precision, recall and F1; 1 where there is nothing to find and nothing was found."""
    right = len(found & wrong)
    precision = right / len(found) if found else 1.0
    recall = right / len(wrong) if wrong else 1.0
    return precision, recall, 2 * right / (len(found) + len(wrong)) if found or wrong else 1.0


def main(
    sets: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(ASKED)}; default all.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the sets; default $CCDATA_SHARED/data/dirty.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="A rule to leave out; may be given again.")] = None,
    untrusted: Annotated[
        bool, typer.Option(help="Leave out `trusted`: sources are weighed by agreement alone.")
    ] = False,
    unweighed: Annotated[bool, typer.Option(help="Leave out `source` and `trusted`: the value of most rows.")] = False,
) -> None:
    """Print what each rule finds and how much of it is right; exit code 1 where F1 in all is below what is asked."""
    folder = data or Path(os.environ.get("CCDATA_SHARED", PROJECT_DIR.parent / "shared")) / "data" / "dirty"
    console, missed = Console(width=None if os.environ.get("COLUMNS") else 110), False
    for name in sets or list(ASKED):
        home = Path(tempfile.mkdtemp(prefix="ccdata-dirty-"))
        try:
            dropped = frozenset({"source", "trusted"} if unweighed else {"trusted"} if untrusted else ())
            cells = find_cells(name, folder / name / "dirty.csv", home, frozenset(without or ()), dropped)
        finally:
            shutil.rmtree(home, ignore_errors=True)
        wrong = wrong_cells(folder / name / "dirty.csv", folder / name / "clean.csv")
        by_rule: dict[str, set[Cell]] = defaultdict(set)
        by_column: dict[str, set[Cell]] = defaultdict(set)
        for rule, cell in cells:
            by_rule[rule].add(cell)
            by_column[cell[1]].add(cell)
        found = {cell for _, cell in cells}
        table = Table(
            "rule", "cells", "right", "precision", "recall", "F1", title=f"{name}: {len(wrong):,} wrong cells"
        )
        for rule, own in sorted(by_rule.items()):
            table.add_row(rule, *_figures(own, wrong))
        table.add_section()
        for column in sorted({column for _, column in wrong} | set(by_column)):
            table.add_row(
                f"column {column}", *_figures(by_column[column], {cell for cell in wrong if cell[1] == column})
            )
        table.add_section()
        table.add_row("in all", *_figures(found, wrong), style="bold")
        console.print(table)
        missed |= score(found, wrong)[2] < ASKED[name]
    raise typer.Exit(int(missed))


def _figures(found: set[Cell], wrong: set[Cell]) -> tuple[str, ...]:
    return (f"{len(found):,}", f"{len(found & wrong):,}", *(f"{figure:.4f}" for figure in score(found, wrong)))


if __name__ == "__main__":
    typer.run(main)
