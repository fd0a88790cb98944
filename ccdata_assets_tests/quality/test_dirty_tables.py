"""Rules written from the domain find what is wrong in public dirty tables; the clean ones score and do nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.dirty.__main__ import ASKED, score, wrong_cells
from benchmarks.dirty.delivery import find_cells
from ccdata_assets_tests.shared import shared_dir


def test_a_score_counts_cells_once() -> None:
    right, wrong, missed = (2, "city"), (3, "city"), (4, "city")
    assert score({right, wrong}, {right, missed}) == (0.5, 0.5, 0.5)
    assert score(set(), set()) == (1.0, 1.0, 1.0)
    assert score({right}, set()) == (0.0, 1.0, 0.0)


def test_the_clean_file_must_hold_the_same_rows(tmp_path: Path) -> None:
    (tmp_path / "dirty.csv").write_text("id,city\n1,a\n2,b\n", encoding="utf-8")
    (tmp_path / "clean.csv").write_text("Id,City\n1,a\n2,c\n", encoding="utf-8")
    assert wrong_cells(tmp_path / "dirty.csv", tmp_path / "clean.csv") == {(3, "city")}
    (tmp_path / "clean.csv").write_text("Id,City\n2,a\n1,c\n", encoding="utf-8")
    with pytest.raises(ValueError, match="same rows"):
        wrong_cells(tmp_path / "dirty.csv", tmp_path / "clean.csv")


@pytest.mark.parametrize("name", ASKED)
def test_declared_rules_find_what_is_asked(name: str, tmp_path: Path) -> None:
    folder = shared_dir() / "data" / "dirty" / name
    found = {cell for _, cell in find_cells(name, folder / "dirty.csv", tmp_path)}
    f1 = score(found, wrong_cells(folder / "dirty.csv", folder / "clean.csv"))[2]
    assert f1 >= ASKED[name], "run python -m benchmarks.dirty to see which rule finds less"
