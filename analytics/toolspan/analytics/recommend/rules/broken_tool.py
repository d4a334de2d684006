"""A tool that fails too often wants repair, before anything else is said of it."""

from collections.abc import Iterator

from toolspan.analytics.output import clean, count, interval, percent
from toolspan.analytics.recommend._evidence import Evidence, Tool, confidence_of, per_hundred
from toolspan.analytics.recommend._recommendation import Prize, Recommendation


def broken_tool(evidence: Evidence) -> Iterator[Recommendation]:
    """Tools whose health is bad or doubtful because calls fail."""
    for tool in evidence.tools.values():
        record = tool.record
        if tool.level not in ("bad", "warn") or not record["errors"]:
            continue
        if record["success_rate_low"] is None:
            continue
        failed = evidence.amounts(tool, "errors")
        mean = per_hundred(failed)
        confidence = confidence_of(mean, int((failed > 0).sum()))
        if confidence is None:
            continue
        name, rated = clean(tool.name, 60), record["ok"] + record["errors"]
        yield Recommendation(
            rule="broken_tool",
            tool_name=tool.name,
            title=f"Repair {name}",
            evidence=(
                f"{name} fails in {count(record['errors'])} of {count(rated)} calls "
                f"({percent(record['error_rate'])}); its success rate is likely "
                f"{interval(record['success_rate_low'], record['success_rate_high'])}."
            ),
            prize=Prize(mean.value, mean.low, mean.high, "failed calls in 100 sessions"),
            benefit=float((failed > 0).mean()),
            confidence=confidence,
            sessions=evidence.examples(failed),
            next_step=_next_step(evidence, tool),
            would_change=(
                "If these failures are ordinary answers (nothing found, not allowed), let the tool "
                "return them as results: then they do not count."
            ),
        )


def _next_step(evidence: Evidence, tool: Tool) -> str:
    kinds = [row for row in evidence.errors if row["tool_name"] == tool.name]
    ask = f"toolspan tool {clean(tool.name, 60)}"
    if not kinds:
        return f"Look at its failures: {ask}."
    worst = kinds[0]
    said = f", \u201c{clean(worst['message'], 80)}\u201d" if worst["message"] else ""
    return (
        f"Begin with {clean(worst['error_type'], 60)}{said}: {count(worst['count'])} of "
        f"{count(tool.record['errors'])} failures in {count(worst['sessions'])} sessions ({ask})."
    )
