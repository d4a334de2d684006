"""How long calls of each tool take."""

from toolspan.analytics.output import clean, duration
from toolspan.analytics.report.charts._spec import ROW_HEIGHT, Rows, Spec, chart, names, number

MOST = 25


def latency(tools: Rows, *, width: int, narrow: bool) -> Spec | None:
    """Bars from p50 to p95 on a logarithmic scale, with the interval of p95; the slowest first."""
    slowest = sorted((tool for tool in tools if tool["p95_ms"]), key=lambda tool: -tool["p95_ms"])[
        :MOST
    ]
    if not slowest:
        return None
    rows = [
        {
            "tool": clean(tool["tool_name"], 40),
            "p50": max(tool["p50_ms"], 1e-3),
            "p95": max(tool["p95_ms"], 1e-3),
            "low": tool["p95_low_ms"],
            "high": tool["p95_high_ms"],
            "said": f"{clean(tool['tool_name'], 40)}: p50 {duration(tool['p50_ms'])}, p95 "
            f"{duration(tool['p95_ms'])}{_bounds(tool['p95_low_ms'], tool['p95_high_ms'])}",
        }
        for tool in slowest
    ]
    axis = {
        "tickCount": 4,
        "labelExpr": "datum.value < 1 ? format(datum.value * 1000, '~g') + ' µs' : "
        "datum.value < 1000 ? format(datum.value, '~g') + ' ms' : "
        "format(datum.value / 1000, '~g') + ' s'",
    }
    x = number("p50", scale={"type": "log", "nice": True}, axis=axis)
    return chart(
        rows,
        width=width,
        height={"step": ROW_HEIGHT},
        encoding={"y": names("tool", rows, narrow=narrow), "description": {"field": "said"}},
        layer=[
            {
                "mark": {"type": "bar", "height": 8, "color": "var(--bar)", "cornerRadius": 4},
                "encoding": {"x": x, "x2": {"field": "p95"}},
            },
            {
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 50,
                    "color": "var(--bar)",
                    "opacity": 1,
                },
                "encoding": {"x": number("p50")},
            },
            {
                "transform": [{"filter": "datum.low !== null && datum.high !== null"}],
                "mark": {"type": "rule", "color": "var(--ink)", "opacity": 0.6},
                "encoding": {"x": number("low"), "x2": {"field": "high"}},
            },
        ],
    )


def _bounds(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ", too few calls for an interval"
    return f", 95 % interval {duration(low)} to {duration(high)}"
