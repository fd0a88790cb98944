"""Incidents: opened by a failed check, acknowledged, resolved, with the time it took."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ccdata_assets.errors import WrongUse
from ccdata_assets.quality.incidents import acknowledge, incidents, resolve_incident
from ccdata_assets.quality.record import record_changes, record_outcomes
from ccdata_assets.quality.validation import Check, Outcome, Severity
from ccdata_assets.warehouse.engine import migrate, prepare
from ccdata_assets_tests.world import make_settings

HOUR = 3600


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as con:
        prepare(con)
        migrate(con)
        yield con


def at(hour: int):  # type: ignore[no-untyped-def]
    return make_settings(Path("unused"), f"2026-02-01T{hour:02d}:00+08:00")


def found(
    con: duckdb.DuckDBPyConnection, hour: int, passed: bool, severity: Severity = "error", name: str = "a_check"
) -> None:
    check = Check(name, "not_null", "staged.directory", "phone", "completeness", severity, 0.9)
    record_outcomes(
        con,
        [Outcome(check, passed, 0.95 if passed else 0.5, 0 if passed else 5, 10)],
        "directory",
        at(hour),
        f"run {hour}",
    )


def only(con: duckdb.DuckDBPyConnection) -> dict[str, object]:
    (incident,) = incidents(con, every=True)
    return incident


def test_a_failed_check_opens_one_incident_and_its_passing_resolves_it(con: duckdb.DuckDBPyConnection) -> None:
    found(con, 1, passed=False)
    found(con, 2, passed=False)
    assert [
        (i["check_name"], i["feed"], i["severity"], i["status"], i["value"], i["target"]) for i in incidents(con)
    ] == [("a_check", "directory", "error", "open", 0.5, 0.9)]
    found(con, 4, passed=True)
    assert incidents(con) == []
    done = only(con)
    assert (done["status"], done["resolved_by"], done["resolved_after_s"], done["acknowledged_at"]) == (
        "resolved",
        "run",
        3 * HOUR,
        None,
    )


def test_a_warning_opens_one_only_where_the_check_passed_before(con: duckdb.DuckDBPyConnection) -> None:
    found(con, 1, passed=False, severity="warning")
    assert incidents(con) == []
    found(con, 2, passed=True, severity="warning")
    found(con, 3, passed=False, severity="warning")
    assert [i["severity"] for i in incidents(con)] == ["warning"]


def test_people_acknowledge_and_resolve_and_a_later_failure_opens_another(con: duckdb.DuckDBPyConnection) -> None:
    found(con, 1, passed=False)
    name = str(only(con)["incident_id"])
    acknowledge(con, at(2), name, "王", None)
    assert only(con)["status"] == "acknowledged"
    resolve_incident(con, at(5), name, "李", "asked the supplier")
    done = only(con)
    assert (done["acknowledged_by"], done["acknowledged_after_s"], done["resolved_by"], done["resolved_after_s"], done["comment"]) == (
        "王", HOUR, "李", 4 * HOUR, "asked the supplier",
    )  # fmt: skip
    found(con, 6, passed=False)
    assert len(incidents(con)) == 1 and len(incidents(con, every=True)) == 2
    with pytest.raises(WrongUse, match="resolved already; fix: "):
        acknowledge(con, at(7), name, "王", None)
    with pytest.raises(WrongUse, match="no incident inc_0; fix: "):
        resolve_incident(con, at(7), "inc_0", "王", "")


def test_a_check_that_had_nothing_to_look_at_neither_resolves_an_incident_nor_was_passed(
    con: duckdb.DuckDBPyConnection,
) -> None:
    target = Check("target_validity", "counted", "kpi.value", "validity", "validity", "warning", 0.9)

    def month(hour: int, value: float | None) -> list[str]:
        met = value is None or value >= 0.9
        record_changes(con, [Outcome(target, met, value, int(not met), int(value is not None))], None, at(hour), str(hour))  # fmt: skip
        return [str(incident["status"]) for incident in incidents(con, every=True)]

    assert month(1, None) == [] and month(2, 0.5) == [], "what was never met is a state to improve"
    assert month(3, 0.95) == [] and month(4, 0.5) == ["open"]
    assert month(5, None) == ["open"], "no data is no proof"
    assert month(6, 0.95) == ["resolved"]


def test_the_most_severe_come_first(con: duckdb.DuckDBPyConnection) -> None:
    found(con, 1, passed=False, severity="error", name="b")
    found(con, 2, passed=False, severity="blocking", name="a")
    assert [i["check_name"] for i in incidents(con)] == ["a", "b"]


def test_a_check_of_every_run_is_recorded_only_when_it_changes(con: duckdb.DuckDBPyConnection) -> None:
    check = Check("timeliness_freshness", "counted", "staged.directory", None, "timeliness", "warning")
    for hour, passed in enumerate((True, True, False, False, True), start=1):
        record_changes(con, [Outcome(check, passed, None, 0 if passed else 1, 1)], "directory", at(hour), f"run {hour}")
    assert con.execute("select run_id, passed from kpi.quality_result order by as_of").fetchall() == [
        ("run 1", True), ("run 3", False), ("run 5", True),
    ]  # fmt: skip
    assert only(con)["status"] == "resolved"
