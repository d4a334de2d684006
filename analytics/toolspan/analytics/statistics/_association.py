"""The usual statistics without strata: shown beside the adjusted ones, not to be believed."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolspan.analytics.statistics._arrays import average_ranks, tie_runs

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Bools, Floats, Numbers


@dataclass(frozen=True, slots=True)
class RawAssociation:
    """What the usual tests say of one exposure and one score, over all sessions alike.

    Attributes:
        n_used: exposed sessions.
        n_unused: the others.
        mean_used: mean score of the exposed.
        mean_unused: mean score of the others.
        difference: the one less the other.
        point_biserial_r: Pearson's correlation of exposure (0, 1) and score.
        point_biserial_p: its p-value.
        mann_whitney_u: U of the exposed.
        mann_whitney_p: two-sided, asymptotic, corrected for ties and continuity.
        table: [[exposed good, exposed bad], [unexposed good, unexposed bad]].
    """

    n_used: int
    n_unused: int
    mean_used: float
    mean_unused: float
    difference: float
    point_biserial_r: float
    point_biserial_p: float
    mann_whitney_u: float
    mann_whitney_p: float
    table: tuple[tuple[int, int], tuple[int, int]]


def raw_association(
    exposure: "Numbers", scores: "Floats", good_from: float | None = None
) -> RawAssociation:
    """The usual tests, which take every session for comparable with every other.

    Args:
        exposure: 1 where exposed, else 0.
        scores: one a session.
        good_from: scores from here on are good, for the two-by-two table; default the middle of
            the lowest and the highest score.
    """
    is_used = np.asarray(exposure, dtype=bool)
    used, unused = scores[is_used], scores[~is_used]
    if good_from is None:
        good_from = float(scores.min() + scores.max()) / 2 if len(scores) else 0.0
    a, c = int((used >= good_from).sum()), int((unused >= good_from).sum())
    table = ((a, len(used) - a), (c, len(unused) - c))
    r, r_p = correlation(is_used.astype(np.float64), scores)
    u, u_p = _mann_whitney(is_used, scores)
    difference = float(used.mean() - unused.mean()) if len(used) and len(unused) else math.nan
    return RawAssociation(
        len(used),
        len(unused),
        float(used.mean()) if len(used) else math.nan,
        float(unused.mean()) if len(unused) else math.nan,
        difference,
        r,
        r_p,
        u,
        u_p,
        table,
    )


def fisher_test(table: "tuple[tuple[int, int], tuple[int, int]]") -> float:
    """Fisher's exact test of a two-by-two table, two-sided."""
    from scipy import stats

    return float(np.asarray(stats.fisher_exact(table))[1])


def _mann_whitney(is_used: "Bools", scores: "Floats") -> tuple[float, float]:
    """U of the exposed, and its two-sided p by the normal approximation.

    Corrected for ties and continuity: z = (|U - n1·n0/2| - ½) / s with
    s² = n1·n0/12 · ((n+1) - Σ(t³-t)/(n(n-1))). NaN where one side is empty, 1 where all is tied.
    """
    from scipy import special

    n, n1 = len(scores), int(is_used.sum())
    n0 = n - n1
    if not n1 or not n0:
        return math.nan, math.nan
    none = np.zeros(n, dtype=np.int64)
    u = float(average_ranks(scores, none)[is_used].sum()) - n1 * (n1 + 1) / 2
    ties = tie_runs(scores, none)[2].astype(np.float64)
    variance = n1 * n0 / 12 * (n + 1 - float((ties**3 - ties).sum()) / (n * (n - 1)))
    if variance <= 0:
        return u, 1.0
    z = max(0.0, abs(u - n1 * n0 / 2) - 0.5) / math.sqrt(variance)
    return u, float(2 * special.ndtr(-z))


def correlation(
    first: "Floats", second: "Floats", *, of_ranks: bool = False
) -> tuple[float, float]:
    """Pearson's correlation, or Spearman's (of the average ranks), and its two-sided p-value.

    p by Student's t = r·sqrt((n - 2) / (1 - r²)) with n - 2 degrees of freedom. NaN where one of
    them does not vary or there are fewer than three pairs.
    """
    from scipy import stats

    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return math.nan, math.nan
    if of_ranks:
        none = np.zeros(len(first), dtype=np.int64)
        first, second = average_ranks(first, none), average_ranks(second, none)
    a, b = first - first.mean(), second - second.mean()
    r = max(-1.0, min(1.0, float(a @ b / math.sqrt((a @ a) * (b @ b)))))
    t = r * math.sqrt((len(a) - 2) / max((1 + r) * (1 - r), 1e-300))
    return r, float(2 * stats.t.sf(abs(t), len(a) - 2))
