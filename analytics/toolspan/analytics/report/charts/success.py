"""Success of each tool with its interval."""

from toolspan.analytics.output import clean, interval, percent
from toolspan.analytics.report.charts._spec import (
    LEVEL_COLOURS,
    ROW_HEIGHT,
    Rows,
    Spec,
    chart,
    coloured,
    names,
    number,
)

MOST = 25


def success(tools: Rows, *, width: int, narrow: bool) -> Spec | None:
    """Points with whiskers, the worst tools first; None where no tool has an interval."""
    rows = [
        {
            "tool": clean(tool["tool_name"], 40),
            "rate": tool["success_rate"],
            "low": tool["success_rate_low"],
            "high": tool["success_rate_high"],
            "level": tool["level"],
            "said": f"{clean(tool['tool_name'], 40)}: {percent(tool['success_rate'])} of "
            f"{tool['ok'] + tool['errors']} calls, 95 % interval "
            f"{interval(tool['success_rate_low'], tool['success_rate_high'])}",
        }
        for tool in sorted(tools, key=lambda tool: tool["success_rate"] or 0)
        if tool["success_rate_low"] is not None
    ][:MOST]
    if not rows:
        return None
    axis = {"format": "%", "tickCount": 5}
    colour = coloured("level", LEVEL_COLOURS)
    return chart(
        rows,
        width=width,
        height={"step": ROW_HEIGHT},
        encoding={"y": names("tool", rows, narrow=narrow), "description": {"field": "said"}},
        layer=[
            {
                "mark": {"type": "rule", "strokeWidth": 5, "opacity": 0.35, "strokeCap": "round"},
                "encoding": {
                    "x": number("low", scale={"domain": [0, 1]}, axis=axis),
                    "x2": {"field": "high"},
                    "color": colour,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {"x": number("rate"), "color": colour},
            },
        ],
    )
