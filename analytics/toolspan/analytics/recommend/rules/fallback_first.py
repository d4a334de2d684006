"""A stand-in that does better than the tool it stands in for may well come first."""

from collections.abc import Iterator

from toolspan.analytics.output import clean, count, duration, interval, percent
from toolspan.analytics.recommend._evidence import (
    LEAST_SESSIONS,
    Evidence,
    confidence_of,
    per_hundred,
)
from toolspan.analytics.recommend._recommendation import Prize, Recommendation


def fallback_first(evidence: Evidence) -> Iterator[Recommendation]:
    """Pairs in which the stand-in's success is higher by more than chance."""
    for row in evidence.fallbacks:
        asked = evidence.tools.get(row["fallback_from"])
        instead = evidence.tools.get(row["tool_name"])
        if asked is None or instead is None or instead.is_broken:
            continue
        if row["sessions"] < LEAST_SESSIONS:
            continue
        first, second = asked.record, instead.record
        if first["success_rate_high"] is None or second["success_rate_low"] is None:
            continue
        if not second["success_rate_low"] > first["success_rate_high"]:
            continue
        failed = evidence.amounts(asked, "errors")
        mean = per_hundred(failed)
        confidence = confidence_of(mean, int((failed > 0).sum()))
        if confidence is None:
            continue
        one, other = clean(asked.name, 60), clean(instead.name, 60)
        yield Recommendation(
            rule="fallback_first",
            tool_name=asked.name,
            title=f"Try {other} before {one}",
            evidence=(
                f"{other} stood in for {one} {count(row['used'])} times and helped in "
                f"{percent(row['rescue_rate'])}. It succeeds in "
                f"{percent(second['success_rate'])} of its calls "
                f"({interval(second['success_rate_low'], second['success_rate_high'])}), {one} in "
                f"{percent(first['success_rate'])} "
                f"({interval(first['success_rate_low'], first['success_rate_high'])}); half of "
                f"their calls take {duration(second['p50_ms'])} and {duration(first['p50_ms'])}."
            ),
            prize=Prize(mean.value, mean.low, mean.high, f"failed calls of {one} in 100 sessions"),
            benefit=float((failed > 0).mean() / 2),
            confidence="medium" if confidence == "high" else "low",
            sessions=evidence.examples(failed),
            next_step=f"Ask {other} first in one session of ten, and compare the two.",
            would_change=(
                f"{other} was asked mostly where {one} had failed: if it does worse on ordinary "
                "requests, costs more, or answers less well, leave the order as it is."
            ),
        )
