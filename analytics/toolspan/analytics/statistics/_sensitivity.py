"""What a study could have seen, and what could overturn it."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Floats, Numbers
    from toolspan.analytics.statistics._strata import Strata

# z(0.975) + z(0.80): a two-sided 5 % test finds an effect of so many standard errors 4 times in 5.
DETECTABLE_STANDARD_ERRORS = 2.8


def detectable_effect(standard_error: float) -> float:
    """The smallest true effect that a study of this precision finds four times in five.

    2.8 standard errors: (z(0.975) + z(0.80))·SE, for one two-sided test at 5 %.
    """
    return DETECTABLE_STANDARD_ERRORS * standard_error


def e_value(risk_ratio: float) -> float:
    """How strong an unmeasured reason would have to be to explain a risk ratio away.

    The least risk ratio with which it must go with both the exposure and the outcome:
    RR + √(RR·(RR - 1)), for RR < 1 of its inverse. A standardised mean difference d enters as
    exp(0.91·d).

    Source: VanderWeele and Ding (2017), Ann. Intern. Med. 167, 268.
    """
    if not risk_ratio > 0 or math.isinf(risk_ratio):
        return math.nan
    ratio = max(risk_ratio, 1 / risk_ratio)
    return ratio + math.sqrt(ratio * (ratio - 1))


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """How far a stratified difference depends on a single group.

    Attributes:
        low: the lowest difference when one group is left out.
        high: the highest.
        most_influential: the code of the group whose absence changes it most; -1 without groups.
        changes_sign: whether leaving one out turns the sign round.
    """

    low: float
    high: float
    most_influential: int
    changes_sign: bool


def leave_one_out(
    exposure: "Numbers", scores: "Floats", strata: "Strata", groups: "Strata"
) -> LeaveOneOut:
    """Leave out one group of sessions at a time and take `stratified_difference` of the rest.

    Args:
        exposure: 1 where exposed, else 0.
        scores: one a session.
        strata: which sessions are comparable.
        groups: what is left out; a coarsening of the strata, or the strata themselves.
    """
    x = strata.centred(np.asarray(exposure, dtype=np.float64))
    above, below = groups.sums(x * scores), groups.sums(x * x)
    full = float(above.sum() / below.sum()) if below.sum() else math.nan
    has_said = below > 1e-12
    if has_said.sum() < 2:
        return LeaveOneOut(full, full, -1, changes_sign=False)
    without = np.where(has_said, (above.sum() - above), math.nan) / (below.sum() - below)
    return LeaveOneOut(
        float(np.nanmin(without)),
        float(np.nanmax(without)),
        int(np.nanargmax(np.abs(without - full))),
        changes_sign=bool((np.sign(without[has_said]) == -np.sign(full)).any()),
    )


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Whether groups of sessions tell different stories.

    Attributes:
        differences: of each group, in the order of its codes; NaN where it cannot be told.
        statistic: Cochran's Q.
        p_value: chi-squared; small when the groups disagree by more than chance.
    """

    differences: "Floats"
    statistic: float
    p_value: float


def heterogeneity(
    exposure: "Numbers", scores: "Floats", strata: "Strata", groups: "Strata"
) -> Heterogeneity:
    """Cochran's Q over the stratified differences of each group.

    Q = Σ (d - d̄)² / s² with d̄ the mean weighted by 1/s², chi-squared with one degree of freedom
    less than there are groups. Groups of fewer than 8 informative sessions are left out.

    Source: Cochran (1954), Biometrics 10, 101.
    """
    from scipy import stats

    from toolspan.analytics.statistics._difference import stratified_difference

    differences = np.full(groups.count, math.nan)
    errors = np.full(groups.count, math.nan)
    exposure = np.asarray(exposure, dtype=np.float64)
    for code in range(groups.count):
        rows = groups.codes == code
        found = stratified_difference(exposure[rows], scores[rows], strata.among(rows))
        if min(found.n_used, found.n_unused) >= 4 and found.standard_error > 1e-9:
            differences[code], errors[code] = found.difference, found.standard_error
    known = ~np.isnan(differences)
    if known.sum() < 2:
        return Heterogeneity(differences, math.nan, math.nan)
    weights = errors[known] ** -2
    mean = (weights * differences[known]).sum() / weights.sum()
    q = float((weights * (differences[known] - mean) ** 2).sum())
    return Heterogeneity(differences, q, float(stats.chi2.sf(q, known.sum() - 1)))
