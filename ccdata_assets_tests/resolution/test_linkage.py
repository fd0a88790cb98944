"""Groups from scored pairs: what average linkage joins, and that the order of pairs and records does not matter."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.resolution import linkage
from ccdata_assets.resolution.linkage import Bounds, partitions

RULES = Bounds(unseen=-8.0, strongest=12.0)
RECORDS = 9

# distinct weights: between groups of equal weight there is no right order
weights = st.lists(
    st.tuples(st.integers(0, RECORDS - 1), st.integers(0, RECORDS - 1)).filter(lambda pair: pair[0] < pair[1]),
    unique=True,
    max_size=20,
).flatmap(
    lambda pairs: st.tuples(
        st.just(pairs),
        st.lists(st.integers(-799, 1199), min_size=len(pairs), max_size=len(pairs), unique=True),
    )
)


def frame(pairs: list[tuple[int, int, float]]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["a", "b", "weight"]).astype({"a": "int64", "b": "int64", "weight": "float64"})


def groups(records: int, pairs: list[tuple[int, int, float]], threshold: float = 0.0) -> list[int]:
    return partitions(records, frame(pairs), [threshold], RULES)[threshold].tolist()


def sets(labels: list[int]) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(np.array(labels) == label).tolist()) for label in set(labels)}


def test_a_pair_is_one_from_the_threshold_on() -> None:
    assert groups(3, [(0, 2, 0.0)]) == [0, 1, 0]
    assert groups(3, [(0, 2, -0.1)]) == [0, 1, 2]
    assert groups(3, []) == [0, 1, 2]


def test_one_strong_pair_does_not_join_groups_that_contradict_each_other() -> None:
    inside = [(0, 1, 9.0), (2, 3, 9.0)]
    assert sets(groups(4, [*inside, (1, 2, 5.0), (0, 2, -6.0), (0, 3, -6.0), (1, 3, -6.0)])) == {
        frozenset({0, 1}), frozenset({2, 3}),
    }  # fmt: skip
    assert sets(groups(4, [*inside, (1, 2, 5.0), (0, 2, 3.0), (0, 3, -4.0), (1, 3, -3.0)])) == {frozenset({0, 1, 2, 3})}


def test_pairs_that_nobody_compared_speak_against() -> None:
    assert sets(groups(3, [(0, 1, 9.0), (1, 2, 7.0)])) == {frozenset({0, 1}), frozenset({2})}
    assert sets(groups(3, [(0, 1, 9.5), (1, 2, 9.0)])) == {frozenset({0, 1, 2})}


def test_a_pair_counts_no_more_than_the_strongest() -> None:
    chain = [(0, 1, 90.0), (1, 2, 80.0)]  # 12 and -8 from either side
    assert sets(groups(3, chain, threshold=2.0)) == {frozenset({0, 1, 2})}
    assert len(sets(groups(3, chain, threshold=2.1))) == 2


@given(weights, st.permutations(range(RECORDS)))
def test_the_order_of_records_and_pairs_does_not_matter(
    given_pairs: tuple[list[tuple[int, int]], list[int]], order: list[int]
) -> None:
    pairs = [(a, b, weight / 100) for (a, b), weight in zip(*given_pairs, strict=True)]
    turned = [(min(order[a], order[b]), max(order[a], order[b]), weight) for a, b, weight in reversed(pairs)]
    expected = {frozenset(order[record] for record in group) for group in sets(groups(RECORDS, pairs))}
    assert sets(groups(RECORDS, turned)) == expected


@given(weights)
def test_a_higher_threshold_only_splits(given_pairs: tuple[list[tuple[int, int]], list[int]]) -> None:
    pairs = frame([(a, b, weight / 100) for (a, b), weight in zip(*given_pairs, strict=True)])
    found = partitions(RECORDS, pairs, [-4.0, 0.0, 4.0], RULES)
    for lower, higher in ((-4.0, 0.0), (0.0, 4.0)):
        for group in sets(found[higher].tolist()):
            assert any(group <= wider for wider in sets(found[lower].tolist()))
    assert found[0.0].tolist() == partitions(RECORDS, pairs, [0.0], RULES)[0.0].tolist(), "each threshold by itself"


@settings(max_examples=50)
@given(weights)
def test_a_component_too_large_to_be_held_is_cut_at_its_weaker_pairs(
    given_pairs: tuple[list[tuple[int, int]], list[int]],
) -> None:
    pairs = frame([(a, b, weight / 100) for (a, b), weight in zip(*given_pairs, strict=True)])
    before = linkage.MAX_COMPONENT
    try:
        linkage.MAX_COMPONENT = 4
        labels = partitions(RECORDS, pairs, [0.0], RULES)[0.0]
    finally:
        linkage.MAX_COMPONENT = before
    assert labels.shape == (RECORDS,)
    assert all(label == min(np.flatnonzero(labels == label)) for label in labels)


@pytest.mark.parametrize("size", [3, 40])
def test_records_that_all_agree_are_one(size: int) -> None:
    pairs = [(a, b, 5.0) for a in range(size) for b in range(a + 1, size)]
    assert groups(size + 1, pairs) == [0] * size + [size]
