"""Intervals, shrinking, the best part and the tests behind them, against scipy and by simulation."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ccdata_assets.analysis.proportions import best_part, chance_of_so_few, chance_of_so_many, shares, wilson

COUNTS = st.integers(1, 3000).flatmap(lambda tries: st.tuples(st.integers(0, tries), st.just(tries)))


@given(COUNTS, st.sampled_from([0.8, 0.95, 0.998]))
def test_the_interval_is_that_of_wilson(counts: tuple[int, int], level: float) -> None:
    expected = stats.binomtest(*counts).proportion_ci(level, "wilson")
    assert wilson(*counts, level) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("counts", [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_has_no_interval(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="are no share"):
        wilson(*counts)


@given(COUNTS, st.floats(0.001, 0.5))
def test_the_chance_of_so_few_is_that_of_the_binomial(counts: tuple[int, int], limit: float) -> None:
    assert chance_of_so_few(*counts, limit) == pytest.approx(stats.binom.cdf(*counts, limit), abs=1e-9)


@given(COUNTS, COUNTS)
def test_the_chance_of_so_many_is_that_of_fisher(one: tuple[int, int], others: tuple[int, int]) -> None:
    hits, tries = one[0] + others[0], one[1] + others[1]
    expected = stats.hypergeom.sf(one[0] - 1, tries, hits, one[1])
    assert chance_of_so_many(*one, hits, tries) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_chances_hold_for_millions_of_dials() -> None:
    assert chance_of_so_few(9_800, 1_000_000, 0.01) == pytest.approx(stats.binom.cdf(9_800, 1_000_000, 0.01), rel=1e-6)
    assert chance_of_so_few(10_300, 1_000_000, 0.01) == pytest.approx(
        stats.binom.cdf(10_300, 1_000_000, 0.01), rel=1e-6
    )
    expected = stats.hypergeom.sf(10_199, 10_000_000, 100_000, 1_000_000)
    assert chance_of_so_many(10_200, 1_000_000, 100_000, 10_000_000) == pytest.approx(expected, rel=1e-4)


@given(st.dictionaries(st.integers(0, 23), COUNTS, min_size=1, max_size=24))
def test_a_shrunk_share_lies_between_its_own_and_that_of_all(parts: dict[int, tuple[int, int]]) -> None:
    whole = sum(hits for hits, _ in parts.values()) / sum(tries for _, tries in parts.values())
    for share in shares(parts).values():
        assert min(share.rate, whole) - 1e-12 <= share.shrunk <= max(share.rate, whole) + 1e-12
        assert share.low <= share.rate <= share.high


def test_parts_that_differ_more_than_chance_keep_more_of_their_own() -> None:
    alike, different = {1: (50, 500), 2: (52, 500)}, {1: (50, 500), 2: (150, 500)}
    assert {share.shrunk for share in shares(alike).values()} == {0.102}
    assert shares(different)[2].shrunk == pytest.approx(0.3, abs=0.01)
    few = shares({**different, 3: (1, 2)})[3]
    assert few.shrunk < 0.35, "two tries say little"


def test_shrinking_comes_closer_to_the_truth_than_counting() -> None:
    rng = random.Random(7)
    counted = drawn = 0.0
    for _ in range(200):
        truth = {hour: rng.betavariate(20, 180) for hour in range(12)}
        parts = {hour: (sum(rng.random() < truth[hour] for _ in range(40)), 40) for hour in truth}
        for hour, share in shares(parts).items():
            counted += (share.rate - truth[hour]) ** 2
            drawn += (share.shrunk - truth[hour]) ** 2
    assert drawn < 0.6 * counted


def test_of_hours_that_do_not_differ_one_in_twenty_at_most_is_told_to_be_the_best() -> None:
    rng = random.Random(11)
    told = 0
    for _ in range(400):
        parts = {hour: (sum(rng.random() < 0.1 for _ in range(200)), 200) for hour in range(11)}
        told += best_part(parts) is not None
    assert told <= 400 * 0.05 + 9, "more than chance allows (95% and two standard deviations)"


def test_an_hour_that_is_better_beyond_chance_is_found_and_a_lucky_one_with_few_dials_is_not() -> None:
    parts = dict.fromkeys(range(9, 19), (40, 400))
    assert best_part(parts) is None
    assert best_part({**parts, 16: (80, 400)}) == 16
    assert best_part({**parts, 20: (5, 5)}) is None
    assert best_part({20: (50, 50)}) is None, "there is nothing it is better than"
    assert best_part({}) is None
