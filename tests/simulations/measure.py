"""How often the procedure is right when the truth is known."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulations.generators import Sample
from toolspan.analytics.findings import assess

LEVEL = 0.05
Make = Callable[[np.random.Generator], Sample]


@dataclass(frozen=True, slots=True)
class Rates:
    """What came out of many runs.

    Attributes:
        runs: how many.
        tested: share of runs in which there was enough to say something of the first tool.
        naive: share of tested runs in which the raw comparison calls it significant (5 %).
        rejected: the same for the adjusted p-value of the tool alone.
        supported: the same for the verdict, which counts all tools of the family.
        family: share of runs in which any tool is supported.
        covered: share of tested runs whose interval holds the truth.
        methods: how often which test was used.
    """

    runs: int
    tested: float
    naive: float
    rejected: float
    supported: float
    family: float
    covered: float
    methods: dict[str, int]

    @property
    def error(self) -> float:
        """Monte Carlo error of `rejected`, one standard deviation."""
        share = max(self.rejected, 0.5 / self.runs)
        return math.sqrt(share * (1 - share) / max(1, self.runs * self.tested))


def rates(make: Make, runs: int, *, truth: float = 0.0, draws: int = 999, seed: int = 1) -> Rates:
    """Run the procedure on many samples.

    Args:
        make: makes one sample.
        runs: how many.
        truth: the difference of the first tool that the intervals should hold.
        draws: permutations of each run.
        seed: the same seed, the same answer.
    """
    random = np.random.default_rng(seed)
    counts: dict[str, Any] = dict.fromkeys(
        ("tested", "naive", "rejected", "supported", "family", "covered"), 0
    )
    methods: dict[str, int] = {}
    for run in range(runs):
        sample = make(random)
        family = assess(sample.study, sample.exposures, draws=draws, seed=run)
        methods[family.method] = methods.get(family.method, 0) + 1
        enough = [found for found in family.assessments if found.is_enough]
        counts["family"] += any(found.p_max_t < LEVEL for found in enough)
        first = family.assessments[0]
        if first.is_enough:
            counts["tested"] += 1
            counts["naive"] += first.raw.mann_whitney_p < LEVEL
            counts["rejected"] += first.weaker.p_value < LEVEL
            counts["supported"] += first.p_max_t < LEVEL
            counts["covered"] += first.weaker.low <= truth <= first.weaker.high
    tested = max(1, counts["tested"])
    return Rates(
        runs=runs,
        tested=counts["tested"] / runs,
        naive=counts["naive"] / tested,
        rejected=counts["rejected"] / tested,
        supported=counts["supported"] / tested,
        family=counts["family"] / runs,
        covered=counts["covered"] / tested,
        methods=methods,
    )
