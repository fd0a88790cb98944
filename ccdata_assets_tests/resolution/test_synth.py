"""The invented feeds that resolution is measured on: as dirty as asked for, the same for the same seed, in parts or whole."""

from __future__ import annotations

import duckdb
import pytest

from benchmarks.synth import SHARES, measured, write_synth
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets.standard.dictionaries import Dictionaries

DBT_DIR = PROJECT_DIR / "dbt_project"
ROWS = 20_000
LEAST = {
    "rows of a company seen before": 0.35,
    "people met in two companies": 0.02,
    "companies with a shared switchboard": 0.03,
    "companies with the name of another": 0.05,
    "branches": 0.05,
    **{name: share for name, share in SHARES.items() if name != "moved"},
}


@pytest.fixture(scope="module")
def world() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    write_synth(con, DBT_DIR, ROWS, seed=7)
    con.execute("create table whole as from synth")
    return con


def test_there_is_as_much_dirt_as_asked_for(world: duckdb.DuckDBPyConnection) -> None:
    found = measured(world)
    short = {name: (found[name], least) for name, least in LEAST.items() if found[name] < 0.85 * least}
    assert short == {}


def test_the_same_seed_gives_the_same_rows_whole_or_in_parts(world: duckdb.DuckDBPyConnection) -> None:
    con = duckdb.connect()
    parts = []
    for first in (0, 12_000):
        write_synth(con, DBT_DIR, min(12_000, ROWS - first), seed=7, first=first, of=ROWS)
        parts += con.execute("from synth order by row_no").fetchall()
    assert parts == world.execute("from whole order by row_no").fetchall()
    write_synth(con, DBT_DIR, 100, seed=8, of=ROWS)
    assert con.execute("from synth order by row_no").fetchall() != parts[:100]


def test_the_numbers_of_companies_are_valid(world: duckdb.DuckDBPyConnection) -> None:
    found = Dictionaries(DBT_DIR).read(
        "uscc", [row[0] for row in world.execute("select distinct uscc from whole").fetchall()]
    )
    assert found.aggregate("status, count(*)").fetchall()[0][0] == "valid"
    assert len(found.aggregate("status, count(*)").fetchall()) == 1


def test_a_branch_names_its_company_and_a_namesake_is_elsewhere(world: duckdb.DuckDBPyConnection) -> None:
    wrong = world.execute(
        """select count(*) from company join company as other on company.branch_of = other.o
        where company.trade <> other.trade or other.branch_of is not null"""
    ).fetchall()[0][0]
    assert wrong == 0
    namesakes, alike = world.execute(
        """select count(*), count(*) filter (where company.place_no = other.place_no) from company
        join company as other on company.is_namesake and company.trade = other.trade and company.line = other.line and company.o > other.o"""
    ).fetchall()[0]
    assert namesakes > 100
    assert alike < 0.05 * namesakes
