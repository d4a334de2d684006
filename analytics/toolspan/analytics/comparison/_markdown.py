"""A comparison for a pull request."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolspan.analytics.comparison._columns import QUANTITY, TOOL, heading
from toolspan.analytics.comparison._verdict import FAIL, INCONCLUSIVE, NOT_JUDGED, PASS
from toolspan.analytics.output import Column, escaped
from toolspan.analytics.output import to_markdown as table

if TYPE_CHECKING:
    from toolspan.analytics.comparison._compare import Comparison

ICONS = {PASS: "✅", FAIL: "❌", INCONCLUSIVE: "❔"}
MOST_TOOLS = 15

ICON = Column("", lambda r: ICONS.get(r["verdict"], ""), is_number=False)


def to_markdown(found: "Comparison") -> str:
    """GitHub-flavoured Markdown: the verdict, what is judged, and the rest folded away."""
    judged = [row for row in found.records if row["verdict"] != NOT_JUDGED]
    others = [row for row in found.records if row["verdict"] == NOT_JUDGED]
    lines = [f"### {ICONS[found.verdict]} toolspan compare: {found.verdict}", ""]
    lines += [" · ".join(escaped(" ".join(line.split()), 400) for line in heading(found)), ""]
    if judged:
        lines += [_table(judged, (ICON, *QUANTITY[1:]))]
    worth = [row for row in judged if row["verdict"] != PASS]
    lines += [f"- {ICONS[row['verdict']]} {escaped(row['sentence'], 600)}" for row in worth]
    lines += [""] if worth else []
    if others:
        lines += _folded("Not judged: no margin", _table(others, QUANTITY))
    if found.tool_records:
        shown = found.tool_records[:MOST_TOOLS]
        more = len(found.tool_records) - len(shown)
        title = f"Tools ({len(shown)} of {len(found.tool_records)})" if more else "Tools"
        lines += _folded(title, _table(shown, TOOL))
    lines += [f"Note: {escaped(note, 400)}" for note in found.notes]
    return "\n".join(lines).rstrip() + "\n"


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> str:
    """The rows, without columns that have nothing in them."""
    return table(rows, [c for c in columns if any(c.show(row) for row in rows)])


def _folded(title: str, body: str) -> list[str]:
    return [f"<details><summary>{title}</summary>", "", body, "</details>", ""]
