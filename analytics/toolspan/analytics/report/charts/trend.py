"""Calls and failures over time."""

from toolspan.analytics.output import moment, percent
from toolspan.analytics.report.charts._spec import Rows, Spec, chart

COLOURS = {"ok": "var(--bar)", "failed": "var(--bad)"}
_FORMAT = {
    "minute": "%H:%M",
    "hour": "%d %b %H:%M",
    "day": "%d %b",
    "week": "%d %b %Y",
    "month": "%b %Y",
}


def trend(rows: Rows, every: str, *, width: int, narrow: bool) -> Spec | None:
    """Stacked bars, one for each stretch of time; None with less than two of them."""
    if len(rows) < 2:
        return None
    parts = [
        {
            "time": f"{row['time']:%Y-%m-%dT%H:%M:%S}Z",
            "part": part,
            "calls": calls,
            "said": f"{moment(row['time'])}: {row['calls']} calls, {row['errors']} failed "
            f"({percent(row['error_rate'])})",
        }
        for row in rows
        for part, calls in (("failed", row["errors"]), ("ok", row["calls"] - row["errors"]))
    ]
    axis = {"format": _FORMAT[every], "tickCount": 3 if narrow else 8, "grid": False, "title": None}
    scale = {"domain": list(COLOURS), "range": list(COLOURS.values())}
    return chart(
        parts,
        width=width,
        height=150,
        mark={"type": "bar", "width": max(2, min(24, int(0.5 * width / len(rows))))},
        encoding={
            "x": {"field": "time", "type": "temporal", "scale": {"type": "utc"}, "axis": axis},
            "y": {
                "field": "calls",
                "type": "quantitative",
                "title": f"calls per {every}",
                "axis": {"tickCount": 4, "grid": True, "format": "~s", "offset": 14},
            },
            "color": {"field": "part", "type": "nominal", "scale": scale},
            "order": {"field": "part", "sort": "ascending"},
            "description": {"field": "said"},
        },
    )
