"""`ccdata forecast` as a person or a script calls it, on a warehouse with ten weeks of made-up calls."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccdata_assets.cli import app
from ccdata_assets.errors import WrongUse
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets_tests.planning import traffic

pytestmark = pytest.mark.slow


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from ccdata_assets.cli import main; main()", "forecast", *words, "--home", str(home)],
        capture_output=True, text=True, cwd=PROJECT_DIR, env={**os.environ, "PYTHONPATH": str(PROJECT_DIR)},
    )  # fmt: skip


def answer(home: Path, *words: str) -> Any:
    done = command(home, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_forecast_is_made_once_scored_when_calls_have_come_and_tried_on_the_past(tmp_path: Path) -> None:
    calls = np.random.default_rng(5).poisson(traffic.means(70, 200))
    home = traffic.home(tmp_path, {"订单组": calls, "投诉组": calls // 3}, "2026-03-08").home
    first = answer(home, "make", "--weeks", "1", "--series", "call_log/订单组", "--as-of", "2026-03-08")
    assert [(one["series"], one["from"], one["to"]) for one in first["made"]] == [
        ("call_log/订单组", "2026-03-09", "2026-03-15")
    ]
    assert first["made"][0]["wape_by_candidate"]["seasonal_naive"] > 0
    again = answer(home, "make", "--weeks", "1", "--series", "call_log/订单组", "--as-of", "2026-03-08")
    assert (again["made"], again["unchanged"]) == ([], ["call_log/订单组"])
    scored = answer(home, "score", "--as-of", "2026-03-15")
    assert {line["grain"] for line in scored["scores"]} == {"30min", "day"} and scored["forecasts"] == 1
    assert all(
        line["baseline_wape"] > 0 and line["coverage_95"] > 0.5
        for line in scored["scores"]
        if line["measure"] == "offered"
    )
    (tried,) = answer(home, "backtest", "--train-to", "2026-03-01", "--to", "2026-03-15", "--series", "call_log/投诉组")
    kinds = {line["kind"] for line in tried["figures"]}
    assert kinds == {"one_shot", "week", "weekly"}
    shown = command(home, "backtest", "--train-to", "2026-03-01", "--to", "2026-03-15", "--series", "call_log/投诉组")
    assert shown.returncode == 0 and "逐周预测" in shown.stdout and "baseline_wape" in shown.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("make", "--series", "call_log/无此组"), "there is no such series"),
        (("backtest", "--train-to", "2026-03-01", "--to", "2026-02-01"), "--to 2026-02-01"),
        (("backtest", "--train-to", "2020-03-01", "--to", "2020-03-15"), "choose --train-to within them"),
        (("backtest", "--train-to", "1.3.2026", "--to", "2026-03-15"), "is no day"),
    ],
)
def test_wrong_use_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], says: str
) -> None:
    home = traffic.home(tmp_path, {"订单组": np.full((70, 96), 2)}, "2026-03-15").home
    monkeypatch.setenv("CCDATA_HOME", str(home))  # put back afterwards, whatever the command sets
    with pytest.raises(WrongUse, match=re.escape(says)) as told:
        app(["forecast", *words, "--home", str(home)], standalone_mode=False)
    assert "fix: " in str(told.value)


def test_files_of_a_feed_that_is_none_of_calls_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    done = command(
        tmp_path / "home",
        "backtest",
        str(file),
        "--feed",
        "b2b_directory",
        "--train-to",
        "2026-01-01",
        "--to",
        "2026-01-08",
    )
    assert done.returncode == 64 and "bank_call" in done.stderr
