"""The raw store: one Parquet file a member of a landed file, named by the content, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


def write_raw(folder: Path, members: Iterable[Member], lineage: Lineage) -> tuple[list[str], int]:
    """Write all members of a file; give their names and the number of rows.

    Columns: _file, _sha256, _member, _landed_at, _row, _fault, _text, then the source's own as text. Files get their
    name when all of them are complete, so a killed run leaves nothing that looks whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    rows, written = 0, []
    try:
        for place, member in enumerate(members):
            part = folder / f".{lineage.sha256[:32]}-{place:03d}.parquet.part"
            written.append(part)
            rows += _write_member(part, member, lineage)
            names.append(member.name)
        for part in written:
            part.replace(folder / part.name[1:].removesuffix(".part"))
    finally:
        for part in written:
            part.unlink(missing_ok=True)
    return names, rows


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
