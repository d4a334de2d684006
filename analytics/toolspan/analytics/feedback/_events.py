"""Feedback as the standard's evaluation events: lines of OTLP/JSON, as everything else is kept."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from toolspan.analytics.errors import InputError
from toolspan.analytics.feedback._feedback import Feedback
from toolspan.conventions import attributes as a
from toolspan.conventions.scopes import TOOLSPAN_FEEDBACK

RECORDS_A_LINE = 512


def event_lines(feedback: Sequence[Feedback]) -> Iterable[str]:
    """OTLP/JSON lines of log records, each with its line end."""
    for start in range(0, len(feedback), RECORDS_A_LINE):
        records = [_record(item) for item in feedback[start : start + RECORDS_A_LINE]]
        resource = {"attributes": [_pair(a.SERVICE_NAME, "toolspan-feedback-import")]}
        scope = {"scope": {"name": TOOLSPAN_FEEDBACK}, "logRecords": records}
        document = {"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}
        yield json.dumps(document, separators=(",", ":")) + "\n"


def write_events(feedback: Sequence[Feedback], directory: Path, source: Path) -> Path:
    """Write feedback into the directory; the same file of feedback always makes the same file.

    Args:
        feedback: what to write.
        directory: made if it does not exist.
        source: where it came from; its name is part of the new file's.

    Raises:
        InputError: the directory cannot be written to.
    """
    text = "".join(event_lines(feedback)).encode("utf-8", "replace")
    digest = hashlib.blake2b(text, digest_size=6).hexdigest()
    stem = re.sub(r"[^A-Za-z0-9._]+", "_", source.name.split(".")[0])[:40] or "feedback"
    target = directory / f"events-imported-{stem}-{digest}.jsonl"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = target.with_suffix(".part")
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(text)
        unfinished.replace(target)
    except OSError as error:
        raise InputError(f"{directory}: cannot be written to: {error.strerror or error}") from error
    return target


def _record(item: Feedback) -> dict[str, Any]:
    says = {
        a.GEN_AI_EVALUATION_NAME: item.name,
        a.GEN_AI_EVALUATION_SCORE_VALUE: item.value,
        a.GEN_AI_EVALUATION_SCORE_LABEL: item.label,
        a.GEN_AI_EVALUATION_EXPLANATION: item.comment,
        a.ERROR_TYPE: item.error,
        a.SESSION_ID: item.session_id,
        a.GEN_AI_CONVERSATION_ID: item.conversation_id,
        a.GEN_AI_RESPONSE_ID: item.response_id,
        a.GEN_AI_TOOL_CALL_ID: item.tool_call_id,
        a.TOOLSPAN_FEEDBACK_ID: item.feedback_id,
        a.TOOLSPAN_FEEDBACK_TARGET_KIND: item.target_kind,
        a.TOOLSPAN_FEEDBACK_TARGET_KEY: item.target_key,
        a.TOOLSPAN_FEEDBACK_TARGET_VALUE: item.target_value,
        a.TOOLSPAN_FEEDBACK_VALUE_KIND: item.value_kind,
        a.TOOLSPAN_FEEDBACK_SOURCE_KIND: item.source_kind,
        a.TOOLSPAN_FEEDBACK_SOURCE_ID: item.source_id,
        a.TOOLSPAN_FEEDBACK_RATER_ID: item.rater_id,
        a.TOOLSPAN_FEEDBACK_EVALUATOR_VERSION: item.evaluator_version,
        a.TOOLSPAN_FEEDBACK_SCALE_MIN: item.scale_min,
        a.TOOLSPAN_FEEDBACK_SCALE_MAX: item.scale_max,
        a.TOOLSPAN_FEEDBACK_DIRECTION: item.direction,
        a.TOOLSPAN_FEEDBACK_INGESTED_FROM: item.ingested_from,
    }
    # Without a time it is as old as can be: anything dated supersedes it.
    record: dict[str, Any] = {
        "timeUnixNano": str(item.time_ns or 0),
        "severityNumber": 9,
        "eventName": a.EVENT_EVALUATION_RESULT,
        "body": {},
        "attributes": [_pair(key, value) for key, value in says.items() if value is not None],
    }
    if item.trace_id:
        record["traceId"] = item.trace_id
    if item.span_id:
        record["spanId"] = item.span_id
    return record


def _pair(key: str, value: str | float) -> dict[str, Any]:
    kind = "stringValue" if isinstance(value, str) else "doubleValue"
    return {"key": key, "value": {kind: value}}
