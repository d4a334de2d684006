"""Many tests at once."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Floats


def benjamini_hochberg(p_values: "Floats") -> "Floats":
    """q-values: the expected share of false ones among all that are no larger.

    q of the k-th smallest of m is min over j ≥ k of p·m/j. NaN stays NaN and does not count.

    Assumes independent or positively dependent tests.

    Source: Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57, 289.
    """
    found = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    m = len(order)
    scaled = p_values[order] * m / np.arange(1, m + 1)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return found


def holm(p_values: "Floats") -> "Floats":
    """Adjusted p-values under which the chance of even one false finding is at most the level.

    The k-th smallest of m becomes max over j ≤ k of p·(m - j + 1). NaN stays NaN and does not
    count. Needs no assumption on how the tests depend on each other.

    Source: Holm (1979), Scand. J. Stat. 6, 65.
    """
    found = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    m = len(order)
    found[order] = np.minimum(np.maximum.accumulate(p_values[order] * np.arange(m, 0, -1)), 1)
    return found
