"""Schema drift: new, missing, renamed and re-ordered columns are recognised, said, and handled as the contract says."""

from __future__ import annotations

from typing import Any

import pytest

from ccdata_assets.warehouse.drift import SchemaDrift, compare
from ccdata_assets_tests.world import World

FIRST = "company_name,phone,city,备注\n甲公司,1,x,好\n"
ALL = {"missing": "warn", "renamed": "warn", "reordered": "warn"}


def drift(world: World, second: str, **contract: Any) -> str | None:
    world.contract(drift=ALL, **contract)
    world.stage_one(FIRST, "directory/a.csv")
    later = world.at("2026-02-02")
    return later.stage_one(second, "directory/b.csv").drift


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("company_name,phone,city,备注\n乙公司,2,y,\n", None),
        ("Company Name,PHONE,city,备 注\n乙公司,2,y,\n", None),
        ("company_name,phone,city,备注,等级\n乙公司,2,y,,A\n", "new: 等级"),
        ("company_name,phone,备注\n乙公司,2,\n", "missing: city"),
        ("company_name,联系电话,city,备注\n乙公司,2,y,\n", "renamed: phone → 联系电话"),
        ("company_name,phone,city,说明\n乙公司,2,y,\n", "renamed: 备注 → 说明"),
        ("phone,company_name,city,备注\n2,乙公司,y,\n", "the columns stand in another order"),
        ("company_name,打电话,城市X\n乙公司,2,y\n", "new: column 2, column 3; missing: phone, city, 备注"),
    ],
)
def test_a_change_of_columns_is_said(world: World, second: str, said: str | None) -> None:
    assert drift(world, second) == said


def test_the_first_delivery_has_nothing_to_differ_from(world: World) -> None:
    assert world.stage_one(FIRST).drift is None


def test_what_the_contract_keeps_quiet_about_is_not_said(world: World) -> None:
    world.contract(unmapped="keep", drift={"missing": "keep"})
    world.stage_one(FIRST, "directory/a.csv")
    assert world.at("2026-02-02").stage_one("phone,company_name,新\n1,甲公司,x\n", "directory/b.csv").drift is None


@pytest.mark.parametrize(
    ("policy", "second"),
    [
        ("missing", "company_name,phone,备注\n乙公司,2,\n"),
        ("renamed", "company_name,联系电话,city,备注\n乙公司,2,y,\n"),
        ("reordered", "phone,company_name,city,备注\n2,乙公司,y,\n"),
    ],
)
def test_a_delivery_that_the_contract_refuses_is_rejected_with_all_its_rows_in_quarantine(
    world: World, policy: str, second: str
) -> None:
    world.contract(drift={policy: "reject"})
    world.stage_one(FIRST, "directory/a.csv")
    staged = world.at("2026-02-02").stage_one(second, "directory/b.csv")
    assert (staged.status, staged.staged, staged.quarantined) == ("rejected", 0, 1)
    assert world.faults() == [(2, "drifted_columns", None)]


def test_a_refused_delivery_is_not_what_the_next_one_is_compared_with(world: World) -> None:
    world.contract(drift={"missing": "reject"})
    world.stage_one(FIRST, "directory/a.csv")
    world.at("2026-02-02").stage_one("company_name\n乙公司\n", "directory/b.csv")
    staged = world.at("2026-02-03").stage_one("company_name,phone,city,备注\n丙公司,3,z,\n", "directory/c.csv")
    assert (staged.drift, staged.status) == (None, "landed")


def test_a_column_that_another_field_reads_now_is_missing_and_new_rather_than_renamed() -> None:
    before = [("a", "x"), ("b", None)]
    assert compare(before, before) == SchemaDrift()
    assert compare(before, [("a", "x")]) == SchemaDrift(missing=("b",))
    assert compare(before, [("a", "x"), ("b", None), ("c", "y")]) == SchemaDrift(new=("c",))
    assert compare(before, [("z", "x"), ("b", None)]) == SchemaDrift(renamed=(("a", "z"),))


def test_the_ledger_of_columns_says_which_field_each_was_read_as(world: World) -> None:
    world.stage_one(FIRST)
    rows = world.query("select position, header, field from ops.file_column order by position")
    assert [tuple(row.values()) for row in rows] == [
        (1, "company_name", "company_name"),
        (2, "phone", "phone"),
        (3, "city", "city"),
        (4, "备注", None),
    ]


def test_what_may_be_a_value_and_no_header_is_not_shown() -> None:
    before = [("公司名称", "company_name"), ("手机", "mobile"), ("城市", "city")]
    now = [("李样例诊所", None), ("13800138000", None), ("电话", "phone")]
    said = repr(compare(before, now))
    assert "李样例" not in said and "138" not in said and "column 1" in said
