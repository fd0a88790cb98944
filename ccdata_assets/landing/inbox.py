"""What lies in the inbox: files by feed, in a fixed order, and what no feed reads. Nothing is opened here but to ask
whether somebody still writes to it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ccdata_assets.contracts.registry import Registry

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", ".temp", ".swp", ".lock", ".upload")
"""Endings under which programs write a file that gets its name when it is whole."""


@dataclass(frozen=True)
class InboxFile:
    """One file as it lies in the inbox; `name` is its path below it, with forward slashes."""

    name: str
    path: Path
    bytes: int
    modified_ns: int
    sidecar: Path | None = None
    """The file beside it that says what the supplier declares of it, where the contract expects one."""


@dataclass(frozen=True)
class Inbox:
    """Files by feed; those that belong to none, links out of the inbox, and those that wait for their sidecar."""

    by_feed: dict[str, list[InboxFile]]
    unclaimed: list[InboxFile]
    refused: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def scan_inbox(folder: Path, registry: Registry) -> Inbox:
    """Look through the inbox, hidden and unfinished files left aside; an absent folder is an empty inbox."""
    inbox = Inbox({feed: [] for feed in registry.feeds}, [])
    root = folder.resolve()
    for path in _paths(folder):
        name = file_name(path.relative_to(folder))
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            inbox.refused.append(name)
            continue
        try:
            state = path.stat()
        except OSError:
            continue  # taken away while we looked, or a link to nothing
        if not path.is_file():
            continue
        contract = registry.feed_of(name)
        file = InboxFile(name, path, state.st_size, state.st_mtime_ns)
        if contract is None:
            inbox.unclaimed.append(file)
        elif (ending := contract.control.sidecar) is None:
            inbox.by_feed[contract.feed].append(file)
        elif not name.endswith(ending):
            sidecar = next((s for s in (Path(f"{path}{ending}"), path.with_suffix(ending)) if s.is_file()), None)
            if sidecar is None:
                inbox.waiting.append(name)
            else:
                inbox.by_feed[contract.feed].append(InboxFile(name, path, state.st_size, state.st_mtime_ns, sidecar))
    return inbox


def _paths(folder: Path) -> list[Path]:
    """All files and links below a folder that are neither hidden nor unfinished; folders behind links are not entered."""
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        here = Path(place)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [name for name in folders if not name.startswith(".") and name not in links]
        found += [
            here / name
            for name in (*files, *links)
            if not name.startswith((".", "~$")) and not name.lower().endswith(UNFINISHED)
        ]
    return sorted(found)


def file_name(path: Path) -> str:
    """A path as text for people and for the ledger, whatever bytes the disk has for it."""
    raw = os.fsencode(path.as_posix())
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("utf-8", "backslashreplace")


def settled(files: Iterable[InboxFile], settle_s: float, wait: bool = True) -> list[InboxFile]:
    """The files nobody is writing to: unchanged for `settle_s` seconds and not open for writing.

    Waits until the youngest file is that old, at most `settle_s` seconds; without `wait` young files are left out.
    """
    files = list(files)
    ages = [time.time() - file.modified_ns / 1e9 for file in files]
    if wait and (young := [age for age in ages if age < settle_s]):
        time.sleep(min(settle_s, settle_s - min(young)))
    elif not wait:
        files = [file for file, age in zip(files, ages, strict=True) if age >= settle_s]
    return [file for file in files if is_unchanged(file) and not _is_being_written(file.path)]


def is_unchanged(file: InboxFile) -> bool:
    """True where the file is still as the scan saw it."""
    try:
        state = file.path.stat()
    except OSError:
        return False
    return (state.st_size, state.st_mtime_ns) == (file.bytes, file.modified_ns)


def _is_being_written(path: Path) -> bool:
    """True where a process has the file open for writing: only then the system refuses a read lease on it."""
    with suppress(OSError), path.open("rb") as file:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:
            return True
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
