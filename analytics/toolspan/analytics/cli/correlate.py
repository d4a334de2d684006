"""`toolspan correlate`: which tool use goes with good and bad outcomes."""

import argparse
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolspan.analytics.cli._common import (
    EXIT_FINE,
    add_format,
    add_window,
    finish,
    guarded,
    open_input,
    parser,
    print_notes,
    print_table,
    terminal_width,
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
SURE = ("supported", "suggestive")
NOT_ENOUGH = "not enough data"
# So many sentences are printed below a table.
MOST_SENTENCES = 12
# So few rows are all put into words.
FEW_ROWS = 3
RAW_NOTE = (
    "these statistics take differences between workflows, users and session lengths for the "
    "tool's; toolspan correlate without --raw compares like with like"
)
# And so many reasons where nothing could be tested.
MOST_REFUSALS = 5

DESCRIPTION = """Which tool use goes with good and bad outcomes, among comparable sessions:
of the same workflow, agent and model and of like length. An association, never a cause."""
EPILOG = """verdicts (docs/reference/findings.md):
  supported        holds with all comparisons counted (max-T adjusted p below 0.05)
  suggestive       one in ten of such findings is chance (q below 0.10)
  no evidence      and differences beyond the interval are ruled out
  not enough data  with the reason, and what to rate

examples:
  toolspan correlate --score quality
  toolspan correlate traces/ --feedback ratings.csv --exposure failures
  toolspan correlate --within task.id --name search --format json
"""


def main(argv: Sequence[str], *, prog: str) -> int:
    """Run the verb; returns the exit code."""
    made = parser(prog, DESCRIPTION, EPILOG)
    add_format(made)
    asked = made.add_argument_group("what to relate")
    asked.add_argument("--score", metavar="NAME", help="one score; default each that has values")
    asked.add_argument("--source", metavar="TEXT", help="only scores whose source has this text")
    asked.add_argument(
        "--exposure", choices=EXPOSURES, default="used", help="to what (default: tools used)"
    )
    asked.add_argument("--name", metavar="NAME", help="report on one tool, agent, ... alone")
    asked.add_argument(
        "--within",
        action="append",
        default=[],
        metavar="ATTRIBUTE",
        help="compare sessions only within equal values of a span or resource attribute, such as "
        "a task or run; may be given several times",
    )
    asked.add_argument("--unit", choices=("session", "trace"), help="default: what is rated")
    add_window(asked)
    asked.add_argument("--seed", type=int, default=0, help="of the permutations (default 0)")
    asked.add_argument("--all", action="store_true", help="also show what has not enough data")
    other = made.add_mutually_exclusive_group()
    other.add_argument(
        "--agreement", action="store_true", help="instead: how far the scores agree with each other"
    )
    other.add_argument(
        "--raw",
        action="store_true",
        help="instead: the usual statistics over all sessions alike, to set beside",
    )
    arguments = made.parse_args(argv)
    run = _agreement if arguments.agreement else _raw if arguments.raw else _run
    return guarded(lambda: run(arguments))


def _run(arguments: argparse.Namespace) -> int:
    with open_input(arguments) as traces:
        found = traces.correlation(
            score=arguments.score,
            source=arguments.source,
            exposure=arguments.exposure,
            name=arguments.name,
            within=arguments.within,
            unit=arguments.unit,
            seed=arguments.seed,
        )
        code = finish(traces, arguments)
        notes = [*found.notes, *traces.summary.notes()]
    style = arguments.format
    if style in ("json", "csv"):
        print_table(found.records, COLUMNS, style)
        said = [line for audit in found.audits for line in (_audit(audit), *audit["notes"])]
        print_notes([*said, *notes], style)
        return code
    is_all = arguments.all or arguments.name is not None
    for place, audit in enumerate(found.audits):
        _print_score(found, audit, style, is_all=is_all, is_first=place == 0)
    print_notes(notes, style)
    return code


def _print_score(
    found: "Correlation", audit: Mapping[str, Any], style: str, *, is_all: bool, is_first: bool
) -> None:
    """A heading, a table and what it says, for one score of one source."""
    mine = [
        row
        for row in found.records
        if (row["score_name"], row["source"]) == (audit["score_name"], audit["source"])
    ]
    shown = [row for row in mine if is_all or row["verdict"] != NOT_ENOUGH]
    left_out = len(mine) - len(shown)
    heading = _audit(audit)
    if style == "markdown":
        heading = f"### {heading}"
    _print("" if is_first else "\n", [heading, ""])
    if shown:
        print_table(shown, COLUMNS, style)
    lines = [_bullet(row) for row in _worth_saying(shown)]
    more = len(shown) - len(lines)
    verdicts = {row["verdict"] for row in shown}
    if len(shown) > 1 and not verdicts & set(SURE):
        lines.insert(0, "Nothing here goes with the score beyond what chance makes of so many.")
    if lines and more > 0:
        lines.append(f"- and {more} more (--format json has every sentence)")
    if not shown:
        lines += [_bullet(row) for row in mine[:MOST_REFUSALS]]
    if left_out and (shown or left_out > MOST_REFUSALS):
        lines.append(f"- not enough data for {left_out} more (--all shows why)")
    _print("\n" if shown else "", lines)
    _print("\n", audit["notes"])


def _worth_saying(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the table does not say by itself: findings, and where adjusting turns the sign."""
    if len(rows) <= FEW_ROWS:
        return list(rows)
    chosen = [row for row in rows if row["verdict"] in SURE]
    chosen += [row for row in rows if row["verdict"] not in SURE and row["reverses"]]
    return chosen[:MOST_SENTENCES]


def _bullet(row: Mapping[str, Any]) -> str:
    """The sentence; the two verdicts that claim something come by name."""
    lead = f"{row['verdict']}: " if row["verdict"] in SURE else ""
    return f"- {lead}{clean(row['sentence'], 600)}"


def _print(lead: str, lines: Sequence[str]) -> None:
    """Print paragraphs, folded to the terminal's width."""
    width = terminal_width()
    if width:
        lines = [
            textwrap.fill(line, max(40, width), subsequent_indent="  " * line.startswith("- "))
            for line in lines
        ]
    if lines:
        sys.stdout.write(lead + "\n".join(lines) + "\n")


def _audit(audit: Mapping[str, Any]) -> str:
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


def _raw(arguments: argparse.Namespace) -> int:
    from toolspan.analytics.findings import Question, raw_associations

    question = Question(score=arguments.score, source=arguments.source, exposure=arguments.exposure)
    with open_input(arguments) as traces:
        records = raw_associations(traces.connection, question)
        code = finish(traces, arguments)
    print_table(records, RAW, arguments.format)
    print_notes([RAW_NOTE], arguments.format)
    return code


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
    Column("verdict", lambda r: r["verdict"], is_number=False, weight=9),
    Column("difference", lambda r: _signed(r["difference"]), weight=8),
    Column("95 % interval", _bounds, weight=7),
    Column("p max-T", lambda r: _p(r["p_max_t"]), weight=3),
    Column("q", lambda r: _p(r["q_value"]), weight=5),
    Column("detectable", lambda r: number(r["detectable"]), weight=2),
    Column("raw", lambda r: _signed(r["raw_difference"]), weight=6),
    Column("reverses", lambda r: "yes" if r["reverses"] else "", is_number=False, weight=4),
    Column("with", lambda r: count(r["n_used"]), weight=3),
    Column("without", lambda r: count(r["n_unused"]), weight=3),
    Column("strata", lambda r: count(r["strata"]), weight=1),
)

RAW = (
    Column("exposure", lambda r: r["exposure"], is_number=False, weight=9),
    Column("score", lambda r: r["score_name"], is_number=False, weight=6),
    Column("difference", lambda r: _signed(r["difference"]), weight=8),
    Column("r", lambda r: _signed(r["r"]), weight=5),
    Column("Mann-Whitney p", lambda r: _p(r["u_p"]), weight=6),
    Column("q", lambda r: _p(r["u_q"]), weight=7),
    Column("Fisher p", lambda r: _p(r["fisher_p"]), weight=4),
    Column("rho of calls", lambda r: _signed(r["rho_calls"]), weight=3),
    Column("with", lambda r: count(r["n_used"]), weight=6),
    Column("without", lambda r: count(r["n_unused"]), weight=6),
    Column("source", lambda r: r["source"], is_number=False, weight=2),
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
