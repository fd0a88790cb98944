"""Scored pairs → groups of records: average linkage within what the pairs connect.

Two groups become one where the mean weight of all pairs between them reaches the threshold, best pairs of groups first. So a single
strong pair does not join two groups whose other records contradict each other, which connected components would. A
pair that was not compared counts with a weight of its own. The result depends on the records of a component alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

Ints = npt.NDArray[np.int64]
MAX_COMPONENT = 2_000
"""Records whose pairs are held as a matrix at once; a larger component is first cut at its weaker pairs."""


@dataclass(frozen=True)
class Bounds:
    """Match weights: of a pair never compared, and the greatest that counts."""

    unseen: float
    strongest: float


def partitions(records: int, pairs: pd.DataFrame, thresholds: list[float], bounds: Bounds) -> dict[float, Ints]:
    """For each threshold the group of each record 0 … records - 1: the least record of the group.

    `pairs`: a < b (numbers of records, int64), weight. A pair given twice counts with its greater weight.
    """
    floor = min(thresholds)
    kept = pairs[pairs["weight"] >= floor]
    labels = _components(records, kept)
    found = {threshold: np.arange(records) for threshold in thresholds}
    sizes = np.bincount(labels, minlength=records)
    # pairs of two need no linkage: their one weight decides
    twos = kept[sizes[labels[kept["a"].to_numpy()]] == 2]
    for threshold, groups in found.items():
        joined = twos[twos["weight"] >= threshold]
        groups[joined["b"].to_numpy()] = joined["a"].to_numpy()
    for members, inner in _larger(labels, sizes, pairs):
        _link(members, inner, found, bounds)
    return found


def _components(records: int, pairs: pd.DataFrame) -> Ints:
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs["a"], pairs["b"])), shape=(records, records))
    labels: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def _larger(labels: Ints, sizes: Ints, pairs: pd.DataFrame) -> list[tuple[Ints, pd.DataFrame]]:
    """Members and inner pairs of every component of three records and more."""
    members = np.flatnonzero(sizes[labels] > 2)
    by_label = members[np.argsort(labels[members], kind="stable")]
    groups = np.split(by_label, np.flatnonzero(np.diff(labels[by_label])) + 1) if len(by_label) else []
    at = labels[pairs["a"].to_numpy()]
    inner = pairs[(at == labels[pairs["b"].to_numpy()]) & (sizes[at] > 2)]
    of = labels[inner["a"].to_numpy()]
    order = np.argsort(of, kind="stable")
    inner, of = inner.iloc[order], of[order]
    starts = np.searchsorted(of, [labels[group[0]] for group in groups])
    ends = np.searchsorted(of, [labels[group[0]] for group in groups], side="right")
    return [(group, inner.iloc[start:end]) for group, start, end in zip(groups, starts, ends, strict=True)]


def _link(members: Ints, pairs: pd.DataFrame, found: dict[float, Ints], bounds: Bounds) -> None:
    """Write the groups of one component into every partition."""
    if len(members) > MAX_COMPONENT:
        _cut(members, pairs, found, bounds)
        return
    place = np.searchsorted(members, pairs[["a", "b"]].to_numpy())
    weights = np.full((len(members), len(members)), bounds.unseen)
    np.maximum.at(weights, (place[:, 0], place[:, 1]), np.minimum(pairs["weight"].to_numpy(), bounds.strongest))
    weights = np.maximum(weights, weights.T)
    distances = bounds.strongest - weights
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "average")
    for threshold, groups in found.items():
        cut = fcluster(tree, bounds.strongest - threshold, "distance")
        first = np.full(cut.max() + 1, np.iinfo(np.int64).max)
        np.minimum.at(first, cut, members)
        groups[members] = first[cut]


def _cut(members: Ints, pairs: pd.DataFrame, found: dict[float, Ints], bounds: Bounds) -> None:
    """A component too large to be held: without the weakest half of its pairs it falls apart, or is halved again."""
    limit = pairs["weight"].median()
    stronger = pairs[pairs["weight"] > limit]
    if stronger.empty:  # all alike: one group where they reach the threshold
        for threshold, groups in found.items():
            if limit >= threshold:
                groups[members] = members[0]
        return
    place = pd.DataFrame(
        {
            "a": np.searchsorted(members, stronger["a"]),
            "b": np.searchsorted(members, stronger["b"]),
            "weight": stronger["weight"].to_numpy(),
        }
    )
    inside = partitions(len(members), place, list(found), bounds)
    for threshold, groups in found.items():
        groups[members] = members[inside[threshold]]
