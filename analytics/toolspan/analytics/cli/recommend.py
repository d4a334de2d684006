"""`toolspan recommend`: what to do about tools."""

from collections.abc import Sequence

from toolspan.analytics.cli._common import (
    add_format,
    add_window,
    finish,
    guarded,
    open_input,
    parser,
    print_notes,
    print_table,
)
from toolspan.analytics.output import Column, clean, number

COLUMNS = (
    Column("what to do", lambda r: clean(r["title"], 60), is_number=False, weight=9),
    Column("at most", lambda r: number(r["prize"]), weight=7),
    Column(
        "95 % interval",
        lambda r: f"{number(r['prize_low'])} to {number(r['prize_high'])}",
        weight=5,
    ),
    Column("of", lambda r: r["prize_unit"], is_number=False, weight=6),
    Column("confidence", lambda r: r["confidence"], is_number=False, weight=8),
    Column("see", lambda r: ", ".join(r["example_sessions"][:1]), is_number=False, weight=2),
)
EPILOG = (
    "The reasons, the next steps and what would change our mind: --format json, or toolspan report."
)


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(prog, "What to do about tools, the most beneficial first.", EPILOG)
    add_window(made)
    add_format(made)
    arguments = made.parse_args(argv)

    def run() -> int:
        from toolspan.analytics.recommend import COLUMNS as NAMES
        from toolspan.analytics.recommend import recommend, tool_findings

        with open_input(arguments) as traces:
            findings = tool_findings(traces)
            records = [one.record() for one in recommend(traces, findings.records)]
            notes = [*findings.notes, *traces.summary.notes()]
            if not records:
                notes.insert(0, "nothing to recommend: there is too little data, or all is well")
            print_table(records, COLUMNS, arguments.format, NAMES)
            print_notes(notes, arguments.format)
            return finish(traces, arguments)

    return guarded(run)
