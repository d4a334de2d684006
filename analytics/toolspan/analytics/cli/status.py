"""`toolspan status`: the last hour against the one before, and each tool's health."""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from toolspan.analytics.cli._common import (
    finish,
    guarded,
    open_input,
    parser,
    print_notes,
    terminal_width,
)
from toolspan.analytics.output import to_json_lines

EPILOG = """\
✗ bad: even the good end of the interval of its success rate is below 90 %, or calls never end
! warn: less than 97 % and at least 2 failed, or worse or slower than in the window before
? unsure: too little data to say; ✓ ok

examples:
  toolspan status --since 15m          the last quarter of an hour against the one before
  toolspan status --watch --every 10   again every ten seconds
  toolspan status --where agent_name=writer --format json
"""


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(prog, "A window of time against the one before, and each tool's health.", EPILOG)
    made.add_argument("--since", default="1h", metavar="LENGTH", help="default 1h")
    made.add_argument("--until", metavar="TIME", help="the window's end (default now)")
    made.add_argument("--where", action="append", metavar="KEY=VALUE", help="a condition on calls")
    made.add_argument("--format", choices=("text", "json"), default="text")
    made.add_argument("--watch", action="store_true", help="again and again, until interrupted")
    made.add_argument(
        "--every", type=float, default=5, metavar="SECONDS", help="with --watch (default 5)"
    )
    made.add_argument("--times", type=int, metavar="N", help="with --watch, stop after N times")
    arguments = made.parse_args(argv)
    since, until = arguments.since, arguments.until
    # These are about the window here, not about what is read.
    arguments.since = arguments.until = None

    def once(*, clear: bool) -> int:
        with open_input(arguments) as traces:
            state = traces.status(since, until=until, where=arguments.where)
            if arguments.format == "json":
                text = to_json_lines([{"level": state.level, **asdict(state)}])
            else:
                text = state.text(terminal_width())
            if clear and sys.stdout.isatty():
                sys.stdout.write("\x1b[H\x1b[2J")
            sys.stdout.write(text)
            print_notes(traces.summary.notes(), "table" if arguments.format == "text" else "json")
            sys.stdout.flush()
            return finish(traces, arguments)

    def run() -> int:
        code = once(clear=False)
        done = 1
        while arguments.watch and (arguments.times is None or done < arguments.times):
            time.sleep(arguments.every)
            code = once(clear=True)
            done += 1
        return code

    return guarded(run)
