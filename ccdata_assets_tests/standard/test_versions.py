"""The version of a dictionary's rules says when values are read again, so it has to change when the rules do."""

import json
import shutil
from pathlib import Path

import pytest

from ccdata_assets.standard.sql import Project
from ccdata_assets.standard.versions import LOCK, read_lock, rules, unraised

from .conftest import DBT_PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the dbt project that a test may change, its lock fresh."""
    folder = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, folder, ignore=shutil.ignore_patterns("target", "logs"))
    (folder / LOCK).write_text(json.dumps(rules(Project(folder))), encoding="utf-8")
    return Project(folder)


def test_the_lock_is_that_of_the_rules() -> None:
    project = Project(DBT_PROJECT)
    fix = "fix: python -m ccdata_assets.standard.versions"
    assert unraised(project) == [], f"rules changed and their version did not; {fix}"
    assert read_lock(project) == rules(project), f"the lock is old; {fix}"


def test_a_changed_rule_asks_for_its_version(project: Project) -> None:
    model = project.models["postcode"]
    text = model.read_text(encoding="utf-8")
    model.write_text("-- another remark\n\n" + text, encoding="utf-8")
    assert unraised(Project(project.folder)) == []
    model.write_text(text.replace("'missing'", "'nothing'"), encoding="utf-8")
    assert unraised(Project(project.folder)) == ["postcode"]


def test_two_dashes_in_a_pattern_hide_no_change_behind_them(project: Project) -> None:
    model = project.models["postcode"]
    text = model.read_text(encoding="utf-8")
    locks = []
    for pattern in ("-- 1", "-- 2"):
        model.write_text(text.replace("'missing'", f"'{pattern}'"), encoding="utf-8")
        locks.append(rules(Project(project.folder))["postcode"]["hash"])
    assert locks[0] != locks[1]


def test_a_changed_seed_asks_for_the_versions_of_its_readers(project: Project) -> None:
    with project.seeds["area_code"].open("a", encoding="utf-8") as seed:
        seed.write("\n")
    assert "phone" in unraised(Project(project.folder))
    assert "money" not in unraised(Project(project.folder))
