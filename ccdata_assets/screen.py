"""How commands show their answers: a table for a person, on a screen of 80 columns too, or JSON for a script."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

MOST = 100
"""Lines of a table on the screen."""


def print_json(value: Any) -> None:
    """Whatever JSON can say, on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_lines(title: str, lines: Sequence[Mapping[str, Any]]) -> None:
    """Lines as they are, a column for each key."""
    names = tuple(lines[0]) if lines else ()
    whole = tuple(name for name in names if name.endswith("_id"))
    print_table(title, names, [tuple(map(_shown, line.values())) for line in lines], whole)


def print_table(
    title: str,
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    whole: Sequence[str] = (
        "event_id",
        "decision_id",
        "entity_id",
        "business_date",
        "decided",
        "counts_from",
        "known_since",
    ),
) -> None:
    """A table; the columns of `whole` are never broken."""
    console = screen()
    if not rows:
        console.print(f"{title}: –", highlight=False, markup=False)
        return
    console.print(title, highlight=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name in whole)
    for row in rows[:MOST]:
        table.add_row(*map(escape, row))
    console.print(table)
    if len(rows) > MOST:
        console.print(f"… +{len(rows) - MOST:,}; all with --json 全部见 --json", highlight=False)


def screen() -> Console:
    """Standard output, 160 columns wide where nobody looks."""
    return Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 160)


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.1f}" if isinstance(value, float) else str(value)
