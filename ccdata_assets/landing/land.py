"""Landing: the files of a feed that the ledger does not know become raw rows and a line of the ledger each.

A file that cannot be read costs only itself: it is kept under quarantine/ and its line says why. The same bytes land
once; a file sent again is a line of status `repeat` with no rows.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from ccdata_assets.contracts.compile import contract_hash
from ccdata_assets.contracts.headers import header_index, normal_header
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import clean_error
from ccdata_assets.landing.delimited import open_delimited
from ccdata_assets.landing.inbox import InboxFile
from ccdata_assets.landing.json_records import open_json, open_json_lines
from ccdata_assets.landing.raw_store import Lineage, write_raw
from ccdata_assets.landing.rows import IsHeader, Opened, ReadOptions, UnreadableFile
from ccdata_assets.landing.sniff import file_format
from ccdata_assets.landing.spreadsheet import open_xlsx
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction

READERS: dict[str, Callable[[Path, ReadOptions], Opened]] = {
    "delimited": open_delimited,
    "json": open_json,
    "json lines": open_json_lines,
    "xlsx": open_xlsx,
}


@dataclass(frozen=True)
class LedgerLine:
    """One delivery as the ledger keeps it at landing (DESIGN: ops.file_ledger)."""

    feed: str
    file: str
    sha256: str
    bytes: int
    modified_ns: int
    status: str
    received_on: date
    landed_at: datetime
    run_id: str
    read_by: str
    rows: int = 0
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    members: tuple[str, ...] = ()
    error: str | None = None


def header_test(contract: Contract, registry: Registry) -> IsHeader:
    """A row is a header of the feed when a field claims one of its cells."""
    known = set(header_index(contract, registry.fields))
    return lambda cells: any(normal_header(cell) in known for cell in cells if cell)


def read_options(contract: Contract, registry: Registry, settings: Settings) -> ReadOptions:
    """What the readers need of the contract and the settings."""
    source = contract.source
    return ReadOptions(
        header_test(contract, registry),
        settings.max_columns,
        settings.max_field_bytes,
        source.delimiter,
        source.encoding,
        source.sheet,
        source.records,
    )


def new_files(con: duckdb.DuckDBPyConnection, feed: str, files: Iterable[InboxFile], read_by: str) -> list[InboxFile]:
    """The files of the inbox that the ledger has no line for (by path, size and time of change).

    A file rejected under another contract or other limits is new again: what was wrong with it may be mended.
    """
    known = con.execute(
        "select file, bytes, modified_ns from ops.file_ledger where feed = ? and (status <> 'rejected' or read_by = ?)",
        [feed, read_by],
    ).fetchall()
    lines = set(known)
    return [file for file in files if (file.name, file.bytes, file.modified_ns) not in lines]


def land_feed(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    registry: Registry,
    settings: Settings,
    files: Iterable[InboxFile],
    run_id: str,
) -> list[LedgerLine]:
    """Land the new files of one feed and give their lines of the ledger."""
    read_by = f"{contract_hash(registry, contract)}-{settings.max_columns}-{settings.max_field_bytes}"
    lines = []
    for file in new_files(con, contract.feed, files, read_by):
        blank = LedgerLine(
            contract.feed,
            file.name,
            "",
            file.bytes,
            file.modified_ns,
            "landed",
            received_on(contract, file.name, settings),
            settings.as_of,
            run_id,
            read_by,
        )
        try:
            line = _land_file(con, contract, registry, settings, file, replace(blank, sha256=content_hash(file.path)))
        except FileNotFoundError:
            continue  # it was taken away while we looked
        except OSError as error:
            problem = f"the file cannot be opened ({type(error).__name__}); fix: let the run's user read it"
            line = replace(blank, status="rejected", error=problem)
        record_line(con, line)
        lines.append(line)
    return lines


def _land_file(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    registry: Registry,
    settings: Settings,
    file: InboxFile,
    line: LedgerLine,
) -> LedgerLine:
    earlier = con.execute(
        "select status, read_by, received_on, landed_at from ops.file_ledger where feed = ? and sha256 = ? and status <> 'repeat'",
        [contract.feed, line.sha256],
    ).fetchone()
    if earlier and (earlier[0] != "rejected" or earlier[1] == line.read_by):
        return replace(line, status="repeat")
    if earlier:  # rejected as it was read then: it is read again, and counts for the day it came
        line = replace(line, received_on=earlier[2], landed_at=earlier[3])
    try:
        opened = READERS[file_format(file.path)](file.path, read_options(contract, registry, settings))
        lineage = Lineage(file.name, line.sha256, line.landed_at)
        names, rows = write_raw(settings.raw_dir / contract.feed, opened.members, lineage)
    except Exception as error:  # one bad file must not stop the others; the line of the ledger says what it was
        clean = error if isinstance(error, UnreadableFile) else clean_error(error, "the file cannot be read")
        _keep_copy(file.path, settings.quarantine_dir / contract.feed, line.sha256)
        return replace(line, status="rejected", error=str(clean))
    line = replace(
        line,
        rows=rows,
        format=opened.format,
        encoding=opened.encoding,
        delimiter=opened.delimiter,
        members=tuple(names),
    )
    return line if names else replace(line, status="rejected", error="the file holds no table; fix: export it again")


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def received_on(contract: Contract, name: str, settings: Settings) -> date:
    """The business date of a delivery: what its name says where the contract reads it, else the day it lands."""
    if contract.received_on and (hit := re.search(contract.received_on.file, name)):
        try:
            return datetime.strptime(hit["date"], contract.received_on.format).date()
        except ValueError:
            pass  # a name that only looks dated, such as 20261399
    return settings.business_date


def _keep_copy(path: Path, folder: Path, sha256: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(
        path, folder / f"{sha256[:12]}-{path.stem[:40]}{path.suffix[:10]}"
    )  # a name in Chinese is soon too long for the disk


def record_line(con: duckdb.DuckDBPyConnection, line: LedgerLine) -> None:
    """Add a line to the ledger, in the place of the line of the same bytes that were rejected before."""
    values = {**vars(line), "members": list(line.members)}
    with transaction(con):
        if line.status != "repeat" and line.sha256:
            this = "feed = ? and sha256 = ?"
            con.execute(f"delete from ops.quarantine where {this}", [line.feed, line.sha256])
            con.execute(f"delete from ops.batch_gate where {this}", [line.feed, line.sha256])
            con.execute(f"delete from ops.file_ledger where {this} and status = 'rejected'", [line.feed, line.sha256])
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        con.execute(f"insert into ops.file_ledger ({names}) values ({marks})", list(values.values()))
