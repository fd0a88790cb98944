"""No value of a feed stands in what a run says: not in reasons, not in the ledger, not in an error."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.errors import CcdataError, UnexpectedError, clean_error, scrub
from ccdata_assets_tests.world import World, fetch, table

PLANTED = {
    "mobile": "13800001111", "landline": "0571-55500001", "international": "+86 138 0000 1111", "e-mail": "zhang.san@example.com",
    "Chinese name": "张三丰", "rare Chinese name": "𠮷野𬭳", "English name": "Mary Smith", "apostrophe": "Mary O'Brien", "quote at the end": "James'",
    "quotes within": 'say "Mary" now', "backslash": "Mary\\", "two lines": "Mary\nSmith", "identity number": "110101199003070000",
}  # fmt: skip
TELLING = (
    "1380000",
    "138 0000",
    "5550",
    "zhang",
    "example.com",
    "张",
    "𠮷",
    "𬭳",
    "Mary",
    "Smith",
    "Brien",
    "James",
    "19900307",
)
"""Parts of the planted values by which a leak is seen."""


def leaks(text: str) -> list[str]:
    return [part for part in TELLING if part in text]


CASTS = [
    "integer",
    "bigint",
    "double",
    "decimal(9, 2)",
    "boolean",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "integer[]",
    "json",
    "enum('a')",
]


def duckdb_error(sql: str, *values: Any) -> str | None:
    with duckdb.connect() as con:
        con.execute("create table person (phone varchar primary key, name varchar unique)")
        try:
            for _ in range(2):
                con.execute(sql, list(values))
        except duckdb.Error as error:
            return str(error)
    return None


@pytest.mark.parametrize("value", PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("kind", CASTS)
def test_duckdbs_conversion_errors_come_out_without_the_value(kind: str, value: str) -> None:
    message = duckdb_error(f"select cast(? as {kind})", value) or "the text is of this type"
    assert leaks(scrub(message)) == [], scrub(message)


@pytest.mark.parametrize("value", PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("column", ["phone", "name"])
def test_duckdbs_duplicate_key_errors_come_out_without_the_value(column: str, value: str) -> None:
    message = duckdb_error(f"insert into person ({column}) values (?)", value)
    if column == "name":
        message = duckdb_error("insert into person values (random()::varchar, ?)", value)
    assert message is not None and "constraint" in message.lower()
    assert leaks(scrub(message)) == [], scrub(message)


@pytest.mark.parametrize("value", PLANTED.values(), ids=PLANTED)
def test_duckdbs_parsing_errors_come_out_without_the_value(value: str) -> None:
    for sql in (
        "select strptime(?, '%Y-%m-%d')",
        "select json_extract(?, '$.a')",
        f"select cast('{value.replace(chr(39), chr(39) * 2)}' as integer), ?",
    ):
        message = duckdb_error(sql, value)
        if message is not None:
            assert leaks(scrub(message)) == [], scrub(message)


@given(st.lists(st.sampled_from([*"xyz'\"\\`\n :,{}()", "to", "column "]), max_size=20))
def test_a_planted_word_is_masked_whatever_stands_around_it(around: list[str]) -> None:
    value = f"Maryx{''.join(around)}xSmith"
    for sql in ("select cast(? as integer)", "select cast(? as date)", "insert into person (phone) values (?)"):
        message = duckdb_error(sql, value)
        assert message is not None
        cleaned = scrub(message)
        assert "Mary" not in cleaned and "Smith" not in cleaned, cleaned


def test_names_of_our_own_columns_and_tables_stay_readable() -> None:
    message = (
        'Binder Error: Referenced column "received_on" not found in FROM clause! Table "staged.party" has 3 columns'
    )
    assert scrub(message) == message


def test_a_message_without_quotes_or_digits_stays_as_it_is() -> None:
    message = "IO Error: the disk is full; it can't be written"
    assert scrub(message) == message


@given(st.text(), st.text())
def test_a_number_is_masked_in_any_text(before: str, after: str) -> None:
    assert "13800001111" not in scrub(f"{before} 13800001111 {after}")


def test_our_own_messages_pass_as_they_are() -> None:
    error = CcdataError("directory: 公司.csv row 12: 'phone' is missing; fix: fill it in")
    assert clean_error(error, "staged/directory") is error


def test_a_librarys_error_names_the_step_the_kind_and_nothing_of_the_data() -> None:
    with pytest.raises(duckdb.Error) as caught, duckdb.connect() as con:
        con.execute("select cast(? as integer)", ["13800001111 张三"])
    clean = clean_error(caught.value, "staged/directory")
    assert isinstance(clean, UnexpectedError)
    assert str(clean).startswith("staged/directory: ConversionException")
    assert leaks(str(clean)) == []


def everything_said(world: World, con: duckdb.DuckDBPyConnection) -> str:
    tables = [
        fetch(con, "select rule, field, reason from ops.quarantine"),
        fetch(con, "select status, error from ops.file_ledger"),
        fetch(con, "select reason from ops.batch_gate"),
    ]
    return json.dumps(tables, ensure_ascii=False)


FIELDS = {
    "company_name": {"required": True}, "gender": {}, "collected_on": {}, "employees": {"type": "integer"}, "moment": {"type": "instant"}, "clock": {"type": "clock"}, "amount": {"type": "number"},
    "is_open": {"type": "boolean"}, "extension": {"type": "integer", "derive": "split_part(company_name, '-', 9)"},
}  # fmt: skip
DIRECT = [name for name, use in FIELDS.items() if "derive" not in use]


def test_no_planted_value_stands_in_quarantine_or_ledger_or_error(world: World) -> None:
    world.contract(
        fields=FIELDS,
        rules=[{"name": "short", "expect": "length(company_name) < 3", "severity": "reject"}],
        gate={"max_rejected": 0},
    )
    cell = st.sampled_from([*PLANTED.values(), ""])
    with world.warehouse() as con:

        @settings(max_examples=40)
        @given(
            st.lists(st.lists(cell, min_size=len(DIRECT) - 1, max_size=len(DIRECT) + 1), min_size=1, max_size=4),
            st.booleans(),
            st.binary(max_size=3),
        )
        def check(rows: list[list[str]], with_header: bool, tail: bytes) -> None:
            world.judge(con, table(DIRECT if with_header else None, rows) + tail, "directory")
            assert leaks(everything_said(world, con)) == []

        check()
        assert len(fetch(con, "select distinct rule from ops.quarantine")) > 5, (
            "the planted cells must have been refused by many rules"
        )
