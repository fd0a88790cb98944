"""The analysis of a real call log beside independent queries on the files as they lie there. Data source: Avi Mandelbaum, Technion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pandas as pd
import pytest

from ccdata_assets.catalogue.lineage import Models
from ccdata_assets.metrics.thresholds import write_thresholds
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets_tests.analysis.calls import Calls
from ccdata_assets_tests.shared import shared_dir
from ccdata_assets_tests.world import fetch

pytestmark = pytest.mark.slow
CALLS = """with log as (
    select *, strptime(date, '%y%m%d') + vru_entry::interval as entered, q_start <> '0:00:00' or q_exit <> '0:00:00' as is_queued
    from read_csv('{files}', delim = '\t', header = true, all_varchar = true)
)
select 'bank_call' as feed, 'h' as sha256, '' as member, row_number() over () as row, "vru+line" || '-' || call_id as call_id, 'inbound' as direction,
    nullif(customer_id, '0') as customer_no, type as business_type, md5(nullif(server, 'NO_SERVER')) as agent_key,
    case outcome when 'AGENT' then 'answered' when 'HANG' then 'abandoned' else 'phantom' end as outcome, timezone('UTC', entered) as entered_at,
    entered::date as local_date, time_bucket(interval 15 minutes, entered) as local_interval, q_time::bigint as wait_s,
    if(outcome = 'AGENT', ser_time::bigint, null) as talk_s, outcome <> 'PHANTOM' as is_entered, outcome = 'AGENT' as is_answered,
    outcome = 'HANG' and is_queued as is_abandoned, outcome = 'AGENT' or outcome = 'HANG' and is_queued as is_offered, false as is_repeat
from log"""
"""The log as facts, without landing it: what the contract makes of it is tested elsewhere. Two calls may have the same number on a line."""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    """Three months of the bank, analysed at their end."""
    files = shared_dir() / "data" / "real" / "anonymousbank" / "*.txt"
    made = Calls.made(tmp_path_factory.mktemp("bank"))
    made.con.execute(f"insert into marts.fct_call by name {CALLS.format(files=files)}")
    made.con.execute(
        """insert into kpi.call_interval by name select feed, direction, local_interval, local_date, count(*) as entered, count(*) filter (where is_offered) as offered
        from marts.fct_call where is_entered group by all"""
    )
    made.con.execute(
        """insert into marts.dim_date by name select unnest(generate_series(date '1999-01-01', date '1999-12-31', interval 1 day))::date as date,
            date_trunc('month', date)::date as month_start, isodow(date) as weekday, isodow(date) < 6 as is_working_day"""
    )
    write_thresholds(made.con)
    made.con.execute("insert into ops.run_state values ('pseudonym_salt', 'salt')")
    models = Models(PROJECT_DIR / "dbt_project")
    for name in ("fct_contact", "contact_day"):
        made.con.execute(f"create or replace table {models.table(name)} as {models.render(name)}")
    made.analyse("1999-03-31")
    yield made
    made.con.close()


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """The bank's files as they lie there, read by another library than ours; phantom calls left out."""
    files = sorted((shared_dir() / "data" / "real" / "anonymousbank").glob("*.txt"))
    log = pd.concat([pd.read_csv(file, sep="\t", dtype=str) for file in files], ignore_index=True)
    log = log[log.outcome != "PHANTOM"].copy()
    log["day"] = pd.to_datetime(log.date, format="%y%m%d")
    log["entered"] = log.day + pd.to_timedelta(log.vru_entry)
    for name in ("q_time", "ser_time", "vru_time"):
        log[name] = log[name].astype(int)
    log["is_queued"] = (log.q_start != "0:00:00") | (log.q_exit != "0:00:00")
    return log


def by_sql(query: str) -> list[tuple[Any, ...]]:
    """A query over the raw files, all columns text."""
    files = str(shared_dir() / "data" / "real" / "anonymousbank" / "*.txt")
    with duckdb.connect() as con:
        con.execute(
            f"create view log as select * from read_csv('{files}', delim = '\t', header = true, all_varchar = true)"
        )
        return con.execute(query).fetchall()


SHAPE = """count(*), avg({0}), quantile_cont({0}, 0.5), quantile_cont({0}, 0.8), quantile_cont({0}, 0.9), quantile_cont({0}, 0.95),
    quantile_cont({0}, 0.99), max({0})"""
SHAPED = ("calls", "mean", "p50", "p80", "p90", "p95", "p99", "longest")
GIVEN_UP = "outcome = 'HANG' and (q_start <> '0:00:00' or q_exit <> '0:00:00')"


@pytest.mark.parametrize(
    ("measure", "column", "which", "dimension", "part"),
    [
        ("handling", "ser_time::bigint", "outcome = 'AGENT'", "all", "''"),
        ("handling", "ser_time::bigint", "outcome = 'AGENT'", "business_type", "type"),
        ("wait", "q_time::bigint", GIVEN_UP, "outcome", "'abandoned'"),
        ("wait", "q_time::bigint", f"outcome = 'AGENT' or {GIVEN_UP}", "all", "''"),
        ("wait", "q_time::bigint", f"outcome = 'AGENT' or {GIVEN_UP}", "business_type", "type"),
    ],
)
def test_percentiles_by_month_are_those_of_the_raw_files(
    bank: Calls, measure: str, column: str, which: str, dimension: str, part: str
) -> None:
    asked = by_sql(f"select 'x' || date[:4], {part}, {SHAPE.format(column)} from log where {which} group by all")
    expected = {(month, name): numbers for month, name, *numbers in asked}
    rows = bank.found("distribution", f"measure = '{measure}' and dimension = '{dimension}'")
    found = {(f"x{row['month']:%y%m}", row["part"]): [row[name] for name in SHAPED] for row in rows}
    assert expected.keys() <= found.keys() and len(expected) >= 3
    for key, numbers in expected.items():
        assert found[key] == pytest.approx(numbers), key


def test_waits_by_part_are_those_of_pandas(bank: Calls) -> None:
    calls = pd.DataFrame(
        fetch(
            bank.con, "select local_date, business_type, wait_s from marts.fct_call where is_offered and not is_repeat"
        )
    )
    by_part = calls.groupby([pd.to_datetime(calls.local_date).dt.strftime("%Y-%m"), "business_type"]).wait_s
    rows = bank.found("distribution", "measure = 'wait' and dimension = 'business_type'")
    found = {
        (f"{row['month']:%Y-%m}", row["part"]): [row[name] for name in ("calls", "mean", "p50", "p95", "p99")]
        for row in rows
    }
    assert len(found) == len(by_part)
    for key, waits in by_part:
        assert found[key] == pytest.approx([len(waits), waits.mean(), *waits.quantile([0.5, 0.95, 0.99])]), key


def test_the_pattern_of_the_week_is_that_of_the_raw_files(bank: Calls, raw: pd.DataFrame) -> None:
    counts = raw.groupby(
        [raw.day.dt.to_period("M").astype(str), raw.day.dt.isocalendar().day, raw.entered.dt.hour]
    ).size()
    found = {
        (f"{row['month']:%Y-%m}", row["weekday"], int(row["half_hour"][:2])): 0
        for row in bank.found("volume_pattern", "dimension = 'all'")
    }
    for row in bank.found("volume_pattern", "dimension = 'all'"):
        found[f"{row['month']:%Y-%m}", row["weekday"], int(row["half_hour"][:2])] += row["entered"]
        assert row["days"] in (4, 5)
    assert {key: n for key, n in found.items() if n} == {
        (month, int(day), int(hour)): int(n) for (month, day, hour), n in counts.items()
    }
    # Miller's figures of Wednesdays in February 1999, for which he left negative voice-unit times out
    wednesdays = raw[(raw.vru_time >= 0) & raw.day.dt.strftime("%y%m").eq("9902") & raw.day.dt.dayofweek.eq(2)]
    ours = sum(n for (month, day, hour), n in found.items() if (month, day, hour) == ("1999-02", 3, 13))
    assert len(wednesdays[wednesdays.entered.dt.hour == 13]) / 4 == 203.5 and ours / 4 == pytest.approx(203.5, rel=0.02)


def test_first_contact_resolution_is_that_of_counting_by_hand(bank: Calls, raw: pd.DataFrame) -> None:
    week = pd.Timedelta(days=7)
    known = raw[raw.customer_id != "0"].sort_values("entered", kind="stable")
    resolved = contacts = 0
    for _, calls in known.groupby(["customer_id", "type"]):
        times, answered = calls.entered.tolist(), (calls.outcome == "AGENT").tolist()
        last = None
        for place, (at, is_answered) in enumerate(zip(times, answered, strict=True)):
            if not is_answered:
                continue
            contacts += 1
            is_first = last is None or at - last > week
            is_followed = place + 1 < len(times) and times[place + 1] - at <= week
            resolved += is_first and not is_followed
            last = at
    (found,) = fetch(
        bank.con,
        "select sum(judged)::bigint as judged, sum(resolved_first)::bigint as resolved, sum(unknown_customer)::bigint as unknown from kpi.contact_day",
    )
    assert found["judged"] == contacts
    assert found["unknown"] == int(((raw.customer_id == "0") & (raw.outcome == "AGENT")).sum())
    assert abs(found["resolved"] - resolved) <= 0.0005 * contacts, "calls of one second have no order"


def test_repeat_callers_are_those_of_the_raw_files(bank: Calls, raw: pd.DataFrame) -> None:
    january = raw[(raw.customer_id != "0") & raw.day.dt.month.eq(1)]
    per_customer = january.groupby("customer_id").size()
    found = {
        row["band"]: (row["customers"], row["calls"])
        for row in bank.found("repeat_caller", "month = '1999-01-01' and measure = 'calls'")
    }
    assert found["1"] == (int((per_customer == 1).sum()),) * 2
    assert found["11+"] == (int((per_customer > 10).sum()), int(per_customer[per_customer > 10].sum()))
    assert found["unknown"][1] == int(((raw.customer_id == "0") & raw.day.dt.month.eq(1)).sum())


def test_no_customer_or_agent_is_named_in_what_is_published(bank: Calls, raw: pd.DataFrame) -> None:
    agents = set(raw.server) - {"NO_SERVER"}
    customers = set(raw.customer_id[raw.customer_id != "0"])
    for table in ("funnel", "growth_agent", "growth_band", "repeat_caller", "topic_rule", "callback"):
        text = {str(value) for row in bank.found(table) for value in row.values()}
        assert not text & agents, table
        assert not {value for value in text & customers if len(value) > 5}, table
