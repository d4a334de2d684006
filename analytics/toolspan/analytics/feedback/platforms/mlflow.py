"""Assessments of MLflow: traces as JSON (`trace.to_json()`), and frames of `search_traces`.

Fields: mlflow/entities/assessment.py. Results of session-level scorers stand on the first trace of
the session; the session's id is in the trace's metadata, so they reach the session all the same.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from toolspan.analytics.feedback import _values as v
from toolspan.analytics.feedback._feedback import Feedback

NAME = "mlflow"

_KINDS = {"HUMAN": "human", "LLM_JUDGE": "llm", "AI_JUDGE": "llm", "CODE": "code"}
_SESSION = "mlflow.trace.session"
# What MLflow writes when nobody is named.
_NOBODY = "default"


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether the record is a trace, a row of a frame of traces, or an assessment."""
    info = record.get("info")
    if isinstance(info, Mapping):
        return "trace_id" in info or "request_id" in info
    if "assessments" in record and "trace_id" in record:
        return True
    return "assessment_id" in record or "assessment_name" in record


def feedbacks(record: Mapping[str, Any]) -> Iterator[Feedback]:
    """Every valid feedback on the trace; expectations and issues are no judgement."""
    info = _info(record)
    metadata = info.get("trace_metadata") or info.get("request_metadata") or {}
    session = v.text(metadata.get(_SESSION)) if isinstance(metadata, Mapping) else None
    for assessment in _assessments(record, info):
        judged = assessment.get("feedback")
        if assessment.get("valid") is False or not isinstance(judged, Mapping):
            continue
        yield _feedback(assessment, judged, info, session)


def _feedback(
    assessment: Mapping[str, Any],
    judged: Mapping[str, Any],
    info: Mapping[str, Any],
    session: str | None,
) -> Feedback:
    source = assessment.get("source") or {}
    kind = _KINDS.get(str(source.get("source_type")).upper(), "unknown")
    who = v.text(source.get("source_id"))
    who = None if who == _NOBODY else who
    error = judged.get("error")
    value, label, value_kind = v.judgement(judged.get("value"))
    metadata = assessment.get("metadata") or {}
    span = v.span_id(assessment.get("span_id"))
    return Feedback(
        name=v.text(assessment.get("assessment_name") or assessment.get("name")) or "feedback",
        value=None if error else value,
        label=None if error else label,
        value_kind=value_kind,
        feedback_id=v.text(assessment.get("assessment_id")) or "",
        session_id=session,
        trace_id=v.trace_id(assessment.get("trace_id") or info.get("trace_id")),
        span_id=span,
        target_kind="span" if span else "session" if _SESSION in metadata else "trace",
        source_kind=kind,
        source_id=None if kind == "human" else who,
        rater_id=who if kind == "human" else None,
        evaluator_version=v.text(metadata.get("version")),
        comment=v.text(assessment.get("rationale")),
        error=_error(error),
        time_ns=v.nanoseconds(
            assessment.get("last_update_time")
            or assessment.get("create_time")
            or assessment.get("create_time_ms")
        ),
        ingested_from=NAME,
    )


def _info(record: Mapping[str, Any]) -> Mapping[str, Any]:
    info = record.get("info")
    if isinstance(info, Mapping):
        return info
    trace = record.get("trace")
    if isinstance(trace, str):  # a frame that was written to CSV or JSON
        try:
            trace = json.loads(trace)
        except ValueError:
            trace = None
    info = trace.get("info") if isinstance(trace, Mapping) else None
    return info if isinstance(info, Mapping) else record


def _assessments(record: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "feedback" in record:
        yield record
        return
    for found in (info.get("assessments"), record.get("assessments")):
        if isinstance(found, list):
            yield from (item for item in found if isinstance(item, Mapping))
            return


def _error(error: Any) -> str | None:
    if isinstance(error, Mapping):
        return v.text(error.get("error_code")) or "_OTHER"
    return v.text(error)
