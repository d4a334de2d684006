"""The procedure keeps its promises where the truth is known.

`make simulations` runs these and writes docs/results/simulations.md.
"""

import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from simulations import generators
from simulations.generators import Sample
from simulations.measure import Rates, rates

pytestmark = [pytest.mark.slow, pytest.mark.shared]

MOST_FALSE = 0.08
LEAST_COVERED = 0.92
RUNS = 1000
FAMILY_RUNS = 400

Maker = Callable[[np.random.Generator], Sample]


class Book:
    """The rows of the result file."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str]] = {}

    def note(self, table: str, what: str, found: Rates) -> None:
        method = " / ".join(
            f"{name} {100 * count / found.runs:.0f} %" for name, count in found.methods.items()
        )
        cells = (
            what,
            str(found.runs),
            *(
                f"{100 * value:.1f} %"
                for value in (
                    found.tested,
                    found.naive,
                    found.rejected,
                    found.supported,
                    found.family,
                    found.covered,
                )
            ),
            method,
        )
        self.rows.setdefault(table, []).append(f"| {' | '.join(cells)} |")

    def text(self) -> str:
        import duckdb
        import scipy

        lines = [
            "# Simulations of `correlate`",
            "",
            (
                f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, numpy "
                f"{np.__version__}, scipy {scipy.__version__}, duckdb {duckdb.__version__}. "
                "Made by `make simulations`; limits: at most 8 % false findings, at least 92 % of "
                "intervals right."
            ),
            "",
            (
                "*tested*: runs with enough comparable sessions · *naive*: the raw comparison "
                "(Mann-Whitney) is significant · *adjusted*: p < 0.05 for the tool alone · "
                "*supported*: the verdict, which counts all tools · *any*: runs in which any tool is "
                "supported · *covered*: intervals that hold the truth."
            ),
        ]
        head = (
            "mechanism",
            "runs",
            "tested",
            "naive",
            "adjusted",
            "supported",
            "any",
            "covered",
            "test",
        )
        for table, rows in self.rows.items():
            lines += ["", f"## {table}", "", f"| {' | '.join(head)} |"]
            lines += [f"|{'---|' * len(head)}", *rows]
        return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def book() -> Iterator[Book]:
    made = Book()
    yield made
    target = os.environ.get("SIMULATION_RESULTS")
    if target:
        Path(target).write_text(made.text(), encoding="utf-8")


def is_null(found: Rates) -> None:
    assert found.tested >= 0.8
    assert found.rejected <= MOST_FALSE
    assert found.family <= MOST_FALSE
    assert found.covered >= LEAST_COVERED


@pytest.mark.requirement("analytics.02-correlate")
@pytest.mark.parametrize("sessions", [80, 300])
@pytest.mark.parametrize("scores", ["cont", "ord", "bin"])
@pytest.mark.parametrize("scenario", ["none", "strat", "user", "both"])
def test_confounding_by_workflow_and_user_makes_no_findings(
    book, scenario, scores, sessions
) -> None:
    make = partial(generators.confounded, n=sessions, scenario=scenario, scores=scores)
    found = rates(make, RUNS)
    by = {"none": "nothing", "strat": "workflow", "user": "user", "both": "workflow and user"}
    kind = {"cont": "continuous", "ord": "five steps", "bin": "two values"}[scores]
    what = f"confounded by {by[scenario]}, {kind}, {sessions} sessions (assoc.py)"
    book.note("No effect: what is found is false", what, found)
    is_null(found)


@pytest.mark.parametrize("sessions", [60, 200, 600, 2000])
def test_longer_sessions_of_hard_tasks_make_no_findings(book, sessions) -> None:
    found = rates(partial(generators.longer_when_hard, n=sessions), RUNS)
    what = f"hard tasks take longer, {sessions} sessions (len.py)"
    book.note("No effect: what is found is false", what, found)
    is_null(found)


@pytest.mark.parametrize("sessions", [80, 300, 1000])
def test_another_mechanism_makes_no_findings(book, sessions) -> None:
    found = rates(partial(generators.mixed, n=sessions), RUNS)
    what = f"stars, users, length of other calls, {sessions} sessions (mixed)"
    book.note("No effect: what is found is false", what, found)
    is_null(found)


@pytest.mark.parametrize("sessions", [60, 200])
def test_twenty_tools_without_effect_make_no_findings(book, sessions) -> None:
    found = rates(partial(generators.many_tools, n=sessions), FAMILY_RUNS, draws=1999)
    book.note("No effect: what is found is false", f"20 tools, {sessions} sessions (cs.py)", found)
    assert found.family <= MOST_FALSE
    assert found.covered >= LEAST_COVERED


def test_twenty_tools_of_another_mechanism_make_no_findings(book) -> None:
    found = rates(partial(generators.mixed, n=200, tools=20), FAMILY_RUNS, draws=1999)
    book.note("No effect: what is found is false", "20 tools, 200 sessions (mixed)", found)
    assert found.family <= MOST_FALSE
    assert found.covered >= LEAST_COVERED


@pytest.mark.parametrize("effect", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("sessions", [80, 150, 300, 600])
def test_power_grows_and_intervals_hold_the_effect_of_one_tool(book, sessions, effect) -> None:
    # Of the twenty tools, the one with the effect alone: a family of one.
    def one(random: np.random.Generator) -> Sample:
        made = generators.many_tools(random, sessions, effect)
        return Sample(made.study, made.exposures[:1])

    found = rates(one, RUNS, truth=effect, draws=1999)
    what = f"{effect} SD, {sessions} sessions (cs.py, first tool)"
    book.note("One tool with an effect: what is found is right", what, found)
    assert found.covered >= LEAST_COVERED
    if sessions >= 300 and effect >= 0.5:
        assert found.rejected >= 0.7


@pytest.mark.parametrize("sessions", [60, 200, 600])
def test_power_among_twenty_tools(book, sessions) -> None:
    found = rates(
        partial(generators.many_tools, n=sessions, effect=0.8), FAMILY_RUNS, truth=0.8, draws=1999
    )
    what = f"0.8 SD, {sessions} sessions (cs.py)"
    book.note("One of twenty tools with an effect", what, found)
    if sessions >= 200:
        assert found.covered >= LEAST_COVERED
        assert found.supported >= 0.5
