"""What every test has: an environment without settings of this machine, the registry once, and a world of its own."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ccdata_assets.cli import GARBAGE
from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets_tests.shared import shared_dir
from ccdata_assets_tests.world import World, make_settings

gc.set_threshold(*GARBAGE)
settings.register_profile(
    "ccdata",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("ccdata")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine() -> Iterator[None]:
    """A CCDATA_* variable of the person who runs the tests changes no result."""
    # a patch of its own: a test's own is then undone before its home is removed, which needs an os.scandir that works
    with pytest.MonkeyPatch.context() as environment:
        for name in os.environ:
            if name.startswith("CCDATA_") and name != "CCDATA_SHARED":
                environment.delenv(name)
        yield


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The shipped declarations."""
    return load_registry()


@pytest.fixture(scope="session")
def fresh_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home with an empty, migrated warehouse, to copy: migrations run once for all tests."""
    made = World(make_settings(tmp_path_factory.mktemp("fresh")))
    made.contract()
    with made.warehouse():
        return made


@pytest.fixture
def world(tmp_path: Path, fresh_world: World) -> World:
    """An empty home in which the feed `directory` is declared beside the shipped ones."""
    made = World(make_settings(tmp_path / "home"), fresh_world.registry)
    made.settings.warehouse_path.parent.mkdir(parents=True)
    shutil.copyfile(fresh_world.settings.warehouse_path, made.settings.warehouse_path)
    return made


@pytest.fixture(scope="session")
def csv_spectrum() -> Path:
    """The public CSV test files; a test that needs them is skipped where they are absent."""
    return shared_dir() / "data" / "csv" / "csv-spectrum"
