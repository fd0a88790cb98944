"""Numbers of employees: that reading a standard again changes no part, and where the size bands lie."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Standardise

FEW_RUNS = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ranges = st.tuples(st.integers(1, 5000), st.integers(1, 5000)).map(sorted)


@FEW_RUNS
@given(
    st.lists(ranges, min_size=30, max_size=60), st.sampled_from(["{}-{}人", "{}至{}人", "{}～{}", "{} to {} employees"])
)
def test_a_range_keeps_its_ends(standardise: Standardise, found: list[list[int]], form: str) -> None:
    expected = {form.format(least, most): (least, most) for least, most in found}
    read = standardise("headcount", expected)
    assert {raw: (row["min_count"], row["max_count"]) for raw, row in read.items()} == expected
    again = standardise("headcount", {row["standard"] for row in read.values()})
    for row in read.values():
        other = again[row["standard"]]
        assert [other[name] for name in ("standard", "min_count", "max_count", "is_approximate", "size_band")] == [
            row[name] for name in ("standard", "min_count", "max_count", "is_approximate", "size_band")
        ]


@pytest.mark.parametrize(
    ("raw", "band"),
    [("9", "micro"), ("10", "small"), ("49", "small"), ("50", "medium"), ("249", "medium"), ("250", "large"),
     ("10-49", "small"), ("20-99", None), ("500+", "large"), ("100+", None)],
)  # fmt: skip
def test_the_band_is_said_only_where_the_whole_range_lies_in_it(
    standardise: Standardise, raw: str, band: str | None
) -> None:
    assert standardise("headcount", [raw])[raw]["size_band"] == band
