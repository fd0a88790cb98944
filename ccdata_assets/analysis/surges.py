"""Whether a day had more calls than its past lets expect, by product, topic and queue. What the days before vary by is taken from them: a past that
varies more than chance gives wider limits, and single odd days in it are taken out. A surge is one that chance would hardly ever give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ccdata_assets.analysis.declared import Surges

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEVIATION: Final = 1.4826
ODD: Final = 3.5  # deviations from the median (Iglewicz and Hoaglin 1993)
DAYS_A_YEAR: Final = 365
WEEK: Final = 7


@dataclass(frozen=True)
class Judged:
    """Per day and part, in the order given; `expected` and the rest are nan where there were too few days before."""

    expected: NDArray[Any]
    dispersion: NDArray[Any]
    p_value: NDArray[Any]
    is_judged: NDArray[Any]


def judge(calls: NDArray[Any], past: NDArray[Any], limits: Surges) -> Judged:
    """The chance of so many calls or more on a day like those before. `past` has a row for each of the calls and a column for each day
    back, the day before first, nan where it says nothing.

    The mean m is that of the k same weekdays, days further than 3.5 deviations above their median left out. The dispersion φ, at least 1
    (Poisson), is Pearson's of all weekdays about their own means, for eight days say little of a variance; the limits take it one standard
    error higher. The day's calls are then
    negative-binomial with mean m and variance φ·m·(1 + 1/k): the mean is an estimate too. A part without any call before is given half
    a call in all the days (Jeffreys' prior).
    """
    import numpy as np
    from scipy.special import betainc

    groups = [_usual(past[:, first::WEEK]) for first in range(WEEK)]
    same = groups[-1]
    is_judged = np.sum(~np.isnan(past[:, WEEK - 1 :: WEEK]), axis=1) >= limits.least
    days = np.maximum(np.sum(~np.isnan(same), axis=1), 1)
    mean = np.maximum(np.nansum(same, axis=1), 0.5) / days
    chi, freedom = np.zeros(len(calls)), np.zeros(len(calls))
    for group in groups:
        k = np.sum(~np.isnan(group), axis=1)
        middle = np.nansum(group, axis=1) / np.maximum(k, 1)
        squares = np.nansum((group - middle[:, None]) ** 2, axis=1)
        counts = (middle > 0) & (k > 1)
        chi += np.where(counts, squares / np.where(counts, middle, 1), 0)
        freedom += np.where(counts, k - 1, 0)
    dispersion = np.maximum(1.0, chi / np.maximum(freedom, 1))
    unsure = np.where(dispersion > 1, 1 + np.sqrt(2 / np.maximum(freedom, 2)), 1.0)  # one standard error of it
    variance = np.maximum(1.0, dispersion * unsure) * mean * (1 + 1 / days)
    size = mean**2 / (variance - mean)
    # P(X >= calls) of a negative binomial by the regularised incomplete beta function
    p_value = np.where(calls > 0, betainc(np.maximum(calls, 1), size, 1 - mean / variance), 1.0)
    hidden = np.where(is_judged, 1.0, np.nan)
    return Judged(mean * hidden, dispersion * hidden, p_value * hidden, is_judged)


def _usual(days: NDArray[Any]) -> NDArray[Any]:
    """The days of a weekday without those far above their median."""
    import numpy as np

    known = np.where(
        np.isnan(days).all(axis=1, keepdims=True), 0.0, days
    )  # nothing is told of these, and nothing warns of them
    middle = np.nanmedian(known, axis=1, keepdims=True)
    spread = DEVIATION * np.nanmedian(np.abs(known - middle), axis=1, keepdims=True)
    room = np.maximum(spread, np.sqrt(np.maximum(middle, 1)))
    return np.where(days > middle + ODD * room, np.nan, days)


def limit_p(judged_parts: int, limits: Surges) -> float:
    """Below what a p-value is an alarm: false alarms a year, shared out among the days and among what is looked at on one (Bonferroni)."""
    return limits.alarms_a_year / DAYS_A_YEAR / max(judged_parts, 1)


def sentence(part: str, calls: int, expected: float, weeks: int) -> tuple[str, str]:
    """The alarm in Chinese and English; `part` is '' for all calls."""
    what_zh, what_en = (f"「{part}」的来电", f"calls on “{part}”") if part else ("来电总量", "calls in all")
    return (
        f"{what_zh} {calls:,} 个，按前 {weeks} 周同一星期几预期约 {expected:,.1f} 个，为其 {calls / expected:.1f} 倍",
        f"{calls:,} {what_en}; about {expected:,.1f} expected from the same weekday of {weeks} weeks before, {calls / expected:.1f} times as many",
    )
