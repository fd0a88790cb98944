"""Any table → entities: the engine behind `ccdata resolve`, with its report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.resolution.evaluate import Score, b_cubed, pairwise
from ccdata_assets.resolution.given import check_id, read_table
from ccdata_assets.resolution.linkage import Bounds, partitions
from ccdata_assets.resolution.scoring import WORDS, BlockingReport, score_pairs, write_blocks
from ccdata_assets.resolution.spec import Spec
from ccdata_assets.resolution.spec_check import check_expressions, clean_fault

CURVE = tuple(float(weight) for weight in range(-6, 13))
"""Thresholds of the curve that is drawn where truth is known."""
WRITTEN = {".csv": "format csv, header true", ".json": "format json, array true", ".parquet": "format parquet"}
"""What the rows can be written as, by the ending of the file's name."""
LINKED = 1e3
"""Weight of a pair that an exact rule links, before the greatest that counts is applied."""


@dataclass(frozen=True)
class Point:
    """Pairwise precision and recall with one threshold."""

    threshold: float
    score: Score


@dataclass
class Resolution:
    """What was found: for each record of the table the number of the first record of its entity, and how it came about."""

    groups: npt.NDArray[np.int64]
    blocking: list[BlockingReport]
    pairs: int
    uncertain: int
    """Pairs that stay apart although their weight reaches `review`."""
    model: dict[str, Any]
    seconds: dict[str, float]
    warnings: list[str] = field(default_factory=list)
    pairwise: Score | None = None
    b_cubed: Score | None = None
    curve: list[Point] = field(default_factory=list)

    @property
    def entities(self) -> int:
        """How many there are."""
        return len(np.unique(self.groups))

    @property
    def largest(self) -> int:
        """Records of the largest one."""
        return int(np.bincount(self.groups).max()) if len(self.groups) else 0


def resolve_table(
    con: duckdb.DuckDBPyConnection, spec: Spec, labels: str | None = None, is_written: bool = False
) -> Resolution:
    """Find the entities of the table `given`; with `labels` (a column of it or of the spec's clean ones) score them. `is_written`:
    rows are to be written with the spec's `id` as the name of their entity.

    Raises WrongUse where the spec asks for a column that the table has not, before anything is compared.
    """
    seconds: dict[str, float] = {}
    begun = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal begun
        seconds[name], begun = time.perf_counter() - begun, time.perf_counter()

    check_id(con, spec, is_written)
    _clean(con, spec)
    check_expressions(con, spec)
    truth = _labels(con, spec, labels) if labels else None
    blocking = write_blocks(con, spec)
    lap("clean and block")
    model, warnings = score_pairs(con, spec)
    lap("learn and score")
    pairs = _with_links(con, spec)
    records = int(con.execute("select count(*) from record").fetchall()[0][0])
    thresholds = sorted({spec.threshold, *CURVE}) if labels else [spec.threshold]
    found = partitions(records, pairs, thresholds, Bounds(spec.unseen, spec.strongest))
    lap("link")
    groups = found[spec.threshold]
    apart = groups[pairs["a"].to_numpy()] != groups[pairs["b"].to_numpy()]
    done = Resolution(
        groups, blocking, len(pairs), int((apart & (pairs["weight"] >= spec.review)).sum()), model, seconds, warnings
    )
    if truth is not None:
        done.pairwise, done.b_cubed = pairwise(groups, truth), b_cubed(groups, truth)
        done.curve = [Point(threshold, pairwise(found[threshold], truth)) for threshold in CURVE]
    return done


def write_entities(con: duckdb.DuckDBPyConnection, spec: Spec, done: Resolution, path: Path) -> None:
    """Write the file's rows with a first column entity_id: the spec's `id` of the entity's first record, or its row number from 1."""
    number = "first.record_id + 1"
    name = f"coalesce(first.{quote(spec.id)}, 'row ' || {number})" if spec.id else number
    frame = pd.DataFrame({"record_id": np.arange(len(done.groups)), "first_id": done.groups})
    con.register("entity", frame)
    try:
        con.execute(
            f"""copy (
                select {name} as entity_id, given.* exclude (record_id) from given
                join entity using (record_id) join given as first on entity.first_id = first.record_id order by given.record_id
            ) to {literal(str(path))} ({WRITTEN[path.suffix.lower()]})"""
        )
    except duckdb.IOException:
        raise CcdataError(
            f"{path} cannot be written; fix: give -o a file that you may write, on a disk with room"
        ) from None
    finally:
        con.unregister("entity")


def _clean(con: duckdb.DuckDBPyConnection, spec: Spec) -> None:
    columns = ", ".join(f"{expression} as {quote(name)}" for name, expression in spec.clean.items())
    try:
        con.execute(f"create or replace temp table record as select record_id, {columns} from given")
        for name in (name for name, said in spec.compare.items() if said.kind == "words" and name in spec.clean):
            con.execute(f"alter table record add column {quote(name + WORDS)} varchar[]")
            con.execute(f"update record set {quote(name + WORDS)} = list_distinct(string_split({quote(name)}, ' '))")
    except duckdb.Error as error:
        raise clean_fault(con, spec, error) from None


def _with_links(con: duckdb.DuckDBPyConnection, spec: Spec) -> pd.DataFrame:
    """The scored pairs and those that exact rules make; of these each record with the first one of its value."""
    parts = ["select a, b, weight from pair"]
    for rule in spec.link:
        columns = ", ".join(quote(part) for part in rule)
        present = " and ".join(f"{quote(part)} is not null" for part in rule)
        parts.append(
            f"""select min(record_id) over (partition by {columns}) as a, record_id as b, {LINKED} from record
            where {present} qualify a <> b"""
        )
    return con.execute(
        f"select a, b, max(weight) as weight from ({' union all '.join(parts)}) group by a, b order by a, b"
    ).df()


def _labels(con: duckdb.DuckDBPyConnection, spec: Spec, labels: str) -> list[object]:
    """The labels of all records: a column of the file or of the spec's clean ones, or a file with one label a row in the records' order."""
    if Path(labels).is_file():
        with duckdb.connect() as beside:
            read_table(beside, Path(labels))
            column = beside.execute("describe given").fetchall()[1][0]
            found = [
                row[0] for row in beside.execute(f"select {quote(column)} from given order by record_id").fetchall()
            ]
    else:
        table = "record" if labels in spec.clean else "given"
        columns = {row[0].casefold() for row in con.execute(f"describe {table}").fetchall()}
        if labels.casefold() not in columns:
            raise WrongUse(
                f"--labels: there is no column or file {labels}; fix: name a column of the file or of the spec's clean"
            )
        found = [row[0] for row in con.execute(f"select {quote(labels)} from {table} order by record_id").fetchall()]
    records = con.execute("select count(*) from given").fetchall()[0][0]
    if len(found) != records:
        raise WrongUse(f"--labels: {labels} has {len(found)} labels for {records} records; fix: give one for each")
    if empty := sum(label is None for label in found):
        raise WrongUse(f"--labels: {empty} records have no {labels}; fix: label every record, or leave those out")
    return found
