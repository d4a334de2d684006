"""Annotations of Arize Phoenix: REST answers for spans, traces and sessions, and DataFrames.

Fields: https://arize.com/docs/phoenix/sdk-api-reference. A DataFrame written to a file has the
result's parts as columns (`result.score`) and the name as `annotation_name`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from toolspan.analytics.feedback import _values as v
from toolspan.analytics.feedback._feedback import Feedback

NAME = "phoenix"

_KINDS = {"HUMAN": "human", "LLM": "llm", "CODE": "code"}
# Notes are free text that Phoenix keeps among the annotations.
_NOTE = "note"


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether the record is an annotation: it names the kind of its annotator."""
    return "annotator_kind" in record and ("result" in record or "result.score" in record)


def feedbacks(record: Mapping[str, Any]) -> Iterator[Feedback]:
    """The annotation as feedback; notes are none."""
    name = v.text(record.get("name")) or v.text(record.get("annotation_name"))
    if name is None or name == _NOTE:
        return
    result = record.get("result")
    parts = result if isinstance(result, Mapping) else {}
    value, label, kind = v.judgement(parts.get("score", record.get("result.score")))
    label = label or v.text(parts.get("label", record.get("result.label")))
    span = v.span_id(record.get("span_id"))
    trace = v.trace_id(record.get("trace_id"))
    session = v.text(record.get("session_id"))
    target_kind = "span" if span else "trace" if trace else "session"
    found = _KINDS.get(str(record.get("annotator_kind")).upper(), "unknown")
    identifier = v.text(record.get("identifier"))
    own_id = v.text(record.get("id"))
    yield Feedback(
        name=name,
        value=value,
        label=label,
        value_kind=kind or ("categorical" if label else None),
        # Phoenix counts the annotations of spans, traces and sessions apart.
        feedback_id=f"phoenix-{target_kind}-{own_id}" if own_id else "",
        session_id=session,
        trace_id=trace,
        span_id=span,
        target_kind=target_kind,
        source_kind=found,
        source_id=None if found == "human" else identifier,
        rater_id=(identifier or v.text(record.get("user_id"))) if found == "human" else None,
        comment=v.text(parts.get("explanation", record.get("result.explanation"))),
        time_ns=v.nanoseconds(record.get("updated_at") or record.get("created_at")),
        ingested_from=NAME,
    )
