"""`compare` and `self_check`: two sets of traces, opened or by their paths."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from toolspan.analytics.errors import UsageError
from toolspan.analytics.read import Paths
from toolspan.analytics.traces import Traces, open_traces

if TYPE_CHECKING:
    import pandas as pd

    from toolspan.analytics.comparison import Comparison, Margin, SelfCheck
    from toolspan.analytics.measures import Where


def compare(
    base: Traces | Paths,
    new: Traces | Paths,
    *,
    margins: "str | os.PathLike[str] | Sequence[Margin] | None" = None,
    by: str | Sequence[str] = (),
    within: str | Sequence[str] = (),
    base_where: "Where" = None,
    new_where: "Where" = None,
    feedback: Paths | None = None,
    seed: int = 0,
) -> "Comparison":
    """Set two runs of an agent against each other: is NEW no worse than BASE?

    Sessions are the unit. Where `by` names a task, each is compared with itself; otherwise sessions
    are compared within workflows. A difference, never its cause.

    Args:
        base: what is the case: traces, or paths as `open_traces` takes them.
        new: what is to become the case; it may be the same traces, told apart by conditions.
        margins: how much worse NEW may be: a TOML file (`toolspan compare --help`) or margins;
            None for the defaults of docs/reference/comparison.md.
        by: attributes or columns of sessions that name a task.
        within: without a task: compare sessions within equal values of these, too.
        base_where: conditions on the sessions of BASE.
        new_where: conditions on those of NEW.
        feedback: more feedback for both, where paths are given.
        seed: the same seed, the same numbers.

    Returns:
        The verdict (`PASS`, `FAIL` or `INCONCLUSIVE`), `frame` with a row for each quantity,
        `tools`, `notes`, `exit_code()`, `to_markdown()`, `to_junit()`.

    Raises:
        InputError: something cannot be read.
        UsageError: margins or keys make no sense, or the runs share no task.
    """
    from toolspan.analytics.comparison import compare_runs, gather

    keys, factors = _names(by), _names(within)
    if keys and factors:
        raise UsageError("give by or within: tasks are compared with themselves, whatever they are")
    chosen = _margins(margins)
    with _opened(base, feedback) as before, _opened(new, feedback) as after:
        runs = (
            gather(before, base_where, (*keys, *factors)),
            gather(after, new_where, (*keys, *factors)),
        )
    names = (_called(base, base_where, "BASE"), _called(new, new_where, "NEW"))
    return compare_runs(*runs, margins=chosen, by=keys, within=factors, names=names, seed=seed)


def self_check(
    base: Traces | Paths,
    *,
    margins: "str | os.PathLike[str] | Sequence[Margin] | None" = None,
    within: str | Sequence[str] = (),
    where: "Where" = None,
    feedback: Paths | None = None,
    splits: int = 200,
    seed: int = 0,
) -> "SelfCheck":
    """How often `compare` would fail where nothing has changed: BASE split at random into halves.

    Args:
        base: traces, or paths as `open_traces` takes them.
        margins: as for `compare`.
        within: as for `compare`.
        where: conditions on the sessions.
        feedback: more feedback, where paths are given.
        splits: how many.
        seed: the same seed, the same splits.

    Raises:
        InputError: something cannot be read.
        UsageError: margins or keys make no sense, or there are too few sessions.
    """
    from toolspan.analytics.comparison import gather, self_check_run

    factors, chosen = _names(within), _margins(margins)
    with _opened(base, feedback) as traces:
        run = gather(traces, where, factors)
    return self_check_run(run, margins=chosen, within=factors, splits=splits, seed=seed)


def cost_per_success(
    traces: Traces | Paths,
    *,
    success: str | None = None,
    within: str | Sequence[str] = (),
    where: "Where" = None,
    feedback: Paths | None = None,
    seed: int = 0,
) -> "pd.DataFrame":
    """What a session that ends well costs, all cost by all good ends, with and without each tool.

    One row is a tool; docs/reference/comparison.md has every column. Sessions are compared within
    workflows. A difference, never its cause: hard tasks need more tools and more money.

    Args:
        traces: traces, or paths as `open_traces` takes them.
        success: a score by which sessions end well (the upper half of its scale); default by how
            they ended.
        within: compare within equal values of these attributes or columns, too.
        where: conditions on the sessions.
        feedback: more feedback, where paths are given.
        seed: the same seed, the same numbers.

    Raises:
        InputError: something cannot be read.
        UsageError: there is no such score, or no session has both a known cost and a known end.
    """
    import pandas as pd

    from toolspan.analytics.comparison import gather, judged_by_score, tool_costs

    factors = _names(within)
    with _opened(traces, feedback) as opened:
        run = gather(opened, where, factors)
    if success is not None:
        run = judged_by_score(run, success)
    return pd.DataFrame(tool_costs(run, within=factors, seed=seed))


def failed_calls(
    traces: Traces | Paths,
    *,
    success: str | None = None,
    within: str | Sequence[str] = (),
    where: "Where" = None,
    feedback: Paths | None = None,
    seed: int = 0,
) -> "pd.DataFrame":
    """Do sessions in which a call of a tool fails end worse than those in which all of them work?

    One row is a tool that ever fails; docs/reference/comparison.md has every column. Only sessions
    that use the tool count, compared within workflows. A difference, never its cause.

    Args:
        traces: traces, or paths as `open_traces` takes them.
        success: a score by which sessions end well (the upper half of its scale); default by how
            they ended.
        within: compare within equal values of these attributes or columns, too.
        where: conditions on the sessions.
        feedback: more feedback, where paths are given.
        seed: the same seed, the same numbers.

    Raises:
        InputError: something cannot be read.
        UsageError: there is no such score or attribute.
    """
    import pandas as pd

    from toolspan.analytics.comparison import failed_calls as of_run
    from toolspan.analytics.comparison import gather, judged_by_score

    factors = _names(within)
    with _opened(traces, feedback) as opened:
        run = gather(opened, where, factors)
    if success is not None:
        run = judged_by_score(run, success)
    return pd.DataFrame(of_run(run, within=factors, seed=seed))


def _margins(
    margins: "str | os.PathLike[str] | Sequence[Margin] | None",
) -> "Sequence[Margin] | None":
    from toolspan.analytics.comparison import read_margins

    return read_margins(Path(margins)) if isinstance(margins, str | os.PathLike) else margins


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


@contextmanager
def _opened(traces: Traces | Paths, feedback: Paths | None) -> Iterator[Traces]:
    """The traces; closed afterwards where they were opened here."""
    with ExitStack() as stack:
        if isinstance(traces, Traces):
            yield traces
        else:
            yield stack.enter_context(open_traces(traces, feedback))


def _called(traces: Traces | Paths, where: "Where", otherwise: str) -> str:
    name = otherwise
    if isinstance(traces, str | os.PathLike):
        name = str(traces)
    return f"{name} where {where}" if isinstance(where, str) else name
