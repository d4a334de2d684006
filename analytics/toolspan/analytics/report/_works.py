"""What works, in sentences: as worth knowing as what does not, and easily forgotten."""

from collections.abc import Mapping, Sequence
from typing import Any

from toolspan.analytics.output import clean, count, percent
from toolspan.analytics.report._vitals import BETTER, Vital

Record = Mapping[str, Any]

# A tool is reliable when even the low end of its success rate is this high.
RELIABLE_FROM = 0.9
# A retry or stand-in is worth a word when it was needed so often.
LEAST_TIMES = 5
HELPS_FROM = 0.5


def what_works(
    tools: Sequence[Record],
    fallbacks: Sequence[Record],
    vitals: Sequence[Vital],
    findings: Sequence[Record],
) -> list[str]:
    """A sentence for each thing that does well, the weightiest first."""
    said = [
        f"{vital.name.capitalize()}: {vital.text}, better than the {vital.before.text} before."
        for vital in vitals
        if vital.before and vital.change == BETTER
    ]
    said += _reliable(tools)
    said += [
        f"{clean(tool['tool_name'], 60)} is tried again when it fails, and that saves "
        f"{count(tool['recovered_calls'])} of {count(tool['retried_calls'])} such calls."
        for tool in tools
        if tool["retried_calls"] >= LEAST_TIMES and tool["recovery_rate"] >= HELPS_FROM
    ]
    said += [
        f"{clean(row['tool_name'], 60)} stands in for {clean(row['fallback_from'], 60)}: that "
        f"helped {count(row['rescued'])} of {count(row['used'])} times."
        for row in fallbacks
        if row["used"] >= LEAST_TIMES and row["rescue_rate"] >= HELPS_FROM
    ]
    return said + [row["sentence"] for row in findings if _is_good(row)]


def _reliable(tools: Sequence[Record]) -> list[str]:
    names = [
        clean(tool["tool_name"], 40)
        for tool in sorted(tools, key=lambda tool: -tool["calls"])
        if (tool["success_rate_low"] or 0) >= RELIABLE_FROM
    ]
    if not names:
        return []
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    are = "is" if len(names) == 1 else "are"
    sure = f"success surely above {percent(RELIABLE_FROM)}"
    return [f"{len(names)} of {len(tools)} tools {are} reliable ({sure}): {shown}."]


def _is_good(row: Record) -> bool:
    if row["verdict"] != "supported" or row["difference"] is None:
        return False
    better = -row["difference"] if row.get("direction") == "lower" else row["difference"]
    return bool(better > 0 and row.get("direction") != "none")
