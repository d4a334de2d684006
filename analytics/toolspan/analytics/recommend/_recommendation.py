"""What a recommendation is made of."""

from dataclasses import dataclass
from typing import Any, Final

from toolspan.analytics.output import number

# How sure the prize is, best first, and what part of it is counted upon when recommendations are
# ranked: what is doubtful stands behind what is sure and somewhat smaller.
CONFIDENCES: Final = {"high": 1.0, "medium": 0.7, "low": 0.3}


# Of the table of recommendations.
COLUMNS: Final = (
    "rule",
    "tool_name",
    "title",
    "evidence",
    "prize",
    "prize_low",
    "prize_high",
    "prize_unit",
    "benefit",
    "confidence",
    "example_sessions",
    "next_step",
    "would_change",
)


@dataclass(frozen=True, slots=True)
class Prize:
    """What is to be won at most, with its 95 % interval.

    Attributes:
        amount: in `unit`.
        low: lower bound.
        high: upper bound.
        unit: what is counted, and of what: `failed calls in 100 sessions`.
    """

    amount: float
    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        return f"{number(self.amount)} ({number(self.low)} to {number(self.high)}) {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One thing to do, and why.

    Attributes:
        rule: which rule speaks: a key of `RULES`.
        tool_name: of which tool.
        title: what to do, in a few words.
        evidence: the numbers it rests on, in a sentence.
        prize: what is to be won at most.
        benefit: that as a share of all sessions' outcomes (or half as much of their time or
            money), from 0 to 1.
        confidence: one of `CONFIDENCES`: how sure the prize is.
        sessions: ids of sessions in which it can be seen, the newest first.
        next_step: what to do first.
        would_change: what would change our mind.
    """

    rule: str
    tool_name: str
    title: str
    evidence: str
    prize: Prize
    benefit: float
    confidence: str
    sessions: tuple[str, ...]
    next_step: str
    would_change: str

    @property
    def expected(self) -> float:
        """The benefit as far as it can be counted upon; recommendations are ranked by it."""
        return self.benefit * CONFIDENCES[self.confidence]

    def record(self) -> dict[str, Any]:
        """The row of `traces.recommend()`."""
        return {
            "rule": self.rule,
            "tool_name": self.tool_name,
            "title": self.title,
            "evidence": self.evidence,
            "prize": self.prize.amount,
            "prize_low": self.prize.low,
            "prize_high": self.prize.high,
            "prize_unit": self.prize.unit,
            "benefit": self.benefit,
            "confidence": self.confidence,
            "example_sessions": list(self.sessions),
            "next_step": self.next_step,
            "would_change": self.would_change,
        }
