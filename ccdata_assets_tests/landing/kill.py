"""What test_kill.py runs in processes of its own, to kill them: everything up to the gate, for one home."""

from __future__ import annotations

from pathlib import Path

from ccdata_assets.contracts.registry import load_registry
from ccdata_assets_tests.world import World, make_settings, write_contract

FEEDS = {"directory": {}, "corrected": {"replaces": "file"}, "archives": {}}
"""Feeds of the test with what is special about their contracts."""


def declare(folder: Path) -> None:
    """Write the contracts of the test's feeds."""
    for feed, changes in FEEDS.items():
        write_contract(folder, {"feed": feed, "source": {"files": f"{feed}/*"}, **changes})


def bring_up(home: Path, contracts: Path) -> None:
    """Land and judge all that is new of the test's feeds."""
    world = World(make_settings(home), load_registry([contracts]))
    for feed in FEEDS:
        world.stage(feed)
