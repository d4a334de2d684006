"""Trying again that seldom helps costs time and hides the failure."""

from collections.abc import Iterator

import numpy as np

from toolspan.analytics.output import clean, count, duration, interval
from toolspan.analytics.recommend._evidence import Evidence, Record, confidence_of, per_hundred
from toolspan.analytics.recommend._recommendation import Prize, Recommendation
from toolspan.analytics.statistics import clustered_proportion

# A further attempt is useless when even the good end of its interval succeeds less often.
USELESS_BELOW = 0.2


def useless_retry(evidence: Evidence) -> Iterator[Recommendation]:
    """Tools whose second and later attempts hardly ever succeed."""
    for tool in evidence.tools.values():
        rows = [row for row in evidence.recovery if row["tool_name"] == tool.name]
        if tool.is_broken or not rows:
            continue
        made = np.array([row["made"] for row in rows])
        helped = clustered_proportion(np.array([row["ok"] for row in rows]), made)
        if not helped.high < USELESS_BELOW:
            continue
        wasted = evidence.amounts(tool, "wasted_retry_ms") / 1e3
        mean = per_hundred(wasted)
        confidence = confidence_of(mean, len(rows))
        if confidence is None:
            continue
        name = clean(tool.name, 60)
        yield Recommendation(
            rule="useless_retry",
            tool_name=tool.name,
            title=f"Stop trying {name} again, or wait longer before",
            evidence=(
                f"Of {count(made.sum())} further attempts in {count(len(rows))} sessions "
                f"{count(sum(row['ok'] for row in rows))} succeeded (likely "
                f"{interval(helped.low, helped.high)}), half of them after a wait of "
                f"{duration(_typical_wait(rows))} or less."
            ),
            prize=Prize(mean.value, mean.low, mean.high, "s spent on retries in 100 sessions"),
            benefit=float(wasted.sum() / max(evidence.session_ms.sum() / 1e3, 1e-9) / 2),
            confidence=confidence,
            sessions=evidence.examples(wasted),
            next_step=(
                "Give up after the first failure of the kinds that do not pass by themselves "
                "(bad arguments, missing permission), and back off for the rest."
            ),
            would_change=(
                "If the few that succeed matter more than the wait, keep the retries; if the "
                "waits grow and attempts still fail, the tool wants repair."
            ),
        )


def _typical_wait(rows: list[Record]) -> float | None:
    waits = [row["p50_waited_ms"] for row in rows if row["p50_waited_ms"] is not None]
    return float(np.median(waits)) if waits else None
