"""Two-by-two tables in strata."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Numbers
    from toolspan.analytics.statistics._strata import Strata


@dataclass(frozen=True, slots=True)
class MantelHaenszel:
    """Exposure and a good outcome, pooled over strata.

    Attributes:
        odds_ratio: common odds ratio; infinite or NaN when a margin is empty.
        risk_difference: share of good outcomes with the exposure less without it.
        risk_ratio: the one over the other.
        statistic: Cochran-Mantel-Haenszel, continuity corrected.
        p_value: of the statistic, chi-squared with one degree of freedom.
        strata: informative ones, where both the exposure and the outcome vary.
    """

    odds_ratio: float
    risk_difference: float
    risk_ratio: float
    statistic: float
    p_value: float
    strata: int


def mantel_haenszel(exposure: "Numbers", good: "Numbers", strata: "Strata") -> MantelHaenszel:
    """Pool two-by-two tables over strata.

    With a, b exposed good and bad, c, d unexposed good and bad of the n sessions in a stratum:
    odds ratio Σ(ad/n) / Σ(bc/n); risk ratio Σ(a(c+d)/n) / Σ(c(a+b)/n); risk difference
    Σ((a(c+d) - c(a+b))/n) / Σ((a+b)(c+d)/n), which weighs strata by overlap. The test statistic
    is (max(0, |Σa - ΣE a| - ½))² / Σ Var a, with the hypergeometric mean and variance.

    Assumes independent sessions; a chi-squared p needs Σ Var a of 5 or so, otherwise use the
    permutation test.

    Source: Mantel and Haenszel (1959), J. Natl. Cancer Inst. 22, 719; Greenland and Robins (1985).
    """
    from scipy import stats

    x = np.asarray(exposure, dtype=np.float64)
    y = np.asarray(good, dtype=np.float64)
    n = strata.sizes()
    a = strata.sums(x * y)
    exposed, successes = strata.sums(x), strata.sums(y)
    b, c = exposed - a, successes - a
    unexposed = n - exposed
    d = unexposed - c
    is_informative = (exposed > 0) & (unexposed > 0) & (successes > 0) & (successes < n)
    expected = exposed * successes / n
    variance = exposed * unexposed * successes * (n - successes) / (n**2 * np.maximum(n - 1, 1))
    total = variance[is_informative].sum()
    surplus = abs((a - expected)[is_informative].sum())
    statistic = max(0.0, surplus - 0.5) ** 2 / total if total else math.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        return MantelHaenszel(
            float((a * d / n).sum() / (b * c / n).sum()),
            float(((a * unexposed - c * exposed) / n).sum() / (exposed * unexposed / n).sum()),
            float((a * unexposed / n).sum() / (c * exposed / n).sum()),
            float(statistic),
            float(stats.chi2.sf(statistic, 1)),
            int(is_informative.sum()),
        )
