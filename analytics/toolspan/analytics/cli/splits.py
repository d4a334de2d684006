"""`toolspan costs` and `failed-calls`: two kinds of sessions of one run against each other."""

from collections.abc import Callable, Sequence
from typing import Any

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
from toolspan.analytics.output import Column, count, number, percent

COSTS = (
    text("tool", "tool_name", 9),
    Column("with it", lambda r: number(r["cost_with"]), weight=9),
    Column("without", lambda r: number(r["cost_without"]), weight=9),
    Column("change", lambda r: _percent(r["difference"]), weight=8),
    Column("95 % interval", lambda r: _interval(r["low"], r["high"]), weight=7),
    Column("p (Holm)", lambda r: "" if r["p_holm"] is None else f"{r['p_holm']:.3f}", weight=6),
    Column(
        "sessions",
        lambda r: f"{count(r['sessions_with'])}/{count(r['sessions_without'])}",
        weight=5,
    ),
    text("note", "note", 3, 24),
)
FAILED_CALLS = (
    text("tool", "tool_name", 9),
    Column("a call failed", lambda r: percent(r["success_failed"]), weight=9),
    Column("all worked", lambda r: percent(r["success_worked"]), weight=9),
    Column("change", lambda r: _percent(r["difference"], "points"), weight=8),
    Column("95 % interval", lambda r: _interval(r["low"], r["high"], "points"), weight=7),
    Column("p (Holm)", lambda r: "" if r["p_holm"] is None else f"{r['p_holm']:.3f}", weight=6),
    Column(
        "sessions",
        lambda r: f"{count(r['sessions_failed'])}/{count(r['sessions_worked'])}",
        weight=5,
    ),
    text("note", "note", 3, 24),
)
COSTS_NOTE = (
    "with and without among sessions of the same workflow: a difference, never its cause; hard "
    "tasks need more tools and more money"
)
FAILED_NOTE = (
    "sessions that end well, of those of the same workflow that use the tool: a difference, never "
    "its cause; long sessions fail more often and call more"
)


def _percent(value: float | None, unit: str = "%") -> str:
    return "" if value is None else f"{100 * value:+.0f} {unit}".replace("-", "−")  # noqa: RUF001


def _interval(low: float | None, high: float | None, unit: str = "%") -> str:
    if low is None:
        return ""
    if high is None:
        return f"{_percent(low, '').rstrip()}…∞"
    return f"{_percent(low, '').rstrip()}…{_percent(high, unit)}"


def costs(argv: Sequence[str], *, prog: str) -> int:
    """Run `toolspan costs`; returns the exit code."""
    about = (
        "What a session that ends well costs (all cost by all good ends), with a tool and without\n"
        "it, within workflows. Conditions are about sessions."
    )

    def tell(run: Any, within: Sequence[str]) -> list[dict[str, Any]]:
        from toolspan.analytics.comparison import tool_costs

        return tool_costs(run, within=within)

    return _verb(argv, prog, about=about, tell=tell, columns=COSTS, note=COSTS_NOTE)


def failed_calls(argv: Sequence[str], *, prog: str) -> int:
    """Run `toolspan failed-calls`; returns the exit code."""
    about = (
        "Do sessions in which a call of a tool fails end worse than those in which all of its\n"
        "calls work? Within workflows. Conditions are about sessions."
    )

    def tell(run: Any, within: Sequence[str]) -> list[dict[str, Any]]:
        from toolspan.analytics.comparison import failed_calls as of_run

        return of_run(run, within=within)

    return _verb(argv, prog, about=about, tell=tell, columns=FAILED_CALLS, note=FAILED_NOTE)


def _verb(
    argv: Sequence[str],
    prog: str,
    *,
    about: str,
    tell: Callable[[Any, Sequence[str]], list[dict[str, Any]]],
    columns: Sequence[Column],
    note: str,
) -> int:
    shown = (
        ("--where workflow_name=newsletter", "of one workflow"),
        ("--sort p_value", "the most certain last"),
    )
    made = parser(prog, about, examples(prog, shown))
    add_selection(made, by=False)
    made.add_argument(
        "--success",
        metavar="SCORE",
        help="sessions end well where this score lies in the upper half of its scale",
    )
    made.add_argument(
        "--within",
        action="append",
        default=[],
        metavar="KEY",
        help="compare sessions only within equal values of this, beside the workflow",
    )
    add_format(made)
    add_rows(made)
    arguments = made.parse_args(argv)

    def run() -> int:
        from toolspan.analytics.comparison import gather, judged_by_score

        with open_input(arguments) as traces:
            sessions = gather(traces, arguments.where, arguments.within)
            if arguments.success:
                sessions = judged_by_score(sessions, arguments.success)
            found = tell(sessions, arguments.within)
            names = list(found[0]) if found else []
            records = ordered(found, arguments.sort, names) if found else found
            shown = records[: arguments.limit] if arguments.limit else records
            print_table(shown, columns, arguments.format, names)
            notes = [note if records else "there is nothing to compare"]
            print_notes([*notes, *traces.summary.notes()], arguments.format, has_table=bool(shown))
            return finish(traces, arguments)

    return guarded(run)
