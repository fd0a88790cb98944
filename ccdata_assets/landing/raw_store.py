"""The raw store: one Parquet file a member of a landed file, named by the content, written whole or not at all.

Writing and naming are two steps: until `commit`, what was there before stays as it is.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, nullcontext
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

    folder: Path
    sha256: str
    parts: list[Path] = field(default_factory=list)
    """The members' files, complete, that have no name yet."""
    members: list[str] = field(default_factory=list)
    rows: int = 0
    formats: list[str] = field(default_factory=list)
    encodings: list[str] = field(default_factory=list)
    delimiters: list[str] = field(default_factory=list)
    unread: bool = False
    """No record could be told in a member: another contract might."""

    def add(self, member: Member, name: str, rows: int) -> None:
        self.members.append(name)
        self.rows += rows
        for known, form in (
            (self.formats, member.format),
            (self.encodings, member.encoding),
            (self.delimiters, member.delimiter),
        ):
            if form and form not in known:
                known.append(form)

    def commit(self) -> None:
        """Give all files their names, in the place of what was there of the same content."""
        known = set(raw_files(self.folder, self.sha256))
        for part in self.parts:
            whole = self.folder / part.name[1:].removesuffix(".part")
            part.replace(whole)
            known.discard(whole)
        for path in known:  # members that the file, read otherwise, no longer has
            path.unlink()

    def discard(self) -> None:
        """Delete what has no name yet."""
        for part in self.parts:
            part.unlink(missing_ok=True)


def write_raw(folder: Path, members: Iterable[Member], lineage: Lineage) -> RawFile:
    """Write all members of a file and name them: `write_parts` and `commit` at once."""
    raw = write_parts(folder, members, lineage)
    try:
        raw.commit()
    finally:
        raw.discard()
    return raw


def write_parts(folder: Path, members: Iterable[Member], lineage: Lineage) -> RawFile:
    """Write all members of a file, under no name yet; a killed run leaves nothing that looks whole.

    Columns: _file, _sha256, _member, _landed_at, _row, _fault, _text, then the source's own as text. Members get names
    of their own: a second `a.csv` is `a.csv (2)`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part in folder.glob(".*.part"):  # of a killed run
        part.unlink(missing_ok=True)
    raw = RawFile(folder, lineage.sha256)
    try:
        for place, member in enumerate(members):
            part = folder / f".{lineage.sha256[:32]}-{place:05d}.parquet.part"
            raw.parts.append(part)
            name = _unique(member.name, raw.members)
            raw.add(member, name, _write_member(part, member, name, lineage))
            raw.unread |= _is_condemned(part)
    except BaseException:
        raw.discard()
        raise
    return raw


def _unique(name: str, taken: Iterable[str]) -> str:
    unique, copy = name, 2
    while unique in taken:
        unique, copy = f"{name} ({copy})", copy + 1
    return unique


def _write_member(path: Path, member: Member, name: str, lineage: Lineage) -> int:
    own = [
        ("_file", pa.string()),
        ("_sha256", pa.string()),
        ("_member", pa.string()),
        ("_landed_at", pa.timestamp("us", "UTC")),
    ]
    values = (lineage.file, lineage.sha256, name, lineage.landed_at)
    row_types = (pa.int64(), pa.string(), pa.string())
    schema = pa.schema(
        [*own, *zip(ROW_COLUMNS, row_types, strict=True), *((column, pa.string()) for column in member.columns)]
    )
    rows = 0
    # a reader that is not read to its end must not keep its file open
    reader = closing(member.batches) if isinstance(member.batches, Generator) else nullcontext()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer, reader:
        for batch in member.batches:
            constants = [
                pa.repeat(pa.scalar(value, kind), batch.num_rows) for value, (_, kind) in zip(values, own, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays([*constants, *batch.columns], schema=schema))
            rows += batch.num_rows
    return rows


def _is_condemned(path: Path) -> bool:
    file = pq.ParquetFile(path)
    return bool(
        file.num_row_groups
        and condemning_fault(file.read_row_group(0, columns=["_fault"]).column("_fault").slice(0, 100).to_pylist())
    )


def condemning_fault(faults: Sequence[str | None]) -> str | None:
    """The fault of CONDEMNED that all rows of a table have, from the faults of its first rows.

    Behind good rows `unreadable_member` only says that reading ended there.
    """
    if faults and faults[0] == CONDEMNED[2]:
        return CONDEMNED[2]
    return next((fault for fault in CONDEMNED[:2] if fault in faults), None)
