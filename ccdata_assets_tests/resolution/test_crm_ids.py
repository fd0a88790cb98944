"""IDs of other systems: an account stays one organisation and a contact one person, under whatever name they are delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest

from ccdata_assets_tests.resolution.runs import anew, company, events, golden, ids, partition, person, run
from ccdata_assets_tests.world import Row, World, fetch

KEPT = "a" * 64
LATER = "b" * 64
TWO = "+8613900000001", "+8613900000002"


def account(row: int, crm_id: str | None, trade_name: str = "青山", **more: Any) -> Row:
    """A row of an account system that keeps its earlier rows."""
    return company(row, trade_name, crm_id=crm_id, crm_id_of="account", feed="accounts", **more)


def contact(row: int, crm_id: str | None, name: str, gender: str | None = None, **more: Any) -> Row:
    """A row of a contact system, of a person in one and the same company."""
    return company(row, crm_id=crm_id, crm_id_of="contact", feed="contacts", **person(name, gender=gender), **more)


def take_place(con: duckdb.DuckDBPyConnection, old: Row, new: Row) -> None:
    """Say that the second row took the place of the first, as a contract with `replaces: key` does."""
    con.execute(
        """create or replace view staged.party_replaced as
        select {feed} as feed, {old} as sha256, '' as member, {at} as row, {new} as by_sha256, '' as by_member, {to} as by_row""".format(
            feed=f"'{old['feed']}'", old=f"'{old['sha256']}'", at=old["row"], new=f"'{new['sha256']}'", to=new["row"]
        )
    )


def test_a_renamed_account_stays_one_organisation_and_keeps_its_id(con: duckdb.DuckDBPyConnection) -> None:
    first = account(1, "AC000017")
    run(con, [first], "2026-02-01")
    (before,) = set(ids(con).values())
    run(con, [first, account(2, "AC000017", "白云", sha256=LATER)], "2026-02-02")
    assert ids(con) == {1: before, 2: before}
    assert events(con, "2026-02-02") == []


def test_an_account_of_another_credit_code_is_another_organisation(con: duckdb.DuckDBPyConnection) -> None:
    rows = [account(1, "AC17", uscc="U1"), account(2, "AC17", "白云", uscc="U2"), account(3, "AC17", uscc="U1")]
    run(con, rows)
    assert partition(con) == {frozenset({1, 3}), frozenset({2})}
    (refused,) = fetch(con, "select distinct reason from resolution.refused")
    assert refused["reason"] == "other_uscc", "a steward is asked"


def test_an_account_and_its_branch_are_two(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [account(1, "AC17"), account(2, "AC17", branch="第二分公司")])
    assert len(partition(con)) == 2


@pytest.mark.parametrize(
    "other",
    [{"feed": "other_system"}, {"crm_id_of": "contact"}, {"crm_id_of": None}, {"crm_id": "AC18"}, {"crm_id": "ac17"}],
    ids=str,
)
def test_equal_ids_of_another_kind_or_system_say_nothing(con: duckdb.DuckDBPyConnection, other: Row) -> None:
    run(con, [account(1, "AC17"), {**account(2, "AC17", "白云"), **other}])
    assert len(partition(con)) == 2


@pytest.mark.parametrize(
    "nothing",
    [None, "", " ", "-", "——", "0", "000000", "AC0000", "N/A", "无", "待补", "unknown", "1", "9999", "１１１１", "12345", "1234567890"],
)  # fmt: skip
def test_a_placeholder_glues_nothing(con: duckdb.DuckDBPyConnection, nothing: str | None) -> None:
    people = [contact(3, nothing, "王伟", numbers=[TWO[0]]), contact(4, nothing, "李强", numbers=[TWO[1]])]
    run(con, [account(1, nothing, "白云"), account(2, nothing, "黄河"), *people])
    assert partition(con) == {frozenset({1}), frozenset({2}), frozenset({3, 4})}
    assert partition(con, "contact") == {frozenset({3}), frozenset({4})}


@pytest.mark.parametrize("crm_id", ["17", "AC 0017", "AC00１７", "0015g00000AbCdE", "3f2504e0-4f89-11d3"])
def test_ids_are_read_as_systems_write_them(con: duckdb.DuckDBPyConnection, crm_id: str) -> None:
    run(con, [account(1, crm_id), account(2, f" {crm_id} ", "白云")])
    assert len(partition(con)) == 1


NAMES = ("白云", "黄河", "长城", "东方", "南海", "西岭")


def names_of(con: duckdb.DuckDBPyConnection, order: Sequence[int], at_once: bool) -> int:
    rows = [account(row, "TEMP1", NAMES[row], sha256=str(row) * 64) for row in order]
    for end in [len(rows)] if at_once else range(1, len(rows) + 1):
        run(con, rows[:end], f"2026-02-{end:02}")
    return len(partition(con))


@pytest.mark.parametrize("at_once", [True, False])
def test_an_id_that_more_names_share_than_a_company_goes_by_links_none_of_them(
    con: duckdb.DuckDBPyConnection, at_once: bool
) -> None:
    assert names_of(con, range(5), at_once) == 1
    assert names_of(con, [5, 3, 1, 0, 2, 4], at_once) == 6, "the sixth takes the five apart"
    assert names_of(con, range(5), True) == 1, "and they are one again without it"


# --- rows that take the place of others --------------------------------------------------------------------------


@pytest.mark.parametrize("is_anew", [False, True], ids=["as it was", "state lost"])
def test_an_account_whose_row_is_replaced_keeps_its_id_under_another_name(
    con: duckdb.DuckDBPyConnection, is_anew: bool
) -> None:
    old = account(1, "AC17", sha256=KEPT, **person("王伟"))
    new = account(2, "AC17", "白云", sha256=LATER, **person("王维"))
    run(con, [old], "2026-02-01")
    before = ids(con)[1], ids(con, "contact")[1]
    take_place(con, old, new)
    if is_anew:
        anew(con)
    run(con, [new], "2026-02-02")
    assert (ids(con), ids(con, "contact")) == ({2: before[0]}, {2: before[1]})
    assert events(con, "2026-02-02") == events(con, "2026-02-02", "contact") == []
    assert golden(con)[before[0]]["company_name"] == "白云科技有限公司"


def test_a_row_that_no_contract_ties_to_the_one_that_left_is_another_organisation(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [account(1, "AC17")], "2026-02-01")
    before = ids(con)[1]
    run(con, [account(2, "AC17", "白云", sha256=LATER)], "2026-02-02")
    assert ids(con)[2] != before


def test_a_correction_takes_its_mistake_back(con: duckdb.DuckDBPyConnection) -> None:
    others = [company(row) for row in (11, 12)]
    wrong, right = account(1, "AC17", sha256=KEPT), account(2, "AC17", "白云", sha256=LATER)
    run(con, [*others, wrong], "2026-02-01")
    (before,) = set(ids(con).values())
    take_place(con, wrong, right)
    run(con, [*others, right], "2026-02-02")
    after = ids(con)
    assert after[11] == after[12] == before, "the name the account had by mistake still is theirs"
    assert events(con, "2026-02-02") == [("split", after[2], [before], [after[2]])]


def test_an_account_that_is_renamed_to_a_known_organisation_merges_into_it(con: duckdb.DuckDBPyConnection) -> None:
    known = [company(row, "白云") for row in (11, 12)]
    old, new = account(1, "AC17", sha256=KEPT), account(2, "AC17", "白云", sha256=LATER)
    run(con, [*known, old], "2026-02-01")
    survivor, ended = ids(con)[11], ids(con)[1]
    take_place(con, old, new)
    run(con, [*known, new], "2026-02-02")
    assert set(ids(con).values()) == {survivor}
    assert events(con, "2026-02-02") == [("merge", ended, [ended], [survivor])]


def test_a_delivery_of_the_whole_table_says_of_each_row_which_one_took_its_place(world: World) -> None:
    text = "客户编号,客户名称,电话\nAC17,{}科技有限公司,010-55500017\nAC18,长城贸易有限公司,010-55500018\n"
    for day, name in (("20260131", "青山"), ("20260228", "白云")):
        world.put(f"crm_account/{day}.csv", text.format(name))
        world.stage("crm_account")
    with world.warehouse() as con:
        replaced = fetch(con, "select feed, row, by_row from staged.party_replaced order by row")
    assert replaced == [{"feed": "crm_account", "row": row, "by_row": row} for row in (2, 3)]


# --- people ------------------------------------------------------------------------------------------------------


def test_a_contact_whose_name_was_corrected_is_one_person(con: duckdb.DuckDBPyConnection) -> None:
    names = ["王", "王伟明", "汪卫民"]
    run(con, [contact(row, "CT17", name, numbers=[TWO[row % 2]]) for row, name in enumerate(names, 1)])
    assert partition(con, "contact") == {frozenset({1, 2, 3})}


def test_a_contact_id_that_many_share_or_under_which_two_genders_stand_joins_nobody(
    con: duckdb.DuckDBPyConnection,
) -> None:
    many = [contact(row, "CT17", name) for row, name in enumerate(["王伟", "李强", "张敏", "刘洋"], 1)]
    two = [contact(5, "CT18", "陈静", "female"), contact(6, "CT18", "陈刚", "male")]
    run(con, [*many, *two])
    assert len(partition(con, "contact")) == 6


def test_a_contact_id_says_nothing_across_organisations_and_systems(con: duckdb.DuckDBPyConnection) -> None:
    elsewhere = {**contact(2, "CT17", "李强"), **company(2, "白云", feed="contacts")}
    other = {**contact(3, "CT17", "张敏"), "feed": "other_system"}
    run(con, [contact(1, "CT17", "王伟"), elsewhere, other])
    assert len(partition(con, "contact")) == 3
