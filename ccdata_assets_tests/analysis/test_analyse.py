"""The tables of the analysis: what they say of calls, cases and agents, and that what was once said is never overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ccdata_assets.analysis.declared import PATH, load_analysis
from ccdata_assets.analysis.kept import KEYS
from ccdata_assets.catalogue.tables import published_tables
from ccdata_assets.errors import ContractError
from ccdata_assets.quality.incidents import incidents
from ccdata_assets.quality.surge_checks import last_surges, look_at_surges
from ccdata_assets_tests.analysis.calls import Calls, changed


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[Calls]:
    made = Calls.made(tmp_path)
    yield made
    made.con.close()


def test_percentiles_and_bins_are_those_of_the_calls(calls: Calls) -> None:
    random = np.random.default_rng(1)
    waits = [int(wait) for wait in random.exponential(40, 300)]
    calls.add(
        "marts.fct_call",
        [calls.call("2026-01-05T10:00:00", wait_s=wait, talk_s=None if i % 3 else wait * 2, acw_s=5, queue="q" if i % 2 else None)
         for i, wait in enumerate(waits)],
    )  # fmt: skip
    calls.add(
        "marts.fct_call",
        [
            calls.call("2026-01-05T10:00:00", wait_s=9999, is_repeat=True),
            calls.call("2026-01-05T10:00:00", wait_s=9999, direction="outbound"),
        ],
    )
    calls.analyse()
    (whole,) = calls.found("distribution", "measure = 'wait' and dimension = 'all'")
    assert [whole[name] for name in ("p50", "p80", "p90", "p95", "p99")] == pytest.approx(
        np.percentile(waits, [50, 80, 90, 95, 99]).tolist()
    )
    assert (whole["calls"], whole["mean"], whole["shortest"], whole["longest"]) == pytest.approx(
        (300, fmean(waits), min(waits), max(waits))
    )
    (part,) = calls.found("distribution", "measure = 'wait' and dimension = 'queue'")
    assert (part["part"], part["calls"]) == ("q", 150), "calls without a queue are in the total but in no part"
    (handling,) = calls.found("distribution", "measure = 'handling' and dimension = 'all'")
    assert handling["mean"] == pytest.approx(fmean(wait * 2 + 5 for i, wait in enumerate(waits) if not i % 3))
    bins = calls.found("distribution_bin", "measure = 'wait' and dimension = 'all'")
    expected = pd.cut(pd.Series(waits), [*load_analysis().bins.wait, np.inf], right=False).value_counts()
    assert {row["bin_from_s"]: row["calls"] for row in bins} == {int(bin.left): n for bin, n in expected.items() if n}


def test_a_mean_day_counts_the_days_without_calls(calls: Calls) -> None:
    """Mondays 5 and 19 January have calls, 12 January has none; the first call is of the 5th, the last of the 23rd."""
    sums = [
        ("2026-01-05", "09:00", 6),
        ("2026-01-05", "09:15", 2),
        ("2026-01-19", "09:15", 1),
        ("2026-01-23", "17:30", 4),
    ]
    calls.add(
        "kpi.call_interval",
        [{"feed": "f", "direction": "inbound", "queue": "q", "local_interval": f"{day} {time}:00", "local_date": day, "entered": n, "offered": n} for day, time, n in sums],
    )  # fmt: skip
    calls.add("marts.fct_call", [calls.call("2026-01-05T09:00:00")])
    calls.analyse()
    found = {
        (row["weekday"], row["half_hour"]): (row["entered"], row["days"])
        for row in calls.found("volume_pattern", "dimension = 'all'")
    }
    assert found[1, "09:00"] == (9, 3) and found[5, "17:30"] == (4, 3) and found[6, "12:00"] == (0, 2)
    assert {time for _, time in found} == {f"{hour:02d}:{half}" for hour in range(9, 18) for half in ("00", "30")}
    assert found == {
        (row["weekday"], row["half_hour"]): (row["entered"], row["days"])
        for row in calls.found("volume_pattern", "dimension = 'queue'")
    }


def case(at: str, days: float | None, **values: Any) -> dict[str, Any]:
    """A case opened at a time and resolved so many days later; None: open."""
    seconds = None if days is None else round(days * 86400)
    resolved = None if seconds is None else f"{pd.Timestamp(at) + pd.Timedelta(seconds=seconds)}+00"
    return {"case_id": at, "opened_at": f"{at}+00", "local_date": at[:10], "resolved_at": resolved, "resolved_after_s": seconds,
            "is_open": days is None, "is_repeat": False, **values}  # fmt: skip


def test_time_to_resolution_is_kaplan_and_meiers_with_open_cases_in_it(calls: Calls) -> None:
    random = np.random.default_rng(2)
    days = np.round(random.exponential(8, 120), 3)
    opened = [pd.Timestamp("2026-01-01") + pd.Timedelta(hours=6 * int(i)) for i in range(120)]
    now = pd.Timestamp("2026-02-09 23:59:59")
    ended = [at + pd.Timedelta(days=float(d)) <= now for at, d in zip(opened, days, strict=True)]
    calls.add(
        "marts.fct_case",
        [case(f"{at}", float(d) if is_over else None, case_id=str(i), topic="t") for i, (at, d, is_over) in enumerate(zip(opened, days, ended, strict=True))],
    )  # fmt: skip
    calls.analyse("2026-02-09")
    (found,) = calls.found("case_duration", "dimension = 'topic'")
    known = [
        float(d) if is_over else (now - at) / pd.Timedelta(days=1)
        for at, d, is_over in zip(opened, days, ended, strict=True)
    ]
    seconds, over = np.round(np.array(known) * 86400), np.array(ended)
    survival = stats.ecdf(stats.CensoredData(uncensored=seconds[over], right=seconds[~over])).sf
    bounds = survival.confidence_interval(method="log-log")

    def falls_to(share: float, steps: Any) -> float:
        return float(steps.quantiles[np.nanargmax(steps.probabilities <= share)])

    assert 5 < found["still_open"] == ended.count(False) and found["cases"] == 120
    assert found["median_days"] * 86400 == pytest.approx(falls_to(0.5, survival), abs=1)
    assert found["p80_days"] * 86400 == pytest.approx(falls_to(0.2, survival), abs=1)
    assert found["median_low_days"] * 86400 == pytest.approx(falls_to(0.5, bounds.low), abs=1)
    assert found["median_high_days"] * 86400 == pytest.approx(falls_to(0.5, bounds.high), abs=1)
    assert found["median_days"] > np.median(np.array(days)[np.array(ended)]), "the mean of those that are over flatters"


def test_a_median_that_is_not_reached_or_of_too_few_cases_is_not_told(calls: Calls) -> None:
    calls.add(
        "marts.fct_case",
        [
            case(f"2026-01-01 00:00:{i:02d}", 1 if i < 5 else None, topic="open", due_at="2026-01-03 00:00:00+00")
            for i in range(20)
        ],
    )
    calls.add("marts.fct_case", [case(f"2026-01-02 00:00:{i:02d}", 1.0, topic="few") for i in range(9)])
    calls.add("marts.fct_case", [case("2026-01-02 01:00:00", None, topic="few", is_open=False)])
    calls.analyse("2026-01-02")
    found = {row["part"]: row for row in calls.found("case_duration", "dimension = 'topic'")}
    assert found["open"]["median_days"] is None and found["open"]["still_open"] == 15
    assert (found["open"]["due"], found["open"]["due_met"]) == (5, 5), "what is open and not yet due is not judged"
    assert found["few"]["cases"] == 10 and found["few"]["untimed"] == 1
    calls.analyse("2026-01-04")
    (later,) = calls.found("case_duration", "part = 'open'")
    assert (later["due"], later["due_met"]) == (20, 5), "time alone makes a case late"


def survey(call_id: str, score: int, on: str = "2026-01-05") -> dict[str, Any]:
    return {
        "call_id": call_id,
        "score_share": score / 5,
        "is_satisfied": score >= 4,
        "local_date": on,
        "is_repeat": False,
    }


def test_satisfaction_is_held_against_the_wait_of_its_own_call(calls: Calls) -> None:
    rows = [calls.call("2026-01-05T10:00:00", wait_s=wait) for wait in [2] * 60 + [100] * 60]
    calls.add("marts.fct_call", rows)
    calls.add(
        "marts.fct_survey",
        [survey(row["call_id"], 5 if i % 60 < (50 if row["wait_s"] == 2 else 20) else 1) for i, row in enumerate(rows)],
    )
    calls.add("marts.fct_survey", [survey("nowhere", 1)])
    calls.analyse()
    (found,) = calls.found("satisfaction_link", "factor = 'wait' and month = '2026-01-01'")
    assert (found["answers"], found["satisfied"]) == (120, 70) and found["rho"] < -0.4 and found["odds"] < 1
    assert (
        found["strength"] in ("weak", "moderate")
        and "not proof of a cause" in found["en"]
        and "不能证明因果" in found["zh"]
    )
    curve = calls.found("satisfaction_curve", "factor = 'wait' and month = '2026-01-01'")
    assert [(row["bin_from"], row["satisfied"], row["answers"]) for row in curve] == [(0, 50, 60), (100, 20, 60)]
    for row in curve:
        ends = stats.binomtest(row["satisfied"], row["answers"]).proportion_ci(method="wilson")
        assert (row["low_share"], row["high_share"]) == pytest.approx((ends.low, ends.high))


def test_the_months_before_count_for_satisfaction_as_declared(calls: Calls) -> None:
    for month in ("2025-11", "2025-12", "2026-01", "2026-02"):
        row = calls.call(f"{month}-05T10:00:00")
        calls.add("marts.fct_call", [row])
        calls.add("marts.fct_survey", [survey(row["call_id"], 5, f"{month}-05")])
    calls.analyse()
    assert [row["answers"] for row in calls.found("satisfaction_link", "factor = 'wait'")] == [1, 2, 3, 3]


def daily(calls: Calls, start: date, counts: list[int], topic: str) -> None:
    rows = [
        calls.call(f"{start + timedelta(days=day)}T10:00:00", topic=topic, queue=f"{topic}组")
        for day, n in enumerate(counts)
        for _ in range(n)
    ]
    calls.add_calls(rows)


def test_a_surge_opens_an_incident_that_ends_when_a_week_has_passed_without(calls: Calls) -> None:
    random = np.random.default_rng(3)
    start = date(2026, 1, 5)
    daily(calls, start, random.poisson(20, 70).tolist(), "账单")
    daily(calls, start, [*random.poisson(8, 64).tolist(), 45, *random.poisson(8, 5).tolist()], "网络")
    calls.analyse("2026-03-16")
    (surge,) = calls.found("surge", "dimension = 'topic'")
    assert (surge["part"], surge["local_date"], surge["calls"]) == ("网络", start + timedelta(days=64), 45)
    assert [(row["part"], row["calls"]) for row in calls.found("surge", "dimension = 'queue'")] == [("网络组", 45)]
    assert surge["p_value"] < surge["limit_p"] and "「网络」" in surge["zh"] and "45 calls on" in surge["en"]
    outcomes = look_at_surges(calls.con, calls.settings("2026-03-16"), "run", True)
    assert {outcome.check.name: outcome.passed for outcome in outcomes}["surge_topic"] is False
    (opened,) = [each for each in incidents(calls.con) if each["check_name"].startswith("surge_topic")]
    assert (opened["field"], opened["severity"]) == ("网络", "error")
    assert [row["part"] for row in last_surges(calls.con) if row["dimension"] == "topic"] == ["网络"]
    look_at_surges(calls.con, calls.settings("2026-03-16"), "again", True)
    assert len([each for each in incidents(calls.con, every=True) if each["field"] == "网络"]) == 1, (
        "one surge, one incident"
    )
    daily(calls, start + timedelta(days=70), random.poisson(8, 8).tolist(), "网络")
    daily(calls, start + timedelta(days=70), random.poisson(20, 8).tolist(), "账单")
    calls.analyse("2026-03-24", "later")
    look_at_surges(calls.con, calls.settings("2026-03-24"), "later", True)
    assert not [each for each in incidents(calls.con) if each["field"] == "网络"]


def test_a_new_topic_surges_and_a_new_queue_has_no_past_to_be_held_against(calls: Calls) -> None:
    daily(calls, date(2026, 1, 5), [20] * 64 + [45] * 6, "账单")
    calls.con.execute("update marts.fct_call set queue = '新组', topic = '新题' where local_date >= date '2026-03-10'")
    calls.analyse("2026-03-16")
    assert {(row["dimension"], row["part"]) for row in calls.found("surge", "local_date = '2026-03-10'")} == {
        ("all", ""), ("topic", "新题"),
    }  # fmt: skip


def test_steady_calls_raise_no_alarm_and_holidays_are_not_judged(calls: Calls) -> None:
    calls.con.execute("update marts.dim_date set is_working_day = false where date = '2026-03-04'")
    counts = np.random.default_rng(4).poisson(15, 70).tolist()
    counts[58] = 90  # 4 March
    daily(calls, date(2026, 1, 5), counts, "t")
    calls.analyse("2026-03-16")
    assert calls.found("surge") == []
    watched = {row["local_date"]: row["judged"] for row in calls.found("surge_watch", "dimension = 'topic'")}
    assert date(2026, 3, 4) not in watched and watched[date(2026, 3, 5)] == 1 and watched[date(2026, 1, 6)] == 0
    assert all(outcome.passed for outcome in look_at_surges(calls.con, calls.settings("2026-03-16"), "run", True))
    assert incidents(calls.con) == []


def test_topics_of_a_customers_calls_are_one_basket(calls: Calls) -> None:
    rows = [
        calls.call("2026-01-05T10:00:00", customer_no=f"k{i}", topic=topic)
        for i in range(400)
        for topic in (
            ["a", "b"] if i < 60 else ["a"] if i < 80 else ["c"] if i < 250 else ["c", "d"] if i % 2 else ["d", "d"]
        )
    ]
    calls.add_calls(rows)
    calls.add(
        "marts.fct_call",
        [calls.call("2026-01-05T10:00:00", topic="z"), calls.call("2026-01-05T10:00:00", customer_no="k0")],
    )
    calls.analyse()
    (basket,) = calls.found("topic_basket")
    assert (basket["customers"], basket["several_topics"]) == (400, 135)
    rules = {(row["antecedent"], row["consequent"]): row for row in calls.found("topic_rule")}
    assert set(rules) == {("a", "b"), ("b", "a")}, "c and d are together less often than chance gives"
    rule = rules["a", "b"]
    assert (rule["support"], rule["confidence"], rule["lift"]) == pytest.approx(
        (60 / 400, 60 / 80, 60 * 400 / (80 * 60))
    )


def test_customers_are_counted_by_their_calls_and_calls_by_the_days_before(calls: Calls) -> None:
    for customer, days in (("a", [1]), ("b", [1, 1, 3]), ("c", [2, 20]), (None, [4, 5])):
        calls.add(
            "marts.fct_call",
            [calls.call(f"2026-01-{day:02d}T10:00:{i:02d}", customer_no=customer) for i, day in enumerate(days)],
        )
    calls.analyse()
    found = {(row["measure"], row["band"]): (row["customers"], row["calls"]) for row in calls.found("repeat_caller")}
    assert found == {("calls", "1"): (1, 1), ("calls", "2"): (1, 2), ("calls", "3"): (1, 3), ("calls", "unknown"): (None, 2),
                     ("interval", "0"): (None, 1), ("interval", "2-3"): (None, 1), ("interval", "15-30"): (None, 1)}  # fmt: skip


def test_calls_owed_are_told_apart_by_what_became_of_them(calls: Calls) -> None:
    due = "2026-01-05 12:00:00+00"
    for reason, kind, back, came in (
        ("abandoned", "VIP", "2026-01-05 11:00:00+00", None), ("abandoned", "VIP", "2026-01-05 13:00:00+00", None),
        ("abandoned", "VIP", None, "2026-01-05 11:00:00+00"), ("abandoned", "VIP", None, None), ("voicemail", "x", None, None),
        ("abandoned", "VIP", "2026-01-05 13:00:00+00", "2026-01-05 12:30:00+00"),
    ):  # fmt: skip
        calls.add(
            "marts.fct_callback",
            [
                {
                    "call_id": "c",
                    "reason": reason,
                    "customer_type": kind,
                    "local_date": "2026-01-05",
                    "due_at": due,
                    "called_back_at": back,
                    "came_back_at": came,
                }
            ],
        )
    calls.add(
        "marts.fct_callback",
        [{"call_id": "c", "reason": "agreed", "local_date": "2026-01-05", "due_at": "2026-01-09 00:00:00+00"}],
    )
    calls.analyse("2026-01-06")
    keys = ("owed", "in_time", "late", "came_back", "overdue", "waiting")
    found = {
        (row["reason"], row["is_key_customer"]): tuple(row[key] for key in keys) for row in calls.found("callback")
    }
    assert found == {
        ("abandoned", True): (5, 1, 1, 2, 1, 0),
        ("voicemail", False): (1, 0, 0, 0, 1, 0),
        ("agreed", False): (1, 0, 0, 0, 0, 1),
    }
    assert all(parts[0] == sum(parts[1:]) for parts in found.values())


def test_recordings_are_counted_by_the_age_of_their_campaign(calls: Calls) -> None:
    calls.add(
        "staged.campaign",
        [
            {"campaign": "P", "starts_on": "2026-01-05", "is_repeat": False},
            {"campaign": "Q", "starts_on": None, "is_repeat": False},
        ],
    )
    dials = [
        ("2026-01-04", "x0"),
        ("2026-01-05", "x1"),
        ("2026-01-11", "x2"),
        ("2026-01-12", "x3"),
        ("2026-02-10", "x4"),
    ]
    dial = {"feed": "o", "campaign": "P", "is_connected": True, "is_repeat": False}
    calls.add("marts.fct_outbound", [{**dial, "dialled_on": day, "call_id": call} for day, call in dials])
    calls.add(
        "marts.fct_outbound",
        [
            {**dial, "dialled_on": "2026-01-05", "is_connected": False},
            {**dial, "campaign": "Q", "dialled_on": "2026-01-05"},
        ],
    )
    review = {"sha256": "h", "is_repeat": False, "local_date": "2026-02-20"}
    calls.add(
        "marts.fct_quality_review",
        [
            {**review, "row": 1, "call_id": "x1"},
            {**review, "row": 2, "call_id": "x1"},
            {**review, "row": 3, "campaign": "P", "local_date": "2026-01-13"},
        ],
    )
    calls.analyse()
    found = [
        (str(row["month"])[:7], row["campaign_week"], row["recordings"], row["reviewed"], row["planned_share"])
        for row in calls.found("review_coverage")
    ]
    assert found == [
        ("2026-01", 0, 1, 0, 0.2),
        ("2026-01", 1, 2, 1, 0.2),
        ("2026-01", 2, 1, 1, 0.1),
        ("2026-02", 6, 1, 0, 0.02),
    ]


def test_an_agent_weeks_outside_the_band_of_the_tenure_is_marked(calls: Calls) -> None:
    monday = date(2026, 1, 5)
    agents = [f"a{i}" for i in range(9)]
    calls.add("marts.dim_agent", [{"agent_key": agent, "hired_on": monday} for agent in agents])
    rows = [
        calls.call(f"{monday + timedelta(days=7 * week)}T10:00:00", agent_key=agent, talk_s=100 + 5 * i if agent != "a8" else 400 if week > 0 else 110)
        for week in range(8) for i, agent in enumerate(agents) for _ in range(20)
    ]  # fmt: skip
    calls.add_calls(rows)
    calls.analyse("2026-03-03")
    band = calls.found("growth_band", "measure = 'aht' and month = '2026-02-01' and tenure_week = 0")[0]
    first = [*[100.0 + 5 * i for i in range(8)], 110.0]
    assert (band["agents"], band["low"], band["middle"], band["high"]) == pytest.approx(
        (9, np.quantile(first, 0.1), np.median(first), np.quantile(first, 0.9))
    )
    weeks = calls.found("growth_agent", "measure = 'aht' and agent_key = 'a8'", "distinct on (week_start) *")
    runs = {row["tenure_week"]: (row["side"], row["weeks_outside"], row["is_marked"]) for row in weeks}
    assert runs[0] == (0, 0, False) and runs[1][:2] == (1, 1) and runs[3] == (1, 3, True) and not runs[2][2]
    assert not [row for row in calls.found("growth_agent", "agent_key in ('a3', 'a4', 'a5')") if row["is_marked"]]


def test_agents_without_enough_others_of_their_tenure_are_held_against_nothing(calls: Calls) -> None:
    calls.add("marts.dim_agent", [{"agent_key": "a", "hired_on": date(2026, 1, 5)}])
    calls.add("marts.fct_call", [calls.call("2026-01-05T10:00:00", agent_key="a") for _ in range(20)])
    calls.analyse()
    assert [row["middle"] for row in calls.found("growth_band", "measure = 'aht'")] == [None] * len(
        calls.found("growth_band")
    )
    assert {row["side"] for row in calls.found("growth_agent")} == {None}


def entries(queue: str, offered: int, abandoned: int) -> dict[str, Any]:
    """Entries into a queue, of which those answered were answered in time."""
    return {
        "feed": "f", "direction": "inbound", "queue": queue, "local_interval": datetime(2026, 1, 5, 10), "local_date": date(2026, 1, 5),
        "offered": offered, "answered": offered - abandoned, "abandoned": abandoned, "answered_in_time": offered - abandoned,
    }  # fmt: skip


def test_a_funnel_needs_parts_enough_and_marks_the_odd_one(calls: Calls) -> None:
    calls.add("kpi.queue_interval", [entries(f"q{i}", 60, 30 if i == 0 else 5) for i in range(8)])
    calls.add("kpi.queue_interval", [entries("small", 1, 1)])
    calls.analyse()
    found = {row["part"]: row["verdict"] for row in calls.found("funnel", "measure = 'abandon_rate'")}
    assert found == {**{f"q{i}": "within" for i in range(1, 8)}, "q0": "outside", "small": "too_few"}


def test_of_few_parts_none_is_judged(calls: Calls) -> None:
    calls.add("kpi.queue_interval", [entries(f"q{i}", 12, 0) for i in range(8)])
    calls.add("marts.fct_call", [calls.call("2026-01-05T10:00:00", queue="q0")])
    calls.analyse(declared=changed(outliers={"parts": 20}))
    assert {(row["verdict"], row["upper_998"]) for row in calls.found("funnel")} == {("too_few", None)}


def test_nothing_new_adds_nothing_and_what_changed_is_added_beside_what_was_said(calls: Calls) -> None:
    calls.add("marts.fct_call", [calls.call("2026-01-05T10:00:00", wait_s=wait, customer_no="k") for wait in (1, 2, 3)])
    assert calls.analyse("2026-02-01", "first")["distribution"] > 0
    assert sum(calls.analyse("2026-02-01", "second").values()) == 0
    calls.add("marts.fct_call", [calls.call("2026-01-06T10:00:00", wait_s=50, queue="new")])
    added = calls.analyse("2026-02-02", "third")
    assert added["distribution"] > 0
    told = calls.con.execute(
        "select run_id, calls, p50 from analysis.distribution where measure = 'wait' and dimension = 'all' order by as_of"
    ).fetchall()
    assert told == [("first", 3, 2.0), ("third", 4, 2.5)]
    calls.con.execute("delete from marts.fct_call where queue = 'new'")
    calls.analyse("2026-02-03", "fourth")
    assert calls.found("distribution", "dimension = 'queue'") == [], "a part that is no longer there is withdrawn"
    (whole,) = calls.found("distribution", "measure = 'wait' and dimension = 'all'")
    assert (whole["calls"], whole["run_id"]) == (3, "fourth")


def test_months_of_which_nothing_changed_are_left_alone(calls: Calls) -> None:
    for month in ("2025-03", "2025-06", "2026-01"):
        calls.add("marts.fct_call", [calls.call(f"{month}-05T10:00:00")])
    calls.analyse("2026-02-01", "first")
    calls.con.execute("update analysis.distribution set p50 = -1 where month = '2025-03-01'")
    calls.add("marts.fct_call", [calls.call("2026-01-06T10:00:00", wait_s=9)])
    calls.analyse("2026-02-02", "second")
    assert {row["p50"] for row in calls.found("distribution", "month = '2025-03-01'")} == {-1}
    assert (
        calls.found("distribution", "month = '2026-01-01' and measure = 'wait' and dimension = 'all'")[0]["calls"] == 2
    )


def test_a_home_without_calls_is_analysed_without_a_word(calls: Calls) -> None:
    assert set(calls.analyse().values()) == {0}


def test_the_tables_are_those_declared_and_their_keys_find_one_row(calls: Calls) -> None:
    for name, key in KEYS.items():
        table = published_tables()[f"analysis.{name}"]
        made = calls.con.execute(f"describe analysis.{name}").fetchall()
        assert [(column.name, column.type) for column in table.columns] == [
            (column, kind.lower().replace("timestamp with time zone", "timestamptz")) for column, kind, *_ in made
        ], name
        assert table.key == (*key, "as_of"), name


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [("window_months: 3", "window_months: 0", "window_months"), ("[0, 20, 40, 60", "[0, 20, 20, 60", "rise"),
     ("  - {share: 0.02}", "  - {until_week: 9, share: 0.02}", "last step"), ("band: [0.1, 0.9]", "band: [0.9, 0.1]", "rise")],
)  # fmt: skip
def test_a_mistake_of_the_settings_is_told_with_its_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    text = PATH.read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "analysis.yaml").write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ContractError, match=rf"analysis.yaml:\d+.*{said}"):
        load_analysis(tmp_path / "analysis.yaml")
