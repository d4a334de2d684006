"""OTLP as protobuf: the requests exporters send, as the collector's file exporter keeps them."""

import base64
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

from toolspan.analytics.read._wire import LENGTH, Field, WireError, fields, signal_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

M = TypeVar("M")

HOW_TO_GET_IT = "pip install 'toolspan[protobuf]'"
_LATEST_NS = (1 << 63) - 1
# So many spans a line, so that no line is longer than it need be.
_SPANS_A_LINE = 512

Report = Callable[[str], None]


def is_protobuf_here() -> bool:
    """Whether the library that reads such messages is installed."""
    try:
        return bool(find_spec("opentelemetry.proto") and find_spec("google.protobuf"))
    except ModuleNotFoundError:
        return False


def protobuf(message: bytes, report: Report) -> Iterator[dict[str, Any]] | None:
    """The message as documents of OTLP/JSON, or None if it is no OTLP.

    Args:
        message: an `ExportTraceServiceRequest` (`TracesData` is the same), or one of logs; metrics
            become an empty document.
        report: told of each part that has to be dropped, and why.
    """
    signal = signal_of(message) or signal_of(message, is_whole=False)
    if signal == "resourceSpans":
        return _traces(message, report)
    if signal == "resourceLogs":
        return _logs(message, report)
    if signal or not message:
        return iter([{signal or "resourceSpans": []}])
    return None


def _traces(message: bytes, report: Report) -> Iterator[dict[str, Any]]:
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, TracesData

    data = _parsed(TracesData.FromString, message)
    if data is not None:
        for resource_spans in data.resource_spans:
            yield from _resource_spans(resource_spans, report)
        return
    # Part by part, so that only what is damaged is lost.
    for resource in _parts(message, 1, report):
        if resource.is_cut:
            report("the message ends before its content does")
        whole = _parsed(ResourceSpans.FromString, resource.content)
        if whole is None:
            whole = ResourceSpans(
                resource=_first(Resource.FromString, resource),
                scope_spans=[_scope_spans(s, report) for s in _parts(resource.content, 2, report)],
            )
        yield from _resource_spans(whole, report)


def _scope_spans(part: Field, report: Report) -> "ScopeSpans":
    """The spans of one scope, without those that cannot be decoded."""
    from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
    from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span

    whole: ScopeSpans | None = _parsed(ScopeSpans.FromString, part.content)
    if whole is not None:
        return whole
    made = ScopeSpans(scope=_first(InstrumentationScope.FromString, part))
    for field in _parts(part.content, 2, report):
        span = _parsed(Span.FromString, field.content)
        if span is not None and not field.is_cut:
            made.spans.append(span)
        elif not field.is_cut:
            report("a span that cannot be decoded")
    return made


def _logs(message: bytes, report: Report) -> Iterator[dict[str, Any]]:
    from opentelemetry.proto.logs.v1.logs_pb2 import LogsData, ResourceLogs

    data = _parsed(LogsData.FromString, message)
    if data is not None:
        yield from map(_resource_logs, data.resource_logs)
        return
    for part in _parts(message, 1, report):
        whole = _parsed(ResourceLogs.FromString, part.content)
        if whole is None:
            report("log records of a resource that cannot be decoded")
        else:
            yield _resource_logs(whole)


def _parsed(parse: Callable[[bytes], M], message: bytes) -> M | None:
    from google.protobuf.message import DecodeError

    try:
        return parse(message)
    except DecodeError:
        return None


def _parts(message: bytes, number: int, report: Report) -> Iterator[Field]:
    """The messages in one field, the last perhaps cut off; what else ends them is reported."""
    try:
        for field in fields(message):
            if field.number == number and field.kind == LENGTH:
                yield field
    except WireError as error:
        report(str(error))


def _first(parse: Callable[[bytes], M], part: Field) -> M | None:
    """What stands in field 1, if that can be decoded: the resource or the scope of the rest."""
    found = next(_parts(part.content, 1, lambda _: None), None)
    return None if found is None else _parsed(parse, found.content)


def _resource_spans(resource_spans: "ResourceSpans", report: Report) -> Iterator[dict[str, Any]]:
    resource = _resource(resource_spans.resource)
    for scope_spans in resource_spans.scope_spans:
        spans = list(_spans(scope_spans, report))
        scope = _scope(scope_spans.scope)
        for start in range(0, len(spans), _SPANS_A_LINE):
            some = {"scope": scope, "spans": spans[start : start + _SPANS_A_LINE]}
            yield {"resourceSpans": [{"resource": resource, "scopeSpans": [some]}]}


def _spans(scope_spans: "ScopeSpans", report: Report) -> Iterator[dict[str, Any]]:
    for span in scope_spans.spans:
        if len(span.trace_id) != 16 or len(span.span_id) != 8:
            report("a span without an id")
        elif max(span.start_time_unix_nano, span.end_time_unix_nano) > _LATEST_NS:
            report("a span whose time is beyond all times")
        else:
            yield _span(span)


def _span(span: "Span") -> dict[str, Any]:
    made: dict[str, Any] = {
        "traceId": span.trace_id.hex(),
        "spanId": span.span_id.hex(),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.start_time_unix_nano),
        "endTimeUnixNano": str(span.end_time_unix_nano),
        "attributes": _attributes(span.attributes),
        "status": {"code": span.status.code, "message": span.status.message},
    }
    if len(span.parent_span_id) == 8:
        made["parentSpanId"] = span.parent_span_id.hex()
    if span.events:
        made["events"] = [
            {
                "timeUnixNano": str(event.time_unix_nano),
                "name": event.name,
                "attributes": _attributes(event.attributes),
            }
            for event in span.events
        ]
    return made


def _resource_logs(resource_logs: "ResourceLogs") -> dict[str, Any]:
    scopes = [_scope_logs(scope_logs) for scope_logs in resource_logs.scope_logs]
    resource = _resource(resource_logs.resource)
    return {"resourceLogs": [{"resource": resource, "scopeLogs": scopes}]}


def _scope_logs(scope_logs: "ScopeLogs") -> dict[str, Any]:
    records = [_log_record(record) for record in scope_logs.log_records]
    return {"scope": _scope(scope_logs.scope), "logRecords": records}


def _log_record(record: "LogRecord") -> dict[str, Any]:
    return {
        "timeUnixNano": str(record.time_unix_nano),
        "observedTimeUnixNano": str(record.observed_time_unix_nano),
        "severityNumber": record.severity_number,
        "severityText": record.severity_text,
        # Older messages know no such field.
        "eventName": getattr(record, "event_name", ""),
        "body": _value(record.body),
        "attributes": _attributes(record.attributes),
        "traceId": record.trace_id.hex(),
        "spanId": record.span_id.hex(),
    }


def _resource(resource: "Resource") -> dict[str, Any]:
    return {"attributes": _attributes(resource.attributes)}


def _scope(scope: "InstrumentationScope") -> dict[str, Any]:
    return {k: v for k, v in (("name", scope.name), ("version", scope.version)) if v}


def _attributes(pairs: "Iterable[KeyValue]") -> list[dict[str, Any]]:
    return [{"key": pair.key, "value": _value(pair.value)} for pair in pairs]


def _value(value: "AnyValue") -> dict[str, Any]:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return {"stringValue": value.string_value}
    if kind == "int_value":
        return {"intValue": str(value.int_value)}
    if kind == "bool_value":
        return {"boolValue": value.bool_value}
    if kind == "double_value":
        return {"doubleValue": value.double_value}
    if kind == "array_value":
        return {"arrayValue": {"values": [_value(item) for item in value.array_value.values]}}
    if kind == "kvlist_value":
        return {"kvlistValue": {"values": _attributes(value.kvlist_value.values)}}
    if kind == "bytes_value":
        return {"bytesValue": base64.b64encode(value.bytes_value).decode()}
    return {}
