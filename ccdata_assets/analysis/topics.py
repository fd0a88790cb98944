"""Topics that come together in a customer's calls: association rules by mlxtend (Apriori), each tested, so that noise is not shown.
A basket is the set of topics of one customer in the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ccdata_assets.analysis.declared import Topics

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEGLIGIBLE: Final = 1e-17  # of a sum


@dataclass(frozen=True)
class Rule:
    """Customers with the antecedent often have the consequent too; counts are customers."""

    antecedent: str
    consequent: str
    customers: int
    antecedent_customers: int
    consequent_customers: int
    both_customers: int
    support: float
    confidence: float
    lift: float
    p_value: float
    p_adjusted: float


def rules(baskets: list[list[str]], counts: list[int], limits: Topics) -> tuple[list[Rule], int]:
    """The rules that hold, the most lifted first, and how many were tried. `counts` has how many customers have each basket.

    support = both / customers, confidence = both / antecedent, lift = confidence / (consequent / customers). A rule is tried where
    support, confidence and number of customers are those of `limits`; it holds where its lift is above 1 and Fisher's exact test
    (one-sided), by Holm's procedure over all tried, is below alpha.
    """
    customers = sum(counts)
    topics = sorted({topic for basket in baskets for topic in basket})
    several = sum(count for basket, count in zip(baskets, counts, strict=True) if len(set(basket)) > 1)
    if len(topics) < 2 or several < limits.customers:
        return [], 0
    import numpy as np
    import pandas as pd
    from mlxtend.frequent_patterns import apriori, association_rules

    place = {topic: i for i, topic in enumerate(topics)}
    table = np.zeros((len(baskets), len(topics)), dtype=bool)
    for row, basket in enumerate(baskets):  # distinct baskets, not customers
        table[row, [place[topic] for topic in basket]] = True
    have = np.asarray(counts) @ table
    # who called on one topic only is in no itemset of two: such customers count for the supports of single topics alone
    is_several = table.sum(axis=1) > 1
    frame = pd.DataFrame(np.repeat(table[is_several], np.asarray(counts)[is_several], axis=0), columns=topics)
    least = max(limits.support * customers, limits.customers) / len(frame)
    found = apriori(frame, min_support=least * (1 - 1e-12), use_colnames=True, max_len=limits.topics, low_memory=True)
    found = found[found["itemsets"].map(len) > 1]
    if found.empty:
        return [], 0
    single = pd.DataFrame({"support": have / customers, "itemsets": [frozenset([topic]) for topic in topics]})
    found = pd.concat([found.assign(support=found["support"] * len(frame) / customers), single], ignore_index=True)
    tried: Any = association_rules(found, metric="confidence", min_threshold=limits.confidence)
    if tried.empty:
        return [], 0
    both = np.rint(tried["support"].to_numpy() * customers).astype(int)
    first = np.rint(tried["antecedent support"].to_numpy() * customers).astype(int)
    second = np.rint(tried["consequent support"].to_numpy() * customers).astype(int)
    p_values = fisher(both, first, second, customers).tolist()
    adjusted = holm(p_values)
    told = [
        Rule(
            " + ".join(sorted(antecedent)), " + ".join(sorted(consequent)), customers, int(a), int(c), int(b), b / customers, b / a,
            b * customers / (a * c), p, q,
        )
        for antecedent, consequent, a, c, b, p, q in zip(
            tried["antecedents"], tried["consequents"], first, second, both, p_values, adjusted, strict=True
        )
        if b * customers > a * c and q < limits.alpha
    ]  # fmt: skip
    return sorted(told, key=lambda rule: (-rule.lift, rule.antecedent, rule.consequent)), len(tried)


def fisher(both: NDArray[Any], first: NDArray[Any], second: NDArray[Any], customers: int) -> NDArray[Any]:
    """The chance of so many customers with both or more, where `first` and `second` of all came about independently (hypergeometric)."""
    import numpy as np
    from scipy.special import gammaln

    def ways(n: Any, k: Any) -> Any:
        return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)

    k = both.astype(float)
    term = np.exp(ways(first, k) + ways(customers - first, second - k) - ways(customers, second))
    total = term.copy()
    while (term > NEGLIGIBLE * total).any():  # each term out of the one before
        term = (
            term
            * np.maximum(first - k, 0)
            * np.maximum(second - k, 0)
            / ((k + 1) * (customers - first - second + k + 1))
        )
        total, k = total + term, k + 1
    chance: NDArray[Any] = np.minimum(total, 1.0)
    return chance


def holm(p_values: list[float]) -> list[float]:
    """Each p-value adjusted for all of them (Holm 1979), in the order given."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted
