"""Addresses, SQL and texts of each kind of database. SQL Server is tested here only: no server of it runs in the tests."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pymssql
import pytest
import sqlalchemy as sa

from ccdata_assets.errors import CcdataError
from ccdata_assets.landing.databases import _horizon
from ccdata_assets.landing.query_slices import bound, ordinals, shown, window_start
from ccdata_assets.landing.sql_dialects import MSSQL, MYSQL, POSTGRESQL, Bound, Dialect, Kind, address, text_of, texts
from ccdata_assets.landing.sql_errors import explain

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "driver", "dialect"),
    [
        ("postgresql://u:p%40ss@h:5432/crm?sslmode=require", "postgresql+psycopg", POSTGRESQL),
        ("postgres://u:p%40ss@h/crm", "postgresql+psycopg", POSTGRESQL),
        ("postgresql+psycopg2://u:p%40ss@h/crm", "postgresql+psycopg", POSTGRESQL),
        ("mysql://u:p%40ss@h/crm", "mysql+pymysql", MYSQL),
        ("mariadb://u:p%40ss@h/crm", "mysql+pymysql", MYSQL),
        ("mssql://u:p%40ss@h:1433/crm", "mssql+pymssql", MSSQL),
        ("sqlserver://u:p%40ss@h/crm", "mssql+pymssql", MSSQL),
        ("mssql+pyodbc://u:p%40ss@h/crm", "mssql+pymssql", MSSQL),
    ],
)
def test_an_address_may_be_written_as_each_world_writes_it(
    monkeypatch: pytest.MonkeyPatch, text: str, driver: str, dialect: Dialect
) -> None:
    monkeypatch.setenv("TESTS_URL", text)
    url, found = address("TESTS_URL")
    assert (url.drivername, url.password, url.host, url.database, found) == (driver, "p@ss", "h", "crm", dialect)


@pytest.mark.parametrize("dialect", [POSTGRESQL, MYSQL, MSSQL], ids=lambda dialect: dialect.name)
def test_every_driver_is_installed(dialect: Dialect) -> None:
    engine = sa.create_engine(sa.URL.create(dialect.driver, "u", "p", "127.0.0.1"), **dialect.engine_args)
    assert engine.dialect.dbapi is not None


@pytest.mark.parametrize(
    ("dialect", "kind", "low", "expected"),
    [
        (POSTGRESQL, "instant", MOMENT, "q.\"at\" >= timestamptz '2026-01-02 03:04:05.678900+00:00'"),
        (POSTGRESQL, "timestamp", MOMENT.replace(tzinfo=None), "q.\"at\" >= timestamp '2026-01-02 03:04:05.678900'"),
        (POSTGRESQL, "date", MOMENT.date(), "q.\"at\" >= date '2026-01-02'"),
        (POSTGRESQL, "integer", Decimal("9E+3"), 'q."at" >= 9000'),
        (MYSQL, "instant", MOMENT, "q.`at` >= timestamp '2026-01-02 03:04:05.678900'"),
        (MYSQL, "decimal", Decimal("-1.5"), "q.`at` >= -1.5"),
        (MSSQL, "instant", MOMENT.replace(microsecond=0), "q.[at] >= '2026-01-02T03:04:05+00:00'"),
        (MSSQL, "timestamp", datetime(2026, 1, 2), "q.[at] >= '2026-01-02T00:00:00'"),
        (MSSQL, "date", MOMENT.date(), "q.[at] >= '2026-01-02'"),
        (MSSQL, "integer", Decimal(7), "q.[at] >= 7"),
    ],
)
def test_rows_are_asked_for_from_a_bound_of_the_columns_type(
    dialect: Dialect, kind: Kind, low: Bound, expected: str
) -> None:
    sql = dialect.rows_sql("select * from t; ", "at", low, None, kind)
    assert sql == f"select q.* from (select * from t\n) q where {expected} order by {expected.split()[0]}"


def test_the_first_load_leaves_out_what_has_no_watermark_or_one_ahead_of_the_clock() -> None:
    assert (
        MSSQL.rows_sql("select * from t", "at", None, date(2026, 1, 1), "date")
        == "select q.* from (select * from t\n) q where q.[at] is not null and q.[at] < '2026-01-01' order by q.[at]"
    )
    assert (
        MSSQL.unread_sql("select * from t", "at", date(2026, 1, 1), "date")
        == "select count(*) from (select * from t\n) q where q.[at] is null or q.[at] >= '2026-01-01'"
    )
    assert (
        MSSQL.first_sql("select * from t", "at")
        == "select top 1 q.[at] from (select * from t\n) q where q.[at] is not null"
    )
    assert MSSQL.columns_sql("select * from t -- all") == "select q.* from (select * from t -- all\n) q where 1 = 0"


@pytest.mark.parametrize(
    ("dialect", "name", "expected"),
    [
        (POSTGRESQL, 'a"b', '"a""b"'),
        (MYSQL, "a`b", "`a``b`"),
        (MSSQL, "a]b", "[a]]b]"),
        (MSSQL, "更新时间", "[更新时间]"),
    ],
)
def test_a_name_is_quoted(dialect: Dialect, name: str, expected: str) -> None:
    assert dialect.quote(name) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), ("客户", "客户"), (True, "true"), (False, "false"), (9007199254740993, "9007199254740993"), (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"), (0.1, "0.1"), (b"\x00\xff", "00ff"), (date(2026, 1, 2), "2026-01-02"), (time(9, 5), "09:05:00"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02 03:04:05"), (MOMENT, "2026-01-02 03:04:05.678900+00:00"),
        (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=8))), "2026-01-02 00:00:00+08:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)  # fmt: skip
def test_values_of_python_become_text(value: Any, expected: str | None) -> None:
    assert text_of(value) == expected
    assert texts([None, value]).to_pylist() == [None, expected]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("instant", "2026-01-02 03:04:05.678900+00:00", MOMENT),
        ("instant", "2026-01-02 11:04:05.6789+08:00", MOMENT),
        ("timestamp", "2026-01-02 03:04:05.5", datetime(2026, 1, 2, 3, 4, 5, 500000)),
        ("timestamp", "1969-12-31 23:59:59.25", datetime(1969, 12, 31, 23, 59, 59, 250000)),
        ("date", "2026-01-02", date(2026, 1, 2)),
        ("integer", "9007199254740993", Decimal(9007199254740993)),
        ("decimal", "-1.500000001", Decimal("-1.500000001")),
    ],
)
def test_a_watermark_is_kept_exactly(kind: Kind, text: str, value: Bound) -> None:
    (ordinal,) = ordinals(texts([text]), kind, "at").to_pylist()
    assert bound(ordinal, kind) == value
    start = bound(window_start(ordinal, kind, timedelta(0)), kind)
    assert start <= value  # type: ignore[operator]
    assert not isinstance(start, datetime) or start.microsecond == 0


@pytest.mark.parametrize("text", ["infinity", "0000-00-00 00:00:00", "10000-01-01 00:00:00"])
def test_a_watermark_that_is_no_time_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(CcdataError, match="the watermark at has a value") as caught:
        ordinals(texts([text]), "timestamp", "at")
    assert text not in str(caught.value)


def test_shown_watermarks_sort_as_their_values_do() -> None:
    numbers = [Decimal(value) for value in ("0", "5", "30", "30.5", "1000")]
    assert sorted(shown(value, "decimal") for value in numbers) == [shown(value, "decimal") for value in numbers]
    moments = [Decimal(value) for value in (0, 500_000, 1_000_000)]
    assert sorted(shown(value, "timestamp") for value in moments) == [shown(value, "timestamp") for value in moments]


def test_the_horizon_is_two_days_ahead_and_numbers_have_none() -> None:
    far = _horizon("date")
    assert isinstance(far, date) and far - datetime.now(timezone.utc).date() in (
        timedelta(1),
        timedelta(2),
        timedelta(3),
    )
    assert _horizon("integer") is None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (((18456, b"Login failed for user 'reader'.DB-Lib error message 20018"),), "refuses user or password"),
        (((20009, b"Unable to connect: TDS server is unavailable (db.example)"),), "no database answers"),
        (((4060, b"Cannot open database 'crm' requested by the login."),), "does not exist"),
        ((229, b"The SELECT permission was denied on the object 'client'"), "may not read"),
        ((208, b"Invalid object name 'client' of 'reader' at db.example"), "refuses the query (code 208)"),
    ],
)
def test_errors_of_sql_server_are_told_by_their_number(arguments: tuple[Any, ...], expected: str) -> None:
    url = sa.make_url("mssql+pymssql://reader:geheim@db.example/crm")
    told = str(explain(sa.exc.OperationalError("select 1", {}, pymssql.OperationalError(*arguments)), "CRM_URL", url))
    assert expected in told and "fix:" in told
    for secret in ("reader", "geheim", "db.example"):
        assert secret not in told
