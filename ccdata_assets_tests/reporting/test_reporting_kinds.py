"""What the reports beside the monthly one say of the small published copy, and in which language."""

import re
from datetime import datetime
from pathlib import Path
from typing import get_args

import openpyxl
import pytest

from ccdata_assets.metrics.registry import load_kpis
from ccdata_assets.project import load_project
from ccdata_assets.quality.supplier_words import rule_words
from ccdata_assets.quality.validation import Dimension
from ccdata_assets.reporting import build_reports
from ccdata_assets.reporting.deliveries import _rule_table, fault
from ccdata_assets.reporting.measures import DIMENSIONS, Month
from ccdata_assets.reporting.model import Cell, Language, Report, Table, Text
from ccdata_assets.reporting.period import Period
from ccdata_assets.reporting.provinces import ENGLISH
from ccdata_assets.reporting.published import Published
from ccdata_assets.reporting.quality import _dimension, _named
from ccdata_assets.reporting.reports import kinds_of

from .published import AS_OF, LATER, MARCH, reports_of


@pytest.fixture(scope="module")
def made(published: Path) -> dict[str, Report]:
    return reports_of(published)


def column(table: Table, key: str) -> list[Cell]:
    return [cell.en if isinstance(cell, tuple) else cell for cell in table.values(key)]


def test_a_report_with_nothing_to_say_is_not_made(published: Path, tmp_path: Path) -> None:
    assert set(reports_of(published, period=datetime(2026, 2, 1).date())) == {
        "monthly",
        "quality",
        "completeness",
        "callcentre",
    }
    stale = tmp_path / "suppliers" / "2026-02.json"
    stale.parent.mkdir()
    stale.write_text("{}", encoding="utf-8")
    built = build_reports(published, tmp_path, Period.parse("2026-02"), AS_OF)
    assert built["suppliers"] is None and not stale.exists()
    assert set(built) == {kind.id for kind in kinds_of("month")}


def test_an_incident_stands_as_it_stood_at_as_of(published: Path) -> None:
    def told(as_of: datetime) -> list[tuple[Cell, Cell, Cell]]:
        table = reports_of(published, as_of)["quality"].section("incidents").table("incidents")
        return list(
            zip(column(table, "incident_id"), column(table, "status"), column(table, "resolved_hours"), strict=True)
        )

    assert told(AS_OF) == [("inc_2", "resolved", 78.0), ("inc_1", "acknowledged", None)], (
        "one that began after the month is not of it"
    )
    assert told(LATER) == [("inc_2", "resolved", 78.0), ("inc_1", "resolved", 1104.0)]
    assert told(datetime.fromisoformat("2026-03-05T11:00:00+08:00"))[1][1] == "open"


def test_odd_deliveries_and_overrides_are_told_without_who_decided(made: dict[str, Report]) -> None:
    section = made["quality"].section("deliveries")
    assert column(section.table("anomalies"), "what") == ["3120 rows"]
    assert section.table("overrides").rows[0][0] == "2026-03-17T09:00"
    assert "by" not in {column.key for column in section.table("overrides").columns}


def test_measures_say_what_a_dimension_is_counted_from(made: dict[str, Report]) -> None:
    table = made["quality"].section("dimensions").table("measures")
    row = dict(zip([column.key for column in table.columns], table.rows[-1], strict=True))
    assert (row["rate"], row["passed"], row["total"], row["wrong"]) == (0.9, 90, 100, 10)


def test_only_party_records_are_in_the_heat_map(made: dict[str, Report]) -> None:
    table = made["completeness"].section("fields").table("field_completeness")
    assert [one.key for one in table.columns if one.key.startswith("source:")] == [
        "source:b2b_directory",
        "source:cn_hospitals",
    ]
    assert max(value for value in table.values("total") if isinstance(value, int)) == 2_000


def test_suppliers_stand_by_their_score_and_those_without_a_record_are_left_out(made: dict[str, Report]) -> None:
    table = made["suppliers"].section("ranking").table("ranking")
    assert column(table, "source") == ["b2b_directory/1688", "b2b_directory"]
    assert column(table, "name")[0] == "1688.com · B2B directory", "two sources of one name are told apart"
    assert column(table, "score") == pytest.approx([(1 + 1 + 0.5) / 3, (0.9 + 100 / 110 + 0.5) / 3])
    assert column(table, "volume") == [50, 110]
    assert column(table, "repeat_rate") == pytest.approx([0, 10 / 110])
    assert table.total is not None and table.total[table.position("valid")] == 140


def test_the_stock_is_crossed_by_province_and_industry_as_counts_and_shares(made: dict[str, Report]) -> None:
    section = made["analysis"].section("crossed")
    counts, shares = section.table("counts"), section.table("shares")
    assert [row[1:] for row in counts.rows] == [(40, 30, 10), (5, 5, 0)], "a province without stock has no row"
    assert [row[2:] for row in shares.rows] == [(0.75, 0.25), (1.0, 0.0)]
    assert counts.total is not None and counts.total[1:] == (45, 35, 10)


def test_what_was_collected_without_a_plan_is_shown_and_people_are_masked(made: dict[str, Report]) -> None:
    people = made["collection"].section("people").table("people")
    assert column(people, "person") == ["周*** k1aaaa", "周*** k2bbbb", "Unknown"]
    assert column(people, "gap") == [-30, 0, 10]
    assert column(people, "attainment") == [0.4, 1.0, None]
    assert people.total is not None and people.total[1:] == (80, 60, -20, 0.75)
    assert column(made["collection"].section("channels").table("channels"), "channel") == ["Web search", "Unknown"]


def test_after_the_closing_a_report_says_what_changed_since(published: Path) -> None:
    before = reports_of(published, LATER, closing_days=40)["monthly"]
    assert "closing" not in [section.id for section in before.sections]
    section = reports_of(published, LATER, closing_days=5)["monthly"].section("closing")
    changed = section.table("changed_count")
    assert changed.rows == ((Text("存量", "Stock"), 48_213, 48_999, 786),), "there is no part, so no column says which"
    assert section.figures[0].value == 0, "no file came late"


@pytest.mark.parametrize(("language", "other"), [("zh", r"[A-Za-z]{4,} [a-z]{3,}"), ("en", "[\u4e00-\u9fff]")])
def test_a_workbook_speaks_one_language_where_one_is_asked_for(
    published: Path, tmp_path: Path, language: Language, other: str
) -> None:
    made = build_reports(published, tmp_path, Period.of("month", MARCH), AS_OF, language=language)
    for name in ("suppliers", "callcentre"):
        built = made[name]
        assert built is not None
        book = openpyxl.load_workbook(built.workbook)
        said = [sheet.title for sheet in book] + [
            str(cell.value)
            for sheet in book
            for row in sheet.iter_rows()
            for cell in row
            if isinstance(cell.value, str)
        ]
        assert not [text for text in said if re.search(other, text)], name
        assert f'data-only="{language}"' in built.page.read_text(encoding="utf-8")


def test_people_read_names_and_not_codes(made: dict[str, Report]) -> None:
    stock = made["monthly"].section("stock").table("by_region")
    assert Text("北京市", "Beijing") in stock.values("part")
    files = made["monthly"].section("deliveries").table("files")
    assert Text("企业名录", "B2B directory") in files.values("feed")
    failures = made["quality"].section("checks").table("failures")
    assert set(column(failures, "severity")) <= {"blocking", "error", "warning"}
    assert {type(cell) for key in ("severity", "dimension") for cell in failures.values(key)} == {Text}
    perspectives = made["monthly"].section("definitions").table("definitions").values("perspective")
    assert Text("内部流程", "internal") in perspectives


def test_every_province_and_quality_dimension_has_a_name_in_both_languages() -> None:
    assert len(ENGLISH) == 34
    for dimension in get_args(Dimension):
        name = _dimension(dimension)
        assert name.zh != name.en, dimension


def test_everything_that_kpis_are_broken_down_by_has_a_name() -> None:
    used = {name for kpi in load_kpis().values() for cut in kpi.sets for name in cut.by}
    assert used - set(DIMENSIONS) == set(), "add it to DIMENSIONS in reporting/measures.py"


def test_a_check_of_a_kpi_names_the_kpi(published: Path) -> None:
    with Published.opened(published, AS_OF) as source:
        month = Month.read(source, Period.of("month", MARCH))
    record = {"severity": "warning", "dimension": "performance", "feed": None, "table_name": "kpi.value"}
    named = _named(month, record | {"field": "answer_rate"})
    assert named["field"] == Text("接通率", "Answer rate")
    assert named["dimension"] == Text("运营指标", "Performance")
    assert _named(month, record | {"table_name": "staged.call", "field": "phone"})["field"] == Text("电话", "Phone")


def test_quarantine_is_told_by_rule_once_in_the_words_of_its_contract(published: Path) -> None:
    missing = "a required value is missing; fix: fill it in"
    ends = "the call ends before it enters"
    broken = [
        ("call", "required", "phone", missing, 2),
        ("call", "ends_after_start", None, ends, 3),
        ("call", "own_rule", None, "as recorded", 1),
        ("b2b_directory", "required", "phone", missing, 4),
        ("b2b_directory", "required", "email", missing, 1),
    ]
    with Published.opened(published, AS_OF) as source:
        month = Month.read(source, Period.of("month", MARCH), rules=rule_words(load_project().registry))
    of_contract = month.rules["ends_after_start", ends]
    assert re.search("[\u4e00-\u9fff]", of_contract.label.zh)
    assert _rule_table(month, broken, True).rows == (
        (Text("必填值缺失", "Value missing"), "required", 2, 7),
        (Text(*of_contract.label), "ends_after_start", 1, 3),
        (Text.same("own_rule"), "", 1, 1),
    )
    assert fault(month, "required", missing)[1] == Text("必填的值缺失", missing)
    assert fault(month, "own_rule", "as recorded")[1] == Text.same("as recorded")


def test_rows_that_do_not_add_up_to_their_total_say_so(made: dict[str, Report]) -> None:
    table = made["monthly"].section("stock").table("by_region")
    missing = 48_213 - sum(column(table, "stock"))  # type: ignore[arg-type]
    assert missing > 0 and table.note is not None and table.note.en.startswith(f"{missing:,} more")
