"""Reports are made again where a person has decided something that they show."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from ccdata_assets.orchestration.jobs import touched_months
from ccdata_assets.settings import Settings
from ccdata_assets_tests.reporting.published import build
from ccdata_assets_tests.world import make_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home on 6 May whose reports are of 4 May, and as new as all that the copy holds."""
    settings = make_settings(tmp_path, "2026-05-06")
    settings.published_path.parent.mkdir()
    build(settings.published_path)
    decide(settings, "delete from ops.incident")
    decide(settings, "delete from ops.gate_override")
    folder = settings.reports_dir / "monthly"
    folder.mkdir(parents=True)
    for month in range(1, 6):
        (folder / f"2026-{month:02d}.json").write_text(json.dumps({"as_of": "2026-05-04T08:00:00+08:00"}))
    return settings


def decide(settings: Settings, sql: str) -> None:
    with duckdb.connect(str(settings.published_path)) as con:
        con.execute(sql)


def acknowledged(at: str) -> str:
    """An incident of March that is not resolved."""
    return f"""insert into ops.incident (incident_id, check_name, severity, opened_at, acknowledged_at)
    values ('inc_1', 'c', 'error', timestamptz '2026-03-31 17:00:00+00', timestamptz '{at}')"""


def test_what_nobody_decided_touches_no_month(settings: Settings) -> None:
    assert touched_months(settings, "run") == []


def test_the_months_in_which_an_incident_is_open_are_touched(settings: Settings) -> None:
    decide(settings, acknowledged("2026-05-05 01:00:00+00"))
    assert touched_months(settings, "run") == ["2026-04", "2026-05"], "it opened on 1 April in the centre's zone"


def test_a_decision_of_the_same_business_time_comes_after_the_report(settings: Settings) -> None:
    decide(settings, acknowledged("2026-05-04 00:00:00+00"))
    assert touched_months(settings, "run") == ["2026-04", "2026-05"]


def test_what_the_reports_show_already_touches_no_month(settings: Settings) -> None:
    decide(settings, acknowledged("2026-05-03 01:00:00+00"))
    assert touched_months(settings, "run") == []


def test_the_month_of_a_release_is_touched(settings: Settings) -> None:
    decide(
        settings,
        """insert into ops.gate_override (feed, file, sha256, "at", until, reason)
        values ('f', 'f/a.csv', 'a', timestamptz '2026-05-05 01:00:00+00', date '2026-05-30', 'confirmed')""",
    )
    assert touched_months(settings, "run") == ["2026-05"]
