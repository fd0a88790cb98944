"""What tests run in processes of their own, to kill them: everything up to the gate for one home, and the landing of a database's rows."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb

from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.landing import databases
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


def land_database(
    home: Path, registry: Registry, variables: dict[str, str], kill_at: int, ready: Connection | None
) -> None:
    """Land what is new of the database behind the feed `directory`; killed before or after a step of landing, `kill_at` such moments
    from the first on (0: never). Tells `ready` when it begins."""
    os.environ.update(variables)
    moments = 0

    def deadly(function: Callable[..., Any]) -> Callable[..., Any]:
        def pass_moment() -> None:
            nonlocal moments
            moments += 1
            if moments == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            pass_moment()
            result = function(*args, **kwargs)
            pass_moment()
            return result

        return wrapped

    for name in ("_write", "_keep", "write_line", "sort_slice", "write_raw"):
        setattr(databases, name, deadly(getattr(databases, name)))
    if ready is not None:
        ready.send(True)
    settings = make_settings(home)
    with connect(settings) as con:
        databases.land_query(con, registry.feeds["directory"], registry, settings, "run", slice_rows=500)
