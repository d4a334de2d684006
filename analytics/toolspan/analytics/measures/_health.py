"""How well a tool is doing, with the reason: one judgement for reports, status and dashboards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# A tool is `bad` when even the good end of its interval is below this; the success rate that a
# user of a tool notices as unreliable.
BAD_BELOW: Final = 0.9
# It is worth a `warn` when its observed rate is below this and not on a single failure alone.
WARN_BELOW: Final = 0.97
WARN_FAILURES: Final = 2
# Calls that never ended are loud above this share (DESIGN section 3).
ABANDONED_ABOVE: Final = 0.05
# Slower by this factor than in the time before, with intervals that do not touch.
SLOWER_BY: Final = 1.5

LEVELS: Final = ("bad", "warn", "unsure", "ok")


@dataclass(frozen=True, slots=True)
class Health:
    """A level (one of `LEVELS`) and, unless all is well, why."""

    level: str
    reason: str = ""


def judge(tool: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Health:
    """The health of a tool.

    Args:
        tool: a record of the measure `tools`.
        before: the same tool's record for the time before, if there is one.
    """
    rate, high = tool["success_rate"], tool["success_rate_high"]
    if tool["abandoned"] > ABANDONED_ABOVE * tool["calls"]:
        return Health("bad", f"{tool['abandoned']} of {tool['calls']} calls never ended")
    if rate is None:
        return Health("unsure", "no call ended ok or failed")
    if high is not None and high < BAD_BELOW:
        return Health("bad", f"succeeds in at most {100 * high:.0f} % of calls")
    if before and _is_worse(tool, before):
        was = before["success_rate"]
        return Health("warn", f"success fell from {100 * was:.0f} to {100 * rate:.0f} %")
    if rate < WARN_BELOW and tool["errors"] >= WARN_FAILURES:
        return Health("warn", f"{tool['errors']} of {tool['ok'] + tool['errors']} calls failed")
    if before and _is_slower(tool, before):
        factor = tool["p95_ms"] / before["p95_ms"]
        return Health("warn", f"p95 is {factor:.1f} times what it was")
    if tool["note"]:
        return Health("unsure", tool["note"])
    return Health("ok")


def _is_worse(tool: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether the success rate fell by more than chance: intervals that do not touch."""
    high, low = tool["success_rate_high"], before["success_rate_low"]
    return high is not None and low is not None and bool(high < low)


def _is_slower(tool: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    low, high = tool["p95_low_ms"], before["p95_high_ms"]
    if low is None or high is None or not before["p95_ms"]:
        return False
    return bool(low > high and tool["p95_ms"] > SLOWER_BY * before["p95_ms"])
