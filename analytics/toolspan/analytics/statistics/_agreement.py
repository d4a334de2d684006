"""Whether raters, and sources of feedback, agree."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from toolspan.analytics.statistics._association import correlation

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Floats, Numbers

Level = Literal["nominal", "ordinal", "interval"]
Weights = Literal["none", "linear", "quadratic"]


def cohen_kappa(first: "Numbers", second: "Numbers", weights: Weights = "none") -> float:
    """Agreement of two raters beyond chance, from -1 to 1.

    κ = 1 - Σ w·observed / Σ w·expected, with w the disagreement of two categories: 1 when they
    differ (none), their distance in the sorted list of categories (linear) or its square
    (quadratic). NaN when both raters only ever use one and the same category.

    Source: Cohen (1960), Educ. Psychol. Meas. 20, 37; Cohen (1968), Psychol. Bull. 70, 213.
    """
    categories, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    k, n = len(categories), len(first)
    observed = np.zeros((k, k))
    np.add.at(observed, (codes[:n], codes[n:]), 1 / max(n, 1))
    expected = np.outer(observed.sum(1), observed.sum(0))
    distance = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(float)
    if weights == "none":
        distance = (distance > 0).astype(float)
    elif weights == "quadratic":
        distance **= 2
    chance = float((distance * expected).sum())
    return 1 - float((distance * observed).sum()) / chance if chance else math.nan


def krippendorff_alpha(ratings: "Floats", level: Level = "interval") -> float:
    """Agreement of any number of raters beyond chance, some ratings missing.

    alpha = 1 - observed / expected disagreement over all pairs of ratings of one item, from the
    coincidence matrix; distance 0 or 1 (nominal), by cumulated frequencies (ordinal) or squared
    (interval). NaN when fewer than two items have two ratings or all ratings are equal.

    Source: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.

    Args:
        ratings: a row for each rater, a column for each item, NaN where missing.
        level: what the values mean.
    """
    given = ~np.isnan(ratings)
    ratings = ratings[:, given.sum(0) >= 2]
    given = ~np.isnan(ratings)
    if ratings.shape[1] < 2:
        return math.nan
    values, codes = np.unique(ratings[given], return_inverse=True)
    k = len(values)
    counts = np.zeros((ratings.shape[1], k))
    np.add.at(counts, (np.nonzero(given)[1], codes), 1)
    m = counts.sum(1)
    coincidence = (counts.T / (m - 1)) @ counts - np.diag((counts / (m - 1)[:, None]).sum(0))
    frequency = coincidence.sum(1)
    n = frequency.sum()
    if level == "interval":
        distance = np.subtract.outer(values, values) ** 2
    elif level == "ordinal":
        place = np.cumsum(frequency) - frequency / 2
        distance = np.subtract.outer(place, place) ** 2
    else:
        distance = 1.0 - np.eye(k)
    expected = float((distance * np.outer(frequency, frequency)).sum()) / (n - 1)
    return 1 - float((distance * coincidence).sum()) / expected if expected else math.nan


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How two scores of the same sessions agree.

    Attributes:
        n: sessions that have both.
        pearson: correlation of the values.
        spearman: correlation of the ranks.
        same_side: share of sessions where both are good or both are not.
        kappa: Cohen's kappa of good or not.
    """

    n: int
    pearson: float
    spearman: float
    same_side: float
    kappa: float


def pair_agreement(
    first: "Floats", second: "Floats", first_good_from: float, second_good_from: float
) -> PairAgreement:
    """Compare two scores of the same sessions; each is good from its own threshold on."""
    a, b = first >= first_good_from, second >= second_good_from
    return PairAgreement(
        len(first),
        correlation(first, second)[0],
        correlation(first, second, of_ranks=True)[0],
        float((a == b).mean()) if len(a) else math.nan,
        cohen_kappa(a, b) if len(a) else math.nan,
    )
