"""What a session that ends well costs, with a tool and without it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from toolspan.analytics.comparison._design import DRAWS
from toolspan.analytics.comparison._quantities import score_scale
from toolspan.analytics.comparison._split import DIFFERENCE, split, with_holm
from toolspan.analytics.errors import UsageError

if TYPE_CHECKING:
    from toolspan.analytics.comparison._sessions import Bools, Run

# The columns of a record, in their order.
COLUMNS: Final = (
    "tool_name",
    "sessions_with",
    "sessions_without",
    "cost_with",
    "cost_without",
    *DIFFERENCE,
    "note",
)


def tool_costs(
    run: "Run", *, within: Sequence[str] = (), draws: int = DRAWS, seed: int = 0
) -> list[dict[str, Any]]:
    """The cost of a session that ends well, all cost by all good ends, with and without each tool.

    One record a tool, the most called first; sessions are compared within workflows. With a tool
    may cost more because harder tasks need it: a difference, not its cause.

    Args:
        run: the sessions.
        within: compare within equal values of these, too.
        draws: relabellings.
        seed: of those.

    Raises:
        UsageError: no session has both a known cost and a known end.
    """
    known = ~np.isnan(run.numbers["cost"]) & ~np.isnan(run.numbers["is_ok"])
    if not known.any():
        raise UsageError("no session has both a known cost and a known end")
    rated = run.at(np.flatnonzero(known))
    names, counts = np.unique(rated.calls.tools.astype(str), return_counts=True)
    order = np.lexsort((names, -counts))
    records = [
        _record(rated, str(name), within, draws=draws, seed=seed) for name in names[order].tolist()
    ]
    with_holm(records)
    return [{name: record[name] for name in COLUMNS} for record in records]


def _record(
    run: "Run", tool: str, within: Sequence[str], *, draws: int, seed: int
) -> dict[str, Any]:
    has_tool = np.zeros(run.sessions, dtype=np.bool_)
    has_tool[run.calls.of(tool).places] = True
    told = split(run, has_tool, "cost_per_success", within, draws=draws, seed=seed)
    sides = told.pop("with"), told.pop("without")
    if has_tool.all():
        told["note"] = "every session uses it"
    return {
        "tool_name": tool,
        "sessions_with": int(has_tool.sum()),
        "sessions_without": int((~has_tool).sum()),
        "cost_with": _per_success(run, has_tool) if sides[0] is None else sides[0],
        "cost_without": _per_success(run, ~has_tool) if sides[1] is None else sides[1],
        **told,
    }


def _per_success(run: "Run", rows: "Bools") -> float | None:
    good = float(run.numbers["is_ok"][rows].sum())
    return float(run.numbers["cost"][rows].sum()) / good if good else None


def judged_by_score(run: "Run", name: str) -> "Run":
    """The run, its sessions ending well where a score lies in the upper half of its scale.

    Args:
        run: the sessions.
        name: of the score.

    Raises:
        UsageError: there is no such score, or several sources gave it.
    """
    keys = [key for key in run.scores if key[0] == name]
    if len(keys) != 1:
        known = ", ".join(sorted({each for each, _ in run.scores})) or "none"
        sources = ", ".join(sorted(source for _, source in keys))
        raise UsageError(
            f"{name!r} comes from several sources ({sources}): they are never pooled"
            if keys
            else f"no score {name!r}; there are: {known}"
        )
    low, high = score_scale(run, run, keys[0])
    values = run.scores[keys[0]]
    is_ok = np.where(np.isnan(values), np.nan, (values >= (low + high) / 2).astype(np.float64))
    return replace(run, numbers={**run.numbers, "is_ok": is_ok})
