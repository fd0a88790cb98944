"""Shares of counts with their uncertainty: intervals, shares drawn towards the whole, the best part where it is one, tests against a limit.
Formulas only: no table is read here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeVar

LEVEL = 0.95
"""Level of the intervals."""
LEAST = 30
"""Tries below which a part is no candidate for the best."""
Key = TypeVar("Key", int, str, tuple[int, int], tuple[str, ...])


@dataclass(frozen=True)
class Share:
    """`hits` of `tries` with the share, its interval and, where it stands among others, the share drawn towards all of them."""

    hits: int
    tries: int
    low: float
    high: float
    shrunk: float

    @property
    def rate(self) -> float:
        """The share as it was counted."""
        return self.hits / self.tries


def wilson(hits: int, tries: int, level: float = LEVEL) -> tuple[float, float]:
    """Bounds of a share, both 0 to 1: the score interval of Wilson (1927), which holds for few tries and for 0 hits too. ValueError
    where nothing was tried, or more hit than was tried."""
    if tries <= 0 or not 0 <= hits <= tries:
        raise ValueError(f"{hits} hits of {tries} tries are no share")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    rate, square = hits / tries, z * z
    middle = (rate + square / (2 * tries)) / (1 + square / tries)
    half = z * math.sqrt(rate * (1 - rate) / tries + square / (4 * tries * tries)) / (1 + square / tries)
    return (0.0 if hits == 0 else max(0.0, middle - half)), (1.0 if hits == tries else min(1.0, middle + half))


def shares(parts: Mapping[Key, tuple[int, int]]) -> dict[Key, Share]:
    """The share of each part (hits, tries); parts nobody tried are left out.

    `shrunk` draws each towards the share of all, the more the fewer tries it has and the less the parts differ: the posterior mean of a
    beta-binomial whose spread is estimated by moments (Kleinman 1973). Parts that differ no more than chance makes them have the same.
    """
    tried = {key: counts for key, counts in parts.items() if counts[1] > 0}
    strength = _strength(list(tried.values()))
    hits, tries = (sum(counts[i] for counts in tried.values()) for i in (0, 1))
    found = {}
    for key, (hit, n) in tried.items():
        low, high = wilson(hit, n)
        whole = hits / tries
        shrunk = whole if strength is None else (hit + strength * whole) / (n + strength)
        found[key] = Share(hit, n, low, high, shrunk)
    return found


def _strength(counts: Sequence[tuple[int, int]]) -> float | None:
    """How many tries the share of all weighs against a part's own; None where the parts differ no more than by chance."""
    tries = sum(n for _, n in counts)
    if len(counts) < 2 or not tries:
        return None
    whole = sum(hits for hits, _ in counts) / tries
    if whole in (0.0, 1.0):
        return None
    spread = sum(n * (hits / n - whole) ** 2 for hits, n in counts)
    chance = whole * (1 - whole)
    weight = tries - sum(n * n for _, n in counts) / tries
    between = (spread - (len(counts) - 1) * chance) / weight
    return max(0.0, chance / between - 1) if between > 0 else None


def best_part(parts: Mapping[Key, tuple[int, int]], least: int = LEAST, level: float = LEVEL) -> Key | None:
    """The part whose share is above that of all others together beyond chance, None where none is.

    Fisher's exact test of the part with the highest lower bound, one-sided, its chance multiplied by the parts compared (Bonferroni), so
    that of centres whose parts do not differ at most 1 − level are told of a best one. Parts with fewer than `least` tries are no
    candidates but stand among the others.
    """
    candidates = [key for key, (_, tries) in parts.items() if tries >= least]
    if len(candidates) < 2:
        return None
    hits, tries = (sum(counts[i] for counts in parts.values()) for i in (0, 1))
    best = max(candidates, key=lambda key: (wilson(*parts[key])[0], parts[key][1], str(key)))
    own_hits, own_tries = parts[best]
    return best if chance_of_so_many(own_hits, own_tries, hits, tries) * len(candidates) <= 1 - level else None


def chance_of_so_many(hits: int, tries: int, all_hits: int, all_tries: int) -> float:
    """How likely a part of so many tries has at least so many of all hits, were they spread by chance: Fisher, one-sided, exact."""
    least, most, others = max(0, tries + all_hits - all_tries), min(tries, all_hits), all_tries - all_hits
    if hits <= least or hits > most:
        return float(hits <= least)

    def ways(k: int) -> float:
        return _log_choose(all_hits, k) + _log_choose(others, tries - k) - _log_choose(all_tries, tries)

    def up(k: int) -> float:
        return (all_hits - k) * (tries - k) / ((k + 1) * (others - tries + k + 1))

    if hits > tries * all_hits / all_tries:
        return _tail(math.exp(ways(hits)), (up(k) for k in range(hits, most)))
    return 1 - _tail(math.exp(ways(hits - 1)), (1 / up(k) for k in range(hits - 2, least - 1, -1)))


def _tail(first: float, ratios: Iterable[float]) -> float:
    """The sum of terms that get smaller: the first, and each the one before times a ratio."""
    total = term = first
    for ratio in ratios:
        term *= ratio
        total += term
        if term < total * 1e-17:
            break
    return min(1.0, total)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def chance_of_so_few(hits: int, tries: int, limit: float) -> float:
    """How likely at most so many hits are, were the share exactly the limit: binomial, exact."""
    if hits >= tries:
        return 1.0

    def log(k: int) -> float:
        return _log_choose(tries, k) + k * math.log(limit) + (tries - k) * math.log1p(-limit)

    odds = limit / (1 - limit)
    if hits < tries * limit:
        return _tail(math.exp(log(hits)), ((k + 1) / ((tries - k) * odds) for k in range(hits - 1, -1, -1)))
    return 1 - _tail(math.exp(log(hits + 1)), ((tries - k) / (k + 1) * odds for k in range(hits + 1, tries)))
