"""Permutation tests within strata: what would happen if the exposure did not matter."""

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolspan.analytics.statistics._arrays import Floats
    from toolspan.analytics.statistics._strata import Strata

# Up to so many arrangements are gone through one by one; beyond, some are drawn.
MOST_ARRANGEMENTS = 100_000
DRAWS = 10_000
# Rounding of sums in another order; statistics this close are the same.
TOLERANCE = 1e-9
# How many numbers a block of draws may hold (8 bytes each).
BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """The result for one exposure.

    Attributes:
        statistic: Σ exposure · score rank, in standard deviations of its permutations.
        p_value: two-sided.
        is_exact: whether all arrangements were gone through.
        arrangements: how many, or how many were drawn.
    """

    statistic: float
    p_value: float
    is_exact: bool
    arrangements: int


@dataclass(frozen=True, slots=True)
class MaxTTest:
    """The results for a family of exposures in the same strata.

    Attributes:
        statistics: each exposure's standardised statistic; NaN where its strata say nothing.
        p_values: of each exposure alone, two-sided.
        p_max_t: adjusted for the whole family (step-down max-T).
        draws: how many permutations were drawn.
    """

    statistics: "Floats"
    p_values: "Floats"
    p_max_t: "Floats"
    draws: int


def permutation_test(
    exposure: "Floats",
    scores: "Floats",
    strata: "Strata",
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> PermutationTest:
    """Test one exposure by permuting it within strata.

    The statistic is T = Σ (a - E a)·r with r the centred score ranks within strata (van Elteren),
    a the exposure where it has two values and its centred ranks where it has more. When the
    exposure has two values and there are at most 100,000 arrangements, the p-value is the share of
    all arrangements with |T| at least as large; otherwise of seeded draws, (1 + count)/(draws + 1).

    Assumes only that within a stratum every assignment of the exposure was equally likely.

    Source: Fisher (1935); Phipson and Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9, 39.
    """
    rows = strata.informative(exposure)
    strata = strata.among(rows)
    if not strata.count:
        return PermutationTest(math.nan, math.nan, is_exact=True, arrangements=1)
    a = exposure_scores(exposure[rows], strata)
    r = strata.scores(scores[rows])
    deviation = _deviation(a[:, None], r, strata)[0]
    if not deviation:
        return PermutationTest(math.nan, math.nan, is_exact=True, arrangements=1)
    observed = abs(float(a @ r)) / deviation
    exact = _all_arrangements(exposure[rows], r, strata)
    if exact is not None:
        beyond = np.abs(exact) / deviation >= observed - TOLERANCE
        p_value, count = float(beyond.mean()), len(exact)
    else:
        beyond_count = 0
        for block in _permuted(r, strata, draws, seed):
            beyond_count += int((np.abs(block @ a) / deviation >= observed - TOLERANCE).sum())
        p_value, count = (1 + beyond_count) / (draws + 1), draws
    return PermutationTest(float(a @ r) / deviation, p_value, exact is not None, count)


def max_t_test(
    exposures: "Floats",
    scores: "Floats",
    strata: "Strata",
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> MaxTTest:
    """Test a family of exposures at once by permuting the scores within strata.

    Each permutation of the scores is shared by all exposures, so that their dependence is kept.
    The adjusted p-value of the exposure with the k-th largest statistic compares it with the
    largest permuted statistic among it and all smaller ones, and never falls (step-down max-T):
    the chance of even one false finding in the family is at most the level.

    Assumes as `permutation_test` does, and subset pivotality.

    Source: Westfall and Young (1993), Resampling-Based Multiple Testing, algorithm 4.1.

    Args:
        exposures: a column for each exposure, a row for each session.
        scores: one a session.
        strata: the same for all exposures.
        draws: permutations.
        seed: the same seed, the same p-values.
    """
    columns = exposures.shape[1]
    a = np.column_stack(
        [exposure_scores(exposures[:, j], strata) for j in range(columns)]
        or [np.zeros((len(scores), 0))]
    )
    r = strata.scores(scores)
    deviation = _deviation(a, r, strata)
    is_known = deviation > TOLERANCE
    statistics = np.full(columns, math.nan)
    statistics[is_known] = (r @ a[:, is_known]) / deviation[is_known]
    known = np.flatnonzero(is_known)
    order = known[np.argsort(-np.abs(statistics[known]), kind="stable")]
    scaled = a[:, order] / deviation[order]
    observed = np.abs(statistics[order]) - TOLERANCE
    alone, largest = np.zeros(len(order)), np.zeros(len(order))
    for block in _permuted(r, strata, draws, seed):
        drawn = np.abs(block @ scaled)
        alone += (drawn >= observed).sum(0)
        largest += (np.maximum.accumulate(drawn[:, ::-1], axis=1)[:, ::-1] >= observed).sum(0)
    p_values, p_max_t = np.full(columns, math.nan), np.full(columns, math.nan)
    p_values[order] = (1 + alone) / (draws + 1)
    p_max_t[order] = np.maximum.accumulate((1 + largest) / (draws + 1))
    return MaxTTest(statistics, p_values, p_max_t, draws)


def exposure_scores(exposure: "Floats", strata: "Strata") -> "Floats":
    """What enters the statistic: centred, and ranked where there are more than two values."""
    if len(np.unique(exposure)) <= 2:
        return strata.centred(exposure)
    return strata.scores(exposure)


def _deviation(a: "Floats", r: "Floats", strata: "Strata") -> "Floats":
    """The standard deviation of Σ a·r over all permutations within strata, for each column."""
    spread = strata.sums(r**2) / np.maximum(strata.sizes() - 1, 1)
    columns = [strata.sums(a[:, j] ** 2) @ spread for j in range(a.shape[1])]
    return np.sqrt(np.array(columns, dtype=np.float64))


def _permuted(r: "Floats", strata: "Strata", draws: int, seed: int) -> "Iterator[Floats]":
    """Blocks of draws, each row `r` permuted within strata."""
    random = np.random.default_rng(seed)
    order = np.argsort(strata.codes, kind="stable")
    ends = np.cumsum(strata.sizes())
    sizes = strata.sizes()
    step = max(1, BLOCK // max(len(r), 1))
    for start in range(0, draws, step):
        count = min(step, draws - start)
        block = np.tile(r, (count, 1))
        for size, end in zip(sizes, ends, strict=True):
            if size > 1:
                rows = order[end - size : end]
                block[:, rows] = random.permuted(block[:, rows], axis=1)
        yield block


def _all_arrangements(exposure: "Floats", r: "Floats", strata: "Strata") -> "Floats | None":
    """The statistic of every arrangement, or None when there are too many to go through."""
    values = np.unique(exposure)
    if len(values) != 2:
        return None
    is_high = exposure == values[1]
    sizes, highs = strata.sizes(), strata.sums(is_high).astype(int)
    total = 1
    for size, high in zip(sizes, highs, strict=True):
        total *= math.comb(int(size), int(high))
        if total > MOST_ARRANGEMENTS:
            return None
    # Σ (a - E a)·r = step · Σ r over the high ones, because r sums to zero in each stratum.
    sums = np.zeros(1)
    for code, high in enumerate(highs):
        members = r[strata.codes == code]
        few = min(high, len(members) - high)
        chosen = np.array([sum(part) for part in combinations(members.tolist(), int(few))])
        sums = np.add.outer(sums, chosen if few == high else -chosen).ravel()
    return np.asarray(sums * (values[1] - values[0]), dtype=np.float64)
