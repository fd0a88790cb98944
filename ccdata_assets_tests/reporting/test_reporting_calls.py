"""Daily flash, periodic call-centre reports and agent sheets say what the calls say, summed another way."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from math import comb
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest

from ccdata_assets.reporting import build_reports
from ccdata_assets.reporting.flash import Interval, chance_of
from ccdata_assets.reporting.model import Cell, Figure, Report, Section, Table
from ccdata_assets.reporting.period import Period
from ccdata_assets.reporting.published import Value
from ccdata_assets.reporting.reports import period_reports

from .calls_copy import AS_OF, CLOSED, DAY, LAST, LIMIT_S, SURGE, TEAMS, build_calls


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    path = tmp_path_factory.mktemp("calls") / "ccdata.duckdb"
    calls = build_calls(path)
    calls["day"] = calls["entered_at"].dt.date
    calls["clock"] = calls["entered_at"].dt.floor("30min").dt.strftime("%H:%M")
    return path, calls


@pytest.fixture(scope="module")
def copy(world: tuple[Path, pd.DataFrame]) -> Path:
    return world[0]


@pytest.fixture(scope="module")
def calls(world: tuple[Path, pd.DataFrame]) -> pd.DataFrame:
    return world[1]


def reports_of(copy: Path, label: str) -> dict[str, Report | None]:
    return period_reports(copy, Period.parse(label), AS_OF)


def report_of(copy: Path, label: str, report: str) -> Report:
    made = reports_of(copy, label)[report]
    assert made is not None
    return made


def figures(section: Section) -> dict[str, Figure]:
    return {figure.id: figure for figure in section.figures}


def records(table: Table) -> list[dict[str, Cell]]:
    return [dict(zip([column.key for column in table.columns], row, strict=True)) for row in table.rows]


def level(calls: pd.DataFrame) -> float:
    return float((calls["is_answered"] & (calls["wait_s"] <= LIMIT_S)).sum() / len(calls))


def on(calls: pd.DataFrame, first: date, last: date | None = None) -> pd.DataFrame:
    return calls[(calls["day"] >= first) & (calls["day"] <= (last or first))]


@pytest.fixture(scope="module")
def flash(copy: Path) -> Report:
    return report_of(copy, f"{DAY}", "daily")


def test_the_flash_holds_the_day_against_the_same_weekday_and_the_mean_of_four(
    flash: Report, calls: pd.DataFrame
) -> None:
    found = figures(flash.section("headline"))
    today = on(calls, DAY)
    assert found["entered"].value == len(today)
    assert found["answered"].value == today["is_answered"].sum()
    assert found["abandoned"].value == (~today["is_answered"]).sum()
    assert found["service_level"].value == pytest.approx(level(today))
    assert found["asa"].value == pytest.approx(today[today["is_answered"]]["wait_s"].mean())
    assert found["aht"].value == pytest.approx(today["handle_s"].mean())
    last_week = on(calls, DAY - timedelta(days=7))
    assert last_week.empty and found["service_level"].previous is None, "nothing is known of a day without calls"
    before = [on(calls, DAY - timedelta(days=7 * back)) for back in range(1, 5)]
    known = [calls for calls in before if not calls.empty]
    assert len(known) == 3
    assert found["entered"].compared[0].value == pytest.approx(np.mean([len(calls) for calls in known]))
    assert found["service_level"].compared[0].value == pytest.approx(level(pd.concat(known))), "sums before shares"
    assert found["service_level"].target == 0.8


def test_the_variant_in_use_is_marked(flash: Report) -> None:
    variants = records(flash.section("headline").table("variants"))
    assert [(row["variant"], row["is_used"]) for row in variants] == [("V2", None), ("V3", True)]


def test_each_half_hour_of_the_day_is_there_and_those_below_the_target_are_named(
    flash: Report, calls: pd.DataFrame
) -> None:
    today = on(calls, DAY)
    table = flash.section("intervals").table("intervals")
    rows = records(table)
    assert [row["clock"] for row in rows] == [
        f"{hour:02d}:{minute}" for hour in range(9, 18) for minute in ("00", "30")
    ]
    for row in rows:
        half_hour = today[today["clock"] == row["clock"]]
        assert (row["offered"], row["answered"]) == (len(half_hour), half_hour["is_answered"].sum())
        usual = [(on(calls, DAY - timedelta(days=7 * back))["clock"] == row["clock"]).sum() for back in (2, 3, 4)]
        assert row["usual"] == pytest.approx(np.mean(usual), abs=0.05), "the holiday is none of the usual days"
        if len(half_hour):
            assert row["service_level"] == pytest.approx(level(half_hour))
            assert row["met"] == (level(half_hour) >= 0.8)
    assert table.total is not None and table.total[1] == len(today)
    missed = records(flash.section("alarms").table("missed"))
    assert {row["clock"] for row in missed} == {row["clock"] for row in rows if row["met"] is False}
    lost = [row["late"] for row in missed]
    assert lost == sorted(lost, key=lambda late: -int(str(late))), "where most calls were lost stands first"
    assert figures(flash.section("headline"))["missed"].value == len(missed)


def test_a_surge_is_told_and_steady_traffic_is_not(flash: Report) -> None:
    (surge,) = records(flash.section("alarms").table("surges"))
    assert surge["clock"] == f"{SURGE:%H:%M}"
    random = np.random.default_rng(11)
    days, judged, count = 4, 20, 10_000
    for mean in (0.3, 2.0, 8.0, 12.0):
        alarms = 0
        before = random.poisson(mean, (count, days)).sum(axis=1)
        for past, offered in zip(before, random.poisson(mean, count), strict=True):
            value = Value("abandon_rate", 1, DAY, (), 0.0, 0.0, float(offered), None, "final")
            alarms += Interval("09:00", {"abandon_rate": value}, int(past), days, judged).is_surge
        most = 0.05 / judged * count
        assert alarms < most + 4 * most**0.5, (
            f"more than one day in 20 has a false alarm, with {mean} calls in a half hour"
        )


SURGES = """create schema analysis;
create table analysis.surge_watch (local_date date, dimension varchar, judged bigint, surges bigint, is_withdrawn boolean, run_id varchar, as_of timestamptz);
create table analysis.surge (local_date date, dimension varchar, part varchar, calls bigint, usual_calls double, p_value double,
    is_withdrawn boolean, run_id varchar, as_of timestamptz)"""


def test_the_flash_tells_the_surges_of_its_parts_the_least_likely_first_and_how_many_more(
    copy: Path, tmp_path: Path
) -> None:
    path = tmp_path / "ccdata.duckdb"
    shutil.copy(copy, path)
    with duckdb.connect(str(path)) as con:
        con.execute(SURGES)
    nothing = report_of(path, f"{DAY}", "daily").section("alarms").table("part_surges")
    assert (nothing.rows, nothing.empty.en) == ((), "Nothing was judged")
    with duckdb.connect(str(path)) as con:
        con.execute("insert into analysis.surge_watch values (?, 'topic', 20, 12, false, 'run', ?)", [DAY, AS_OF])
    assert report_of(path, f"{DAY}", "daily").section("alarms").table("part_surges").empty.en == "No surge"
    found = [("topic", f"主题{n}", 20 + n, 10.0, 10.0 ** -(5 + n), False) for n in range(11)]
    found += [("queue", "账务", 90, 30.04, 1e-30, False), ("all", "", 200, 100.0, 1e-20, False)]
    found += [("product", "宽带", 500, 10.0, 1e-90, True)]  # withdrawn
    with duckdb.connect(str(path)) as con:
        con.executemany(
            f"insert into analysis.surge values (date '{DAY}', ?, ?, ?, ?, ?, ?, 'run', timestamptz '{AS_OF}')", found
        )
        con.execute(
            "insert into analysis.surge select * replace (local_date + 1 as local_date) from analysis.surge where part = '账务'"
        )
    table = report_of(path, f"{DAY}", "daily").section("alarms").table("part_surges")
    rows = records(table)
    assert [row["part"].zh for row in rows] == ["账务", "合计", *(f"主题{n}" for n in range(10, 2, -1))]  # type: ignore[union-attr]
    assert [rows[0][key] for key in ("calls", "usual", "more")] == [90, 30.0, 60.0]
    assert table.note is not None and "3 more are not listed" in table.note.en


@pytest.mark.parametrize(("offered", "before", "days"), [(0, 0, 4), (3, 1, 1), (7, 12, 4), (40, 9, 3)])
def test_the_chance_of_a_surge_is_that_of_all_ways_to_share_out_the_calls(offered: int, before: int, days: int) -> None:
    count = offered + before
    ways = sum(comb(count, more) * days ** (count - more) for more in range(offered, count + 1))
    assert chance_of(offered, before, days) == pytest.approx(ways / (days + 1) ** count)


def test_a_day_without_calls_has_no_flash_and_leaves_none(copy: Path, tmp_path: Path) -> None:
    assert reports_of(copy, f"{CLOSED}")["daily"] is None
    built = build_reports(copy, tmp_path, Period.of("day", CLOSED), AS_OF)
    assert built == {"daily": None}
    assert [path.name for path in tmp_path.glob("[!.]*")] == ["index.html"]


def test_a_week_a_month_a_quarter_and_a_year_add_up_from_their_steps(copy: Path, calls: pd.DataFrame) -> None:
    for label in ("2026-W13", "2026-03", "2026-Q1", "2026"):
        period = Period.parse(label)
        report = report_of(copy, label, "callcentre")
        inside = on(calls, period.first_day, period.last_day)
        found = figures(report.section("headline"))
        assert found["offered"].value == len(inside), label
        assert found["service_level"].value == pytest.approx(level(inside)), label
        steps = report.section("steps").table("steps")
        assert [row[0] for row in steps.rows] == [step.label for step in period.steps]
        for step, row in zip(period.steps, records(steps), strict=True):
            of_step = on(calls, step.first_day, step.last_day)
            assert row["offered"] == (len(of_step) or None), f"{label} {step.label}"
        assert steps.total is not None and steps.total[1] == len(inside)


def test_a_period_is_held_against_the_one_before_and_last_year(copy: Path, calls: pd.DataFrame) -> None:
    found = figures(report_of(copy, "2026-03", "callcentre").section("headline"))["service_level"]
    assert found.previous == pytest.approx(level(on(calls, date(2026, 2, 1), date(2026, 2, 28))))
    (last_year,) = found.compared
    assert last_year.title.en == "same period last year"
    assert last_year.value == pytest.approx(level(on(calls, date(2025, 3, 1), date(2025, 3, 31))))


def test_parts_add_up_to_the_whole(copy: Path, calls: pd.DataFrame) -> None:
    table = report_of(copy, "2026-W13", "callcentre").section("parts").table("by_queue")
    week = on(calls, *((period := Period.parse("2026-W13")).first_day, period.last_day))
    told = {
        str(row["part"].zh if isinstance(row["part"], tuple) else row["part"]): row["offered"] for row in records(table)
    }
    assert told == week.groupby("queue").size().to_dict()
    assert table.total is not None and sum(int(str(count)) for count in told.values()) == table.total[1]


def test_the_heat_map_is_the_mean_of_days_that_had_calls(copy: Path, calls: pd.DataFrame) -> None:
    section = report_of(copy, "2026-03", "callcentre").section("week")
    month = on(calls, date(2026, 3, 1), LAST)
    weekdays = month["entered_at"].dt.isocalendar().day
    for row in records(section.table("offered_heat")):
        for weekday in range(1, 8):
            mine = month[(weekdays == weekday) & (month["clock"] == row["clock"])]
            days = month[weekdays == weekday]["day"].nunique()
            assert row[f"day{weekday}"] == pytest.approx(len(mine) / days, abs=0.051)
    thursdays = month[weekdays == 4]["day"].nunique()
    assert thursdays == 3, "the holiday is none"
    for row in records(section.table("level_heat")):
        mine = month[(weekdays == 4) & (month["clock"] == row["clock"])]
        assert row["day4"] == (pytest.approx(level(mine)) if len(mine) else None)


def test_agents_stand_in_the_sheet_of_their_team_with_its_median_and_the_centres(
    copy: Path, calls: pd.DataFrame
) -> None:
    report = report_of(copy, "2026-03", "agents")
    month = on(calls, date(2026, 3, 1), LAST)
    handled = month.dropna(subset=["agent"]).groupby("agent")
    aht = handled["handle_s"].mean()
    titles = {section.title.zh: section for section in report.sections}
    assert list(titles) == ["班组", "投诉组", "账务组"]
    for team in ("投诉组", "账务组"):
        table = titles[team].tables[0]
        members = {key for key, of in TEAMS.items() if of == team}
        rows = {
            str(row["agent"].zh if isinstance(row["agent"], tuple) else row["agent"]): row for row in records(table)
        }
        assert set(rows) == {key[:6] for key in members}
        for key in members:
            row = rows[key[:6]]
            assert row["calls"] == handled.size()[key]
            assert row["aht"] == pytest.approx(aht[key])
            assert row["aht_held"] == pytest.approx(aht[key] - aht[list(members)].median())
            assert row["csat"] == pytest.approx(month[month["agent"] == key]["is_satisfied"].dropna().mean())
        at = table.position("aht")
        assert table.total is not None
        assert table.total[at] == pytest.approx(month[month["team"] == team]["handle_s"].mean())
        of_team, of_centre = table.foot
        assert of_team[at] == pytest.approx(aht[list(members)].median())
        assert of_centre[at] == pytest.approx(aht.median())


def test_an_agent_stands_in_the_team_of_most_of_the_period_or_where_that_is_not_told_in_todays(tmp_path: Path) -> None:
    path = tmp_path / "ccdata.duckdb"
    build_calls(path)

    def team_of(agent: str) -> str:
        sections = report_of(path, "2026-03", "agents").sections
        (found,) = [
            one for one in sections if one.id != "teams" and any(agent in str(row[0]) for row in one.tables[0].rows)
        ]
        return found.title.zh

    with duckdb.connect(str(path)) as con:
        con.execute("update marts.dim_agent set team = '综合组' where agent_key = 'a1f00000'")
    assert team_of("a1f000") == "综合组"
    with duckdb.connect(str(path)) as con:
        for team, seconds in (("账务组", 7200), ("投诉组", 3600)):
            dims = json.dumps({"agent": "a1f00000", "team": team}, ensure_ascii=False, sort_keys=True)
            con.execute(
                "insert into kpi.value values ('occupancy', 1, 'month', '2026-03-01', ?, 0.5, ?, ?, null, 'final', ?, 'run-1')",
                [dims, seconds / 2, seconds, AS_OF],
            )
    assert team_of("a1f000") == "账务组"


@pytest.mark.parametrize("is_open", [False, True])
def test_an_agent_has_a_name_only_where_names_are_published(tmp_path: Path, is_open: bool) -> None:
    names: Mapping[str, str] = dict.fromkeys(TEAMS, "胡晓梅" if is_open else "胡***")
    build_calls(tmp_path / "ccdata.duckdb", dict(names))
    report = report_of(tmp_path / "ccdata.duckdb", "2026-03", "agents")
    said = report.to_json()
    assert ("胡晓梅 a1f000" in said) == is_open
    assert is_open or "胡" not in said


def test_the_workbook_has_a_sheet_a_team_with_medians_below_and_what_figures_are_held_against(
    copy: Path, tmp_path: Path
) -> None:
    built = build_reports(copy, tmp_path, Period.parse("2026-W13"), AS_OF, language="en")
    agents, centre = built["agents"], built["callcentre"]
    assert agents is not None and centre is not None
    book = openpyxl.load_workbook(agents.workbook)
    assert book.sheetnames == ["Summary", "Teams", "投诉组", "账务组"]
    sheet = book["账务组"]
    assert [sheet.cell(row, 1).value for row in range(8, 11)] == [
        "The team",
        "Median of the team",
        "Median of the centre",
    ]
    summary = openpyxl.load_workbook(centre.workbook)["Summary"]
    assert [summary.cell(4, column).value for column in (3, 10)] == ["Before", "same period last year"]
    heat = openpyxl.load_workbook(centre.workbook)["Weekday × half hour"]
    assert heat.conditional_formatting, "the heat map is shaded"


def test_days_have_a_page_a_month_and_leave_the_others_alone(copy: Path, tmp_path: Path) -> None:
    first = build_reports(copy, tmp_path, Period.of("day", DAY), AS_OF)["daily"]
    week = build_reports(copy, tmp_path, Period.of("week", DAY), AS_OF)["callcentre"]
    assert first is not None and week is not None
    assert (first.page.name, week.page.name) == ("day-2026-03.html", "week-2026.html")
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert 'href="day-2026-03.html"' in index and 'href="week-2026.html"' in index
    assert 'href="index.html"' in first.page.read_text(encoding="utf-8")
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.html")}
    build_reports(copy, tmp_path, Period.of("day", DAY).later(-1), AS_OF)
    changed = {path.name for path, at in kept.items() if path.stat().st_mtime_ns != at}
    assert changed == {"day-2026-03.html", "index.html"}
    text = first.page.read_text(encoding="utf-8")
    assert text.count('<article data-key="daily/') == 2
    build_reports(copy, tmp_path, Period.parse("2026-02-26"), AS_OF)
    assert 'href="day-2026-02.html"' in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_pages_of_days_weeks_and_agents_lead_nowhere_but_to_their_workbooks_and_the_index(
    copy: Path, tmp_path: Path
) -> None:
    build_reports(copy, tmp_path, Period.of("day", DAY), AS_OF)
    build_reports(copy, tmp_path, Period.of("week", DAY), AS_OF)
    pages = {page.stem: page.read_text(encoding="utf-8") for page in tmp_path.glob("*.html")}
    assert set(pages) == {"index", "day-2026-03", "week-2026", "agents-2026-03"}
    for name, text in pages.items():
        addresses = set(re.findall(r'(?:href|src|action)="([^"]*)"', text))
        addresses = {one.partition("#")[0] or one for one in addresses}
        outside = {one for one in addresses if not re.match(r"#|(daily|callcentre|agents)/2026-[\w-]+\.xlsx$", one)}
        assert outside == ({f"{page}.html" for page in pages} - {"index.html"} if name == "index" else {"index.html"})
        assert "default-src 'none'" in text and text.count("<script") == 1
        assert not re.search(r"(?:https?:)?//[\w.-]+\.\w", text)


def test_a_page_whose_last_report_is_gone_is_gone_and_no_longer_led_to(copy: Path, tmp_path: Path) -> None:
    day = Period.of("day", CLOSED)
    (tmp_path / "daily").mkdir()
    (tmp_path / "daily" / f"{day.label}.json").write_text("{}", encoding="utf-8")
    (tmp_path / "day-2026-03.html").write_text("old", encoding="utf-8")
    build_reports(copy, tmp_path, day, AS_OF)
    assert not (tmp_path / "day-2026-03.html").exists()
    assert "day-2026-03" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_report_of_a_past_day_knows_only_what_was_known_then(
    tmp_path: Path, world: tuple[Path, pd.DataFrame]
) -> None:
    path = tmp_path / "ccdata.duckdb"
    shutil.copy(world[0], path)
    with duckdb.connect(str(path)) as con:
        con.execute(
            """insert into kpi.value select * replace (numerator + 10 as numerator, denominator + 100 as denominator,
                timestamptz '2026-05-01 08:00:00+08' as as_of) from kpi.value where kpi_id = 'abandon_rate'"""
        )
    later = AS_OF.replace(month=6)
    before = report_of(path, f"{DAY}", "daily")
    assert before.sections == report_of(world[0], f"{DAY}", "daily").sections
    after = period_reports(path, Period.of("day", DAY), later)["daily"]
    assert after is not None
    assert figures(after.section("headline"))["offered"].value == len(on(world[1], DAY)) + 100
