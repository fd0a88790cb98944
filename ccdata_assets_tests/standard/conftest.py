"""The dictionaries, read on values a test gives: the same SQL that dbt runs, rendered without dbt.

What a dictionary should say belongs in the tests. `integration/test_dbt.py` shows that dbt compiles the same.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ccdata_assets.standard.dictionaries import Dictionaries
from ccdata_assets_tests.shared import shared_dir

REPOSITORY = Path(__file__).resolve().parents[2]
DBT_PROJECT = REPOSITORY / "dbt_project"

Row = dict[str, Any]
Standardise = Callable[[str, Iterable[str]], dict[str, Row]]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of labelled and real data; a test that needs it is skipped where it is absent."""
    return shared_dir() / "data"


@pytest.fixture(scope="session")
def dictionaries() -> Dictionaries:
    """The project's dictionaries in memory."""
    return Dictionaries(DBT_PROJECT)


@pytest.fixture(scope="session")
def standardise(dictionaries: Dictionaries) -> Standardise:
    """A function (dictionary, raw values) -> {raw: row}, where dictionary is the name of a model in models/standard."""

    def run(dictionary: str, raws: Iterable[str]) -> dict[str, Row]:
        values = sorted(set(raws))
        result = dictionaries.read(dictionary, values)
        columns = result.columns
        rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        assert sorted(row["raw"] for row in rows) == values, f"{dictionary} must give one row for each value"
        return {row["raw"]: row for row in rows}

    return run
