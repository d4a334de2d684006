"""`toolspan search`: tool calls, the newest first."""

from collections.abc import Sequence

from toolspan.analytics.cli._common import (
    add_format,
    add_rows,
    add_selection,
    finish,
    guarded,
    open_input,
    ordered,
    parser,
    print_notes,
    print_table,
)
from toolspan.analytics.cli._measure_verb import examples
from toolspan.analytics.cli.measures import text
from toolspan.analytics.output import Column, counted, duration, moment

COLUMNS = (
    Column("began", lambda r: moment(r["start_time"]), is_number=False, weight=6, shortest=23),
    text("tool", "tool_name", 9),
    text("outcome", "outcome", 8),
    Column("took", lambda r: duration(r["duration_ms"]), weight=7),
    text("agent", "agent_name", 4),
    text("session", "session_id", 5),
    text("error", "error_type", 6),
    text("message", "error_message", 3, 32),
)


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(
        prog,
        "Tool calls, the newest first.",
        examples(
            prog,
            (
                ("--text timeout --since 24h", "calls that speak of timeouts"),
                ("--where tool_name=search_web --where 'duration_ms>2000'", "slow ones"),
                ("--sort duration_ms --limit 10", "the ten longest"),
            ),
        ),
    )
    made.add_argument(
        "--text",
        "-t",
        metavar="TEXT",
        help="what must stand in the tool's name, the error, the arguments or the result",
    )
    add_selection(made, by=False)
    add_format(made)
    add_rows(made, default=50)
    arguments = made.parse_args(argv)

    def run() -> int:
        with open_input(arguments) as traces:
            limit = arguments.limit or None
            found = traces.search_records(
                arguments.text, arguments.where, limit=None if arguments.sort else limit
            )
            names = traces.ordered_columns("tool_calls")
            records = ordered(found, arguments.sort, names)[:limit]
            notes = traces.summary.notes()
            if not records:
                notes.insert(0, f"{counted(traces.summary.spans, 'span')} read, no call fits")
            print_table(records, COLUMNS, arguments.format, names)
            print_notes(notes, arguments.format, has_table=bool(records))
            return finish(traces, arguments)

    return guarded(run)
