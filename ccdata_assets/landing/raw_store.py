"""The raw store: one Parquet file a member of a landed file, named by the content, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ccdata_assets.landing.rows import ROW_COLUMNS, Member

CONDEMNED = ("no_header", "too_many_columns", "unreadable_member")
"""Faults that all rows of a table have, from the first on, when no record can be told in it."""


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
    unread: bool = False
    """No record could be told in a member: another contract might."""

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
            raw.unread |= _is_condemned(part)
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
        for batch in member.batches:
            constants = [
                pa.repeat(pa.scalar(value, kind), batch.num_rows) for value, (_, kind) in zip(values, own, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays([*constants, *batch.columns], schema=schema))
            rows += batch.num_rows
    return rows


def _is_condemned(path: Path) -> bool:
    file = pq.ParquetFile(path)
    first = file.read_row_group(0, columns=["_fault"]) if file.num_row_groups else None
    return first is not None and not set(CONDEMNED).isdisjoint(first.column("_fault").slice(0, 100).to_pylist())
