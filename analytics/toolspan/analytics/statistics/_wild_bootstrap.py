"""The wild cluster bootstrap, for when exposure hardly varies within clusters."""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Floats, Ints
    from toolspan.analytics.statistics._strata import Strata

DRAWS = 1_999
FEW_CLUSTERS = 12


def wild_cluster_test(
    exposure: "Floats",
    scores: "Floats",
    strata: "Strata",
    clusters: "Ints",
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> float:
    """The two-sided p-value of an exposure when sessions of one cluster are alike.

    In the regression of the score on the exposure and an indicator for each stratum, the
    residuals under the null hypothesis are multiplied by one random sign a cluster and the
    cluster-robust t statistic is computed anew; p is the share at least as large. Below 12
    clusters the signs are Webb's six-point weights. NaN where the exposure varies in no stratum.

    Assumes independent clusters that are not too unequal.

    Source: Cameron, Gelbach, Miller (2008), Rev. Econ. Stat. 90, 414; Webb (2023), Can. J. Econ.
    """
    rows = strata.informative(exposure)
    strata = strata.among(rows)
    if not strata.count:
        return math.nan
    x = strata.centred(np.asarray(exposure, dtype=np.float64)[rows])
    residual = strata.centred(scores[rows])
    group = np.unique(clusters[rows], return_inverse=True)[1]
    count = int(group.max()) + 1
    member = np.zeros((len(x), count))
    member[np.arange(len(x)), group] = 1

    def t(outcomes: "Floats") -> "Floats":
        slope = outcomes @ x / (x @ x)
        rest = outcomes - slope[:, None] * x
        spread = np.sqrt((((rest * x) @ member) ** 2).sum(1) + 1e-18)
        return np.asarray(slope / spread, dtype=np.float64)

    random = np.random.default_rng(seed)
    signs = (
        np.sqrt([1.5, 1, 0.5])[random.integers(0, 3, (draws, count))]
        if count < FEW_CLUSTERS
        else np.ones((draws, count))
    )
    signs = signs * random.choice([-1.0, 1.0], (draws, count))
    observed = abs(float(t(residual[None, :])[0]))
    # Signs differ within a stratum, so the resampled outcomes are centred again.
    drawn = residual * signs[:, group]
    order = np.argsort(strata.codes, kind="stable")
    starts = np.r_[0, np.cumsum(strata.sizes())[:-1]]
    means = np.add.reduceat(drawn[:, order], starts, axis=1) / strata.sizes()
    drawn -= means[:, strata.codes]
    beyond = np.abs(t(drawn)) >= observed - 1e-9
    return float((1 + beyond.sum()) / (draws + 1))
