"""Which numbers the monthly report takes from the published copy."""

import re
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from ccdata_assets.reporting import BuiltReport
from ccdata_assets.reporting.measures import Window
from ccdata_assets.reporting.model import Report
from ccdata_assets.reporting.period import Period
from ccdata_assets.reporting.published import Published
from ccdata_assets.reporting.reports import period_reports

from .published import AS_OF, HOSTILE, LATER, MARCH, PROVINCES, build, build_monthly, reports_of


def test_headline_gives_each_kpi_its_value_target_and_change(report: Report) -> None:
    figures = {figure.id: figure for figure in report.section("headline").figures}
    validity = figures["validity"]
    assert (validity.value, validity.numerator, validity.denominator) == (13_020 / 13_809, 13_020, 13_809)
    assert (validity.target, validity.met, validity.improved) == (0.95, False, False)
    assert figures["stock"].previous == 45_663
    assert figures["abandon_rate"].met is False, "a rate that should be low is missed when it is above its target"
    assert figures["csat"].value is None, "0 answers of 0 is no data"
    assert figures["csat"].met is None


def test_counts_of_a_month_that_is_not_over_are_not_held_against_a_whole_one(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at, is_running in (("2026-03-31T12:00:00+08:00", True), ("2026-04-01T00:00:00+08:00", False)):
        with Published.opened(published, datetime.fromisoformat(at)) as source:
            assert Window.read(source, Period.of("month", MARCH)).is_running is is_running
    over = {figure.id: figure for figure in reports_of(published)["monthly"].section("headline").figures}
    monkeypatch.setattr(Window, "is_running", True)
    running = {figure.id: figure for figure in reports_of(published)["monthly"].section("headline").figures}
    assert over["records_received"].change is not None and not over["records_received"].is_partial
    assert running["records_received"].is_partial and running["records_received"].change is None
    assert running["validity"].change == over["validity"].change != 0, "a rate does not wait for the end"
    assert not running["stock"].is_partial, "nor does what there is"


def test_headline_of_dagster_is_the_figures(built: BuiltReport, report: Report) -> None:
    assert built.headline == {figure.id: figure.value for figure in report.section("headline").figures}
    assert isinstance(built.headline["stock"], int)


@pytest.mark.parametrize(("as_of", "stock", "status"), [(AS_OF, 48_213, "final"), (LATER, 48_999, "restated")])
def test_a_report_shows_what_was_known_at_its_as_of(published: Path, as_of: datetime, stock: int, status: str) -> None:
    figure = reports_of(published, as_of)["monthly"].section("headline").figures[0]
    assert (figure.id, figure.value, figure.status) == ("stock", stock, status)


def test_of_two_rows_of_one_moment_the_one_added_last_counts_and_a_part_that_is_gone_is_not_shown(
    tmp_path: Path,
) -> None:
    path = build(tmp_path / "ccdata.duckdb")
    with duckdb.connect(str(path)) as connection:
        for dims, value in (("{}", 7), ('{"region": "110000"}', None)):
            connection.execute(
                """insert into kpi.value values
                ('stock', 1, 'month', '2026-03-01', ?, ?, null, null, null, 'final', ?, 'run-0')""",
                [dims, value, AS_OF],
            )
        connection.execute("delete from kpi.value where kpi_id = 'increment' and dims like '%110000%'")
    report = reports_of(path, AS_OF)["monthly"]
    assert report.section("headline").figures[0].value == 7
    assert "110000" not in report.section("stock").table("by_region").values("region")


def test_before_anything_was_known_there_is_no_data(published: Path) -> None:
    early = reports_of(published, datetime.fromisoformat("2026-02-01T00:00:00+08:00"))["monthly"]
    assert {figure.value for figure in early.section("headline").figures} == {None}


def test_as_of_is_a_moment_whatever_its_zone(published: Path) -> None:
    utc = AS_OF.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+00:00").tzinfo)
    assert reports_of(published, utc)["monthly"].sections[0] == reports_of(published, AS_OF)["monthly"].sections[0]


def test_provinces_have_names_shares_and_the_published_total(report: Report) -> None:
    table = report.section("stock").table("by_region")
    assert {str(name[0]) for name in table.values("part") if isinstance(name, tuple)} == set(PROVINCES.values())
    assert table.total is not None
    assert table.total[table.position("stock")] == 48_213
    stock, share = table.values("stock")[0], table.values("stock_share")[0]
    assert isinstance(stock, int)
    assert share == pytest.approx(stock / 48_213)


def test_completeness_adds_up_regions_known_at_the_time(published: Path) -> None:
    def phone(as_of: datetime) -> tuple[object, object]:
        table = reports_of(published, as_of)["completeness"].section("fields").table("field_completeness")
        row = next(row for row in table.rows if row[table.position("field")] == "phone")
        return row[table.position("filled")], row[table.position("total")]

    assert phone(AS_OF) == (463 * 2 + 443 * 2, 2_000)
    assert phone(LATER) == (500 + 463 + 443 * 2, 2_000)


def test_only_the_latest_result_of_a_check_counts(published: Path) -> None:
    section = reports_of(published)["quality"].section("checks")
    checks = section.table("checks")
    assert checks.total is not None
    assert checks.total[1:4] == (20, 16, 4)
    failed = section.table("failures").values("check_name")
    assert len(failed) == 4
    assert "completeness_0" not in failed


def test_every_row_of_every_file_is_accounted_for(report: Report) -> None:
    deliveries = report.section("deliveries")
    assert next(figure.value for figure in deliveries.figures if figure.id == "unaccounted") == 0
    assert next(figure.value for figure in deliveries.figures if figure.id == "files") == 21
    silent = next(row for row in deliveries.table("feeds").rows if row[1] == "evil")
    assert silent[3:] == (0, *[None] * 7), "a feed that delivered nothing is listed, with no data"


def test_a_file_name_that_returns_does_not_count_its_quarantine_twice(report: Report) -> None:
    assert sum(report.section("deliveries").table("quarantine").values("rows")) == 41 + 34 + 78 + 30  # type: ignore[arg-type]


def test_days_without_data_are_gaps_and_not_zeros(report: Report) -> None:
    daily = report.section("calls").table("daily")
    assert len(daily.rows) == 31
    assert daily.rows[16][0] == "2026-03-17"
    assert set(daily.rows[16][1:]) == {None}


def test_a_kpi_is_broken_down_by_whatever_its_dims_say(report: Report) -> None:
    products = report.section("outbound").table("by_product")
    assert [str(name[0]) for name in products.values("part") if isinstance(name, tuple)] == [
        "定期存款",
        HOSTILE,
    ]


def test_an_empty_copy_gives_a_report_that_says_no_data(tmp_path: Path) -> None:
    published = build(tmp_path / "empty.duckdb", months=0)
    built = build_monthly(published, tmp_path / "reports", MARCH, AS_OF)
    assert set(built.headline.values()) == {None}
    assert "无数据 no data" in built.table_markdown
    assert " 0.00%" not in built.table_markdown
    page = built.page.read_text(encoding="utf-8")
    assert "无数据" in page
    assert "no data" in page
    assert not re.search(r"(?<![\d.])0\.00%", page)
    assert "svg+xml" in built.trend_markdown


def test_a_copy_without_any_table_is_an_empty_report(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "bare.duckdb")).close()
    assert reports_of(tmp_path / "bare.duckdb", AS_OF)["monthly"].section("deliveries").is_empty


@pytest.mark.parametrize(
    ("period", "as_of", "error"),
    [(date(2026, 3, 2), AS_OF, "not the first day"), (MARCH, datetime(2026, 4, 2), "no time zone")],
)
def test_a_wrong_period_or_moment_is_refused(published: Path, period: date, as_of: datetime, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        period_reports(published, Period("month", period), as_of)


def test_nothing_published_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="ccdata run"):
        period_reports(tmp_path / "none.duckdb", Period("month", MARCH), AS_OF)


def test_the_model_survives_json(report: Report) -> None:
    assert Report.from_json(report.to_json()) == report
    with pytest.raises(ValueError, match="not a report"):
        Report.from_json('{"id": "monthly"}')


def test_the_same_inputs_give_the_same_bytes(published: Path, tmp_path: Path) -> None:
    one, other = (build_monthly(published, tmp_path / name, MARCH, AS_OF) for name in ("one", "other"))
    assert one.workbook.read_bytes() == other.workbook.read_bytes()
    assert one.workbook.with_suffix(".json").read_bytes() == other.workbook.with_suffix(".json").read_bytes()
    assert one.page.read_bytes() == other.page.read_bytes()
    assert one.trend_markdown == other.trend_markdown
    assert not list(tmp_path.rglob(".*.part")), "a temporary file was left behind"


def test_the_chart_and_table_for_dagster_are_small(built: BuiltReport) -> None:
    assert len(built.trend_markdown) <= 54_000
    assert len(built.table_markdown.splitlines()) <= 16
    assert "| 有效率 Validity | 94.29% | 95.00% | ✗ | 13,020 / 13,809 |" in built.table_markdown
