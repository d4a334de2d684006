"""How often the gate would fail where nothing has changed: BASE against itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from toolspan.analytics.comparison._compare import judgements_of
from toolspan.analytics.comparison._design import design
from toolspan.analytics.comparison._verdict import FAIL, INCONCLUSIVE, NOT_JUDGED, PASS, overall
from toolspan.analytics.comparison._words import title
from toolspan.analytics.errors import UsageError
from toolspan.analytics.output import counted, percent
from toolspan.analytics.statistics import codes_of, wilson

if TYPE_CHECKING:
    from toolspan.analytics.comparison._margins import Margin
    from toolspan.analytics.comparison._sessions import Ints, Run

SPLITS: Final = 200
LEAST_SESSIONS: Final = 16
# A gate that fails more often than this without a change cries wolf.
MOST_FALSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """What came of a run against itself, split at random many times.

    Attributes:
        splits: how many.
        sessions: in each half.
        failed: share of splits that FAIL.
        failed_low: lower bound of its 95 % interval.
        failed_high: upper bound.
        inconclusive: share of splits that are INCONCLUSIVE.
        records: one for each quantity that is judged: `quantity, of, source, title, splits, failed,
            inconclusive, passed` (shares of splits).
    """

    splits: int
    sessions: int
    failed: float
    failed_low: float
    failed_high: float
    inconclusive: float
    records: list[dict[str, Any]]

    @property
    def is_sound(self) -> bool:
        """Whether it fails no more often than 1 in 20, as far as the splits can tell."""
        return self.failed_low <= MOST_FALSE

    @property
    def sentence(self) -> str:
        """What it says, in words."""
        text = (
            f"{counted(self.splits, 'random split')} of BASE into halves of "
            f"{counted(self.sessions, 'session')}, where nothing differs: "
            f"{percent(self.failed)} FAIL (95 % CI {percent(self.failed_low)} to "
            f"{percent(self.failed_high)}), {percent(self.inconclusive)} INCONCLUSIVE"
        )
        if not self.is_sound:
            return f"{text}. It fails without a change: widen margins, or compare like with like."
        return f"{text}. A gate should FAIL in at most {percent(MOST_FALSE)}."

    def record(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return {
            "splits": self.splits,
            "sessions": self.sessions,
            "failed": self.failed,
            "failed_low": self.failed_low,
            "failed_high": self.failed_high,
            "inconclusive": self.inconclusive,
            "is_sound": self.is_sound,
            "quantities": self.records,
            "sentence": self.sentence,
        }


def self_check_run(
    run: "Run",
    *,
    margins: "Sequence[Margin] | None" = None,
    within: Sequence[str] = (),
    splits: int = SPLITS,
    seed: int = 0,
) -> SelfCheck:
    """Split a run at random into halves, workflow by workflow, and compare them.

    Halves are not paired: a task has one session more often than two.

    Args:
        run: the run.
        margins: how much worse NEW may be; None for the defaults.
        within: halves are compared within equal values of these and of the workflow.
        splits: how many.
        seed: the same seed, the same splits.

    Raises:
        UsageError: there are too few sessions to halve.
    """
    if run.sessions < LEAST_SESSIONS:
        raise UsageError(
            f"a self-check needs {LEAST_SESSIONS} sessions of BASE, there are {run.sessions}"
        )
    strata = codes_of(run.labels["workflow_name"])
    random = np.random.default_rng(seed)
    verdicts: list[str] = []
    rows: dict[tuple[str, str | None, str | None, str], list[str]] = {}
    for split in range(splits):
        first, second = _halves(strata, random)
        halves = run.at(first), run.at(second)
        plan = design(*halves, (), within)
        # A test by relabelling can only turn a FAIL into none: it is drawn where there is one.
        judgements, _ = judgements_of(*halves, plan, margins, draws=0, seed=split)
        if overall(judgements) == FAIL:
            judgements, _ = judgements_of(*halves, plan, margins, draws=1_000, seed=split)
        verdicts.append(overall(judgements))
        for each in judgements:
            if each.verdict != NOT_JUDGED:
                subject = each.assessment.subject
                key = (subject.quantity, subject.of, subject.source, title(each))
                rows.setdefault(key, []).append(each.verdict)
    failed = verdicts.count(FAIL) / splits
    low, high = wilson(failed, splits, 1.96)
    return SelfCheck(
        splits,
        run.sessions // 2,
        failed,
        low,
        high,
        verdicts.count(INCONCLUSIVE) / splits,
        [_record(key, found) for key, found in rows.items()],
    )


def _record(key: tuple[str, str | None, str | None, str], found: list[str]) -> dict[str, Any]:
    quantity, of, source, words = key
    shares = {
        "failed": found.count(FAIL) / len(found),
        "inconclusive": found.count(INCONCLUSIVE) / len(found),
        "passed": found.count(PASS) / len(found),
    }
    return {
        "quantity": quantity,
        "of": of,
        "source": source,
        "title": words,
        "splits": len(found),
        **shares,
    }


def _halves(strata: "Ints", random: np.random.Generator) -> "tuple[Ints, Ints]":
    """Places of two halves of each stratum; an odd one goes to either."""
    order = np.lexsort((random.random(len(strata)), strata))
    starts = np.r_[0, np.cumsum(np.bincount(strata))[:-1]]
    rank = np.arange(len(strata)) - starts[strata[order]]
    shift = random.integers(0, 2, len(starts))[strata[order]]
    is_first = (rank + shift) % 2 == 0
    return np.sort(order[is_first]), np.sort(order[~is_first])
