"""What dials teach: when another one no longer pays, why customers refuse, and the tables readers find it in."""

from __future__ import annotations

import random
from collections.abc import Iterator

import duckdb
import pytest

from ccdata_assets.analysis.outbound import attempt_curve, break_even, reasons, write_outbound

HOUR = """create table kpi.outbound_hour as select 'a' as campaign, date '2026-10-05' as dialled_on, cast(local_weekday as bigint) as local_weekday, cast(local_hour as bigint) as local_hour,
    cast(dial_no as bigint) as dial_no, dials::hugeint as dials, connected, successes, cost_cny, dials as costed_dials, sale_amount, orders
    from (values {rows}) as t(local_weekday, local_hour, dial_no, dials, connected, successes, cost_cny, sale_amount, orders)"""
DAY = """create table kpi.outbound_day as select 'a' as campaign, date '2026-10-05' as dialled_on, 's' as list_source, 'p' as product, null::varchar as customer_gender, age_band,
    null::varchar as spend_band, null::varchar as province_code, null::varchar as contact_channel, refusal_reason, refusals
    from (values ('<30', 'price', 90), ('<30', 'busy', 10), ('30-39', 'price', 20), ('30-39', 'busy', 80), ('60+', null, 5)) as t(age_band, refusal_reason, refusals)"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema kpi; create schema analysis")
        yield con


def test_another_dial_is_worth_it_until_all_later_ones_together_surely_earn_less_than_they_cost() -> None:
    curve = attempt_curve(
        {1: (300, 10_000), 2: (120, 6_000), 3: (20, 3_000), 4: (4, 2_000), 5: (1, 20)}, break_even=0.01
    )
    assert [number for number, attempt in curve.items() if attempt.is_worth_it] == [1, 2]
    assert curve[3].share.rate == pytest.approx(20 / 3000)
    assert curve[2].so_far == pytest.approx(420 / 445)
    assert curve[5].later_high > 0.01, "twenty dials alone rule nothing out"


def test_few_dials_do_not_say_that_another_one_is_too_many() -> None:
    curve = attempt_curve({1: (3, 100), 2: (0, 50)}, break_even=0.01)
    assert curve[2].is_worth_it


def test_a_dial_breaks_even_where_it_brings_what_it_costs() -> None:
    assert break_even(2.0, 400.0) == 0.005
    assert break_even(None, 400.0) == break_even(2.0, None) == break_even(0.0, 0.0) == 0.01


def test_a_reason_is_said_to_differ_only_beyond_chance() -> None:
    found = reasons({"young": {"price": 90, "busy": 10}, "old": {"price": 20, "busy": 80}})
    assert found["young", "price"].is_different and found["old", "busy"].is_different
    assert found["young", "price"].others == 0.2
    assert sum(found["young", reason].share.rate for reason in ("price", "busy")) == pytest.approx(1)
    rng, told = random.Random(3), 0
    for _ in range(100):
        counts = {
            f"{n}": {r: sum(rng.random() < 0.3 for _ in range(60)) + 1 for r in ("x", "y", "z")} for n in range(6)
        }
        told += any(reason.is_different for reason in reasons(counts).values())
    assert told <= 12


def test_one_segment_alone_differs_from_nobody() -> None:
    (only,) = reasons({"all": {"price": 3}}).values()
    assert only.others is None and not only.is_different


def test_the_tables_have_the_best_hour_of_the_week_and_the_end_of_the_dials(con: duckdb.DuckDBPyConnection) -> None:
    hours = ", ".join(
        f"({day}, {hour}, 1, 200, {160 if hour == 16 else 80}, 4, 100.0, 2000.0, 4)"
        for day in range(1, 6)
        for hour in range(9, 18)
    )
    late = "(null, null, 2, 4000, 400, 2, 8000.0, 1000.0, 2)"
    con.execute(HOUR.format(rows=f"{hours}, {late}"))
    con.execute(DAY)
    counts = write_outbound(con)
    assert counts["analysis.outbound_hour"] == 2 * 2 * 2 * (9 + 45), "a month and all time, a campaign and all"
    best = con.execute(
        "select campaign, measure, local_hour, dials, hits from analysis.outbound_hour where is_best and local_weekday is null and month is null order by all"
    ).fetchall()
    assert best == [("a", "connect", 16, 1000, 800), (None, "connect", 16, 1000, 800)], "sales do not differ by hour"
    attempts = con.execute(
        "select dial_no, dials, successes, break_even_share, is_worth_it from analysis.outbound_attempt where campaign = 'a' and month is null order by all"
    ).fetchall()
    cost, amount = (45 * 100 + 8000) / 13_000, (45 * 2000 + 1000) / (45 * 4 + 2)
    assert attempts == [
        (1, 9000, 180, pytest.approx(cost / amount), True),
        (2, 4000, 2, pytest.approx(cost / amount), False),
    ]
    refusals = con.execute(
        "select segment, refusal_reason, refusals, refusals_of_segment, is_different from analysis.outbound_refusal where dimension = 'age_band' and month is null order by all"
    ).fetchall()
    assert refusals == [
        ("30-39", "busy", 80, 100, True),
        ("30-39", "price", 20, 100, True),
        ("<30", "busy", 10, 100, True),
        ("<30", "price", 90, 100, True),
    ]
    first = con.execute("select * from analysis.outbound_hour order by all").fetchall()
    write_outbound(con)
    assert con.execute("select * from analysis.outbound_hour order by all").fetchall() == first


def test_each_month_is_told_by_its_own_dials_and_all_time_by_all(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(HOUR.format(rows="(1, 9, 1, 100, 50, 4, 10.0, 400.0, 4)"))
    con.execute(
        "insert into kpi.outbound_hour select * replace (date '2026-11-02' as dialled_on, 10 as successes) from kpi.outbound_hour"
    )
    con.execute(DAY)
    con.execute(
        "insert into kpi.outbound_day select * replace (date '2026-11-02' as dialled_on, 1 as refusals) from kpi.outbound_day"
    )
    write_outbound(con)
    for query in (
        "select month::varchar, hits, dials from analysis.outbound_hour where campaign = 'a' and measure = 'success' and local_weekday = 1",
        "select month::varchar, successes, dials from analysis.outbound_attempt where campaign is null",
    ):
        found = con.execute(query + " order by month nulls first").fetchall()
        assert found == [(None, 14, 200), ("2026-10-01", 4, 100), ("2026-11-01", 10, 100)], query
    refused = """select month::varchar, refusals, refusals_of_segment from analysis.outbound_refusal
        where dimension = 'age_band' and segment = '<30' and refusal_reason = 'price' order by month nulls first"""
    assert con.execute(refused).fetchall() == [(None, 91, 102), ("2026-10-01", 90, 100), ("2026-11-01", 1, 2)]


def test_without_a_dial_the_tables_are_there_and_empty(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(HOUR.format(rows="(1, 1, 1, 1, 1, 1, 1.0, 1.0, 1)") + " where false")
    con.execute(DAY + " where false")
    assert set(write_outbound(con).values()) == {0}
    assert con.execute("describe analysis.outbound_hour").fetchall()
