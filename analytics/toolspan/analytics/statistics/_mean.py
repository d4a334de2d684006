"""The mean of independent values, with an interval that knows that they are skewed."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Floats

# Above this the central limit theorem has done its work, and resampling is a waste of time.
MOST_RESAMPLED = 2_000


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean and its interval.

    Attributes:
        value: the mean.
        low: lower bound, NaN with a single value.
        high: upper bound, NaN with a single value.
        n: values.
    """

    value: float
    low: float
    high: float
    n: int


def mean_interval(values: "Floats", *, confidence: float = 0.95, seed: int = 0) -> Mean:
    """The mean of one value for each session: BCa bootstrap, or Student's t for many.

    Amounts per session (failed calls, seconds, money) are often nought and sometimes large; the
    BCa bootstrap follows their skewness, which the symmetric interval does not. With values that
    are all equal the interval is that value.

    Assumes independent sessions.

    Source: Efron (1987), JASA 82, 171, as in `scipy.stats.bootstrap`.
    """
    from scipy import stats

    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    if not n:
        return Mean(math.nan, math.nan, math.nan, 0)
    mean = float(values.mean())
    if n == 1:
        return Mean(mean, math.nan, math.nan, 1)
    if values.min() == values.max():
        return Mean(mean, mean, mean, n)
    if n > MOST_RESAMPLED:
        error = float(values.std(ddof=1)) / math.sqrt(n)
        half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * error
        return Mean(mean, mean - half, mean + half, n)
    found = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=2_000,
        confidence_level=confidence,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Mean(mean, float(found.low), float(found.high), n)
