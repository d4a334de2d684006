"""Estimates of two sides, their difference, and relabelling."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from toolspan.analytics.statistics import (
    Relabelling,
    Strata,
    Units,
    arm_mean,
    arm_quantile,
    arm_rate,
    clustered_proportion,
    clustered_quantile,
    contrast,
    mcnemar,
)


def rate(k: int, n: int):
    return arm_rate(np.r_[np.ones(k), np.zeros(n - k)], np.ones(n), Units.alike(n))


def test_a_rate_of_equal_sessions_is_the_clustered_proportion() -> None:
    successes, trials = np.array([10.0, 0, 7, 10, 2]), np.array([10.0, 8, 9, 10, 3])
    found, known = (
        arm_rate(successes, trials, Units.alike(5)),
        clustered_proportion(successes, trials),
    )
    assert found.value == pytest.approx(known.rate)
    assert found.bounds(0.95) == pytest.approx((known.low, known.high))


def test_a_rate_without_a_failure_is_worth_no_more_than_its_sessions() -> None:
    found, known = rate(20, 20), clustered_proportion([1] * 20, [1] * 20)
    assert found.bounds(0.95) == pytest.approx((known.low, known.high))
    assert known.low == pytest.approx(0.820, abs=1e-3)
    assert found.bounds(0.95, times=10)[0] == pytest.approx(
        rate(200, 200).bounds(0.95)[0], abs=3e-3
    )


def test_weights_bring_strata_to_a_common_mix() -> None:
    # Two workflows at 0.9 and 0.5; 8 of 10 sessions are of the first, and each is to count half.
    successes = np.r_[np.ones(7), 0.0, 1.0, 0.0]
    units = Units(
        np.r_[np.full(8, 1 / 8), np.full(2, 1 / 2)], np.repeat([0, 1], [8, 2]), np.arange(10)
    )
    assert arm_rate(successes, np.ones(10), units).value == pytest.approx((7 / 8 + 1 / 2) / 2)


def test_a_mean_has_students_interval_and_its_logarithm_a_skewed_one() -> None:
    values = np.array([1.0, 2, 3, 4, 10])
    found = arm_mean(values, np.ones(5), Units.alike(5))
    # The jackknife of a mean is its usual standard error.
    half = float(stats.t.ppf(0.975, 4) * values.std(ddof=1) / math.sqrt(5))
    assert found.bounds(0.95) == pytest.approx((4 - half, 4 + half))
    low, high = arm_mean(values, np.ones(5), Units.alike(5), is_log=True).bounds(0.95)
    assert 0 < low < 4 < high
    assert high - 4 > 4 - low


def test_a_quantile_of_equal_sessions_is_the_clustered_quantile() -> None:
    random = np.random.default_rng(3)
    values, places = random.exponential(1, 200), np.repeat(np.arange(40), 5)
    for q in (0.5, 0.9):
        found = arm_quantile(values, places, q, Units.alike(40))
        known = clustered_quantile(values, places, q)
        assert found.value == known.value
        assert found.effective_n == pytest.approx(known.effective_n)
        low, high = found.bounds(0.95)
        assert known.low <= low < known.value < high <= known.high


def test_a_quantile_has_no_bounds_below_what_they_need() -> None:
    values = np.arange(40.0)
    found = arm_quantile(values, np.arange(40), 0.95, Units.alike(40))
    assert math.isnan(found.bounds(0.95)[1])
    assert not math.isnan(found.bounds(0.95, times=2)[1])


def test_two_independent_rates_have_newcombes_interval() -> None:
    # Newcombe (1998), table II, method 10: 56/70 and 48/80 give 0.0524 to 0.3339.
    found = contrast(rate(48, 80), rate(56, 70), is_relative=False)
    assert found.difference == pytest.approx(0.2)
    assert found.interval() == pytest.approx((0.0524, 0.3339), abs=4e-3)


def test_pairs_have_newcombes_paired_interval() -> None:
    both, first, second, neither = 20, 2, 12, 16
    base = np.r_[np.ones(both + first), np.zeros(second + neither)]
    new = np.r_[np.ones(both), np.zeros(first), np.ones(second), np.zeros(neither)]
    n = len(base)
    arms = [arm_rate(side, np.ones(n), Units.alike(n)) for side in (base, new)]
    found = contrast(arms[0], arms[1], is_relative=False, is_paired=True)
    phi = (both * neither - first * second - n / 2) / math.sqrt(22 * 28 * 32 * 18)
    assert found.correlation == pytest.approx(phi)
    (_, u0), (l1, _) = (arm.bounds(0.95) for arm in arms)
    below = math.sqrt((0.64 - l1) ** 2 + (u0 - 0.44) ** 2 - 2 * phi * (0.64 - l1) * (u0 - 0.44))
    assert found.interval()[0] == pytest.approx(0.2 - below)
    unpaired = contrast(arms[0], arms[1], is_relative=False).interval()
    assert unpaired[0] < found.interval()[0] < found.interval()[1] < unpaired[1]


def test_pairs_that_all_agree_do_not_make_it_certain() -> None:
    side = np.r_[np.ones(14), np.zeros(6)]
    arm = arm_rate(side, np.ones(20), Units.alike(20))
    low, high = contrast(arm, arm, is_relative=False, is_paired=True).interval()
    assert low < -0.05
    assert high > 0.05


@pytest.mark.parametrize("is_relative", [False, True])
def test_a_one_sided_p_value_is_where_the_bound_meets_the_limit(is_relative: bool) -> None:
    random = np.random.default_rng(5)
    arms = [
        arm_mean(random.gamma(4, scale, 60), np.ones(60), Units.alike(60), is_log=is_relative)
        for scale in (1, 1.5)
    ]
    found = contrast(arms[0], arms[1], is_relative=is_relative)
    low, high = found.interval(0.95)
    assert found.p_above(low) == pytest.approx(0.025, rel=1e-3)
    assert found.p_below(high) == pytest.approx(0.025, rel=1e-3)
    assert found.p_above(found.difference) == 0.5
    assert found.p_above(high) == pytest.approx(0.975, rel=1e-3)


def every_relabelling(is_new, codes):
    """All labels with as many of each side in each stratum."""
    places = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    choices = [
        list(itertools.combinations(members, int(is_new[members].sum()))) for members in places
    ]
    for chosen in itertools.product(*choices):
        labels = np.zeros(len(is_new), dtype=bool)
        labels[[place for part in chosen for place in part]] = True
        yield labels


def test_relabelling_within_strata_gives_the_share_of_all_relabellings() -> None:
    is_new = np.array([0, 1, 1, 0, 0, 1, 1, 0, 1], dtype=bool)
    codes = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    values = np.array([1.0, 4, 3, 2, 2, 9, 8, 3, 7])
    weights = np.ones(9)
    relabelling = Relabelling(is_new, Strata.of(codes), weights, weights, 20_000)
    found = relabelling.test(values, np.ones(9))
    drawn = np.array(
        [
            values[labels].mean() - values[~labels].mean()
            for labels in every_relabelling(is_new, codes)
        ]
    )
    observed = values[is_new].mean() - values[~is_new].mean()
    assert found.p_above == pytest.approx((drawn >= observed - 1e-9).mean(), abs=0.01)
    assert found.p_value == pytest.approx((abs(drawn) >= abs(observed) - 1e-9).mean(), abs=0.01)
    assert len(drawn) == 40


@given(st.integers(0, 12), st.integers(0, 12))
def test_mcnemar_is_the_sign_test_of_pairs_that_differ(better: int, worse: int) -> None:
    found = mcnemar(better, worse)
    if better + worse:
        for side, p in (("two-sided", found.p_value), ("greater", found.p_above)):
            known = stats.binomtest(better, better + worse, 0.5, alternative=side).pvalue
            assert p == pytest.approx(known)
    else:
        assert (found.p_value, found.p_above, found.p_below) == (1, 1, 1)


def test_pairs_relabelled_give_mcnemar() -> None:
    base = np.r_[np.zeros(9), np.ones(2), np.ones(10), np.zeros(5)]
    new = np.r_[np.ones(9), np.zeros(2), np.ones(10), np.zeros(5)]
    n = len(base)
    relabelling = Relabelling(
        np.repeat([False, True], n), Strata.of(np.tile(np.arange(n), 2)), np.ones(2 * n),
        np.ones(2 * n), 20_000,
    )  # fmt: skip
    found = relabelling.test(np.r_[base, new], np.ones(2 * n))
    assert found.p_value == pytest.approx(mcnemar(9, 2).p_value, abs=0.01)
