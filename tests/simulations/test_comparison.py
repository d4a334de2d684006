"""The gate keeps its promises where the truth is known.

`make simulations` runs these and writes docs/results/comparison.md.
"""

import math
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from simulations.runs import MARGINS, World, pair_of_runs
from toolspan.analytics.comparison import FAIL, PASS
from toolspan.analytics.comparison._compare import judgements_of
from toolspan.analytics.comparison._design import design
from toolspan.analytics.comparison._verdict import LEVEL, overall

pytestmark = pytest.mark.slow

RUNS = 1000
POWER_RUNS = 200
DRAWS = 500
# One-sided decisions at 2.5 %, and the Monte Carlo error of a thousand runs.
MOST_FALSE = 0.05
LEAST_COVERED = 0.92


class Book:
    """The rows of the result file."""

    def __init__(self) -> None:
        self.tables: dict[str, list[str]] = {}

    def note(self, table: str, cells: list[str]) -> None:
        self.tables.setdefault(table, []).append(f"| {' | '.join(cells)} |")

    def text(self) -> str:
        import scipy

        lines = [
            "# Simulations of `compare`",
            "",
            (
                f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, numpy "
                f"{np.__version__}, scipy {scipy.__version__}. Made by `make simulations` from pairs of "
                "runs whose truth is known (`tests/simulations/runs.py`): three workflows whose mix "
                "differs between the runs, calls that are alike within a session, tasks that are hard "
                "in both runs where they are paired. Eight quantities are judged, with margins of 10 "
                "points (sessions), 3 points (calls), 20 to 25 % (time, cost, tokens), 10 points "
                "(loops), 0.4 (a score whose standard deviation is 1.2)."
            ),
            "",
            (
                "Limits of the test: at most 5 % wrong verdicts of a quantity (2.5 % is what is meant, "
                "the rest is Monte Carlo error), at most 5 % of comparisons that FAIL without being "
                "worse than allowed, at least 92 % of intervals right."
            ),
        ]
        for table, rows in self.tables.items():
            head, *rest = rows
            lines += ["", f"## {table}", "", head, f"|{'---|' * (head.count(' | ') + 1)}", *rest]
        return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def book() -> Iterator[Book]:
    made = Book()
    yield made
    target = os.environ.get("COMPARISON_RESULTS")
    if target:
        Path(target).write_text(made.text(), encoding="utf-8")


def outcomes(world: World, runs: int, *, draws: int = 0) -> dict[str, dict[str, float]]:
    """Of each quantity, and of `any` and `all`: how often what came out."""
    random = np.random.default_rng(1)
    counts: dict[str, dict[str, float]] = {}
    for run in range(runs):
        base, new = pair_of_runs(random, world)
        plan = design(base, new, ("task",) if world.is_paired else (), ())
        judged, _ = judgements_of(base, new, plan, MARGINS, draws=draws, seed=run)
        verdict = overall(judged)
        found = counts.setdefault("all", dict.fromkeys((FAIL, PASS), 0.0))
        for name in (FAIL, PASS):
            found[name] += (verdict == name) / runs
        for each in judged:
            subject, shift = each.assessment.subject, each.assessment.shift
            if subject.margin is None or shift is None:
                continue
            low, high = shift.interval()
            found = counts.setdefault(
                subject.quantity,
                dict.fromkeys((FAIL, PASS, "beyond", "covered", "untold", "naive"), 0.0),
            )
            p_fail, raw_p = each.p_fail, each.assessment.raw_p
            found[FAIL] += (each.verdict == FAIL) / runs
            found[PASS] += (each.verdict == PASS) / runs
            found["beyond"] += (p_fail is not None and p_fail <= LEVEL) / runs
            found["untold"] += math.isnan(low) / runs
            found["covered"] += (
                math.isnan(low) or low <= world.truth(subject.margin) <= high
            ) / runs
            found["naive"] += (raw_p is not None and raw_p < 2 * LEVEL) / runs
    return counts


def percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def called(world: World) -> str:
    return f"{world.sessions} {'tasks' if world.is_paired else 'sessions a run'}"


def head(book: Book, table: str, *names: str) -> None:
    if table not in book.tables:
        book.note(table, list(names))


SIZES = [30, 100, 300]


@pytest.mark.requirement("analytics.04-gate")
@pytest.mark.parametrize("sessions", SIZES)
@pytest.mark.parametrize("is_paired", [False, True], ids=["unpaired", "paired"])
def test_a_run_that_is_exactly_as_much_worse_as_allowed_is_seldom_judged(
    book: Book, sessions: int, is_paired: bool
) -> None:
    world = World(sessions, harm=1, is_paired=is_paired)
    found = outcomes(world, RUNS)
    table = "NEW is worse by exactly the margin: PASS and FAIL are both wrong"
    head(
        book, table, "runs of", "quantity", "PASS", "beyond the margin", "FAIL", "covered",
        "no interval",
    )  # fmt: skip
    together = found.pop("all")
    for name, shares in found.items():
        cells = (shares[PASS], shares["beyond"], shares[FAIL], shares["covered"], shares["untold"])
        book.note(table, [called(world), f"`{name}`", *map(percent, cells)])
        assert shares[PASS] <= MOST_FALSE, name
        assert shares["beyond"] <= MOST_FALSE, name
        assert shares["covered"] >= LEAST_COVERED, name
    cells = [percent(together[PASS]), "", percent(together[FAIL]), "", ""]
    book.note(table, [called(world), "all together", *cells])
    assert together[FAIL] <= MOST_FALSE
    assert together[PASS] <= MOST_FALSE


@pytest.mark.parametrize("sessions", SIZES)
@pytest.mark.parametrize("is_paired", [False, True], ids=["unpaired", "paired"])
def test_a_run_that_is_as_good_does_not_fail_and_passes_the_more_the_larger_it_is(
    book: Book, sessions: int, is_paired: bool
) -> None:
    world = World(sessions, harm=0, is_paired=is_paired)
    found = outcomes(world, POWER_RUNS)
    table = "NEW is as good as BASE: PASS is right"
    head(book, table, "runs of", "quantity", "PASS", "FAIL", "usual test says it differs (5 %)")
    together = found.pop("all")
    for name, shares in found.items():
        naive = percent(shares["naive"]) if name not in ("tool_success", "call_p95_ms") else ""
        cells = [percent(shares[PASS]), percent(shares[FAIL]), naive]
        book.note(table, [called(world), f"`{name}`", *cells])
        assert shares[FAIL] <= 0.01, name
        if sessions == 300 and is_paired and name != "call_p95_ms":
            assert shares[PASS] >= 0.5, name
    cells = [percent(together[PASS]), percent(together[FAIL]), ""]
    book.note(table, [called(world), "all together", *cells])
    assert together[FAIL] <= 0.02


@pytest.mark.parametrize("sessions", SIZES)
@pytest.mark.parametrize("is_paired", [False, True], ids=["unpaired", "paired"])
def test_a_run_that_is_twice_as_much_worse_as_allowed_fails(
    book: Book, sessions: int, is_paired: bool
) -> None:
    world = World(sessions, harm=2, is_paired=is_paired)
    found = outcomes(world, POWER_RUNS, draws=DRAWS)
    table = "NEW is worse by twice the margin: FAIL is right"
    head(book, table, "runs of", "quantity", "FAIL", "beyond the margin", "PASS")
    together = found.pop("all")
    for name, shares in found.items():
        if name == "tool_mix":
            continue
        cells = [percent(shares[FAIL]), percent(shares["beyond"]), percent(shares[PASS])]
        book.note(table, [called(world), f"`{name}`", *cells])
        assert shares[PASS] <= 0.01, name
    cells = [percent(together[FAIL]), "", percent(together[PASS])]
    book.note(table, [called(world), "all together", *cells])
    if sessions >= 100:
        assert together[FAIL] >= 0.5
