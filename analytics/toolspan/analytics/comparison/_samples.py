"""What a quantity is made of, session by session."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from toolspan.analytics.statistics import (
    Arm,
    RelabellingTest,
    arm_mean,
    arm_quantile,
    arm_rate,
    mcnemar,
)

if TYPE_CHECKING:
    from toolspan.analytics.comparison._design import Matched
    from toolspan.analytics.comparison._sessions import Bools, Floats, Ints
    from toolspan.analytics.statistics import Relabelling, Units

SHORTEST_MS = 1e-3


class Sample(Protocol):
    """The sessions of both runs, BASE first, and how a number is made of them."""

    @property
    def has_say(self) -> "Bools":
        """Which sessions say something."""
        ...

    @property
    def per_session(self) -> "Floats | None":
        """One number a session, for the usual tests; None where a session has several."""
        ...

    def arm(self, rows: "Bools", units: "Units", *, is_log: bool) -> Arm:
        """The estimate over some sessions."""
        ...

    def test(self, matched: "Matched", relabelling: "Relabelling") -> RelabellingTest:
        """Whether relabelling makes differences as large."""
        ...


@dataclass(frozen=True, slots=True)
class Ratio:
    """A rate, a mean or a ratio of sums.

    Attributes:
        amounts: of each session: successes, money, ...
        per: what it is divided by: trials, or 1 for a mean; 0 where the session has no say.
        is_rate: whether amounts are successes among `per` trials.
        is_mean: whether `per` is 1 wherever a session has a say.
        scale: the ends of a scale on which a mean is looked at like a rate, for amounts that never
            vary: their scatter says nothing.
    """

    amounts: "Floats"
    per: "Floats"
    is_rate: bool = False
    is_mean: bool = True
    scale: tuple[float, float] | None = None

    @property
    def has_say(self) -> "Bools":
        return np.asarray((self.per > 0) | (self.amounts != 0), dtype=np.bool_)

    @property
    def per_session(self) -> "Floats | None":
        return self.amounts if self.is_mean else None

    def arm(self, rows: "Bools", units: "Units", *, is_log: bool) -> Arm:
        amounts, per = self.amounts[rows], self.per[rows]
        if self.is_rate:
            return arm_rate(amounts, per, units)
        if self.scale is not None:
            return _on_scale(amounts, per, units, *self.scale)
        return arm_mean(amounts, per, units, is_log=is_log)

    def test(self, matched: "Matched", relabelling: "Relabelling") -> RelabellingTest:
        amounts, per = self.amounts[matched.rows], self.per[matched.rows]
        pairs = pair_changes(matched, amounts) if self.is_rate and (per == 1).all() else None
        if pairs is not None:
            return mcnemar(*pairs)
        return relabelling.test(amounts, per)


def _on_scale(amounts: "Floats", per: "Floats", units: "Units", low: float, high: float) -> Arm:
    share = arm_rate((amounts - low * per) / (high - low), per, units)

    def back(value: float) -> float:
        return low + (high - low) * value

    def bounds(confidence: float, times: float = 1.0) -> tuple[float, float]:
        ends = share.bounds(confidence, times)
        return back(ends[0]), back(ends[1])

    return replace(share, value=back(share.value), bounds=bounds)


def pair_changes(matched: "Matched", outcomes: "Floats") -> tuple[int, int] | None:
    """In how many pairs only NEW has a 1, and only BASE; None unless tasks are pairs."""
    sizes = matched.strata.sizes()
    if not matched.is_paired or (sizes != 2).any():
        return None
    change = matched.strata.sums(np.where(matched.is_new, outcomes, -outcomes))
    return int((change > 0.5).sum()), int((change < -0.5).sum())


@dataclass(frozen=True, slots=True)
class Points:
    """A quantile of values, of which a session may have several.

    Attributes:
        values: all of them.
        places: the session of each.
        sessions: how many sessions there are.
        q: between 0 and 1.
    """

    values: "Floats"
    places: "Ints"
    sessions: int
    q: float

    @property
    def has_say(self) -> "Bools":
        return np.bincount(self.places, minlength=self.sessions) > 0

    @property
    def per_session(self) -> "Floats | None":
        if len(self.values) != len(np.unique(self.places)):
            return None
        found = np.full(self.sessions, np.nan)
        found[self.places] = self.values
        return found

    def arm(self, rows: "Bools", units: "Units", *, is_log: bool) -> Arm:
        values, places = self._of(rows)
        if is_log:
            # Clocks have a resolution: calls of no length at all have no logarithm.
            values = np.maximum(values, SHORTEST_MS)
        return arm_quantile(values, places, self.q, units)

    def test(self, matched: "Matched", relabelling: "Relabelling") -> RelabellingTest:
        """Whether more of one run lies above the common quantile than of the other."""
        values, places = self._of(matched.rows)
        above = values > np.quantile(values, self.q)
        count = len(matched.is_new)
        per = np.bincount(places, minlength=count).astype(np.float64)
        return relabelling.test(np.bincount(places, above, count).astype(np.float64), per)

    def _of(self, rows: "Bools") -> "tuple[Floats, Ints]":
        now = np.cumsum(rows) - 1
        kept = rows[self.places]
        return self.values[kept], now[self.places[kept]]
