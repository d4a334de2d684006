"""`toolspan report`: one page on what works and what does not."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from toolspan.analytics.cli._common import add_window, finish, guarded, open_input, parser
from toolspan.analytics.errors import InputError


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(prog, "One page on what works and what does not.")
    made.add_argument("--html", metavar="FILE", help="write the report as one HTML page")
    add_window(made)
    arguments = made.parse_args(argv)

    def run() -> int:
        from toolspan.analytics.report import gather, to_html, to_terminal

        with open_input(arguments) as traces:
            facts = gather(traces)
            code = finish(traces, arguments)
        colour = sys.stdout.isatty()
        width = shutil.get_terminal_size((110, 0)).columns if colour else None
        sys.stdout.write(to_terminal(facts, width=width, colour=colour))
        if arguments.html:
            _write(Path(arguments.html), to_html(facts))
            print(f"\nWritten: {arguments.html}")  # noqa: T201
        return code

    return guarded(run)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error
