"""Faults planted in one delivery after eight clean ones: each is found by the check that is meant to find it, and by no other.

One centre for all: companies of a directory, calls, answers about them, the roster. It is taken through every stage once, without
Dagster, then set back before each fault. The only check that fails all the time in it would be a state; there is none.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.synthetic_calls import HEADER as CALL_HEADER
from benchmarks.synthetic_feeds import uscc
from ccdata_assets.metrics.evaluate import evaluate
from ccdata_assets.orchestration.delivery_checks import look_at_deliveries
from ccdata_assets.project import Project, load_project
from ccdata_assets.quality.incidents import incidents
from ccdata_assets.quality.marts_checks import look_at_marts
from ccdata_assets.quality.record import check_table, record_changes
from ccdata_assets.quality.suites import cell_checks, golden_checks, staged_checks
from ccdata_assets.quality.validation import Outcome
from ccdata_assets.resolution.engine import resolve
from ccdata_assets.resolution.stability import accept, write_known
from ccdata_assets.standard.reasons import all_reasons
from ccdata_assets.standard.sql import load_sql
from ccdata_assets.warehouse.declared import write_reasons
from ccdata_assets.warehouse.gate import account, decide, mark, undecided
from ccdata_assets.warehouse.staging import create_views, stage_feed
from ccdata_assets_tests.integration.test_dbt import WITHOUT_TESTS, dbt, run_dictionaries
from ccdata_assets_tests.world import World, make_settings, table

pytestmark = pytest.mark.slow

FIRST, CLEAN = date(2026, 1, 5), 8
"""Monday of the first delivery, and how many clean ones come before the one with the fault, a week apart."""
COMPANIES, CALLS, ANSWERS, AGENTS = 100, 120, 50, 20
Cells = dict[str, str]
Rows = list[Cells]
Change = Callable[[Rows], Rows]
LETTERS = "泰海创优安隆信永泽美宇鸿云鼎润远晟瑞慧德佳铭飞源中莱昌百盛华"
SURNAMES, GIVEN = "王李张刘陈杨赵周吴徐孙朱胡郭何高林罗郑梁", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平"


# --- clean deliveries --------------------------------------------------------------------------------------------


def day_of(number: int) -> date:
    return FIRST + timedelta(weeks=number)


def companies(number: int) -> Rows:
    """Companies of Hangzhou, every field filled, everything about a place agreeing."""
    return [_company(n) for n in range(number * COMPANIES, (number + 1) * COMPANIES)]


def _company(n: int) -> Cells:
    trade = LETTERS[n % 30] + LETTERS[n // 30 % 30] + LETTERS[(7 * n + 3) % 29]
    return {
        "企业名称": f"杭州{trade}{n % 7 + 1}{'甲乙丙丁'[n % 4]}电子有限公司", "联系人": SURNAMES[n % 20] + GIVEN[n // 20 % 20] + GIVEN[n % 19],
        "职务": "经理", "性别": "男女"[n % 2], "手机": f"1390571{n:04d}", "电话": f"0571-8{5_550_000 + n}", "电子邮箱": f"sales@t{n}x.com",
        "网址": f"www.t{n}x.com", "省份": "浙江省", "城市": "杭州市", "区县": "西湖区", "详细地址": f"浙江省杭州市西湖区测试路{n + 1}号",
        "邮编": "310013", "主营业务": "电子元件的生产与销售", "统一社会信用代码": uscc("330106", n + 1),
    }  # fmt: skip


def calls(number: int) -> Rows:
    """The calls of the week before a delivery, each of another customer than those of the weeks around it: of a hundred 96 answered, 2
    abandoned, 2 served by the voice unit."""
    return [_call(number, n) for n in range(CALLS)]


def _call(number: int, n: int) -> Cells:
    start = datetime.combine(day_of(number) - timedelta(days=1 + n % 5), datetime.min.time()) + timedelta(
        hours=9, minutes=n * 3
    )
    queued, ended = start + timedelta(seconds=20), start + timedelta(seconds=260)
    form = "%Y-%m-%d %H:%M:%S"
    outcome = "放弃" if n % 50 == 3 else "自助完成" if n % 50 == 7 else "已接"
    answered = outcome == "已接"
    return dict(
        zip(
            CALL_HEADER,
            (
                f"C{number:02d}{n:04d}", "呼入", "电话", f"K{number:02d}{n:05d}", "普通", "咨询", "营业网点", "综合组", start.strftime(form),
                "是" if outcome == "自助完成" else "否", "" if outcome == "自助完成" else queued.strftime(form),
                (queued + timedelta(seconds=10)).strftime(form) if answered else "", ended.strftime(form), "0" if answered else "",
                "15" if answered else "", _agent(n) if answered else "", outcome,
            ),
            strict=True,
        )
    )  # fmt: skip


def _agent(n: int) -> str:
    return f"A{n % AGENTS:03d}"


def answers(number: int) -> Rows:
    """Satisfied answers about calls of the same week."""
    made = (call for call in calls(number) if call["坐席工号"])
    return [
        {
            "评价编号": f"S{number:02d}{n:03d}", "通话编号": call["通话编号"], "工单编号": f"W{number:02d}{n:03d}", "坐席工号": call["坐席工号"],
            "评分": "5", "满分": "5", "评价时间": call["结束时间"],
        }
        for n, call in zip(range(ANSWERS), made, strict=False)
    ]  # fmt: skip


def roster(number: int) -> Rows:
    """Every agent, as each week."""
    return [
        {"坐席工号": _agent(n), "坐席姓名": SURNAMES[n % 20] + GIVEN[n % 20], "班组": "一组", "手机": f"1390571{n:04d}", "电子邮箱": f"a{n}@t0x.com", "在职状态": "在职"}
        for n in range(AGENTS)
    ]  # fmt: skip


FEEDS: dict[str, Callable[[int], Rows]] = {
    "b2b_directory": companies, "call_log": calls, "survey_log": answers, "agent_roster": roster,
}  # fmt: skip
PARTY, CALL, SURVEY = "b2b_directory", "call_log", "survey_log"


# --- the way through the stages ----------------------------------------------------------------------------------


@dataclass
class Centre:
    """A home that deliveries are taken through, and set back to how it was after the clean ones."""

    world: World
    folder: Path
    project: Project = field(default_factory=load_project)

    @property
    def kept(self) -> Path:
        return self.folder / "kept"

    def deliver(self, number: int, changes: dict[str, Change | None] | None = None, on: date | None = None) -> dict[str, list[Outcome]]:  # fmt: skip
        """Put one delivery of each feed into the inbox (changed, or of a feed that is None not at all), land, judge, check and gate it."""
        day = on or day_of(number)
        now = self.world.at(str(day))
        found = {}
        for feed, made in FEEDS.items():
            change = (changes or {}).get(feed, lambda rows: rows)
            if change is not None:
                rows = change(made(number))
                self.world.put(f"{feed}/{day:%Y%m%d}.csv", table(tuple(rows[0]), [tuple(row.values()) for row in rows]))
            found[feed] = self._stage(now, feed)
        return found

    def _stage(self, now: World, feed: str) -> list[Outcome]:
        project, contract, settings = self.project, now.registry.feeds[feed], now.settings
        run_id = f"run of {settings.business_date}"
        now.land(feed, run_id)
        with now.warehouse() as con:
            stage_feed(con, contract, now.registry, settings)
            changed = undecided(con, feed)
            staged = staged_checks(now.registry, contract, project.kpis, settings.as_of)
            outcomes = check_table(con, staged, feed, settings, run_id, changed)
            failed = [o.check.name for o in outcomes if o.check.severity == "blocking" and not o.passed]
            decide(con, contract, settings, account(con, contract, settings), failed, run_id)
            marked = mark(con, contract)
            if across := cell_checks(contract, project.kpis, settings.as_of):
                outcomes += check_table(con, across, feed, settings, run_id, changed or marked)
            seen = look_at_deliveries(con, now.registry, contract, settings, run_id)
            record_changes(con, seen.outcomes, feed, settings, run_id)
        return [*outcomes, *seen.outcomes]

    def finish(self, on: date) -> list[Outcome]:
        """From the staged tables to the KPIs."""
        now, project = self.world.at(str(on)), self.project
        run_id = f"run of {on}"
        with now.warehouse() as con:
            create_views(con, now.registry)
            write_reasons(con, all_reasons(load_sql(now.settings.dbt_dir)))
        run_dictionaries(now, self.folder)
        with now.warehouse() as con:
            resolve(con, project.rules, project.model, now.settings, run_id)
            write_known(con, project.rules, project.model)
            golden = check_table(con, golden_checks(), None, now.settings, run_id, changed=True)
            accept(con, project.rules, project.model)
        dbt(now, self.folder, "build", *WITHOUT_TESTS, "--select", "ccdata.marts.*", "ccdata.kpi.*")
        with now.warehouse() as con:
            evaluate(con, project.kpis, now.registry, now.settings, run_id)
            return golden + look_at_marts(con, now.registry, project.kpis, now.settings, run_id)

    def keep(self) -> None:
        shutil.copytree(self.world.settings.home, self.kept)

    def set_back(self) -> None:
        """To how it was after the clean deliveries, in the same place: dbt parses nothing anew."""
        shutil.rmtree(self.world.settings.home)
        shutil.copytree(self.kept, self.world.settings.home)

    def open_incidents(self) -> set[tuple[str, str]]:
        with self.world.warehouse() as con:
            return {(found["check_name"], found["severity"]) for found in incidents(con)}


def failed(outcomes: Iterable[Outcome]) -> set[tuple[str, str]]:
    """(check, severity) of what failed."""
    return {(outcome.check.name, outcome.check.severity) for outcome in outcomes if not outcome.passed}


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """After the clean deliveries, all the way to the KPIs."""
    folder = tmp_path_factory.mktemp("centre")
    made = Centre(World(make_settings(folder / "home")), folder)
    alarms: dict[str, Any] = {}
    for number in range(CLEAN):
        for feed, outcomes in made.deliver(number).items():
            if wrong := failed(outcomes):
                alarms[f"{feed} {number}"] = wrong
        # what came in a month is decided in it: the last delivery of each goes all the way
        is_last = number == CLEAN - 1 or day_of(number + 1).month != day_of(number).month
        if is_last and (wrong := failed(made.finish(day_of(number)))):
            alarms[f"marts {number}"] = wrong
    assert alarms == {}, "clean deliveries raise alarms"
    assert made.open_incidents() == set()
    made.keep()
    return made


@pytest.fixture
def fresh(centre: Centre) -> Centre:
    centre.set_back()
    return centre


def test_one_more_clean_delivery_raises_no_alarm(fresh: Centre) -> None:
    staged = fresh.deliver(CLEAN)
    marts = fresh.finish(day_of(CLEAN))
    assert {feed: failed(found) for feed, found in staged.items()} == {feed: set() for feed in FEEDS}
    assert failed(marts) == set()
    assert fresh.open_incidents() == set()
    now, counted = fresh.world.at(str(day_of(CLEAN))), "select count(*) as n from kpi.quality_result"
    before = fresh.world.query(counted)
    with now.warehouse() as con:
        again = look_at_marts(con, now.registry, fresh.project.kpis, now.settings, "again", changed=False)
    assert {o.check.name: o.value for o in again}.items() <= {o.check.name: o.value for o in marts}.items()
    assert fresh.world.query(counted) == before, "what has not changed is not recorded again"
    checked = {outcome.check.name for outcome in marts if outcome.total}
    assert {"accuracy_region_of_delivery", "validity_misplaced_in_delivery", "consistency_call_of_survey", "target_abandon_rate", "target_accuracy"} <= checked  # fmt: skip


# --- the faults --------------------------------------------------------------------------------------------------


def cells(share: float, **values: str) -> Change:
    """The first rows have other values."""
    return lambda rows: [row | values if n < share * len(rows) else row for n, row in enumerate(rows)]


def exchanged(share: float, one: str, other: str) -> Change:
    """In the first rows two columns are exchanged."""
    return lambda rows: [
        row | {one: row[other], other: row[one]} if n < share * len(rows) else row for n, row in enumerate(rows)
    ]


def again(share: float) -> Change:
    """The first rows are those of the first delivery."""
    return lambda rows: companies(0)[: round(share * len(rows))] + rows[round(share * len(rows)) :]


def abandoned(rows: Rows) -> Rows:
    """One call of five is abandoned: little beside what other weeks are like, much for the month."""
    lost = {"通话结果": "放弃", "应答时间": "", "保持时长": "", "话后时长": "", "坐席工号": ""}
    return [row | lost if n // 5 % 5 == 0 and row["通话结果"] == "已接" else row for n, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("feed", "change", "expected"),
    [
        pytest.param(PARTY, cells(0.6, 电话=""), {("consistency_usual", "warning")}, id="nulls jump"),
        pytest.param(PARTY, again(0.4), {("uniqueness_repeats", "warning")}, id="duplicates"),
        pytest.param(PARTY, lambda rows: rows[:20], {("consistency_usual", "warning")}, id="volume drop"),
        pytest.param(CALL, cells(1, 渠道="短信"), {("consistency_usual", "warning")}, id="drift of a code"),
        pytest.param(CALL, cells(0.3, 话后时长="99999"), {("validity_range_acw_s", "warning")}, id="out of range"),
    ],
)
def test_a_fault_that_a_delivery_shows_by_itself_fails_its_check_alone(
    fresh: Centre, feed: str, change: Change, expected: set[tuple[str, str]]
) -> None:
    found = fresh.deliver(CLEAN, {feed: change})
    assert {name: failed(outcomes) for name, outcomes in found.items()} == {
        name: expected if name == feed else set() for name in FEEDS
    }
    assert fresh.open_incidents() == expected


def test_a_feed_that_stops_is_stale_once_its_time_is_over(fresh: Centre) -> None:
    in_time, late = day_of(CLEAN - 1) + timedelta(days=34), day_of(CLEAN - 1) + timedelta(days=36)
    found = fresh.deliver(CLEAN, {PARTY: None}, on=in_time)
    assert not any(failed(outcomes) for outcomes in found.values())
    found = fresh.deliver(CLEAN + 1, {PARTY: None}, on=late)
    assert failed(found.pop(PARTY)) == {("timeliness_freshness", "warning")} == fresh.open_incidents()
    assert not any(failed(outcomes) for outcomes in found.values())


@pytest.mark.parametrize(
    ("feed", "change", "expected"),
    [
        pytest.param(PARTY, cells(0.6, 省份="广东省", 城市="广州市", 区县="天河区"), {("accuracy_region_of_delivery", "warning")}, id="wrong region"),
        pytest.param(PARTY, exchanged(0.6, "联系人", "手机"), {("validity_misplaced_in_delivery", "warning")}, id="swapped columns"),
        pytest.param(SURVEY, cells(0.6, 通话编号="C999999"), {("consistency_call_of_survey", "error")}, id="orphan calls"),
        pytest.param(CALL, cells(0.6, 坐席工号="A999"), {("consistency_agent_of_call", "warning")}, id="orphan agents"),
        pytest.param(CALL, abandoned, {("target_abandon_rate", "warning")}, id="a KPI below target"),
    ],
)  # fmt: skip
def test_a_fault_that_only_the_warehouse_shows_fails_its_check_alone(
    fresh: Centre, feed: str, change: Change, expected: set[tuple[str, str]]
) -> None:
    staged = fresh.deliver(CLEAN, {feed: change})
    assert {name: failed(outcomes) for name, outcomes in staged.items()} == {name: set() for name in FEEDS}
    assert failed(fresh.finish(day_of(CLEAN))) == expected
    assert fresh.open_incidents() == expected
