"""How satisfaction goes with the time a customer waited, was served or until the matter was resolved: strength, its uncertainty, and the
sentence that says no more than both. An association is no proof of a cause, and none is claimed."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, inf, isfinite, log, sqrt, tanh
from typing import TYPE_CHECKING, Any, Final

from ccdata_assets.analysis.declared import Satisfaction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Z: Final = 1.959963984540054  # of 95%
STEPS: Final = 50
FACTORS: Final = {
    "wait": ("等待时间", "Wait"),
    "handling": ("处理时间", "Handling time"),
    "resolution": ("解决用时", "Time to resolution"),
}
STRENGTHS: Final = {
    "not_enough": ("样本不足", "not enough data"),
    "not_shown": ("未见关联", "no association shown"),
    "negligible": ("极弱", "negligible"),
    "weak": ("弱", "weak"),
    "moderate": ("中等", "moderate"),
    "strong": ("强", "strong"),
}
"""Cohen's words for a correlation: below 0.1, 0.3 and 0.5, and above. The word is that of the end of the interval nearer to none."""


@dataclass(frozen=True)
class Link:
    """One association; None where it cannot be told. `odds` are those of being satisfied where the time doubles."""

    answers: int
    satisfied: int
    rho: float | None = None
    rho_low: float | None = None
    rho_high: float | None = None
    p_value: float | None = None
    biserial: float | None = None
    odds: float | None = None
    odds_low: float | None = None
    odds_high: float | None = None
    strength: str = "not_enough"


def link(seconds: NDArray[Any], scores: NDArray[Any], satisfied: NDArray[Any], limits: Satisfaction) -> Link:
    """The association of a time in seconds with scores (0 to 1) and with being satisfied or not.

    Spearman's rho with mean ranks; its interval by Fisher's z with the variance of Bonett and Wright (2000), (1 + rho²/2) / (n − 3).
    The odds are those of a logistic regression on log2(1 + seconds), with Wald's interval; None where the answers can be told apart by
    the time, or it is the same for all.
    """
    import numpy as np
    from scipy.special import ndtr

    n, met = len(seconds), int(satisfied.sum())
    if n < limits.least or min(met, n - met) < limits.least_each or np.ptp(seconds) == 0 or np.ptp(scores) == 0:
        return Link(n, met)
    rho = float(np.corrcoef(_ranks(seconds), _ranks(scores))[0, 1])
    doubled = np.log2(1 + seconds)
    biserial = float(np.corrcoef(doubled, satisfied)[0, 1])
    odds = _odds(doubled, satisfied)
    if abs(rho) >= 1:
        low = high = rho
        p_value = 0.0
    else:
        error = sqrt((1 + rho * rho / 2) / (n - 3))
        low, high = tanh(atanh(rho) - Z * error), tanh(atanh(rho) + Z * error)
        p_value = float(2 * ndtr(-abs(atanh(rho)) / error))
    return Link(n, met, rho, low, high, p_value, biserial, *odds, strength=strength_of(low, high))


def strength_of(low: float, high: float) -> str:
    """The word for a correlation whose interval this is."""
    if low <= 0 <= high:
        return "not_shown"
    near = min(abs(low), abs(high))
    return "negligible" if near < 0.1 else "weak" if near < 0.3 else "moderate" if near < 0.5 else "strong"


def sentence(factor: str, found: Link) -> tuple[str, str]:
    """What can be said of it, in Chinese and English."""
    zh, en = FACTORS[factor]
    if found.strength == "not_enough" or found.rho is None or found.rho_low is None or found.rho_high is None:
        return (
            f"{zh}与满意度：样本不足（{found.answers} 个评价），不作判断。",
            f"{en} and satisfaction: not enough data ({found.answers} answers) to say anything.",
        )
    told = f"ρ = {found.rho:+.2f}, 95% {found.rho_low:+.2f} … {found.rho_high:+.2f}, n = {found.answers:,}"
    if found.strength == "not_shown":
        return (
            f"{zh}与满意度：数据未显示关联（{told}），但不能排除弱关联。",
            f"{en} and satisfaction: the data show no association ({told}); a slight one cannot be ruled out.",
        )
    less = found.rho < 0
    word = STRENGTHS[found.strength]
    odds_zh = odds_en = ""
    if found.odds is not None and found.odds_low is not None and found.odds_high is not None:
        interval = f"{found.odds:.2f}（95% {found.odds_low:.2f} … {found.odds_high:.2f}）"
        odds_zh = f"；时间加倍时满意的几率约为原来的 {interval} 倍"
        odds_en = f"; where the time doubles the odds of a satisfied answer are {interval.replace('（', ' (').replace('）', ')')} times as high"
    return (
        f"{zh}越长，满意度越{'低' if less else '高'}：关联至少为{word[0]}（{told}）{odds_zh}。这是关联，不能证明因果。",
        f"The longer the {en.lower()}, the {'lower' if less else 'higher'} the satisfaction: at least {word[1]} ({told}){odds_en}. An association, not proof of a cause.",
    )


def _ranks(values: NDArray[Any]) -> NDArray[Any]:
    """Ranks from 1, equal values having their mean."""
    import numpy as np

    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[Any] = (last - (counts - 1) / 2)[place]
    return ranks


def _odds(x: NDArray[Any], y: NDArray[Any]) -> tuple[float | None, float | None, float | None]:
    """The odds ratio of a step of x and its interval, by Newton's method on the distinct values of x."""
    import numpy as np
    from scipy.special import expit

    values, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    met = np.bincount(place, weights=y.astype(float))
    design: np.ndarray[Any, Any] = np.column_stack([np.ones(len(values)), values - values.mean()])
    beta = np.array([log(y.mean() / (1 - y.mean())), 0.0])
    for _ in range(STEPS):
        p = expit(design @ beta)
        weight = counts * p * (1 - p)
        information = design.T @ (design * weight[:, None])
        if np.linalg.cond(information) > 1e12:
            return None, None, None
        step = np.linalg.solve(information, design.T @ (met - counts * p))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            error = sqrt(np.linalg.inv(information)[1, 1])
            found = [_exp(float(beta[1]) + k * error) for k in (0, -Z, Z)]
            return (found[0], found[1], found[2]) if all(map(isfinite, found)) else (None, None, None)
    return None, None, None


def _exp(value: float) -> float:
    from math import exp

    return exp(value) if value < 700 else inf
