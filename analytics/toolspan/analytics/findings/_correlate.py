"""Which tool use goes with which scores: one family of exposures for each score."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from toolspan.analytics.errors import UsageError
from toolspan.analytics.feedback import join_report, source_name
from toolspan.analytics.feedback.agreement import rater_agreement
from toolspan.analytics.findings._assess import assess
from toolspan.analytics.findings._audit import (
    audit_of,
    rated_shares,
    rater_note,
    selection_note,
)
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
from toolspan.analytics.findings._raw import RAW_EXPOSURES, raw_of_score
from toolspan.analytics.findings._refusals import Context, never_varies
from toolspan.analytics.findings._verdict import by_verdict, record_of
from toolspan.analytics.findings._words import quoted

if TYPE_CHECKING:
    import duckdb

    from toolspan.analytics.measures import Window

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
        window: only sessions that began in it.
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
    window: "Window | None" = None
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
        audits: one for each score: who was rated, by whom, how it was compared, and `notes` on
            that.
        notes: what a reader must know of the feedback as a whole, in sentences.
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
    alphas = {
        (record["score_name"], record["source"]): record["alpha"]
        for record in rater_agreement(connection)
    }
    for key in _chosen(known, question):
        score = (key.name, key.source)
        audit = _add(found, connection, key, question)
        if audit is None:
            continue
        audit["rater_alpha"] = alphas.get(score)
        remarks = (selections.get(score), selection_note(audit), rater_note(audit))
        audit["notes"] = [text for text in remarks if text]
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
) -> dict[str, Any] | None:
    """Add the family of one score; returns its audit, None where no session has that score."""
    sessions = all_sessions(connection, key.unit, question.within, question.window)
    for number, attribute in enumerate(question.within):
        if not (sessions.columns[f"within_{number}"] != "").any():
            raise UsageError(f"no span or resource has the attribute {attribute!r}")
    places, scores = scores_of(connection, key, sessions)
    if not len(scores):
        found.notes.append(f"{quoted(key.name)} ({key.source}): no session in the window has it.")
        return None
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
    shares: list[dict[str, Any]] = []
    if len(scores) < len(sessions.keys):
        tools = exposures_of(connection, "used", key.unit, sessions)
        shares = rated_shares(sessions, places, tools)
    audit = audit_of(context, family, draws, shares)
    found.audits.append(audit)
    if np.ptp(scores) == 0:
        found.notes.append(never_varies(key.name, len(scores), float(scores[0])))
    return audit


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


def raw_associations(
    connection: "duckdb.DuckDBPyConnection", question: Question, by: str | None = None
) -> list[dict[str, Any]]:
    """The usual statistics of each score that is asked for, over all sessions alike.

    Args:
        connection: an engine with the model and the feedback.
        question: which scores and which exposures.
        by: a span or resource attribute; each of its values is looked at alone.

    Raises:
        UsageError: there is no such score or source, or the exposure is a number and not a use.
    """
    if question.exposure not in RAW_EXPOSURES:
        raise UsageError(
            f"no raw statistics of {question.exposure!r}; there are those of: "
            f"{', '.join(RAW_EXPOSURES)}"
        )
    return [
        record
        for key in _chosen(score_keys(connection), question)
        for record in raw_of_score(
            connection, key, question.exposure, by=by, window=question.window
        )
    ]
