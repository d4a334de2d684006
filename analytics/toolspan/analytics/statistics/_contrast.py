"""The difference of two estimates, from the interval of each."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arms import Arm

# Beyond this confidence an interval is not looked for.
MOST_CONFIDENT = 1 - 1e-7


@dataclass(frozen=True, slots=True)
class Contrast:
    """How the second estimate differs from the first.

    Attributes:
        base: the first.
        new: the second.
        is_relative: whether the difference is that of logarithms.
        correlation: of the two estimates; 0 where the sides share nothing.
    """

    base: "Arm"
    new: "Arm"
    is_relative: bool
    correlation: float = 0.0

    @property
    def difference(self) -> float:
        """New less base; of logarithms where relative."""
        return self._scaled(self.new.value) - self._scaled(self.base.value)

    def interval(self, confidence: float = 0.95, times: float = 1.0) -> tuple[float, float]:
        """Bounds of the difference; NaN where one of the sides has none.

        `times` gives those of so many times as many sessions that scatter alike.

        L = d - √((θ₁-l₁)² + (u₀-θ₀)² - 2r(θ₁-l₁)(u₀-θ₀)), U likewise: the method of variance
        estimates recovery, with r the correlation. It keeps what each side's interval knows of
        skewness and of rates near 0 and 1. For two independent rates it is Newcombe's hybrid
        score interval.

        Source: Zou and Donner (2008), Stat. Med. 27, 1693; Newcombe (1998), Stat. Med. 17, 873
        and 17, 2635 (paired).
        """
        (low0, high0), (low1, high1) = (
            tuple(self._scaled(bound) for bound in arm.bounds(confidence, times))
            for arm in (self.base, self.new)
        )
        value0, value1 = self._scaled(self.base.value), self._scaled(self.new.value)
        below = _joined(value1 - low1, high0 - value0, self.correlation)
        above = _joined(high1 - value1, value0 - low0, self.correlation)
        return value1 - value0 - below, value1 - value0 + above

    def p_above(self, limit: float) -> float:
        """One-sided p-value of "the difference is at most `limit`": the lower bound, inverted."""
        if math.isnan(self.difference):
            return math.nan
        if self.difference <= limit:
            return 1 - self.p_below(limit) if self.difference < limit else 0.5
        return self._inverted(lambda confidence: self.interval(confidence)[0] > limit)

    def p_below(self, limit: float) -> float:
        """One-sided p-value of "the difference is at least `limit`": the upper bound, inverted."""
        if math.isnan(self.difference):
            return math.nan
        if self.difference >= limit:
            return 1 - self.p_above(limit) if self.difference > limit else 0.5
        return self._inverted(lambda confidence: self.interval(confidence)[1] < limit)

    def _inverted(self, clears: "Clears") -> float:
        """(1 - c)/2 at the highest confidence c whose bound clears the limit."""
        low, high = 0.0, 1.0
        if clears(MOST_CONFIDENT):
            return (1 - MOST_CONFIDENT) / 2
        # On the scale of the p-value's logarithm, which is where precision matters.
        low, high = math.log((1 - MOST_CONFIDENT) / 2), math.log(0.5)
        for _ in range(24):
            middle = (low + high) / 2
            if clears(1 - 2 * math.exp(middle)):
                high = middle
            else:
                low = middle
        return math.exp(high)

    def _scaled(self, value: float) -> float:
        if not self.is_relative:
            return value
        return math.log(value) if value > 0 else -math.inf if value == 0 else math.nan


if TYPE_CHECKING:
    from collections.abc import Callable

    Clears = Callable[[float], bool]


def _joined(first: float, second: float, correlation: float) -> float:
    if math.isnan(first) or math.isnan(second):
        return math.nan
    if math.isinf(first) or math.isinf(second):
        return math.inf
    return math.sqrt(max(0.0, first**2 + second**2 - 2 * correlation * first * second))


def contrast(base: "Arm", new: "Arm", *, is_relative: bool, is_paired: bool = False) -> Contrast:
    """Set two estimates beside each other.

    Args:
        base: the first.
        new: the second.
        is_relative: whether to take the difference of logarithms.
        is_paired: whether both have the same clusters; then the correlation of their influence
            counts. For shares it is drawn towards nought by 1/(2n·s₀s₁), as Newcombe does, so that
            pairs which all agree do not make a difference certain.
    """
    if not is_paired:
        return Contrast(base, new, is_relative)
    scale = math.sqrt(float((base.influence**2).sum()) * float((new.influence**2).sum()))
    found = float(base.influence @ new.influence) / scale if scale > 0 else 0.0
    pairs, spread = len(base.influence), base.spread * new.spread
    correction = 1 / (2 * pairs * spread) if spread > 0 else math.inf
    if found > 0:
        found = max(0.0, found - correction) if math.isfinite(correction) else 0.0
    return Contrast(base, new, is_relative, float(np.clip(found, -1, 1)))
