"""Dates: that a model and staging read alike, and that every day is read in every certain form."""

from datetime import date, datetime, timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccdata_assets.contracts import compile as compiler
from ccdata_assets.contracts.compile import contract_hash, parse_sql
from ccdata_assets.contracts.model import FieldUse
from ccdata_assets.contracts.registry import load_registry

from .conftest import Standardise

FEW_RUNS = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORMS = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%d %B %Y", "%b %d, %Y", "%d-%b-%Y", "%a %b %d %H:%M:%S %Y", "%Y-%m-%dT%H:%M:%S+08:00"]  # fmt: skip


def staged(kind: str, text: str | None, **use: object) -> object:
    """A text as staging reads it in Shanghai."""
    sql = parse_sql(load_registry(), FieldUse.model_validate(use), kind, "t", "Asia/Shanghai")
    with duckdb.connect(config={"threads": 1}) as con:
        return con.execute(f"select {sql} from (select $1::varchar as t)", [text]).fetchall()[0][0]


@FEW_RUNS
@given(st.lists(st.dates(date(1901, 1, 1), date(2098, 12, 30)), min_size=20, max_size=40))
def test_a_day_is_read_in_every_form(standardise: Standardise, days: list[date]) -> None:
    fillers = {date(1970, 1, 1)}
    expected = {day.strftime(form): day.isoformat() for day in days for form in FORMS if day not in fillers}
    read = standardise("date", expected)
    assert {raw: row["standard"] for raw, row in read.items()} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2018年5月6号", date(2018, 5, 6)),
        ("6 May 2018", date(2018, 5, 6)),
        ("民國107年5月6日", date(2018, 5, 6)),
        ("二〇一八年五月六日", date(2018, 5, 6)),
        ("13/04/2024", date(2024, 4, 13)),
        ("2018-05-06 24:00", date(2018, 5, 6)),
        ("1525536000", date(2018, 5, 6)),
        ("03/04/2024", None),
        ("180506", None),
        ("2018111", None),
        ("2018年5月", None),
        ("2018年5月6日前", None),
        ("农历二〇一八年三月廿一", None),
        (None, None),
    ],
)
def test_staging_reads_what_is_certain_without_a_format(text: str | None, expected: date | None) -> None:
    assert staged("date", text) == expected


def test_the_contracts_own_form_is_the_only_one() -> None:
    assert staged("date", "03/04/2024", format="%d/%m/%Y") == date(2024, 4, 3)
    assert staged("date", "6 May 2018", format="%d/%m/%Y") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2018-05-06 24:00", datetime(2018, 5, 7)),
        ("6 May 2018 3:05 PM", datetime(2018, 5, 6, 15, 5)),
        ("2018年5月6日下午3点30分", datetime(2018, 5, 6, 15, 30)),
        ("Sun, 6 May 2018 04:30:15 +0000", datetime(2018, 5, 6, 12, 30, 15)),
        ("20180506123015", datetime(2018, 5, 6, 12, 30, 15)),
        ("1525564800000", datetime(2018, 5, 6, 8)),
    ],
)
def test_a_moment_keeps_its_time_and_moves_from_its_own_zone(text: str, expected: datetime) -> None:
    assert staged("timestamp", text) == expected


def test_a_spreadsheets_days_are_counted_as_it_counts_them(standardise: Standardise) -> None:
    first = date(1899, 12, 30)
    expected = {str(days): (first + timedelta(days)).isoformat() for days in range(20000, 80000, 997)}
    read = standardise("date", expected)
    assert {raw: row["standard"] for raw, row in read.items()} == expected


def test_a_changed_rule_of_dates_judges_the_feeds_with_dates_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = load_registry()
    before = {name: contract_hash(registry, contract) for name, contract in registry.feeds.items()}
    rule = compiler._macro
    monkeypatch.setattr(compiler, "_macro", lambda name: rule(name) + " " * (name == "read_date"))
    after = {name: contract_hash(registry, contract) for name, contract in registry.feeds.items()}
    dated = {
        name
        for name, contract in registry.feeds.items()
        if {compiler.field_type(registry, contract, field) for field in contract.fields}
        & {"date", "timestamp", "instant"}
    }
    assert {name for name in before if before[name] != after[name]} == dated
