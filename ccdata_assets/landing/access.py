"""access (being written)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ccdata_assets.landing.rows import Member, ReadOptions, UnreadableFile


def open_access(path: Path, options: ReadOptions) -> Iterator[Member]:
    raise UnreadableFile("access cannot be read yet")
