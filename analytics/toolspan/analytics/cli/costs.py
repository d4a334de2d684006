"""`toolspan costs`: what a session that ends well costs, with a tool and without it."""

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
from toolspan.analytics.output import Column, count, number

COLUMNS = (
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
ASSOCIATION = (
    "with and without among sessions of the same workflow: a difference, never its cause; hard "
    "tasks need more tools and more money"
)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:+.0f} %".replace("-", "−")  # noqa: RUF001


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f"{_percent(low).removesuffix(' %')}…{_percent(high)}"


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(
        prog,
        "What a session that ends well costs (all cost by all good ends), with a tool and without\n"
        "it, within workflows. Conditions are about sessions.",
        examples(
            prog,
            (
                ("--where workflow_name=newsletter", "of one workflow"),
                ("--success quality", "sessions end well where a score says so"),
            ),
        ),
    )
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
        from toolspan.analytics.comparison import gather, judged_by_score, tool_costs
        from toolspan.analytics.comparison._tool_costs import COLUMNS as NAMES

        with open_input(arguments) as traces:
            sessions = gather(traces, arguments.where, arguments.within)
            if arguments.success:
                sessions = judged_by_score(sessions, arguments.success)
            records = ordered(tool_costs(sessions, within=arguments.within), arguments.sort, NAMES)
            shown = records[: arguments.limit] if arguments.limit else records
            print_table(shown, COLUMNS, arguments.format, NAMES)
            notes = [ASSOCIATION, *traces.summary.notes()]
            print_notes(notes, arguments.format, has_table=bool(shown))
            return finish(traces, arguments)

    return guarded(run)
