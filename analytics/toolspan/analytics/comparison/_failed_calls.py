"""How a tool's failed calls go with failed sessions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from toolspan.analytics.comparison._design import DRAWS
from toolspan.analytics.comparison._split import DIFFERENCE, split, with_holm

if TYPE_CHECKING:
    from toolspan.analytics.comparison._sessions import Run

# The columns of a record, in their order.
COLUMNS: Final = (
    "tool_name",
    "sessions_failed",
    "sessions_worked",
    "success_failed",
    "success_worked",
    *DIFFERENCE,
    "note",
)


def failed_calls(
    run: "Run", *, within: Sequence[str] = (), draws: int = DRAWS, seed: int = 0
) -> list[dict[str, Any]]:
    """Do sessions in which a call of a tool fails end worse than those in which all work?

    One record a tool that ever fails, in the order of sessions with a failed call. Only sessions
    that use the tool and whose end is known count; they are compared within workflows. A
    difference, not its cause.

    Args:
        run: the sessions.
        within: compare within equal values of these, too.
        draws: relabellings.
        seed: of those.
    """
    known = run.at(np.flatnonzero(~np.isnan(run.numbers["is_ok"])))
    failing = known.calls.tools[known.calls.has_failed].astype(str)
    records = [
        _record(known, name, within, draws=draws, seed=seed) for name in np.unique(failing).tolist()
    ]
    records.sort(key=lambda record: (-record["sessions_failed"], record["tool_name"]))
    with_holm(records)
    return [{name: record[name] for name in COLUMNS} for record in records]


def _record(
    run: "Run", tool: str, within: Sequence[str], *, draws: int, seed: int
) -> dict[str, Any]:
    calls = run.calls.of(tool)
    users = np.unique(calls.places)
    has_failed = np.isin(users, calls.places[calls.has_failed])
    told = split(run.at(users), has_failed, "session_success", within, draws=draws, seed=seed)
    return {
        "tool_name": tool,
        "sessions_failed": int(has_failed.sum()),
        "sessions_worked": int((~has_failed).sum()),
        "success_failed": told.pop("with"),
        "success_worked": told.pop("without"),
        **told,
    }
