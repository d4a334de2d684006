"""One run, two kinds of its sessions set against each other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.comparison._assess import LEAST_SESSIONS, Subject, assess
from toolspan.analytics.comparison._design import design
from toolspan.analytics.comparison._quantities import QUANTITIES
from toolspan.analytics.comparison._verdict import Judgement, record_of
from toolspan.analytics.errors import UsageError
from toolspan.analytics.output import counted
from toolspan.analytics.statistics import holm

if TYPE_CHECKING:
    from toolspan.analytics.comparison._sessions import Bools, Run

# What stays empty where there is nothing to tell.
DIFFERENCE = ("difference", "low", "high", "p_value", "p_holm")


def split(
    run: "Run", has_it: "Bools", quantity: str, within: Sequence[str], *, draws: int, seed: int
) -> dict[str, Any]:
    """A quantity of the sessions that have something less that of those that do not.

    Args:
        run: the sessions.
        has_it: which of them have it.
        quantity: its name.
        within: compare within equal values of these and of the workflow.
        draws: relabellings.
        seed: of those.

    Returns:
        `with, without` (the quantity), `DIFFERENCE` without `p_holm`, `note`.
    """
    without, used = run.at(np.flatnonzero(~has_it)), run.at(np.flatnonzero(has_it))
    record: dict[str, Any] = dict.fromkeys(("with", "without", *DIFFERENCE)) | {"note": ""}
    asked = QUANTITIES[quantity]
    sample = asked.make(without, used, None)
    if sample is None:
        return record | {"note": "one side has none of it"}
    subject = Subject(
        quantity=asked.name,
        title=asked.title,
        unit=asked.unit,
        is_higher_better=asked.is_higher_better,
        kind=asked.kind,
    )
    try:
        plan = design(without, used, (), within)
    except UsageError:
        return record | {"note": f"the sides share no value of {' and '.join(within)}"}
    found = assess(subject, sample, plan, draws=draws, seed=seed)
    record |= {"with": found.new_raw, "without": found.base_raw}
    if found.trouble is not None:
        few = f"fewer than {LEAST_SESSIONS} comparable sessions on a side"
        return record | {"note": few if found.independent < LEAST_SESSIONS else found.trouble}
    told = record_of(Judgement(found, ""))
    return record | {
        "with": told["new"],
        "without": told["base"],
        **{name: told[name] for name in DIFFERENCE[:-1]},
        "note": _left_out(int(sample.has_say.sum()) - found.n_base - found.n_new),
    }


def _left_out(sessions: int) -> str:
    if not sessions:
        return ""
    return f"{counted(sessions, 'session')} left out, without any like them on the other side"


def with_holm(records: Sequence[dict[str, Any]]) -> None:
    """Fill in `p_holm`, which counts all records."""
    p_values = [np.nan if r["p_value"] is None else r["p_value"] for r in records]
    adjusted = holm(np.array(p_values, dtype=np.float64)).tolist()
    for record, p in zip(records, adjusted, strict=True):
        record["p_holm"] = None if record["p_value"] is None else p
