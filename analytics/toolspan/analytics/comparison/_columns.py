"""A comparison as people see it: the columns of its tables, and a line about what was compared."""

from typing import TYPE_CHECKING, Final

from toolspan.analytics.comparison._verdict import FAIL, INCONCLUSIVE, PASS
from toolspan.analytics.comparison._words import allowed, bounds, change, level, p_text
from toolspan.analytics.output import Column, clean, count, counted, duration, percent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from toolspan.analytics.comparison._compare import Comparison

SIGNS: Final = {PASS: "✓", FAIL: "✗", INCONCLUSIVE: "?"}


def heading(found: "Comparison") -> list[str]:
    """What was compared, in two lines or three."""
    lines = [
        f"BASE  {clean(found.base_name, 120)} ({counted(found.base_sessions, 'session')})",
        f"NEW   {clean(found.new_name, 120)} ({counted(found.new_sessions, 'session')})",
    ]
    if found.paired_by:
        keys = clean(", ".join(found.paired_by), 80)
        lines.append(f"paired by {keys}: {counted(found.tasks, 'task')} in both")
    elif found.within:
        names = ["workflow" if n == "workflow_name" else clean(n, 40) for n in found.within]
        lines.append(f"compared within like {' and '.join(names)}")
    return lines


def _of_row(row: "Mapping[str, Any]") -> dict[str, "Any"]:
    return {"unit": row["unit"], "is_relative": row["is_relative"]}


QUANTITY: Final = (
    Column("", lambda r: SIGNS.get(r["verdict"], ""), is_number=False, weight=9),
    Column("quantity", lambda r: r["title"], is_number=False, weight=9, shortest=24),
    Column("BASE", lambda r: level(r["base"], r["unit"]), weight=6),
    Column("NEW", lambda r: level(r["new"], r["unit"]), weight=7),
    Column("change", lambda r: change(r["difference"], **_of_row(r)), weight=9),
    Column("95 % interval", lambda r: bounds(r["low"], r["high"], **_of_row(r)), weight=7),
    Column(
        "allowed",
        lambda r: allowed(r["margin"], is_higher_better=r["better"] == "higher", **_of_row(r)),
        weight=8,
    ),
    Column("p", lambda r: p_text(r["p_value"]), weight=4),
    Column("n", lambda r: f"{count(r['n_base'])}/{count(r['n_new'])}", weight=2),
    Column(
        "more needed",
        lambda r: "" if r["sessions_needed"] is None else f"~{count(r['sessions_needed'])}",
        weight=5,
    ),
)

TOOL: Final = (
    Column("tool", lambda r: r["tool_name"], is_number=False, weight=9),
    Column("calls", lambda r: f"{count(r['base_calls'])} → {count(r['new_calls'])}", weight=8),
    Column(
        "share of calls",
        lambda r: f"{percent(r['base_share'])} → {percent(r['new_share'])}",
        weight=7,
    ),
    Column("failed", lambda r: f"{count(r['base_errors'])} → {count(r['new_errors'])}", weight=6),
    Column(
        "p95", lambda r: f"{duration(r['base_p95_ms'])} → {duration(r['new_p95_ms'])}", weight=5
    ),
    Column("p (Holm)", lambda r: p_text(r["p_holm"]), weight=6),
)
