"""`ccdata report`: which periods and moments can be asked for, and what is said where there is nothing to tell."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from ccdata_assets.cli import app
from ccdata_assets.errors import WrongUse
from ccdata_assets.project import load_project
from ccdata_assets_tests.reporting.published import build


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("copy") / "ccdata.duckdb")


@pytest.fixture
def home(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose copy speaks for days from 2 April 2026 on, on 5 April."""
    (tmp_path / "published").mkdir()
    shutil.copy(copy, tmp_path / "published" / "ccdata.duckdb")
    monkeypatch.setenv("CCDATA_HOME", str(tmp_path))
    monkeypatch.setenv("CCDATA_NOW", "2026-04-05")
    load_project.cache_clear()
    yield tmp_path
    load_project.cache_clear()


def report(*words: str) -> Result:
    result = CliRunner().invoke(app, ["report", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("2026-03", "--as-of", "2030-01-01"), "--as-of 2030-01-01, which lies in the future; fix: "),
        (("2026-05", "--as-of", "closing"), "2026-05 closes on 2026-05-31, which lies in the future; fix: "),
        (("1998-12",), "1998-12 lies before 1999-01, .*; fix: set CCDATA_HISTORY_FROM"),
        (("2026-06",), "2026-06 lies in the future; fix: ask for a month up to 2026-04"),
        (("2026-04-06",), "2026-04-06 lies in the future; fix: ask for a day up to 2026-04-05"),
        (("2026-W15",), "2026-W15 lies in the future; fix: ask for a week up to 2026-W14"),
        (("1998-W52",), "1998-W52 lies before 1999-01, .*; fix: set CCDATA_HISTORY_FROM"),
        (("2026-Q2", "--as-of", "closing"), "2026-Q2 closes on 2026-06-30, which lies in the future; fix: "),
        (("2026-02-30",), "'2026-02-30' is no period; fix: write 2026-11-21"),
        (("March",), "'March' is no period; fix: write 2026-11-21"),
    ],
)
def test_what_cannot_be_known_is_no_report(home: Path, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(WrongUse, match=told):
        report(*words)
    assert not (home / "reports").exists()


def test_a_day_before_the_first_run_is_told(home: Path) -> None:
    done = report("2026-03", "--as-of", "2026-03-31")
    assert "nothing was known on 2026-03-31" in done.stderr
    assert "as-of-2026-03-31" in done.stdout


def test_a_day_that_the_copy_knows_is_told_nothing(home: Path) -> None:
    done = report("2026-03", "--as-of", "2026-04-05")
    assert done.stderr == ""
    assert (home / "reports" / "as-of-2026-04-05" / "monthly" / "2026-03.xlsx").exists()


@pytest.mark.parametrize(
    ("words", "report_path", "page"),
    [
        (("2026-03-16",), "daily/2026-03-16", "day-2026-03"),
        (("2026-03-18", "--grain", "week"), "callcentre/2026-W12", "week-2026"),
        (("2026-W12",), "callcentre/2026-W12", "week-2026"),
        (("2026-03-18", "--grain", "month"), "monthly/2026-03", "year-2026"),
    ],
)
def test_a_period_is_asked_for_by_its_label_or_by_a_day_and_a_grain(
    home: Path, words: tuple[str, ...], report_path: str, page: str
) -> None:
    with_weeks(home)
    done = report(*words)
    *workbooks, shown = done.stdout.splitlines()
    assert str(home / "reports" / f"{report_path}.xlsx") in workbooks
    assert shown == str(home / "reports" / f"{page}.html")
    assert all(Path(line).is_file() for line in done.stdout.splitlines())


def with_weeks(home: Path) -> None:
    """The days' values of March as those of the weeks that they begin, too."""
    with duckdb.connect(str(home / "published" / "ccdata.duckdb")) as con:
        con.execute(
            "insert into kpi.value select * replace ('week' as grain) from kpi.value where grain = 'day' and isodow(period_start) = 1"
        )


def test_a_period_without_data_is_told_and_has_no_workbook(home: Path) -> None:
    done = report("2026-03-17")  # the day nothing is known of
    assert "nothing is known of 2026-03-17" in done.stderr
    assert done.stdout.splitlines() == [str(home / "reports" / "index.html")]
