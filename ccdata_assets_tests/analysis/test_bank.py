"""The analysis of a real call log beside independent queries on the files as they lie there. Data source: Avi Mandelbaum, Technion."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

import duckdb
import pandas as pd
import pytest

from ccdata_assets.analysis.run import analyse
from ccdata_assets.catalogue.lineage import Models
from ccdata_assets.catalogue.tables import published_tables
from ccdata_assets.contracts.compile import quote
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets.warehouse.declared import write_declared
from ccdata_assets_tests.analysis.calls import TABLES
from ccdata_assets_tests.shared import shared_dir
from ccdata_assets_tests.world import Row, World, make_settings

MODELS = ("call_interval", "contact_day")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three months of the bank, analysed at their end."""
    real = shared_dir() / "data" / "real" / "anonymousbank"
    world = World(make_settings(tmp_path_factory.mktemp("bank") / "home", now="1999-03-31", time_zone="Asia/Jerusalem"))
    for path in sorted(real.glob("*.txt")):
        world.put(f"bank_call/{path.name}", path.read_bytes())
    world.stage("bank_call")
    with world.warehouse() as con:
        write_declared(con, world.registry)
        for name in TABLES:
            columns = ", ".join(f"{quote(column.name)} {column.type}" for column in published_tables()[name].columns)
            con.execute(f"create table {name} ({columns})")
        build(con, *MODELS)
        con.execute(
            """insert into marts.dim_date by name select unnest(generate_series(date '1999-01-01', date '1999-12-31', interval 1 day))::date as date,
                date_trunc('month', date)::date as month_start, isodow(date) as weekday, isodow(date) < 6 as is_working_day"""
        )
        analyse(con, world.settings, "run")
    return world


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


def build(con: duckdb.DuckDBPyConnection, *wanted: str) -> None:
    """Make these models and the marts that they read, from their own SQL as dbt renders it."""
    models, reads, waiting = Models(PROJECT_DIR / "dbt_project"), {}, list(wanted)
    while waiting:
        name = waiting.pop()
        models.render(name, found := set())
        reads[name] = {
            each for each in found if each in models.models and models.models[each].parent.name in ("marts", "kpi")
        }
        waiting += reads[name] - set(reads)
    for name in TopologicalSorter(reads).static_order():
        con.execute(f"create or replace table {models.table(name)} as {models.render(name)}")


def newest(world: World, table: str, where: str) -> list[Row]:
    return world.query(f"select * from analysis.{table} where not is_withdrawn and {where}")


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
    ],
)
def test_percentiles_by_month_are_those_of_the_raw_files(
    bank: World, measure: str, column: str, which: str, dimension: str, part: str
) -> None:
    asked = by_sql(f"select 'x' || date[:4], {part}, {SHAPE.format(column)} from log where {which} group by all")
    expected = {(month, name): numbers for month, name, *numbers in asked}
    rows = newest(bank, "distribution", f"measure = '{measure}' and dimension = '{dimension}'")
    found = {(f"x{row['month']:%y%m}", row["part"]): [row[name] for name in SHAPED] for row in rows}
    assert expected.keys() <= found.keys() and len(expected) >= 3
    for key, numbers in expected.items():
        assert found[key] == pytest.approx(numbers), key


def test_waits_by_part_are_those_of_pandas(bank: World) -> None:
    calls = pd.DataFrame(
        bank.query("select local_date, business_type, wait_s from marts.fct_call where is_offered and not is_repeat")
    )
    by_part = calls.groupby([pd.to_datetime(calls.local_date).dt.strftime("%Y-%m"), "business_type"]).wait_s
    rows = newest(bank, "distribution", "measure = 'wait' and dimension = 'business_type'")
    found = {
        (f"{row['month']:%Y-%m}", row["part"]): [row[name] for name in ("calls", "mean", "p50", "p95", "p99")]
        for row in rows
    }
    assert len(found) == len(by_part)
    for key, waits in by_part:
        assert found[key] == pytest.approx([len(waits), waits.mean(), *waits.quantile([0.5, 0.95, 0.99])]), key


def test_the_pattern_of_the_week_is_that_of_the_raw_files(bank: World, raw: pd.DataFrame) -> None:
    counts = raw.groupby(
        [raw.day.dt.to_period("M").astype(str), raw.day.dt.isocalendar().day, raw.entered.dt.hour]
    ).size()
    found = {
        (f"{row['month']:%Y-%m}", row["weekday"], int(row["half_hour"][:2])): 0
        for row in newest(bank, "volume_pattern", "dimension = 'all'")
    }
    for row in newest(bank, "volume_pattern", "dimension = 'all'"):
        found[f"{row['month']:%Y-%m}", row["weekday"], int(row["half_hour"][:2])] += row["entered"]
        assert row["days"] in (4, 5)
    assert {key: n for key, n in found.items() if n} == {
        (month, int(day), int(hour)): int(n) for (month, day, hour), n in counts.items()
    }
    # Miller's figures of Wednesdays in February 1999, for which he left negative voice-unit times out
    wednesdays = raw[(raw.vru_time >= 0) & raw.day.dt.strftime("%y%m").eq("9902") & raw.day.dt.dayofweek.eq(2)]
    ours = sum(n for (month, day, hour), n in found.items() if (month, day, hour) == ("1999-02", 3, 13))
    assert len(wednesdays[wednesdays.entered.dt.hour == 13]) / 4 == 203.5 and ours / 4 == pytest.approx(203.5, rel=0.02)


def test_first_contact_resolution_is_that_of_counting_by_hand(bank: World, raw: pd.DataFrame) -> None:
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
    (found,) = bank.query(
        "select sum(judged)::bigint as judged, sum(resolved_first)::bigint as resolved, sum(unknown_customer)::bigint as unknown from kpi.contact_day"
    )
    assert found["judged"] == contacts
    assert found["unknown"] == int(((raw.customer_id == "0") & (raw.outcome == "AGENT")).sum())
    assert abs(found["resolved"] - resolved) <= 0.0005 * contacts, "calls of one second have no order"


def test_repeat_callers_are_those_of_the_raw_files(bank: World, raw: pd.DataFrame) -> None:
    january = raw[(raw.customer_id != "0") & raw.day.dt.month.eq(1)]
    per_customer = january.groupby("customer_id").size()
    found = {
        row["band"]: (row["customers"], row["calls"])
        for row in newest(bank, "repeat_caller", "month = '1999-01-01' and measure = 'calls'")
    }
    assert found["1"] == (int((per_customer == 1).sum()),) * 2
    assert found["11+"] == (int((per_customer > 10).sum()), int(per_customer[per_customer > 10].sum()))
    assert found["unknown"][1] == int(((raw.customer_id == "0") & raw.day.dt.month.eq(1)).sum())


def test_no_customer_or_agent_is_named_in_what_is_published(bank: World, raw: pd.DataFrame) -> None:
    agents = set(raw.server) - {"NO_SERVER"}
    customers = set(raw.customer_id[raw.customer_id != "0"])
    for table in ("funnel", "growth_agent", "growth_band", "repeat_caller", "topic_rule", "callback"):
        text = {str(value) for row in newest(bank, table, "true") for value in row.values()}
        assert not text & agents, table
        assert not {value for value in text & customers if len(value) > 5}, table
