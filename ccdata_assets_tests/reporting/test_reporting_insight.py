"""The report of the analysis of calls: what it shows is what was analysed, as known at its moment, and where there is little it says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import altair as alt
import duckdb
import numpy as np
import openpyxl
import pytest
from openpyxl.chart import ScatterChart

from ccdata_assets.analysis.kept import KEYS
from ccdata_assets.reporting import charts
from ccdata_assets.reporting.model import Report, Section
from ccdata_assets.reporting.page import write_page
from ccdata_assets.reporting.period import Period
from ccdata_assets.reporting.reports import period_reports
from ccdata_assets.reporting.vega_lite import specification
from ccdata_assets.reporting.workbook import write_workbook
from ccdata_assets_tests.analysis.calls import Calls
from ccdata_assets_tests.reporting import published as small

AS_OF = datetime.fromisoformat("2026-03-05T08:00:00+00:00")
EARLIER = datetime.fromisoformat("2026-03-02T08:00:00+00:00")


def publish(calls: Calls, path: Path) -> Path:
    """The analysed tables, and what names agents, as a published copy beside definitions and names."""
    small.build(path, 0)
    tables = [*(f"analysis.{name}" for name in KEYS), "marts.fct_callback", "marts.dim_agent"]
    calls.con.execute(f"attach '{path}' as copy; create schema if not exists copy.analysis")
    for table in tables:
        calls.con.execute(f"create or replace table copy.{table} as select * from {table}")
    calls.con.execute("detach copy")
    return path


def month(path: Path, label: str = "2026-02", as_of: datetime = AS_OF) -> Report | None:
    return period_reports(path, Period.parse(label), as_of)["insight"]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Calls, Path]]:
    """February of a centre with eight agents, one of whom transfers every other call; published twice, with more calls the second time."""
    home = tmp_path_factory.mktemp("insight")
    calls, random = Calls.made(home), np.random.default_rng(1)
    calls.add(
        "marts.dim_agent", [{"agent_key": f"{i}agentkey{i}", "team": "t", "hired_on": "2024-01-01"} for i in range(8)]
    )
    rows = [
        calls.call(f"2026-02-{1 + n % 28:02d}T{9 + n % 9:02d}:30:00", wait_s=int(random.exponential(30)), talk_s=int(random.exponential(200)),
                   agent_key=f"{n % 8}agentkey{n % 8}", queue="q", topic=f"t{n % 5}", is_transferred=bool(random.random() < (0.5 if n % 8 == 0 else 0.05)))
        for n in range(1600)
    ]  # fmt: skip
    calls.add_calls(rows)
    calls.con.execute(
        """insert into kpi.call_interval by name select feed, direction, queue, local_interval, local_date, count(*) as entered, count(*) as offered
        from marts.fct_call group by all"""
    )
    owed = {
        "reason": "abandoned",
        "customer_type": "VIP",
        "local_date": "2026-02-10",
        "due_at": "2026-02-10 12:00:00+00",
        "owed_at": "2026-02-10 08:00:00+00",
    }
    calls.add(
        "marts.fct_callback",
        [
            {**owed, "call_id": "late", "queue": "q"},
            {**owed, "call_id": "done", "called_back_at": "2026-02-10 09:00:00+00"},
        ],
    )
    calls.analyse("2026-03-01", "first")
    calls.add("marts.fct_call", [calls.call("2026-02-28T10:00:00", wait_s=5000, queue="late")])
    calls.analyse("2026-03-04", "second")
    yield calls, publish(calls, home / "published.duckdb")
    calls.con.close()


@pytest.fixture(scope="module")
def report(centre: tuple[Calls, Path]) -> Report:
    made = month(centre[1])
    assert made is not None
    return made


def section(report: Report, name: str) -> Section:
    return report.section(name)


def test_durations_are_those_analysed_and_bins_add_up(report: Report, centre: tuple[Calls, Path]) -> None:
    wait = section(report, "wait")
    waits = [row[0] for row in centre[0].con.execute("select wait_s from marts.fct_call").fetchall()]
    assert [figure.value for figure in wait.figures] == pytest.approx(
        [np.mean(waits), *np.percentile(waits, [50, 80, 95, 99])]
    )
    bins = wait.table("bins")
    assert sum(bins.values("calls")) == len(waits) and bins.values("upto")[-1] == pytest.approx(1)  # type: ignore[arg-type]


def test_a_report_of_a_past_moment_knows_what_was_known_then(centre: tuple[Calls, Path]) -> None:
    earlier = month(centre[1], as_of=EARLIER)
    assert earlier is not None
    assert section(earlier, "wait").table("percentiles").rows[0][2] == 1600
    assert not [row for row in section(earlier, "wait").table("percentiles").rows if "late" in str(row[1])]
    assert month(centre[1], as_of=datetime.fromisoformat("2026-02-28T08:00:00+00:00")) is None


def test_the_heat_map_shows_calls_of_an_average_day(report: Report) -> None:
    heat = section(report, "volume").table("hours")
    assert [row[0] for row in heat.rows] == [f"{hour:02d}:00" for hour in range(9, 18)]
    days = dict(
        zip(
            section(report, "volume").table("weekdays").values("weekday"),
            section(report, "volume").table("weekdays").values("days"),
            strict=True,
        )
    )
    assert set(days.values()) == {4}, "February 2026 has four of each weekday"
    total = sum(float(cell) * 4 for row in heat.rows for cell in row[1:] if isinstance(cell, float | int))
    assert total == pytest.approx(1600, abs=9 * 7 * 4 * 0.005)
    assert {column.deepest for column in heat.columns[1:]} == {
        max(float(cell) for row in heat.rows for cell in row[1:])
    }  # type: ignore[arg-type]


def test_the_funnel_marks_who_transfers_every_other_call_and_nobody_else(report: Report) -> None:
    marked = section(report, "outliers").table("marked")
    assert [str(row[2]) for row in marked.rows] == [
        str(row[2]) for row in marked.rows if "0agent" in str(row[2])
    ] and len(marked.rows) == 1
    assert "99.8%" in marked.rows[0][-1].en  # type: ignore[union-attr]


def test_a_funnel_is_drawn_with_its_limits_on_the_page_and_in_the_workbook(report: Report, tmp_path: Path) -> None:
    outliers = section(report, "outliers")
    chart = next(chart for chart in outliers.charts if chart.id == "funnel_transfer_rate_agent")
    drawing = specification(chart, outliers.table(chart.table), lambda text: text.both)
    assert drawing is not None and len(drawing["layer"]) == 2
    alt.LayerChart.from_dict(drawing)  # raises where it does not keep the schema
    assert {line["line"] for line in drawing["layer"][0]["data"]["values"]} == {
        "centre",
        "lower_95",
        "upper_95",
        "lower_998",
        "upper_998",
    }
    picture = charts.svg(chart, outliers.table(chart.table))
    assert picture and picture.count("data-zh=") == 8 and "转接率" in picture and "Transfer rate" in picture
    book = openpyxl.load_workbook(write_workbook(report, tmp_path / "insight" / "2026-02.xlsx"))
    scatters = [chart for sheet in book for chart in sheet._charts if isinstance(chart, ScatterChart)]  # type: ignore[attr-defined]
    assert scatters and all(len(scatter.series) == 6 for scatter in scatters)
    (tmp_path / "insight" / "2026-02.json").write_text(report.to_json(), encoding="utf-8")
    page = next(write_page(tmp_path).parent.glob("year-*.html"))
    assert "Outliers (funnel plots)" in page.read_text(encoding="utf-8")


def test_a_report_is_the_same_after_its_way_through_json(report: Report) -> None:
    assert Report.from_json(report.to_json()) == report


def test_key_customers_who_wait_for_a_call_are_listed_without_their_number(report: Report) -> None:
    callbacks = section(report, "callbacks")
    assert {figure.id: figure.value for figure in callbacks.figures} == {"key_overdue": 1.0, "key_in_time": 0.5}
    assert [row[0] for row in callbacks.table("overdue").rows] == ["late"]


def test_what_has_too_little_data_says_so_in_both_languages(report: Report) -> None:
    surges, growth, topics = (section(report, name) for name in ("surges", "growth", "topics"))
    assert surges.table("surges").rows == () and surges.table("surges").empty.zh == "历史天数不足，未作判定。"
    assert growth.tables[0].empty.en.startswith("Nobody") or growth.tables[0].empty.en.startswith("Too few")
    assert topics.table("rules").empty.en == "no data", "no call says who called"
    assert section(report, "satisfaction").is_empty and section(report, "cases").is_empty


def test_every_text_is_in_both_languages(report: Report) -> None:
    for one in report.sections:
        texts = [
            one.title,
            *([one.note] if one.note else []),
            *(table.title for table in one.tables),
            *(chart.title for chart in one.charts),
        ]
        texts += [column.title for table in one.tables for column in table.columns if not column.key.startswith("p_")]
        for text in texts:
            assert text.zh and text.en and (text.zh != text.en), text
            assert not any("\u4e00" <= sign <= "\u9fff" for sign in text.en), text


def test_a_month_without_calls_has_no_report(centre: tuple[Calls, Path], tmp_path: Path) -> None:
    assert month(centre[1], "2025-06") is None
    empty = Calls.made(tmp_path)
    assert month(publish(empty, tmp_path / "empty.duckdb")) is None
    with duckdb.connect(str(small.build(tmp_path / "older.duckdb", 0))):
        pass
    assert month(tmp_path / "older.duckdb") is None, "a copy that was published before there was an analysis"


def test_a_chart_of_points_without_values_draws_nothing(report: Report) -> None:
    outliers = section(report, "outliers")
    chart = outliers.charts[0]
    assert specification(chart, replace(outliers.table(chart.table), rows=()), lambda text: text.both) is None
