"""Real logs as others left them: what the marts say of them is what independent SQL says of the raw files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ccdata_assets.contracts.registry import load_registry
from ccdata_assets_tests.marts import build
from ccdata_assets_tests.shared import shared_dir
from ccdata_assets_tests.world import Row, World, make_settings, write_contract

OUTCOMES = {"AGENT": "answered", "HANG": "abandoned", "PHANTOM": "phantom"}
SHAPE = "count(*), avg({0}), quantile_disc({0}, 0.5), quantile_disc({0}, 0.8), quantile_disc({0}, 0.95), max({0})"
"""What is said of a duration: calls, mean, percentiles, the longest."""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The bank's three months as marts."""
    real = shared_dir() / "data" / "real" / "anonymousbank"
    world = World(make_settings(tmp_path_factory.mktemp("bank") / "home", now="1999-03-31"))
    for path in sorted(real.glob("*.txt")):
        world.put(f"bank_call/{path.name}", path.read_bytes())
    world.stage("bank_call")
    build(world, "fct_call", "fct_call_leg")
    return world


def raw(query: str) -> list[tuple[Any, ...]]:
    """A query over the bank's files as they lie there, all columns text."""
    files = str(shared_dir() / "data" / "real" / "anonymousbank" / "*.txt")
    with duckdb.connect() as con:
        con.execute(
            f"create view log as select * from read_csv('{files}', delim = '\t', header = true, all_varchar = true)"
        )
        return con.execute(query).fetchall()


def ask(world: World, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in world.query(query)]


@pytest.mark.slow
def test_the_banks_rows_by_outcome_are_those_of_the_raw_file(bank: World) -> None:
    expected = {OUTCOMES[name]: rows for name, rows in raw("select outcome, count(*) from log group by all")}
    assert dict(ask(bank, "select outcome, count(*) from marts.fct_call group by all")) == expected
    assert ask(bank, "select count(*), count(*) filter (leg_no = 1 and not is_repeat) from marts.fct_call_leg") == [
        (sum(expected.values()), sum(expected.values()))
    ]


@pytest.mark.slow
def test_the_banks_waits_are_those_of_the_raw_file(bank: World) -> None:
    waited = "(q_start <> '0:00:00' or q_exit <> '0:00:00')"
    wait = SHAPE.format("q_time::bigint")
    assert ask(bank, f"select {SHAPE.format('wait_s')} from marts.fct_call where is_answered") == raw(
        f"select {wait} from log where outcome = 'AGENT'"
    )
    assert ask(bank, f"select {SHAPE.format('wait_s')} from marts.fct_call where is_abandoned") == raw(
        f"select {wait} from log where outcome = 'HANG' and {waited}"
    )


@pytest.mark.slow
def test_the_banks_service_times_are_those_of_the_raw_file(bank: World) -> None:
    assert ask(bank, f"select {SHAPE.format('talk_s')} from marts.fct_call where is_answered") == raw(
        f"select {SHAPE.format('ser_time::bigint')} from log where outcome = 'AGENT'"
    )
    assert ask(bank, "select count(*) from marts.fct_call where not is_answered and talk_s is not null") == [(0,)]


# --- a file that a user's own contract describes -----------------------------------------------------------------

INTERACTIONS: Row = {
    "feed": "interactions",
    "title": {"zh": "客服互动", "en": "Interactions of a call centre"},
    "subject": "call",
    "source": {"files": "interactions/*"},
    "owner": "team:tests",
    "time_zone": "America/New_York",
    "key": ["call_id"],
    "fields": {
        "call_id": {"from": ["id"], "required": True},
        "customer": {"type": "text", "from": ["customer_name"]},
        "sentiment": {"type": "text"},
        "csat": {"type": "number", "from": ["csat_score"]},
        "entered_at": {"from": ["call_timestamp"], "format": "%m/%d/%Y", "required": True},
        "topic": {"from": ["reason"]},
        "city": {"type": "text"},
        "state_name": {"type": "text", "from": ["state"]},
        "medium": {"type": "text", "from": ["channel"]},
        "response_time": {"type": "text"},
        "minutes": {"type": "integer", "from": ["call duration in minutes"]},
        "site": {"type": "text", "from": ["call_center"]},
        "channel": {
            "derive": "case medium when 'Call-Center' then 'phone' when 'Email' then 'email' else 'web_chat' end"
        },
        "answered_at": {"derive": "entered_at"},
        "ended_at": {"derive": "entered_at + to_minutes(minutes)"},
        "service_s": {"derive": "minutes * 60"},
        "outcome": {"derive": "'answered'", "required": True},
    },
}
"""What somebody writes who has only this page: add-a-feed."""


@pytest.fixture
def interactions(tmp_path: Path) -> World:
    write_contract(tmp_path / "contracts", base=INTERACTIONS)
    return World(make_settings(tmp_path / "home"), load_registry([tmp_path / "contracts"]))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "blank"), [("call_center.csv", 0), ("call_center_partially_blank.csv", 22_194)])
def test_interactions_land_by_a_contract_that_a_user_writes(interactions: World, name: str, blank: int) -> None:
    content = (shared_dir() / "data" / "real" / "rwfd_callcenter" / name).read_bytes()
    staged = interactions.stage_one(content, f"interactions/{name}")
    assert (staged.rows, staged.quarantined, staged.blank) == (32_941, 0, blank)
    assert staged.staged == 32_941 - blank
    if blank:
        return
    build(interactions, "fct_call")
    calls, minutes = ask(interactions, "select count(*), avg(talk_s) / 60 from marts.fct_call where is_answered")[0]
    assert (calls, round(minutes, 2)) == (32_941, 25.02)
    assert ask(interactions, "select count(*) from staged.interactions where csat is null") == [(20_670,)]
