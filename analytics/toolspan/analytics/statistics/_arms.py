"""One side of a comparison: an estimate over weighted sessions, and how far it can be trusted."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from toolspan.analytics.statistics._arrays import codes_of, sums_by
from toolspan.analytics.statistics._intervals import ASSUMED_CORRELATION, quantile_needs, wilson

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Bools, Floats, Ints


class Bounds(Protocol):
    """The interval at a confidence, NaN where there is too little data for one."""

    def __call__(self, confidence: float, times: float = 1.0) -> tuple[float, float]:
        """With `times` as many sessions that scatter as these do."""
        ...


@dataclass(frozen=True, slots=True)
class Units:
    """The sessions of one side.

    Attributes:
        weights: how much each session counts.
        strata: to which stratum each belongs; what differs between strata is no error.
        clusters: sessions with one code are alike (trials of one task).
    """

    weights: "Floats"
    strata: "Ints"
    clusters: "Ints"

    @classmethod
    def alike(cls, count: int) -> "Units":
        """Sessions that all count the same, independent of each other."""
        return cls(np.ones(count), np.zeros(count, dtype=np.int64), np.arange(count))

    def among(self, rows: "Bools") -> "Units":
        """Some of them."""
        return Units(self.weights[rows], self.strata[rows], self.clusters[rows])


@dataclass(frozen=True, slots=True)
class Arm:
    """An estimate of one side.

    Attributes:
        value: the estimate.
        influence: what each cluster adds to its error, in the order of the clusters' codes.
        effective_n: how many independent observations it is worth (rates and quantiles).
        spread: standard deviation of one observation on the scale of shares; infinite for means.
        bounds: its interval.
    """

    value: float
    influence: "Floats"
    effective_n: float
    spread: float
    bounds: Bounds


def arm_rate(successes: "Floats", trials: "Floats", units: Units) -> Arm:
    """A rate of trials that come in weighted sessions, with Wilson's interval.

    p = Σwk / Σwm. The variance is that of the linearised ratio, between clusters within strata;
    p(1-p) over it, and at most (Σwm)² / Σw²m, is the effective number of trials for Wilson's
    interval with Student's t. With equal weights and one stratum this is `clustered_proportion`.

    Source: as there; Korn and Graubard (1998), Survey Methodology 24, 193, for weights.
    """
    w = units.weights
    total = float((w * trials).sum())
    p = float((w * successes).sum()) / total
    clusters = codes_of(units.clusters)
    influence = sums_by(clusters, w * (successes - p * trials)) / total
    variance, freedom = _variance(influence, clusters, units)
    independent = total**2 / float((w**2 * trials).sum())
    if 0 < p < 1:
        effective = min(independent, p * (1 - p) / variance) if variance > 0 else independent
    else:
        alike = sums_by(clusters, w * trials)
        effect = float((alike**2).sum()) / float((w**2 * trials).sum())
        effective = independent / max(1.0, 1 + (effect - 1) * ASSUMED_CORRELATION)

    def bounds(confidence: float, times: float = 1.0) -> tuple[float, float]:
        if not freedom:
            return math.nan, math.nan
        return wilson(p, effective * times, _t(confidence, freedom * times))

    return Arm(p, influence, effective, math.sqrt(p * (1 - p)), bounds)


def arm_mean(amounts: "Floats", per: "Floats", units: Units, *, is_log: bool = False) -> Arm:
    """A ratio Σwa / Σwb of weighted sessions, with Student's t; b = 1 gives a mean.

    The standard error is the jackknife's: what leaving out each cluster does, between clusters
    within strata. `is_log` takes it, and the interval, on the logarithm, which suits amounts that
    are skewed to the right.

    Source: Cochran (1977), Sampling Techniques, ch. 6; Efron (1982), The Jackknife, ch. 3.
    """
    w = units.weights
    total = float((w * per).sum())
    value = float((w * amounts).sum()) / total
    clusters = codes_of(units.clusters)
    influence = sums_by(clusters, w * (amounts - value * per)) / total
    share = sums_by(clusters, w * per) / total
    left = influence / np.maximum(1 - share, 1e-9)
    on_log = is_log and value > 0
    if on_log:
        left = -np.log1p(-np.minimum(left / value, 1 - 1e-9))
    variance, freedom = _variance(left, clusters, units, is_jackknife=True)
    error = math.sqrt(variance)

    def bounds(confidence: float, times: float = 1.0) -> tuple[float, float]:
        if not freedom:
            return math.nan, math.nan
        half = _t(confidence, freedom * times) * error / math.sqrt(times)
        if on_log:
            return value * math.exp(-min(half, 300.0)), value * math.exp(min(half, 300.0))
        return value - half, value + half

    return Arm(value, influence, math.nan, math.inf, bounds)


def arm_quantile(values: "Floats", places: "Ints", q: float, units: Units) -> Arm:
    """A quantile of values that come in weighted sessions, with Woodruff's interval.

    As `clustered_quantile`, with the weighted share of values at or below, and Wilson's interval
    for that share: of two sides, exact ones would be too wide. With weights that differ, the
    quantile is the smallest value that the share q does not exceed.

    Args:
        values: all of them.
        places: the session of each, as a place in `units`.
        q: between 0 and 1.
        units: the sessions.
    """
    order = np.argsort(values, kind="stable")
    ordered, weight = values[order], units.weights[places][order]
    share = np.cumsum(weight) / weight.sum()
    is_even = bool(np.ptp(weight) <= 1e-12 * weight.max())
    at = float(ordered[_first_at(share, q)])
    value = float(np.quantile(values, q)) if is_even else at
    count = len(units.weights)
    below = np.bincount(places, (values <= at) - q, count)
    total = float(weight.sum())
    clusters = codes_of(units.clusters)
    influence = sums_by(clusters, units.weights * below / total)
    variance, freedom = _variance(influence, clusters, units)
    independent = total**2 / float((weight**2).sum())
    effective = min(independent, q * (1 - q) / variance) if variance > 0 else independent

    def bounds(confidence: float, times: float = 1.0) -> tuple[float, float]:
        worth = effective * times
        if not freedom or worth < quantile_needs(q, confidence):
            return math.nan, math.nan
        low, high = wilson(q, worth, _t(confidence, freedom * times))
        before = int(np.searchsorted(share, low + 1e-12, side="right")) - 1
        return float(ordered[max(0, before)]), float(ordered[_first_at(share, high)])

    return Arm(value, influence, effective, math.sqrt(q * (1 - q)), bounds)


def _first_at(share: "Floats", q: float) -> int:
    return min(len(share) - 1, int(np.searchsorted(share, q - 1e-12)))


def _t(confidence: float, freedom: float) -> float:
    from scipy import special

    return float(special.stdtrit(freedom, (1 + confidence) / 2))


def _variance(
    influence: "Floats", clusters: "Ints", units: Units, *, is_jackknife: bool = False
) -> tuple[float, int]:
    """The variance of a sum of influence between clusters within strata, and its freedom.

    What leaving out a cluster does is n/(n-1) times its influence; `is_jackknife` undoes that.

    Strata with a single cluster are taken together (collapsed strata: never too small on average).
    """
    strata = np.zeros(len(influence), dtype=np.int64)
    strata[clusters] = codes_of(units.strata)
    sizes = np.bincount(strata)
    strata = codes_of(np.where(sizes[strata] > 1, strata, -1))
    sizes = np.bincount(strata)
    means = np.bincount(strata, influence) / sizes
    centred = influence - np.where(sizes > 1, means, 0.0)[strata]
    factor = sizes / np.maximum(sizes - 1, 1)
    if is_jackknife:
        factor = 1 / factor
    variance = float((factor[strata] * centred**2).sum())
    return variance, max(0, len(influence) - len(sizes))
