"""`ccdata forecast` as a person or a script calls it, on a warehouse with ten weeks of made-up calls."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccdata_assets.cli import app
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.planning.forecast import choice
from ccdata_assets_tests.planning import traffic

pytestmark = pytest.mark.slow


Command = Callable[..., str]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`ccdata forecast` in this process; what it prints. Two origins: what is printed does not depend on how well a model is chosen."""
    monkeypatch.setattr(choice, "MOST_ORIGINS", 2)

    def run(home: Path, *words: str) -> str:
        monkeypatch.setenv("CCDATA_HOME", str(home))  # put back afterwards, whatever the command sets
        app(["forecast", *words, "--home", str(home)], standalone_mode=False)
        return capsys.readouterr().out

    return run


def test_a_forecast_is_made_once_scored_when_calls_have_come_and_tried_on_the_past(
    tmp_path: Path, command: Command
) -> None:
    def answer(*words: str) -> Any:
        return json.loads(command(home, *words, "--json"))

    calls = np.random.default_rng(5).poisson(traffic.means(70, 200))
    home = traffic.home(tmp_path, {"订单组": calls, "投诉组": calls // 3}, "2026-03-08").home
    first = answer("make", "--weeks", "1", "--series", "call_log/订单组", "--as-of", "2026-03-08")
    assert [(one["series"], one["from"], one["to"]) for one in first["made"]] == [
        ("call_log/订单组", "2026-03-09", "2026-03-15")
    ]
    assert first["made"][0]["wape_by_candidate"]["seasonal_naive"] > 0
    assert first["made"][0]["moved_to_add_up"], "how far it was moved to add up with the other queue"
    again = answer("make", "--weeks", "1", "--series", "call_log/订单组", "--as-of", "2026-03-08")
    assert (again["made"], again["unchanged"]) == ([], ["call_log/订单组"])
    scored = answer("score", "--as-of", "2026-03-15")
    assert {line["grain"] for line in scored["scores"]} == {"30min", "day"} and scored["forecasts"] == 1
    assert all(
        line["baseline_wape"] > 0 and line["coverage_95"] > 0.5
        for line in scored["scores"]
        if line["measure"] == "offered"
    )
    span = ("--train-to", "2026-03-01", "--to", "2026-03-08")
    (tried,) = answer("backtest", *span, "--series", "call_log/投诉组")
    assert {line["kind"] for line in tried["figures"]} == {"one_shot", "week", "weekly"}
    shown = command(home, "backtest", *span, "--series", "call_log")
    assert "逐周预测" in shown and "baseline_wape" in shown


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


@pytest.mark.parametrize(
    ("feed", "says"), [("b2b_directory", "bank_call"), ("bank_call", "some.csv: no calls of bank_call")]
)
def test_files_that_are_none_of_calls_are_refused(tmp_path: Path, command: Command, feed: str, says: str) -> None:
    file = tmp_path / "some.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    asked = ("backtest", str(file), "--feed", feed, "--train-to", "2026-01-01", "--to", "2026-01-08")
    with pytest.raises(CcdataError, match=says) as told:
        command(tmp_path / "home", *asked)
    assert "fix: " in str(told.value)
