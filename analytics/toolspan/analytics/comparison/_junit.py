"""A comparison as JUnit XML, which every CI shows."""

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from toolspan.analytics.comparison._columns import heading
from toolspan.analytics.comparison._verdict import FAIL, INCONCLUSIVE, NOT_JUDGED
from toolspan.analytics.output import clean

if TYPE_CHECKING:
    from toolspan.analytics.comparison._compare import Comparison


def to_junit(found: "Comparison", *, inconclusive: str = "report") -> str:
    """A test case for each quantity that is judged.

    Args:
        found: the comparison.
        inconclusive: `pass` or `fail` to count INCONCLUSIVE as one of these; otherwise such a case
            is skipped, with the reason.
    """
    judged = [row for row in found.records if row["verdict"] != NOT_JUDGED]
    verdicts = [_counted_as(row["verdict"], inconclusive) for row in judged]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    failures, skipped = verdicts.count(FAIL), verdicts.count(INCONCLUSIVE)
    lines.append(
        f'<testsuite name="toolspan compare" tests="{len(judged)}" failures="{failures}" '
        f'errors="0" skipped="{skipped}">'
    )
    for row, verdict in zip(judged, verdicts, strict=True):
        of = f" {row['of']}" if row["of"] else ""
        source = f" ({row['source']})" if row["source"] else ""
        name = _attribute(f"{row['quantity']}{of}{source}")
        said = clean(row["sentence"], 2_000)
        lines.append(f'  <testcase classname="toolspan.compare" name={name}>')
        if verdict == FAIL:
            lines.append(
                f"    <failure message={_attribute(said)}>{escape(row['verdict'])}</failure>"
            )
        elif verdict == INCONCLUSIVE:
            lines.append(f"    <skipped message={_attribute(said)}/>")
        else:
            lines.append(f"    <system-out>{escape(said)}</system-out>")
        lines.append("  </testcase>")
    notes = [*heading(found), *(clean(note, 400) for note in found.notes)]
    lines.append(f"  <system-out>{escape(chr(10).join(notes))}</system-out>")
    return "\n".join([*lines, "</testsuite>"]) + "\n"


def _counted_as(verdict: str, inconclusive: str) -> str:
    if verdict != INCONCLUSIVE:
        return verdict
    return {"pass": "PASS", "fail": FAIL}.get(inconclusive, verdict)


def _attribute(text: str) -> str:
    return quoteattr(clean(text, 2_000))
