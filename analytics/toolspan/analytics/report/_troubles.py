"""What does not work, in sentences, and the state of things in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolspan.analytics.output import clean, count, duration, number, percent
from toolspan.analytics.report._vitals import WORSE, Vital

Record = Mapping[str, Any]

# A tool is called slow from this 95 % point on, and with at least so many calls.
SLOW_P95_MS = 2000
SLOW_CALLS = 5
MOST_FAILING = 8
MOST_SLOW = 3
# Calls that led nowhere are spoken of where they are surely more than one in twenty.
LED_NOWHERE_ABOVE = 0.05
WAYS = {
    "repeated": "failed like the same call before",
    "looped": "went round in a circle",
    "superseded": "failed and another tool stood in",
    "tried_again": "failed and were followed by another try",
    "given_up": "failed and were not followed up",
    "retried": "ended ok after attempts that failed",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One sentence of the report and how much it matters (one of `LEVELS`)."""

    level: str
    text: str


def headline(totals: Record, tools: Sequence[Record]) -> str:
    """The state of things in one sentence."""
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


def troubles(
    tools: Sequence[Record], vitals: Sequence[Vital], waste: Sequence[Record] = ()
) -> list[Trouble]:
    """What got worse, what fails, what is slow and what led nowhere, in this order.

    Args:
        tools: rows of the measure `tools`, with `level` and `reason`.
        vitals: health in a few numbers.
        waste: rows of the measure `waste` over everything.
    """
    worse = [
        Trouble(
            "bad",
            f"{vital.name.capitalize()}: {vital.text}, worse than the {vital.before.text} before.",
        )
        for vital in vitals
        if vital.before and vital.change == WORSE
    ]
    return [*worse, *_failing(tools), *_slow(tools), *_led_nowhere(waste)]


def _failing(tools: Sequence[Record]) -> list[Trouble]:
    found = []
    for tool in tools:
        if tool["level"] not in ("bad", "warn"):
            continue
        rated = tool["ok"] + tool["errors"]
        name = clean(tool["tool_name"], 60)
        if not tool["errors"]:
            found.append(Trouble(tool["level"], f"{name}: {tool['reason']}."))
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
        found.append(Trouble(tool["level"], text))
    return found[:MOST_FAILING]


def _range(tool: Record) -> str:
    low, high = 100 * tool["success_rate_low"], 100 * tool["success_rate_high"]
    return f"between {low:.0f} and {high:.0f} %"


def _slow(tools: Sequence[Record]) -> list[Trouble]:
    slow = [
        tool
        for tool in tools
        if tool["calls"] >= SLOW_CALLS and (tool["p95_ms"] or 0) >= SLOW_P95_MS
    ]
    slow.sort(key=lambda tool: -tool["p95_ms"])
    return [
        Trouble(
            "warn",
            f"{clean(tool['tool_name'], 60)} is slow: one call in twenty takes "
            f"{duration(tool['p95_ms'])} or longer (half of them {duration(tool['p50_ms'])}).",
        )
        for tool in slow[:MOST_SLOW]
    ]


def _led_nowhere(waste: Sequence[Record]) -> list[Trouble]:
    """What went into failures, repeats and circles; none where it may be little."""
    rows = {row["reason"]: row for row in waste}
    total = rows.pop("total", None)
    if total is None or total["note"] or not total["share_low"] > LED_NOWHERE_ABOVE:
        return []
    ways = sorted(rows.values(), key=lambda row: -row["calls"])
    how = ", ".join(f"{count(row['calls'])} {WAYS[row['reason']]}" for row in ways)
    tokens = total["carried_tokens"]
    spent = [
        duration(total["spent_ms"]) if total["spent_ms"] else "",
        f"{number(total['cost'])} of the tools' own charge" if total["cost"] else "",
        f"an estimated {count(tokens)} tokens of later turns" if tokens else "",
    ]
    low, high = 100 * total["share_low"], 100 * total["share_high"]
    text = (
        f"{count(total['calls'])} of {count(total['all_calls'])} finished calls "
        f"({percent(total['share'])}, likely between {low:.0f} and {high:.0f} %) led nowhere: "
        f"{how}. What went into them ({', '.join(filter(None, spent))}) is at most what could have "
        "been avoided."
    )
    return [Trouble("warn", text)]
