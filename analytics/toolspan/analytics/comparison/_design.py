"""Which sessions are set against which: pairs, strata, weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolspan.analytics.errors import UsageError
from toolspan.analytics.output import clean, counted
from toolspan.analytics.statistics import Relabelling, Strata, Units, codes_of

if TYPE_CHECKING:
    from toolspan.analytics.comparison._sessions import Bools, Floats, Ints, Run

DRAWS = 2_000
LEAST_DRAWS = 500
# More keys to sort than this take longer than anybody waits.
MOST_KEYS = 40_000_000


@dataclass(frozen=True, slots=True)
class Design:
    """How the sessions of both runs, BASE first, stand to each other.

    Attributes:
        is_new: whether a session is of NEW.
        codes: sessions of one code are comparable: the same task, or the same stratum; -1 where
            there is nothing to compare with.
        is_paired: whether these are tasks.
        factors: what sessions are paired by, or compared within.
        notes: what a reader must know of it.
    """

    is_new: "Bools"
    codes: "Ints"
    is_paired: bool
    factors: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def among(self, has_say: "Bools") -> "Matched":
        """The sessions that can be compared, of those that have a say."""
        rows = has_say & (self.codes >= 0)
        codes = codes_of(self.codes[rows])
        is_new = self.is_new[rows]
        count = int(codes.max(initial=-1)) + 1
        new, base = np.bincount(codes, is_new, count), np.bincount(codes, ~is_new, count)
        has_both = (new > 0) & (base > 0)
        kept = has_both[codes]
        rows = rows.copy()
        rows[np.flatnonzero(rows)[~kept]] = False
        strata = Strata.of(codes[kept])
        new, base = new[has_both], base[has_both]
        # A task counts once; a stratum by how much it can say (n₁n₀/(n₁+n₀), overlap weights).
        target = np.ones(len(new)) if self.is_paired else new * base / (new + base)
        target /= max(float(target.sum()), 1e-300)
        return Matched(
            rows,
            is_new[kept],
            strata,
            (target / base)[strata.codes],
            (target / new)[strata.codes],
            self.is_paired,
        )


@dataclass(frozen=True, slots=True)
class Matched:
    """Sessions of both runs that can be compared.

    Attributes:
        rows: which of all sessions.
        is_new: of those, which are of NEW.
        strata: the task or stratum of each.
        base_weights: how much each would count on the side of BASE; they sum to 1 over a side.
        new_weights: and on that of NEW.
        is_paired: whether strata are tasks.
    """

    rows: "Bools"
    is_new: "Bools"
    strata: Strata
    base_weights: "Floats"
    new_weights: "Floats"
    is_paired: bool

    @property
    def sizes(self) -> tuple[int, int]:
        """Sessions of BASE and of NEW."""
        return int((~self.is_new).sum()), int(self.is_new.sum())

    @property
    def independent(self) -> int:
        """How many independent observations the smaller side has: tasks, or sessions."""
        return self.strata.count if self.is_paired else min(self.sizes)

    def units(self, side: "Bools") -> Units:
        """The sessions of one side, as estimates need them."""
        weights = self.new_weights if bool(self.is_new[side].all()) else self.base_weights
        codes = self.strata.codes
        if self.is_paired:
            return Units(weights[side], np.zeros(int(side.sum()), dtype=np.int64), codes[side])
        return Units(weights[side], codes[side], np.arange(int(side.sum())))

    def relabelling(self, draws: int, seed: int) -> Relabelling:
        """Sessions trading places within tasks or strata."""
        most = MOST_KEYS // max(1, len(self.is_new))
        return Relabelling(
            self.is_new,
            self.strata,
            self.base_weights,
            self.new_weights,
            max(LEAST_DRAWS, min(draws, most)) if draws > LEAST_DRAWS else draws,
            seed,
        )


def design(base: "Run", new: "Run", by: Sequence[str], within: Sequence[str]) -> Design:
    """Pair sessions by a task, or compare them within strata.

    Args:
        base: the one run.
        new: the other.
        by: what names a task; a session is compared with those of the same task in the other run.
        within: without a task: sessions are compared within equal values of these, beside the
            workflow.

    Raises:
        UsageError: the runs share no task, or none of the values.
    """
    is_new = np.r_[np.zeros(base.sessions, dtype=np.bool_), np.ones(new.sessions, dtype=np.bool_)]
    if not base.sessions or not new.sessions:
        return Design(is_new, np.full(len(is_new), -1), bool(by), tuple(by or within))
    if by:
        return _paired(base, new, is_new, tuple(by))
    factors, notes = [], []
    for name in dict.fromkeys(("workflow_name", *within)):
        labels = [set(run.labels[name].tolist()) for run in (base, new)]
        if labels[0] & labels[1]:
            if len(labels[0] | labels[1]) > 1:
                factors.append(name)
        elif name in within:
            raise UsageError(f"BASE and NEW share no value of {name!r}")
        else:
            notes.append("BASE and NEW share no workflow: compared across workflows")
    columns = [np.r_[base.labels[name], new.labels[name]] for name in factors]
    codes = (
        Strata.of(*map(codes_of, columns)).codes
        if columns
        else np.zeros(len(is_new), dtype=np.int64)
    )
    codes, left = _shared(codes, is_new)
    words = " and ".join(clean(_word(name), 60) for name in factors)
    notes += [
        f"{counted(gone, 'session')} of {side} left out: the other run has none of like {words}"
        for side, gone in zip(("BASE", "NEW"), left, strict=True)
        if gone
    ]
    return Design(is_new, codes, is_paired=False, factors=tuple(factors), notes=tuple(notes))


def _paired(base: "Run", new: "Run", is_new: "Bools", by: tuple[str, ...]) -> Design:
    columns = [np.r_[base.labels[name], new.labels[name]] for name in by]
    known = np.all([column != "" for column in columns], axis=0)
    codes = Strata.of(*map(codes_of, columns)).codes
    codes = np.where(known, codes, -1)
    codes, left = _shared(codes, is_new)
    if not (codes >= 0).any():
        raise UsageError(f"BASE and NEW share no task by {', '.join(by)}: nothing can be paired")
    notes = [
        f"{counted(gone, 'session')} of {side} left out: their task is unknown, or not in the other"
        for side, gone in zip(("BASE", "NEW"), left, strict=True)
        if gone
    ]
    return Design(is_new, codes, is_paired=True, factors=by, notes=tuple(notes))


def _shared(codes: "Ints", is_new: "Bools") -> "tuple[Ints, tuple[int, int]]":
    """The codes, -1 for those of one run alone; and how many sessions that leaves out."""
    both = np.intersect1d(codes[is_new], codes[~is_new])
    kept = np.isin(codes, both[both >= 0])
    gone = int((~kept & ~is_new).sum()), int((~kept & is_new).sum())
    return np.where(kept, codes, -1), gone


def _word(name: str) -> str:
    return "workflow" if name == "workflow_name" else name
