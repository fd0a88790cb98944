"""`ccdata staff` and `ccdata roster`: what people give and get, on the screen, as files, in the warehouse and in the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from ccdata_assets.cli import app
from ccdata_assets.errors import BlockingCheckFailed, CcdataError, ContractError, WrongUse
from ccdata_assets.planning.labour import PATH, load_labour
from ccdata_assets.planning.requirement_plan import daily_lines, plan_weeks
from ccdata_assets.planning.requirement_rules import load_aims
from ccdata_assets.planning.roster_make import plan_of_file, roster_before, roster_weeks
from ccdata_assets.planning.roster_people import read_agents, read_roster
from ccdata_assets.reporting.measures import Month
from ccdata_assets.reporting.period import Period
from ccdata_assets.reporting.published import Published
from ccdata_assets.reporting.staffing import staffing_sections
from ccdata_assets_tests.world import World, make_settings

Ask = Callable[..., Any]
MONDAY = date(2026, 11, 23)


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A command in the home of the test, --json unless it is asked for as people see it."""
    monkeypatch.setenv("CCDATA_NOW", "2026-11-20")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("CCDATA_HOME", str(world.settings.home))

    def run(*words: object, people: bool = False, code: int = 0) -> Any:
        result = CliRunner().invoke(app, [*map(str, words), *([] if people else ["--json"])])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.output if people else json.loads(result.stdout)

    return run


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A week of calls of two queues, from nine to five."""
    file = tmp_path / "calls.csv"
    lines = [
        f"{datetime(2026, 11, 23) + timedelta(days=day, hours=9, minutes=30 * half):%Y-%m-%d %H:%M},{queue},{calls},180"
        for day in range(7) for half in range(16) for queue, calls in (("售后", 12), ("投诉", 5))
    ]  # fmt: skip
    file.write_text("时段,队列,来电量,平均处理时长\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    file = tmp_path / "agents.csv"
    rows = ["工号,用工形式,请假,固定班次,可夜班,偏好班次", "=1+1,全日制,2026-11-24..2026-11-25,,否,"]
    rows += [
        f"A{number},全日制,,{'2026-11-23=晚班; 2026-11-24=休' if number == 1 else ''},,早班" for number in range(1, 5)
    ]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def test_erlang_gives_the_figures_of_the_domain_by_both_models(ask: Ask) -> None:
    found = ask("staff", "erlang", "--calls", 100, "--minutes", 30, "--aht", 180, "--agents", 14)
    assert round(found["erlang_c"]["waits"], 6) == 0.174132
    assert round(found["erlang_c"]["answered_within"], 6) == 0.888350
    assert round(found["erlang_c"]["mean_wait_s"], 3) == 7.836
    assert (found["erlang_c"]["rostered"], found["erlang_c"]["fewest_agents"]) == (20, 14)
    found = ask("staff", "erlang", "--calls", 100, "--aht", 180, "--agents", 12, "--patience", 300)["erlang_a"]
    assert (round(found["waits"], 5), round(found["abandons"], 5), round(found["mean_wait_s"], 2)) == (0.33180, 0.04271, 12.81)  # fmt: skip
    crowded = ask("staff", "erlang", "--calls", 100, "--aht", 180, "--agents", 9)["erlang_c"]
    assert crowded["mean_wait_s"] is None, "JSON knows no infinity"
    assert "∞" in ask("staff", "erlang", "--calls", 100, "--aht", 180, "--agents", 9, people=True)
    with pytest.raises(WrongUse, match=r"service level is no share from 0 to 1 \(80 % is 0.8\)"):
        ask("staff", "erlang", "--calls", 100, "--aht", 180, "--service-level", 80)
    with pytest.raises(WrongUse, match="handling time"):
        ask("staff", "erlang", "--calls", 100, "--aht", 0)


def test_a_file_of_calls_becomes_a_plan_a_roster_and_a_roster_that_is_checked(
    ask: Ask, calls: Path, agents: Path, tmp_path: Path
) -> None:
    plan, roster = tmp_path / "plan.csv", tmp_path / "roster.xlsx"
    found = ask("staff", "plan", "--calls", calls, "-o", plan)
    assert (found["basis"], found["plan_id"], len(found["rows"])) == ("file", None, 3 * 7 * 16)
    assert found["pools"][0]["saved_hours"] > 0
    shown = ask("staff", "plan", "--calls", calls, people=True)
    assert "every agent takes all queues" in shown and "pooled 合并" in shown
    assert "2026-11-29" in shown and "11-29 09:30" not in shown, "of a week the days"
    assert "11-29 09:30" in ask("staff", "plan", "--calls", calls, "--intervals", people=True)
    assert "11-24 09:30" in ask("staff", "plan", "--calls", calls, "--to", "2026-11-24", people=True)
    made = ask("roster", "make", "--plan", plan, "--agents", agents, "--from", MONDAY, "--weeks", 1, "-o", roster, "--effort", 0.5)  # fmt: skip
    assert (made["rules_broken"], made["roster_id"], made["agents"]) == (0, None, 5)
    checked = ask("roster", "check", roster, "--agents", agents, "--plan", plan)
    assert (checked["faults"], checked["unread"], checked["shifts"]) == ([], [], made["shifts"])
    assert checked["missing_hours"] == pytest.approx(made["missing_hours"])
    book = load_workbook(roster)
    assert len(book.worksheets) == 4
    by_agent, by_interval, listed, _ = book.worksheets
    assert all(sheet.freeze_panes for sheet in book.worksheets)
    assert len(by_interval._charts) == 1
    assert listed.max_row == made["shifts"] + 1
    names = [by_agent.cell(row, 1) for row in range(2, 7)]
    assert "=1+1" in [cell.value for cell in names]
    assert {cell.data_type for cell in names} == {"s"}, "a name stays text, whatever it begins with"
    assert by_agent.cell([cell.value for cell in names].index("A1") + 2, 3).value.startswith("晚班 Late")


def test_a_roster_that_breaks_a_rule_ends_with_code_2_and_says_which(ask: Ask, agents: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("agent,date,shift\nA1,2026-11-23,late\nA1,2026-11-24,early\nA2,someday,early\n", encoding="utf-8")
    with pytest.raises(BlockingCheckFailed, match=r"rule is broken, 1 rows cannot be read"):
        ask("roster", "check", roster, "--agents", agents, people=True)
    result = CliRunner().invoke(app, ["roster", "check", str(roster), "--agents", str(agents)])
    assert "Rest between two shifts" in result.output
    assert "someday" not in result.output
    with pytest.raises(BlockingCheckFailed) as failed:
        ask("roster", "check", roster)
    assert failed.value.exit_code == 2


def test_rosters_that_cannot_be_say_why(ask: Ask, agents: Path, calls: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.csv"
    ask("staff", "plan", "--calls", calls, "-o", plan)
    agents.write_text("agent,leave,fixed\nA1,2026-11-23,2026-11-23=early\n", encoding="utf-8")
    with pytest.raises(
        CcdataError,
        match=r"agent A1: these rules cannot all be kept in the days 2026-11-23 .*work on leave; .*not as fixed",
    ):
        ask("roster", "make", "--plan", plan, "--agents", agents, "--from", MONDAY, "--weeks", 1)
    agents.write_text("agent,leave,available,contract\nA1,soon,always,boss\nA1,,,\n", encoding="utf-8")
    with pytest.raises(CcdataError) as said:
        ask("roster", "make", "--plan", plan, "--agents", agents, "--from", MONDAY)
    for part in ("row 2, leave", "row 2, available", "row 2, contract", "row 3, agent: is listed twice"):
        assert part in str(said.value)
    agents.write_text("agent\nA1\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="nothing is required from 2027"):
        ask("roster", "make", "--plan", plan, "--agents", agents, "--from", "2027-01-04")
    for words in (("--from", "monday"), ("--from", MONDAY, "-o", tmp_path / "roster.pdf")):
        with pytest.raises(WrongUse):
            ask("roster", "make", "--plan", plan, "--agents", agents, *words)


def test_plans_and_rosters_are_kept_in_the_home_and_reported_as_they_were_known(
    world: World, ask: Ask, calls: Path, agents: Path
) -> None:
    with world.warehouse() as con:
        con.execute("insert or replace into ops.run_state values ('pseudonym_salt', 'salt of the test')")
    plan_id = ask("staff", "plan", "--calls", calls, "--keep")["plan_id"]
    assert plan_id == ask("staff", "plan", "--calls", calls, "--keep")["plan_id"]
    made = ask("roster", "make", "--agents", agents, "--from", MONDAY, "--weeks", 1, "--effort", 0.3)
    with world.warehouse() as con:
        assert con.execute("select count(*), count(distinct plan_id) from planning.staffing").fetchone() == (336, 1)
        rows = con.execute("select roster_id, plan_id, agent_key, breaks from planning.roster").fetchall()
        assert {(row[0], row[1]) for row in rows} == {(made["roster_id"], plan_id)}
        assert "A1" not in str(rows), "agents stand by their keys"
        assert con.execute("select count(*) from planning.roster_gap where present - required = gap").fetchone() == (
            336,
        )
    world.settings.published_path.parent.mkdir(parents=True, exist_ok=True)
    world.settings.warehouse_path.rename(world.settings.published_path)
    known = datetime(2026, 11, 20, 20, tzinfo=timezone.utc)
    with Published.opened(world.settings.published_path, known) as source:
        needed, roster = staffing_sections(Month.read(source, Period.parse("2026-11")))
        assert [len(table.rows) for table in needed.tables] == [7, 8, 3, 1]
        assert needed.figures[0].value == 7 * 16 * 17
        assert sum(row[1] for row in roster.table("roster_days").rows) == made["shifts"] == len(rows)  # type: ignore[misc]
        assert sum(row[4] for row in roster.table("roster_days").rows) == pytest.approx(made["missing_hours"])  # type: ignore[misc]
    with Published.opened(world.settings.published_path, known - timedelta(days=2)) as source:
        assert all(section.is_empty for section in staffing_sections(Month.read(source, Period.parse("2026-11"))))


def test_a_simulated_day_stands_beside_the_formula(ask: Ask, tmp_path: Path) -> None:
    calls = tmp_path / "day.csv"
    calls.write_text("interval,calls,aht\n" + "".join(f"2026-11-23 {hour:02}:00,{calls},200\n" for hour, calls in ((9, 80), (10, 120), (11, 0), (12, 60))), encoding="utf-8")  # fmt: skip
    found = ask("staff", "simulate", "--calls", calls)
    assert (found["intervals"], found["steady_within_2_points"]) == (3, 1)
    assert found["rows"][2]["steady_share"] is None
    assert found == ask("staff", "simulate", "--calls", calls), "the same seed gives the same figures"
    assert "steady 稳态仿真" in ask("staff", "simulate", "--calls", calls, people=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('from: "06:30"', 'from: "06:31"'), r"labour.yaml:\d+: shifts.early: does not keep to steps of 15 minutes"),
        (('from: "06:30"', "from: 6"), r"labour.yaml:\d+: shifts.early.from: .*no time of day"),
        (("min_week_hours: 40", "min_week_hours: 50"), r"contracts.full_time.min_week_hours: 50 is more than the 40 hours"),
        (("  rest_hours:", "  rest_houre:"), r"rest_houre, rest_hours"),
        (("contracts: [full_time]}\n  night", "contracts: [fulltime]}\n  night"), r"shifts.late.contracts: `fulltime` is no contract"),
        (('to: "13:00"', 'to: "14:00"'), r"shifts.short_morning: has no break, and is longer than the 4.5 hours"),
        (("within: [3, 5.5]", "within: [3, 3.25]"), r"breaks.1.within: is shorter than the break"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_labour_rules_is_named_by_its_line(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = PATH.read_text(encoding="utf-8")
    assert change[0] in text
    file = tmp_path / "labour.yaml"
    file.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ContractError, match=said):
        load_labour(file)


def test_a_home_has_rules_of_its_own(world: World, ask: Ask, calls: Path) -> None:
    own = world.settings.home / "planning" / "staffing.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("default:\n  2026-01-01: {service_level: 0.5, within_s: 60, max_occupancy: 1, shrinkage: 0, patience_s: 180}\n", encoding="utf-8")  # fmt: skip
    with world.warehouse():
        pass
    found = ask("staff", "plan", "--calls", calls, "--keep")
    assert {row["target_share"] for row in found["rows"]} == {0.5}
    assert {row["rostered"] - row["agents"] for row in found["rows"]} == {0}


def test_agents_and_plans_are_read_as_people_write_them(tmp_path: Path) -> None:
    file = tmp_path / "agents.csv"
    file.write_text(
        "agent,skills,available,nights,avoids,days_in_a_row,last_end\nA1,售后；投诉,周一-周五 08:00-18:00; sat 09:00-13:00,no,夜班;Late,3,2026-11-22 21:00\n",
        encoding="utf-8",
    )
    (agent,) = read_agents(file, load_labour())
    assert agent.skills == {"售后", "投诉"} and agent.takes("投诉") and not agent.takes("销售")
    assert agent.available == (*((day, 480, 1080) for day in range(5)), (5, 540, 780))
    assert (agent.nights, agent.avoids, agent.days_in_a_row) == (False, {"night", "late"}, 3)
    assert agent.last_end == datetime(2026, 11, 22, 21)
    plan = tmp_path / "need.csv"
    plan.write_text("时段,需求人数\n2026-11-23 09:00,2.5\n2026-11-23 09:15,1\n", encoding="utf-8")
    found = plan_of_file(plan)
    assert (found["required"].tolist(), found["minutes"].tolist()) == ([3, 1], [15, 15])
    roster = tmp_path / "roster.csv"
    roster.write_text("工号,日期,班次\nA1,2026-11-23,早班\n", encoding="utf-8")
    works, unread = read_roster(roster, load_labour())
    assert (works[0].shift, unread) == ("early", [])


def test_the_job_plans_and_rosters_the_weeks_from_the_next_monday_on(
    world: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    labour, aims = load_labour(), load_aims()
    settings = make_settings(world.settings.home, now="2026-11-20")
    with world.warehouse() as con:
        assert roster_weeks(con, settings, labour, 1, 0.2, "run") is None, "there is no plan and nobody to roster"
        con.execute(
            """insert or replace into ops.run_state values ('pseudonym_salt', 'salt of the test');
            create or replace table kpi.call_interval as select 'f' as feed, 'inbound' as direction, 'q' as queue, day + interval 10 hours + n * interval 15 minutes as local_interval,
                cast(day as date) as local_date, 6 as offered, 6 as timed, 1080 as talk_s, 0 as hold_s, 0 as acw_s
            from generate_series(timestamp '2026-10-26', timestamp '2026-11-19', interval 1 day) as d(day), range(24) as t(n);
            create or replace table marts.fct_call as select 'f' as feed, 'q' as queue, 'inbound' as direction, true as is_offered, false as is_repeat, false as is_flow_out,
                false as is_abandoned, 5 as wait_s, date '2026-11-02' as local_date;
            create or replace table marts.dim_agent as select 'No ' || n as agent, 'key' || n as agent_key, if(n = 0, 'part_time', 'full_time') as employment, null as skills,
                n < 6 as is_in_roster, null::date as hired_on, if(n = 5, date '2026-10-01', null) as left_on, 'active' as agent_status from range(8) as t(n)"""
        )
        planned = plan_weeks(con, settings, aims, 1, 30, "run")
        assert planned is not None
        assert (planned.basis, planned.table["local_interval"].min()) == ("usual_week", datetime(2026, 11, 23, 10))
        assert daily_lines(planned.table)[0][:3] == ("f q", "2026-11-23", "144")
        done = roster_weeks(con, settings, labour, 1, 0.3, "run")
        assert done is not None
        assert (done["agents"], done["rules_broken"]) == (5, 0)
        keys = {key for (key,) in con.execute("select distinct agent_key from planning.roster").fetchall()}
        assert keys == {f"key{number}" for number in range(5)}
        before = roster_before(con, date(2026, 11, 30))
        assert len(before) == done["shifts"]
        assert {work.agent for work in before} == keys
