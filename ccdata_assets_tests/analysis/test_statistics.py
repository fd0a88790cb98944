"""The statistics of the analysis beside other implementations of them, brute force and simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ccdata_assets.analysis import surges
from ccdata_assets.analysis.declared import load_analysis
from ccdata_assets.analysis.outliers import dispersion, funnel, verdicts
from ccdata_assets.analysis.satisfaction import Link, link, sentence, strength_of
from ccdata_assets.analysis.topics import fisher, holm, rules

LIMITS = load_analysis()


def answers(seed: int, n: int, slope: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Waits, and scores of five that fall with their logarithm by `slope`."""
    random = np.random.default_rng(seed)
    seconds = np.round(random.exponential(60, n))
    leaning = 1 - slope * (np.log2(1 + seconds) - 5) + random.logistic(0, 1, n)
    scores = np.clip(np.round(3 + leaning), 1, 5) / 5
    return seconds, scores, scores >= 0.8


def test_rho_and_odds_are_those_of_other_libraries() -> None:
    from scipy.optimize import minimize

    seconds, scores, satisfied = answers(1, 800, 0.5)
    found = link(seconds, scores, satisfied, LIMITS.satisfaction)
    assert found.rho == pytest.approx(stats.spearmanr(seconds, scores).statistic, abs=1e-12)
    assert found.biserial == pytest.approx(stats.pointbiserialr(satisfied, np.log2(1 + seconds)).statistic, abs=1e-12)
    x = np.log2(1 + seconds) - np.log2(1 + seconds).mean()

    def unlikely(beta: np.ndarray) -> float:
        return float(np.logaddexp(0, np.where(satisfied, -1, 1) * (beta[0] + beta[1] * x)).sum())

    best = minimize(unlikely, [0.0, 0.0], tol=1e-12).x
    p = 1 / (1 + np.exp(-(best[0] + best[1] * x)))
    design = np.column_stack([np.ones_like(x), x])
    error = np.sqrt(np.linalg.inv((design * (p * (1 - p))[:, None]).T @ design)[1, 1])
    assert found.odds == pytest.approx(np.exp(best[1]), rel=1e-4)
    assert (found.odds_low, found.odds_high) == pytest.approx(
        (np.exp(best[1] - 1.96 * error), np.exp(best[1] + 1.96 * error)), rel=1e-3
    )
    assert found.strength in ("weak", "moderate") and "lower the satisfaction" in sentence("wait", found)[1]


def test_the_interval_of_rho_holds_the_true_one_as_often_as_it_says() -> None:
    seconds, scores, satisfied = answers(2, 200_000, 0.3)
    true = stats.spearmanr(seconds, scores).statistic
    random = np.random.default_rng(3)
    held = []
    for _ in range(400):
        some = random.integers(0, len(seconds), 300)
        found = link(seconds[some], scores[some], satisfied[some], LIMITS.satisfaction)
        assert found.rho_low is not None and found.rho_high is not None
        held.append(found.rho_low <= true <= found.rho_high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_of_answers_that_have_nothing_to_do_with_the_wait_no_association_is_said() -> None:
    said = [link(*answers(seed, 400, 0.0), LIMITS.satisfaction).strength for seed in range(100)]
    assert said.count("not_shown") >= 88, "five in a hundred are expected to show one by chance"
    assert not {"weak", "moderate", "strong"} & set(said)


def test_too_few_answers_or_one_kind_of_them_say_nothing() -> None:
    seconds, scores, satisfied = answers(4, 49, 0.5)
    few = link(seconds, scores, satisfied, LIMITS.satisfaction)
    assert few == Link(49, int(satisfied.sum())) and "not enough data" in sentence("wait", few)[1]
    everybody = np.ones(500, dtype=bool)
    assert link(np.arange(500.0), np.ones(500), everybody, LIMITS.satisfaction).strength == "not_enough"


def test_where_the_time_tells_all_answers_apart_there_are_no_odds() -> None:
    seconds = np.arange(200.0)
    found = link(seconds, (seconds < 100) / 1.0, seconds < 100, LIMITS.satisfaction)
    assert found.odds is None and found.strength == "strong"


def test_the_word_is_that_of_the_end_of_the_interval_nearer_to_none() -> None:
    assert [strength_of(*ends) for ends in ((-0.1, 0.3), (0.05, 0.9), (-0.6, -0.2), (0.35, 0.4), (-0.9, -0.51))] == [
        "not_shown", "negligible", "weak", "moderate", "strong",
    ]  # fmt: skip


def weeks_of(same: list[float], others: float) -> np.ndarray:
    """Days back of weeks whose same weekday had these calls, the last week first, and whose other days had as many each."""
    past = np.full((1, 7 * len(same)), others)
    past[0, 6::7] = same
    return past


@given(st.integers(0, 60), st.integers(0, 60), st.floats(1, 60))
@settings(max_examples=80)
def test_the_chance_of_a_day_is_the_tail_of_a_negative_binomial(calls: int, before: int, others: float) -> None:
    found = surges.judge(np.array([float(calls)]), weeks_of([before] * 8, others), LIMITS.surges)
    mean = max(before, 0.5 / 8)
    assert (found.expected[0], found.dispersion[0]) == pytest.approx((mean, 1.0))
    size = 8 * mean  # of a variance mean · (1 + 1/8)
    assert found.p_value[0] == pytest.approx(
        stats.nbinom.sf(calls - 1, size, size / (size + mean)), rel=1e-9, abs=1e-12
    )


def test_the_dispersion_is_that_of_all_days_about_the_mean_of_their_weekday() -> None:
    past = np.random.default_rng(6).negative_binomial(10, 0.2, (1, 56)).astype(float)
    by_weekday = past.reshape(8, 7)
    pearson = ((by_weekday - by_weekday.mean(axis=0)) ** 2 / by_weekday.mean(axis=0)).sum() / 49
    assert surges.judge(np.array([1.0]), past, LIMITS.surges).dispersion[0] == pytest.approx(pearson)


def year_of_alarms(daily: np.ndarray) -> tuple[int, int]:
    """Alarms in days × parts that follow 8 weeks of history each, and days looked at. Rows are days, columns parts."""
    limits, back = LIMITS.surges, 7 * LIMITS.surges.weeks
    past = (
        np.lib.stride_tricks.sliding_window_view(daily[:-1], back, axis=0)[:, :, ::-1].reshape(-1, back).astype(float)
    )
    calls = daily[back:].reshape(-1).astype(float)
    told = surges.judge(calls, past, limits)
    alarms = (told.p_value < surges.limit_p(daily.shape[1], limits)) & (calls >= limits.times * told.expected)
    return int((alarms & (calls - told.expected >= limits.more)).sum()), len(daily) - back


@pytest.mark.parametrize("mean", [0.5, 4.0, 20.0, 200.0])
def test_steady_calls_hardly_ever_alarm(mean: float) -> None:
    """Eight years of twelve topics: no more false alarms than declared, which would be eight."""
    daily = np.random.default_rng(int(mean * 10)).poisson(mean, (8 * 365 + 56, 12))
    alarms, days = year_of_alarms(daily)
    assert alarms <= LIMITS.surges.alarms_a_year * days / 365


def test_calls_that_always_vary_more_than_chance_do_not_alarm_for_it() -> None:
    daily = np.random.default_rng(7).negative_binomial(10, 10 / (10 + 40), (4 * 365 + 56, 8))  # mean 40, variance 200
    alarms, days = year_of_alarms(daily)
    assert alarms <= 4 * LIMITS.surges.alarms_a_year * days / 365, "Poisson limits would give hundreds"


def test_a_planted_surge_is_found_and_one_in_the_past_hides_none() -> None:
    past = weeks_of([20, 22, 19, 180, 21, 18, 20, 23], 20)
    calm, surge = (float(surges.judge(np.array([calls]), past, LIMITS.surges).p_value[0]) for calls in (26.0, 60.0))
    assert calm > 0.05 and surge < surges.limit_p(20, LIMITS.surges)


def test_few_days_before_say_nothing() -> None:
    nothing = np.full((1, 56), np.nan)
    nothing[0, 6:27:7] = (1, 2, 1)
    told = surges.judge(np.array([100.0, 100.0]), np.vstack([nothing, np.full((1, 56), np.nan)]), LIMITS.surges)
    assert not told.is_judged.any() and np.isnan(told.p_value).all()


BASKETS = st.lists(st.sets(st.sampled_from("abcd"), min_size=1, max_size=4).map(sorted), min_size=20, max_size=120)


@given(BASKETS)
@settings(max_examples=40)
def test_rules_are_those_of_counting_by_hand(baskets: list[list[str]]) -> None:
    limits = LIMITS.topics.model_copy(update={"customers": 3, "alpha": 0.9999, "topics": 3})
    grouped = sorted({tuple(basket) for basket in baskets})
    told, tried = rules(
        [list(basket) for basket in grouped], [baskets.count(list(basket)) for basket in grouped], limits
    )
    n = len(baskets)

    def have(topics: tuple[str, ...]) -> int:
        return sum(set(topics) <= set(basket) for basket in baskets)

    expected = {}
    for size in (2, 3):
        for itemset in itertools.combinations("abcd", size):
            both = have(itemset)
            if both < max(3, limits.support * n):
                continue
            for k in range(1, size):
                for antecedent in itertools.combinations(itemset, k):
                    consequent = tuple(topic for topic in itemset if topic not in antecedent)
                    if both / have(antecedent) >= limits.confidence:
                        expected[" + ".join(antecedent), " + ".join(consequent)] = (
                            both,
                            have(antecedent),
                            have(consequent),
                        )
    several = sum(len(basket) > 1 for basket in baskets)
    assert tried == (len(expected) if several >= 3 else 0)
    for rule in told:
        both, first, second = expected[rule.antecedent, rule.consequent]
        assert (rule.both_customers, rule.antecedent_customers, rule.consequent_customers) == (both, first, second)
        assert (rule.support, rule.confidence, rule.lift) == pytest.approx(
            (both / n, both / first, both * n / (first * second))
        )
        assert rule.lift > 1 and rule.p_value <= rule.p_adjusted < limits.alpha


def test_topics_that_come_together_by_chance_give_no_rule_and_planted_ones_do() -> None:
    random, noise = np.random.default_rng(5), 0
    for _ in range(20):
        table = random.random((3000, 10)) < 0.12
        baskets = [[f"t{i}" for i in np.flatnonzero(row)] for row in table if row.any()]
        noise += bool(rules(baskets, [1] * len(baskets), LIMITS.topics)[0])
    assert noise <= 3, "one in twenty is expected"
    table[:, 1] |= table[:, 0] & (random.random(3000) < 0.5)
    baskets = [[f"t{i}" for i in np.flatnonzero(row)] for row in table if row.any()]
    told, _ = rules(baskets, [1] * len(baskets), LIMITS.topics)
    assert {(rule.antecedent, rule.consequent) for rule in told} >= {("t0", "t1"), ("t1", "t0")}


def test_the_tests_of_rules_are_those_of_other_libraries() -> None:
    for both, first, second, n in ((30, 100, 120, 1000), (1, 5, 9, 50), (50, 50, 60, 60), (3, 400, 5, 500)):
        table = [[both, first - both], [second - both, n - first - second + both]]
        assert fisher(np.array([both]), np.array([first]), np.array([second]), n)[0] == pytest.approx(
            stats.fisher_exact(table, "greater").pvalue, rel=1e-9
        )
    p_values = [0.01, 0.04, 0.03, 0.005, 0.9]
    assert holm(p_values) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.9]), "Holm 1979, by hand"


@given(st.lists(st.tuples(st.integers(10, 400), st.floats(0, 1)), min_size=5, max_size=12))
@settings(max_examples=60)
def test_who_is_outside_is_where_chance_gives_less_than_one_in_a_thousand(parts: list[tuple[int, float]]) -> None:
    total = np.array([n for n, _ in parts])
    met = np.array([round(n * share) for n, share in parts])
    found = funnel(met, total)
    words = verdicts(met, total, found)
    if found.dispersion > 1 or not 0 < found.centre < 1:
        return
    for n, m, word in zip(total, met, words, strict=True):
        tail = min(stats.binom.cdf(m, n, found.centre), stats.binom.sf(m - 1, n, found.centre))
        assert word == ("outside" if tail < 0.001 else "watch" if tail < 0.025 else "within"), (n, m, tail)


def test_of_agents_who_are_all_alike_few_lie_beyond_the_limits_and_an_odd_one_does() -> None:
    random = np.random.default_rng(8)
    total = random.integers(30, 300, 60)
    watched = outside = 0
    for _ in range(100):
        met = random.binomial(total, 0.85)
        words = verdicts(met, total, funnel(met, total))
        watched += len(words) - words.count("within")
        outside += words.count("outside")
    assert watched / 6000 < 0.06 and outside / 6000 < 0.004
    met[0] = round(total[0] * 0.5)
    assert verdicts(met, total, funnel(met, total))[0] == "outside"


def test_a_spread_beyond_chance_widens_the_limits() -> None:
    random = np.random.default_rng(9)
    total = np.full(80, 400)
    met = random.binomial(total, np.clip(random.normal(0.8, 0.05, 80), 0, 1))
    assert dispersion(met, total, met.sum() / total.sum()) > 3
    words = verdicts(met, total, funnel(met, total))
    assert words.count("outside") <= 2, "limits of chance alone would mark a third of them"
