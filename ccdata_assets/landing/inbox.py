"""What lies in the inbox: files by feed, in a fixed order, and files no feed reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ccdata_assets.contracts.registry import Registry


@dataclass(frozen=True)
class InboxFile:
    """One file as it lies in the inbox; `name` is its path below it, with forward slashes."""

    name: str
    path: Path
    bytes: int
    modified_ns: int


@dataclass(frozen=True)
class Inbox:
    """Files by feed, and those that belong to none."""

    by_feed: dict[str, list[InboxFile]]
    unclaimed: list[InboxFile]


def scan_inbox(folder: Path, registry: Registry) -> Inbox:
    """Look through the inbox, hidden files and links out of it left aside; an absent folder is an empty inbox."""
    by_feed: dict[str, list[InboxFile]] = {feed: [] for feed in registry.feeds}
    unclaimed: list[InboxFile] = []
    root = folder.resolve()
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        relative = path.relative_to(folder)
        if (
            any(part.startswith(".") for part in relative.parts)
            or not path.is_file()
            or not path.resolve().is_relative_to(root)
        ):
            continue
        state = path.stat()
        file = InboxFile(relative.as_posix(), path, state.st_size, state.st_mtime_ns)
        contract = registry.feed_of(file.name)
        (by_feed[contract.feed] if contract else unclaimed).append(file)
    return Inbox(by_feed, unclaimed)
