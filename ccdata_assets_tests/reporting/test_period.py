"""Periods: each day lies in one of each grain, a label stands for one period, and weeks share out a year without rest."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccdata_assets.reporting.period import GRAINS, Grain, Period

days = st.dates(date(1999, 1, 1), date(2199, 12, 31))
grains = st.sampled_from(GRAINS)


@given(days, grains)
def test_a_day_lies_in_the_period_that_its_label_gives_back(day: date, grain: Grain) -> None:
    period = Period.of(grain, day)
    assert period.first_day <= day <= period.last_day
    assert Period.parse(period.label) == period
    assert Period.of(grain, period.last_day) == period
    assert Period.of(grain, period.last_day + timedelta(days=1)) == period.later(1)


@given(days, grains, st.integers(-40, 40))
def test_labels_sort_as_their_periods_and_steps_lead_back(day: date, grain: Grain, count: int) -> None:
    period, other = Period.of(grain, day), Period.of(grain, day).later(count)
    assert other.later(-count) == period
    assert (period.label < other.label) == (period.first_day < other.first_day)


@given(days, st.sampled_from(["week", "month", "year"]))
def test_days_and_months_of_a_period_cover_it_without_rest(day: date, grain: Grain) -> None:
    period = Period.of(grain, day)
    steps = period.steps
    assert (steps[0].first_day, steps[-1].last_day) == (period.first_day, period.last_day)
    assert all(one.later(1) == other for one, other in pairwise(steps))


@given(days)
def test_every_week_is_of_one_quarter_and_four_quarters_are_the_weeks_of_the_iso_year(day: date) -> None:
    year = day.isocalendar().year
    weeks = [week.label for quarter in range(1, 5) for week in Period.parse(f"{year:04d}-Q{quarter}").steps]
    last = date(year, 12, 28).isocalendar().week
    assert weeks == [f"{year}-W{week:02d}" for week in range(1, last + 1)]


@pytest.mark.parametrize(
    ("label", "last_year"),
    [
        ("2026-11-21", "2025-11-22"),  # both Saturdays
        ("2026-W53", "2025-W52"),
        ("2026-W47", "2025-W47"),
        ("2028-02", "2027-02"),
        ("2026-Q4", "2025-Q4"),
        ("2026", "2025"),
    ],
)
def test_the_same_period_last_year_is_alike(label: str, last_year: str) -> None:
    assert Period.parse(label).last_year.label == last_year


@pytest.mark.parametrize("label", ["2026-13", "2026-02-30", "2025-W53", "2026-Q5", "26-01", "", "monthly"])
def test_what_is_no_period_says_what_one_looks_like(label: str) -> None:
    with pytest.raises(ValueError, match=r"is no period; fix: write 2026-11-21 \(a day\)"):
        Period.parse(label)


def test_a_period_begins_on_its_first_day() -> None:
    with pytest.raises(ValueError, match="not the first day of a week"):
        Period("week", date(2026, 11, 21))
