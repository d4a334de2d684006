"""OTLP/JSON documents, Tempo's among them: other member names, base64 ids, names for numbers."""

from collections.abc import Callable, Iterator
from typing import Any

from toolspan.analytics.read.containers._normal import (
    KINDS,
    STATUSES,
    any_id,
    dicts,
    first,
    hex_id,
    nanoseconds,
    plain_attributes,
    word,
)

SIGNALS = ("resourceSpans", "resourceLogs", "resourceMetrics")
# The same list under the names other writers give it: Tempo, older OTLP, the Python of protobuf.
RESOURCE_SPANS = ("resourceSpans", "batches", "resource_spans")
SCOPE_SPANS = ("scopeSpans", "instrumentationLibrarySpans", "scope_spans", "ilSpans")

Report = Callable[[str], None]


def is_otlp(document: dict[str, Any]) -> bool:
    """Whether the document is OTLP of any signal, or what Tempo makes of it."""
    if any(name in document for name in (*SIGNALS, "resource_spans", "resource_logs")):
        return True
    return isinstance(document.get("batches"), list) or _wrapped(document) is not None


def _wrapped(document: dict[str, Any]) -> dict[str, Any] | None:
    """The document inside Tempo's newer answer: `{"trace": {"resourceSpans": ...}}`."""
    inner = document.get("trace")
    is_it = isinstance(inner, dict) and any(name in inner for name in RESOURCE_SPANS)
    return inner if is_it else None


def otlp(document: dict[str, Any], report: Report) -> Iterator[dict[str, Any]]:
    """The document in the standard's form; spans beyond understanding are dropped and reported."""
    document = _wrapped(document) or document
    if "resource_logs" in document and "resourceLogs" not in document:
        document = {**document, "resourceLogs": document["resource_logs"]}
    resource_spans = first(document, *RESOURCE_SPANS)
    if resource_spans is not None:
        found = _objects(resource_spans, "resourceSpans", report)
        yield {"resourceSpans": [_resource(item, report) for item in found]}
    for signal in ("resourceLogs", "resourceMetrics"):
        if document.get(signal) is not None:
            yield {signal: document[signal]}


def _resource(resource_spans: dict[str, Any], report: Report) -> dict[str, Any]:
    resource = resource_spans.get("resource")
    attributes = plain_attributes(first(resource, "attributes", "labels")) if resource else []
    return {
        "resource": {"attributes": attributes},
        "scopeSpans": [
            _scope(item, report)
            for item in _objects(first(resource_spans, *SCOPE_SPANS), "scopeSpans", report)
        ],
    }


def _objects(value: Any, name: str, report: Report) -> Iterator[dict[str, Any]]:
    """The objects of a list of objects; what else is there is reported."""
    if value is None:
        return
    if not isinstance(value, list):
        report(f"{name} is no list")
        return
    for item in value:
        if isinstance(item, dict):
            yield item
        else:
            report(f"{name} holds what is no object")


def _scope(scope_spans: dict[str, Any], report: Report) -> dict[str, Any]:
    scope = first(scope_spans, "scope", "instrumentationLibrary", "instrumentation_library")
    spans = []
    listed = scope_spans.get("spans") or ()
    if not isinstance(listed, list | tuple):
        report("spans is no list")
        listed = ()
    for span in listed:
        try:
            spans.append(otlp_span(span))
        except ValueError as error:
            report(str(error))
    return {"scope": scope if isinstance(scope, dict) else {}, "spans": spans}


def otlp_span(span: Any) -> dict[str, Any]:
    """A span in the standard's form.

    Raises:
        ValueError: it has no id or no time that could be understood; the text says which.
    """
    if not isinstance(span, dict):
        raise ValueError("a span that is no object")  # noqa: TRY004 the kind of damage, not a bug
    made: dict[str, Any] = {"name": _text(span.get("name"))}
    for key, length, names in (
        ("traceId", 32, ("traceId", "trace_id", "traceID")),
        ("spanId", 16, ("spanId", "span_id", "spanID")),
    ):
        found = first(span, *names)
        identifier = hex_id(found, length)
        if identifier is None:
            raise ValueError(f"{key} {str(found)[:40]!r} is no id of {length} hexadecimal digits")
        made[key] = identifier
    parent = first(span, "parentSpanId", "parent_span_id", "parentSpanID")
    if parent:
        made["parentSpanId"] = any_id(parent, 16)
    for key, old_name, is_needed in (
        ("startTimeUnixNano", "start_time_unix_nano", True),
        ("endTimeUnixNano", "end_time_unix_nano", False),
    ):
        found = first(span, key, old_name)
        time = nanoseconds(found)
        if time is None and (is_needed or found not in (None, "")):
            raise ValueError(f"{key} {str(found)[:40]!r} is no time in nanoseconds")
        made[key] = str(time or 0)
    made["kind"] = word(span.get("kind"), KINDS)
    made["attributes"] = plain_attributes(span.get("attributes"))
    if isinstance(span.get("events"), list):
        made["events"] = [
            {**event, "attributes": plain_attributes(event.get("attributes"))}
            for event in dicts(span["events"])
        ]
    status = span.get("status")
    if isinstance(status, dict):
        made["status"] = {
            "code": word(first(status, "code", "status_code"), STATUSES),
            "message": _text(first(status, "message", "description")),
        }
    return made


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
