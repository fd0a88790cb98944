"""The alarm of campaigns that sell too little: whom it judges, when it is sure, and what a person's word does."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from ccdata_assets.metrics.registry import load_kpis
from ccdata_assets.quality.campaigns import alarm_check, judge, look_at_campaigns
from ccdata_assets.quality.incidents import incidents, resolve_incident
from ccdata_assets.quality.record import record_changes
from ccdata_assets_tests.world import World

KPIS = {"outbound_success_rate": load_kpis()["outbound_success_rate"]}


def dialled(
    con: duckdb.DuckDBPyConnection, campaign: str | None, contacts: int, successes: int, day: str, repeats: bool = False
) -> None:
    """Contacts of a campaign, each dialled twice on a day, the first of them with success."""
    con.execute(
        """create table if not exists marts.fct_outbound (campaign varchar, customer_key varchar, is_success boolean, is_repeat boolean, dialled_on date)"""
    )
    con.execute(
        """insert into marts.fct_outbound select $1, 'k' || (n // 2) || $4, n < 2 * $3 and n % 2 = 1, $5, cast($4 as date)
        from range(2 * $2) as t(n)""",
        [campaign, contacts, successes, day, repeats],
    )


def look(con: duckdb.DuckDBPyConnection, world: World, run_id: str = "run") -> dict[str | None, tuple[bool, str, int]]:
    """passed, severity and contacts by campaign; recorded as a run does."""
    outcomes = look_at_campaigns(con, KPIS, world.settings)
    record_changes(con, outcomes, None, world.settings, run_id)
    return {each.check.field: (each.passed, each.check.severity, each.total) for each in outcomes}


@pytest.mark.parametrize(
    ("successes", "contacts", "verdict"),
    [
        (0, 30, None), (0, 99, None), (0, 100, "warning"), (0, 298, "warning"), (0, 299, "error"), (2, 500, "warning"), (5, 1000, "warning"),
        (4, 1000, "error"), (10, 1000, None), (9, 1000, "warning"), (0, 0, None), (5, 200, None),
    ],
)  # fmt: skip
def test_it_is_sure_where_so_few_would_agree_once_in_twenty_times(
    successes: int, contacts: int, verdict: str | None
) -> None:
    assert judge(successes, contacts, 0.01) == verdict


def test_a_campaign_is_judged_by_its_contacts_and_not_by_its_dials(world: World) -> None:
    with world.warehouse() as con:
        dialled(con, "bad", 400, 0, "2026-01-20")
        dialled(con, "good", 400, 8, "2026-01-20")
        dialled(con, "small", 30, 0, "2026-01-20")
        dialled(con, "over", 400, 0, "2025-10-01")
        dialled(con, "to come", 400, 0, "2026-03-01")
        dialled(con, None, 400, 0, "2026-01-20")
        dialled(con, "repeated", 400, 0, "2026-01-20", repeats=True)
        assert look(con, world) == {
            "bad": (False, "error", 400),
            "good": (True, "warning", 400),
            "small": (True, "warning", 30),
        }
        assert [(each["field"], each["severity"], each["status"]) for each in incidents(con)] == [
            ("bad", "error", "open")
        ]


def test_what_a_person_has_settled_is_asked_again_only_when_it_is_dialled_again(world: World) -> None:
    with world.warehouse() as con:
        dialled(con, "bad", 400, 0, "2026-01-20")
        look(con, world)
        (incident,) = incidents(con)
        resolve_incident(
            con, world.settings, incident["incident_id"], "manager", "the list was bought for its addresses"
        )
        later = world.at("2026-02-10")
        assert look(con, later, "again") == {"bad": (True, "error", 0)}
        assert incidents(con) == []
        dialled(con, "bad", 100, 0, "2026-02-09")
        assert look(con, later, "more")["bad"] == (False, "error", 500)
        assert len(incidents(con)) == 1


def test_a_campaign_that_sells_again_resolves_its_incident(world: World) -> None:
    with world.warehouse() as con:
        dialled(con, "slow", 400, 0, "2026-01-20")
        look(con, world)
        dialled(con, "slow", 100, 30, "2026-02-01")
        assert look(con, world.at("2026-02-02"), "later")["slow"][0]
        (event,) = incidents(con, every=True)
        assert (event["status"], event["resolved_by"]) == ("resolved", "run")


@pytest.mark.parametrize("names", [("A-1", "A 1"), ("千兆", "宽带"), ("", " ")])
def test_campaigns_have_checks_of_their_own_whatever_they_are_called(names: tuple[str, str]) -> None:
    one, other = (alarm_check(name, 0.01).name for name in names)
    assert one != other and one.isascii() and " " not in one


def test_without_a_target_nothing_is_judged(world: World) -> None:
    with world.warehouse() as con:
        empty: Any = {}
        assert look_at_campaigns(con, empty, world.settings) == []
