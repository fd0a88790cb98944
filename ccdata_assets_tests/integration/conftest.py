"""A home that several modules go on from."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from ccdata_assets_tests.integration.runs import BEGUN, JANUARY, hospitals, run


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a first file has been run in January; to copy, for a first run takes longer than those after it. The workers of
    a session share it: the first that needs it makes it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    home, made = base / "begun", base / "begun.made"
    with (base / "begun.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(home, ignore_errors=True)  # of a worker that failed to make it
            hospitals(home / "inbox" / "cn_hospitals" / "a.csv", BEGUN)
            code, _, text = run(home, *JANUARY)
            assert code == 0, text
            made.touch()
    return home
