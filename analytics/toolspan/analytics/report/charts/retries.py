"""The ladder of attempts: how many calls need a second, a third, and how often those succeed."""

from typing import Any

from toolspan.analytics.output import clean, percent
from toolspan.analytics.report.charts._spec import Rows, Spec, chart, names, number

MOST_TOOLS = 10
MOST_ATTEMPTS = 4
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th"}
COLOURS = {"failed": "var(--bad)", "ok": "var(--ok)"}


def retries(tools: Rows, recovery: Rows, *, width: int, narrow: bool) -> Spec | None:
    """For each tool that was tried again, a bar for each attempt: how many, and how they ended."""
    rungs = ladder(tools, recovery)
    if not rungs:
        return None
    longest = 14 if narrow else 30
    rows = [
        {
            "rung": f"{clean(rung['tool_name'], longest)} {_ORDINALS[rung['attempt']]}",
            "part": part,
            "calls": calls,
            "said": f"{clean(rung['tool_name'], 40)}, attempt {rung['attempt']}: "
            f"{rung['ok']} of {rung['made']} succeeded ({percent(rung['ok'] / rung['made'])})",
        }
        for rung in rungs
        for part, calls in (("ok", rung["ok"]), ("failed", rung["made"] - rung["ok"]))
    ]
    scale = {"domain": list(COLOURS), "range": list(COLOURS.values())}
    return chart(
        rows,
        width=width,
        height={"step": 20},
        mark={"type": "bar", "height": 12},
        encoding={
            "y": names("rung", rows, narrow=narrow),
            "x": number("calls", "attempts", axis={"tickCount": 5, "format": "~s", "grid": True}),
            "color": {"field": "part", "type": "nominal", "scale": scale},
            "order": {"field": "part", "sort": "descending"},
            "description": {"field": "said"},
        },
    )


def ladder(tools: Rows, recovery: Rows) -> list[dict[str, Any]]:
    """Rows `tool_name, attempt, made, ok` of the tools that were tried again, the most first.

    What a first attempt came to is told by the calls: those that were not tried again, and of
    those that were the first failed.
    """
    again: dict[str, list[dict[str, Any]]] = {}
    for row in recovery:
        if row["attempt_number"] <= MOST_ATTEMPTS:
            again.setdefault(row["tool_name"], []).append(
                {
                    "tool_name": row["tool_name"],
                    "attempt": row["attempt_number"],
                    "made": row["made"],
                    "ok": row["ok"],
                }
            )
    by_name = {tool["tool_name"]: tool for tool in tools if tool["tool_name"] in again}
    most = sorted(by_name.values(), key=lambda tool: -tool["retried_calls"])[:MOST_TOOLS]
    rungs: list[dict[str, Any]] = []
    for tool in most:
        made = tool["ok"] + tool["errors"]
        rungs.append(
            {
                "tool_name": tool["tool_name"],
                "attempt": 1,
                "made": made,
                "ok": tool["ok"] - tool["recovered_calls"],
            }
        )
        rungs += again[tool["tool_name"]]
    return rungs
