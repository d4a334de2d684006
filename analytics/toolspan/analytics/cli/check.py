"""`toolspan check RULES.toml`: thresholds on measures, for gates and alerts."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from toolspan.analytics.cli._common import (
    EXIT_UNREADABLE,
    add_format,
    add_window,
    guarded,
    open_input,
    parser,
    print_notes,
    print_table,
)
from toolspan.analytics.cli.measures import text
from toolspan.analytics.errors import InputError
from toolspan.analytics.output import Column, count, number

EPILOG = """\
A rule is, in TOML:

  [[rule]]
  measure = "tools"            # or agents, workflows, steps, models, servers, errors, loops, ...
  of = "search_web"            # one of them; "*" (default) each; "overall" all together
  column = "success_rate"      # any number of the measure
  min = 0.95                   # and/or max
  at_least = 20                # calls below which there is too little data (default 20)
  where = ["agent_name=writer"]
  name = "search works"

A rate or percentile fails when its whole 95 % interval lies beyond the threshold.
Exit code: 1 if a rule fails, otherwise 3 if one has too little data, otherwise 0.
An example with comments: docs/how-to/status-and-checks.md.

examples:
  toolspan check rules.toml --since 24h                 the last day, as a gate
  toolspan check rules.toml runs/ --inconclusive pass   too little data is fine
  toolspan check rules.toml --format json               for programs
"""

SIGNS = {"failed": "✗", "too_little_data": "?", "passed": "✓"}
COLUMNS = (
    Column("", lambda r: SIGNS[r["result"]], is_number=False, weight=9),
    text("of", "of", 9),
    text("rule", "rule", 7, 30),
    Column("value", lambda r: number(r["value"]), weight=7),
    Column(
        "95 % interval",
        lambda r: (
            ""
            if r["low"] is None and r["high"] is None
            else f"{number(r['low'])} to {number(r['high'])}"
        ),
        weight=4,
    ),
    Column("n", lambda r: count(r["n"]), weight=5),
    Column("sessions", lambda r: count(r["sessions"]), weight=3),
    text("reason", "reason", 8, 24),
)


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    first = ("rules", "RULES.toml", "the file of rules")
    made = parser(prog, "Check thresholds on measures.", EPILOG, first)
    add_window(made)
    add_format(made)
    made.add_argument(
        "--inconclusive",
        choices=("report", "pass", "fail"),
        default="report",
        help="what too little data counts as (default: its own exit code, 3)",
    )
    made.add_argument(
        "--webhook", metavar="URL", help="post the verdicts as JSON, with a line of text in `text`"
    )
    arguments = made.parse_args(argv)

    def run() -> int:
        from toolspan.analytics._check import check, exit_code, read_rules, webhook_body

        rules = read_rules(Path(arguments.rules))
        with open_input(arguments) as traces:
            verdicts = check(traces, rules)
            # What asks for attention comes first, otherwise in the order of the rules.
            worst_first = sorted(verdicts, key=lambda verdict: list(SIGNS).index(verdict.result))
            print_table([asdict(each) for each in worst_first], COLUMNS, arguments.format)
            print_notes(traces.summary.notes(), arguments.format)
            damaged = arguments.strict and traces.summary.damages
        if arguments.webhook:
            _post(arguments.webhook, json.dumps(webhook_body(verdicts)))
        if damaged:
            return EXIT_UNREADABLE
        return exit_code(verdicts, inconclusive=arguments.inconclusive)

    return guarded(run)


def _post(url: str, body: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise InputError(f"{url}: a webhook is an http or https address")
    request = urllib.request.Request(  # noqa: S310 the address is the user's own, checked above
        url, body.encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            pass
    except (urllib.error.URLError, OSError) as error:
        print(f"toolspan: {url}: the webhook was not taken: {error}", file=sys.stderr)  # noqa: T201
