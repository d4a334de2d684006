"""One quantity of two runs: the estimates, their difference, and whether chance makes as much."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from toolspan.analytics.comparison._samples import Points, Ratio, pair_changes
from toolspan.analytics.statistics import (
    RelabellingTest,
    Units,
    contrast,
    fisher_test,
    quantile_needs,
    raw_association,
)

if TYPE_CHECKING:
    from toolspan.analytics.comparison._design import Design, Matched
    from toolspan.analytics.comparison._margins import Margin
    from toolspan.analytics.comparison._samples import Sample
    from toolspan.analytics.comparison._sessions import Bools
    from toolspan.analytics.statistics import Arm

# Fewer independent sessions (or tasks) on a side say too little, whatever their numbers.
LEAST_SESSIONS = 8


class Shift(Protocol):
    """A difference that knows its interval: `statistics.Contrast`, or that of a mix of tools."""

    @property
    def difference(self) -> float:
        """New less base."""
        ...

    @property
    def is_relative(self) -> bool:
        """Whether of logarithms."""
        ...

    def interval(self, confidence: float = 0.95, times: float = 1.0) -> tuple[float, float]:
        """Its bounds, with `times` as many sessions; NaN where there are none."""
        ...

    def p_above(self, limit: float) -> float:
        """One-sided p-value of "at most `limit`"."""
        ...

    def p_below(self, limit: float) -> float:
        """One-sided p-value of "at least `limit`"."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is compared.

    Attributes:
        quantity: its name.
        of: of which tool or score, None for all.
        source: of a score, who gave it.
        title: as people read it.
        unit: `share`, `ms` or `number`: how it is printed.
        is_higher_better: otherwise lower is.
        kind: `relative` or `absolute`: how its difference is given where there is no margin.
        margin: how much worse it may be; None where it is not judged.
    """

    quantity: str
    of: str | None = None
    source: str | None = None
    title: str
    unit: str
    is_higher_better: bool
    kind: str
    margin: "Margin | None" = None

    @property
    def is_relative(self) -> bool:
        """Whether the difference is a part of what BASE has."""
        return self.margin.is_relative if self.margin else self.kind == "relative"

    @property
    def limit(self) -> float:
        """The margin on the scale of the difference, as a harm of 0 or more."""
        assert self.margin is not None
        amount = self.margin.amount
        if not self.margin.is_relative:
            return amount
        return -math.log(1 - amount) if self.is_higher_better else math.log(1 + amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is known of one quantity.

    Attributes:
        subject: what it is.
        n_base: sessions of BASE that are compared.
        n_new: and of NEW.
        independent: tasks, or sessions of the smaller side.
        base: of comparable sessions, on a like mix of strata.
        new: the same of NEW.
        base_raw: of all sessions of BASE that say something, compared or not.
        new_raw: and of NEW.
        shift: the difference; None where it cannot be told.
        test: by relabelling sessions within tasks or strata; None where it was not asked for.
        raw_p: Fisher's exact test of a rate, Mann and Whitney's of amounts, over all sessions
            alike; None where a session has several values.
        pairs: tasks in which only NEW does well, and only BASE; None unless tasks are pairs.
        times: how many times as many sessions could say something at all; 0 where these do.
        trouble: why nothing can be said.
    """

    subject: Subject
    n_base: int = 0
    n_new: int = 0
    independent: int = 0
    base: float | None = None
    new: float | None = None
    base_raw: float | None = None
    new_raw: float | None = None
    shift: Shift | None = None
    test: RelabellingTest | None = None
    raw_p: float | None = None
    pairs: tuple[int, int] | None = None
    times: float = 0.0
    trouble: str | None = None

    @property
    def harm(self) -> float:
        """By how much NEW is worse, on the scale of the difference."""
        assert self.shift is not None
        return (-1 if self.subject.is_higher_better else 1) * self.shift.difference

    def harm_interval(self, confidence: float, times: float = 1.0) -> tuple[float, float]:
        """The bounds of that, with `times` as many sessions."""
        assert self.shift is not None
        low, high = self.shift.interval(confidence, times)
        return (-high, -low) if self.subject.is_higher_better else (low, high)

    @property
    def p_fail(self) -> float:
        """Of "NEW is within the margin", one-sided; that of relabelling where it is larger."""
        assert self.shift is not None
        limit, is_higher_better = self.subject.limit, self.subject.is_higher_better
        p = self.shift.p_below(-limit) if is_higher_better else self.shift.p_above(limit)
        if self.test is None or p > 0.5:
            return p
        return max(p, self.test.p_below if is_higher_better else self.test.p_above)

    @property
    def p_pass(self) -> float:
        """Of "NEW is worse than the margin allows", one-sided."""
        assert self.shift is not None
        limit = self.subject.limit
        if self.subject.is_higher_better:
            return self.shift.p_above(-limit)
        return self.shift.p_below(limit)


def assess(
    subject: Subject, sample: "Sample", design: "Design", *, draws: int, seed: int = 0
) -> Assessment:
    """Estimate, compare and test one quantity.

    Args:
        subject: what it is.
        sample: its sessions.
        design: which sessions are comparable.
        draws: relabellings; 0 for no test.
        seed: of those.
    """
    matched = design.among(sample.has_say)
    base_raw, new_raw = (
        _raw(sample, sample.has_say & side) for side in (~design.is_new, design.is_new)
    )
    n_base, n_new = matched.sizes
    base = new = shift = test = pairs = None
    times, trouble = 0.0, None
    if not matched.independent:
        trouble = "no session of one run can be compared with one of the other"
    elif not all(_divides(sample, _placed(matched, s)) for s in (~matched.is_new, matched.is_new)):
        trouble = "no comparable session of one run ends well"
    else:
        arms = [
            sample.arm(_placed(matched, side), matched.units(side), is_log=subject.is_relative)
            for side in (~matched.is_new, matched.is_new)
        ]
        base, new = arms[0].value, arms[1].value
        pairs = _pairs(sample, matched)
        if subject.is_relative and min(base, new) <= 0:
            trouble = (
                "neither run has any" if base == new == 0 else "nothing is relative to none of it"
            )
        else:
            shift = contrast(
                arms[0], arms[1], is_relative=subject.is_relative, is_paired=design.is_paired
            )
            times, trouble = _too_little(matched, sample, arms, math.isnan(sum(shift.interval())))
            if draws:
                test = sample.test(matched, matched.relabelling(draws, seed))
    return Assessment(
        subject=subject,
        n_base=n_base,
        n_new=n_new,
        independent=matched.independent,
        base=base,
        new=new,
        base_raw=base_raw,
        new_raw=new_raw,
        shift=shift,
        test=test,
        raw_p=_raw_p(sample, design.is_new),
        pairs=pairs,
        times=times,
        trouble=trouble,
    )


def _too_little(
    matched: "Matched", sample: "Sample", arms: "list[Arm]", has_no_interval: bool
) -> tuple[float, str | None]:
    """How many times as many sessions would say anything, and why these do not."""
    if matched.independent < LEAST_SESSIONS:
        what = "tasks" if matched.is_paired else "sessions of one run"
        found = f"{matched.independent} comparable {what}, {LEAST_SESSIONS} needed"
        return LEAST_SESSIONS / matched.independent, found
    if not has_no_interval:
        return 0.0, None
    if not isinstance(sample, Points):
        return 2.0, "every workflow has a single session: nothing shows how they scatter"
    needs = quantile_needs(sample.q)
    worth = min(arm.effective_n for arm in arms)
    return needs / worth, f"p{100 * sample.q:.0f} needs {needs} independent values, has {worth:.0f}"


def _divides(sample: "Sample", rows: "Bools") -> bool:
    """Whether a side has anything to divide by: of all cost by all good ends, a good end."""
    return not isinstance(sample, Ratio) or bool(sample.per[rows].sum() > 0)


def _placed(matched: "Matched", side: "Bools") -> "Bools":
    """One side of what is matched, as rows of all sessions."""
    rows = matched.rows.copy()
    rows[np.flatnonzero(rows)[~side]] = False
    return rows


def _raw(sample: "Sample", rows: "Bools") -> float | None:
    """The estimate over sessions that all count the same; None where it divides by nothing."""
    if not rows.any():
        return None
    if isinstance(sample, Ratio):
        per = float(sample.per[rows].sum())
        return float(sample.amounts[rows].sum()) / per if per else None
    return sample.arm(rows, Units.alike(int(rows.sum())), is_log=False).value


def _raw_p(sample: "Sample", is_new: "Bools") -> float | None:
    values = sample.per_session
    if values is None:
        return None
    rows = sample.has_say
    found = raw_association(is_new[rows], values[rows], good_from=0.5)
    if isinstance(sample, Ratio) and sample.is_rate:
        return fisher_test(found.table)
    return found.mann_whitney_p


def _pairs(sample: "Sample", matched: "Matched") -> tuple[int, int] | None:
    if not isinstance(sample, Ratio) or not sample.is_rate:
        return None
    if not (sample.per[matched.rows] == 1).all():
        return None
    return pair_changes(matched, sample.amounts[matched.rows])
