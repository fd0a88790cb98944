"""The raw store: one Parquet file a member of a landed file, named by the content, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ccdata_assets.landing.rows import ROW_COLUMNS, Member


@dataclass(frozen=True)
class Lineage:
    """What every row of a file shares: the file's path below the inbox, its content's hash, when it landed (UTC)."""

    file: str
    sha256: str
    landed_at: datetime


def raw_files(folder: Path, sha256: str) -> list[Path]:
    """The raw store's files of one landed file, in the order of its members."""
    return sorted(folder.glob(f"{sha256[:32]}-*.parquet"))


@dataclass
class RawFile:
    """What was written of one file: its members in order, their rows, and the forms they came in, each once."""

    members: list[str] = field(default_factory=list)
    rows: int = 0
    formats: list[str] = field(default_factory=list)
    encodings: list[str] = field(default_factory=list)
    delimiters: list[str] = field(default_factory=list)

    def add(self, member: Member, rows: int) -> None:
        self.members.append(member.name)
        self.rows += rows
        for known, form in (
            (self.formats, member.format),
            (self.encodings, member.encoding),
            (self.delimiters, member.delimiter),
        ):
            if form and form not in known:
                known.append(form)


def write_raw(folder: Path, members: Iterable[Member], lineage: Lineage) -> RawFile:
    """Write all members of a file.

    Columns: _file, _sha256, _member, _landed_at, _row, _fault, _text, then the source's own as text. Files get their
    name when all of them are complete, in the place of what was there, so a killed run leaves nothing that looks whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part in folder.glob(".*.part"):  # of a killed run
        part.unlink(missing_ok=True)
    raw, written = RawFile(), []
    try:
        for place, member in enumerate(members):
            part = folder / f".{lineage.sha256[:32]}-{place:05d}.parquet.part"
            written.append(part)
            raw.add(member, _write_member(part, member, lineage))
        known = set(raw_files(folder, lineage.sha256))
        for part in written:
            whole = folder / part.name[1:].removesuffix(".part")
            part.replace(whole)
            known.discard(whole)
        for path in known:  # members that the file, read otherwise, no longer has
            path.unlink()
    finally:
        for part in written:
            part.unlink(missing_ok=True)
    return raw


def _write_member(path: Path, member: Member, lineage: Lineage) -> int:
    own = [
        ("_file", pa.string()),
        ("_sha256", pa.string()),
        ("_member", pa.string()),
        ("_landed_at", pa.timestamp("us", "UTC")),
    ]
    values = (lineage.file, lineage.sha256, member.name, lineage.landed_at)
    row_types = (pa.int64(), pa.string(), pa.string())
    schema = pa.schema(
        [*own, *zip(ROW_COLUMNS, row_types, strict=True), *((column, pa.string()) for column in member.columns)]
    )
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _row_groups(member.batches):
            table = pa.Table.from_batches(group)
            constants = [
                pa.repeat(pa.scalar(value, kind), table.num_rows) for value, (_, kind) in zip(values, own, strict=True)
            ]
            table = pa.Table.from_arrays([*constants, *table.columns], schema=schema)
            writer.write_table(table, row_group_size=max(table.num_rows, 1))
            rows += table.num_rows
    return rows


GROUP_ROWS = 122_880
"""Rows of a row group, as many as DuckDB reads at a time; smaller ones take more space and time."""
GROUP_BYTES = 1 << 26


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Consecutive batches, together a row group."""
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            yield group
            group, rows, size = [], 0, 0
    if group:
        yield group
