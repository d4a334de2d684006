"""`toolspan search`: tool calls, the newest first."""

from collections.abc import Sequence

from toolspan.analytics.cli._common import (
    add_format,
    add_selection,
    finish,
    guarded,
    open_input,
    parser,
    print_notes,
    print_table,
)
from toolspan.analytics.cli.measures import text
from toolspan.analytics.output import Column, duration, moment

COLUMNS = (
    Column("began", lambda r: moment(r["start_time"]), weight=6),
    text("tool", "tool_name", 9),
    text("outcome", "outcome", 8),
    Column("took", lambda r: duration(r["duration_ms"]), weight=7),
    text("agent", "agent_name", 4),
    text("session", "session_id", 5),
    text("error", "error_type", 6),
    text("message", "error_message", 3),
)


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(prog, "Tool calls, the newest first.")
    made.add_argument(
        "--text",
        "-t",
        metavar="TEXT",
        help="what must stand in the tool's name, the error, the arguments or the result",
    )
    add_selection(made, by=False)
    add_format(made)
    made.add_argument("--limit", type=int, default=50, metavar="N", help="default 50; 0 is all")
    arguments = made.parse_args(argv)

    def run() -> int:
        with open_input(arguments) as traces:
            records = traces.search_records(
                arguments.text, arguments.where, limit=arguments.limit or None
            )
            notes = traces.summary.notes()
            if not records:
                notes.insert(0, f"{traces.summary.spans} spans read, no call fits")
            print_table(records, COLUMNS, arguments.format)
            print_notes(notes, arguments.format)
            return finish(traces, arguments)

    return guarded(run)
