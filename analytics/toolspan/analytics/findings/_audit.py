"""The audit before any finding: who was rated, by whom, and what the score looks like."""

from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.findings._words import quoted
from toolspan.analytics.statistics import fisher_test

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from toolspan.analytics.findings._assess import Family
    from toolspan.analytics.findings._gather import Sessions
    from toolspan.analytics.findings._refusals import Context
    from toolspan.analytics.findings._study import Exposure

# Sessions of a kind are rated more or less often than others from this ratio on, if it is no
# chance (Fisher, 5 % over all kinds, Bonferroni).
SELECTION_RATIO = 1.5
SELECTION_P = 0.05
# Below this, raters say little in common (Krippendorff 2004 draws the line for tentative
# conclusions at 0.667).
LEAST_ALPHA = 0.667


def audit_of(
    context: "Context", family: "Family", draws: int, rated_by: "Sequence[dict[str, Any]]"
) -> dict[str, Any]:
    """What must be known before a finding is read; docs/reference/findings.md has every key."""
    scores, key = context.study.scores, context.key
    users = [] if context.study.users is None else context.study.users.tolist()
    return {
        "score_name": key.name,
        "source": key.source,
        "direction": key.direction,
        "unit": key.unit,
        "rated": len(scores),
        "sessions": len(context.sessions.keys),
        "rated_share": len(scores) / max(1, len(context.sessions.keys)),
        "rated_by": list(rated_by),
        "score_type": score_type(scores),
        "mean": float(scores.mean()) if len(scores) else None,
        "spread": context.spread,
        "users": len({user for user in users if user}),
        "raters": key.raters,
        "rater_alpha": None,
        "factors": list(context.study.factors),
        "strata": context.study.base().count,
        "exposures": len(family.assessments),
        "tested": context.tested,
        "method": family.method,
        "draws": draws,
        "notes": [],
    }


def score_type(scores: "NDArray[np.float64]") -> str:
    """`binary` with two values, `ordinal` with up to seven whole ones, else `continuous`."""
    values = np.unique(scores)
    if len(values) <= 2:
        return "binary" if len(values) == 2 else "constant"
    is_whole = bool((values == np.round(values)).all())
    return "ordinal" if len(values) <= 7 and is_whole else "continuous"


def rated_shares(
    sessions: "Sessions", places: "NDArray[np.int64]", tools: "Sequence[Exposure]"
) -> list[dict[str, Any]]:
    """How many sessions of each workflow, of each agent, and with each tool are rated.

    One record: `factor, value, rated, sessions`.
    """
    is_rated = np.zeros(len(sessions.keys), dtype=bool)
    is_rated[places] = True
    kinds = [
        (factor, value, sessions.columns[column] == value)
        for factor, column in (("workflow", "workflow_name"), ("agent", "agent_name"))
        for value in sorted(set(sessions.columns[column].tolist()) - {""})
    ]
    kinds += [("tool", tool.name, tool.values > 0) for tool in tools]
    return [
        {
            "factor": factor,
            "value": value,
            "rated": int((is_rated & members).sum()),
            "sessions": int(members.sum()),
        }
        for factor, value, members in kinds
    ]


def selection_note(audit: "dict[str, Any]") -> str | None:
    """The kind of session that is rated most unlike the others, in a sentence; None if none is."""
    rated, sessions = audit["rated"], audit["sessions"]
    found: list[tuple[float, str]] = []
    for record in audit["rated_by"]:
        mine, of = record["rated"], record["sessions"]
        others, others_of = rated - mine, sessions - of
        if not of or not others_of or not others:
            continue
        ratio = (mine / of) / (others / others_of)
        if max(ratio, 1 / ratio if ratio else np.inf) < SELECTION_RATIO:
            continue
        p_value = fisher_test(((mine, of - mine), (others, others_of - others)))
        which = {"workflow": "of workflow", "agent": "with agent", "tool": "using"}
        text = (
            f"Sessions {which[record['factor']]} {quoted(record['value'])} are rated more "
            f"{'often' if ratio > 1 else 'rarely'} than others ({mine} of {of} against "
            f"{others} of {others_of})."
        )
        found.append((p_value, text))
    p_value, text = min(found, default=(1.0, ""))
    return text if p_value * max(1, len(audit["rated_by"])) < SELECTION_P else None


def rater_note(audit: "dict[str, Any]") -> str | None:
    """That raters disagree, in a sentence; None if they do not, or nobody can tell."""
    alpha = audit["rater_alpha"]
    if alpha is None or alpha >= LEAST_ALPHA:
        return None
    return (
        f"Its raters agree little (Krippendorff's alpha {alpha:.2f}): their mean says less than "
        "its digits do."
    )
