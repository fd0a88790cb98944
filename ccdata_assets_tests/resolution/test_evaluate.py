"""Scores of a partition, worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccdata_assets.resolution.evaluate import b_cubed, pairwise

labels = st.lists(st.integers(0, 4), min_size=1, max_size=30)


def test_the_scores_of_a_small_partition() -> None:
    # entities {1 2 3} {4 5}; found {1 2} {3 4 5}
    groups, truth = ["a", "a", "b", "b", "b"], ["x", "x", "x", "y", "y"]
    pairs = pairwise(groups, truth)
    assert (pairs.precision, pairs.recall) == (2 / 4, 2 / 4)
    cubed = b_cubed(groups, truth)
    assert cubed.precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert cubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert pairs.f1 == 0.5


def test_where_nothing_is_put_together_nothing_is_wrong() -> None:
    score = pairwise([1, 2, 3], ["x", "x", "y"])
    assert (score.precision, score.recall, score.f1) == (1.0, 0.0, 0.0)


def test_a_record_without_a_label_is_refused() -> None:
    with pytest.raises(ValueError, match="label"):
        pairwise([1, 2], ["x", None])


@given(labels)
def test_the_truth_itself_is_perfect(truth: list[int]) -> None:
    for score in (pairwise(truth, truth), b_cubed(truth, truth)):
        assert (score.precision, score.recall) == (1.0, 1.0)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
def test_exchanging_found_and_truth_exchanges_precision_and_recall(both: list[tuple[int, int]]) -> None:
    found, truth = [pair[0] for pair in both], [pair[1] for pair in both]
    for measure in (pairwise, b_cubed):
        one, other = measure(found, truth), measure(truth, found)
        assert one.precision == pytest.approx(other.recall)
        assert one.recall == pytest.approx(other.precision)
