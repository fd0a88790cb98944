"""The sections of the forecast report, from a published copy that holds two forecasts and the calls of one of them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ccdata_assets.planning.forecast import choice
from ccdata_assets.planning.forecast.declared import load_forecast
from ccdata_assets.planning.forecast.ledger import make_forecasts, score_forecasts
from ccdata_assets.reporting.forecast import NO_FORECAST, sections_of
from ccdata_assets.reporting.model import Section
from ccdata_assets.reporting.published import Published
from ccdata_assets.warehouse.engine import connect
from ccdata_assets_tests.planning import traffic
from ccdata_assets_tests.world import make_settings

MARCH = (date(2026, 3, 1), date(2026, 3, 31))
CALLS = np.random.default_rng(3).poisson(traffic.means(77, 300))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    origins = choice.MOST_ORIGINS
    choice.MOST_ORIGINS = 2  # sections do not depend on how well a model is chosen
    first = traffic.home(folder, {"订单组": CALLS}, "2026-03-15")
    second = make_settings(first.home, "2026-03-22")
    with connect(first) as con:
        make_forecasts(con, first, load_forecast(), "one", 2)
        score_forecasts(con, second, load_forecast(), "two")
        make_forecasts(con, second, load_forecast(), "two", 2)
        con.execute(
            """create table kpi.call_interval as select feed, direction, cast(timezone(time_zone, entered_at) as date) as local_date,
                count(*) as offered from marts.fct_call group by all"""
        )
        path = folder / "published.duckdb"
        con.execute(f"attach '{path}' as copy")
        con.execute("create schema copy.planning; create schema copy.kpi")
        for name in (
            "planning.forecast",
            "planning.forecast_made",
            "planning.forecast_treated",
            "planning.forecast_score",
            "kpi.call_interval",
        ):
            con.execute(f"create table copy.{name} as from {name}")
    choice.MOST_ORIGINS = origins
    return path


def sections(path: Path, as_of: str) -> dict[str, Section]:
    with Published.opened(path, datetime.fromisoformat(as_of)) as source:
        return {section.id: section for section in sections_of(source, *MARCH)}


def test_days_forecast_before_stand_beside_what_came_and_days_to_come_follow(published: Path) -> None:
    table = sections(published, "2026-03-22T23:59:59+08:00")["days"].table("days")
    assert table.values("day")[0] == "2026-03-16" and table.values("day")[-1] == "2026-04-05"
    assert table.values("actual") == [*CALLS[70:77].sum(axis=1), *[None] * 14]
    assert table.values("days_ahead")[:8] == [1, 2, 3, 4, 5, 6, 7, 1], "the forecast made last before each day"
    assert all(
        low <= value <= high
        for low, value, high in zip(*(table.values(key) for key in ("low_80", "value", "high_80")), strict=True)
    )


def test_the_report_of_an_earlier_day_knows_only_what_was_known_then(published: Path) -> None:
    found = sections(published, "2026-03-15T23:59:59+08:00")
    assert found["days"].table("days").values("actual") == [None] * 14
    assert found["scores"].table("scores").rows == ()
    before = sections(published, "2026-03-01T00:00:00+08:00")
    assert before["outlook"].table("outlook").rows == () and before["outlook"].table("outlook").empty == NO_FORECAST


def test_a_forecast_is_shown_with_its_score_beside_the_baseline(published: Path) -> None:
    found = sections(published, "2026-03-22T23:59:59+08:00")
    table = found["scores"].table("scores")
    assert [cell.en for cell in table.values("grain")] == ["30 minutes", "Day"]  # type: ignore[union-attr]
    naive = np.abs(CALLS[63:70].sum(axis=1) - CALLS[70:77].sum(axis=1)).sum() / CALLS[70:77].sum()
    assert table.values("baseline_wape")[1] == pytest.approx(naive)
    figures = {figure.id: figure for figure in found["outlook"].figures}
    assert figures["forecast_wape"].target == pytest.approx(naive)
    assert found["hours"].table("hours").values("hour") == [f"{hour:02d}" for hour in range(8, 20)]


def test_without_a_forecast_the_sections_say_so(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    found = sections(tmp_path / "empty.duckdb", "2026-03-22T00:00:00+08:00")
    assert found["outlook"].is_empty and found["days"].table("days").empty == NO_FORECAST
