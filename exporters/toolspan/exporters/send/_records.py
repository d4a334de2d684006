"""The spans and log records of a line, in the encoding they are sent in.

A line may hold any number of records. Each is taken out with its resource and scope, so that a
request can hold as many as suit the endpoint, grouped anew, whatever the file's grouping was.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from toolspan.exporters.send import _protobuf as protobuf


class Signal(StrEnum):
    """What a request holds; also the last part of its URL."""

    TRACES = "traces"
    LOGS = "logs"

    @property
    def records_name(self) -> str:
        """What its records are called in messages to people."""
        return "spans" if self is Signal.TRACES else "events"


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of the nested lists of one signal."""

    signal: Signal
    resources: str
    scopes: str
    records: str


KEYS: Final = (
    Keys(Signal.TRACES, "resourceSpans", "scopeSpans", "spans"),
    Keys(Signal.LOGS, "resourceLogs", "scopeLogs", "logRecords"),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One span or log record, encoded; `resource` and `scope` are what stands around it."""

    signal: Signal
    resource: bytes
    scope: bytes
    item: bytes

    @property
    def size(self) -> int:
        """About how many bytes it adds to a request that has its resource and scope already."""
        return len(self.item) + 8


class Encoding(Protocol):
    """How records are written for the wire."""

    @property
    def content_type(self) -> str:
        """For the header of HTTP."""
        ...

    def resource(self, keys: Keys, value: dict[str, Any]) -> bytes:
        """What stands around the scopes of a resource."""
        ...

    def scope(self, keys: Keys, value: dict[str, Any]) -> bytes:
        """What stands around the records of a scope."""
        ...

    def item(self, keys: Keys, value: Any) -> bytes:
        """One record; `ValueError` where it is none."""
        ...

    def request(self, records: Sequence[Record]) -> bytes:
        """The body of a request; all records are of one signal."""
        ...


class NotOtlpError(ValueError):
    """A line that is JSON but holds neither spans nor log records."""


def records_of(line: bytes, encoding: Encoding) -> Iterator[Record | ValueError]:
    """The records of a line; in the place of one that cannot be sent, the reason.

    Raises:
        ValueError: the line as a whole cannot be understood.
    """
    try:
        document = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    found = [keys for keys in KEYS if isinstance(document, dict) and keys.resources in document]
    if not found:
        raise NotOtlpError("no resourceSpans or resourceLogs in it")
    for keys in found:
        for of_resource in _objects(document, keys.resources):
            resource = encoding.resource(keys, of_resource)
            for of_scope in _objects(of_resource, keys.scopes):
                scope = encoding.scope(keys, of_scope)
                for item in of_scope.get(keys.records) or ():
                    try:
                        yield Record(keys.signal, resource, scope, encoding.item(keys, item))
                    except (ValueError, TypeError, RecursionError) as error:
                        yield ValueError(str(error))


def _objects(holder: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    found = holder.get(key) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ValueError(f"{key} is no list of objects")
    yield from found


def _grouped(records: Sequence[Record]) -> dict[bytes, dict[bytes, list[bytes]]]:
    """The items by resource and scope, each in the order of its first record."""
    groups: dict[bytes, dict[bytes, list[bytes]]] = {}
    for record in records:
        groups.setdefault(record.resource, {}).setdefault(record.scope, []).append(record.item)
    return groups


class ProtobufEncoding:
    """Binary protobuf: what every OTLP endpoint takes."""

    content_type = "application/x-protobuf"

    def resource(self, keys: Keys, value: dict[str, Any]) -> bytes:
        """The fields of `ResourceSpans` but its scopes."""
        is_traces = keys.signal is Signal.TRACES
        return (protobuf.RESOURCE_SPANS if is_traces else protobuf.RESOURCE_LOGS)(value)

    def scope(self, keys: Keys, value: dict[str, Any]) -> bytes:
        """The fields of `ScopeSpans` but its spans."""
        return (protobuf.SCOPE_SPANS if keys.signal is Signal.TRACES else protobuf.SCOPE_LOGS)(
            value
        )

    def item(self, keys: Keys, value: Any) -> bytes:
        """The span or log record as a field of its scope."""
        message = protobuf.SPAN if keys.signal is Signal.TRACES else protobuf.LOG_RECORD
        return protobuf.length_delimited(protobuf.RECORDS, message(value))

    def request(self, records: Sequence[Record]) -> bytes:
        """An `ExportTraceServiceRequest` or `ExportLogsServiceRequest`."""
        return b"".join(
            protobuf.length_delimited(
                protobuf.RESOURCES,
                resource
                + b"".join(
                    protobuf.length_delimited(protobuf.SCOPES, scope + b"".join(items))
                    for scope, items in scopes.items()
                ),
            )
            for resource, scopes in _grouped(records).items()
        )


class JsonEncoding:
    """OTLP/JSON, as it stands in the file: fields that are newer than this code go along."""

    content_type = "application/json"

    def resource(self, keys: Keys, value: dict[str, Any]) -> bytes:
        """The members of the object but its scopes, each with a comma after it."""
        return self._members(value, keys.scopes)

    def scope(self, keys: Keys, value: dict[str, Any]) -> bytes:
        """The members of the object but its records, each with a comma after it."""
        return self._members(value, keys.records)

    def item(self, keys: Keys, value: Any) -> bytes:  # noqa: ARG002
        """The record's text."""
        if not isinstance(value, dict):
            raise protobuf.UnfitError(f"expected an object, found {value!r:.80}")
        return _json(value)

    def request(self, records: Sequence[Record]) -> bytes:
        """One document with all of them."""
        keys = next(keys for keys in KEYS if keys.signal is records[0].signal)
        open_scopes = f'"{keys.scopes}":['.encode()
        open_records = f'"{keys.records}":['.encode()
        resources = b",".join(
            b"{"
            + resource
            + open_scopes
            + b",".join(
                b"{" + scope + open_records + b",".join(items) + b"]}"
                for scope, items in scopes.items()
            )
            + b"]}"
            for resource, scopes in _grouped(records).items()
        )
        return f'{{"{keys.resources}":['.encode() + resources + b"]}"

    @staticmethod
    def _members(value: dict[str, Any], inside: str) -> bytes:
        return b"".join(
            _json(key) + b":" + _json(item) + b"," for key, item in value.items() if key != inside
        )


def _json(value: Any) -> bytes:
    # ASCII, so that half a character, which UTF-8 cannot write, goes along as it stands.
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")
