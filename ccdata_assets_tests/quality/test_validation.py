"""What each kind of check finds on DuckDB, counted by hand, and that no outcome carries a value of the
data."""

from __future__ import annotations

import datetime as dt
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

import ccdata_assets
from ccdata_assets.quality.validation import KINDS, Check, OpenTransactionError, Outcome, _outcome, validate

REPOSITORY = Path(ccdata_assets.__file__).parents[1]
UTC = dt.UTC


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema t")
        yield connection


def make_check(kind: str, field: str | None = "v", **overrides: Any) -> Check:
    given: dict[str, Any] = {
        "name": "the_check",
        "table": "t.rows",
        "dimension": "validity",
        "severity": "error",
        **overrides,
    }
    field = field if KINDS[kind].needs_field else None
    return Check(kind=kind, field=field, **given)


def fill(connection: duckdb.DuckDBPyConnection, types: list[str], rows: list[Any]) -> None:
    """Make t.rows with columns v, w, … of the types; a row that is not a tuple is the value of v."""
    names = "vwxyz"
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=False))
    connection.execute(f"create or replace table t.rows ({columns})")
    for row in rows:
        values = row if isinstance(row, tuple) else (row,)
        connection.execute(f"insert into t.rows values ({', '.join('?' * len(values))})", values)


def found(outcome: Outcome) -> tuple[bool, float | None, int, int]:
    assert outcome.error is None, f"raised {outcome.error}"
    return outcome.passed, outcome.value, outcome.unexpected, outcome.total


JAN_1 = dt.datetime(2024, 1, 1, 9, 30)
JAN_2 = dt.datetime(2024, 1, 2, 9, 30)

# kind, column types, rows, kwargs, target → passed, value, unexpected, total
COUNTED_BY_HAND: list[Any] = [
    ("not_null", ["int"], [1, 2, None, 4], {}, None, (False, 0.75, 1, 4)),
    ("not_null", ["int"], [1, 2, None, 4], {}, 0.75, (True, 0.75, 1, 4)),
    ("not_null", ["int"], [1, 2, None, 4], {}, 0.7501, (False, 0.75, 1, 4)),
    ("not_null", ["int"], [1, 2], {}, None, (True, 1.0, 0, 2)),
    ("not_null", ["varchar"], ["", " "], {}, None, (True, 1.0, 0, 2)),
    ("not_null", ["int"], [None, None], {}, 0.5, (False, 0.0, 2, 2)),
    ("not_null", ["int"], [None, None], {}, 0.0, (True, 0.0, 2, 2)),
    ("not_null", ["int"], [], {}, None, (True, None, 0, 0)),
    ("unique", ["int"], [1, 2, 3, None, None], {}, None, (True, 1.0, 0, 3)),
    ("unique", ["int"], [1, 1, 2, 3, None], {}, None, (False, 0.5, 2, 4)),
    ("unique", ["int"], [1, 1, 2, 3, None], {}, 0.5, (True, 0.5, 2, 4)),
    ("unique", ["int"], [1, 1, 2, 3, None], {}, 0.51, (False, 0.5, 2, 4)),
    ("unique", ["varchar"], ["a", "A", "张", "張"], {}, None, (True, 1.0, 0, 4)),
    ("unique", ["int"], [None, None], {}, None, (True, None, 0, 0)),
    ("unique", ["int"], [], {}, None, (True, None, 0, 0)),
    ("unique_together", ["int", "int"], [(1, 1), (1, 2), (2, 1)], {"columns": ["v", "w"]}, None,
     (True, 1.0, 0, 3)),
    ("unique_together", ["int", "int"], [(1, 1), (1, 1), (2, 1), (3, 1)], {"columns": ["v", "w"]}, None,
     (False, 0.5, 2, 4)),
    ("unique_together", ["int", "int"], [(1, 1), (1, 1), (2, 1), (3, 1)], {"columns": ["v", "w"]}, 0.5,
     (True, 0.5, 2, 4)),
    ("unique_together", ["int", "int"], [(1, None), (1, None), (None, None), (None, None), (1, 1)],
     {"columns": ["v", "w"]}, None, (True, 1.0, 0, 1)),
    ("unique_together", ["int", "int", "int"], [(1, 1, 1), (1, 1, 2), (1, 1, 2)],
     {"columns": ["w", "v", "x"]}, None, (False, 1 / 3, 2, 3)),
    ("unique_together", ["int", "int"], [(None, 1), (None, 1)], {"columns": ["v", "w"]}, None,
     (True, None, 0, 0)),
    ("unique_together", ["int", "int"], [], {"columns": ["v", "w"]}, None, (True, None, 0, 0)),
    ("in_set", ["varchar"], ["m", "f", None], {"values": ["m", "f", "x"]}, None, (True, 1.0, 0, 2)),
    ("in_set", ["varchar"], ["m", "f", "?", "M", None], {"values": ["m", "f"]}, None, (False, 0.5, 2, 4)),
    ("in_set", ["varchar"], ["m", "f", "?", "M", None], {"values": ["m", "f"]}, 0.5, (True, 0.5, 2, 4)),
    ("in_set", ["varchar"], ["男", "女", "'; --"], {"values": ["男", "女", "'; --"]}, None,
     (True, 1.0, 0, 3)),
    ("in_set", ["int"], [1, 2, 5], {"values": (1, 2)}, None, (False, 2 / 3, 1, 3)),
    ("in_set", ["varchar"], ["a", "b"], {"values": ["a", None]}, None, (False, 0.5, 1, 2)),
    ("in_set", ["boolean"], [True, True, False, None], {"values": [True]}, None, (False, 2 / 3, 1, 3)),
    ("in_set", ["date"], [JAN_1.date(), JAN_2.date()], {"values": {JAN_1.date()}}, None, (False, 0.5, 1, 2)),
    ("in_set", ["varchar"], [None, None], {"values": ["a"]}, None, (True, None, 0, 0)),
    ("in_set", ["varchar"], [], {"values": ["a"]}, None, (True, None, 0, 0)),
    ("between", ["int"], [0, 1, 2, 3, None], {"min": 1, "max": 2}, None, (False, 0.5, 2, 4)),
    ("between", ["int"], [0, 1, 2, 3, None], {"min": 1, "max": 2}, 0.5, (True, 0.5, 2, 4)),
    ("between", ["int"], [0, 1, 2, 3, None], {"min": 0}, None, (True, 1.0, 0, 4)),
    ("between", ["int"], [0, 1, 2, 3, None], {"min": 0, "strict_min": True}, None, (False, 0.75, 1, 4)),
    ("between", ["int"], [0, 1, 2, 3, None], {"max": 0}, None, (False, 0.25, 3, 4)),
    ("between", ["int"], [0, 1, 2, 3], {"min": 0, "max": 3, "strict_max": True}, None, (False, 0.75, 1, 4)),
    ("between", ["double"], [0.1, float("nan")], {"max": 1}, None, (False, 0.5, 1, 2)),
    ("between", ["decimal(10,2)"], [Decimal("0.10"), Decimal("0.11")], {"min": Decimal("0.10"), "max": 0.1},
     None, (False, 0.5, 1, 2)),
    ("between", ["bigint"], [13800138000], {"min": 13000000000, "max": 19999999999}, None, (True, 1.0, 0, 1)),
    ("between", ["timestamp"], [JAN_1, JAN_2, None], {"min": JAN_1 + dt.timedelta(seconds=1)}, None,
     (False, 0.5, 1, 2)),
    ("between", ["timestamp"], [JAN_1, JAN_2], {"min": JAN_1, "max": JAN_2}, None, (True, 1.0, 0, 2)),
    ("between", ["timestamp"], [JAN_1, JAN_2], {"min": dt.datetime(2024, 1, 2)}, None, (False, 0.5, 1, 2)),
    ("between", ["timestamptz"], [JAN_1.replace(tzinfo=UTC), JAN_2.replace(tzinfo=UTC)],
     {"min": (JAN_1 + dt.timedelta(hours=8)).replace(tzinfo=dt.timezone(dt.timedelta(hours=8))),
      "max": JAN_1.replace(tzinfo=UTC)}, None, (False, 0.5, 1, 2)),
    ("between", ["date"], [JAN_1.date(), JAN_2.date()], {"max": JAN_1.date()}, None, (False, 0.5, 1, 2)),
    ("between", ["int"], [None], {"min": 1}, None, (True, None, 0, 0)),
    ("between", ["int"], [], {"min": 1}, None, (True, None, 0, 0)),
    ("length_between", ["varchar"], ["", "张三", "张三丰", "ab", None], {"min": 2, "max": 2}, None,
     (False, 0.5, 2, 4)),
    ("length_between", ["varchar"], ["", "张三", "张三丰", "ab", None], {"min": 2, "max": 2}, 0.5,
     (True, 0.5, 2, 4)),
    ("length_between", ["varchar"], ["", "张三"], {"max": 2}, None, (True, 1.0, 0, 2)),
    ("length_between", ["varchar"], ["", "张三"], {"min": 1}, None, (False, 0.5, 1, 2)),
    ("length_between", ["varchar"], [None], {"min": 1}, None, (True, None, 0, 0)),
    ("length_between", ["varchar"], [], {"min": 1}, None, (True, None, 0, 0)),
    ("pair_greater_or_equal", ["int", "int"], [(2, 1), (1, 1), (0, 1), (None, 1), (1, None), (None, None)],
     {"other": "w"}, None, (False, 2 / 3, 1, 3)),
    ("pair_greater_or_equal", ["int", "int"], [(2, 1), (1, 1), (0, 1), (None, 1)], {"other": "w"}, 0.66,
     (True, 2 / 3, 1, 3)),
    ("pair_greater_or_equal", ["int", "int"], [(2, 1), (1, 1), (0, 1), (None, 1)], {"other": "w"}, 0.67,
     (False, 2 / 3, 1, 3)),
    ("pair_greater_or_equal", ["timestamp", "timestamp"], [(JAN_2, JAN_1), (JAN_1, JAN_1)], {"other": "w"},
     None, (True, 1.0, 0, 2)),
    ("pair_greater_or_equal", ["int", "int"], [(None, 1)], {"other": "w"}, None, (True, None, 0, 0)),
    ("pair_greater_or_equal", ["int", "int"], [], {"other": "w"}, None, (True, None, 0, 0)),
    ("no_rows", ["int"], [1, 2, 3, None], {"sql": "select * from {table} where v > 3"}, None,
     (True, 1.0, 0, 4)),
    ("no_rows", ["int"], [1, 2, 3, None], {"sql": "select v from {table} as r where r.v > 2;\n"}, None,
     (False, 0.75, 1, 4)),
    ("no_rows", ["int"], [1, 2, 3, None], {"sql": "select v from {table} where v > 2 -- too many"}, 0.75,
     (True, 0.75, 1, 4)),
    ("no_rows", ["int"], [1, 2, 3, None], {"sql": "select v from {table} where v > 2"}, 0.76,
     (False, 0.75, 1, 4)),
    ("no_rows", ["int"], [1, 2], {"sql": "select 1 from {table} a, {table} b"}, 0.5, (False, None, 4, 2)),
    ("no_rows", ["int"], [], {"sql": "select * from {table}"}, None, (True, None, 0, 0)),
    ("no_rows", ["int"], [], {"sql": "select 1"}, None, (False, None, 1, 0)),
    ("no_rows", ["int"], [], {"sql": "select 1"}, 0.5, (False, None, 1, 0)),
    ("no_rows", ["int"], [None], {"sql": "select * from {table} where v is null"}, None, (False, 0.0, 1, 1)),
    ("row_count_between", ["int"], [1, 2, None], {"min": 3, "max": 3}, None, (True, 3.0, 0, 3)),
    ("row_count_between", ["int"], [1, 2, None], {"min": 5}, None, (False, 3.0, 2, 3)),
    ("row_count_between", ["int"], [1, 2, None], {"max": 2}, None, (False, 3.0, 1, 3)),
    ("row_count_between", ["int"], [], {"min": 1}, None, (False, 0.0, 1, 0)),
    ("row_count_between", ["int"], [], {"min": 0, "max": 0}, None, (True, 0.0, 0, 0)),
    ("column_exists", ["int"], [], {}, None, (True, 1.0, 0, 1)),
    ("columns_match_set", ["int", "int"], [], {"columns": ["w", "v"]}, None, (True, 1.0, 0, 2)),
    ("columns_match_set", ["int", "int"], [(1, 1)], {"columns": ["v"]}, None, (False, 0.5, 1, 2)),
    ("columns_match_set", ["int", "int"], [(1, 1)], {"columns": ["v"], "exact": False}, None,
     (True, 1.0, 0, 1)),
    ("columns_match_set", ["int", "int"], [(1, 1)], {"columns": ["v", "q"]}, None, (False, 1 / 3, 2, 3)),
    ("columns_match_set", ["int", "int"], [(1, 1)], {"columns": ["v", "q"], "exact": False}, None,
     (False, 0.5, 1, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "types", "rows", "kwargs", "target", "expected"), COUNTED_BY_HAND)
def test_a_check_counts_as_a_person_would(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    types: list[str],
    rows: list[Any],
    kwargs: dict[str, Any],
    target: float | None,
    expected: tuple[bool, float | None, int, int],
) -> None:
    fill(connection, types, rows)
    (outcome,) = validate(connection, [make_check(kind, kwargs=kwargs, target=target)])
    assert found(outcome) == (expected[0], pytest.approx(expected[1]), *expected[2:])


def test_every_kind_has_a_case_counted_by_hand() -> None:
    assert {case[0] for case in COUNTED_BY_HAND} == set(KINDS)


def test_a_missing_column_fails_column_exists_and_is_an_error_elsewhere(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fill(connection, ["int"], [1])
    absent, unusable, pair = validate(
        connection,
        [
            make_check("column_exists", "q", name="exists"),
            make_check("not_null", "q", name="filled"),
            make_check("pair_greater_or_equal", name="pair", kwargs={"other": "q"}),
        ],
    )
    assert found(absent) == (False, 0.0, 1, 1)
    for outcome in (unusable, pair):
        assert (outcome.passed, outcome.error) == (False, "MissingColumn")


AWKWARD_NAMES = ["客户 编号", "名称", "select", "x.y", "50% off", "a:b", "{brace}", "UPPER", "it's", "[v]"]


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_names_that_need_quotes_work_in_every_kind(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    connection.execute('create schema "Order 表"')
    connection.execute(f"""create table "Order 表".{quoted} as
        select * from (values (1, 'a', 3), (2, 'a', 1), (2, 'b', null)) as t({quoted}, "other 列", "末")""")
    kwargs: dict[str, dict[str, Any]] = {
        "unique_together": {"columns": [name, "other 列"]},
        "in_set": {"values": [1]},
        "between": {"max": 1},
        "length_between": {"min": 2},
        "pair_greater_or_equal": {"other": "末"},
        "no_rows": {"sql": f"select * from {{table}} where {quoted} = 2"},
        "row_count_between": {"min": 1},
        "columns_match_set": {"columns": [name, "other 列", "末"]},
    }
    fields = {"length_between": "other 列"}
    outcomes = validate(
        connection,
        [
            make_check(
                kind,
                fields.get(kind, name),
                name=kind,
                table=f"Order 表.{name}",
                kwargs=kwargs.get(kind, {}),
            )
            for kind in KINDS
        ],
    )
    assert {outcome.check.kind: found(outcome)[2:] for outcome in outcomes} == {
        "not_null": (0, 3),
        "unique": (2, 3),
        "unique_together": (0, 3),
        "in_set": (2, 3),
        "between": (2, 3),
        "length_between": (3, 3),
        "pair_greater_or_equal": (1, 2),
        "no_rows": (2, 3),
        "row_count_between": (0, 3),
        "column_exists": (0, 1),
        "columns_match_set": (0, 3),
    }


def test_the_names_great_expectations_cannot_handle_are_errors_and_not_passes(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("""create table t.rows ("say ""hi" int, _num_rows int)""")
    together = {"columns": ['say "hi', "_num_rows"]}
    outcomes = validate(
        connection,
        [
            make_check("unique", 'say "hi', name="quote"),
            make_check("unique_together", name="count", kwargs=together),
        ],
    )
    assert [(outcome.passed, outcome.error is None) for outcome in outcomes] == [(False, False)] * 2


def test_a_result_whose_metrics_are_missing_is_not_trusted() -> None:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

    check = make_check("not_null")
    vacuous = ExpectationValidationResult(success=True, result={"element_count": 0, "unexpected_count": None})
    assert _outcome(check, vacuous, rows=3) is None
    assert _outcome(check, vacuous, rows=0) == Outcome(check, True, None, 0, 0)


@pytest.mark.parametrize(
    "condition",
    [
        "v = 'a:b'",
        "v like '%:b'",
        "v[:3] = 'a:b'",
        "{'k': v}.k = 'a:b'",
        r"regexp_matches(v, '^a\:b$')",
        "v = 'a:b' and '{}' <> '{0}' and '$1' <> '100%'",
    ],
)
def test_a_rule_reaches_duckdb_as_it_is_written(connection: duckdb.DuckDBPyConnection, condition: str) -> None:
    fill(connection, ["varchar"], ["a:b", "c"])
    sql = f"from {{table}} where {condition}"
    (outcome,) = validate(connection, [make_check("no_rows", kwargs={"sql": sql})])
    assert found(outcome) == (False, 0.5, 1, 2)


def test_a_rule_cannot_change_the_warehouse(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, ["int"], [1, 2])
    escape = "select 1) as x; {0}drop table t.rows; select count(*) from (select 1"
    checks = [
        make_check("no_rows", name="breakout", kwargs={"sql": escape.format("")}),
        make_check("no_rows", name="commit_first", kwargs={"sql": escape.format("commit; ")}),
        make_check("row_count_between", name="count", kwargs={"min": 2}),
    ]
    *refused, still_there = validate(connection, checks)
    assert [outcome.error for outcome in refused] == ["InvalidInputException"] * 2
    assert found(still_there) == (True, 2.0, 0, 2)
    assert connection.execute("select count(*) from t.rows").fetchall() == [(2,)]


def test_a_broken_check_does_not_take_the_others_of_its_table_with_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fill(connection, ["varchar", "int"], [("12", 1), ("abc", 1), (None, None)])
    outcomes = validate(
        connection,
        [
            make_check("not_null", name="before"),
            make_check("in_set", name="wrong_type", kwargs={"values": [12, 13]}),
            make_check("between", name="text_between", kwargs={"min": 1}),
            make_check("no_rows", name="bad_sql", kwargs={"sql": "select nothing from {table}"}),
            make_check("unique", "w", name="after"),
        ],
    )
    assert found(outcomes[0]) == (False, 2 / 3, 1, 3)
    assert [outcome.passed for outcome in outcomes[1:4]] == [False] * 3
    assert outcomes[1].error == "ConversionException"
    assert outcomes[2].error is not None
    assert outcomes[3].error == "BinderException"
    assert found(outcomes[4]) == (False, 0.0, 2, 2)


def test_outcomes_come_in_the_order_of_the_checks_over_many_tables(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for number in range(4):
        connection.execute(f"create table t.t{number} as select range as v from range({number})")
    connection.execute("create view t.looked_at as select * from t.t3")
    tables = ["t.t3", "t.t1", "t.missing", "t.looked_at", "t.t2", "t.t0", "t.t3"]
    checks = [
        make_check("row_count_between", name=f"rows_{position}", table=table, kwargs={"min": 1})
        for position, table in enumerate(tables)
    ]
    outcomes = validate(connection, checks)
    assert [outcome.check for outcome in outcomes] == checks
    assert [outcome.value for outcome in outcomes] == [3.0, 1.0, None, 3.0, 2.0, 0.0, 3.0]
    assert [outcome.error for outcome in outcomes if outcome.error] == ["MissingTable"]


def test_a_view_whose_source_is_gone_is_an_error_and_not_a_pass(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("create table t.source as select 1 as v; create view t.rows as select * from t.source")
    connection.execute("drop table t.source")
    (outcome,) = validate(connection, [make_check("not_null")])
    assert not outcome.passed
    assert outcome.error is not None


def test_two_checks_that_ask_the_same_under_two_names_both_answer(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fill(connection, ["int"], [1, None])
    outcomes = validate(
        connection,
        [
            make_check("not_null", name="gate", target=0.4),
            make_check("not_null", name="kpi", target=0.4),
            make_check("not_null", name="goal", target=0.9),
        ],
    )
    assert [found(outcome) for outcome in outcomes] == [(passed, 0.5, 1, 2) for passed in (True, True, False)]


def test_the_database_the_connection_has_switched_to_is_the_one_checked() -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema t; create table t.rows as select null::int as v")
        connection.execute('attach \':memory:\' as "other db"; use "other db"')
        connection.execute("create schema t; create table t.rows as select 1 as v, 2 as w")
        same, columns = validate(
            connection,
            [
                make_check("not_null"),
                make_check("columns_match_set", name="c", kwargs={"columns": ["v", "w"]}),
            ],
        )
    assert found(same) == (True, 1.0, 0, 1)
    assert found(columns) == (True, 1.0, 0, 2)


def test_an_open_transaction_is_refused_because_its_rows_would_not_be_seen(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fill(connection, ["int"], [1])
    connection.execute("begin; insert into t.rows values (null)")
    with pytest.raises(OpenTransactionError, match="commit"):
        validate(connection, [make_check("not_null")])
    connection.execute("commit")
    assert found(validate(connection, [make_check("not_null")])[0]) == (False, 0.5, 1, 2)


@pytest.mark.parametrize(
    ("kind", "overrides", "complaint"),
    [
        ("not_null", {"table": "rows"}, "schema.table"),
        ("not_null", {"field": None}, "needs a field"),
        ("not_null", {"target": 98}, "between 0 and 1"),
        ("not_null", {"kwargs": {"mostly": 0.9}}, "does not understand mostly"),
        ("not_null", {"dimension": "beauty"}, "dimension"),
        ("not_null", {"severity": "fatal"}, "severity"),
        ("in_set", {}, "needs values"),
        ("in_set", {"kwargs": {"values": "mf"}}, "must be a list"),
        ("in_set", {"kwargs": {"values": []}}, "empty"),
        ("between", {}, "needs max or min"),
        ("between", {"kwargs": {"min": 2, "max": 1}}, "greater"),
        ("between", {"kwargs": {"min": "2024-01-01"}}, "a number, a date or a datetime"),
        ("between", {"kwargs": {"min": dt.date(2024, 1, 1), "max": 3}}, "different types"),
        ("between", {"kwargs": {"max": float("inf")}}, "finite"),
        ("length_between", {"kwargs": {"min": 1.5}}, "whole number"),
        ("unique_together", {"kwargs": {"columns": ["v"]}}, "two columns"),
        ("no_rows", {"kwargs": {"sql": " "}}, "sql is empty"),
        ("row_count_between", {"kwargs": {"min": 1}, "target": 0.9}, "takes no target"),
    ],
)
def test_a_check_that_makes_no_sense_says_so_when_it_is_made(
    kind: str, overrides: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint) as raised:
        make_check(kind, **overrides)
    assert "the_check" in str(raised.value)


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="not_null"):
        Check("n", "regex", "t.rows", "v", "validity", "error")


def test_two_checks_of_one_table_cannot_share_a_name(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match="rename one"):
        validate(connection, [make_check("not_null"), make_check("unique")])


PHONE, MAIL, NAME, COMPANY = "13912345678", "zhangsan@example.cn", "张三丰", "杭州秘密科技有限公司"


def test_no_personal_value_reaches_outcomes_logs_or_output(
    connection: duckdb.DuckDBPyConnection,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    rows = [(value, value, 1, int(PHONE)) for value in (PHONE, MAIL, NAME, COMPANY, PHONE)]
    fill(connection, ["varchar", "varchar", "int", "bigint"], rows)
    rule = "select * from {table} where"
    outcomes = validate(
        connection,
        [
            make_check("unique", name="unique"),
            make_check("unique_together", name="together", kwargs={"columns": ["v", "w"]}),
            make_check("in_set", name="in_set", kwargs={"values": ["m", "f"]}),
            make_check("in_set", name="conversion", kwargs={"values": [1, 2]}),
            make_check("in_set", name="dates", kwargs={"values": [dt.date(2024, 1, 1)]}),
            make_check("between", "y", name="between", kwargs={"max": 1}),
            make_check("between", name="text_between", kwargs={"max": 1}),
            make_check("length_between", name="length", kwargs={"max": 1}),
            make_check("pair_greater_or_equal", "x", name="pair", kwargs={"other": "y"}),
            make_check("pair_greater_or_equal", "x", name="mixed_pair", kwargs={"other": "v"}),
            make_check("no_rows", name="rows", kwargs={"sql": f"{rule} true"}),
            make_check("no_rows", name="cast", kwargs={"sql": f"{rule} cast(v as date) > now()"}),
            make_check("no_rows", name="raises", kwargs={"sql": f"{rule} error(v) is null"}),
            make_check("row_count_between", name="count", kwargs={"max": 1}),
        ],
    )  # fmt: skip
    assert not any(outcome.passed for outcome in outcomes)
    assert {outcome.check.name for outcome in outcomes if outcome.error} == {
        "conversion", "dates", "text_between", "mixed_pair", "cast", "raises",
    }  # fmt: skip
    written = capfd.readouterr()
    everything = "\n".join([repr(outcomes), caplog.text, written.out, written.err])
    everything += "".join(f"{record.__dict__}" for record in caplog.records)
    for secret in (PHONE, MAIL, NAME, COMPANY, "zhangsan", "秘密"):
        assert secret not in everything, "a value of the data got out; see where in `everything`"
    assert written.out == written.err == "", "progress bars or GX's own printing are back"


def test_two_hundred_thousand_rows_take_less_than_five_seconds(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""create table t.rows as select range as v, 'user' || range || '@example.cn' as w,
        case when range % 10 = 0 then null else range % 7 end as x,
        timestamp '2024-01-01' + to_seconds(range) as y from range(200000)""")
    validate(connection, [make_check("column_exists")])  # the import is not what is measured
    started = time.perf_counter()
    outcomes = validate(
        connection,
        [
            make_check("not_null", "x", name="filled", target=0.9),
            make_check("unique", name="unique"),
            make_check("unique", "w", name="unique_w"),
            make_check("unique_together", name="together", kwargs={"columns": ["v", "w"]}),
            make_check("in_set", "x", name="in_set", kwargs={"values": list(range(6))}),
            make_check("between", "y", name="between", kwargs={"max": dt.datetime(2024, 1, 2)}),
            make_check("length_between", "w", name="length", kwargs={"min": 1}),
            make_check("pair_greater_or_equal", name="pair", kwargs={"other": "x"}),
            make_check("no_rows", name="rows", kwargs={"sql": "from {table} where w not like '%@%'"}),
            make_check("row_count_between", name="count", kwargs={"min": 200_000}),
        ],
    )
    assert time.perf_counter() - started < 5
    by_name = {outcome.check.name: outcome for outcome in outcomes}
    assert found(by_name["filled"]) == (True, 0.9, 20_000, 200_000)
    assert by_name["in_set"].unexpected == sum(1 for n in range(200_000) if n % 10 and n % 7 == 6)
    assert by_name["between"].unexpected == 200_000 - 86_401
    failed = {name for name, outcome in by_name.items() if not outcome.passed}
    assert failed == {"in_set", "between"}


def run_python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh process whose home, temporary and working folder is `folder`."""
    places = dict.fromkeys(["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"], str(folder))
    environment = {**os.environ, **places, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_importing_validation_and_checking_nothing_does_not_import_great_expectations(tmp_path: Path) -> None:
    done = run_python(
        "import sys, duckdb\n"
        "from ccdata_assets.quality.validation import Check, validate\n"
        "Check('n', 'not_null', 't.rows', 'v', 'completeness', 'error')\n"
        "assert validate(duckdb.connect(), []) == []\n"
        "loaded = {'great_expectations', 'sqlalchemy', 'pandas'} & set(sys.modules)\n"
        "assert not loaded, loaded\n",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr


def test_validating_writes_no_file_and_leaves_no_global_context(tmp_path: Path) -> None:
    done = run_python(
        "import duckdb, great_expectations as gx\n"
        "from ccdata_assets.quality.validation import Check, validate\n"
        "connection = duckdb.connect()\n"
        "connection.execute('create schema t; create table t.rows as select 1 as v')\n"
        "check = Check('n', 'not_null', 't.rows', 'v', 'completeness', 'error')\n"
        "assert validate(connection, [check])[0].passed\n"
        "from great_expectations.data_context.data_context.context_factory import project_manager\n"
        "try:\n"
        "    project_manager.get_current_project()\n"
        "except gx.exceptions.DataContextError:\n"
        "    print('no context')\n",
        tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "no context\n", "")
    assert list(tmp_path.rglob("*")) == []
