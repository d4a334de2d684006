"""What scores say of tools, as rules and reports need it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolspan.analytics.traces import Traces


@dataclass(frozen=True, slots=True)
class ToolFindings:
    """How the use of each tool goes with each score.

    Attributes:
        records: rows of `correlate` on the use of tools, each with the `direction` of its score
            and its `spread` (standard deviation).
        audits: what they rest on, one for each score.
        notes: what a reader must know first.
    """

    records: Sequence[dict[str, Any]] = ()
    audits: Sequence[dict[str, Any]] = ()
    notes: Sequence[str] = ()


def tool_findings(traces: "Traces") -> ToolFindings:
    """Relate the use of tools to the scores of the time asked for; empty without feedback."""
    if not traces.has_feedback:
        return ToolFindings()
    found = traces.correlation(exposure="used")
    audits = {(audit["score_name"], audit["source"]): audit for audit in found.audits}
    records = []
    for record in found.records:
        audit = audits[record["score_name"], record["source"]]
        records.append({**record, "direction": audit["direction"], "spread": audit["spread"]})
    notes = [
        f"{audit['score_name']} ({audit['source']}): {note}"
        for audit in found.audits
        for note in audit["notes"]
    ]
    return ToolFindings(records, found.audits, [*found.notes, *notes])
