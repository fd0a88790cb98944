"""Whether anything has changed since the last run: where nothing has, another would find nothing to do.

A run that ended well notes what it began with (inbox, contracts, settings, code, business date) and what it left behind. The
next one that finds all of that as it was ends at once. What a run cannot see (a database that a feed reads) or did not do
(a file that somebody still wrote) keeps it from noting anything; so does whoever writes the warehouse before its reports are made.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path

from ccdata_assets.orchestration.summary import RunSummary
from ccdata_assets.project import Project
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.state import code_hash

NOTHING_NEW = ("dagster", "lake", "inbox")
"""Folders of the home whose files say nothing of a run's results: the history, which commands write too, what the ledger
lists file by file, and what a run reads."""


def inputs(settings: Settings) -> str:
    """Hash of what a run depends on, to be taken before it reads anything."""
    declared = settings.model_dump(mode="json", exclude={"now", "secret_key"})
    said = json.dumps([code_hash(), declared, settings.business_date], default=str, sort_keys=True)
    return _hash(
        [said.encode(), *_files(settings.inbox_dir), *(line for d in settings.contract_dirs for line in _files(d))]
    )


def warehouse_state(settings: Settings) -> str:
    """Hash of the warehouse's size and time: it changes with whatever is written."""
    return _hash(_files(settings.warehouse_path))


def note_end(project: Project, began_with: str, warehouse: str, summary: RunSummary) -> None:
    """Remember how a run that did all there was to do leaves everything; `warehouse`: its state when the run let go of it."""
    settings = project.settings
    sees_all = all(feed.files for feed in project.registry.feeds.values())
    if not sees_all or summary.exit_code or summary.left or warehouse_state(settings) != warehouse:
        return
    noted = {"inputs": began_with, "results": _results(settings), "summary": vars(summary)}
    _note(settings).write_text(json.dumps(noted, ensure_ascii=False, default=str), encoding="utf-8")


def forget_end(settings: Settings) -> None:
    """A run begins: only its own end counts."""
    _note(settings).unlink(missing_ok=True)


def last_end(settings: Settings, began_with: str) -> RunSummary | None:
    """The summary of the last run, without what it did, where everything is as it left it; else None."""
    try:
        noted = json.loads(_note(settings).read_text(encoding="utf-8"))
        if (noted["inputs"], noted["results"]) != (began_with, _results(settings)):
            return None
        told = {field.name: noted["summary"][field.name] for field in fields(RunSummary)}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    nothing: dict[str, object] = {"files": [], "reviews": [], "months": [], "periods": []}
    return RunSummary(**{**told, **nothing, "incidents_opened": 0, "rebuilt": False})


def _note(settings: Settings) -> Path:
    return settings.dagster_home / "last_end.json"


def _results(settings: Settings) -> str:
    """Hash of what runs write: warehouse, published copy, reports, review workbook, kits, adopted models."""
    places = sorted(settings.home.iterdir()) if settings.home.is_dir() else []
    return _hash(line for place in places if place.name not in NOTHING_NEW for line in _files(place))


def _files(place: Path) -> Iterator[bytes]:
    """Path, size and time of each file below a folder, or of the file itself; links as what they lead to."""
    paths: Iterable[Path] = [place]
    if place.is_dir():
        paths = (Path(folder, name) for folder, _, names in os.walk(place) for name in names)
    for path in paths:
        try:
            state = path.stat()
        except OSError:
            continue  # gone, or a link to nothing
        yield b"%b|%d|%d" % (os.fsencode(path), state.st_size, state.st_mtime_ns)


def _hash(lines: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\n".join(sorted(lines))).hexdigest()
