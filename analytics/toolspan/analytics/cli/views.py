"""`toolspan tool NAME` and `toolspan session ID`: one of them, looked at closely."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from toolspan.analytics.cli._common import (
    add_window,
    finish,
    guarded,
    open_input,
    parser,
    print_notes,
    terminal_width,
)
from toolspan.analytics.cli._measure_verb import examples
from toolspan.analytics.output import to_json

if TYPE_CHECKING:
    from toolspan.analytics._views import SessionView, ToolView
    from toolspan.analytics.traces import Traces


def tool(argv: Sequence[str], *, prog: str) -> int:
    """Run `toolspan tool`; returns the exit code."""
    shown = (("search_web", "numbers, attempts, failures, neighbours"),)
    return _view(
        argv, prog, ("NAME", "Everything about one tool.", shown), lambda t, name: t.tool(name)
    )


def session(argv: Sequence[str], *, prog: str) -> int:
    """Run `toolspan session`; returns the exit code."""
    shown = (("news-001", "what happened in it, as bars on one axis of time"),)
    return _view(
        argv, prog, ("ID", "One session as a waterfall.", shown), lambda t, name: t.session(name)
    )


def _view(
    argv: Sequence[str],
    prog: str,
    said: tuple[str, str, Sequence[tuple[str, str]]],
    look: Callable[["Traces", str], "ToolView | SessionView"],
) -> int:
    what, description, shown = said
    first = ("name", what, f"its {what.lower()}")
    made = parser(prog, description, examples(prog, shown), first=first)
    add_window(made)
    made.add_argument("--format", choices=("text", "json"), default="text")
    arguments = made.parse_args(argv)

    def run() -> int:
        with open_input(arguments) as traces:
            view = look(traces, arguments.name)
            if arguments.format == "json":
                (record,) = json.loads(to_json([view.numbers]))
                sys.stdout.write(json.dumps(record, indent=2) + "\n")
            else:
                sys.stdout.write(view.text(terminal_width()) + "\n")
            print_notes(traces.summary.notes(), "table" if arguments.format == "text" else "json")
            return finish(traces, arguments)

    return guarded(run)
