"""What test_kill.py runs in processes of its own, to kill them: everything up to the gate, for one home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.landing.inbox import scan_inbox
from ccdata_assets.landing.land import land_feed
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect
from ccdata_assets.warehouse.gate import account, decide, mark
from ccdata_assets.warehouse.staging import stage_feed
from ccdata_assets_tests.world import make_settings, write_contract

FEEDS: dict[str, dict[str, Any]] = {"directory": {}, "corrected": {"replaces": "file"}, "archives": {}}
"""Feeds of the test with what is special about their contracts."""
CORRECTION = "correction.csv"
"""In a home: the second delivery of corrected/day.csv, until the first one has landed."""


def declare(folder: Path) -> tuple[Registry, Registry]:
    """The contracts of the test's feeds; the second ones read archives otherwise."""
    both = []
    for name, archives in (("first", {}), ("second", {"delimiter": ","})):
        for feed, changes in FEEDS.items():
            source = {"files": f"{feed}/*", **(archives if feed == "archives" else {})}
            write_contract(folder / name, {"feed": feed, "source": source, **changes})
        both.append(load_registry([folder / name]))
    return both[0], both[1]


def bring_up(home: Path, first: Registry, second: Registry) -> None:
    """Land and judge all that is new of the test's feeds; then the correction and what is to be read again."""
    settings = make_settings(home)
    correction = home / CORRECTION
    with connect(settings) as con:
        if correction.exists():
            _stage_all(con, first, settings)
            correction.replace(settings.inbox_dir / "corrected" / "day.csv")
        _stage_all(con, second, settings)


def _stage_all(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> None:
    """`World.stage` of every feed, on one connection."""
    for feed in FEEDS:
        contract = registry.feeds[feed]
        files = scan_inbox(settings.inbox_dir, registry).by_feed[feed]
        land_feed(con, contract, registry, settings, files, "run")
        stage_feed(con, contract, registry, settings)
        decide(con, contract, settings, account(con, contract, settings), [], "run")
        mark(con, contract)
