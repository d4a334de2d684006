"""What a report says, as data: every number and every sentence, before any layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolspan.analytics.measures import LEVELS, judge
from toolspan.analytics.output import clean, count, duration, percent

if TYPE_CHECKING:
    from toolspan.analytics._traces import Traces

Record = Mapping[str, Any]

# A tool is called slow from this 95 % point on, and with at least so many calls.
SLOW_P95_MS = 2000
SLOW_CALLS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of the report and how much it matters (one of `LEVELS`)."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a report shows.

    Attributes:
        totals: the row of the measure `totals`.
        tools: rows of the measure `tools`, each with `level` and `reason`.
        agents: rows of the measure `agents`.
        feedback: rows of the measure `feedback_summary`.
        headline: the state of things in one sentence.
        findings: what fails and what is slow, worst first.
        files: what was read.
        notes: what was damaged, held back, left out or counted once.
    """

    totals: Record
    tools: Sequence[Record]
    agents: Sequence[Record]
    feedback: Sequence[Record]
    headline: str
    findings: Sequence[Finding]
    files: Sequence[str]
    notes: Sequence[str]


def gather(traces: "Traces") -> Facts:
    """Measure everything the report shows."""
    (totals,) = traces.records("totals")
    tools = [_judged(tool) for tool in traces.records("tools")]
    order = {level: place for place, level in enumerate(LEVELS)}
    tools.sort(key=lambda tool: (order[tool["level"]], -tool["errors"], -tool["calls"]))
    notes = traces.summary.notes()
    pseudo = traces.pseudo_tools()
    if pseudo:
        names = ", ".join(f"{name} {calls}" for name, calls in pseudo.items())
        notes.append(f"calls of framework plumbing left out: {names}")
    return Facts(
        totals=totals,
        tools=tools,
        agents=traces.records("agents"),
        feedback=traces.records("feedback_summary"),
        headline=_headline(totals, tools),
        findings=[*_failing(tools), *_slow(tools)],
        files=[str(file) for file in traces.summary.files],
        notes=notes,
    )


def _judged(tool: Record) -> dict[str, Any]:
    health = judge(tool)
    return {**tool, "level": health.level, "reason": health.reason}


def _headline(totals: Record, tools: Sequence[Record]) -> str:
    if not tools:
        return f"No tool calls in {count(totals['spans'])} spans."
    bad = [clean(tool["tool_name"], 40) for tool in tools if tool["level"] == "bad"]
    warn = [tool for tool in tools if tool["level"] == "warn"]
    rated = totals["ok"] + totals["errors"]
    share = (
        f"{percent(totals['ok'] / rated)} of {count(rated)} finished calls succeeded"
        if rated
        else ""
    )
    if bad:
        named = (
            " and ".join(bad) if len(bad) <= 2 else f"{bad[0]}, {bad[1]} and {len(bad) - 2} more"
        )
        state = f"{named} {'fails' if len(bad) == 1 else 'fail'} too often"
    elif warn:
        state = f"{len(warn)} of {len(tools)} tools had failures worth a look"
    else:
        state = "Nothing stands out"
    return f"{state}; {share}." if share else f"{state}."


def _failing(tools: Sequence[Record]) -> list[Finding]:
    found = []
    for tool in tools:
        if tool["level"] not in ("bad", "warn"):
            continue
        rated = tool["ok"] + tool["errors"]
        name = clean(tool["tool_name"], 60)
        if not tool["errors"]:
            found.append(Finding(tool["level"], f"{name}: {tool['reason']}."))
            continue
        kinds = {"error": "raised", "tool_error": "returned", "timeout": "timed out"}
        how = ", ".join(f"{tool[kind]} {word}" for kind, word in kinds.items() if tool[kind])
        bounds = (
            f"; its true success rate is likely {_range(tool)}"
            if tool["success_rate_low"] is not None
            else ""
        )
        text = (
            f"{name} failed in {count(tool['errors'])} of {count(rated)} calls "
            f"({percent(tool['error_rate'])}: {how}){bounds}."
        )
        found.append(Finding(tool["level"], text))
    return found[:8]


def _range(tool: Record) -> str:
    low, high = 100 * tool["success_rate_low"], 100 * tool["success_rate_high"]
    return f"between {low:.0f} and {high:.0f} %"


def _slow(tools: Sequence[Record]) -> list[Finding]:
    slow = [
        tool
        for tool in tools
        if tool["calls"] >= SLOW_CALLS and (tool["p95_ms"] or 0) >= SLOW_P95_MS
    ]
    slow.sort(key=lambda tool: -tool["p95_ms"])
    return [
        Finding(
            "warn",
            f"{clean(tool['tool_name'], 60)} is slow: one call in twenty takes "
            f"{duration(tool['p95_ms'])} or longer (half of them {duration(tool['p50_ms'])}).",
        )
        for tool in slow[:3]
    ]
