"""Contracts that were found to be in order are not checked again, and those that have changed are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from ccdata_assets.contracts import checked, registry


@pytest.fixture
def feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two of the shipped contracts, on a machine that has checked none."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "feeds"
    folder.mkdir()
    for name in ("call_log", "bank_call"):
        shutil.copy(registry.FEEDS_DIR / f"{name}.yaml", folder)
    return folder


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The feeds of each check that was made."""
    made: list[list[str]] = []
    check = registry._check_feeds

    def counted(found: Any, names: Any, sources: Any) -> Any:
        made.append(list(names))
        return check(found, names, sources)

    monkeypatch.setattr(registry, "_check_feeds", counted)
    return made


def load(feeds: Path) -> list[str]:
    return [str(problem) for problem in registry._shipped.__wrapped__(feeds, "Asia/Shanghai")[2]]


def test_what_has_not_changed_is_checked_once(feeds: Path, looks: list[list[str]]) -> None:
    assert load(feeds) == load(feeds) == []
    assert looks == [["bank_call", "call_log"]]
    with (feeds / "call_log.yaml").open("a", encoding="utf-8") as file:
        file.write("# another word\n")
    assert load(feeds) == []
    assert len(looks) == 2


def test_what_is_wrong_is_told_each_time(feeds: Path, looks: list[list[str]]) -> None:
    path = feeds / "call_log.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("expect:", "expect: no_such_function(1) and", 1), encoding="utf-8")
    first = load(feeds)
    assert first and "call_log.yaml" in first[0]
    assert load(feeds) == first
    assert len(looks) == 2


def test_where_nothing_can_be_kept_it_is_checked_each_time(
    feeds: Path, looks: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load(feeds) == load(feeds) == []
    assert len(looks) == 2


def test_few_marks_are_kept(feeds: Path) -> None:
    for number in range(checked.KEPT + 5):
        checked.mark(f"{number:03d}")
    assert checked.is_marked(f"{checked.KEPT + 4:03d}")
    assert sum(checked.is_marked(f"{number:03d}") for number in range(checked.KEPT + 5)) <= checked.KEPT + 1
