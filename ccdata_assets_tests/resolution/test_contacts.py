"""Who is one person: the same full name in one organisation, and a surname where a sign points out whom it means."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from ccdata_assets_tests.resolution.runs import company, events, golden, ids, partition, person, run
from ccdata_assets_tests.world import Row

MOBILE, OTHER_MOBILE, LANDLINE = "+8613900000001", "+8613900000002", "+865715550001"


def at_work(row: int, name: str, title: str | None = None, phone: str | list[str] = (), **more: Any) -> Row:  # type: ignore[assignment]
    """Somebody of one and the same company."""
    return {**company(row, phone=phone), **person(name, title), **more}


def alone(row: int, name: str, phone: str | None = None, **more: Any) -> Row:
    """A record that names a person and no organisation."""
    return {**company(row, None, phone=[phone] if phone else []), **person(name), **more}


def people(con: duckdb.DuckDBPyConnection, *rows: Row) -> set[frozenset[int]]:
    """Which rows are one person."""
    run(con, rows)
    return partition(con, "contact")


def groups(*rows: set[int]) -> set[frozenset[int]]:
    return {frozenset(group) for group in rows}


# --- full names --------------------------------------------------------------------------------------------------


def test_a_full_name_is_one_person_in_an_organisation_and_another_in_the_next(con: duckdb.DuckDBPyConnection) -> None:
    elsewhere = {**company(3, "蓝天"), **person("王伟")}
    assert people(con, at_work(1, "王伟"), at_work(2, "王伟", "经理"), elsewhere) == groups({1, 2}, {3})
    found = golden(con, "contact")
    assert {row: found[entity]["organisation_id"] for row, entity in ids(con, "contact").items()} == ids(con)


def test_a_shared_mobile_does_not_make_two_names_one_person(con: duckdb.DuckDBPyConnection) -> None:
    assert people(con, at_work(1, "王伟", phone=MOBILE), at_work(2, "李强", phone=MOBILE), at_work(3, "王建国", phone=MOBILE)) == groups({1}, {2}, {3})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "reached", "is_one"),
    [
        ("王小玮", {"phone": MOBILE}, True),
        ("王小玮", {"email": "wang@example.org"}, True),
        ("王小玮", {"phone": LANDLINE}, False),
        ("王小玮", {"phone": OTHER_MOBILE}, False),
        ("王玮强", {"phone": MOBILE}, False),
        ("李小伟", {"phone": MOBILE}, False),
        ("王小玮", {"phone": MOBILE, "gender": "female"}, False),
    ],
)
def test_two_names_one_slip_apart_are_one_person_where_a_mobile_or_an_email_is_the_same(
    con: duckdb.DuckDBPyConnection, name: str, reached: dict[str, str], is_one: bool
) -> None:
    first = at_work(1, "王小伟", phone=[MOBILE, LANDLINE], email="wang@example.org", gender="male")
    assert people(con, first, at_work(2, name, **reached)) == (groups({1, 2}) if is_one else groups({1}, {2}))


def test_two_given_names_of_one_character_are_two_people_whatever_they_share(con: duckdb.DuckDBPyConnection) -> None:
    wang = at_work(1, "王伟", phone=MOBILE), at_work(2, "王芳", phone=MOBILE), at_work(3, "王强", phone=MOBILE)
    assert people(con, *wang) == groups({1}, {2}, {3})


# --- surnames ----------------------------------------------------------------------------------------------------


def test_a_surname_is_the_only_person_of_that_surname(con: duckdb.DuckDBPyConnection) -> None:
    assert people(con, at_work(1, "王伟"), at_work(2, "王", "经理"), at_work(3, "李强")) == groups({1, 2}, {3})


def test_a_surname_is_the_one_of_two_who_has_the_title(con: duckdb.DuckDBPyConnection) -> None:
    assert people(con, at_work(1, "王伟", "经理"), at_work(2, "王建国", "主任"), at_work(3, "王", "经理")) == groups({1, 3}, {2})  # fmt: skip


def test_a_surname_is_the_one_of_two_who_has_the_mobile_whatever_the_title_says(
    con: duckdb.DuckDBPyConnection,
) -> None:
    rows = [at_work(1, "王伟", "经理"), at_work(2, "王建国", "主任", MOBILE), at_work(3, "王", "经理", MOBILE)]
    assert people(con, *rows) == groups({1}, {2, 3})


def test_a_surname_that_may_be_two_people_is_neither_of_them(con: duckdb.DuckDBPyConnection) -> None:
    assert people(con, at_work(1, "王伟"), at_work(2, "王建国"), at_work(3, "王", "经理"), at_work(4, "王", "经理")) == groups({1}, {2}, {3, 4})  # fmt: skip


def test_surnames_that_mean_nobody_known_are_one_person_for_each_title(con: duckdb.DuckDBPyConnection) -> None:
    assert people(con, at_work(1, "王", "经理"), at_work(2, "王", "经理"), at_work(3, "王", "主任"), at_work(4, "李", "经理")) == groups({1, 2}, {3}, {4})  # fmt: skip


def test_a_surname_joins_the_person_who_is_named_in_full_later_and_the_merge_is_told(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [at_work(1, "王", "经理")], "2026-02-01")
    before = ids(con, "contact")
    run(con, [at_work(1, "王", "经理"), at_work(2, "王伟", sha256="b" * 64)], "2026-02-02")
    assert ids(con, "contact") == {1: before[1], 2: before[1]}
    run(con, [at_work(1, "王", "经理"), at_work(2, "王伟", sha256="b" * 64), at_work(3, "王建国", sha256="c" * 64)], "2026-02-03")  # fmt: skip
    after = ids(con, "contact")
    assert len(set(after.values())) == 3 and before[1] in after.values()
    assert {kind for kind, *_ in events(con, "2026-02-03", "contact")} == {"birth", "split"}


# --- people of no organisation -----------------------------------------------------------------------------------


def test_people_of_no_organisation_are_one_where_name_and_mobile_are_and_have_no_employer(
    con: duckdb.DuckDBPyConnection,
) -> None:
    rows = [
        alone(1, "王伟", MOBILE),
        alone(2, "王伟", MOBILE),
        alone(3, "王伟", OTHER_MOBILE),
        alone(4, "李强", MOBILE),
    ]
    assert people(con, *rows) == groups({1, 2}, {3}, {4})
    assert ids(con) == {} and {row["organisation_id"] for row in golden(con, "contact").values()} == {None}


def test_people_of_no_organisation_who_cannot_be_reached_are_each_their_own(con: duckdb.DuckDBPyConnection) -> None:
    assert people(con, alone(1, "王伟"), alone(2, "王伟"), alone(3, "王伟", LANDLINE)) == groups({1}, {2}, {3})


def test_a_person_of_no_organisation_keeps_the_id_when_another_file_names_the_same(
    con: duckdb.DuckDBPyConnection,
) -> None:
    first, second = alone(1, "王伟", MOBILE), alone(2, "王伟", MOBILE, sha256="b" * 64)
    run(con, [first], "2026-02-01")
    before = ids(con, "contact")
    run(con, [first, second], "2026-02-02")
    assert ids(con, "contact") == {1: before[1], 2: before[1]} and events(con, "2026-02-02", "contact") == []
    run(con, [second], "2026-02-03")
    assert ids(con, "contact") == {2: before[1]}
    assert events(con, "2026-02-03", "contact") == [], "who is still named is not retired"
    assert golden(con, "contact")[before[1]]["records"] == 1


# --- employers ---------------------------------------------------------------------------------------------------


def test_the_employer_of_a_person_is_the_organisation_there_is_after_a_merge(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        {**company(1, "青山", uscc="U1"), **person("王伟")},
        {**company(2, "蓝天"), **person("李强")},
        {**company(3, "蓝天"), **person("李强")},
    ]
    run(con, rows, "2026-02-01")
    before = ids(con)
    run(con, [*rows, company(4, "蓝天", uscc="U1", sha256="b" * 64)], "2026-02-02")
    assert set(ids(con).values()) == {before[2]}
    assert {row["organisation_id"] for row in golden(con, "contact").values()} == {before[2]}
