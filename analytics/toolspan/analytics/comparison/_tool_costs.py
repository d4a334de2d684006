"""What a session that ends well costs, with a tool and without it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from toolspan.analytics.comparison._assess import LEAST_SESSIONS, Subject, assess
from toolspan.analytics.comparison._design import DRAWS, design
from toolspan.analytics.comparison._quantities import QUANTITIES, score_scale
from toolspan.analytics.comparison._verdict import Judgement, record_of
from toolspan.analytics.errors import UsageError
from toolspan.analytics.statistics import holm

if TYPE_CHECKING:
    from toolspan.analytics.comparison._sessions import Run

# The columns of a record, in their order.
COLUMNS: Final = (
    "tool_name",
    "sessions_with",
    "sessions_without",
    "cost_with",
    "cost_without",
    "difference",
    "low",
    "high",
    "p_value",
    "p_holm",
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
    adjusted = holm(
        np.array([np.nan if r["p_value"] is None else r["p_value"] for r in records], dtype=float)
    )
    for record, p in zip(records, adjusted.tolist(), strict=True):
        record["p_holm"] = None if record["p_value"] is None else p
    return [{name: record[name] for name in COLUMNS} for record in records]


def _record(
    run: "Run", tool: str, within: Sequence[str], *, draws: int, seed: int
) -> dict[str, Any]:
    has_tool = np.zeros(run.sessions, dtype=np.bool_)
    has_tool[run.calls.of(tool).places] = True
    without, used = run.at(np.flatnonzero(~has_tool)), run.at(np.flatnonzero(has_tool))
    record: dict[str, Any] = dict.fromkeys(COLUMNS)
    record |= {
        "tool_name": tool,
        "sessions_with": used.sessions,
        "sessions_without": without.sessions,
        "cost_with": _per_success(used),
        "cost_without": _per_success(without),
        "note": "",
    }
    if not without.sessions:
        return record | {"note": "every session uses it"}
    quantity = QUANTITIES["cost_per_success"]
    sample = quantity.make(without, used, None)
    if sample is None:
        return record | {"note": "one side has no session that ends well"}
    subject = Subject(
        quantity=quantity.name,
        title=quantity.title,
        unit=quantity.unit,
        is_higher_better=False,
        kind="relative",
    )
    plan = design(without, used, (), within)
    found = assess(subject, sample, plan, draws=draws, seed=seed)
    if found.trouble is not None:
        few = f"fewer than {LEAST_SESSIONS} comparable sessions with it, or without"
        is_few = found.independent < LEAST_SESSIONS
        return record | {"note": few if is_few else found.trouble}
    told = record_of(Judgement(found, ""))
    return record | {
        "cost_with": told["new"],
        "cost_without": told["base"],
        **{name: told[name] for name in ("difference", "low", "high", "p_value")},
        "note": "; ".join(plan.notes),
    }


def _per_success(run: "Run") -> float | None:
    good = float(run.numbers["is_ok"].sum())
    return float(run.numbers["cost"].sum()) / good if good else None


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
