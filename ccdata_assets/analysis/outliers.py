"""Which agents, teams and queues lie beyond what chance gives a part of their size: the limits of a funnel plot, after Spiegelhalter
(Statistics in Medicine 2005, 24:1185). A funnel is no ranking: within the limits nobody is better or worse than another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIMITS: Final = {"95": 0.025, "998": 0.001}
"""Limits by name and the share of chance beyond each of the two."""
EXACT: Final = 1e-12  # rates on a limit lie within it
TRIMMED: Final = 0.1  # of the scores at each end, drawn in to the next, so that outliers do not hide themselves


@dataclass(frozen=True)
class Funnel:
    """Per part, in the order given: its limits, and the dispersion they are widened by (1 where the spread is chance)."""

    centre: float
    dispersion: float
    lower_95: NDArray[Any]
    upper_95: NDArray[Any]
    lower_998: NDArray[Any]
    upper_998: NDArray[Any]


def funnel(met: NDArray[Any], total: NDArray[Any]) -> Funnel:
    """The limits of rates met / total about their common rate.

    Exact limits of the binomial, interpolated as in appendix A.1.1 of the paper; where the winsorised z-scores of the parts are spread
    beyond chance (dispersion φ above 1 + 2·√(2 / parts)), both sides are widened by √φ.
    """
    import numpy as np

    centre = float(met.sum() / total.sum())
    phi = dispersion(met, total, centre)
    widened = np.sqrt(phi)
    bounds = {}
    for name, beyond in LIMITS.items():
        low, high = _lower(beyond, total, centre), 1 - _lower(beyond, total, 1 - centre)
        bounds[f"lower_{name}"] = np.clip(centre - (centre - low) * widened, 0, 1)
        bounds[f"upper_{name}"] = np.clip(centre + (high - centre) * widened, 0, 1)
    return Funnel(centre, phi, **bounds)


def dispersion(met: NDArray[Any], total: NDArray[Any], centre: float) -> float:
    """The mean square of the winsorised z-scores; 1 where it is not beyond chance."""
    import numpy as np

    if not 0 < centre < 1:
        return 1.0
    scores = (met / total - centre) / np.sqrt(centre * (1 - centre) / total)
    drawn_in = np.clip(scores, *np.quantile(scores, [TRIMMED, 1 - TRIMMED]))
    phi = float(np.mean(drawn_in**2))
    return phi if phi > 1 + 2 * np.sqrt(2 / len(scores)) else 1.0


def verdicts(met: NDArray[Any], total: NDArray[Any], found: Funnel) -> list[str]:
    """`within` the limits, `watch` beyond those of 95%, `outside` beyond those of 99.8%."""
    import numpy as np

    rate = met / total
    is_watched = (rate < found.lower_95 - EXACT) | (rate > found.upper_95 + EXACT)
    is_outside = (rate < found.lower_998 - EXACT) | (rate > found.upper_998 + EXACT)
    words: list[str] = np.where(is_outside, "outside", np.where(is_watched, "watch", "within")).tolist()
    return words


def _lower(beyond: float, total: NDArray[Any], centre: float) -> NDArray[Any]:
    """The rate below which binomial samples are with less than this probability, interpolated between whole counts."""
    import numpy as np
    from scipy.special import bdtr, bdtrik

    if not 0 < centre < 1:
        return np.full(len(total), centre)
    count = np.clip(np.ceil(np.nan_to_num(bdtrik(beyond, total.astype(float), centre))), 0, total)
    before = np.where(count > 0, bdtr(np.maximum(count - 1, 0), total, centre), 0.0)
    count = np.where((count > 0) & (before >= beyond), count - 1, count)  # the least with P(X <= count) >= beyond
    here = bdtr(count, total, centre)
    before = np.where(count > 0, bdtr(np.maximum(count - 1, 0), total, centre), 0.0)
    part = (here - beyond) / np.maximum(here - before, 1e-300)
    limits: NDArray[Any] = np.clip(count - np.clip(part, 0, 1), 0, total) / total
    return limits
