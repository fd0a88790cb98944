"""Amounts of money: that the standard says what the parts say, and that reading it again changes no part."""

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Standardise

FEW_RUNS = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
UNITS = {"": 1, "千": 1000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
amounts = st.tuples(st.integers(1, 99_999), st.sampled_from(list(UNITS)))


def parts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("raw", "reason")}


@FEW_RUNS
@given(st.lists(amounts, min_size=30, max_size=60))
def test_the_unit_multiplies_and_the_standard_reads_the_same(
    standardise: Standardise, found: list[tuple[int, str]]
) -> None:
    expected = {f"{number}{unit}元": Decimal(number * UNITS[unit]) for number, unit in found}
    read = standardise("money", expected)
    assert {raw: row["amount"] for raw, row in read.items()} == expected
    again = standardise("money", [row["standard"] for row in read.values()])
    for row in read.values():
        assert parts(again[row["standard"]]) == parts(row)


def test_numerals_and_digits_say_the_same(standardise: Standardise) -> None:
    digits = "零壹贰叁肆伍陆柒捌玖"
    spelt = {f"{digits[a]}佰{digits[b]}拾{digits[c]}万元整": a * 100 + b * 10 + c for a in (1, 5, 9) for b in (1, 4) for c in (1, 7)}  # fmt: skip
    read = standardise("money", spelt)
    assert {raw: row["amount"] for raw, row in read.items()} == {raw: Decimal(n * 10_000) for raw, n in spelt.items()}
