"""`toolspan critical-path`: of what the time of sessions consists."""

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
from toolspan.analytics.output import Column, count, counted, duration, percent

COLUMNS = (
    text("unit", "unit", 9),
    text("name", "name", 9),
    Column("on the path", lambda r: duration(r["path_ms"]), weight=9),
    Column("share", lambda r: percent(r["share"]), weight=8),
    Column(
        "halving saves at most",
        lambda r: "" if r["half_saves_ms"] is None else duration(r["half_saves_ms"]),
        weight=7,
    ),
    Column("sessions", lambda r: count(r["sessions"]), weight=6),
    text("example session", "example_session_key", 4),
)
NAMES = ("unit", "name", "path_ms", "share", "sessions", "half_saves_ms", "example_session_key")


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(
        prog,
        "Of which units' time the sessions' time consists, and what halving it would save.\n"
        "Conditions are about sessions, also about what happened in them.",
        examples(
            prog,
            (
                ("--where workflow_name=newsletter", "of one workflow"),
                ("--where outcome=error", "of sessions that failed"),
            ),
        ),
    )
    add_selection(made, by=False)
    add_format(made)
    add_rows(made)
    arguments = made.parse_args(argv)

    def run() -> int:
        with open_input(arguments) as traces:
            records = ordered(traces.critical_path_records(arguments.where), arguments.sort, NAMES)
            notes = traces.summary.notes()
            if not records:
                read = counted(traces.summary.spans, "span")
                notes.insert(0, f"{read} read, none belongs to a session")
            shown = records[: arguments.limit] if arguments.limit else records
            print_table(shown, COLUMNS, arguments.format, NAMES)
            print_notes(notes, arguments.format, has_table=bool(shown))
            return finish(traces, arguments)

    return guarded(run)
