"""A tool whose own charges are much of the bill."""

from collections.abc import Iterator

import numpy as np

from toolspan.analytics.output import clean, number, percent
from toolspan.analytics.recommend._evidence import Evidence, confidence_of, per_hundred
from toolspan.analytics.recommend._recommendation import Prize, Recommendation

LEAST_SHARE = 0.2


def costly_tool(evidence: Evidence) -> Iterator[Recommendation]:
    """Tools whose charges are a fifth or more of what is known to have been spent."""
    charges = {
        name: evidence.amounts(tool, "cost")
        for name, tool in evidence.tools.items()
        if tool.record["cost"]
    }
    whole = float(np.nansum(evidence.session_cost)) + sum(
        float(charge.sum()) for charge in charges.values()
    )
    for key, charge in charges.items():
        tool, share = evidence.tools[key], float(charge.sum()) / whole
        mean = per_hundred(charge)
        confidence = confidence_of(mean, int((charge > 0).sum()))
        if tool.is_broken or share < LEAST_SHARE or confidence is None:
            continue
        name = clean(tool.name, 60)
        yield Recommendation(
            rule="costly_tool",
            tool_name=tool.name,
            title=f"Spend less on {name}",
            evidence=(
                f"{name} charged {number(tool.record['cost'])} for "
                f"{tool.record['calls']:,} calls: {percent(share)} of all known cost, that of "
                "models included."
            ),
            prize=Prize(mean.value, mean.low, mean.high, "charged in 100 sessions"),
            benefit=share / 2,
            confidence=confidence,
            sessions=evidence.examples(charge),
            next_step="Keep answers to equal requests, and ask for less where less is used.",
            would_change=(
                "If sessions without these calls end worse, they are worth their price: "
                "toolspan correlate says whether that is so."
            ),
        )
