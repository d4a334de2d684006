"""Permuting which session belongs to which side, within strata."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolspan.analytics.statistics._arrays import Bools, Floats
    from toolspan.analytics.statistics._strata import Strata

# How many numbers a block of draws may hold (8 bytes each).
BLOCK = 2_000_000
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class RelabellingTest:
    """What relabelling says of a difference.

    Attributes:
        p_value: two-sided.
        p_above: one-sided: as large a difference, or larger, by chance.
        p_below: one-sided: as small, or smaller.
    """

    p_value: float
    p_above: float
    p_below: float


@dataclass(frozen=True, slots=True)
class Relabelling:
    """Which sessions may trade places.

    Attributes:
        is_new: whether a session belongs to the second side.
        strata: sessions trade places within these; a task with its sessions of both sides is one
            where runs are paired.
        base_weights: of each session, were it on the first side.
        new_weights: of each session, were it on the second.
        draws: how many relabellings.
        seed: the same seed, the same p-values.
    """

    is_new: "Bools"
    strata: "Strata"
    base_weights: "Floats"
    new_weights: "Floats"
    draws: int
    seed: int = 0

    def test(self, amounts: "Floats", per: "Floats") -> RelabellingTest:
        """Test the difference of Σwa/Σwb between the sides.

        Assumes only that within a stratum every assignment of sessions to sides was equally
        likely. p = (1 + count)/(draws + 1).

        Source: Fisher (1935); Phipson and Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9, 39.
        """
        observed = float(self._differences(self.is_new[None, :], amounts, per)[0])
        counts = np.zeros(3)
        scale = max(1.0, abs(observed)) * TOLERANCE
        for labels in self.labels():
            drawn = self._differences(labels, amounts, per)
            counts += (
                (np.abs(drawn) >= abs(observed) - scale).sum(),
                (drawn >= observed - scale).sum(),
                (drawn <= observed + scale).sum(),
            )
        two, above, below = ((1 + counts) / (self.draws + 1)).tolist()
        return RelabellingTest(two, above, below)

    def labels(self) -> "Iterator[Bools]":
        """Blocks of relabellings: a row a draw, true where a session goes to the second side."""
        random = np.random.default_rng(self.seed)
        order = np.argsort(self.strata.codes, kind="stable")
        codes, is_new = self.strata.codes[order], self.is_new[order]
        step = max(1, BLOCK // max(len(codes), 1))
        for start in range(0, self.draws, step):
            count = min(step, self.draws - start)
            drawn = np.argsort(codes + random.random((count, len(codes))), axis=1)
            labels = np.empty((count, len(codes)), dtype=np.bool_)
            labels[:, order] = is_new[drawn]
            yield labels

    def _differences(self, labels: "Bools", amounts: "Floats", per: "Floats") -> "Floats":
        columns = np.column_stack(
            [
                self.new_weights * amounts,
                self.new_weights * per,
                self.base_weights * amounts,
                self.base_weights * per,
            ]
        )
        sums = labels.astype(np.float64) @ columns
        rest = columns[:, 2:].sum(0) - sums[:, 2:]
        with np.errstate(invalid="ignore", divide="ignore"):
            found = sums[:, 0] / sums[:, 1] - rest[:, 0] / rest[:, 1]
        return np.nan_to_num(np.asarray(found, dtype=np.float64), nan=0.0)


def mcnemar(better: int, worse: int) -> RelabellingTest:
    """McNemar's exact test: the sign test of pairs in which the two sides differ.

    Where each pair has one session a side and outcomes are 0 or 1, this is what all relabellings
    would give.

    Source: McNemar (1947), Psychometrika 12, 153.

    Args:
        better: pairs in which only the second side has a 1.
        worse: pairs in which only the first side has.
    """
    from scipy import stats

    pairs = better + worse
    if not pairs:
        return RelabellingTest(1.0, 1.0, 1.0)
    above = float(stats.binom.sf(better - 1, pairs, 0.5))
    below = float(stats.binom.cdf(better, pairs, 0.5))
    return RelabellingTest(min(1.0, 2 * min(above, below)), above, below)
