"""What the verbs share: arguments, opening the traces, printing a table, and no tracebacks."""

import argparse
import io
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from toolspan.analytics.errors import AnalyticsError, UsageError, close_to
from toolspan.analytics.output import (
    Column,
    to_csv,
    to_html,
    to_json,
    to_json_lines,
    to_markdown,
    to_text,
)

if TYPE_CHECKING:
    from toolspan.analytics.traces import Traces

FORMATS = ("table", "json", "jsonl", "csv", "markdown", "html")
ENGINE = "duckdb"
EXIT_FINE = 0
EXIT_FAILED = 1
EXIT_UNREADABLE = 2
EXIT_INTERRUPTED = 130  # as shells report SIGINT
# Reading as much as this may take seconds: then say how far it is.
PROGRESS_ABOVE_BYTES = 64 << 20


class _Parser(argparse.ArgumentParser):
    """Takes `--sort -COLUMN` for what it says; argparse takes `-COLUMN` for an option."""

    def parse_known_args(  # type: ignore[override]  # the stub has overloads that no caller needs
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        given = list(sys.argv[1:] if args is None else args)
        for place in range(len(given) - 1, 0, -1):
            if given[place - 1] == "--sort" and re.match(r"-[A-Za-z_]\w", given[place]):
                given[place - 1 : place + 1] = [f"--sort={given[place]}"]
        return super().parse_known_args(given, namespace or argparse.Namespace())


def parser(
    prog: str,
    description: str,
    epilog: str | None = None,
    first: tuple[str, str, str] | None = None,
    *,
    paths: bool = True,
) -> argparse.ArgumentParser:
    """A parser with what every verb over traces takes.

    Args:
        prog: how the verb was called.
        description: what it does.
        epilog: what to say below the options.
        first: an argument before the paths: name, metavar and help.
        paths: whether any number of paths may follow; otherwise the verb has its own.
    """
    made = _Parser(
        prog=prog,
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if first:
        made.add_argument(first[0], metavar=first[1], help=first[2])
    if paths:
        made.add_argument(
            "paths",
            nargs="*",
            metavar="PATH",
            help="span files, folders, glob patterns (here or s3://...), or - for standard "
            "input (default $TOOLSPAN_DIR, then ./toolspan-data)",
        )
    reading = made.add_argument_group("reading")
    reading.add_argument(
        "--feedback",
        action="append",
        metavar="PATH",
        help="a file or folder of feedback: evaluation events, exports of Langfuse, Phoenix or "
        "MLflow, or tables with a session and a score; may be given several times",
    )
    reading.add_argument(
        "--label",
        action="append",
        metavar="LABEL=VALUE",
        help="what a label of feedback means as a number, such as pass=1; may be given several "
        "times",
    )
    reading.add_argument(
        "--strict", action="store_true", help="exit with 2 if anything in the input is damaged"
    )
    add_cache(reading)
    return made


def add_cache(made: "argparse._ActionsContainer") -> None:
    """`--no-cache` and `--cache-dir`."""
    made.add_argument(
        "--no-cache", action="store_true", help="do not keep what was read, nor use what was kept"
    )
    made.add_argument(
        "--cache-dir",
        metavar="DIR",
        help="where to keep it (default $TOOLSPAN_CACHE_DIR, then the user's cache folder)",
    )


def add_selection(made: argparse.ArgumentParser, *, by: bool) -> None:
    """`--where`, `--since`, `--until` and, where grouping is free, `--by`."""
    chosen = made.add_argument_group("what to look at")
    chosen.add_argument(
        "--where",
        action="append",
        metavar="KEY=VALUE",
        help="a condition on a column or any attribute, also with != < <= > >= ~ !~; may be given "
        "several times, then all must hold",
    )
    if by:
        chosen.add_argument(
            "--by",
            action="append",
            metavar="KEY",
            help="group by a column or any attribute; may be given several times; `everything` "
            "is all in one",
        )
    add_window(chosen)


def add_window(made: "argparse._ActionsContainer") -> None:
    """`--since` and `--until`."""
    made.add_argument(
        "--since", metavar="TIME", help="leave out what began earlier: 15m, 24h, 7d or ISO 8601"
    )
    made.add_argument("--until", metavar="TIME", help="leave out what began then or later")


def add_format(made: argparse.ArgumentParser) -> None:
    """`--format`, for verbs that print a table."""
    made.add_argument(
        "--format",
        choices=FORMATS,
        default="table",
        help="table (default), markdown and html for people; json, jsonl (a record a line) and csv "
        "with all columns",
    )


def add_rows(made: argparse.ArgumentParser, *, default: int | None = None) -> None:
    """`--sort` and `--limit`."""
    made.add_argument(
        "--sort",
        metavar="COLUMN",
        help="order by a column as json names it, the most first; -COLUMN: the least first",
    )
    made.add_argument(
        "--limit",
        type=_at_least_none,
        default=default,
        metavar="N",
        help=f"print only the first N rows; 0 is all (default {default or 'all'})",
    )


def _at_least_none(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


_at_least_none.__name__ = "number of rows"


def ordered(
    records: Sequence[Mapping[str, Any]], column: str | None, names: Sequence[str]
) -> list[Mapping[str, Any]]:
    """The records by a column, the most first; what has no value comes last.

    Raises:
        UsageError: there is no such column.
    """
    if column is None:
        return list(records)
    key = column.removeprefix("-")
    if key not in names:
        raise UsageError(
            f"no column {key!r} to sort by{close_to(key, names)}; there are: {', '.join(names)}"
        )
    known = [record for record in records if record[key] is not None]
    known.sort(key=lambda record: record[key], reverse=not column.startswith("-"))
    return known + [record for record in records if record[key] is None]


def guarded(run: Callable[[], int]) -> int:
    """The exit code of `run`; what it raises on purpose becomes one line and a 2."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Unicode gets escapes for what it cannot show.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
    if find_spec(ENGINE) is None:
        # Before anything is said of files: the launcher says what to install.
        raise ModuleNotFoundError(f"No module named {ENGINE!r}", name=ENGINE)
    try:
        return run()
    except KeyboardInterrupt:
        return _interrupted()
    except RuntimeError as error:
        # What the engine makes of a Ctrl-C that came while it worked.
        if str(error) != "Query interrupted":
            raise
        return _interrupted()
    except BrokenPipeError:
        # Whoever read (`| head`) has seen enough; nothing may fail once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FINE
    except AnalyticsError as error:
        print(f"toolspan: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_UNREADABLE


def _interrupted() -> int:
    print(file=sys.stderr)  # noqa: T201 the shell's prompt goes below the ^C
    return EXIT_INTERRUPTED


def open_input(arguments: argparse.Namespace, paths: Sequence[str] | None = None) -> "Traces":
    """The traces that the arguments name, or those of `paths`."""
    from toolspan.analytics.traces import open_traces  # duckdb: not for --help

    return open_traces(
        paths or arguments.paths or None,
        feedback=arguments.feedback,
        since=getattr(arguments, "since", None),
        until=getattr(arguments, "until", None),
        cache=not arguments.no_cache,
        cache_dir=arguments.cache_dir,
        labels=arguments.label,
        progress=progress_bar(),
    )


def progress_bar() -> Callable[[int, int], None] | None:
    """What shows how far reading is; None where nobody would see it."""
    return print_progress if sys.stderr.isatty() else None


def print_progress(done: int, total: int, what: str = "reading") -> None:
    """Say on a terminal how far reading, or something else, is; about little input nothing."""
    if total < PROGRESS_ABOVE_BYTES:
        return
    width = 30
    filled = width * done // max(1, total)
    bar = "█" * filled + "░" * (width - filled)
    text = f"\r{what} {bar} {100 * done // max(1, total):3} % of {total / 1e6:,.0f} MB "
    print(text, end="" if done < total else "\r\x1b[2K", file=sys.stderr, flush=True)  # noqa: T201


def finish(traces: "Traces", arguments: argparse.Namespace) -> int:
    """The exit code for what was read: 2 if it should have been sound and is not."""
    return EXIT_UNREADABLE if arguments.strict and traces.summary.damages else EXIT_FINE


def print_table(
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    style: str,
    names: Sequence[str] = (),
) -> None:
    """Print the records in the style asked for.

    Args:
        records: the rows.
        columns: what to show of them to people.
        style: one of `FORMATS`.
        names: of all columns, for the header of CSV without rows.
    """
    if style == "json":
        text = to_json(records)
    elif style == "jsonl":
        text = to_json_lines(records)
    elif style == "html":
        text = to_html(records, columns)
    elif style == "csv":
        text = to_csv(records, names)
    elif not records:
        text = ""  # a sentence says it better than a head without a body
    elif style == "markdown":
        text = to_markdown(records, columns)
    else:
        text = to_text(records, columns, terminal_width())
    sys.stdout.write(text)


def terminal_width() -> int | None:
    """How wide the terminal is; None where the output goes elsewhere."""
    return shutil.get_terminal_size((100, 0)).columns if sys.stdout.isatty() else None


def print_notes(notes: Sequence[str], style: str, *, has_table: bool = True) -> None:
    """Print what is worth knowing beside the table: below it, or apart from data for programs."""
    stream = sys.stdout if style in ("table", "markdown") else sys.stderr
    sys.stdout.flush()
    lead = "\n" if has_table and stream is sys.stdout else ""
    for note in notes:
        print(f"{lead}Note: {note}", file=stream)
        lead = ""
