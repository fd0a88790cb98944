"""The unit tests of the dbt project, which runs leave out: here they run on a warehouse without rows."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ccdata_assets.orchestration.dbt import DBT, dbt_environment
from ccdata_assets.resolution.entities import resolve
from ccdata_assets.resolution.rules import load_rules
from ccdata_assets.warehouse.declared import write_declared
from ccdata_assets.warehouse.staging import create_views
from ccdata_assets_tests.world import World, write_party_records


def dbt(world: World, scratch: Path, command: str, *options: str) -> str:
    """Run dbt on the world's warehouse, its own files in `scratch`; its output."""
    done = subprocess.run(
        [
            *(DBT, "--no-use-colors", "--log-level-file", "none", command, *options),
            *("--project-dir", str(world.settings.dbt_dir)),
            *("--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs")),
        ],
        env={**os.environ, **dbt_environment(world.settings)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"dbt {command} failed; its output:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_the_unit_tests_of_dbt_pass(world: World, tmp_path: Path) -> None:
    with world.warehouse() as con:
        create_views(con, world.registry)
        write_declared(con, world.registry)
        write_party_records(con, [])
        resolve(con, load_rules(), world.settings, "run")
    # a unit test reads the columns of its model and of what that reads from their tables, so all must exist
    dbt(world, tmp_path, "build", "--empty", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    output = dbt(world, tmp_path, "test", "--select", "test_type:unit")
    results = json.loads((tmp_path / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    statuses = [result["status"] for result in results]
    assert len(statuses) >= 6, f"dbt ran {len(statuses)} unit tests; its output:\n{output}"
    assert set(statuses) == {"pass"}, f"not every unit test passed; dbt's output:\n{output}"
