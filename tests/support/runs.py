"""Runs to compare, from a few lists: no traces."""

from collections.abc import Sequence

import numpy as np

from toolspan.analytics.comparison import Run
from toolspan.analytics.comparison._sessions import Calls, ScoreName

NUMBERS = ("is_ok", "duration_ms", "tool_calls", "failed_calls", "tokens", "cost", "has_loop")
QUALITY = ("quality", "human")


def make_run(
    sessions: int,
    *,
    workflow: Sequence[str] | None = None,
    tasks: Sequence[str] | None = None,
    calls: Sequence[tuple[int, str, bool, float]] = (),
    quality: Sequence[float] | None = None,
    **numbers: Sequence[float],
) -> Run:
    """A run of so many sessions.

    Args:
        sessions: how many.
        workflow: of each; default one for all.
        tasks: of each, as the label `task`.
        calls: session, tool, whether it ended well, milliseconds.
        quality: a score of each, given by people.
        numbers: any of `NUMBERS`, one a session; what is not given is not known.
    """
    assert set(numbers) <= set(NUMBERS)
    columns = {
        name: np.array(numbers.get(name, [np.nan] * sessions), dtype=float) for name in NUMBERS
    }
    labels = {"workflow_name": np.array(workflow or ["support"] * sessions, dtype=object)}
    if tasks is not None:
        labels["task"] = np.array(tasks, dtype=object)
    ok = np.array([call[2] for call in calls], dtype=bool)
    scores = {} if quality is None else {QUALITY: np.array(quality, dtype=float)}
    return Run(
        np.array([f"s{number}" for number in range(sessions)], dtype=object),
        columns,
        labels,
        Calls(
            np.array([call[0] for call in calls], dtype=np.int64),
            np.array([call[1] for call in calls], dtype=object),
            ok,
            ~ok,
            np.array([call[3] for call in calls], dtype=float),
        ),
        scores,
        {QUALITY: ScoreName(*QUALITY, None, (None, None))} if scores else {},
    )
