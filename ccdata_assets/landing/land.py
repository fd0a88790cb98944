"""Landing: the files of a feed that the ledger does not know become raw rows and a line of the ledger each.

A file that cannot be read costs only itself: it is kept under quarantine/ and its line says why. The same bytes land
once; a file sent again is a line of status `repeat` with no rows. A file still being written is left for the next run.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from ccdata_assets.contracts.compile import literal
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import clean_error
from ccdata_assets.landing.inbox import InboxFile, is_unchanged, settled
from ccdata_assets.landing.ledger import LedgerLine, earlier_line, new_files, record_line
from ccdata_assets.landing.open import open_file
from ccdata_assets.landing.raw_store import Lineage, write_raw
from ccdata_assets.landing.reading import read_options, reading
from ccdata_assets.landing.rows import UnreadableFile
from ccdata_assets.settings import Settings

SIDECAR_BYTES = 65536


@dataclass(frozen=True)
class Landed:
    """What a run did with the inbox of one feed."""

    lines: list[LedgerLine]
    left: list[str]
    """Files that somebody still writes to."""


def land_feed(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    registry: Registry,
    settings: Settings,
    files: Iterable[InboxFile],
    run_id: str,
) -> Landed:
    """Land the new files of one feed and give their lines of the ledger."""
    source, whole = reading(contract, registry, settings)
    read_by = f"{source}:{whole}"
    # read otherwise now, or rejected under what is no longer so: what was wrong may be mended
    is_stale = f"(status = 'rejected' and read_by <> {literal(read_by)}) or (status in ('landed', 'held') and split_part(read_by, ':', 1) <> {literal(source)})"
    files = list(files)
    new = new_files(con, contract.feed, files, is_stale)
    new += _kept_files(con, contract.feed, settings, {file.name for file in files}, read_by)
    ready = settled(new, settings.settle_s)
    left = [file.name for file in new if file not in ready]
    lines = []
    for file in ready:
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
            declared_rows=_sidecar_rows(contract, file),
        )
        try:
            line = _land_file(con, contract, registry, settings, file, replace(blank, sha256=content_hash(file.path)))
        except FileNotFoundError:
            continue  # it was taken away while we looked
        except OSError as error:
            problem = f"the file cannot be opened ({type(error).__name__}); fix: let the run's user read it"
            line = replace(blank, status="rejected", error=problem)
        if not is_unchanged(file):
            left.append(file.name)
            continue
        record_line(con, line)
        lines.append(line)
    return Landed(lines, left)


def _land_file(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    registry: Registry,
    settings: Settings,
    file: InboxFile,
    line: LedgerLine,
) -> LedgerLine:
    earlier = earlier_line(con, contract.feed, line.sha256)
    if earlier:
        if earlier.read_by == line.read_by or (
            earlier.status != "rejected" and earlier.read_by.partition(":")[0] == line.read_by.partition(":")[0]
        ):
            return replace(line, status="repeat", declared_rows=None)
        # read otherwise than it would be now: it is read again, and counts for the day it came
        line = replace(line, received_on=earlier.received_on, landed_at=earlier.landed_at)
    options = read_options(contract, registry, settings)
    assert options.workdir is not None
    try:
        shutil.rmtree(options.workdir, ignore_errors=True)  # what a killed run left
        options.workdir.mkdir(parents=True)
        lineage = Lineage(file.name, line.sha256, line.landed_at)
        raw = write_raw(settings.raw_dir / contract.feed, open_file(file.path, options), lineage)
    except Exception as error:  # one bad file must not stop the others; the line of the ledger says what it was
        clean = error if isinstance(error, UnreadableFile) else clean_error(error, "the file cannot be read")
        _keep_copy(file.path, settings.quarantine_dir / contract.feed, line.sha256)
        return replace(line, status="rejected", error=str(clean))
    finally:
        shutil.rmtree(options.workdir, ignore_errors=True)
    line = replace(
        line,
        rows=raw.rows,
        format=", ".join(raw.formats) or None,
        encoding=", ".join(raw.encodings) or None,
        delimiter=raw.delimiters[0] if raw.delimiters else None,
        members=tuple(raw.members),
    )
    if raw.unread:
        _keep_copy(file.path, settings.quarantine_dir / contract.feed, line.sha256)
    return (
        line if raw.members else replace(line, status="rejected", error="the file holds no table; fix: export it again")
    )


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


def _sidecar_rows(contract: Contract, file: InboxFile) -> int | None:
    """The rows that the file's sidecar declares."""
    if file.sidecar is None or contract.control.rows is None:
        return None
    with suppress(OSError), file.sidecar.open("rb") as sidecar:
        head = sidecar.read(SIDECAR_BYTES)
        for encoding in ("utf-8-sig", "gb18030"):
            with suppress(UnicodeDecodeError, ValueError):
                if hit := re.search(contract.control.rows, head.decode(encoding)):
                    return int(hit["rows"].replace(",", ""))
    return None


def _keep_copy(path: Path, folder: Path, sha256: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # a name in Chinese is soon too long for the disk
    copy = folder / f"{sha256[:12]}-{path.stem[:40]}{path.suffix[:10]}"
    if path != copy:
        shutil.copy2(path, copy)


def _kept_files(
    con: duckdb.DuckDBPyConnection, feed: str, settings: Settings, present: set[str], read_by: str
) -> list[InboxFile]:
    """Copies of rejected files that left the inbox since, where another contract or limit may read them better."""
    lines = con.execute(
        "select file, sha256, bytes from ops.file_ledger where feed = ? and status = 'rejected' and sha256 <> '' and read_by <> ?",
        [feed, read_by],
    ).fetchall()
    kept = []
    for name, sha256, size in lines:
        copies = [
            path for path in (settings.quarantine_dir / feed).glob(f"{sha256[:12]}-*") if path.stat().st_size == size
        ]
        if name not in present and copies:
            kept.append(InboxFile(name, copies[0], size, copies[0].stat().st_mtime_ns))
    return kept
