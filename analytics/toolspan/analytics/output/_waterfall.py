"""A session as a waterfall of text: who waited for whom, and what failed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from toolspan.analytics.output._text import text_width
from toolspan.analytics.output._values import clean, duration

# How a bar is drawn, by how the unit ended.
MARKS = {
    "ok": "=",
    "error": "x",
    "tool_error": "x",
    "timeout": "x",
    "cancelled": "/",
    "interrupted": "/",
    "denied": "/",
    "abandoned": "?",
}


def waterfall(units: Sequence[Mapping[str, Any]], *, width: int = 100) -> str:
    """One line a unit, indented below what it is part of, with a bar on a common axis of time.

    Args:
        units: rows with `span_key, parent_unit_key, unit, label, start_ns, end_ns, outcome,
            attempts, error_type`.
        width: of the lines, in characters.
    """
    if not units:
        return ""
    known = {unit["span_key"] for unit in units}
    below: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for unit in sorted(units, key=lambda unit: (unit["start_ns"], unit["span_key"])):
        above = unit["parent_unit_key"]
        below[above if above in known else None].append(unit)
    lines: list[tuple[str, Mapping[str, Any]]] = []

    def walk(above: Any, depth: int) -> None:
        for unit in below[above]:
            lines.append(("  " * depth + f"{unit['unit']} {clean(unit['label'], 40)}", unit))
            walk(unit["span_key"], depth + 1)

    walk(None, 0)
    start = min(unit["start_ns"] for unit in units)
    end = max(unit["end_ns"] or unit["start_ns"] for unit in units)
    left = min(44, max(text_width(name) for name, _ in lines)) + 2
    room = max(20, width - left - 26)
    axis = f"{'':{left}}0{duration((end - start) / 1e6):>{room - 1}}"
    return "\n".join([axis, *(_line(name, unit, (start, end), left, room) for name, unit in lines)])


def _line(name: str, unit: Mapping[str, Any], span: tuple[int, int], left: int, room: int) -> str:
    start, end = span
    whole = max(1, end - start)
    until = unit["end_ns"] or end
    first = min(room - 1, (unit["start_ns"] - start) * room // whole)
    last = min(room, max(first + 1, (until - start) * room // whole))
    mark = "-" if unit["unit"] == "llm" and unit["outcome"] == "ok" else MARKS[unit["outcome"]]
    bar = " " * first + mark * (last - first)
    said = [duration((until - unit["start_ns"]) / 1e6)]
    if unit["outcome"] != "ok":
        said.append(clean(unit["error_type"] or unit["outcome"], 30))
    if (unit["attempts"] or 1) > 1:
        said.append(f"{unit['attempts']} attempts")
    name = name if text_width(name) < left else name[: left - 3] + "…"
    return f"{name}{' ' * (left - text_width(name))}{bar:{room}}  {', '.join(said)}"
