"""What was checked once and has not changed since needs no second check: every command loads the contracts, and binding all of
their SQL is most of that. A mark is kept for the user, outside the project, where a folder can be written to."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import duckdb

KEPT = 20
"""Marks of other versions and checkouts that stay."""


def digest(files: Iterable[Path]) -> str:
    """Hash of these files and of the DuckDB that judges them."""
    found = hashlib.sha256(duckdb.__version__.encode())
    for path in sorted(files):
        found.update(path.as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def is_marked(found: str) -> bool:
    """Whether what has this digest was found to be in order before."""
    try:
        return (_folder() / found).exists()
    except (OSError, RuntimeError):  # no home folder, or none that may be read
        return False


def mark(found: str) -> None:
    """Remember that what has this digest is in order; where nothing can be kept it is checked again."""
    try:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
        (folder / found).touch()
    except (OSError, RuntimeError):
        return


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ccdata" / "checked"
