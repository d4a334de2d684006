"""Spans as plain dicts, from the SDK and from OTLP/JSON lines alike, so tests compare whole spans."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}
STATUSES = {0: "UNSET", 1: "OK", 2: "ERROR"}


def span_tree(spans: Iterable[ReadableSpan]) -> list[dict[str, Any]]:
    """The finished SDK spans as nested dicts in start order: ids and times left out.

    Each has `name, kind, status, attributes`, and where not empty `description, events, children`.
    """
    spans = list(spans)
    ids = {span.context.span_id for span in spans}
    children: dict[int | None, list[ReadableSpan]] = {}
    for span in sorted(spans, key=lambda span: (span.start_time or 0, span.context.span_id)):
        parent = span.parent.span_id if span.parent and span.parent.span_id in ids else None
        children.setdefault(parent, []).append(span)

    def render(span: ReadableSpan) -> dict[str, Any]:
        node: dict[str, Any] = {
            "name": span.name,
            "kind": span.kind.name,
            "status": span.status.status_code.name,
            "attributes": dict(span.attributes or {}),
        }
        if span.status.description:
            node["description"] = span.status.description
        if span.events:
            node["events"] = [
                {"name": event.name, "attributes": dict(event.attributes or {})}
                for event in span.events
            ]
        below = [render(child) for child in children.get(span.context.span_id, [])]
        if below:
            node["children"] = below
        return node

    return [render(span) for span in children.get(None, [])]


def otlp_json_spans(*paths: Path) -> Iterator[dict[str, Any]]:
    """Every span in OTLP/JSON-lines files or folders, flattened.

    Each has `resource, scope, name, kind, status, description, attributes, trace_id, span_id,
    parent_span_id, start, end, events, links`; attributes are plain Python values.
    """
    for path in paths:
        files = sorted(path.glob("spans-*.jsonl")) if path.is_dir() else [path]
        for file in files:
            for line in file.read_text(encoding="utf-8").splitlines():
                yield from _spans_of(json.loads(line))


def _spans_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource_spans in document["resourceSpans"]:
        resource = attributes_of(resource_spans.get("resource", {}))
        for scope_spans in resource_spans["scopeSpans"]:
            for span in scope_spans["spans"]:
                status = span.get("status", {})
                yield {
                    "resource": resource,
                    "scope": scope_spans.get("scope", {}).get("name", ""),
                    "name": span["name"],
                    "kind": KINDS.get(span.get("kind", 0), "UNSPECIFIED"),
                    "status": STATUSES[status.get("code", 0)],
                    "description": status.get("message", ""),
                    "attributes": attributes_of(span),
                    "trace_id": span["traceId"],
                    "span_id": span["spanId"],
                    "parent_span_id": span.get("parentSpanId", ""),
                    "start": int(span["startTimeUnixNano"]),
                    "end": int(span["endTimeUnixNano"]),
                    "events": [
                        {"name": event["name"], "attributes": attributes_of(event)}
                        for event in span.get("events", [])
                    ],
                    "links": [
                        {"span_id": link["spanId"], "attributes": attributes_of(link)}
                        for link in span.get("links", [])
                    ],
                }


def otlp_json_events(*paths: Path) -> Iterator[dict[str, Any]]:
    """Every log record in `events-*.jsonl` files or folders: `name, attributes, trace_id, ...`."""
    for path in paths:
        files = sorted(path.glob("events-*.jsonl")) if path.is_dir() else [path]
        for file in files:
            for line in file.read_text(encoding="utf-8").splitlines():
                for resource_logs in json.loads(line)["resourceLogs"]:
                    for scope_logs in resource_logs["scopeLogs"]:
                        for record in scope_logs["logRecords"]:
                            yield {
                                "scope": scope_logs.get("scope", {}).get("name", ""),
                                "name": record.get("eventName", ""),
                                "attributes": attributes_of(record),
                                "trace_id": record.get("traceId", ""),
                                "span_id": record.get("spanId", ""),
                                "time": int(record.get("timeUnixNano", 0)),
                            }


def attributes_of(holder: dict[str, Any]) -> dict[str, Any]:
    """The `attributes` of an OTLP/JSON object as a plain dict."""
    return {item["key"]: plain_value(item["value"]) for item in holder.get("attributes", [])}


def plain_value(value: dict[str, Any]) -> Any:
    """An OTLP/JSON `AnyValue` as the Python value it stands for."""
    match value:
        case {"stringValue": text}:
            return text
        case {"boolValue": flag}:
            return flag
        case {"intValue": number}:
            return int(number)
        case {"doubleValue": number}:
            return float(number)
        case {"arrayValue": array}:
            return [plain_value(item) for item in array.get("values", [])]
        case {"kvlistValue": pairs}:
            return {item["key"]: plain_value(item["value"]) for item in pairs.get("values", [])}
        case {"bytesValue": text}:
            return text
    return None
