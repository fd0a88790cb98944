"""What lies in the inbox: files by feed, in a fixed order, and what no feed reads. Nothing is opened here: whether
somebody still writes to a file is read from the system's list of open files."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from ccdata_assets.contracts.registry import Registry

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", ".temp", ".swp", ".lock", ".upload")
"""Endings under which programs write a file that gets its name when it is whole."""
REVIEWS = "steward_review"
"""Folder of the inbox for workbooks that stewards filled in; it is no feed's."""
PROCESSES = "/proc"
"""Where Linux lists processes and what each has open."""


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
    """Files by feed; those that belong to none and no steward filled in, what cannot be read or leads out of the inbox (folders, files, links),
    and those that wait for their sidecar."""

    by_feed: dict[str, list[InboxFile]]
    unclaimed: list[InboxFile]
    refused: list[str] = field(default_factory=list)
    reviews: list[InboxFile] = field(default_factory=list)
    """Workbooks that stewards filled in."""
    waiting: list[str] = field(default_factory=list)


def scan_inbox(folder: Path, registry: Registry, feed: str | None = None) -> Inbox:
    """Look through the inbox, hidden and unfinished files left aside; an absent folder is an empty inbox.

    With `feed` only through the folders where its files can lie, and only at those.
    """
    inbox = Inbox({name: [] for name in registry.feeds}, [])
    root = folder.resolve()
    starts = [re.split(r"[*?[]", glob)[0] for glob in registry.feeds[feed].files] if feed else [""]
    for path in _paths(folder, starts, inbox.refused):
        name = file_name(path.relative_to(folder))
        contract = registry.feed_of(name)
        if feed and (contract is None or contract.feed != feed):
            continue
        try:
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                inbox.refused.append(name)
                continue
            state = path.stat()
        except FileNotFoundError:
            continue  # taken away while we looked, or a link to nothing
        except (OSError, RuntimeError):  # the latter for links that lead round in a circle
            inbox.refused.append(name)
            continue
        if not stat.S_ISREG(state.st_mode):
            continue
        file = InboxFile(name, path, state.st_size, state.st_mtime_ns)
        if contract is None:
            if name.startswith(f"{REVIEWS}/"):
                inbox.reviews.append(file)
            elif not _is_sidecar(name, registry):
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


def _is_sidecar(name: str, registry: Registry) -> bool:
    """True where a feed that expects sidecars would read the file beside it."""
    stem = name.rpartition(".")[0]
    endings = {ending: feed for feed in registry.feeds.values() if (ending := feed.control.sidecar)}
    return any(
        name.endswith(ending)
        and any(fnmatch(stem, glob) or fnmatch(f"{stem}{Path(glob).suffix}", glob) for glob in feed.files)
        for ending, feed in endings.items()
    )


def _paths(folder: Path, starts: Sequence[str], refused: list[str]) -> list[Path]:
    """All files and links below a folder that are neither hidden nor unfinished; folders behind links are not entered,
    nor those in which no name begins as one of `starts`. Folders that cannot be read are added to `refused`."""
    found: list[Path] = []
    places = [folder]
    while places:
        place = places.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    path = place / entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if _may_hold(path.relative_to(folder), starts):
                            places.append(path)
                    elif not entry.name.startswith("~$") and not entry.name.lower().endswith(UNFINISHED):
                        found.append(path)
        except FileNotFoundError:
            continue  # there is no inbox yet, or the folder was taken away while we looked
        except OSError:
            refused.append(folder.name if place == folder else file_name(place.relative_to(folder)))
    return sorted(found)


def _may_hold(folder: Path, starts: Sequence[str]) -> bool:
    """True where the name of a file below the folder can begin as one of `starts`, in whatever way `file_name` reads it."""
    raw = os.fsencode(f"{folder.as_posix()}/")
    names = (raw.decode("utf-8", "backslashreplace"), raw.decode("gb18030", "replace"))
    return any(name.startswith(start) or start.startswith(name) for name in names for start in starts)


def file_name(path: Path) -> str:
    """A path as text for people and for the ledger, whatever bytes the disk has for it."""
    return "/".join(_part_name(os.fsencode(part)) for part in path.parts)


def _part_name(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("utf-8", "backslashreplace")


def settled(files: Iterable[InboxFile], settle_s: float, wait: bool = True) -> list[InboxFile]:
    """The files nobody is writing to: unchanged for `settle_s` seconds and not open for writing.

    Waits until the youngest file is that old, at most `settle_s` seconds; without `wait` young files are left out.
    A file from the future has no age: it is waited for, and not left out.
    """
    files = list(files)
    ages = [time.time() - file.modified_ns / 1e9 for file in files]
    if wait and (young := [age for age in ages if age < settle_s]):
        time.sleep(min(settle_s, settle_s - min(young)))
    elif not wait:
        files = [file for file, age in zip(files, ages, strict=True) if age >= settle_s or age < -settle_s]
    written = _being_written(files)
    return [file for file in files if file not in written and is_unchanged(file)]


def is_unchanged(file: InboxFile) -> bool:
    """True where the file is still as the scan saw it."""
    try:
        state = file.path.stat()
    except OSError:
        return False
    return (state.st_size, state.st_mtime_ns) == (file.bytes, file.modified_ns)


def _being_written(files: Iterable[InboxFile]) -> set[InboxFile]:
    """Those that a process has open for writing, as far as this system shows it: in one pass over what all processes
    have open. A user sees the own processes, root sees all; those on other machines nobody.

    A read lease would ask the kernel, but whoever then opens the file has a signal sent here, and network folders refuse it.
    """
    asked: dict[tuple[int, int], list[InboxFile]] = {}
    for file in files:
        with suppress(OSError):
            asked.setdefault(_inode(file.path.stat()), []).append(file)
    written: set[InboxFile] = set()
    for process in (entry for entry in _entries(PROCESSES) if asked and entry.name.isdigit()):
        for opened in _entries(f"{process.path}/fd"):
            with suppress(OSError):  # closed while we looked
                found = asked.get(_inode(opened.stat()), [])
                if found and _is_for_writing(Path(process.path, "fdinfo", opened.name)):
                    written.update(found)
    return written


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []  # of another user, ended while we looked, or a system without this list


def _inode(state: os.stat_result) -> tuple[int, int]:
    return state.st_dev, state.st_ino


def _is_for_writing(fdinfo: Path) -> bool:
    """What the system says of an open file: its flags are octal."""
    flags = re.search(r"^flags:\s*([0-7]+)", fdinfo.read_text(encoding="ascii"), re.MULTILINE)
    return flags is not None and int(flags[1], 8) & (os.O_WRONLY | os.O_RDWR) != 0
