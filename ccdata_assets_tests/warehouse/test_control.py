"""Control totals that a supplier declares are checked, and a delivery that disagrees is held."""

from __future__ import annotations

import pytest

from ccdata_assets_tests.world import World

COUNTED = {"rows": r"共\s*(?P<rows>[\d,]+)\s*条"}
FIELDS = {"company_name": {"required": True}, "phone": {}, "amount": {"type": "number"}}


def verdict(world: World) -> tuple[str, str | None, int | None]:
    (line,) = world.query("select status, control_error, declared_rows from ops.file_ledger")
    return line["status"], line["control_error"], line["declared_rows"]


@pytest.mark.parametrize(
    "content",
    [
        "企业名录 共2条\ncompany_name,phone,amount\n甲公司,1,10\n乙公司,2,20\n",
        "company_name,phone,amount\n甲公司,1,10\n乙公司,2,20\n共 2 条,,\n",
        "company_name,phone,amount\n甲公司,1,10\n乙公司,2,20\n共2条\n",
    ],
)
def test_a_declared_number_of_rows_that_is_right_lets_the_delivery_through(world: World, content: str) -> None:
    world.contract(control=COUNTED, fields=FIELDS)
    staged = world.stage_one(content)
    assert (staged.staged, staged.quarantined) == (2, 0)
    assert verdict(world) == ("landed", None, 2)


def test_a_delivery_of_fewer_rows_than_declared_is_held_and_says_both_numbers(world: World) -> None:
    world.contract(control=COUNTED, fields=FIELDS)
    world.stage_one('company_name,phone,amount\n甲公司,1,10\n"共1,000条",,\n')
    status, error, _ = verdict(world)
    assert status == "held" and error == "1,000 rows are declared and 1 landed"
    assert world.query("select count(*) as n from staged.party where feed = 'directory'")[0]["n"] == 0


def test_rows_in_quarantine_count_as_delivered(world: World) -> None:
    world.contract(control=COUNTED, fields=FIELDS, gate={"max_rejected": 1})
    world.stage_one("company_name,phone,amount\n甲公司,1,10\n,2,20\n共2条,,\n")
    assert verdict(world)[1] is None


def test_the_number_may_stand_in_the_file_name(world: World) -> None:
    world.contract(control={"rows": r"_(?P<rows>\d+)rows"}, fields=FIELDS)
    world.stage_one("company_name,phone,amount\n甲公司,1,10\n", "directory/list_3rows.csv")
    assert verdict(world) == ("held", "3 rows are declared and 1 landed", 3)


def test_a_delivery_that_declares_nothing_where_it_should_is_held(world: World) -> None:
    world.contract(control=COUNTED, fields=FIELDS)
    world.stage_one("company_name,phone,amount\n甲公司,1,10\n")
    assert verdict(world)[:2] == ("held", "nothing declares the number of rows")


@pytest.mark.parametrize(
    ("total", "error"), [("30.50", None), ("31", "the declared sum of amount and that of its rows differ by 0.5")]
)
def test_the_totals_row_must_agree_with_the_sum_of_the_rows(world: World, total: str, error: str | None) -> None:
    world.contract(control={"sums": ["amount"]}, fields=FIELDS)
    staged = world.stage_one(f"company_name,phone,amount\n甲公司,1,10.25\n乙公司,2,20.25\n合计,,{total}\n")
    assert (staged.staged, staged.blank) == (2, 1), "the totals row is no record"
    assert verdict(world)[:2] == ("held" if error else "landed", error)


def test_subtotals_are_no_records_and_the_last_total_counts(world: World) -> None:
    world.contract(control={"sums": ["amount"]}, fields=FIELDS)
    staged = world.stage_one("company_name,phone,amount\n甲公司,1,10\n小计,,10\n乙公司,2,20\n小计,,20\n总计,,30\n")
    assert (staged.staged, staged.blank, verdict(world)[0]) == (2, 3, "landed")


def test_subtotals_without_a_total_must_add_up_to_all_rows(world: World) -> None:
    world.contract(control={"sums": ["amount"]}, fields=FIELDS)
    world.stage_one("company_name,phone,amount\n甲公司,1,10\n小计,,10\n乙公司,2,20\n小计,,20\n")
    assert verdict(world)[0] == "landed"


@pytest.mark.parametrize(
    ("cell", "total", "said"),
    [
        ("￥5.00", "8元", None),
        ("5", "NaN", "the total of amount is no number"),
        ("about", "8", "1 values of amount are no numbers, so their sum cannot be checked"),
    ],
)
def test_signs_of_currency_are_read_and_what_is_no_number_is_said(
    world: World, cell: str, total: str, said: str | None
) -> None:
    world.contract(control={"sums": ["amount"]}, fields={**FIELDS, "amount": {"type": "text"}})
    world.stage_one(f"company_name,phone,amount\n甲公司,1,{cell}\n乙公司,2,3\n合计,,{total}\n")
    assert verdict(world)[1] == said


def test_with_a_sidecar_no_row_is_taken_for_a_declaration(world: World) -> None:
    world.contract(control={"rows": r"(?P<rows>\d+)", "sidecar": ".ctl"}, fields=FIELDS)
    world.put("directory/a.csv.ctl", "3")
    staged = world.stage_one("company_name,phone,amount\n3M公司,1,1\n乙公司,2,1\n360公司,3,1\n", "directory/a.csv")
    assert (staged.staged, staged.blank, verdict(world)[1]) == (3, 0, None)


def test_a_record_that_the_pattern_fits_too_stays_a_record(world: World) -> None:
    world.contract(control=COUNTED, fields=FIELDS)
    staged = world.stage_one("company_name,phone,amount\n共2条街公司,1,1\n乙公司,2,1\n共2条,,\n")
    assert (staged.staged, verdict(world)[1]) == (2, None)
