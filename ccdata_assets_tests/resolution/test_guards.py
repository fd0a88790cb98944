"""What keeps organisations apart that links would join: contradictions, bounds, and too thin a bridge."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.resolution.rules import Rules
from ccdata_assets_tests.resolution.runs import CHAINED, SHIPPED, company, forget, golden, ids, partition, record, run
from ccdata_assets_tests.world import Row, fetch

PHONE = "+865715550001"
NAMES = ("蓝天云", "蓝天雪", "蓝天山", "蓝天水", "蓝天花", "蓝天月")
"""Each one slip of the pen from the others, so that a shared phone links them."""


def bounded(names: int) -> Rules:
    """The rules with another bound: of names that share a telephone, …, and of those that have one credit code."""
    org = SHIPPED.organisation
    bound = org.bound.model_copy(update={"names": names})
    exact = tuple(rule.model_copy(update={"names": names}) if rule.names is not None else rule for rule in org.exact)
    return SHIPPED.model_copy(update={"organisation": org.model_copy(update={"bound": bound, "exact": exact})})


# --- contradictions ----------------------------------------------------------------------------------------------


def test_two_valid_credit_codes_are_two_organisations_however_alike(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1, uscc="U1", phone=PHONE), company(2, uscc="U2", phone=PHONE)])
    assert partition(con) == {frozenset({1}), frozenset({2})}


def test_a_record_without_credit_code_joins_one_of_two_that_contradict_each_other_and_never_both(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [company(1, uscc="U1"), company(2, uscc="U2"), company(3, phone=PHONE)])
    found = ids(con)
    assert found[1] != found[2] and found[3] in {found[1], found[2]}


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_which_of_two_that_contradict_each_other_a_record_joins_depends_on_no_order(
    con: duckdb.DuckDBPyConnection, order: tuple[int, ...]
) -> None:
    rows = {
        1: company(1, uscc="U1"),
        2: company(2, uscc="U2", sha256="b" * 64),
        3: company(3, phone=PHONE, sha256="c" * 64),
    }
    run(con, rows.values())
    expected = partition(con)
    forget(con)
    for day, end in enumerate(range(1, 4), start=1):
        run(con, [rows[row] for row in order[:end]], f"2026-02-{day:02d}")
    assert partition(con) == expected


def test_one_credit_code_is_one_organisation_under_two_names_and_in_two_cities(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1, uscc="U1"), company(2, "蓝天", place="440300", uscc="U1")])
    assert partition(con) == {frozenset({1, 2})}


def test_a_shared_phone_links_no_organisations_of_two_cities(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1, phone=PHONE), company(2, place="440300", phone=PHONE)])
    assert partition(con) == {frozenset({1}), frozenset({2})}


def test_a_record_that_says_no_place_does_not_join_two_cities(con: duckdb.DuckDBPyConnection) -> None:
    phones = (PHONE, "+867555550002")
    run(con, [
        company(1, phone=phones[0]),
        company(2, place="440300", phone=phones[1]),
        company(3, place=None, phone=phones),
    ])  # fmt: skip
    found = ids(con)
    assert found[1] != found[2]


def test_a_shared_phone_and_two_names_is_for_review_and_links_nothing(con: duckdb.DuckDBPyConnection) -> None:
    mail = {
        "email": "a@example.org",
        "address_key": "测试路1号",
        "website_domain": "example.org",
        "is_free_mail": False,
    }
    run(con, [company(1, "青山", phone=PHONE, **mail), company(2, "蓝天", phone=PHONE, **mail)])
    assert partition(con) == {frozenset({1}), frozenset({2})}
    assert fetch(con, "select is_match, reason from resolution.link") == [{"is_match": False, "reason": "other_name"}]


# --- branches ----------------------------------------------------------------------------------------------------


def test_a_branch_is_an_organisation_of_its_own_whose_parent_is_the_company_its_name_says(
    con: duckdb.DuckDBPyConnection,
) -> None:
    branch = company(2, branch="宁波分公司", uscc="U2", phone=PHONE, city_code="330200")
    run(con, [company(1, uscc="U1", phone=PHONE), branch, company(3, "蓝天")])
    found = ids(con)
    assert len(set(found.values())) == 3
    assert {key: row["parent_id"] for key, row in golden(con).items()} == {
        found[1]: None, found[2]: found[1], found[3]: None,
    }  # fmt: skip


def test_a_parent_that_comes_later_is_found_and_one_that_goes_away_is_nobodys_parent(
    con: duckdb.DuckDBPyConnection,
) -> None:
    branch, head = company(1, branch="宁波分公司"), company(2, sha256="b" * 64)
    run(con, [branch], "2026-02-01")
    assert [row["parent_id"] for row in golden(con).values()] == [None]
    run(con, [branch, head], "2026-02-02")
    found = ids(con)
    assert golden(con)[found[1]]["parent_id"] == found[2]
    run(con, [branch], "2026-02-03")
    assert [row["parent_id"] for row in golden(con).values()] == [None]


def test_a_branch_of_one_of_two_companies_of_that_name_has_no_parent(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1, branch="宁波分公司"), company(2, uscc="U1"), company(3, uscc="U2")])
    assert golden(con)[ids(con)[1]]["parent_id"] is None


def hospital(row: int, name: str, county: str = "330103", said: str | None = None, parent: str | None = None) -> Row:
    """A hospital as the dictionaries read it: in a county, with the place that its name says; `parent`: the name before its branch's."""
    return {
        "row": row, "company_name": name, "match_key": name, "company_region_code": said, "region_code": county,
        "city_code": county[:4] + "00", "province_code": county[:2] + "0000", "parent": parent,
        "branch": name.removeprefix(parent) if parent else None, "legal_form_code": "branch" if parent else "institution",
    }  # fmt: skip


def parents(con: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """Name → name of its parent."""
    rows = golden(con)
    return {
        row["company_name"]: rows[row["parent_id"]]["company_name"] if row["parent_id"] else None
        for row in rows.values()
    }


@pytest.mark.parametrize(
    ("parent", "said", "head_county", "is_found"),
    [
        ("杭州市人民医院", "330100", "330106", True),  # in the city that the name says
        ("浙江省人民医院", "330000", "330203", True),  # anywhere in the province that the name says
        ("普陀医院", None, "330104", True),  # a name of its own, in one city
        ("普陀医院", None, "330203", False),  # in another city it may be another
        ("县人民医院", None, "330103", True),  # each county has one
        ("县人民医院", None, "330104", False),
    ],
)
def test_the_branch_of_a_hospital_belongs_to_the_hospital_that_its_name_begins_with(
    con: duckdb.DuckDBPyConnection, parent: str, said: str | None, head_county: str, is_found: bool
) -> None:
    name = f"{parent}城西院区"
    run(con, [
        hospital(1, name, said=said, parent=parent), hospital(2, parent, head_county, said), hospital(3, "白云医院"),
    ])  # fmt: skip
    assert parents(con)[name] == (parent if is_found else None)


def test_of_two_hospitals_of_one_name_a_branch_belongs_to_the_nearer_one_or_to_none(
    con: duckdb.DuckDBPyConnection,
) -> None:
    branch = hospital(1, "普陀医院城西院区", parent="普陀医院")
    run(con, [branch, hospital(2, "普陀医院", "330106"), hospital(3, "普陀医院", "440305")])
    found = ids(con)
    assert golden(con)[found[1]]["parent_id"] == found[2]
    run(con, [branch, hospital(2, "普陀医院", "330106"), hospital(3, "普陀医院", "330104")], "2026-02-02")
    assert golden(con)[ids(con)[1]]["parent_id"] is None


# --- bounds ------------------------------------------------------------------------------------------------------


def slips(count: int) -> list[Row]:
    """Companies one slip of the pen apart with one number, each in a file of its own."""
    return [company(row, name, phone=PHONE, sha256=str(row) * 64) for row, name in enumerate(NAMES[:count], start=1)]


def test_a_phone_that_more_names_share_than_the_bound_links_nothing(con: duckdb.DuckDBPyConnection) -> None:
    run(con, slips(3), rules=bounded(3))
    assert partition(con) == {frozenset({1, 2, 3})}
    run(con, slips(4), rules=bounded(3))
    assert partition(con) == {frozenset({row}) for row in range(1, 5)}


@settings(max_examples=8)
@given(st.permutations(range(6)), st.lists(st.integers(0, 6), min_size=1, max_size=4))
def test_whichever_delivery_crosses_the_bound_or_takes_it_back_the_groups_are_those_of_the_rows_there_are(
    con: duckdb.DuckDBPyConnection, order: list[int], counts: list[int]
) -> None:
    forget(con)
    rows, rules = slips(6), bounded(3)
    for day, count in enumerate(counts, start=1):
        there = [rows[place] for place in order[:count]]
        run(con, there, f"2026-02-{day:02d}", rules=rules)
        numbers = [row["row"] for row in there]
        assert partition(con) == ({frozenset(numbers)} - {frozenset()} if count <= 3 else {frozenset({row}) for row in numbers})  # fmt: skip


STRANGERS = ("青山", "蓝天", "白云", "黄河", "绿水", "红日")


def one_code(rows: Iterable[int]) -> list[Row]:
    """Companies of nothing in common but the credit code, each in a file of its own."""
    return [company(row, STRANGERS[row], uscc="U1", sha256=str(row) * 64) for row in rows]


def test_a_credit_code_of_more_names_than_the_bound_links_nothing(con: duckdb.DuckDBPyConnection) -> None:
    run(con, one_code(range(3)), rules=bounded(3))
    assert partition(con) == {frozenset(range(3))}
    run(con, one_code(range(4)), rules=bounded(3))
    assert partition(con) == {frozenset({row}) for row in range(4)}
    assert fetch(con, "select names from resolution.stopped") == [{"names": 4}]


def test_the_shipped_rules_have_a_bound_for_credit_codes(con: duckdb.DuckDBPyConnection) -> None:
    rows = [company(row, f"{chr(0x4E00 + row)}山", uscc="U1") for row in range(60)]
    run(con, rows)
    assert len(partition(con)) == 60


def test_records_that_share_a_code_of_too_many_are_compared_by_the_rest_of_what_they_say(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Neither does the code keep apart: the company has one of its own in another record."""
    mine = company(7, STRANGERS[0], uscc="U7", sha256="7" * 64)
    slip = company(8, "青山湖", uscc="U8", phone=PHONE, sha256="8" * 64)
    also = company(9, "青山河", uscc="U1", phone=PHONE, sha256="9" * 64)
    run(con, [*one_code(range(4)), mine, slip, also], rules=bounded(3))
    found = ids(con)
    assert found[7] == found[0], "one name in one city"
    assert found[8] == found[9], "names one character apart that share a telephone"
    assert len(set(found.values())) == 5


@settings(max_examples=8)
@given(st.permutations(range(6)), st.lists(st.integers(0, 6), min_size=1, max_size=4))
def test_whichever_delivery_makes_a_code_one_of_too_many_or_takes_it_back_the_groups_are_those_of_the_rows_there_are(
    con: duckdb.DuckDBPyConnection, order: list[int], counts: list[int]
) -> None:
    forget(con)
    for day, count in enumerate(counts, start=1):
        numbers = sorted(order[:count])
        own = company(9, STRANGERS[0], uscc="U9", sha256="9" * 64)
        run(con, [*one_code(numbers), own], f"2026-02-{day:02d}", rules=bounded(3))
        if count <= 3:
            assert partition(con) == {frozenset(numbers), frozenset({9})} - {frozenset()}
        else:
            alone = {frozenset({row}) for row in numbers if row}
            assert partition(con) == {*alone, frozenset({0, 9} if 0 in numbers else {9})}


# --- bridges -----------------------------------------------------------------------------------------------------


def test_two_large_groups_are_not_joined_by_one_thin_link(con: duckdb.DuckDBPyConnection) -> None:
    small = SHIPPED.organisation.bridge.nodes
    mine = [company(row, "蓝天云", phone=f"+8657155501{row:02d}") for row in range(small)]
    theirs = [company(row, "蓝天雪", phone=f"+8657155502{row:02d}") for row in range(small, 2 * small)]
    link = [company(90, "蓝天云", phone=PHONE), company(91, "蓝天雪", phone=PHONE)]
    run(con, [*mine, *theirs, *link])
    assert partition(con) == {
        frozenset({*range(small), 90}),
        frozenset({*range(small, 2 * small), 91}),
    }
    (refused,) = fetch(con, "select distinct reason from resolution.refused")
    assert refused == {"reason": "bridge"}
    run(con, link, "2026-02-02")
    assert partition(con) == {frozenset({90, 91})}, "the same link joins two single records"


def test_what_is_refused_is_forgotten_when_the_contradiction_goes_away(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1, uscc="U1"), company(2, uscc="U2")], "2026-02-01")
    assert fetch(con, "select reason from resolution.refused") == [{"reason": "other_uscc"}]
    run(con, [company(1, uscc="U1"), company(2)], "2026-02-02")
    assert fetch(con, "from resolution.refused") == [] and len(partition(con)) == 1


def test_rules_without_conflicts_cut_nothing(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [record(1, "甲", "U1"), record(2, "甲", "U2")], rules=CHAINED)
    assert partition(con) == {frozenset({1, 2})}


@pytest.mark.parametrize(("one", "other"), [("330000", "330100"), ("110000", "110105"), ("500000", "500235")])
def test_a_place_known_to_its_province_only_keeps_nothing_apart(
    con: duckdb.DuckDBPyConnection, one: str, other: str
) -> None:
    """A municipality is a province and a city at once."""
    phone = "+8657188880001"
    at_one = {"company_region_code": None, "region_code": one, "city_code": None, "province_code": one}
    at_other = at_one | {"region_code": other, "city_code": other[:4] + "00"}
    run(con, [company(1, phone=phone) | at_one, company(2, phone=phone) | at_other])
    assert partition(con) == {frozenset({1, 2})}


def test_a_name_of_very_many_companies_costs_no_square_of_them(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(row, uscc=f"U{row}") for row in range(300)])
    assert len(partition(con)) == 300
    (refused,) = fetch(con, "select count(*) as n from resolution.refused")
    assert refused["n"] < 600


def test_of_two_companies_of_one_name_a_record_without_code_goes_with_the_one_whose_telephone_it_has(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for row in range(3, 9):
        forget(con)
        run(con, [
            company(1, uscc="U1", phone="+8657188880001"), company(2, uscc="U2", phone="+8657188880002"),
            company(row, phone="+8657188880002", address=f"{row}号", address_key=f"解放路{row}号"),
        ])  # fmt: skip
        assert partition(con) == {frozenset({1}), frozenset({2, row})}
