"""A warehouse for the tests of resolution, which need no home."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from ccdata_assets_tests.resolution.runs import golden_warehouse


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with golden_warehouse() as con:
        yield con
