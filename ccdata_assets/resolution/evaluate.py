"""How right a partition is against known truth: pairwise and B-cubed precision, recall and F1.

Pairwise (every pair of records of one group): D. Menestrina, S. Whang, H. Garcia-Molina, "Evaluating entity resolution
results", 2010. B-cubed (the mean over records): A. Bagga, B. Baldwin, 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1; 1 where there is nothing to be wrong about."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def pairwise(groups: Sequence[object] | npt.NDArray[np.int64], truth: Sequence[object]) -> Score:
    """Of the pairs put together the share that belong together, and of those that belong together the share found."""
    together, found, true = _tables(groups, truth)
    right = _pairs(together["n"])
    return Score(_share(right, _pairs(found)), _share(right, _pairs(true)))


def b_cubed(groups: Sequence[object] | npt.NDArray[np.int64], truth: Sequence[object]) -> Score:
    """For the mean record: the share of its group that is its entity, and the share of its entity that is in its group."""
    together, found, true = _tables(groups, truth)
    squares = together["n"] ** 2
    records = together["n"].sum()
    return Score(
        _share((squares / together["group"].map(found)).sum(), records),
        _share((squares / together["truth"].map(true)).sum(), records),
    )


def _tables(
    groups: Sequence[object] | npt.NDArray[np.int64], truth: Sequence[object]
) -> tuple[pd.DataFrame, pd.Series[int], pd.Series[int]]:
    both = pd.DataFrame({"group": groups, "truth": truth})
    if both["truth"].isna().any():
        raise ValueError("every record needs a label")
    together = both.groupby(["group", "truth"], sort=False).size().rename("n").reset_index()
    return together, both["group"].value_counts(), both["truth"].value_counts()


def _pairs(sizes: pd.Series[int]) -> float:
    return float((sizes * (sizes - 1) // 2).sum())


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else 1.0
