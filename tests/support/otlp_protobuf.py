"""OTLP/JSON lines as the official protobuf messages."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_M = TypeVar("_M", bound=Message)

_IDS = {"traceId", "spanId", "parentSpanId"}


def traces_message(line: bytes | str) -> ExportTraceServiceRequest:
    """One line of a spans file as the message it stands for; raises where it is not exact."""
    return _parsed(line, ExportTraceServiceRequest())


def logs_message(line: bytes | str) -> ExportLogsServiceRequest:
    """One line of an events file as the message it stands for."""
    return _parsed(line, ExportLogsServiceRequest())


def traces_messages(
    directory: Path, pattern: str = "spans*.jsonl"
) -> list[ExportTraceServiceRequest]:
    """Every line of every spans file of a directory."""
    return [traces_message(line) for line in _lines(directory, pattern)]


def logs_messages(
    directory: Path, pattern: str = "events*.jsonl"
) -> list[ExportLogsServiceRequest]:
    """Every line of every events file of a directory."""
    return [logs_message(line) for line in _lines(directory, pattern)]


def _lines(directory: Path, pattern: str) -> Iterable[bytes]:
    for path in sorted(directory.glob(pattern)):
        yield from path.read_bytes().splitlines()


def records(
    messages: Iterable[ExportTraceServiceRequest | ExportLogsServiceRequest],
) -> list[dict[str, Any]]:
    """Every span or log record with all it says, and its resource and scope, as plain data.

    Equal lists mean that nothing got lost or changed on a way; how records were grouped into
    messages does not matter. In the order of time.
    """
    found = []
    for message in messages:
        document = MessageToDict(message)
        for of_resource in document.get("resourceSpans", document.get("resourceLogs", [])):
            for of_scope in of_resource.get("scopeSpans", of_resource.get("scopeLogs", [])):
                envelope = {
                    "resource": _plain(of_resource.get("resource", {})),
                    "resource_schema": of_resource.get("schemaUrl", ""),
                    "scope": _plain(of_scope.get("scope", {})),
                    "scope_schema": of_scope.get("schemaUrl", ""),
                }
                items = of_scope.get("spans", of_scope.get("logRecords", []))
                found += [{**envelope, **_plain(item)} for item in items]
    return in_order_of_time(found)


def without_schema_urls(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records as Jaeger and Tempo give them back: neither keeps schema URLs."""
    return [{**record, "resource_schema": "", "scope_schema": ""} for record in found]


def in_order_of_time(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Spans or log records of `records` in an order that no way through a program changes."""
    return sorted(
        found,
        key=lambda record: (
            int(record.get("startTimeUnixNano", record.get("timeUnixNano", 0))),
            record.get("spanId", ""),
            json.dumps(record, sort_keys=True),
        ),
    )


def _plain(holder: Any) -> Any:
    """The object with its lists of attributes as dicts: their order says nothing."""
    if isinstance(holder, list):
        return [_plain(item) for item in holder]
    if not isinstance(holder, dict):
        return holder
    return {
        key: _pairs(value) if key == "attributes" else _plain(value)
        for key, value in holder.items()
    }


def _pairs(attributes: list[dict[str, Any]]) -> Any:
    pairs = {item.get("key", ""): item.get("value") for item in attributes}
    return pairs if len(pairs) == len(attributes) else attributes


def _parsed(line: bytes | str, message: _M) -> _M:
    return ParseDict(_with_base64_ids(json.loads(line)), message)


def _with_base64_ids(value: Any) -> Any:
    """OTLP/JSON writes ids in hex where protobuf's own JSON mapping wants base64."""
    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(item)).decode()
            if key in _IDS
            else _with_base64_ids(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_with_base64_ids(item) for item in value]
    return value
