"""Scores of Langfuse: CSV and JSON of the interface, the public API v1 to v3, blob exports.

Fields: https://api.reference.langfuse.com (scores). Numeric and boolean scores have `value`; a
categorical one has `stringValue`, and a `value` that says nothing unless its config maps it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from toolspan.analytics.feedback import _values as v
from toolspan.analytics.feedback._feedback import Feedback

NAME = "langfuse"

_SOURCES = {"ANNOTATION": "human", "EVAL": "llm", "API": "unknown"}


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether the record is a score: its data type or subject is Langfuse's own."""
    keys = {_plain(key) for key in record}
    has_target = bool(keys & {"traceid", "observationid", "sessionid", "subject"})
    return "name" in keys and has_target and bool(keys & {"datatype", "stringvalue", "subject"})


def feedbacks(record: Mapping[str, Any]) -> Iterator[Feedback]:
    """The score as feedback; corrections and experiment results are no judgement of a session."""
    fields = {_plain(key): value for key, value in record.items()}
    data_type = str(fields.get("datatype") or "").upper()
    if data_type == "CORRECTION":
        return
    subject = fields.get("subject")
    target = _target(fields, subject if isinstance(subject, Mapping) else {})
    value, label, kind = _value(data_type, fields)
    yield Feedback(
        name=v.text(fields.get("name")) or "score",
        value=value,
        label=label,
        value_kind=kind,
        feedback_id=v.text(fields.get("id")) or "",
        source_kind=_SOURCES.get(str(fields.get("source")).upper(), "unknown"),
        source_id=v.text(fields.get("evaltemplateid")) or v.text(fields.get("configid")),
        rater_id=v.text(fields.get("authoruserid")),
        comment=v.text(fields.get("comment")),
        time_ns=v.nanoseconds(fields.get("timestamp") or fields.get("createdat")),
        ingested_from=NAME,
        **target,
    )


def _target(fields: Mapping[str, Any], subject: Mapping[str, Any]) -> dict[str, Any]:
    kind = subject.get("kind")
    observation = subject.get("id") if kind == "observation" else fields.get("observationid")
    trace = (
        subject.get("id") if kind == "trace" else (subject.get("traceId") or fields.get("traceid"))
    )
    session = subject.get("id") if kind == "session" else fields.get("sessionid")
    span, trace_id = v.span_id(observation), v.trace_id(trace)
    return {
        "target_kind": "span" if span else "trace" if v.text(trace) else "session",
        "session_id": v.text(session),
        "trace_id": trace_id,
        "span_id": span,
        # Traces that were not sent by OpenTelemetry have ids of another form.
        "conversation_id": v.text(trace) if v.text(trace) and not trace_id else None,
    }


def _value(
    data_type: str, fields: Mapping[str, Any]
) -> tuple[float | None, str | None, str | None]:
    word = v.text(fields.get("stringvalue"))
    if data_type == "TEXT":
        return None, word or v.text(fields.get("value")), "text"
    if data_type == "CATEGORICAL":
        return None, word or v.text(fields.get("value")), "categorical"
    value, label, kind = v.judgement(fields.get("value"))
    if data_type == "BOOLEAN":
        return value, (word or label or "").lower() or None, "boolean"
    return value, label or word, kind


def _plain(key: str) -> str:
    return key.replace("_", "").lower()
