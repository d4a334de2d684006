"""Spans as SDKs dump them: the Python and JavaScript SDKs' own JSON and what is made of it."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from toolspan.analytics.read.containers._normal import (
    KINDS,
    STATUSES,
    any_id,
    dicts,
    envelope,
    first,
    nanoseconds,
    plain_attributes,
    word,
)

_STARTS = ("start_time", "startTime", "start", "startTimeUnixNano", "start_time_unix_nano")
_TIMES = ("timestamp", "time", "timeUnixNano", "time_unix_nano")
_ENDS = ("end_time", "endTime", "end", "endTimeUnixNano", "end_time_unix_nano")


def is_span(value: Any) -> bool:
    """Whether the value looks like one span."""
    return (
        isinstance(value, dict)
        and "name" in value
        and "attributes" in value
        and first(value, *_STARTS) is not None
        and _ids(value)[1] is not None
    )


def is_dump(document: Any) -> bool:
    """Whether the document is a span, a list of spans, or an object that holds such a list."""
    return next(_spans(document), None) is not None


def _spans(document: Any) -> Iterator[dict[str, Any]]:
    if is_span(document):
        yield document
    elif isinstance(document, list):
        yield from filter(is_span, document)
    elif isinstance(document, dict):
        for value in document.values():
            yield from filter(is_span, dicts(value))


def dump(document: Any, report: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """The spans as OTLP, each once."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for span in _spans(document):
        try:
            made = _span(span)
        except ValueError as error:
            report(str(error))
            continue
        scope = first(span, "scope", "instrumentationScope", "instrumentation_scope")
        scope = scope if isinstance(scope, dict) else {"name": scope}
        resource = span.get("resource")
        attributes = resource.get("attributes") if isinstance(resource, dict) else None
        key = (
            json.dumps(plain_attributes(attributes)),
            str(scope.get("name") or ""),
            str(first(scope, "version") or span.get("scope_version") or ""),
        )
        groups[key].append(made)
    for (resource_text, name, version), spans in groups.items():
        yield envelope(spans, resource=json.loads(resource_text), scope=name, version=version)


def _ids(span: dict[str, Any]) -> tuple[Any, Any]:
    context = first(span, "context", "spanContext", "span_context")
    holder = context if isinstance(context, dict) else span
    return first(holder, "trace_id", "traceId"), first(holder, "span_id", "spanId")


def _span(span: dict[str, Any]) -> dict[str, Any]:
    trace_id, span_id = _ids(span)
    start = nanoseconds(first(span, *_STARTS))
    end = nanoseconds(first(span, *_ENDS))
    if start is None:
        raise ValueError(f"a span without a time that could be understood: {str(span)[:80]}")
    length = first(span, "duration_ms")
    if end is None and isinstance(length, int | float):
        end = start + round(length * 1e6)
    status = span.get("status")
    if not isinstance(status, dict):
        status = {"code": first(span, "status", "status_code")}
    made: dict[str, Any] = {
        "traceId": any_id(trace_id, 32),
        "spanId": any_id(span_id, 16),
        "name": str(span["name"]),
        "kind": _kind(span),
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end or 0),
        "attributes": plain_attributes(span["attributes"]),
        "events": [
            {
                "timeUnixNano": str(nanoseconds(first(event, *_TIMES)) or 0),
                "name": str(event.get("name") or ""),
                "attributes": plain_attributes(event.get("attributes")),
            }
            for event in dicts(span.get("events"))
        ],
        "status": {
            "code": word(first(status, "status_code", "code"), STATUSES),
            "message": str(
                first(status, "description", "message")
                or first(span, "status_description", "status_message")
                or ""
            ),
        },
    }
    parent = _parent(span)
    return {**made, "parentSpanId": any_id(parent, 16)} if parent else made


def _kind(span: dict[str, Any]) -> int:
    """JavaScript's enumeration of kinds begins at 0 where OTLP's begins at 1."""
    kind = span.get("kind")
    if isinstance(kind, int) and "spanContext" in span:
        return kind + 1
    return word(kind, KINDS)


def _parent(span: dict[str, Any]) -> Any:
    holder = first(span, "parent", "parentSpanContext", "parent_span_context")
    if isinstance(holder, dict):
        return first(holder, "span_id", "spanId")
    return first(span, "parent_id", "parentId", "parentSpanId", "parent_span_id")
