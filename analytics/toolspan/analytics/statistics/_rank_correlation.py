"""Whether more of something goes with higher scores, stratum by stratum."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolspan.analytics.statistics._arrays import sums_by

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Floats, Ints
    from toolspan.analytics.statistics._strata import Strata


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """A rank correlation within strata.

    Attributes:
        correlation: from -1 to 1.
        standard_error: robust to clusters.
        degrees_of_freedom: of Student's t for the interval.
        strata: how many strata the exposure varies in.
        influence: what each cluster adds to the estimate's error.
    """

    correlation: float
    standard_error: float
    degrees_of_freedom: float
    strata: int
    influence: "Floats"

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Bounds by Student's t, kept within -1 and 1."""
        from scipy import stats

        half = float(stats.t.ppf((1 + confidence) / 2, self.degrees_of_freedom))
        half *= self.standard_error
        return max(-1.0, self.correlation - half), min(1.0, self.correlation + half)


def stratified_rank_correlation(
    exposure: "Floats", scores: "Floats", strata: "Strata", clusters: "Ints | None" = None
) -> RankCorrelation:
    """Spearman's correlation of what is left of both ranks within strata.

    Exposure and scores are ranked in each stratum, centred and scaled by 1/(size + 1)
    (`Strata.scores`): r = Σ a·b / √(Σ a² Σ b²). One stratum gives Spearman's correlation.
    The standard
    error is that of the linearised ratio, summed over clusters.

    Assumes independent clusters.

    Source: Taylor (1987), Psychometrika 52, 383 (conditional rank correlation).
    """
    rows = strata.informative(exposure)
    strata = strata.among(rows)
    if not strata.count:
        return RankCorrelation(math.nan, math.nan, 1.0, 0, np.zeros(0))
    a, b = strata.scores(exposure[rows]), strata.scores(scores[rows])
    aa, bb = float(a @ a), float(b @ b)
    if not aa or not bb:
        return RankCorrelation(math.nan, math.nan, 1.0, strata.count, np.zeros(0))
    correlation = float(a @ b) / math.sqrt(aa * bb)
    influence = a * b / math.sqrt(aa * bb) - correlation / 2 * (a**2 / aa + b**2 / bb)
    freedom = len(a) - strata.count - 1
    if clusters is not None:
        influence = sums_by(clusters[rows], influence)
        freedom = min(freedom, len(influence) - 1)
    count = len(influence)
    variance = count / max(count - 1, 1) * float((influence**2).sum())
    # In small strata, ranks use up one degree of freedom each.
    variance *= len(a) / max(len(a) - strata.count, 1)
    return RankCorrelation(
        correlation,
        math.sqrt(variance) if freedom > 0 else math.nan,
        max(1.0, freedom),
        strata.count,
        influence,
    )
