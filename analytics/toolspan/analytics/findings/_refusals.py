"""Why nothing can be said about an exposure, and what would change that."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolspan.analytics.findings._assess import LEAST_SESSIONS, Assessment
from toolspan.analytics.findings._words import did, every, of_those, quoted, score_value, that

if TYPE_CHECKING:
    from toolspan.analytics.findings._gather import ScoreKey, Sessions
    from toolspan.analytics.findings._study import Study


@dataclass(frozen=True, slots=True)
class Context:
    """What the words need to know beside the numbers.

    Attributes:
        kind: of exposure.
        key: the score.
        study: the rated sessions.
        rated: the same with everything known of them.
        sessions: all sessions, rated or not.
        spread: standard deviation of the score.
        tested: how many exposures of the family could be tested.
    """

    kind: str
    key: "ScoreKey"
    study: "Study"
    rated: "Sessions"
    sessions: "Sessions"
    spread: float
    tested: int


def never_varies(name: str, scores: int, value: float) -> str:
    """The refusal of a score that is the same everywhere."""
    return (
        f"{quoted(name)} never varies (all {scores} scores are {score_value(value)}): "
        "nothing to explain."
    )


def refusal(found: Assessment, context: Context) -> str:
    """Why there is not enough to compare, in one sentence or two."""
    name = found.exposure.name
    if np.ptp(context.study.scores) == 0:
        first = float(context.study.scores[0])
        return never_varies(context.key.name, len(context.study.scores), first)
    exposure = found.exposure
    values = exposure.values if exposure.rows is None else exposure.values[exposure.rows]
    if np.ptp(values) == 0:
        return (
            f"Every rated session{of_those(context.kind)} {every(context.kind, name)}: there is "
            "nothing to compare with."
        )
    if found.unmatched.strata == 0 and found.exposure.rows is None:
        return _not_separable(found, context)
    if not found.varies:
        return _same_where_compared(found, context)
    if not exposure.is_binary:
        return (
            f"Not enough rated sessions to relate {quoted(name)} to {quoted(context.key.name)}: "
            f"among comparable sessions, {found.weaker.n_used} have more of it than usual and "
            f"{found.weaker.n_unused} less (need {LEAST_SESSIONS} and {LEAST_SESSIONS}). Rate more "
            f"sessions that use it."
        )
    used, unused = found.raw.n_used, found.raw.n_unused
    place = "in the same workflow"
    if min(used, unused) >= LEAST_SESSIONS:
        used, unused = found.weaker.n_used, found.weaker.n_unused
        place = f"in comparable sessions, of like {', '.join((*context.study.factors, 'length'))}"
    return (
        f"Not enough rated sessions to relate {quoted(name)} to {quoted(context.key.name)}: "
        f"{used} {did(context.kind)} and had a score, {unused} did not "
        f"(need {LEAST_SESSIONS} and {LEAST_SESSIONS} {place}). "
        f"{_what_to_rate(used, unused, found, context)}"
    )


def _same_where_compared(found: Assessment, context: Context) -> str:
    compared = found.main if found.main.strata else found.unmatched
    count = compared.n_used + compared.n_unused
    if np.isnan(found.constant):
        why = f"each of the {count} scores equals those of its comparable sessions"
    else:
        why = f"all {count} scores are {score_value(found.constant)}"
    return (
        f"{quoted(context.key.name)} never varies where {quoted(found.exposure.name)} can be "
        f"compared ({why}): nothing to explain."
    )


def _not_separable(found: Assessment, context: Context) -> str:
    """The refusal of what everybody of a kind does, or nobody."""
    workflows = context.rated.columns["workflow_name"]
    exposed = found.exposure.values > 0
    mine = sorted(set(workflows[exposed].tolist()))
    is_all_of_them = not (np.isin(workflows, mine) & ~exposed).any()
    if is_all_of_them and "workflow" in context.study.factors and mine != [""]:
        noun = "workflow" if len(mine) == 1 else "workflows"
        named = ", ".join(quoted(workflow) for workflow in mine[:5])
        return (
            f"Every session of {noun} {named} {every(context.kind, found.exposure.name)}: its "
            f"effect cannot be separated from the {noun}."
        )
    same = " and ".join(context.study.factors)
    return (
        f"No two sessions of the same {same} differ in {quoted(found.exposure.name)}: its effect "
        f"cannot be separated from the {same}."
    )


def _what_to_rate(used: int, unused: int, found: Assessment, context: Context) -> str:
    """How many sessions more, of which kind; twice what is missing, as not all will compare."""
    workflows = context.rated.columns["workflow_name"]
    names, counts = np.unique(workflows[found.exposure.values > 0], return_counts=True)
    workflow = str(names[counts.argmax()]) if len(names) else ""
    where = f" of workflow {quoted(workflow)}" if workflow else ""
    is_there = context.sessions.columns["workflow_name"] == workflow
    has_unrated = int(is_there.sum()) > int((workflows == workflow).sum())
    use = that(context.kind, found.exposure.name).replace(quoted(found.exposure.name), "it")
    parts = [
        f"about {2 * (LEAST_SESSIONS - have)} more sessions{where} that {do}{use}"
        for have, do in ((used, ""), (unused, "do not "))
        if have < LEAST_SESSIONS
    ]
    return f"{'Rate' if has_unrated else 'Record and rate'} {' and '.join(parts)}."
