"""Landing: the files of a feed that the ledger does not know become raw rows and a line of the ledger each.

A file that cannot be read costs only itself: it is kept under quarantine/ and its line says why. Where the machine is at
fault and not the file, the next run reads it again. The same bytes land once; a file sent again is a line of status
`repeat` with no rows. A file still being written is left for the next run.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from ccdata_assets.contracts.compile import literal
from ccdata_assets.contracts.headers import secret_fields
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import CcdataError, clean_error
from ccdata_assets.landing.access import NotReadableHere
from ccdata_assets.landing.inbox import InboxFile, is_unchanged, settled
from ccdata_assets.landing.kept import SEALED, copies, is_whole, keep_copy, shows_secrets, unseal
from ccdata_assets.landing.ledger import LedgerLine, earlier_line, new_files, write_line
from ccdata_assets.landing.open import is_machine_fault, open_file
from ccdata_assets.landing.raw_store import Lineage, RawFile, raw_files, write_parts
from ccdata_assets.landing.reading import read_options, reading
from ccdata_assets.landing.secret_key import load_key
from ccdata_assets.landing.secrets import Hider
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.control import declared_rows
from ccdata_assets.warehouse.engine import transaction

SIDECAR_BYTES = 65536


@dataclass(frozen=True)
class Landed:
    """What a run did with the inbox of one feed."""

    lines: list[LedgerLine]
    """What it wrote to the ledger."""
    left: list[str]
    """Files for the next run: somebody still writes to them, or the machine could not read them."""
    problems: dict[str, str] = field(default_factory=dict)
    """Of those left: why the machine could not read them."""


def land_feed(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    registry: Registry,
    settings: Settings,
    files: Iterable[InboxFile],
    run_id: str,
) -> Landed:
    """Land the new files of one feed and give their lines of the ledger."""
    try:
        return _land_new(con, contract, registry, settings, files, run_id)
    finally:
        shutil.rmtree(_opened(settings), ignore_errors=True)


def _land_new(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    registry: Registry,
    settings: Settings,
    files: Iterable[InboxFile],
    run_id: str,
) -> Landed:
    source, whole = reading(contract, registry, settings)
    read_by = f"{source}:{whole}"
    is_stale = _is_stale(contract.feed, read_by)
    hider = Hider(contract, registry, settings)
    files = [replace(file, name=hider.text(file.name)) for file in files]
    shutil.rmtree(_opened(settings), ignore_errors=True)  # what a killed run left
    repeats = _repeats(con, contract.feed)
    new = new_files(con, contract.feed, files, is_stale)
    new += _kept_files(con, contract.feed, settings, {file.name for file in files}, read_by)
    new.sort(key=lambda file: (file.name, file.bytes, file.modified_ns) in repeats)  # the first of its bytes first
    ready = _settled(new, contract, settings)
    landed = Landed([], [file.name for file in new if file not in ready])
    for file in ready:
        if (file.name, file.bytes, file.modified_ns) in repeats and not new_files(con, contract.feed, [file], is_stale):
            continue  # the first of its bytes was read again just now
        line = LedgerLine(
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
            line = replace(line, sha256=content_hash(file.path))
            done = _land_file(con, contract, registry, settings, file, line, hider)
        except (OSError, MemoryError, NotReadableHere) as error:
            if not file.path.exists():
                continue  # it was taken away while we looked
            problem = _problem(error)
            landed.problems[file.name] = problem
            done = _note_problem(con, replace(line, status="rejected", error=problem, read_by=""))
            landed.left.append(file.name)
        else:
            if done is None:
                landed.left.append(file.name)
        if done:
            landed.lines.append(done)
    _heed_sidecars(con, contract, [file for file in files if file.sidecar and file not in new])
    return landed


def _is_stale(feed: str, read_by: str) -> str:
    """SQL: a line whose file is to be read again.

    It was read otherwise than it would be now, or rejected under what is no longer so. A file sent again counts as its
    bytes' first delivery does: that may have left the inbox. A line read by '' is always stale.
    """
    source = literal(read_by.partition(":")[0])
    own = (
        f"(status = 'rejected' and read_by <> {literal(read_by)})"
        f" or (status in ('landed', 'held') and split_part(read_by, ':', 1) <> {source})"
    )
    first = f"select sha256 from ops.file_ledger where feed = {literal(feed)} and ({own})"
    return f"{own} or (status = 'repeat' and sha256 in ({first}))"


def _repeats(con: duckdb.DuckDBPyConnection, feed: str) -> set[tuple[str, int, int]]:
    """Name, size and time of the files that were sent again."""
    return set(
        con.execute(
            "select file, bytes, modified_ns from ops.file_ledger where feed = ? and status = 'repeat'", [feed]
        ).fetchall()
    )


def _land_file(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    registry: Registry,
    settings: Settings,
    file: InboxFile,
    line: LedgerLine,
    hider: Hider,
) -> LedgerLine | None:
    """Land one file; None where it changed while it was read. Raises only what is the machine's fault."""
    earlier = earlier_line(con, contract.feed, line.sha256)
    if earlier:
        if earlier.read_by == line.read_by or (
            earlier.status != "rejected" and earlier.read_by.partition(":")[0] == line.read_by.partition(":")[0]
        ):
            if not is_unchanged(file):
                return None
            return _record(con, replace(line, status="repeat", declared_rows=None))
        # read otherwise than it would be now: it is read again, and counts for the day it came
        line = replace(line, received_on=earlier.received_on, landed_at=earlier.landed_at)
        if file.sidecar is None and contract.control.sidecar:  # a kept copy has none
            line = replace(line, declared_rows=_declared_before(con, line))
    folder = settings.raw_dir / contract.feed
    raw, problem = _read(contract, registry, settings, file, line, hider)
    try:
        if not is_unchanged(file):
            return None
        if problem:
            note = _keep_copy(contract, registry, settings, file, line, hider)
            line = replace(line, status="rejected", error=problem + note)
            _record(con, line)
            for path in raw_files(folder, line.sha256):  # of when it could be read
                path.unlink()
            return line
        line = replace(
            line,
            rows=raw.rows,
            format=", ".join(raw.formats) or None,
            encoding=", ".join(raw.encodings) or None,
            delimiter=raw.delimiters[0] if raw.delimiters else None,
            members=tuple(raw.members),
        )
        if not raw.members:
            line = replace(line, status="rejected", error="the file holds no table; fix: export it again")
        if raw.unread:
            _keep_copy(contract, registry, settings, file, line, hider)
        if earlier and raw_files(folder, line.sha256):  # a run killed while old and new files are mixed reads it again
            con.execute(
                "update ops.file_ledger set read_by = '' where feed = ? and sha256 = ? and status <> 'repeat'",
                [line.feed, line.sha256],
            )
        raw.commit()
        _record(con, line)
        if raw.members and not raw.unread:
            for copy in copies(settings.quarantine_dir / contract.feed, line.sha256):
                copy.unlink()
        return line
    finally:
        raw.discard()


def _read(
    contract: Contract, registry: Registry, settings: Settings, file: InboxFile, line: LedgerLine, hider: Hider
) -> tuple[RawFile, str | None]:
    """What was written of a file, without names yet; or why it cannot be read."""
    folder = settings.raw_dir / contract.feed
    options = read_options(contract, registry, settings)
    assert options.workdir is not None
    hider.found = False
    try:
        shutil.rmtree(options.workdir, ignore_errors=True)  # what a killed run left
        options.workdir.mkdir(parents=True)
        # closed before the folder is removed: what is open keeps its space
        with closing(hider.members(open_file(file.path, options))) as members:
            return write_parts(folder, members, Lineage(file.name, line.sha256, line.landed_at)), None
    except Exception as error:  # one bad file must not stop the others; the line of the ledger says what it was
        if is_machine_fault(error):
            raise
        return RawFile(folder, line.sha256), str(clean_error(error, "the file cannot be read"))
    finally:
        shutil.rmtree(options.workdir, ignore_errors=True)


def _record(con: duckdb.DuckDBPyConnection, line: LedgerLine) -> LedgerLine:
    """Write a line in the place of those that said the file could not be opened, or that it was sent again."""
    with transaction(con):
        con.execute(
            """delete from ops.file_ledger where feed = ? and file = ?
            and (sha256 = '' or (status = 'repeat' and sha256 = ? and bytes = ? and modified_ns = ?))""",
            [line.feed, line.file, line.sha256, line.bytes, line.modified_ns],
        )
        write_line(con, line)
    return line


def _problem(error: Exception) -> str:
    """Why the machine could not read a file, in words of ours."""
    if isinstance(error, NotReadableHere):
        return str(error)
    if isinstance(error, PermissionError):
        return "the file cannot be opened (PermissionError); fix: let the run's user read it"
    what = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
    return f"the machine could not read it ({what}); fix: see to the disk and the memory, the next run reads it again"


def _note_problem(con: duckdb.DuckDBPyConnection, line: LedgerLine) -> LedgerLine | None:
    """Let the ledger say why a file could not be read, in a way that it is read again; None where it says so already.

    What landed of the same bytes before stays.
    """
    if line.sha256 and earlier_line(con, line.feed, line.sha256):
        con.execute(
            "update ops.file_ledger set error = ?, read_by = '' where feed = ? and sha256 = ? and status = 'rejected'",
            [line.error, line.feed, line.sha256],
        )
        return None
    said = con.execute(
        """select 1 from ops.file_ledger
        where feed = ? and file = ? and sha256 = '' and bytes = ? and modified_ns = ? and error = ?""",
        [line.feed, line.file, line.bytes, line.modified_ns, line.error],
    ).fetchall()
    return None if said and not line.sha256 else _record(con, line)


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def received_on(contract: Contract, name: str, settings: Settings) -> date:
    """The business date of a delivery: what its name says where the contract reads it, else the day it lands."""
    if contract.received_on and (hit := re.search(contract.received_on.file, name)) and hit["date"]:
        try:
            return datetime.strptime(hit["date"], contract.received_on.format).date()
        except ValueError:
            pass  # a name that only looks dated, such as 20261399
    return settings.business_date


# --- sidecars ----------------------------------------------------------------------------------------------------


def _settled(files: Sequence[InboxFile], contract: Contract, settings: Settings) -> list[InboxFile]:
    """The files that nobody is writing to, nor to their sidecars. An empty sidecar that is to say something is none."""
    beside = []
    for file in files:
        if file.sidecar:
            with suppress(OSError):
                state = file.sidecar.stat()
                if state.st_size or contract.control.rows is None:
                    beside.append(InboxFile(file.name, file.sidecar, state.st_size, state.st_mtime_ns))
    still = {file.path for file in settled([*files, *beside], settings.settle_s)}
    return [file for file in files if file.path in still and (file.sidecar is None or file.sidecar in still)]


def _sidecar_rows(contract: Contract, file: InboxFile) -> int | None:
    """The rows that the file's sidecar declares."""
    if file.sidecar is None or contract.control.rows is None:
        return None
    with suppress(OSError), file.sidecar.open("rb") as sidecar:
        head = sidecar.read(SIDECAR_BYTES)
        for encoding in ("utf-8-sig", "gb18030"):
            with suppress(UnicodeDecodeError):
                if (rows := declared_rows(contract.control.rows, head.decode(encoding))) is not None:
                    return rows
    return None


def _declared_before(con: duckdb.DuckDBPyConnection, line: LedgerLine) -> int | None:
    """The rows that the sidecar declared when the same bytes came first."""
    found: list[tuple[int | None]] = con.execute(
        "select declared_rows from ops.file_ledger where feed = ? and sha256 = ? and status <> 'repeat'",
        [line.feed, line.sha256],
    ).fetchall()
    return found[0][0]


def _heed_sidecars(con: duckdb.DuckDBPyConnection, contract: Contract, files: Iterable[InboxFile]) -> None:
    """Have a delivery that disagrees with its sidecar judged again where the sidecar now says something else."""
    for file in files:
        for sha256, declared in con.execute(
            """select sha256, declared_rows from ops.file_ledger where feed = ? and file = ? and bytes = ? and modified_ns = ?
            and control_error is not null and status <> 'repeat'""",
            [contract.feed, file.name, file.bytes, file.modified_ns],
        ).fetchall():
            rows = _sidecar_rows(contract, file)
            if rows is None or rows == declared:
                continue
            this = "feed = ? and sha256 = ?"
            with transaction(con):
                con.execute(f"delete from ops.batch_gate where {this}", [contract.feed, sha256])
                con.execute(
                    f"""update ops.file_ledger set declared_rows = ?, contract_hash = null
                    where {this} and status <> 'repeat'""",
                    [rows, contract.feed, sha256],
                )


# --- copies of what cannot be read -------------------------------------------------------------------------------


def _keep_copy(
    contract: Contract, registry: Registry, settings: Settings, file: InboxFile, line: LedgerLine, hider: Hider
) -> str:
    """Keep a copy of a file, sealed where it holds or may hold a secret; give what the ledger says of that."""
    if file.path.parent == _opened(settings):
        return ""  # it is kept, sealed
    secret = hider.found or secret_fields(registry.fields).keys() & contract.fields.keys() or shows_secrets(file.path)
    key = load_key(settings) if secret else None
    keep_copy(file.path, Path(file.name).name, settings.quarantine_dir / contract.feed, line.sha256, key)
    return "; its copy is sealed, for it may hold identity numbers: look at the original" if secret else ""


def _opened(settings: Settings) -> Path:
    """Where sealed copies lie open while they are read again."""
    return settings.raw_dir.parent / "opened"


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
        whole = [path for path in copies(settings.quarantine_dir / feed, sha256) if is_whole(path, size)]
        if name not in present and whole:
            path = whole[0]
            if path.suffix == SEALED:
                path = _opened(settings) / path.name.removesuffix(SEALED)
                try:
                    unseal(whole[0], path, load_key(settings))
                except CcdataError:
                    continue  # without its key it stays rejected
            kept.append(InboxFile(name, path, size, path.stat().st_mtime_ns))
    return kept
