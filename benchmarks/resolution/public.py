"""How right `ccdata resolve` is on public sets with known truth.

The spec of a set is the YAML file of its name beside this one. Its labels score the result and nothing else: weights are
learned without them, and every threshold is 0.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ccdata_assets.resolution.given import read_table
from ccdata_assets.resolution.spec import load_spec
from ccdata_assets.resolution.table import resolve_table
from ccdata_assets.settings import PROJECT_DIR

HERE = Path(__file__).parent
SETS = {
    "febrl1": ("febrl1.csv", "truth", 0.99),
    "febrl2": ("febrl2.csv", "truth", 0.98),
    "febrl3": ("febrl3.csv", "truth", 0.997),
    "fake_1000": ("fake_1000.csv", "cluster", 0.95),
    "chicago_sites": ("chicago_sites.csv", "True Id", 0.93),
    "RLdata500": ("RLdata500.tsv", "identity.RLdata500.tsv", 0.95),
}
"""By set: file, labels (a column, or a file beside it), and the least pairwise F1 asked of it."""


def public(
    sets: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(SETS)}; default all.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the sets; default $CCDATA_SHARED/data/matching.")] = None,
) -> None:
    """Print precision, recall and F1 of each set; exit code 1 where one is below what is asked of it."""
    folder = data or Path(os.environ.get("CCDATA_SHARED", PROJECT_DIR.parent / "shared")) / "data" / "matching"
    console = Console()
    table = Table("set", "records", "entities", "precision", "recall", "F1", "asked", "B-cubed F1", "seconds")
    missed = False
    for name in track(sets or list(SETS), console=Console(stderr=True), description="resolving"):
        file, labels, asked = SETS[name]
        begun = time.perf_counter()
        with duckdb.connect() as con:
            con.execute("set enable_progress_bar = false")
            read_table(con, folder / file)
            beside = folder / labels
            done = resolve_table(con, load_spec(HERE / f"{name}.yaml"), str(beside) if beside.is_file() else labels)
        if not done.pairwise or not done.b_cubed:
            raise AssertionError("labels were given, so there are scores")
        found = done.pairwise
        missed |= found.f1 < asked
        table.add_row(
            name, f"{len(done.groups):,}", f"{done.entities:,}", f"{found.precision:.4f}", f"{found.recall:.4f}",
            f"{found.f1:.4f}", f"{asked}", f"{done.b_cubed.f1:.4f}", f"{time.perf_counter() - begun:.1f}",
        )  # fmt: skip
    console.print(table)
    raise typer.Exit(int(missed))
