"""The published copy of the sample: one run for all tests of this folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

CCDATA = str(Path(sys.executable).with_name("ccdata"))


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the sample was run on a day when some suppliers are late; its reports are of one month, as no test here reads
    them."""
    home = tmp_path_factory.mktemp("sample") / "home"
    done = subprocess.run(
        [CCDATA, "run", "--home", str(home), "--sample", "--as-of", "2026-11-20", "--json"],
        capture_output=True, text=True, timeout=900, check=False,
        env={**os.environ, "CCDATA_HISTORY_FROM": "2026-11"},
    )  # fmt: skip
    assert done.returncode == 0, f"the run of the sample failed:\n{json.loads(done.stdout)['errors']}\n{done.stderr}"
    return home


@pytest.fixture
def sample(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published copy of the sample, as a reader opens it."""
    with duckdb.connect(str(sample_home / "published" / "ccdata.duckdb"), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        yield con
