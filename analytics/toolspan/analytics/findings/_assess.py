"""The procedure: how exposures go with a score among comparable sessions.

Strata of workflow, agent and whatever else was asked for, cut by session length; a difference
with its interval in each; permutation within strata; adjustment for the number of exposures.
Arrays in, numbers out: words and verdicts are made by `_verdict`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from toolspan.analytics.findings._study import Exposure, Study, by_length
from toolspan.analytics.statistics import (
    Heterogeneity,
    LeaveOneOut,
    MantelHaenszel,
    RawAssociation,
    Strata,
    benjamini_hochberg,
    correlation,
    heterogeneity,
    holm,
    leave_one_out,
    mantel_haenszel,
    max_t_test,
    permutation_test,
    raw_association,
    stratified_difference,
    stratified_rank_correlation,
    stratified_superiority,
    wild_cluster_test,
)

if TYPE_CHECKING:
    from toolspan.analytics.findings._study import Bools, Floats, Ints

# So many comparable sessions with and without are needed before anything is said.
LEAST_SESSIONS = 8
# Products of differences below this have no sign to speak of.
NEXT_TO_NOTHING = 1e-12
# Above this p, the second way of counting length can only confirm that there is nothing to find;
# its p is then taken from the normal approximation and not from permutations.
WORTH_PERMUTING = 0.1


@dataclass(frozen=True, slots=True)
class Comparison:
    """One exposure and the score, within one way of making strata.

    Attributes:
        difference: of mean scores, or a rank correlation where the exposure is a number.
        low: of the 95 % interval.
        high: of the 95 % interval.
        standard_error: of the difference.
        p_value: two-sided.
        n_used: exposed sessions that have comparable unexposed ones.
        n_unused: those unexposed ones.
        strata: how many strata hold both.
    """

    difference: float
    low: float
    high: float
    standard_error: float
    p_value: float
    n_used: int
    n_unused: int
    strata: int


@dataclass(slots=True)
class Assessment:
    """Everything measured about one exposure.

    Attributes:
        exposure: what it is about.
        raw: the usual statistics over all sessions alike.
        main: strata by the session's whole length.
        other: strata by the length less the exposure's own calls; None where that is the same.
        unmatched: strata without length.
        p_max_t: family-wise adjusted p-value.
        q_value: false discovery rate.
        superiority: probability of a higher score with the exposure.
        mantel_haenszel: for scores of two values.
        before_error: the difference when only use before anything failed counts.
        leave_one_out: how far it depends on a single stratum of the factors.
        heterogeneity: whether values of the first factor contradict each other.
        varies: whether the score varies within the strata that compare the exposure.
        constant: the score, where it is the same in all of those; else NaN.
    """

    exposure: Exposure
    raw: RawAssociation
    main: Comparison
    other: Comparison | None
    unmatched: Comparison
    p_max_t: float = math.nan
    q_value: float = math.nan
    superiority: float = math.nan
    mantel_haenszel: MantelHaenszel | None = None
    before_error: Comparison | None = None
    leave_one_out: LeaveOneOut | None = None
    heterogeneity: Heterogeneity | None = None
    varies: bool = True
    constant: float = math.nan

    @property
    def weaker(self) -> Comparison:
        """The comparison a verdict rests on: the less convincing of the two."""
        if self.other is None or not self.other.p_value > self.main.p_value:
            return self.main
        return self.other

    @property
    def reverses(self) -> bool:
        """Whether the sign turns among comparable sessions, of like length or not."""
        others = (self.weaker.difference, self.unmatched.difference)
        return any(self.raw.difference * other < -NEXT_TO_NOTHING for other in others)

    @property
    def is_enough(self) -> bool:
        """Whether there are enough comparable sessions to say anything."""
        return self.varies and all(
            min(found.n_used, found.n_unused) >= LEAST_SESSIONS
            for found in (self.main, self.other)
            if found is not None
        )


@dataclass(slots=True)
class Family:
    """Exposures that were tested together.

    Attributes:
        assessments: one for each exposure.
        method: how p-values were found: `permutation`, `permutation within users` or
            `wild cluster bootstrap`.
        factors: what makes sessions comparable, besides their length.
    """

    assessments: list[Assessment] = field(default_factory=list)
    method: str = "permutation"
    factors: tuple[str, ...] = ()


def assess(
    study: Study, exposures: Sequence[Exposure], *, draws: int = 10_000, seed: int = 0
) -> Family:
    """Relate each exposure to the score, and adjust for their number.

    Session length is counted in two ways, all tool calls and all but the exposure's own, because
    each way is right under one mechanism and badly wrong under the other
    (docs/explanation/statistics.md); a finding must hold in both, so p is the larger of the two.

    Args:
        study: the sessions with a score.
        exposures: one family; the more there are, the stronger each must be.
        draws: permutations where there are too many to go through.
        seed: the same seed, the same p-values.
    """
    family = _Family(study, draws, seed)
    found = Family(method=family.method(exposures), factors=tuple(study.factors))
    found.assessments = [family.assess(exposure) for exposure in exposures]
    family.test_jointly(found.assessments)
    return found


class _Family:
    """The strata that exposures of one family share."""

    def __init__(self, study: Study, draws: int, seed: int) -> None:
        self.study = study
        self.draws, self.seed = draws, seed
        self.base = study.base()
        self.clusters = study.clusters()
        self.main = by_length(self.base, study.lengths)
        self.is_wild = False

    def method(self, exposures: Sequence[Exposure]) -> str:
        """Decide how sessions of one user are kept from counting as independent.

        Comparing each user with themselves is best. Where that leaves most exposures without
        enough sessions, users are resampled as a whole instead.
        """
        if self.clusters is None:
            return "permutation"
        within = Strata.of(self.main.codes, self.clusters)
        testable = [e for e in exposures if _is_enough(e, self.main)]
        lasting = [e for e in testable if _is_enough(e, within)]
        if lasting and len(lasting) >= len(testable) / 2:
            self.base = Strata.of(self.base.codes, self.clusters)
            self.main = within
            return "permutation within users"
        self.is_wild = True
        return "wild cluster bootstrap"

    def assess(self, exposure: Exposure) -> Assessment:
        """Everything about one exposure but what needs its whole family."""
        view = self._view(exposure)
        main = view.among(self.main)
        found = Assessment(
            exposure,
            _raw(exposure, view),
            view.compare(self.main),
            None,
            view.compare(self.base),
        )
        for strata in (main, view.among(self.base)):
            compared = strata.informative(view.values)
            if compared.any():
                _look_for_variance(found, view.scores[compared], strata.among(compared))
                break
        if not found.is_enough:
            return found
        others = self._by_other_calls(exposure)
        if others is not None:
            found.other = view.compare(others)
        if not exposure.is_binary:
            return found
        values, scores = view.values, view.scores
        found.superiority = stratified_superiority(values, scores, main)
        if len(np.unique(scores)) == 2:
            found.mantel_haenszel = mantel_haenszel(values, scores == scores.max(), main)
        found.leave_one_out = leave_one_out(values, scores, main, view.among(self.base))
        if self.study.factors:
            first = Strata.of(next(iter(self.study.factors.values())))
            found.heterogeneity = heterogeneity(values, scores, main, view.among(first))
        if exposure.before_error is not None:
            earlier = Exposure(exposure.name, exposure.before_error, rows=exposure.rows)
            found.before_error = self._view(earlier).compare(self.main)
        return found

    def test_jointly(self, assessments: Sequence[Assessment]) -> None:
        """Give every assessment its p-values, alone and within the family."""
        testable = [found for found in assessments if found.is_enough]
        if not testable:
            return
        is_joint = not self.is_wild and all(found.exposure.rows is None for found in testable)
        if is_joint:
            values = np.column_stack([found.exposure.values for found in testable])
            joint = max_t_test(
                values, self.study.scores, self.main, draws=self.draws, seed=self.seed
            )
            p_main = joint.p_values
            for place, found in enumerate(testable):
                exact = self._p_exact(found.exposure)
                p_main[place] = p_main[place] if exact is None else exact
            p_family = np.fmax(joint.p_max_t, p_main)
        else:
            p_main = np.array([self._p(found.exposure, self.main) for found in testable])
            p_family = holm(p_main)
        p_other = np.array([self._p_other(f, p) for f, p in zip(testable, p_main, strict=True)])
        p_family_other = holm(p_other)
        for place, found in enumerate(testable):
            found.main = _with_p(found.main, p_main[place])
            if found.other is not None:
                found.other = _with_p(found.other, p_other[place])
            found.p_max_t = float(np.fmax(p_family[place], p_family_other[place]))
        q_values = benjamini_hochberg(np.fmax(p_main, p_other))
        for found, q_value in zip(testable, q_values, strict=True):
            found.q_value = float(q_value)

    def _p_other(self, found: Assessment, p_main: float) -> float:
        strata = self._by_other_calls(found.exposure)
        if found.other is None or strata is None:
            return math.nan
        if p_main <= WORTH_PERMUTING:
            return self._p(found.exposure, strata)
        from scipy import special

        return float(2 * special.ndtr(-abs(found.other.difference) / found.other.standard_error))

    def _p(self, exposure: Exposure, strata: Strata) -> float:
        view = self._view(exposure)
        if self.is_wild and view.clusters is not None:
            return wild_cluster_test(
                view.values, view.scores, view.among(strata), view.clusters, seed=self.seed
            )
        return permutation_test(
            view.values, view.scores, view.among(strata), draws=self.draws, seed=self.seed
        ).p_value

    def _p_exact(self, exposure: Exposure) -> float | None:
        """The p-value of all arrangements, if they are few enough to go through."""
        view = self._view(exposure)
        found = permutation_test(view.values, view.scores, self.main, draws=1)
        return found.p_value if found.is_exact else None

    def _by_other_calls(self, exposure: Exposure) -> Strata | None:
        """Strata by the length without the exposure's own calls; None where it has none."""
        if exposure.own_calls is None or not exposure.own_calls.any():
            return None
        return by_length(self.base, self.study.lengths - exposure.own_calls)

    def _view(self, exposure: Exposure) -> "_View":
        rows, study = exposure.rows, self.study
        if rows is None:
            return _View(exposure.values, study.scores, self.clusters, None)
        clusters = None if self.clusters is None else self.clusters[rows]
        return _View(exposure.values[rows], study.scores[rows], clusters, rows)


@dataclass(frozen=True, slots=True)
class _View:
    """The part of a study in which an exposure makes sense."""

    values: "Floats"
    scores: "Floats"
    clusters: "Ints | None"
    rows: "Bools | None"

    def among(self, strata: Strata) -> Strata:
        return strata if self.rows is None else strata.among(self.rows)

    def compare(self, strata: Strata) -> Comparison:
        strata = self.among(strata)
        if np.isin(self.values, (0, 1)).all():
            found = stratified_difference(self.values, self.scores, strata, self.clusters)
            effect, error = found.difference, found.standard_error
            used, unused = found.n_used, found.n_unused
            low, high = found.interval()
        else:
            ranked = stratified_rank_correlation(self.values, self.scores, strata, self.clusters)
            effect, error = ranked.correlation, ranked.standard_error
            informative = self.values[strata.informative(self.values)]
            used, unused = int((informative > 0).sum()), int((informative == 0).sum())
            low, high = ranked.interval()
        count = strata.among(strata.informative(self.values)).count
        return Comparison(effect, low, high, error, math.nan, used, unused, count)


def _look_for_variance(found: Assessment, scores: "Floats", strata: Strata) -> None:
    """Whether the score differs at all where the exposure can be compared."""
    found.varies = bool((np.abs(strata.centred(scores)) > 1e-12).any())
    if not found.varies and np.ptp(scores) == 0:
        found.constant = float(scores[0])


def _is_enough(exposure: Exposure, strata: Strata) -> bool:
    values = exposure.values if exposure.rows is None else exposure.values[exposure.rows]
    strata = strata if exposure.rows is None else strata.among(exposure.rows)
    informative = values[strata.informative(values)] > 0
    return min(int(informative.sum()), int((~informative).sum())) >= LEAST_SESSIONS


def _raw(exposure: Exposure, view: _View) -> RawAssociation:
    found = raw_association(view.values > 0, view.scores)
    if exposure.is_binary:
        return found
    rho, p = correlation(view.values, view.scores, of_ranks=True)
    return replace(found, difference=rho, mann_whitney_p=p)


def _with_p(found: Comparison, p_value: float) -> Comparison:
    return replace(found, p_value=float(p_value))
