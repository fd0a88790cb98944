"""`benchmarks/quality`: what all checks take of a first run over a million party rows and a million calls. Asked: at most a quarter.

The same deliveries and the same run as `benchmarks/pipeline`, which this is a part of: seconds by kind of check, and their share of
the whole run. dbt's tests run two at a time: their seconds are those of both threads, so the share says rather too much.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.pipeline import FIRST_DAY, _give, measured_run, write_deliveries

ASKED = 0.25


def main(
    rows: Annotated[int, typer.Option(help="Party rows in three feeds, and as many calls.")] = 1_000_000,
    cache: Annotated[
        Path | None, typer.Option(help="Folder to work in; default a temporary one.", file_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Measure the checks of a first run."""
    with TemporaryDirectory(dir=cache, prefix="quality_") as made, Console(stderr=True).status("inventing") as status:
        folder = Path(made)
        write_deliveries(folder, rows)
        _give(folder / "first", folder / "inbox")
        status.update("running")
        found = measured_run(folder / "home", folder / "inbox", FIRST_DAY)
    checks = found["checks"]
    share = sum(checks.values()) / found["seconds"]
    if as_json:
        print(json.dumps({"seconds": found["seconds"], "checks": checks, "share": share}, indent=2))
        return
    table = Table(title=f"{rows:,} party rows, {rows:,} calls", title_justify="left")
    for name in ("checks", "seconds", "share of the run"):
        table.add_column(name, justify="left" if name == "checks" else "right")
    for name, seconds in sorted(checks.items(), key=lambda each: -each[1]):
        table.add_row(name, f"{seconds:.1f}", f"{seconds / found['seconds']:.1%}")
    table.add_section()
    table.add_row("all checks", f"{sum(checks.values()):.1f}", f"{share:.1%}")
    table.add_row("the whole run", f"{found['seconds']:.1f}", "")
    table.add_row("asked", "", f"≤ {ASKED:.0%}")
    Console(width=None if sys.stdout.isatty() else 100).print(table)


if __name__ == "__main__":
    typer.run(main)
