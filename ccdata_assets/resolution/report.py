"""What `ccdata resolve` says of its work, for people and for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ccdata_assets.resolution.evaluate import Score
from ccdata_assets.resolution.given import Given
from ccdata_assets.resolution.spec import Spec
from ccdata_assets.resolution.table import Resolution

FEW = 5
"""Rows that could not be read which are named on the screen; --json has them all."""


def as_dict(done: Resolution, given: Given) -> dict[str, Any]:
    """Everything the report says, and the curve, as plain values."""
    return {
        "records": len(done.groups),
        "unreadable": len(given.unread),
        "unread": [vars(row) for row in given.unread],
        "table": given.table,
        "tables_left": given.left,
        "warnings": done.warnings,
        "entities": done.entities,
        "largest": done.largest,
        "pairs": done.pairs,
        "uncertain": done.uncertain,
        "seconds": done.seconds,
        "peak_mb": peak_mb(),
        "blocking": [vars(each) for each in done.blocking],
        "pairwise": _score(done.pairwise),
        "b_cubed": _score(done.b_cubed),
        "curve": [{"threshold": point.threshold, **(_score(point.score) or {})} for point in done.curve],
    }


def print_report(console: Console, done: Resolution, given: Given, spec: Spec, written: Sequence[Path]) -> None:
    """Records, entities, scores where truth is known, pairs by blocking rule, time and memory, files written."""
    records = len(done.groups)
    duplicates = (records - done.entities) / records if records else 0.0
    console.print(
        f"[bold]{records:,}[/] records, [bold]{done.entities:,}[/] entities: {duplicates:.2%} of the records repeat one; "
        f"the largest has {done.largest:,}"
    )
    for line in _notes(done, given):
        console.print(line, highlight=False, markup=False)
    console.print(
        f"{done.pairs:,} pairs scored; {done.uncertain:,} stay apart although their weight is {spec.review:g} or more"
    )
    if done.pairwise and done.b_cubed:
        table = Table("", "precision", "recall", "F1", title=f"against the labels, threshold {spec.threshold:g}")
        for name, score in (("pairs", done.pairwise), ("B-cubed", done.b_cubed)):
            table.add_row(name, f"{score.precision:.4f}", f"{score.recall:.4f}", f"{score.f1:.4f}")
        console.print(table)
    table = Table("blocking rule", "pairs", "values left out", "records in them", title="pairs by blocking rule")
    for rule in done.blocking:
        table.add_row(rule.rule, f"{rule.pairs:,}", f"{rule.stopped_values:,}", f"{rule.stopped_records:,}")
    console.print(table)
    laps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in done.seconds.items())
    console.print(f"{sum(done.seconds.values()):.1f} s ({laps}), {peak_mb():,.0f} MB")
    for path in written:
        console.print(f"wrote {path}")


def _notes(done: Resolution, given: Given) -> Iterator[str]:
    """What was not read or not used."""
    if given.left:
        yield (
            f"warning: the file has more tables, which were not read: {', '.join(given.left)}; this is {given.table or 'the first'}; "
            "fix: save the one that you mean as a file of its own"
        )
    if given.unread:
        yield f"warning: {len(given.unread):,} rows could not be read; each is an entity of its own"
    yield from (f"  row {row.row}: {row.why}" for row in given.unread[:FEW])
    if len(given.unread) > FEW:
        yield f"  … +{len(given.unread) - FEW:,}; all with --json"
    yield from (f"warning: {warning}" for warning in done.warnings)


def peak_mb() -> float:
    """Peak memory of this process in MB; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def _score(score: Score | None) -> dict[str, float] | None:
    return {"precision": score.precision, "recall": score.recall, "f1": score.f1} if score else None
