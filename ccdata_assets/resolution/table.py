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
import pyarrow as pa

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.errors import WrongUse
from ccdata_assets.landing.open import open_file
from ccdata_assets.landing.rows import ReadOptions
from ccdata_assets.resolution.evaluate import Score, b_cubed, pairwise
from ccdata_assets.resolution.linkage import Bounds, partitions
from ccdata_assets.resolution.scoring import WORDS, BlockingReport, score_pairs, write_blocks
from ccdata_assets.resolution.spec import Spec

CURVE = tuple(float(weight) for weight in range(-6, 13))
"""Thresholds of the curve that is drawn where truth is known."""
OWN_COLUMNS = {"record_id", "entity_id"}
"""Columns that are ours: the number of a row while it is compared, and the answer."""
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
    unreadable: int = 0
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


def read_table(con: duckdb.DuckDBPyConnection, path: Path, encoding: str | None = None) -> int:
    """Make the table `given` (record_id from 0, then the file's columns as trimmed text, null where empty) of a file's
    first table; gives how many rows could not be read, which stand in it with nulls.

    Any format and encoding that landing reads. Raises UnreadableFile, WrongUse where there are no rows.
    """
    options = ReadOptions(known_headers=lambda cells: 1, header=1, encoding=encoding)
    member = next(iter(open_file(path, options)))
    batches = list(member.batches)
    if not any(batch.num_rows for batch in batches):
        raise WrongUse(f"{path} has a header and no rows; fix: give a table with records")
    taken = OWN_COLUMNS & {name.strip().casefold() for name in member.columns}
    if taken:
        raise WrongUse(f"{path} has a column {', '.join(sorted(taken))}, a name of ours; fix: rename it")
    table = pa.Table.from_batches(batches)
    con.register("landed", table)
    try:
        columns = ", ".join(f"nullif(trim({quote(name)}), '') as {quote(name.strip())}" for name in member.columns)
        con.execute(
            f"create or replace temp table given as select row_number() over () - 1 as record_id, {columns} from landed"
        )
        return int(con.execute("select count(*) from landed where _fault is not null").fetchall()[0][0])
    finally:
        con.unregister("landed")


def resolve_table(con: duckdb.DuckDBPyConnection, spec: Spec, labels: str | None = None) -> Resolution:
    """Find the entities of the table `given`; with `labels` (a column of it or of the spec's clean ones) score them.

    Raises WrongUse where the spec asks for a column that the table has not.
    """
    seconds: dict[str, float] = {}
    begun = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal begun
        seconds[name], begun = time.perf_counter() - begun, time.perf_counter()

    _clean(con, spec)
    blocking = write_blocks(con, spec)
    lap("clean and block")
    model = score_pairs(con, spec)
    lap("learn and score")
    pairs = _with_links(con, spec)
    records = int(con.execute("select count(*) from record").fetchall()[0][0])
    thresholds = sorted({spec.threshold, *CURVE}) if labels else [spec.threshold]
    found = partitions(records, pairs, thresholds, Bounds(spec.unseen, spec.strongest))
    lap("link")
    groups = found[spec.threshold]
    apart = groups[pairs["a"].to_numpy()] != groups[pairs["b"].to_numpy()]
    done = Resolution(
        groups, blocking, len(pairs), int((apart & (pairs["weight"] >= spec.review)).sum()), model, seconds
    )
    if labels:
        truth = _labels(con, spec, labels)
        done.pairwise, done.b_cubed = pairwise(groups, truth), b_cubed(groups, truth)
        done.curve = [Point(threshold, pairwise(found[threshold], truth)) for threshold in CURVE]
    return done


def write_entities(con: duckdb.DuckDBPyConnection, spec: Spec, done: Resolution, path: Path) -> None:
    """Write the file's rows with a first column entity_id: the spec's `id` of the entity's first record, or its row number from 1."""
    name = f"cast(first.{quote(spec.id)} as varchar)" if spec.id else "first.record_id + 1"
    frame = pd.DataFrame({"record_id": np.arange(len(done.groups)), "first_id": done.groups})
    con.register("entity", frame)
    try:
        con.execute(
            f"""copy (
                select {name} as entity_id, given.* exclude (record_id) from given
                join entity using (record_id) join given as first on entity.first_id = first.record_id order by given.record_id
            ) to {literal(str(path))} ({WRITTEN[path.suffix.lower()]})"""
        )
    finally:
        con.unregister("entity")


def _clean(con: duckdb.DuckDBPyConnection, spec: Spec) -> None:
    columns = ", ".join(f"{expression} as {quote(name)}" for name, expression in spec.clean.items())
    try:
        con.execute(f"create or replace temp table record as select record_id, {columns} from given")
        for name in (name for name, said in spec.compare.items() if said.kind == "words" and name in spec.clean):
            con.execute(f"alter table record add column {quote(name + WORDS)} varchar[]")
            con.execute(f"update record set {quote(name + WORDS)} = list_distinct(string_split({quote(name)}, ' '))")
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        have = ", ".join(row[0] for row in con.execute("describe given").fetchall()[1:])
        raise WrongUse(
            f"clean: {str(error).splitlines()[0]}; fix: write SQL over the file's columns, which are {have}"
        ) from None
    missing = [
        name for name in [*spec.compare, *(part for rule in spec.link for part in rule)] if name not in spec.clean
    ]
    if missing:
        raise WrongUse(
            f"compare and link need columns of clean, which has no {', '.join(missing)}; fix: add them there"
        )


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
