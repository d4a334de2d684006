"""Jaeger's JSON: what its UI downloads and its API answers."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from toolspan.analytics.read.containers._normal import (
    KINDS,
    STATUSES,
    any_id,
    dicts,
    envelope,
    nanoseconds,
    pairs,
    word,
)

# Tags that stand for members of an OpenTelemetry span.
_NOT_ATTRIBUTES = {
    "span.kind", "otel.status_code", "otel.status_description", "otel.scope.name",
    "otel.scope.version", "otel.library.name", "otel.library.version", "internal.span.format",
}  # fmt: skip


def is_jaeger(document: dict[str, Any]) -> bool:
    """Whether the document is an answer of Jaeger's, or one trace of it."""
    traces = document.get("data")
    if isinstance(traces, list):
        return all(isinstance(trace, dict) and "processes" in trace for trace in traces)
    return "processes" in document and isinstance(document.get("spans"), list)


def jaeger(document: dict[str, Any], report: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """The document's spans as OTLP, grouped by process and scope."""
    for trace in dicts(document.get("data")) if "data" in document else iter([document]):
        processes = trace.get("processes") or {}
        groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
        for span in dicts(trace.get("spans")):
            tags = _tags(span.get("tags"))
            try:
                made = _span(span, tags)
            except ValueError as error:
                report(str(error))
                continue
            process = span.get("processID")
            groups[
                process if isinstance(process, str) else "",
                str(tags.get("otel.scope.name") or tags.get("otel.library.name") or ""),
                str(tags.get("otel.scope.version") or tags.get("otel.library.version") or ""),
            ].append(made)
        for (process, scope, version), spans in groups.items():
            yield envelope(
                spans, resource=_resource(processes.get(process)), scope=scope, version=version
            )


def _resource(process: Any) -> list[dict[str, Any]]:
    process = process if isinstance(process, dict) else {}
    named = {"service.name": process["serviceName"]} if process.get("serviceName") else {}
    return pairs({**named, **_tags(process.get("tags"))})


def _tags(tags: Any) -> dict[str, Any]:
    return {tag["key"]: tag.get("value") for tag in dicts(tags) if isinstance(tag.get("key"), str)}


def _span(span: dict[str, Any], tags: dict[str, Any]) -> dict[str, Any]:
    start = nanoseconds(span.get("startTime"))
    if start is None or not span.get("spanID") or not span.get("traceID"):
        raise ValueError(f"a span of Jaeger's without id or time: {str(span)[:80]}")
    start *= 1000
    parents = [
        reference.get("spanID")
        for reference in dicts(span.get("references"))
        if reference.get("refType") == "CHILD_OF" and reference.get("traceID") == span["traceID"]
    ]
    parent = next(iter(parents), span.get("parentSpanID"))
    failed = tags.get("error") in (True, "true", "True")
    made = {
        "traceId": _padded(span["traceID"], 32),
        "spanId": _padded(span["spanID"], 16),
        "name": str(span.get("operationName") or ""),
        "kind": word(tags.get("span.kind"), KINDS),
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 1000 * (nanoseconds(span.get("duration")) or 0)),
        "attributes": pairs({k: v for k, v in tags.items() if k not in _NOT_ATTRIBUTES}),
        "events": [
            {
                "timeUnixNano": str(1000 * (nanoseconds(log.get("timestamp")) or 0)),
                "name": str(fields.get("event") or fields.get("message") or ""),
                "attributes": pairs(fields),
            }
            for log in dicts(span.get("logs"))
            for fields in [_tags(log.get("fields"))]
        ],
        "status": {
            "code": word(tags.get("otel.status_code"), STATUSES) or (2 if failed else 0),
            "message": str(tags.get("otel.status_description") or ""),
        },
    }
    return {**made, "parentSpanId": _padded(parent, 16)} if parent else made


def _padded(identifier: Any, length: int) -> str:
    """Jaeger leaves out the zeros in front of an id."""
    text = str(identifier)
    return any_id(text.zfill(length) if len(text) < length else text, length)
