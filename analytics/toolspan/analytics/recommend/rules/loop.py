"""The same call again and again, with the same arguments."""

from collections.abc import Iterator

import numpy as np

from toolspan.analytics.output import clean, count
from toolspan.analytics.recommend._evidence import Evidence, confidence_of, per_hundred
from toolspan.analytics.recommend._recommendation import Prize, Recommendation


def loop(evidence: Evidence) -> Iterator[Recommendation]:
    """Tools that are called three or more times in a row with the same arguments."""
    for tool in evidence.tools.values():
        rows = [row for row in evidence.loops if row["tool_name"] == tool.name]
        if tool.is_broken or not rows:
            continue
        times = np.minimum(1, evidence.spread(rows, "calls"))
        repeated = evidence.spread([{**row, "calls": row["calls"] - 1} for row in rows], "calls")
        mean = per_hundred(repeated)
        confidence = confidence_of(mean, int(times.sum()))
        if confidence is None:
            continue
        name, calls = clean(tool.name, 60), sum(row["calls"] for row in rows)
        yield Recommendation(
            rule="loop",
            tool_name=tool.name,
            title=f"Break the loops around {name}",
            evidence=(
                f"{count(len(rows))} times in {count(times.sum())} sessions {name} was called "
                f"three or more times in a row with the same arguments: {count(calls)} calls, "
                f"{count(sum(row['errors'] for row in rows))} of them failed."
            ),
            prize=Prize(mean.value, mean.low, mean.high, "repeated calls in 100 sessions"),
            benefit=float(repeated.sum() / max(_all_calls(evidence), 1)) / 2,
            confidence=confidence,
            sessions=evidence.examples(repeated),
            next_step=(
                "Let the tool say that it was just asked the same and what to do instead, and "
                "bound how often an agent may call it."
            ),
            would_change="If it waits for something to change (polling), the repeats are meant.",
        )


def _all_calls(evidence: Evidence) -> int:
    return sum(int(tool.record["calls"]) for tool in evidence.tools.values())
