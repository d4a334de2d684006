"""Effects within strata: against textbooks, scipy and the regression they equal."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from toolspan.analytics.statistics import (
    Strata,
    average_ranks,
    bootstrap_interval,
    e_value,
    heterogeneity,
    leave_one_out,
    mantel_haenszel,
    stratified_difference,
    stratified_rank_correlation,
    stratified_superiority,
)

# Admissions to Berkeley's six largest departments, 1973 (Bickel, Hammel, O'Connell 1975; R's
# UCBAdmissions): men admitted and rejected, women admitted and rejected.
BERKELEY = (
    (512, 313, 89, 19),
    (353, 207, 17, 8),
    (120, 205, 202, 391),
    (138, 279, 131, 244),
    (53, 138, 94, 299),
    (22, 351, 24, 317),
)


def berkeley() -> tuple[np.ndarray, np.ndarray, Strata]:
    is_man, admitted, department = [], [], []
    for number, (a, b, c, d) in enumerate(BERKELEY):
        is_man += [1] * (a + b) + [0] * (c + d)
        admitted += [1] * a + [0] * b + [1] * c + [0] * d
        department += [number] * (a + b + c + d)
    return np.array(is_man), np.array(admitted, dtype=float), Strata.of(np.array(department))


def random_study(seed: int, n: int = 60, strata: int = 4) -> tuple[np.ndarray, np.ndarray, Strata]:
    random = np.random.default_rng(seed)
    groups = random.integers(0, strata, n)
    exposure = (random.random(n) < 0.2 + 0.15 * groups).astype(float)
    scores = np.round(groups + 0.4 * exposure + random.normal(0, 1, n), 1)
    return exposure, scores, Strata.of(groups)


def test_the_berkeley_admissions_have_the_published_statistics() -> None:
    is_man, admitted, departments = berkeley()
    found = mantel_haenszel(is_man, admitted, departments)
    # R: mantelhaen.test(UCBAdmissions).
    assert found.odds_ratio == pytest.approx(0.9046968, abs=1e-7)
    assert found.statistic == pytest.approx(1.4269, abs=5e-5)
    assert found.p_value == pytest.approx(0.2323, abs=5e-5)
    assert found.strata == 6


def test_the_berkeley_paradox_is_a_change_of_sign() -> None:
    is_man, admitted, departments = berkeley()
    raw = admitted[is_man == 1].mean() - admitted[is_man == 0].mean()
    adjusted = stratified_difference(is_man, admitted, departments)
    assert raw > 0.14
    assert adjusted.difference < 0
    assert adjusted.difference == pytest.approx(
        mantel_haenszel(is_man, admitted, departments).risk_difference
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_difference_is_the_coefficient_of_a_regression_on_strata(seed: int) -> None:
    exposure, scores, strata = random_study(seed)
    design = np.column_stack([exposure, np.eye(strata.count)[strata.codes]])
    inverse = np.linalg.pinv(design.T @ design)
    coefficient = inverse @ design.T @ scores
    residual = scores - design @ coefficient
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    meat = design.T @ (design * ((residual / (1 - leverage)) ** 2)[:, None])
    found = stratified_difference(exposure, scores, strata)
    assert found.difference == pytest.approx(coefficient[0])
    assert found.standard_error == pytest.approx(np.sqrt((inverse @ meat @ inverse)[0, 0]))
    assert found.degrees_of_freedom == len(scores) - strata.count - 1


def test_strata_without_both_kinds_say_nothing() -> None:
    exposure, scores, strata = random_study(1)
    more = Strata.of(np.r_[strata.codes, [9] * 5, [10] * 5])
    found = stratified_difference(
        np.r_[exposure, np.ones(5), np.zeros(5)], np.r_[scores, np.full(10, 99.0)], more
    )
    assert found.difference == pytest.approx(
        stratified_difference(exposure, scores, strata).difference
    )
    assert found.n_used + found.n_unused == len(scores)
    nothing = stratified_difference(np.ones(5), np.arange(5.0), Strata.of(np.zeros(5)))
    assert math.isnan(nothing.difference)
    assert (nothing.n_used, nothing.n_unused, nothing.strata) == (0, 0, 0)


def test_clusters_that_hold_copies_are_worth_no_more_than_one() -> None:
    exposure, scores, strata = random_study(2)
    single = stratified_difference(exposure, scores, strata, np.arange(len(scores)))
    copies = stratified_difference(
        np.repeat(exposure, 5),
        np.repeat(scores, 5),
        Strata.of(np.repeat(strata.codes, 5)),
        np.repeat(np.arange(len(scores)), 5),
    )
    assert copies.difference == pytest.approx(single.difference)
    assert copies.standard_error == pytest.approx(single.standard_error, rel=0.02)


def test_the_bootstrap_agrees_with_students_t_in_a_plain_case() -> None:
    exposure, scores, strata = random_study(3, n=400)
    estimate = stratified_difference(exposure, scores, strata)
    found = bootstrap_interval(exposure, scores, strata, np.arange(400), estimate)
    assert found == pytest.approx(estimate.interval(), abs=0.03)
    assert found == bootstrap_interval(exposure, scores, strata, np.arange(400), estimate)


def test_superiority_is_mann_whitneys_u_over_pairs() -> None:
    random = np.random.default_rng(5)
    used, unused = random.integers(1, 6, 20).astype(float), random.integers(1, 5, 30).astype(float)
    found = stratified_superiority(
        np.r_[np.ones(20), np.zeros(30)], np.r_[used, unused], Strata.of(np.zeros(50))
    )
    assert found == pytest.approx(stats.mannwhitneyu(used, unused).statistic / 600)
    pairs = np.sign(np.subtract.outer(used, unused))
    assert found == pytest.approx((pairs > 0).mean() + (pairs == 0).mean() / 2)


def test_one_stratum_gives_spearmans_correlation() -> None:
    random = np.random.default_rng(6)
    calls, scores = random.poisson(3, 80).astype(float), random.normal(0, 1, 80)
    scores -= 0.3 * calls
    found = stratified_rank_correlation(calls, scores, Strata.of(np.zeros(80)))
    assert found.correlation == pytest.approx(stats.spearmanr(calls, scores).statistic)
    low, high = found.interval()
    assert -1 <= low < found.correlation < high <= 1


def test_a_correlation_that_strata_explain_vanishes() -> None:
    groups = np.repeat(np.arange(5), 40)
    random = np.random.default_rng(7)
    calls, scores = groups + random.random(200), -2.0 * groups + random.random(200)
    assert stats.spearmanr(calls, scores).statistic < -0.8
    found = stratified_rank_correlation(calls, scores, Strata.of(groups))
    low, high = found.interval()
    assert low < 0 < high
    assert found.strata == 5


def test_leaving_out_the_one_telling_workflow_is_noticed() -> None:
    exposure = np.tile([1.0, 0.0], 30)
    workflow = np.repeat([0, 1, 2], 20)
    scores = np.where(workflow == 2, -3 * exposure, 0.2 * exposure)
    groups = Strata.of(workflow)
    found = leave_one_out(exposure, scores, groups, groups)
    assert found.most_influential == 2
    assert found.changes_sign
    assert (found.low, found.high) == pytest.approx((-1.4, 0.2))
    alone = leave_one_out(
        exposure[:20], scores[:20], groups.among(workflow == 0), groups.among(workflow == 0)
    )
    assert (alone.most_influential, alone.changes_sign) == (-1, False)


def test_workflows_that_contradict_each_other_are_told_apart_from_noise() -> None:
    random = np.random.default_rng(8)
    exposure = np.tile([1.0, 0.0], 100)
    workflow = np.repeat([0, 1], 100)
    noise = random.normal(0, 1, 200)
    groups = Strata.of(workflow)
    apart = heterogeneity(exposure, noise + np.where(workflow, -1, 1) * exposure, groups, groups)
    alike = heterogeneity(exposure, noise + exposure, groups, groups)
    assert apart.p_value < 1e-6
    assert apart.differences[0] > 0 > apart.differences[1]
    assert alike.p_value > 0.05


def test_e_values_are_those_of_the_article() -> None:
    assert e_value(3.9) == pytest.approx(7.26, abs=0.005)  # breastfeeding, VanderWeele and Ding
    assert e_value(1 / 3.9) == pytest.approx(e_value(3.9))
    assert e_value(1) == 1
    assert math.isnan(e_value(math.inf))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 3)), min_size=1, max_size=60))
def test_ranks_within_groups_are_those_of_scipy(pairs: list[tuple[int, int]]) -> None:
    codes = np.array([group for group, _ in pairs])
    values = np.array([float(value) for _, value in pairs])
    found = average_ranks(values, codes)
    for group in set(codes.tolist()):
        assert found[codes == group].tolist() == stats.rankdata(values[codes == group]).tolist()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20)), min_size=1, max_size=80))
def test_bins_keep_the_order_and_never_split_equal_values(rows: list[tuple[int, int]]) -> None:
    base = Strata.of(np.array([group for group, _ in rows]))
    values = np.array([value for _, value in rows])
    found = base.cut(values, 5, 4)
    for code in range(base.count):
        mine = base.codes == code
        order = np.argsort(values[mine], kind="stable")
        bins = found.codes[mine][order]
        assert (np.diff(bins) >= 0).all()
        assert len(set(bins.tolist())) <= min(4, max(1, mine.sum() // 5))
        for value in set(values[mine].tolist()):
            assert len(set(found.codes[mine & (values == value)].tolist())) == 1


def test_values_without_ties_make_bins_of_equal_size() -> None:
    found = Strata.of(np.zeros(20)).cut(np.arange(20)[::-1], 5, 4)
    assert np.bincount(found.codes).tolist() == [5, 5, 5, 5]
    assert found.codes[0] == 3


@given(st.data())
def test_strata_are_the_combinations_of_their_factors(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 30))
    first = data.draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n))
    second = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    strata = Strata.of(np.array(first), np.array(second))
    assert strata.count == len(set(zip(first, second, strict=True)))
    for i in range(n):
        for j in range(n):
            is_same = (first[i], second[i]) == (first[j], second[j])
            assert (strata.codes[i] == strata.codes[j]) == is_same
