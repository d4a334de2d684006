"""`toolspan sql`, `export` and `damage`: the tables themselves."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from toolspan.analytics.cli._common import (
    EXIT_FINE,
    add_format,
    add_window,
    finish,
    guarded,
    open_input,
    parser,
    print_notes,
    print_table,
)
from toolspan.analytics.cli._measure_verb import examples
from toolspan.analytics.cli.measures import text
from toolspan.analytics.errors import UsageError
from toolspan.analytics.measures import ROWS
from toolspan.analytics.output import Column, clean, count, counted


def sql(argv: Sequence[str], *, prog: str) -> int:
    """Run `toolspan sql`; returns the exit code."""
    made = parser(
        prog,
        f"Any query of DuckDB's over the tables {', '.join(ROWS)} (docs/model.md).",
        examples(
            prog,
            (
                ("'FROM tool_calls LIMIT 3'", "three calls with all columns"),
                ("'DESCRIBE sessions'", "the columns of a table"),
                ("'SELECT tool_name, count(*) FROM retries GROUP BY ALL'", "a count of your own"),
            ),
        ),
        first=("query", "QUERY", "for instance 'FROM tool_calls LIMIT 3'"),
    )
    add_format(made)
    arguments = made.parse_args(argv)

    def run() -> int:
        import duckdb

        with open_input(arguments) as traces:
            try:
                records, names = traces.sql_table(arguments.query)
            except duckdb.Error as error:
                lines = str(error).splitlines()
                hints = [line for line in lines[1:] if "did you mean" in line.lower()]
                hints += [line for line in lines[1:] if line.startswith("Candidate")]
                if lines[0].startswith("Catalog Error: Table"):
                    hints = [f"The tables are: {', '.join(ROWS)}."]
                raise UsageError(" ".join([lines[0], *hints])) from error
            columns = [
                Column(name, _shower(name), is_number=_is_number(records, name)) for name in names
            ]
            print_table(records, columns, arguments.format, names)
            notes = traces.summary.notes() if records else ["no row", *traces.summary.notes()]
            print_notes(notes, arguments.format, has_table=bool(records))
            return finish(traces, arguments)

    return guarded(run)


def export(argv: Sequence[str], *, prog: str) -> int:
    """Run `toolspan export`; returns the exit code."""
    made = parser(
        prog,
        "Write every measure, and the tables below tables/, as files.",
        examples(
            prog,
            (
                ("numbers", "everything as Parquet"),
                ("numbers --format csv --format markdown --since 7d", "the last week"),
            ),
        ),
        first=("directory", "DIRECTORY", "where to; it is made if it is missing"),
    )
    made.add_argument(
        "--format",
        action="append",
        choices=("json", "csv", "parquet", "markdown"),
        help="may be given several times (default parquet); markdown is for measures only",
    )
    add_window(made)
    arguments = made.parse_args(argv)

    def run() -> int:
        with open_input(arguments) as traces:
            written = traces.export(arguments.directory, arguments.format or ["parquet"])
            print(f"{len(written)} files written to {arguments.directory}")  # noqa: T201
            print_notes(traces.summary.notes(), "table")
            return finish(traces, arguments)

    return guarded(run)


def damage(argv: Sequence[str], *, prog: str) -> int:
    """Run `toolspan damage`; returns the exit code."""
    made = parser(prog, "Every damaged place of the input: file, line, byte and kind.")
    add_format(made)
    arguments = made.parse_args(argv)
    columns = (
        text("file", "file", 9),
        Column("line", lambda r: count(r["line"]), weight=8),
        Column("byte", lambda r: count(r["byte"]), weight=8),
        text("kind", "kind", 7),
        text("reason", "reason", 5),
    )

    def run() -> int:
        with open_input(arguments) as traces:
            found = traces.damages()
            print_table(
                found, columns, arguments.format, ("file", "line", "byte", "kind", "reason")
            )
            others = [note for note in traces.summary.notes() if "damaged place" not in note]
            if not found:
                others.insert(
                    0, f"{counted(traces.summary.spans_delivered, 'span')} read, none damaged"
                )
            print_notes(others, arguments.format, has_table=bool(found))
            sys.stdout.flush()
            return finish(traces, arguments) if arguments.strict else EXIT_FINE

    return guarded(run)


def _is_number(records: Sequence[dict[str, object]], name: str) -> bool:
    return any(isinstance(record[name], int | float) for record in records)


def _shower(name: str) -> Callable[[Mapping[str, Any]], str]:
    def show(record: Mapping[str, Any]) -> str:
        value = record[name]
        return "" if value is None else clean(value)

    return show
