"""The published copy of the sample: one run for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ccdata_assets_tests.integration.runs import run


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the sample was run on a day when some suppliers are late; only its quarter and year have reports,
    as no test here reads any."""
    home = tmp_path_factory.mktemp("sample") / "home"
    code, _, text = run(home, "--sample", "--as-of", "2026-11-20", env={"CCDATA_HISTORY_FROM": "2026-12"})
    assert code == 0, text
    return home


@pytest.fixture
def sample(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published copy of the sample, as a reader opens it."""
    with duckdb.connect(str(sample_home / "published" / "ccdata.duckdb"), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        yield con
