"""When another run would find nothing to do, and when it would."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ccdata_assets.orchestration import idle
from ccdata_assets.orchestration.summary import RunSummary
from ccdata_assets.project import Project, load_project
from ccdata_assets.settings import Settings
from ccdata_assets_tests.world import make_settings

DONE = RunSummary("a run", True, False, [], 3, 1, files=[{"status": "landed"}], months=["2026-01"], rebuilt=True)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home as a run leaves it, with a contract folder and an inbox of its own."""
    (tmp_path / "contracts").mkdir()
    made = make_settings(tmp_path / "home").model_copy(
        update={"inbox": tmp_path / "inbox", "contracts": str(tmp_path / "contracts"), "now": "2026-01-31"}
    )
    for path in (
        made.inbox_dir / "call_log" / "a.csv",
        made.warehouse_path,
        made.published_path,
        made.reports_dir / "index.html",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as it was")
    made.dagster_home.mkdir()
    return made


def project_of(settings: Settings) -> Project:
    return replace(load_project(), settings=settings)


def note(settings: Settings, summary: RunSummary = DONE) -> None:
    idle.note_end(project_of(settings), idle.inputs(settings), idle.warehouse_state(settings), summary)


def last(settings: Settings) -> RunSummary | None:
    return idle.last_end(settings, idle.inputs(settings))


def test_where_nothing_has_changed_the_last_summary_is_told_without_what_was_done(settings: Settings) -> None:
    assert last(settings) is None, "no run has ended"
    note(settings)
    found = last(settings)
    assert found is not None
    assert (found.run_id, found.checks_failed, found.files, found.months, found.is_new) == ("a run", 1, [], [], False)
    idle.forget_end(settings)
    assert last(settings) is None, "a run has begun"


def rewrite(path: Path) -> None:
    path.write_text("otherwise")
    os.utime(path, (1, 1))


CHANGES: dict[str, Callable[[Settings], object]] = {
    "a new file": lambda s: (s.inbox_dir / "call_log" / "b.csv").write_text("b"),
    "a file sent again": lambda s: rewrite(s.inbox_dir / "call_log" / "a.csv"),
    "a file taken away": lambda s: (s.inbox_dir / "call_log" / "a.csv").unlink(),
    "a contract": lambda s: (s.contract_dirs[0] / "own.yaml").write_text("feed: own"),
    "the warehouse": lambda s: rewrite(s.warehouse_path),
    "the published copy": lambda s: s.published_path.unlink(),
    "a report": lambda s: (s.reports_dir / "index.html").unlink(),
    "a model": lambda s: (s.models_dir / "adopted").mkdir(parents=True) or (s.models_dir / "adopted" / "m").write_text(""),
    "the note": lambda s: (s.dagster_home / "last_end.json").write_text("{"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_asks_for_a_run(settings: Settings, change: str) -> None:
    note(settings)
    assert last(settings) is not None
    CHANGES[change](settings)
    assert last(settings) is None


@pytest.mark.parametrize("other", [{"now": "2026-02-01"}, {"time_zone": "Asia/Tokyo"}, {"publish_personal": True}])
def test_another_day_or_setting_asks_for_a_run(settings: Settings, other: dict[str, object]) -> None:
    note(settings)
    later = settings.model_copy(update=other)
    vars(later).pop("as_of", None)
    assert last(later) is None
    assert last(settings) is not None


@pytest.mark.parametrize(
    "summary",
    [replace(DONE, succeeded=False), replace(DONE, files=[{"status": "held"}]), replace(DONE, left={"a": "why"})],
)
def test_a_run_that_did_not_do_everything_is_run_again(settings: Settings, summary: RunSummary) -> None:
    note(settings, summary)
    assert last(settings) is None


def test_who_writes_the_warehouse_before_the_reports_are_made_asks_for_a_run(settings: Settings) -> None:
    began_with, released = idle.inputs(settings), idle.warehouse_state(settings)
    rewrite(settings.warehouse_path)
    idle.note_end(project_of(settings), began_with, released, DONE)
    assert last(settings) is None


def test_a_feed_of_a_database_is_always_asked(settings: Settings) -> None:
    project = project_of(settings)
    name, contract = next(iter(project.registry.feeds.items()))
    of_database = contract.model_copy(update={"source": None})
    registry = replace(project.registry, feeds={**project.registry.feeds, name: of_database})
    idle.note_end(replace(project, registry=registry), idle.inputs(settings), idle.warehouse_state(settings), DONE)
    assert last(settings) is None
