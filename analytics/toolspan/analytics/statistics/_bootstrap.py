"""The cluster bootstrap of a stratified difference."""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Floats, Ints, Numbers
    from toolspan.analytics.statistics._difference import Difference
    from toolspan.analytics.statistics._strata import Strata

RESAMPLES = 2_000


def resample_weights(clusters: int, resamples: int = RESAMPLES, seed: int = 0) -> "Floats":
    """How often each cluster is drawn, in each resample: one row a resample."""
    random = np.random.default_rng(seed)
    return random.multinomial(clusters, np.full(clusters, 1 / clusters), resamples).astype(float)


def bootstrap_interval(
    exposure: "Numbers",
    scores: "Floats",
    strata: "Strata",
    clusters: "Ints",
    estimate: "Difference",
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """The BCa interval of `stratified_difference`, resampling whole clusters.

    Clusters are drawn with replacement and the estimate is computed anew for each resample. The
    percentiles are shifted for bias (where the estimate stands among the resamples) and for
    acceleration (skewness of the influence values).

    Assumes independent clusters, and 30 or so of them.

    Source: Efron (1987), JASA 82, 171.
    """
    from scipy import stats

    rows = strata.informative(exposure)
    strata = strata.among(rows)
    x, y = np.asarray(exposure, dtype=np.float64)[rows], scores[rows]
    group = np.unique(clusters[rows], return_inverse=True)[1]
    weights = resample_weights(int(group.max()) + 1, resamples, seed)[:, group]
    member = np.zeros((len(x), strata.count))
    member[np.arange(len(x)), strata.codes] = 1
    n = weights @ member
    s = weights @ (member * y[:, None])
    used = x > 0
    n1 = weights[:, used] @ member[used]
    s1 = weights[:, used] @ (member[used] * y[used, None])
    n = np.maximum(n, 1)
    with np.errstate(invalid="ignore"):
        drawn = ((s1 * (n - n1) - (s - s1) * n1) / n).sum(1) / (n1 * (n - n1) / n).sum(1)
    drawn = drawn[np.isfinite(drawn)]
    below = float((drawn < estimate.difference).mean() + (drawn == estimate.difference).mean() / 2)
    if not 0 < below < 1 or len(drawn) < resamples / 2:
        return estimate.interval(confidence)
    shift = float(stats.norm.ppf(below))
    skew = float((estimate.influence**3).sum())
    acceleration = skew / (6 * max(float((estimate.influence**2).sum()) ** 1.5, 1e-300))
    low, high = (
        float(stats.norm.cdf(shift + (shift + z) / (1 - acceleration * (shift + z))))
        for z in stats.norm.ppf([(1 - confidence) / 2, (1 + confidence) / 2])
    )
    if not math.isfinite(low + high):
        return estimate.interval(confidence)
    return float(np.quantile(drawn, low)), float(np.quantile(drawn, high))
