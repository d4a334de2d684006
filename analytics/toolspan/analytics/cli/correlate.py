"""`toolspan correlate`: which tool use goes with good and bad outcomes."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from toolspan.analytics.cli._common import (
    EXIT_FINE,
    add_format,
    guarded,
    open_input,
    parser,
    print_notes,
    print_table,
)
from toolspan.analytics.output import Column, clean, count, number

if TYPE_CHECKING:
    from toolspan.analytics.findings import Correlation

# Named here and not taken from `findings`, which needs numpy, so that --help stays quick.
EXPOSURES = (
    "used",
    "calls",
    "failures",
    "retries",
    "fallback",
    "latency_share",
    "transitions",
    "agents",
    "workflows",
    "steps",
    "models",
)
NOT_ENOUGH = "not enough data"
# So many sentences are printed below the table.
MOST_SENTENCES = 12

DESCRIPTION = """Which tool use goes with good and bad outcomes, among comparable sessions:
of the same workflow, agent and model and of like length. An association, never a cause."""


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(prog, DESCRIPTION)
    add_format(made)
    made.add_argument("--score", metavar="NAME", help="one score; default each that has values")
    made.add_argument("--source", metavar="TEXT", help="only scores whose source has this text")
    made.add_argument(
        "--exposure", choices=EXPOSURES, default="used", help="what is related to the score"
    )
    made.add_argument("--name", metavar="NAME", help="report on one tool, agent, ... alone")
    made.add_argument(
        "--within",
        action="append",
        default=[],
        metavar="ATTRIBUTE",
        help="compare sessions only within equal values of a span or resource attribute, such as "
        "a task or run; may be given several times",
    )
    made.add_argument("--unit", choices=("session", "trace"), help="default: what is rated")
    made.add_argument("--seed", type=int, default=0, help="of the permutations (default 0)")
    made.add_argument("--all", action="store_true", help="also show what has not enough data")
    made.add_argument(
        "--agreement", action="store_true", help="instead: how far the scores agree with each other"
    )
    arguments = made.parse_args(argv)
    return guarded(lambda: _agreement(arguments) if arguments.agreement else _run(arguments))


def _run(arguments: argparse.Namespace) -> int:
    from toolspan.analytics.findings import Question, correlate

    question = Question(
        score=arguments.score,
        source=arguments.source,
        exposure=arguments.exposure,
        name=arguments.name,
        within=tuple(arguments.within),
        unit=arguments.unit,
        seed=arguments.seed,
    )
    with open_input(arguments) as traces:
        found = correlate(traces.connection, question)
        notes = [*found.notes, *traces.summary.notes()]
    style = arguments.format
    if style in ("json", "csv"):
        print_table(found.records, COLUMNS, style)
        print_notes([*map(_audit, found.audits), *notes], style)
        return EXIT_FINE
    is_all = arguments.all or arguments.name is not None
    shown = [row for row in found.records if is_all or row["verdict"] != NOT_ENOUGH]
    if shown:
        print_table(shown, COLUMNS, style)
    _print_sentences(shown)
    print_notes([*map(_audit, found.audits), *_left_out(found, len(shown)), *notes], style)
    return EXIT_FINE


def _print_sentences(shown: Sequence[dict[str, Any]]) -> None:
    """What the rows say, the most certain first."""
    lines = [f"- {row['verdict']}: {clean(row['sentence'], 600)}" for row in shown]
    more = len(lines) - MOST_SENTENCES
    if more > 0:
        lines[MOST_SENTENCES:] = [f"- and {more} more (--format json has every sentence)"]
    if lines:
        print("\n" + "\n".join(lines))  # noqa: T201


def _audit(audit: dict[str, Any]) -> str:
    """What was compared, in one line."""
    same = ", ".join((*audit["factors"], "length"))
    text = (
        f"{clean(audit['score_name'], 60)} ({clean(audit['source'], 60)}): {audit['rated']} of "
        f"{audit['sessions']} {audit['unit']}s rated, {audit['score_type']}"
    )
    if audit["mean"] is not None:
        text += f", mean {number(audit['mean'])}"
    return (
        f"{text}; compared within like {same}; {audit['tested']} of {audit['exposures']} could be "
        f"tested ({audit['method']})"
    )


def _left_out(found: "Correlation", shown: int) -> list[str]:
    few = len(found.records) - shown
    return [f"{few} with not enough data left out (--all shows why)"] if few else []


def _agreement(arguments: argparse.Namespace) -> int:
    from toolspan.analytics.feedback.agreement import rater_agreement, score_agreement

    with open_input(arguments) as traces:
        pairs = score_agreement(traces.connection)
        raters = rater_agreement(traces.connection)
        notes = traces.join_report().messages()
    print_table(pairs, AGREEMENT, arguments.format)
    notes += [
        f"{clean(row['score_name'], 60)} ({clean(row['source'], 60)}): {row['raters']} raters, "
        f"{row['sessions']} sessions with several; Krippendorff's alpha {number(row['alpha'])}"
        for row in raters
    ]
    if not pairs:
        notes.insert(0, "no two scores share sessions")
    print_notes(notes, arguments.format)
    return EXIT_FINE


def _signed(value: float | None) -> str:
    return number(None) if value is None else f"{value:+.2f}".replace("-", "−")  # noqa: RUF001


def _bounds(row: Any) -> str:
    if row["ci_low"] is None:
        return number(None)
    return f"{_signed(row['ci_low'])}…{_signed(row['ci_high'])}"


def _p(value: float | None) -> str:
    if value is None:
        return number(None)
    return "<0.001" if value < 0.001 else f"{value:.3f}"


COLUMNS = (
    Column("exposure", lambda r: r["exposure"], is_number=False, weight=9),
    Column("score", lambda r: r["score_name"], is_number=False, weight=3),
    Column("verdict", lambda r: r["verdict"], is_number=False, weight=9),
    Column("difference", lambda r: _signed(r["difference"]), weight=8),
    Column("95 % interval", _bounds, weight=7),
    Column("p max-T", lambda r: _p(r["p_max_t"]), weight=6),
    Column("q", lambda r: _p(r["q_value"]), weight=5),
    Column("detectable", lambda r: number(r["detectable"]), weight=4),
    Column("raw", lambda r: _signed(r["raw_difference"]), weight=6),
    Column("reverses", lambda r: "yes" if r["reverses"] else "", is_number=False, weight=5),
    Column("with", lambda r: count(r["n_used"]), weight=6),
    Column("without", lambda r: count(r["n_unused"]), weight=6),
    Column("strata", lambda r: count(r["strata"]), weight=2),
    Column("source", lambda r: r["source"], is_number=False, weight=1),
)

AGREEMENT = (
    Column("score", lambda r: f"{r['first']} ({r['first_source']})", is_number=False, weight=9),
    Column("other", lambda r: f"{r['second']} ({r['second_source']})", is_number=False, weight=9),
    Column("sessions", lambda r: count(r["n"]), weight=8),
    Column("pearson", lambda r: _signed(r["pearson"]), weight=5),
    Column("spearman", lambda r: _signed(r["spearman"]), weight=7),
    Column("same side", lambda r: f"{100 * r['same_side']:.0f} %", weight=6),
    Column("kappa", lambda r: _signed(r["kappa"]), weight=4),
)
