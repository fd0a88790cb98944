"""How right and how fast the dictionaries are: `python -m benchmarks.standardise --labelled DIR [--kind KIND] [--misses]`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.hard_sets import Score, hard_sets, labelled_sets, score
from ccdata_assets.settings import load_settings
from ccdata_assets.standard.dictionaries import Dictionaries


def main(
    labelled: Annotated[Path | None, typer.Option(help="Folder of the labelled sets.", exists=True)] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only this dictionary; may be given again.")] = None,
    misses: Annotated[bool, typer.Option(help="List what was read otherwise than expected.")] = False,
) -> None:
    """Print exact-match rates on the labelled and the hard sets."""
    dictionaries = Dictionaries(load_settings().dbt_dir)
    kinds = kind or dictionaries.kinds
    scores: list[Score] = []
    if labelled:
        scores += [score(dictionaries, k, name, cases) for k, name, cases in labelled_sets(labelled) if k in kinds]
    scores += [score(dictionaries, k, "hard", cases) for k, cases in hard_sets(kinds)]
    table = Table("kind", "set", "cases", "exact", "rate")
    for each in scores:
        table.add_row(each.kind, each.name, str(each.cases), str(each.exact), f"{each.exact / each.cases:.2%}")
    console = Console()
    console.print(table)
    if misses:
        for each in scores:
            for miss in each.misses:
                console.print(f"{each.kind} {each.name}: {miss.raw!r} {miss.column}: expected {miss.expected!r}, found {miss.found!r}", markup=False, highlight=False)  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
