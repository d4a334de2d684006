"""How scores differ between sessions with and without an exposure, stratum by stratum."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolspan.analytics.statistics._arrays import average_ranks, sums_by

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Floats, Ints, Numbers
    from toolspan.analytics.statistics._strata import Strata


@dataclass(frozen=True, slots=True)
class Difference:
    """A stratified mean difference.

    Attributes:
        difference: mean score with the exposure less without it, between comparable sessions.
        standard_error: robust to unequal spread and to clusters.
        degrees_of_freedom: of Student's t for the interval.
        n_used: exposed sessions in strata that hold both kinds.
        n_unused: unexposed sessions in those strata.
        strata: how many strata hold both kinds.
        influence: what each cluster adds to the estimate's error; sums to zero.
    """

    difference: float
    standard_error: float
    degrees_of_freedom: float
    n_used: int
    n_unused: int
    strata: int
    influence: "Floats"

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Bounds by Student's t."""
        from scipy import stats

        half = float(stats.t.ppf((1 + confidence) / 2, self.degrees_of_freedom))
        half *= self.standard_error
        return self.difference - half, self.difference + half


def stratified_difference(
    exposure: "Numbers", scores: "Floats", strata: "Strata", clusters: "Ints | None" = None
) -> Difference:
    """The mean difference within strata, strata weighted by overlap.

    With n1 exposed and n0 unexposed sessions in a stratum and d the difference of their means,
    the estimate is Σ w·d / Σ w with w = n1·n0/(n1+n0): strata count by how much they can say, and
    those that hold only one kind say nothing. It equals the coefficient of the exposure in a
    regression of the score on the exposure and an indicator for each stratum, whose
    leverage-corrected sandwich (HC3, or its cluster form) gives the standard error.

    Assumes that within a stratum sessions with and without the exposure differ by nothing else
    that moves the score, and that clusters are independent.

    Source: Crump, Hotz, Imbens, Mitnik (2009), Biometrika 96, 187 (overlap weights);
    MacKinnon and White (1985), J. Econometrics 29, 305 (HC3).

    Args:
        exposure: 1 where exposed, else 0.
        scores: one a session.
        strata: which sessions are comparable.
        clusters: sessions that are not independent of each other share a code; default none do.
    """
    rows = strata.informative(exposure)
    strata = strata.among(rows)
    x, y = np.asarray(exposure, dtype=np.float64)[rows], scores[rows]
    if not strata.count:
        return Difference(math.nan, math.nan, 1.0, 0, 0, 0, np.zeros(0))
    centred = strata.centred(x)
    total = float(centred @ centred)
    difference = float(centred @ y) / total
    residual = strata.centred(y) - difference * centred
    leverage = 1 / strata.sizes()[strata.codes] + centred**2 / total
    influence = centred * residual / total / np.maximum(1 - leverage, 1e-6)
    freedom = len(y) - strata.count - 1
    if clusters is not None:
        plain = centred * residual / total
        influence = sums_by(clusters[rows], plain)
        share = sums_by(clusters[rows], centred**2) / total
        influence /= np.sqrt(np.maximum(1 - share, 1e-6))
        count = len(influence)
        influence *= math.sqrt(count / max(count - 1, 1))
        freedom = min(freedom, count - 1)
    return Difference(
        difference,
        float(np.sqrt((influence**2).sum())) if freedom > 0 else math.nan,
        max(1.0, freedom),
        int(x.sum()),
        int(len(x) - x.sum()),
        strata.count,
        influence,
    )


def stratified_superiority(exposure: "Numbers", scores: "Floats", strata: "Strata") -> float:
    """The probability that an exposed session scores higher than a comparable unexposed one.

    In each stratum U/(n1·n0) with Mann and Whitney's U, ties counting half; strata weighted by
    overlap as in `stratified_difference`. 0.5 means no difference. Needs only the order of scores.

    Source: Mann and Whitney (1947), Ann. Math. Stat. 18, 50; Vargha and Delaney (2000).
    """
    rows = strata.informative(exposure)
    strata = strata.among(rows)
    x = np.asarray(exposure, dtype=np.float64)[rows]
    n1 = strata.sums(x)
    n0 = strata.sizes() - n1
    if not strata.count:
        return math.nan
    u = strata.sums(average_ranks(scores[rows], strata.codes) * x) - n1 * (n1 + 1) / 2
    weight = n1 * n0 / (n1 + n0)
    return float((weight * u / (n1 * n0)).sum() / weight.sum())
