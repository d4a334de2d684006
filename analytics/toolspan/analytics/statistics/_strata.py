"""Strata: groups of sessions that may be compared with one another."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from toolspan.analytics.statistics._arrays import average_ranks, codes_of, lowest_ranks

if TYPE_CHECKING:
    from toolspan.analytics.statistics._arrays import Bools, Floats, Ints, Numbers


@dataclass(frozen=True, slots=True)
class Strata:
    """To which stratum each row belongs.

    Attributes:
        codes: the stratum of each row, from 0 to `count - 1`.
        count: how many there are.
    """

    codes: "Ints"
    count: int

    @classmethod
    def of(cls, *factors: "Numbers") -> Self:
        """Rows are in one stratum when all factors agree.

        Args:
            factors: label arrays of equal length; with none of them there is nothing to tell
                rows apart by, so give at least one.
        """
        codes = codes_of(factors[0])
        for factor in factors[1:]:
            other = codes_of(factor)
            codes = codes_of(codes * (other.max(initial=0) + 1) + other)
        return cls(codes, int(codes.max(initial=-1)) + 1)

    def among(self, rows: "Bools") -> "Strata":
        """The strata of a part of the rows, numbered anew."""
        codes = codes_of(self.codes[rows])
        return Strata(codes, int(codes.max(initial=-1)) + 1)

    def sums(self, values: "Numbers") -> "Floats":
        """The sum of `values` in each stratum."""
        return np.bincount(self.codes, values, self.count).astype(np.float64)

    def sizes(self) -> "Ints":
        """The number of rows in each stratum."""
        return np.bincount(self.codes, minlength=self.count)

    def centred(self, values: "Floats") -> "Floats":
        """`values` less the mean of their stratum."""
        return values - (self.sums(values) / np.maximum(self.sizes(), 1))[self.codes]

    def scores(self, values: "Floats") -> "Floats":
        """Centred ranks within strata, scaled by 1/(size + 1).

        The sum of these over the used sessions is van Elteren's stratified Wilcoxon statistic,
        which weighs strata best when the shift is the same in all of them. Two-valued input gives
        the same order of strata as Mantel-Haenszel does.

        Source: van Elteren (1960), Bull. Inst. Int. Stat. 37, 351.
        """
        return self.centred(average_ranks(values, self.codes)) / (self.sizes() + 1)[self.codes]

    def informative(self, exposure: "Numbers") -> "Bools":
        """Rows whose stratum holds more than one value of `exposure`."""
        spread = np.abs(self.centred(np.asarray(exposure, dtype=np.float64)))
        differs = np.zeros(self.count, dtype=bool)
        np.logical_or.at(differs, self.codes, spread > 1e-9)
        return differs[self.codes]

    def cut(self, values: "Numbers", size: int, most: int) -> "Strata":
        """Cut each stratum at the quantiles of `values`; equal values stay together.

        Args:
            values: one a row.
            size: rows that a bin should have at least.
            most: bins of a stratum.
        """
        bins = np.clip(self.sizes() // size, 1, most)[self.codes]
        ranks = lowest_ranks(np.asarray(values, dtype=np.float64), self.codes) - 1
        return Strata.of(self.codes, ranks * bins // self.sizes()[self.codes])
