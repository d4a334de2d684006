"""What is compared: sessions with a score, what they used, and what makes them comparable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolspan.analytics.statistics import Strata, codes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Labels = NDArray[np.object_]

# Sessions of one stratum are cut into bins of like length, of this size or more and at most so
# many. Measured (docs/explanation/statistics.md): with 4 bins at any size, 600 sessions give
# 10 % false findings and 2,000 give 22 %; with these 4 to 7 %.
SESSIONS_A_BIN = 5
MOST_BINS = 20


@dataclass(frozen=True, slots=True)
class Study:
    """Sessions that have a score of one source.

    Attributes:
        scores: one a session.
        factors: by name, a label for each session; sessions are compared within equal labels.
        lengths: tool calls of each session.
        users: who each session was for, "" where unknown; sessions of one user are alike.
        keys: what the sessions are called.
    """

    scores: "Floats"
    factors: Mapping[str, "Labels"]
    lengths: "Ints"
    users: "Labels | None" = None
    keys: "Labels | None" = None

    def without(self, *factors: str) -> "Study":
        """The study with factors left out, for when they are what is studied."""
        kept = {name: labels for name, labels in self.factors.items() if name not in factors}
        return Study(self.scores, kept, self.lengths, self.users, self.keys)

    def base(self) -> Strata:
        """Sessions of equal factors, whatever their length."""
        labels = [codes_of(labels) for labels in self.factors.values()]
        return Strata.of(*labels or [np.zeros(len(self.scores), dtype=np.int64)])

    def clusters(self) -> "Ints | None":
        """Sessions of one user have one code; None where no user is known to have several."""
        if self.users is None:
            return None
        known = self.users != ""
        codes = np.arange(len(self.users)) + len(self.users)
        codes[known] = codes_of(self.users[known])
        codes = codes_of(codes)
        return codes if np.bincount(codes).max(initial=0) > 1 else None


@dataclass(frozen=True, slots=True)
class Exposure:
    """What sessions used or did, to be related to their scores.

    Attributes:
        name: of the tool, agent, pair of tools, ...
        values: 1 where exposed and 0 where not, or a number for each session.
        own_calls: how many of the session's tool calls are the exposure's own.
        rows: sessions in which the question makes sense; None for all.
        before_error: 1 where exposed before anything in the session had failed; None where the
            question makes no sense.
    """

    name: str
    values: "Floats"
    own_calls: "Ints | None" = None
    rows: "Bools | None" = None
    before_error: "Floats | None" = None

    @property
    def is_binary(self) -> bool:
        """Whether sessions are exposed or not, rather than more or less."""
        return bool(np.isin(self.values, (0, 1)).all())


def by_length(base: Strata, lengths: "Ints") -> Strata:
    """Sessions of like length within strata."""
    return base.cut(lengths, SESSIONS_A_BIN, MOST_BINS)
