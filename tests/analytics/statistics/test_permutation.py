"""Permutation within strata: exact where it can be, seeded where it cannot, whole families at once."""

import math
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from toolspan.analytics.statistics import (
    Strata,
    benjamini_hochberg,
    holm,
    max_t_test,
    permutation_test,
    wild_cluster_test,
)


def test_a_small_study_is_gone_through_arrangement_by_arrangement() -> None:
    exposure = np.array([1, 1, 0, 0, 0, 1, 0, 0.0])
    scores = np.array([5, 4, 3, 2, 1, 9, 7, 8.0])
    strata = Strata.of(np.array([0, 0, 0, 0, 0, 1, 1, 1]))
    found = permutation_test(exposure, scores, strata)
    assert (found.is_exact, found.arrangements) == (True, 30)
    # The extreme arrangement: 1 of 10 in the first stratum, 1 of 3 in the second; and its mirror.
    assert found.p_value == pytest.approx(2 / 30)


@pytest.mark.requirement("design.6-permutation")
def test_the_exact_p_value_is_the_share_of_all_orders_of_the_scores() -> None:
    exposure = np.array([1, 0, 0, 1, 0, 1.0])
    scores = np.array([3, 1, 2, 6, 6, 4.0])
    strata = Strata.of(np.array([0, 0, 0, 1, 1, 1]))
    r = strata.scores(scores)
    centred = strata.centred(exposure)
    drawn = [
        abs(centred @ np.r_[first, second])
        for first in permutations(r[:3])
        for second in permutations(r[3:])
    ]
    expected = np.mean(np.array(drawn) >= abs(centred @ r) - 1e-9)
    assert permutation_test(exposure, scores, strata).p_value == pytest.approx(expected)


def test_with_one_stratum_it_is_the_exact_rank_sum_test() -> None:
    random = np.random.default_rng(3)
    used, unused = random.normal(0.8, 1, 8), random.normal(0, 1, 9)
    found = permutation_test(
        np.r_[np.ones(8), np.zeros(9)], np.r_[used, unused], Strata.of(np.zeros(17))
    )
    expected = stats.mannwhitneyu(used, unused, method="exact").pvalue
    assert found.is_exact
    assert found.p_value == pytest.approx(expected)


def test_draws_come_close_to_the_exact_p_value_and_repeat_with_the_seed() -> None:
    random = np.random.default_rng(4)
    exposure = np.tile([1.0, 0, 0, 0], 4)
    strata = Strata.of(np.repeat([0, 1], 8))
    scores = random.normal(0, 1, 16) + exposure
    exact = permutation_test(exposure, scores, strata)
    family = np.column_stack([exposure, random.permutation(exposure)])
    drawn = max_t_test(family, scores, strata, draws=20_000, seed=1)
    assert exact.is_exact
    assert drawn.p_values[0] == pytest.approx(exact.p_value, abs=0.01)
    assert drawn.statistics[0] == pytest.approx(exact.statistic)
    again = max_t_test(family, scores, strata, draws=20_000, seed=1)
    assert again.p_values.tolist() == drawn.p_values.tolist()
    assert max_t_test(family, scores, strata, seed=2).p_values.tolist() != drawn.p_values.tolist()


def test_scores_without_variance_give_no_p_value() -> None:
    found = permutation_test(np.array([1, 0, 1, 0.0]), np.ones(4), Strata.of(np.zeros(4)))
    assert math.isnan(found.p_value)
    family = max_t_test(
        np.array([[1, 1], [0, 1], [1, 1], [0, 1.0]]),
        np.arange(4.0),
        Strata.of(np.zeros(4)),
        draws=50,
    )
    assert not math.isnan(family.p_values[0])
    assert math.isnan(family.p_values[1])
    assert math.isnan(family.p_max_t[1])


def test_numbers_of_calls_are_permuted_by_their_ranks() -> None:
    random = np.random.default_rng(5)
    calls = random.poisson(3, 60).astype(float)
    strata = Strata.of(np.zeros(60))
    clear = permutation_test(calls, -calls + random.normal(0, 1, 60), strata, draws=999)
    unrelated = permutation_test(calls, random.normal(0, 1, 60), strata, draws=999)
    assert (clear.is_exact, clear.p_value) == (False, 1 / 1000)
    assert unrelated.p_value > 0.05


def test_a_family_is_adjusted_step_by_step() -> None:
    random = np.random.default_rng(6)
    family = (random.random((80, 10)) < 0.4).astype(float)
    scores = random.normal(0, 1, 80) + 2.0 * family[:, 3]
    found = max_t_test(family, scores, Strata.of(np.zeros(80)), draws=2000)
    assert found.p_max_t[3] < 0.01
    assert (found.p_max_t >= found.p_values - 1e-12).all()
    order = np.argsort(-np.abs(found.statistics))
    assert (np.diff(found.p_max_t[order]) >= 0).all()
    assert (found.p_max_t <= np.minimum(1, holm(found.p_values) + 0.03)).all()


def test_copies_of_one_exposure_cost_nothing() -> None:
    random = np.random.default_rng(7)
    one = (random.random((60, 1)) < 0.5).astype(float)
    scores = random.normal(0, 1, 60) + 0.5 * one[:, 0]
    strata = Strata.of(np.zeros(60))
    alone = max_t_test(one, scores, strata, draws=1000)
    many = max_t_test(np.repeat(one, 20, axis=1), scores, strata, draws=1000)
    assert many.p_max_t.tolist() == pytest.approx([alone.p_values[0]] * 20)


def test_an_empty_family_is_no_error() -> None:
    found = max_t_test(np.zeros((5, 0)), np.arange(5.0), Strata.of(np.zeros(5)), draws=10)
    assert len(found.p_values) == 0


def test_q_values_are_those_of_scipy_and_skip_what_is_not_known() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.2, 0.9])
    assert benjamini_hochberg(p).tolist() == pytest.approx(
        stats.false_discovery_control(p).tolist()
    )
    gapped = benjamini_hochberg(np.array([0.01, math.nan, 0.04, 0.03, 0.2, 0.9]))
    assert math.isnan(gapped[1])
    assert np.delete(gapped, 1).tolist() == pytest.approx(benjamini_hochberg(p).tolist())
    assert benjamini_hochberg(np.array([])).tolist() == []


def test_holm_is_worked_by_hand() -> None:
    found = holm(np.array([0.01, 0.04, 0.03, math.nan, 0.005]))
    assert found[[0, 1, 2, 4]].tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert math.isnan(found[3])


def test_the_wild_bootstrap_sees_that_users_are_what_differs() -> None:
    random = np.random.default_rng(9)
    users = np.repeat(np.arange(16), 10)
    exposure = (users % 2).astype(float)
    strata = Strata.of(np.zeros(160))
    taste = random.normal(0, 1, 16)[users]
    naive = stats.mannwhitneyu(taste[exposure == 1], taste[exposure == 0]).pvalue
    found = wild_cluster_test(exposure, taste + random.normal(0, 0.1, 160), strata, users)
    assert naive < 0.01
    assert found > 0.05
    clear = wild_cluster_test(exposure, taste + 5 * exposure, strata, users)
    assert clear < 0.01
    few = users < 8
    assert 0 < wild_cluster_test(exposure[few], taste[few], strata.among(few), users[few]) <= 1
    assert math.isnan(wild_cluster_test(np.ones(160), taste, strata, users))
