"""`toolspan compare BASE NEW`: is a new run no worse than the one before? A gate."""

import argparse
import json
import sys
import textwrap
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.cli._common import (
    EXIT_FAILED,
    EXIT_FINE,
    EXIT_UNREADABLE,
    add_window,
    guarded,
    open_input,
    parser,
    print_notes,
    print_table,
    terminal_width,
)
from toolspan.analytics.errors import InputError, UsageError
from toolspan.analytics.output import Column, clean, count, percent, to_text

if TYPE_CHECKING:
    from toolspan.analytics.comparison import Comparison, SelfCheck
    from toolspan.analytics.traces import Traces

FORMATS = ("table", "json", "markdown", "junit")
MOST_TOOLS = 10

DESCRIPTION = """Set a new run of an agent against the one before: is NEW no worse than BASE?
Sessions are the unit: of the same task where --by names one, otherwise of the same workflow."""
EPILOG = """\
verdicts:
  PASS          what has a margin lies within it, with its whole 95 % interval
  FAIL          something lies beyond its margin with its whole interval, after Holm
  INCONCLUSIVE  neither: how many more sessions would tell is said
Exit code: 0, 1 and 3. Without --margins, the defaults of docs/reference/comparison.md.

A margin is, in TOML:

  [[margin]]
  quantity = "session_success"   # as the column quantity of --format json
  absolute = 0.03                # NEW may be 3 points worse
  [[margin]]
  quantity = "call_p95_ms"
  of = "search_web"              # one tool; of a score, its name
  relative = 0.2                 # NEW may be 20 % worse

examples:
  toolspan compare main/ pull-request/ --by task.id
  toolspan compare main/ pull-request/ --margins margins.toml --format markdown
  toolspan compare data/ --base-where service.version=1.4 --new-where service.version=1.5
  toolspan compare main/ --self-check      how often it fails where nothing changed
"""


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(prog, DESCRIPTION, EPILOG, paths=False)
    made.add_argument("base", metavar="BASE", help="traces of what is the case: a file or folder")
    made.add_argument(
        "new", metavar="NEW", nargs="?", help="and of what is to become it; default BASE as well"
    )
    what = made.add_argument_group("what to compare")
    what.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="KEY",
        help="what names a task (an attribute, or a column of sessions): each is compared with "
        "itself; may be given several times",
    )
    what.add_argument(
        "--within",
        action="append",
        default=[],
        metavar="KEY",
        help="without tasks: compare sessions within equal values of this and of the workflow",
    )
    for side in ("base", "new"):
        what.add_argument(
            f"--{side}-where",
            action="append",
            metavar="KEY=VALUE",
            help=f"only sessions of {side.upper()} for which this holds",
        )
    add_window(what)
    how = made.add_argument_group("how to judge")
    how.add_argument("--margins", metavar="FILE.toml", help="how much worse NEW may be")
    how.add_argument(
        "--inconclusive",
        choices=("report", "pass", "fail"),
        default="report",
        help="what too little data counts as (default: its own exit code, 3)",
    )
    how.add_argument(
        "--self-check",
        action="store_true",
        help="instead: split BASE at random into halves, and say how often the gate fails",
    )
    how.add_argument("--splits", type=int, default=200, help="how often (default 200)")
    how.add_argument("--seed", type=int, default=0, help="of what is drawn (default 0)")
    shown = made.add_argument_group("what to print")
    shown.add_argument(
        "--format",
        choices=FORMATS,
        default="table",
        help="table (default); json; markdown for a pull request; junit for a CI server",
    )
    for style in FORMATS[1:]:
        shown.add_argument(f"--{style}", metavar="FILE", help=f"write it as {style} as well")
    arguments = made.parse_args(argv)
    run = _self_check if arguments.self_check else _run
    return guarded(lambda: run(arguments))


def _run(arguments: argparse.Namespace) -> int:
    from toolspan.analytics.comparison import compare_runs, gather, read_margins

    if arguments.new is None and not (arguments.base_where or arguments.new_where):
        raise UsageError("compare takes BASE and NEW, or BASE with --base-where and --new-where")
    if arguments.by and arguments.within:
        raise UsageError("--by and --within: tasks are compared with themselves, whatever they are")
    margins = read_margins(Path(arguments.margins)) if arguments.margins else None
    keys = (*arguments.by, *arguments.within)
    with ExitStack() as stack:
        base = stack.enter_context(open_input(arguments, [arguments.base]))
        new = base
        if arguments.new is not None and arguments.new != arguments.base:
            new = stack.enter_context(open_input(arguments, [arguments.new]))
        found = compare_runs(
            gather(base, arguments.base_where, keys),
            gather(new, arguments.new_where, keys),
            margins=margins,
            by=arguments.by,
            within=arguments.within,
            names=_names(arguments),
            seed=arguments.seed,
        )
        found.notes.extend(_notes(base, new))
        is_damaged = arguments.strict and (base.summary.damages or new.summary.damages)
    _print(found, arguments)
    for style in FORMATS[1:]:
        path = getattr(arguments, style)
        if path:
            _write(path, _rendered(found, style, arguments))
    if is_damaged:
        return EXIT_UNREADABLE
    return found.exit_code(inconclusive=arguments.inconclusive)


def _names(arguments: argparse.Namespace) -> tuple[str, str]:
    """What the runs are called: their paths, or the conditions that tell them apart."""
    base, new = arguments.base, arguments.new or arguments.base
    if base != new:
        return base, new
    return (
        " and ".join(arguments.base_where or [base]),
        " and ".join(arguments.new_where or [new]),
    )


def _notes(base: "Traces", new: "Traces") -> list[str]:
    if base is new:
        return base.summary.notes()
    return [
        f"{side}: {note}"
        for side, traces in (("BASE", base), ("NEW", new))
        for note in traces.summary.notes()
    ]


def _rendered(found: "Comparison", style: str, arguments: argparse.Namespace) -> str:
    if style == "markdown":
        return found.to_markdown()
    if style == "junit":
        return found.to_junit(inconclusive=arguments.inconclusive)
    return json.dumps(found.record(), indent=1) + "\n"


def _print(found: "Comparison", arguments: argparse.Namespace) -> None:
    if arguments.format == "table":
        _print_table(found)
    else:
        sys.stdout.write(_rendered(found, arguments.format, arguments))


def _print_table(found: "Comparison") -> None:
    from toolspan.analytics.comparison import NOT_JUDGED, PASS
    from toolspan.analytics.comparison._columns import QUANTITY, TOOL, heading

    _paragraphs(heading(found))
    judged = [row for row in found.records if row["verdict"] != NOT_JUDGED]
    others = [row for row in found.records if row["verdict"] == NOT_JUDGED]
    if judged:
        sys.stdout.write("\n")
        print_table(judged, QUANTITY, "table")
    said = [f"- {clean(row['sentence'], 600)}" for row in judged if row["verdict"] != PASS]
    if said:
        sys.stdout.write("\n")
        _paragraphs(said)
    if others:
        sys.stdout.write("\nNot judged:\n")
        print_table(others, QUANTITY, "table")
    moved = [row for row in found.tool_records if row["p_holm"] is not None]
    if moved:
        shown = moved[:MOST_TOOLS]
        of = f" ({len(shown)} of {len(found.tool_records)})" * (len(shown) < len(moved))
        sys.stdout.write(f"\nTools whose share of calls moved most{of}:\n")
        sys.stdout.write(to_text(shown, TOOL, terminal_width()))
    print_notes(found.notes, "table")
    sys.stdout.write(f"\n{found.verdict}\n")


def _paragraphs(lines: Sequence[str]) -> None:
    """Print lines, folded to the terminal's width."""
    width = terminal_width()
    if width:
        lines = [
            textwrap.fill(line, max(40, width), subsequent_indent="  " * line.startswith("-"))
            for line in lines
        ]
    sys.stdout.writelines(f"{line}\n" for line in lines)


SPLIT_COLUMNS = (
    Column("quantity", lambda r: r["title"], is_number=False, weight=9),
    Column("FAIL", lambda r: percent(r["failed"]), weight=8),
    Column("INCONCLUSIVE", lambda r: percent(r["inconclusive"]), weight=7),
    Column("PASS", lambda r: percent(r["passed"]), weight=8),
    Column("splits", lambda r: count(r["splits"]), weight=2),
)


def _self_check(arguments: argparse.Namespace) -> int:
    from toolspan.analytics.comparison import gather, read_margins, self_check_run

    if arguments.format not in ("table", "json"):
        raise UsageError("--self-check prints a table or json")
    if arguments.new is not None or arguments.by:
        raise UsageError("--self-check takes BASE alone, and no --by: halves share no tasks")
    margins = read_margins(Path(arguments.margins)) if arguments.margins else None
    with open_input(arguments, [arguments.base]) as traces:
        run = gather(traces, arguments.base_where, arguments.within)
    found: SelfCheck = self_check_run(
        run,
        margins=margins,
        within=arguments.within,
        splits=arguments.splits,
        seed=arguments.seed,
    )
    if arguments.format == "json":
        sys.stdout.write(json.dumps(found.record(), indent=1) + "\n")
    else:
        print_table(found.records, SPLIT_COLUMNS, "table")
        sys.stdout.write("\n")
        _paragraphs([found.sentence])
    return EXIT_FINE if found.is_sound else EXIT_FAILED


def _write(name: str, text: str) -> None:
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{name}: cannot be written: {error.strerror or error}") from error
