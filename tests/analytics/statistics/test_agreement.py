"""Agreement: published examples."""

import math

import numpy as np
import pytest
from scipy import stats

from toolspan.analytics.statistics import (
    cohen_kappa,
    correlation,
    fisher_test,
    krippendorff_alpha,
    pair_agreement,
    raw_association,
)

# Krippendorff (2011), four observers, twelve units.
NAN = math.nan
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_is_that_of_the_published_example(level, alpha) -> None:
    assert krippendorff_alpha(OBSERVERS, level) == pytest.approx(alpha, abs=5e-4)


def test_alpha_needs_items_with_two_ratings_that_differ() -> None:
    assert math.isnan(krippendorff_alpha(np.array([[1, NAN], [NAN, 2.0]])))
    assert math.isnan(krippendorff_alpha(np.ones((3, 5))))


def test_kappa_is_that_of_the_published_example() -> None:
    # 20 both yes, 5 and 10 one only, 15 both no.
    first = [1] * 25 + [0] * 25
    second = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)
    assert cohen_kappa(first, first) == 1
    assert math.isnan(cohen_kappa([1, 1], [1, 1]))


def test_weighted_kappa_forgives_near_misses() -> None:
    first, second = [1, 2, 3, 4, 5, 5], [2, 3, 4, 5, 5, 4]
    plain, linear, quadratic = (
        cohen_kappa(first, second, weights) for weights in ("none", "linear", "quadratic")
    )
    assert plain < linear < quadratic


def test_two_scores_are_compared_by_value_rank_and_side() -> None:
    first, second = np.array([0.1, 0.4, 0.6, 0.9]), np.array([2.0, 5.0, 4.0, 9.0])
    found = pair_agreement(first, second, 0.5, 5.0)
    assert (found.n, found.same_side) == (4, 0.5)
    assert found.pearson == pytest.approx(stats.pearsonr(first, second)[0])
    assert found.spearman == pytest.approx(stats.spearmanr(first, second)[0])


def test_raw_statistics_are_those_of_scipy() -> None:
    random = np.random.default_rng(1)
    exposure, scores = random.random(50) < 0.4, random.integers(1, 6, 50).astype(float)
    found = raw_association(exposure, scores, good_from=4)
    used, unused = scores[exposure], scores[~exposure]
    assert (found.mean_used, found.mean_unused) == (used.mean(), unused.mean())
    r = stats.pearsonr(exposure.astype(float), scores)
    assert (found.point_biserial_r, found.point_biserial_p) == pytest.approx((r[0], r[1]))
    u = stats.mannwhitneyu(used, unused, method="asymptotic")
    assert (found.mann_whitney_u, found.mann_whitney_p) == pytest.approx((u[0], u[1]))
    assert fisher_test(found.table) == pytest.approx(stats.fisher_exact(found.table)[1])
    ranks = correlation(np.arange(50.0), scores, of_ranks=True)
    assert ranks == pytest.approx(tuple(stats.spearmanr(np.arange(50.0), scores)))


def test_what_does_not_vary_has_no_correlation() -> None:
    assert math.isnan(correlation(np.ones(5), np.arange(5.0))[0])
    assert math.isnan(raw_association(np.ones(5), np.arange(5.0)).difference)
