"""All rules over all evidence, ranked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolspan.analytics.recommend._evidence import Evidence, Record, gather
from toolspan.analytics.recommend.rules import RULES

if TYPE_CHECKING:
    from toolspan.analytics.recommend._recommendation import Recommendation
    from toolspan.analytics.traces import Traces


def recommend(traces: "Traces", findings: Sequence[Record] = ()) -> "list[Recommendation]":
    """What to do, the most beneficial first; empty where there is too little data to say.

    Args:
        traces: what was recorded.
        findings: rows of `tool_findings`, so that scores have a say.
    """
    return ranked(gather(traces, findings))


def ranked(evidence: Evidence) -> "list[Recommendation]":
    """What the rules say, by expected benefit; equal ones in the order of rules and names."""
    order = {name: place for place, name in enumerate(RULES)}
    found = [each for rule in RULES.values() for each in rule(evidence)]
    found.sort(key=lambda each: (-round(each.expected, 6), order[each.rule], each.tool_name))
    said: set[tuple[str, str]] = set()
    kept = []
    for each in found:
        # The same about the same tool, for a second score or stand-in, adds words and no work.
        if (each.rule, each.tool_name) not in said:
            said.add((each.rule, each.tool_name))
            kept.append(each)
    return kept
