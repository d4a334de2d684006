"""What all charts have in common: Vega-Lite, drawn to SVG here, coloured by the page's style."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Spec = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]

# Colours are variables of the page, so that one drawing serves light, dark and print.
INK, SOFT, LINE = "var(--ink)", "var(--soft)", "var(--line)"
LEVEL_COLOURS: Final = {
    "bad": "var(--bad)",
    "warn": "var(--warn)",
    "unsure": "var(--unsure)",
    "ok": "var(--ok)",
}
ROW_HEIGHT: Final = 24
# Of names along an axis, so that they leave room for what they are names of.
LONGEST_NAME_PX: Final = {True: 130, False: 260}
WIDEST_LETTER_PX: Final = 7.6

_CONFIG: Final[Spec] = {
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": SOFT,
        "gridColor": LINE,
        "domain": False,
        "ticks": False,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 6,
    },
    "axisY": {"grid": False},
    "text": {"fill": INK, "fontSize": 12},
    "legend": {"labelColor": INK, "labelFontSize": 12, "title": None, "orient": "top"},
    "header": {"labelColor": INK, "labelFontSize": 12, "title": None},
}


def chart(rows: Rows, **parts: Any) -> Spec:
    """A chart of rows, with the look that all share."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": None,
        "config": _CONFIG,
        "data": {"values": [dict(row) for row in rows]},
        **parts,
    }


def names(field: str, rows: Rows, *, narrow: bool) -> Spec:
    """The vertical axis of a chart with one row for each name, in the order given.

    The library measures text in a font of its own; the page's may be wider, so room is made here.
    """
    limit = LONGEST_NAME_PX[narrow]
    longest = max(len(str(row[field])) for row in rows)
    axis = {"labelLimit": limit, "minExtent": min(1.2 * limit, WIDEST_LETTER_PX * longest)}
    return {"field": field, "type": "nominal", "title": None, "sort": None, "axis": axis}


def number(field: str, title: str | None = None, **more: Any) -> Spec:
    """A channel with numbers."""
    return {"field": field, "type": "quantitative", "title": title, **more}


def coloured(field: str, colours: Mapping[str, str]) -> Spec:
    """A channel with one colour for each of a few words."""
    scale = {"domain": list(colours), "range": list(colours.values())}
    return {"field": field, "type": "nominal", "scale": scale, "legend": None}
