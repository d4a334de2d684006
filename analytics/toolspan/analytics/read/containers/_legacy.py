"""Files of an older, home-grown logger: a line a finished tool call, and a list of ratings."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from toolspan.analytics.read.containers._normal import envelope, iso_nanoseconds, pairs
from toolspan.conventions import attributes as a

SCOPE = "toolspan.legacy"
STATUS_KEY = "legacy.status"
WORKFLOW_ID_KEY = "legacy.workflow_id"
METADATA_KEY = "legacy.metadata"

# `partial` brought a result; the word is kept, so it can be told apart.
OUTCOMES = {
    "success": "ok",
    "partial": "ok",
    "failure": "tool_error",
    "error": "error",
    "timeout": "timeout",
}
_FALLBACK_TYPES = {"tool_error": "tool_error", "timeout": "timeout", "error": "_OTHER"}
_EXCEPTION_TEXT = re.compile(
    r"([A-Za-z_][\w.]*(?:Error|Exception|Timeout|Interrupt|Warning)): (.*)"
)


class LegacyError(ValueError):
    """A record that cannot be understood; `kind` is the kind of damage."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


def is_tool_usage(document: dict[str, Any]) -> bool:
    """Whether the document is a line of `tool_usage.jsonl`, if perhaps one with a hole."""
    return "execution_time" in document and {"timestamp", "status"} <= document.keys()


def tool_usage(document: dict[str, Any], occurrence: int = 0) -> dict[str, Any]:
    """The line as an OTLP span.

    Args:
        document: the line.
        occurrence: how often this very line stood in the file before: repeated calls stay apart.

    Raises:
        LegacyError: the line lacks something or has a status nobody knows.
    """
    name = document.get("tool_name")
    if not isinstance(name, str) or not name:
        raise LegacyError("missing_field", "tool_name is missing")
    status = document.get("status")
    if status not in OUTCOMES:
        raise LegacyError("unknown_status", f"status {str(status)[:40]!r} is none we know")
    end = _time(document.get("timestamp"))
    length = document.get("execution_time")
    if end is None or not isinstance(length, int | float) or isinstance(length, bool):
        raise LegacyError("missing_field", "timestamp or execution_time is no time")
    outcome = OUTCOMES[status]
    error_type, message = _error(document.get("error_details"))
    says: dict[str, Any] = {
        a.GEN_AI_OPERATION_NAME: "execute_tool",
        a.GEN_AI_TOOL_NAME: name,
        a.GEN_AI_AGENT_NAME: document.get("agent_name"),
        a.SESSION_ID: document.get("session_id"),
        a.TOOLSPAN_OUTCOME: outcome,
        a.ERROR_TYPE: None if outcome == "ok" else error_type or _FALLBACK_TYPES[outcome],
        a.GEN_AI_TOOL_CALL_ARGUMENTS: _compact(document.get("input_data")),
        a.GEN_AI_TOOL_CALL_RESULT: _compact(document.get("output_data")),
        STATUS_KEY: status,
        WORKFLOW_ID_KEY: document.get("workflow_id"),
        METADATA_KEY: _compact(document.get("metadata")),
    }
    text = json.dumps(document, sort_keys=True)
    session = document.get("session_id")
    span = {
        "traceId": _hash(f"session {session}" if session else f"line {occurrence} {text}", 16),
        "spanId": _hash(f"{occurrence} {text}", 8),
        "name": f"execute_tool {name}",
        "kind": 1,
        "startTimeUnixNano": str(end - round(length * 1e9)),
        "endTimeUnixNano": str(end),
        "attributes": pairs({key: value for key, value in says.items() if value is not None}),
        "status": {"code": 0 if outcome == "ok" else 2, "message": message or ""},
    }
    return envelope([span], scope=SCOPE)


def _time(value: Any) -> int | None:
    """ISO 8601 (without an offset it is UTC) or seconds since 1970, in nanoseconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(value * 1e9) if value >= 0 else None
    return iso_nanoseconds(value) if isinstance(value, str) else None


def _error(details: Any) -> tuple[str | None, str | None]:
    """Type and message of `error_details`: null, a text or an object."""
    if isinstance(details, dict):
        kind = details.get("type") or details.get("error_type")
        message = details.get("message") or details.get("error")
        return (str(kind) if kind else None, str(message) if message else None)
    if not isinstance(details, str) or not details:
        return None, None
    found = _EXCEPTION_TEXT.fullmatch(details)
    return (found.group(1), found.group(2)) if found else (None, details)


def _compact(value: Any) -> str | None:
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _hash(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def is_feedback_history(document: Any) -> bool:
    """Whether the document is such a list of ratings."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(isinstance(record, dict) for record in document)
        and {"session_id", "overall_score", "timestamp"} <= document[0].keys()
    )


def feedback_history(
    document: list[Any], report: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Each value of each record as an evaluation event; null makes none, 0 is a value."""
    records = []
    for number, record in enumerate(document):
        time = _time(record.get("timestamp"))
        if time is None or not record.get("session_id"):
            report(f"record {number} has no session_id or no timestamp")
            continue
        scores = record.get("quality_scores")
        values = [("overall_score", record.get("overall_score"))]
        values += list(scores.items()) if isinstance(scores, dict) else []
        values.append(("user_rating", record.get("user_rating")))
        comment = record.get("comments") or None
        for name, value in values:
            if not isinstance(value, int | float) or isinstance(value, bool):
                continue
            is_rating = name == "user_rating"
            says = {
                a.GEN_AI_EVALUATION_NAME: name,
                a.GEN_AI_EVALUATION_SCORE_VALUE: float(value),
                a.GEN_AI_EVALUATION_EXPLANATION: comment,
                a.SESSION_ID: str(record["session_id"]),
                a.TOOLSPAN_FEEDBACK_ID: f"legacy-{_hash(json.dumps([number, record]), 6)}-{name}",
                a.TOOLSPAN_FEEDBACK_TARGET_KIND: "session",
                a.TOOLSPAN_FEEDBACK_VALUE_KIND: "ordinal" if is_rating else "numeric",
                a.TOOLSPAN_FEEDBACK_SOURCE_KIND: "human" if is_rating else "unknown",
                a.TOOLSPAN_FEEDBACK_SCALE_MIN: 1.0 if is_rating else 0.0,
                a.TOOLSPAN_FEEDBACK_SCALE_MAX: 5.0 if is_rating else 10.0,
                a.TOOLSPAN_FEEDBACK_DIRECTION: "higher",
            }
            comment = None  # it goes with the record's first row
            records.append(
                {
                    "timeUnixNano": str(time),
                    "eventName": a.EVENT_EVALUATION_RESULT,
                    "attributes": pairs({k: v for k, v in says.items() if v is not None}),
                }
            )
    yield {"resourceLogs": [{"scopeLogs": [{"scope": {"name": SCOPE}, "logRecords": records}]}]}
