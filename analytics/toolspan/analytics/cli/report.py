"""`toolspan report`: one page on what works and what does not."""

import json
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolspan.analytics.cli._common import add_window, finish, guarded, open_input, parser
from toolspan.analytics.errors import InputError

if TYPE_CHECKING:
    from toolspan.analytics.report import Facts

FORMATS = ("text", "markdown", "json", "html")
EPILOG = """\
examples:
  toolspan report                               the page in the terminal
  toolspan report --since 7d --html week.html   a week against the one before, with charts
  toolspan report --format markdown -o page.md  for a wiki or a pull request
"""


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(prog, "One page on what works, what does not, and what to do about it.", EPILOG)
    made.add_argument(
        "--html",
        metavar="FILE",
        help="also write it as one HTML page with charts that needs nothing else",
    )
    made.add_argument(
        "--format", choices=FORMATS, default="text", help="what to print (default text)"
    )
    made.add_argument("-o", "--output", metavar="FILE", help="write it there instead")
    add_window(made)
    arguments = made.parse_args(argv)

    def run() -> int:
        from toolspan.analytics.report import gather, to_html

        with open_input(arguments) as traces:
            facts = gather(traces)
            code = finish(traces, arguments)
        if arguments.output:
            _write(arguments.output, _rendered(facts, arguments.format, terminal=False))
        else:
            sys.stdout.write(_rendered(facts, arguments.format, terminal=True))
        if arguments.html:
            _write(arguments.html, to_html(facts))
            # For programs there is nothing on standard output but what they asked for.
            is_read = arguments.format == "text" and not arguments.output
            print(f"\nWritten: {arguments.html}", file=sys.stdout if is_read else sys.stderr)
        return code

    return guarded(run)


def _rendered(facts: "Facts", style: str, *, terminal: bool) -> str:
    from toolspan.analytics.report import report_markdown, report_record, to_html, to_terminal

    if style == "markdown":
        return report_markdown(facts)
    if style == "json":
        return json.dumps(report_record(facts), indent=1, default=_plain) + "\n"
    if style == "html":
        return to_html(facts)
    colour = terminal and sys.stdout.isatty()
    width = shutil.get_terminal_size((110, 0)).columns if colour else None
    return to_terminal(facts, width=width, colour=colour)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().removesuffix("+00:00") + "Z"
    return str(value)


def _write(name: str, text: str) -> None:
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{name}: cannot be written: {error.strerror or error}") from error
