"""Which tool use goes with which scores: one family of exposures for each score."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.errors import UsageError
from toolspan.analytics.feedback import join_report, source_name
from toolspan.analytics.findings._assess import Family, assess
from toolspan.analytics.findings._gather import (
    EXPOSURES,
    REPLACES,
    UNITS,
    ScoreKey,
    all_sessions,
    exposures_of,
    score_keys,
    scores_of,
    study_of,
)
from toolspan.analytics.findings._refusals import Context, never_varies
from toolspan.analytics.findings._verdict import by_verdict, record_of
from toolspan.analytics.findings._words import quoted

if TYPE_CHECKING:
    import duckdb

DRAWS = 10_000
# More permutations than this in one family take longer than anybody waits.
MOST_NUMBERS = 400_000_000
LEAST_DRAWS = 1_000
NO_FEEDBACK = (
    "No session has feedback: nothing to relate tool use to. Bring some in with toolspan feedback "
    "import, or with record_feedback(...) in the agent."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        score: name of the score; None for all.
        source: only scores whose source holds this text (`human`, `gpt-4o`).
        exposure: one of `EXPOSURES`.
        name: report on this tool (agent, ...) alone; it is still tested with its whole family.
        within: span or resource attributes; sessions are compared only within equal values.
        unit: `session` or `trace`; None for what the feedback is about.
        draws: permutations.
        seed: the same seed, the same numbers.

    Raises:
        UsageError: there is no such exposure or unit; the text says which there are.
    """

    score: str | None = None
    source: str | None = None
    exposure: str = "used"
    name: str | None = None
    within: Sequence[str] = ()
    unit: str | None = None
    draws: int = DRAWS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.exposure not in EXPOSURES:
            raise UsageError(f"no exposure {self.exposure!r}; there are: {', '.join(EXPOSURES)}")
        if self.unit not in (None, *UNITS):
            raise UsageError(f"no unit {self.unit!r}; there are: {', '.join(UNITS)}")


@dataclass(slots=True)
class Correlation:
    """Findings, and what one must know to read them.

    Attributes:
        records: one for each exposure and score; docs/reference/findings.md has every column.
        audits: one for each score: `score_name, source, unit, rated, sessions, rated_share,
            score_type, mean, spread, users, raters, factors, strata, method, exposures`.
        notes: what a reader must know first, in sentences.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def correlate(connection: "duckdb.DuckDBPyConnection", question: Question) -> Correlation:
    """Relate what sessions used to how they were scored.

    Args:
        connection: an engine with the model and the feedback.
        question: which scores and which exposures.

    Raises:
        UsageError: there is no such score, source, tool or attribute; the text says which are.
    """
    join = join_report(connection)
    found = Correlation(notes=join.messages())
    known = score_keys(connection)
    if not known:
        found.notes.append(NO_FEEDBACK)
    selections = {
        (record["score_name"], source_name(record)): join.selection(record)
        for record in join.scores
    }
    for key in _chosen(known, question):
        _add(found, connection, key, question)
        selection = selections.get((key.name, key.source))
        if selection:
            found.notes.append(f"{quoted(key.name)} ({key.source}): {selection}")
    if question.name is not None and known:
        names = {record["exposure"] for record in found.records}
        if question.name not in names:
            some = ", ".join(sorted(names)[:10])
            raise UsageError(f"no rated session has {question.name!r}; there are: {some}")
        found.records = [row for row in found.records if row["exposure"] == question.name]
    return found


def _add(
    found: Correlation,
    connection: "duckdb.DuckDBPyConnection",
    key: ScoreKey,
    question: Question,
) -> None:
    """Add the family of one score."""
    sessions = all_sessions(connection, key.unit, question.within)
    for number, attribute in enumerate(question.within):
        if not (sessions.columns[f"within_{number}"] != "").any():
            raise UsageError(f"no span or resource has the attribute {attribute!r}")
    places, scores = scores_of(connection, key, sessions)
    rated = sessions.at(places)
    replaced = REPLACES.get(question.exposure, ())
    study = study_of(rated, scores, question.within).without(*replaced)
    exposures = exposures_of(connection, question.exposure, key.unit, rated)
    cells = max(1, len(scores)) * max(1, min(len(exposures), 50))
    draws = max(LEAST_DRAWS, min(question.draws, MOST_NUMBERS // cells))
    family = assess(study, exposures, draws=draws, seed=question.seed)
    spread = float(scores.std(ddof=1)) if len(scores) > 1 else 0.0
    tested = sum(item.is_enough for item in family.assessments)
    context = Context(question.exposure, key, study, rated, sessions, spread, tested)
    records = [record_of(item, context, family.method) for item in family.assessments]
    found.records += sorted(records, key=by_verdict)
    found.audits.append(_audit(context, family, draws))
    if len(scores) and np.ptp(scores) == 0:
        found.notes.append(never_varies(key.name, len(scores), float(scores[0])))


def _audit(context: Context, family: Family, draws: int) -> dict[str, Any]:
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
        "score_type": score_type(scores),
        "mean": float(scores.mean()) if len(scores) else None,
        "spread": context.spread,
        "users": len({user for user in users if user}),
        "raters": key.raters,
        "factors": list(context.study.factors),
        "strata": context.study.base().count,
        "exposures": len(family.assessments),
        "tested": context.tested,
        "method": family.method,
        "draws": draws,
    }


def score_type(scores: Any) -> str:
    """`binary` with two values, `ordinal` with up to seven whole ones, else `continuous`."""
    values = np.unique(scores)
    if len(values) <= 2:
        return "binary" if len(values) == 2 else "constant"
    is_whole = bool((values == np.round(values)).all())
    return "ordinal" if len(values) <= 7 and is_whole else "continuous"


def _chosen(known: Sequence[ScoreKey], question: Question) -> list[ScoreKey]:
    score, source, unit = question.score, question.source, question.unit
    found = [key for key in known if score in (None, key.name)]
    if score is not None and known and not found:
        names = ", ".join(sorted({key.name for key in known}))
        raise UsageError(f"no score {score!r}; there are: {names}")
    if source is not None:
        sources = sorted({key.source for key in found})
        found = [key for key in found if source in key.source]
        if known and not found:
            raise UsageError(f"no source with {source!r}; there are: {', '.join(sources)}")
    return found if unit is None else [replace(key, unit=unit) for key in found]
