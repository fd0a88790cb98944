"""Runs the compiled SQL of the real dictionaries on values a test gives. What a dictionary should say belongs in the tests.

dbt runs once a session, on an empty staged table in a temporary database; each test then fills `staged.value` and runs the
SQL that dbt compiled, which is the same statement a first run would execute.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import pytest

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
def standardise(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Standardise]:
    """A function (dictionary, raw values) -> {raw: row}, where dictionary is the name of a model in models/standard."""
    scratch = tmp_path_factory.mktemp("standard")
    project, warehouse = scratch / "project", scratch / "scratch.duckdb"
    # only what the dictionaries need: they read nothing but the seeds and staged.value, and dbt parses less
    for part in ("dbt_project.yml", "profiles.yml", "models/sources.yml"):
        (project / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DBT_PROJECT / part, project / part)
    for part in ("macros", "seeds", "models/standard"):
        shutil.copytree(DBT_PROJECT / part, project / part)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema staged")
        connection.execute("create table staged.value (kind varchar, raw varchar)")

    completed = subprocess.run(
        [
            *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", "build"),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs")),
        ],
        env=os.environ | {"CCDATA_WAREHOUSE": str(warehouse), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, f"dbt could not build the dictionaries:\n{completed.stdout[-3000:]}"

    compiled = scratch / "target" / "compiled" / "ccdata" / "models" / "standard"
    connection = duckdb.connect(str(warehouse))

    def run(dictionary: str, raws: Iterable[str]) -> dict[str, Row]:
        connection.execute("delete from staged.value")
        values = sorted(set(raws))
        connection.execute("insert into staged.value select ?, unnest(?::varchar[])", [dictionary, values])
        result = connection.execute((compiled / f"{dictionary}.sql").read_text(encoding="utf-8"))
        columns = [column[0] for column in result.description]
        rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        assert sorted(row["raw"] for row in rows) == values, f"{dictionary} must give one row for each value"
        return {row["raw"]: row for row in rows}

    yield run
    connection.close()
