"""A tool in which sessions spend much of their time is where waiting can be shortened."""

from collections.abc import Iterator

from toolspan.analytics.output import clean, duration, percent
from toolspan.analytics.recommend._evidence import Evidence, confidence_of, per_hundred
from toolspan.analytics.recommend._recommendation import Prize, Recommendation

# Below this share of the sessions' time, halving a tool's time would hardly be noticed.
LEAST_SHARE = 0.15


def slow_tool(evidence: Evidence) -> Iterator[Recommendation]:
    """Tools under way in much of the sessions' time."""
    for tool in evidence.tools.values():
        share = tool.record["session_time_share"]
        if tool.is_broken or share is None or share < LEAST_SHARE:
            continue
        spent = evidence.amounts(tool, "session_time_ms") / 1e3
        mean = per_hundred(spent / 2)
        confidence = confidence_of(mean, len(tool.places))
        if confidence is None:
            continue
        name = clean(tool.name, 60)
        yield Recommendation(
            rule="slow_tool",
            tool_name=tool.name,
            title=f"Make {name} faster",
            evidence=(
                f"{name} is under way in {percent(share)} of all sessions' time; half of its "
                f"calls take {duration(tool.record['p50_ms'])}, one in twenty "
                f"{duration(tool.record['p95_ms'])} or longer."
            ),
            prize=Prize(mean.value, mean.low, mean.high, "s in 100 sessions, if it took half"),
            benefit=min(share, 1.0) / 2 / 2,
            confidence=confidence,
            sessions=evidence.largest(spent),
            next_step=(
                "See whether calls wait for one another that could run side by side, whether "
                "equal requests can be kept, and whether a timeout would end the slowest."
            ),
            would_change=(
                "Where other work goes on at the same time, sessions gain less than this: it is "
                "an upper bound."
            ),
        )
