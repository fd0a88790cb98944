"""Plans: aims by queue and day, shrinkage, pools, and demand from calls, the usual week, forecasts and files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from ccdata_assets.errors import CcdataError, ContractError, WrongUse
from ccdata_assets.metrics.erlang import agents_for, rostered
from ccdata_assets.planning import requirement_demand as source
from ccdata_assets.planning.forecast.declared import Event, load_forecast
from ccdata_assets.planning.requirement import pooled, required, savings, with_pools
from ccdata_assets.planning.requirement_ledger import keep_plan, newest_plan
from ccdata_assets.planning.requirement_plan import planned_demand
from ccdata_assets.planning.requirement_rules import Aims, load_aims
from ccdata_assets.warehouse.engine import connect
from ccdata_assets_tests.world import make_settings

MONDAY = date(2026, 11, 23)
AIMS = load_aims()
NOON = pd.Timestamp("2026-11-23 12:00")


def demand(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Rows of feed, queue, calls of the half hour, handling time and, where known, patience."""
    return pd.DataFrame(
        [(feed, queue, NOON, 30, float(calls), float(handling), float(patience[0]) if patience else math.nan) for feed, queue, calls, handling, *patience in rows],
        columns=["feed", "queue", "local_interval", "minutes", "calls", "mean_handling_s", "mean_patience_s"],
    )  # fmt: skip


def aims(tmp_path: Path, text: str) -> Aims:
    file = tmp_path / "staffing.yaml"
    file.write_text(text, encoding="utf-8")
    return load_aims(file)


DEFAULT = "default:\n  2026-01-01: {service_level: 0.8, within_s: 20, max_occupancy: 1, shrinkage: 0.3, breaks: 0.1, patience_s: 180}\n"


def test_a_plan_is_the_fewest_agents_of_erlang_a_and_their_shrinkage() -> None:
    found = required(demand(("f", "q", 100, 180, 300)), AIMS).iloc[0]
    best = agents_for(200, 180, 20, 0.8, patience_s=300, most_occupied=0.85)
    assert found.agents >= best.agents
    assert found.abandoned_share <= 0.05
    assert (found.load, found.patience_from) == (10, "calls")
    assert found.rostered == rostered(int(found.agents), 0.3)
    # breaks are placed by the roster, so fewer than these are to be present, and never fewer than on the phone
    assert found.agents <= found.present == math.ceil(found.agents * 0.9 / 0.7 - 1e-9) <= found.rostered


def test_erlang_c_of_the_domain_comes_out_with_its_roster(tmp_path: Path) -> None:
    rules = aims(tmp_path, DEFAULT + "queues:\n  patient: {2026-01-01: {model: erlang_c}}\n")
    found = required(demand(("f", "patient", 100, 180)), rules).iloc[0]
    assert (found.agents, found.rostered, found.model) == (14, 20, "erlang_c")
    assert round(found.answered_within_share, 6) == 0.888350
    assert math.isnan(found.mean_patience_s)


def test_aims_hold_from_their_day_and_queues_give_only_what_differs(tmp_path: Path) -> None:
    rules = aims(
        tmp_path,
        DEFAULT.replace("queues", "") + "  2026-06-01: {service_level: 0.9, within_s: 10, max_occupancy: 1, shrinkage: 0.3, patience_s: 180}\n"
        "queues:\n  vip: {2026-03-01: {within_s: 5}}\n  f/vip: {2026-09-01: {service_level: 0.95}}\n",
    )  # fmt: skip
    of = [
        rules.of("f", queue, date(2026, month, 15))
        for queue, month in (("x", 2), ("vip", 2), ("vip", 4), ("vip", 7), ("vip", 9))
    ]
    assert [(aim.service_level, aim.within_s) for aim in of] == [(0.8, 20), (0.8, 20), (0.8, 5), (0.9, 5), (0.95, 5)]
    assert rules.of("g", "vip", date(2026, 9, 15)).service_level == 0.9
    assert rules.of("f", "x", date(2020, 1, 1)).service_level == 0.8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DEFAULT.replace("0.8", "80"), r"staffing.yaml:2: default.2026-01-01.service_level: .*less than 1"),
        (DEFAULT.replace("breaks: 0.1", "breaks: 0.5"), r"staffing.yaml:2: .*part of shrinkage"),
        (
            DEFAULT + "queues:\n  q: {2026-01-01: {breaks: 0.4}}\n",
            r"staffing.yaml:4: queues.q.2026-01-01: .*part of shrinkage",
        ),
        (DEFAULT.replace("within_s", "within"), r"staffing.yaml:2: .*within: is not a known key"),
    ],
)
def test_a_mistake_in_the_aims_is_named_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        aims(tmp_path, text)


def test_chats_that_an_agent_serves_at_once_need_fewer_agents(tmp_path: Path) -> None:
    rules = aims(tmp_path, DEFAULT + "queues:\n  chat: {2026-01-01: {concurrency: 3}}\n")
    alone, several = (required(demand(("f", queue, 100, 600)), rules).iloc[0].agents for queue in ("phone", "chat"))
    assert several == math.ceil(alone / 3)


def test_a_pool_needs_no_more_than_its_queues_alone_and_keeps_the_strictest_aim(tmp_path: Path) -> None:
    rules = aims(tmp_path, DEFAULT + "queues:\n  vip: {2026-01-01: {service_level: 0.9, within_s: 10}}\n")
    parts = demand(("f", "a", 60, 180, 200), ("f", "vip", 30, 300, 400), ("g", "only", 10, 100))
    together, its_aims = pooled(parts, rules)
    assert len(together) == 1
    pool = together.iloc[0]
    assert (pool.feed, pool.queue, pool.calls) == ("f", "*", 90)
    assert pool.mean_handling_s == pytest.approx((60 * 180 + 30 * 300) / 90)
    assert pool.mean_patience_s == pytest.approx(90 / (60 / 200 + 30 / 400))
    aim = its_aims.of("f", "*", MONDAY)
    assert (aim.service_level, aim.within_s) == (0.9, 10)
    found = with_pools(parts, rules)
    both = savings(found[found["queue"] != "*"], found[found["queue"] == "*"]).iloc[0]
    assert both.agents_alone == found[(found["feed"] == "f") & (found["queue"] != "*")]["agents"].sum()
    assert both.agents_saved == both.agents_alone - both.agents_pooled > 0


def test_a_pool_is_never_dearer_but_where_occupancy_is_what_limits_it(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    free = aims(tmp_path, DEFAULT)
    for _ in range(30):
        parts = demand(*(("f", name, chance.uniform(1, 200), 200, 180) for name in "abc"))
        for rules in (free, AIMS):
            found = with_pools(parts, rules)
            pool = found[found["queue"] == "*"].iloc[0]
            alone = found[found["queue"] != "*"]["agents"].sum()
            # callers of a pool hang up less, so the same agents are busier
            assert pool.agents <= alone or (rules is AIMS and pool.bound_by == "occupancy")


def test_a_file_of_calls_is_read_under_chinese_headers_and_its_faults_are_named(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("时段,队列,来电量,平均处理时长\n2026-11-23 09:00,售后,40,200\n2026/11/23 9:30,售后,\"1,050\",210\n2026-11-23 10:00,售后,0,\n", encoding="gb18030")  # fmt: skip
    found = source.of_file(file).table
    assert found["calls"].tolist() == [40, 1050, 0]
    assert found["minutes"].tolist() == [30, 30, 30]
    file.write_text("interval,calls,aht\nsoon,40,200\n2026-11-23 09:30,many,200\n2026-11-23 10:00,5,\n2026-11-23 10:00,5,10\n", encoding="utf-8")  # fmt: skip
    with pytest.raises(CcdataError) as said:
        source.of_file(file)
    for part in (
        "row 2, local_interval",
        "row 3, calls",
        "row 4, mean_handling_s",
        "row 5, local_interval: the queue has",
    ):
        assert part in str(said.value)
    assert "soon" not in str(said.value)
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="has no table with the columns local_interval, calls, mean_handling_s"):
        source.of_file(file)


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with calls of four weeks: on Mondays 10 calls at 9:00 and 20 at 9:15, in the last week twice as many; nothing else."""
    with connect(make_settings(tmp_path)) as con:
        con.execute(
            """create table kpi.call_interval as select 'f' as feed, 'inbound' as direction, queue, day + interval 9 hours + n * interval 15 minutes as local_interval,
                day as local_date, (10 + 10 * n) * if(day = date '2026-11-16', 2, 1) as offered, 9 as timed, 900 as talk_s, 90 as hold_s, 180 as acw_s
            from (select unnest([date '2026-10-26', date '2026-11-02', date '2026-11-09', date '2026-11-16']) as day), range(2) as t(n), (values ('q')) as s(queue);
            create table marts.fct_call as select 'f' as feed, 'q' as queue, 'inbound' as direction, true as is_offered, false as is_repeat, false as is_flow_out,
                n % 4 = 0 as is_abandoned, if(n % 4 = 0, 60, 20) as wait_s, date '2026-11-02' as local_date from range(200) as t(n)"""
        )
        yield con


def test_the_usual_week_is_the_mean_of_the_last_weeks_by_weekday(con: duckdb.DuckDBPyConnection) -> None:
    found = source.usual_week(con, MONDAY, date(2026, 11, 29), 30, date(2026, 11, 20)).table
    assert found["local_interval"].tolist() == [pd.Timestamp("2026-11-23 09:00")]
    assert found["calls"].tolist() == [(30 * 3 + 60) / 4]
    assert found["mean_handling_s"].tolist() == [130]
    assert not len(source.usual_week(con, MONDAY, MONDAY, 30, date(2027, 6, 1)).table), (
        "a feed that ended is not planned for"
    )


def test_special_days_count_in_no_usual_week_and_go_like_what_the_calendar_says(con: duckdb.DuckDBPyConnection) -> None:
    """September and October 2026: 20 September and 10 October are worked, 25 September and 1 to 7 October are free."""
    con.execute("delete from kpi.call_interval")
    con.execute(
        """insert into kpi.call_interval by name select 'call' as feed, 'q' as queue, 'inbound' as direction, day + interval 9 hour as local_interval,
            cast(day as date) as local_date, case when isodow(day) = 7 then 10 when day = date '2026-09-25' then 1 else 100 + isodow(day) end as offered,
            1 as timed, 100 as talk_s, 0 as hold_s, 0 as acw_s
        from generate_series(date '2026-08-29', date '2026-09-27', interval 1 day) as t(day) where isodow(day) <> 6"""
    )
    event = Event.model_validate(
        {"title": {"zh": "促销", "en": "Sale"}, "starts_on": "2026-09-29", "ends_on": "2026-09-29", "uplift": 0.5}
    )
    declared = load_forecast().model_copy(update={"events": (event,)})
    found = source.usual_week(
        con, date(2026, 9, 28), date(2026, 10, 10), 30, date(2026, 9, 27), declared=declared
    ).table
    calls = {
        at.date().isoformat()[5:]: value for at, value in zip(found["local_interval"], found["calls"], strict=True)
    }
    assert calls["09-28"] == 101
    assert calls["09-29"] == 1.5 * 102, "a declared event"
    assert {calls[f"10-0{day}"] for day in range(1, 8)} == {10}, "holidays go like a Sunday"
    assert calls["10-09"] == 105, "the Friday that was a holiday says nothing of Fridays"
    assert calls["10-10"] == pytest.approx(103, abs=0.2), "a Saturday that is worked goes like the mean working day"


def test_what_is_known_later_does_not_count(con: duckdb.DuckDBPyConnection) -> None:
    found = source.usual_week(con, date(2026, 11, 16), date(2026, 11, 16), 30, date(2026, 11, 13)).table
    assert found["calls"].tolist() == [30]
    assert source.patience(con, date(2026, 11, 1)).empty


def test_patience_is_all_waiting_by_the_calls_abandoned(con: duckdb.DuckDBPyConnection) -> None:
    found = source.patience(con, MONDAY).iloc[0]
    assert (found.abandons, found.waited_s) == (50, 50 * 60 + 150 * 20)
    assert found.mean_patience_s == 120
    con.execute("delete from marts.fct_call where is_abandoned and rowid % 8 = 0")
    assert math.isnan(source.patience(con, MONDAY).iloc[0].mean_patience_s), "too few tell nothing"


def test_estimated_patience_is_that_of_simulated_callers() -> None:
    chance = np.random.default_rng(2)
    patient, offered = chance.exponential(150, 40_000), chance.exponential(40, 40_000)
    waited = np.minimum(patient, offered)
    assert waited.sum() / (patient < offered).sum() == pytest.approx(150, rel=0.03)


def test_actual_calls_add_up_to_longer_intervals(con: duckdb.DuckDBPyConnection) -> None:
    day = date(2026, 11, 16)
    by_quarter, by_hour = (source.actual(con, day, day, minutes).table for minutes in (15, 60))
    assert by_quarter["calls"].tolist() == [20, 40]
    assert by_hour["calls"].tolist() == [60]
    assert source.busiest_day(con) == day
    with pytest.raises(CcdataError, match="there are no calls"):
        source.busiest_day(con, "nothing")


def test_the_forecast_known_on_a_day_is_planned_for(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(CcdataError, match="there is no forecast"):
        source.forecast(con, MONDAY, MONDAY, 30, datetime(2026, 11, 20, tzinfo=timezone.utc))
    con.execute(
        """create or replace table planning.forecast_made (forecast_id varchar, series varchar, feed varchar, dims varchar, as_of timestamptz, made_at timestamptz);
        create or replace table planning.forecast (forecast_id varchar, measure varchar, grain varchar, local_interval timestamp, local_date date, value double);
        insert into planning.forecast_made values ('w', 'f', 'f', '{}', '2026-11-18', '2026-11-18'), ('old', 'f/q', 'f', '{"queue":"q"}', '2026-11-18', '2026-11-18'),
            ('new', 'f/q', 'f', '{"queue":"q"}', '2026-11-19', '2026-11-19'), ('later', 'f/q', 'f', '{"queue":"q"}', '2026-11-21', '2026-11-21');
        insert into planning.forecast select id, measure, grain, timestamp '2026-11-23 09:00' + n * interval 15 minutes, date '2026-11-23',
            if(measure = 'aht', 100 + 100 * n, calls * (n + 1)) from (values ('w', 500), ('old', 1), ('new', 10), ('later', 99)) as t(id, calls),
            (values ('offered', '15min'), ('aht', '15min'), ('offered', 'hour')) as m(measure, grain), range(2) as r(n)"""
    )  # fmt: skip
    found = source.forecast(con, MONDAY, MONDAY, 30, datetime(2026, 11, 20, tzinfo=timezone.utc)).table
    of_q, of_rest = pytest.approx((10 * 100 + 20 * 200) / 30), pytest.approx((500 * 100 + 1000 * 200) / 1500)
    assert found[["queue", "calls"]].to_numpy().tolist() == [["q", 30], [source.REST, 1500 - 30]], (
        "calls of the feed that no queue was forecast for need agents, too"
    )
    assert found["mean_handling_s"].tolist() == [of_q, of_rest]
    assert found["mean_patience_s"].tolist()[0] == 120
    only = source.forecast(con, MONDAY, MONDAY, 30, datetime(2026, 11, 20, tzinfo=timezone.utc), "q").table
    assert only[["queue", "calls"]].to_numpy().tolist() == [["q", 30]]
    con.execute("update planning.forecast set value = 10 * value / 500 where forecast_id = 'w' and measure = 'offered'")
    found = source.forecast(con, MONDAY, MONDAY, 30, datetime(2026, 11, 20, tzinfo=timezone.utc)).table
    assert found["queue"].tolist() == ["q"], "queues that add up to their feed leave no rest"
    con.execute("alter table planning.forecast drop column measure")
    with pytest.raises(CcdataError, match=r"planning: forecast.measure is not there"):
        source.forecast(con, MONDAY, MONDAY, 30, datetime(2026, 11, 20, tzinfo=timezone.utc))


def test_plans_are_only_added_and_the_same_plan_once(con: duckdb.DuckDBPyConnection) -> None:
    first, second = (required(demand(("f", "q", calls, 180)), AIMS) for calls in (50, 80))
    ids = [
        keep_plan(con, table, "file", datetime(2026, 11, day, tzinfo=timezone.utc), "r")
        for table, day in ((first, 18), (second, 19), (first, 20))
    ]
    assert ids[0] == ids[2] != ids[1]
    assert con.execute("select count(*) from planning.staffing").fetchone() == (2,)
    assert newest_plan(con, MONDAY, MONDAY)["calls"].tolist() == [80]
    assert newest_plan(con, MONDAY, MONDAY, ids[0])["calls"].tolist() == [50]
    columns = json.loads(
        con.execute("select to_json(list(column_name)) from (describe planning.staffing)").fetchall()[0][0]
    )
    assert not {"agent", "agent_name"} & set(columns)


def test_of_a_file_only_the_days_asked_for_are_planned(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(
        "local_interval,calls,mean_handling_s\n2026-01-05 09:00,10,120\n2026-01-06 09:00,20,120\n2026-01-07 09:00,30,120\n",
        encoding="utf-8",
    )
    whole = source.of_file(path)
    assert source.of_days(whole, None, None).table["calls"].tolist() == [10, 20, 30]
    assert source.of_days(whole, date(2026, 1, 6), date(2026, 1, 6)).table["calls"].tolist() == [20]
    with pytest.raises(WrongUse, match="they are of 2026-01-05 to 2026-01-07"):
        source.of_days(whole, date(2026, 2, 1), None)


def test_a_queue_that_nobody_knows_is_named_with_those_there_are(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(WrongUse, match=r"--series nobody: no calls .* fix: give one of \w"):
        planned_demand(
            con, MONDAY, MONDAY, 30, datetime(2026, 11, 20, tzinfo=timezone.utc), MONDAY, "usual-week", "nobody"
        )
