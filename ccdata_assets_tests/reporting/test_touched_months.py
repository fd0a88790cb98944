"""Reports are made again where a run gave their period new values, or a person decided something that they show."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from ccdata_assets.orchestration.jobs import RECENT, touched_months, touched_periods
from ccdata_assets.reporting import build_reports
from ccdata_assets.reporting.build import outdate
from ccdata_assets.reporting.period import Period
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
    for month in range(1, 6):
        told(settings, Period.parse(f"2026-{month:02d}"), "2026-05-04T08:00:00+08:00")
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


def test_months_before_the_first_of_reports_make_none_due(settings: Settings) -> None:
    (settings.reports_dir / ".made" / "2026-03").unlink()
    since = settings.model_copy(update={"history_from": "2026-04"})
    assert touched_months(settings, "run") == ["2026-03", "2026-05"]
    assert touched_months(since, "run") == [], "or the newest would be made again by every run"


@pytest.mark.parametrize(("value", "denominator", "is_due"), [(0, None, False), (3, None, True), (0, 5, True)])
def test_a_sum_of_nothing_makes_no_report_due(
    settings: Settings, value: float, denominator: float | None, is_due: bool
) -> None:
    decide(
        settings,
        f"""insert into kpi.value by name select 'k' as kpi_id, 1 as definition_version, 'month' as grain, timestamp '2026-02-01' as period_start,
            '{{}}' as dims, {value} as value, {value} as numerator, {denominator or "null"} as denominator, 'final' as status, 'run' as run_id,
            timestamptz '2026-05-06 00:00:00+00' as as_of""",
    )
    assert touched_months(settings, "run") == (["2026-02", "2026-05"] if is_due else [])


def test_a_date_beyond_all_calendars_stops_nothing(settings: Settings) -> None:
    decide(
        settings,
        """insert into kpi.value by name select 'k' as kpi_id, 1 as definition_version, 'month' as grain, timestamp '12026-02-01' as period_start,
            '{}' as dims, 3 as value, 3 as numerator, 5 as denominator, 'final' as status, 'another' as run_id, timestamptz '2026-05-03 00:00:00+00' as as_of""",
    )
    assert touched_months(settings, "run") == []


@pytest.mark.parametrize(
    ("day", "made_due"), [("2026-02-10", ["2026-02", "2026-05"]), ("2026-06-10", []), ("1900-03-10", [])]
)
def test_a_plan_makes_the_report_of_its_month_due_and_that_of_no_month_to_come(
    settings: Settings, day: str, made_due: list[str]
) -> None:
    decide(
        settings,
        f"""create schema if not exists planning; create or replace table planning.staffing (local_date date, as_of timestamptz);
        create or replace table planning.roster (local_date date, as_of timestamptz);
        create or replace table planning.forecast as select 'day' as grain, date '{day}' as local_date, timestamptz '2026-05-05 00:00:00+00' as as_of""",
    )
    assert touched_months(settings, "run") == made_due


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


def told(settings: Settings, period: Period, as_of: str) -> None:
    """The period has reports of that moment."""
    path = settings.reports_dir / ".made" / period.label
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_of)


def add_values(settings: Settings, grain: str, days: list[str], as_of: str, run: str = "another") -> None:
    with duckdb.connect(str(settings.published_path)) as con:
        con.execute("delete from kpi.value where grain = ?", [grain])
        con.executemany(
            "insert into kpi.value values ('answer_rate', 1, ?, ?, '{}', 1, 1, 1, null, 'final', ?, ?)",
            [(grain, day, as_of, run) for day in days],
        )


def touched(settings: Settings, grain: str, run: str = "run") -> list[str]:
    return [period.label for period in touched_periods(settings, run) if period.grain == grain]


def test_a_run_makes_the_reports_of_recent_days_and_weeks_and_of_all_quarters_and_years(settings: Settings) -> None:
    days = [f"2026-04-{day:02d}" for day in range(1, 31)]
    weeks = [f"{Period.parse(f'2026-W{week:02d}').first_day}" for week in range(1, 18)]
    for grain, starts in (
        ("day", days),
        ("week", weeks),
        ("quarter", ["2025-10-01", "2026-01-01"]),
        ("year", ["2025-01-01"]),
    ):
        add_values(settings, grain, starts, "2026-05-05T08:00:00+08:00")
    assert touched(settings, "day") == days[-RECENT["day"] :]
    assert touched(settings, "week") == [f"2026-W{week:02d}" for week in range(18 - RECENT["week"], 18)]
    assert touched(settings, "quarter") == ["2025-Q4", "2026-Q1"]
    assert touched(settings, "year") == ["2025"]


def test_a_day_is_told_again_only_where_it_has_newer_values_and_an_old_one_only_where_somebody_asked_for_it(
    settings: Settings,
) -> None:
    days = [f"2026-04-{day:02d}" for day in range(1, 31)]
    add_values(settings, "day", days, "2026-05-05T08:00:00+08:00")
    for day in days[-RECENT["day"] :]:
        told(settings, Period.parse(day), "2026-05-05T08:00:00+08:00")
    assert touched(settings, "day") == []
    told(settings, Period.parse("2026-04-02"), "2026-05-04T08:00:00+08:00")
    assert touched(settings, "day") == ["2026-04-02"], "its values have changed since it was asked for"
    assert touched(settings, "day", run="another") == ["2026-04-02", *days[-RECENT["day"] :]], (
        "the run gave them values"
    )


def test_a_late_answer_to_a_survey_makes_the_flash_of_its_day_anew(settings: Settings) -> None:
    add_values(settings, "day", ["2026-05-04", "2026-05-05"], "2026-05-05T08:00:00+08:00")
    for day in ("2026-05-04", "2026-05-05"):
        told(settings, Period.parse(day), "2026-05-05T08:00:00+08:00")
    decide(
        settings,
        """insert into kpi.value select 'csat', * exclude (kpi_id) replace (timestamptz '2026-05-06 08:00:00+08' as as_of)
        from kpi.value where grain = 'day' and period_start = '2026-05-04'""",
    )
    assert touched(settings, "day") == ["2026-05-04"]


@pytest.mark.parametrize(
    ("happened", "due"),
    [
        ("opened_at = timestamptz '2026-05-05 08:00:00+08'", []),  # by the run that made the reports
        ("opened_at = timestamptz '2026-05-06 09:00:00+08'", ["2026-05-05", "2026-05-06"]),
        ("acknowledged_at = timestamptz '2026-05-05 08:00:00+08'", ["2026-05-04", "2026-05-05", "2026-05-06"]),
        ("acknowledged_at = timestamptz '2026-05-04 08:00:00+08'", []),
        ("resolved_at = timestamptz '2026-05-05 08:00:00+08', resolved_by = 'run'", []),
        ("resolved_at = timestamptz '2026-05-05 09:00:00+08', resolved_by = 'run'", ["2026-05-04", "2026-05-05"]),
        ("resolved_at = timestamptz '2026-05-05 08:00:00+08', resolved_by = 'person'", ["2026-05-04", "2026-05-05"]),
    ],
)
def test_an_incident_that_became_another_makes_the_flash_of_its_days_anew(
    settings: Settings, happened: str, due: list[str]
) -> None:
    days = [f"2026-04-{day:02d}" for day in range(26, 31)] + [f"2026-05-{day:02d}" for day in range(1, 7)]
    add_values(settings, "day", days, "2026-05-05T08:00:00+08:00")
    for day in days:
        told(settings, Period.parse(day), "2026-05-05T08:00:00+08:00")
    decide(
        settings,
        "insert into ops.incident (incident_id, check_name, severity, opened_at) values ('inc_1', 'c', 'error', timestamptz '2026-05-05 02:00:00+08')",
    )
    assert touched(settings, "day") == []
    decide(settings, f"update ops.incident set {happened}")
    assert touched(settings, "day") == due, "a report shows what opened up to the day after"


def test_an_incident_leaves_the_flash_of_a_day_long_past_as_it_stood(settings: Settings) -> None:
    days = [f"2026-04-{day:02d}" for day in range(1, 31)]
    add_values(settings, "day", days, "2026-05-05T08:00:00+08:00")
    for day in days:
        told(settings, Period.parse(day), "2026-05-05T08:00:00+08:00")
    decide(settings, acknowledged("2026-05-05 01:00:00+00").replace("2026-03-31", "2026-03-01"))
    assert touched(settings, "day") == days[-RECENT["day"] :]


def test_a_surge_found_later_makes_the_flash_of_its_day_anew(settings: Settings) -> None:
    add_values(settings, "day", ["2026-05-04", "2026-05-05"], "2026-05-05T08:00:00+08:00")
    for day in ("2026-05-04", "2026-05-05"):
        told(settings, Period.parse(day), "2026-05-05T08:00:00+08:00")
    decide(
        settings,
        """create schema if not exists analysis; create or replace table analysis.surge as
        select date '2026-05-04' as local_date, timestamptz '2026-05-05 09:00:00+08' as as_of""",
    )
    assert touched(settings, "day") == ["2026-05-04"]


def test_days_to_come_and_those_before_the_history_have_no_report(settings: Settings) -> None:
    add_values(settings, "day", ["1998-12-31", "2026-05-06", "2026-05-07"], "2026-05-05T08:00:00+08:00")
    assert touched(settings, "day") == ["2026-05-06"]


def test_a_survey_answered_on_a_day_without_calls_makes_no_flash(settings: Settings) -> None:
    add_values(settings, "day", ["2026-05-04", "2026-05-05"], "2026-05-05T08:00:00+08:00")
    decide(settings, "update kpi.value set kpi_id = 'csat' where grain = 'day' and period_start = '2026-05-05'")
    assert touched(settings, "day") == ["2026-05-04"]


def test_what_was_made_to_the_end_is_not_due_and_what_was_not_is(settings: Settings) -> None:
    add_values(settings, "day", ["2026-05-05"], "2026-05-05T08:00:00+08:00")
    moment = datetime.fromisoformat("2026-05-05T08:00:00+08:00")
    built = build_reports(settings.published_path, settings.reports_dir, Period.parse("2026-05-05"), moment)
    assert built["daily"] is not None
    assert touched(settings, "day") == []
    (settings.reports_dir / ".made" / "2026-05-05").write_text("")
    assert touched(settings, "day") == ["2026-05-05"], "a mark that cannot be read"


def test_reports_that_show_people_as_they_no_longer_should_are_all_due(settings: Settings) -> None:
    add_values(settings, "week", [f"2026-{month:02d}-02" for month in (2, 3)], "2026-05-05T08:00:00+08:00")
    shown = {"2026-01", "2026-02", "2026-03", "2026-05", "2026-W10"}
    told(settings, Period.parse("2026-W10"), "2026-05-06T08:00:00+08:00")
    before = [period.label for period in touched_periods(settings, "run")]
    assert not {"2026-01", "2026-W10"} & set(before)
    outdate(settings.reports_dir)
    assert shown <= {period.label for period in touched_periods(settings, "run")}
