"""The backtest on AnonymousBank (Data source: Avi Mandelbaum, Technion): trained to the end of February 1999, compared with March."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets_tests.shared import shared_dir

pytestmark = pytest.mark.slow
FILES = ("january.txt", "february.txt", "march.txt")


@pytest.fixture(scope="module")
def files() -> list[Path]:
    return [shared_dir() / "data" / "real" / "anonymousbank" / name for name in FILES]


@pytest.fixture(scope="module")
def tried(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command says of all calls of the bank."""
    home = tmp_path_factory.mktemp("bank")
    asked = ["--feed", "bank_call", "--series", "bank_call", "--train-to", "1999-02-28", "--to", "1999-03-31", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "from ccdata_assets.cli import main; main()", "forecast", "backtest", *map(str, files), *asked, "--home", str(home)],
        capture_output=True, text=True, cwd=PROJECT_DIR, env={**os.environ, "PYTHONPATH": str(PROJECT_DIR)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    return dict(found)


def figures(tried: dict[str, Any], kind: str, grain: str) -> dict[str, Any]:
    (found,) = [
        line
        for line in tried["figures"]
        if (line["kind"], line["grain"], line["measure"], line["week_ahead"]) == (kind, grain, "offered", 0)
    ]
    return dict(found)


@pytest.mark.parametrize("grain", ["30min", "day"])
def test_the_forecast_of_march_is_nearer_than_last_week_again_and_its_bounds_hold(
    tried: dict[str, Any], grain: str
) -> None:
    march = figures(tried, "one_shot", grain)
    assert march["wape"] < 0.85 * march["baseline_wape"]
    assert march["coverage_80"] == pytest.approx(0.80, abs=0.05)
    assert march["coverage_95"] == pytest.approx(0.95, abs=0.05)


@pytest.mark.parametrize("grain", ["15min", "30min", "hour", "day"])
def test_week_by_week_it_is_nearer_too(tried: dict[str, Any], grain: str) -> None:
    weekly = figures(tried, "weekly", grain)
    assert weekly["wape"] < 0.85 * weekly["baseline_wape"]


def test_what_matters_in_march_is_known_and_what_is_missing_in_january_is_treated(tried: dict[str, Any]) -> None:
    special = {day["on"]: (day["kind"], day["name_en"]) for day in tried["special_days"]}
    assert special == {"1999-03-02": ("half", "Purim"), "1999-03-31": ("eve", "Eve of Pesach")}
    gaps = {(item["on"], item["from_quarter"]) for item in tried["treated"] if item["reason"] == "gap"}
    assert {("1999-01-11", 0), ("1999-01-12", 0)} <= gaps, "the source has no call of these two days"


def test_what_came_and_the_baseline_are_those_of_the_raw_file(tried: dict[str, Any], files: list[Path]) -> None:
    """Calls that came to a queue or an agent, without phantoms, from the text itself; the last week of February again, by hand."""
    with duckdb.connect() as con:
        rows = con.execute(
            """select cast(strptime("date", '%y%m%d') as date) - date '1999-01-01' as day,
                cast(split_part(vru_entry, ':', 1) as int) * 2 + cast(split_part(vru_entry, ':', 2) as int) // 30 as half, count(*) as calls
            from read_csv(?, delim = '\t', header = true, all_varchar = true)
            where outcome <> 'PHANTOM' and (outcome = 'AGENT' or q_start <> '0:00:00' or q_exit <> '0:00:00')
            group by all""",
            [[str(path) for path in files]],
        ).fetchnumpy()
    halves = np.zeros((90, 48))
    halves[np.asarray(rows["day"], dtype=int), np.asarray(rows["half"], dtype=int)] = rows["calls"]
    march = halves[59:]
    naive = halves[52:59][np.arange(31) % 7]
    said = figures(tried, "one_shot", "30min")
    assert said["actual"] == march.sum()
    assert said["baseline_wape"] == pytest.approx(np.abs(naive - march).sum() / march.sum())
    days = figures(tried, "one_shot", "day")
    assert days["baseline_wape"] == pytest.approx(np.abs((naive - march).sum(axis=1)).sum() / march.sum())
