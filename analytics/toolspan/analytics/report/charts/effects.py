"""A forest plot: how sessions that use each tool score, against comparable ones that do not."""

from toolspan.analytics.output import clean
from toolspan.analytics.report.charts._spec import (
    ROW_HEIGHT,
    SOFT,
    Rows,
    Spec,
    chart,
    coloured,
    names,
    number,
)

MOST = 25
COLOURS = {
    "supported": "var(--bar)",
    "suggestive": "var(--warn)",
    "no evidence": "var(--unsure)",
    "not enough data": "var(--unsure)",
}


def effects(findings: Rows, *, width: int, narrow: bool) -> Spec | None:
    """Differences of one score with their intervals, the lowest first; None without any."""
    known = [row for row in findings if row["ci_low"] is not None and row["ci_high"] is not None]
    surest = known[:MOST]
    if not surest:
        return None
    rows = [
        {
            "tool": clean(row["exposure"], 40),
            "difference": row["difference"],
            "low": row["ci_low"],
            "high": row["ci_high"],
            "verdict": row["verdict"],
            "said": clean(row["sentence"], 400),
        }
        for row in sorted(surest, key=lambda row: row["difference"])
    ]
    colour = coloured("verdict", COLOURS)
    title = "score of comparable sessions that use it, less that of those that do not"
    return chart(
        rows,
        width=width,
        height={"step": ROW_HEIGHT},
        encoding={"y": names("tool", rows, narrow=narrow), "description": {"field": "said"}},
        layer=[
            {
                "mark": {"type": "rule", "color": SOFT, "strokeDash": [3, 3]},
                "encoding": {"x": {"datum": 0, "type": "quantitative"}, "y": None},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.6},
                "encoding": {
                    "x": number("low", "difference" if narrow else title, axis={"tickCount": 5}),
                    "x2": {"field": "high"},
                    "color": colour,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": number("difference"), "color": colour},
            },
        ],
    )
