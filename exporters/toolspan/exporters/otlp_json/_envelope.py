"""Resource and scope around spans and log records, and whole OTLP/JSON documents."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from toolspan.conventions.attributes import SERVICE_NAME
from toolspan.exporters.otlp_json._log_records import log_record_text
from toolspan.exporters.otlp_json._spans import span_text
from toolspan.exporters.otlp_json._values import attributes_text, quoted, to_utf8

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.trace import ReadableSpan


@dataclass(frozen=True, slots=True)
class SignalKeys:
    """What OTLP/JSON calls the three levels of one signal."""

    resources: str
    scopes: str
    items: str


SPANS: Final = SignalKeys("resourceSpans", "scopeSpans", "spans")
LOG_RECORDS: Final = SignalKeys("resourceLogs", "scopeLogs", "logRecords")

# Resources and scopes a process uses at one time; a program that makes new ones for ever starts
# over instead of growing.
_KEPT_ENVELOPES: Final = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Envelope:
    """Everything of a one-group document but the spans or records; compared by identity.

    `head + items + tail` is a whole line, newline included.
    """

    head: bytes
    tail: bytes
    resource: tuple[bytes, bytes]
    """Opening and closing text of the resource level, for documents of several groups."""
    scope: tuple[bytes, bytes]
    service_name: str


_NO_ENVELOPE: Final = Envelope(b"", b"", (b"", b""), (b"", b""), "")


class Envelopes:
    """The envelope of each (resource, scope) pair, built once.

    Pairs are found by identity, which is cheap; those that are equal share one envelope, so that
    their spans share one group.
    """

    def __init__(self, keys: SignalKeys) -> None:
        self._keys = keys
        # The values keep resource and scope alive, so an id in use never names another object.
        self._by_identity: dict[tuple[int, int], tuple[Envelope, Any, Any]] = {}
        self._known: dict[int, Any] = {}
        self._last: tuple[Envelope, Any, Any] = (_NO_ENVELOPE, self, self)
        self._resources: dict[Any, tuple[bytes, bytes]] = {}
        self._by_text: dict[tuple[tuple[bytes, bytes], tuple[bytes, bytes]], Envelope] = {}

    def of(self, resource: Any, scope: Any) -> Envelope:
        """The envelope for an SDK `Resource` and an `InstrumentationScope` (or None)."""
        last = self._last  # most spans follow one of the same pair
        if last[1] is resource and last[2] is scope:
            return last[0]
        found = self._by_identity.get((id(resource), id(scope)))
        if found is not None:
            self._last = found
            return found[0]
        if len(self._by_identity) >= _KEPT_ENVELOPES:
            self._by_identity, self._known, self._resources, self._by_text = {}, {}, {}, {}
        self.expect(resource)
        service_name = str(resource.attributes.get(SERVICE_NAME) or "")
        resource_parts, scope_parts = (
            self._resource_parts(resource),
            _scope_parts(self._keys, scope),
        )
        envelope = self._by_text.setdefault(
            (resource_parts, scope_parts),
            _envelope(self._keys, resource_parts, scope_parts, service_name),
        )
        self._by_identity[id(resource), id(scope)] = (envelope, resource, scope)
        return envelope

    def expect(self, resource: Any) -> None:
        """Know this very resource from now on."""
        self._known[id(resource)] = resource

    def knows(self, resource: Any) -> bool:
        """Whether this very resource, not only an equal one, was expected or came before."""
        return id(resource) in self._known

    def _resource_parts(self, resource: Any) -> tuple[bytes, bytes]:
        parts = _resource_parts(self._keys, resource.attributes, resource.schema_url)
        try:  # equal resources may list their attributes in another order
            return self._resources.setdefault(resource, parts)
        except TypeError:  # older SDKs cannot hash a resource with bytes in it
            return parts


def plain_envelope(
    keys: SignalKeys, resource_attributes: Mapping[str, Any], scope_name: str
) -> Envelope:
    """The envelope for records that never passed an SDK."""
    return _envelope(
        keys,
        _resource_parts(keys, resource_attributes, None),
        (to_utf8(f'{{"scope":{{"name":{quoted(scope_name)}}},"{keys.items}":['), b"]}"),
        str(resource_attributes.get(SERVICE_NAME) or ""),
    )


def document(keys: SignalKeys, items: Iterable[tuple[Envelope, bytes]]) -> bytes:
    """One OTLP/JSON document, grouped by resource and scope, as a line with its newline."""
    groups: defaultdict[Envelope, list[bytes]] = defaultdict(list)
    for envelope, item in items:
        groups[envelope].append(item)
    if len(groups) == 1:
        [(envelope, found)] = groups.items()
        return envelope.head + b",".join(found) + envelope.tail
    resources: defaultdict[tuple[bytes, bytes], list[bytes]] = defaultdict(list)
    for envelope, found in groups.items():
        opening, closing = envelope.scope
        resources[envelope.resource].append(opening + b",".join(found) + closing)
    inner = b",".join(
        [start + b",".join(scopes) + end for (start, end), scopes in resources.items()]
    )
    return b'{"' + keys.resources.encode() + b'":[' + inner + b"]}\n"


def encode_spans(spans: Sequence["ReadableSpan"]) -> bytes:
    """The spans as one OTLP/JSON line (a `TracesData` object), newline included."""
    of = _span_envelopes.of
    return document(
        SPANS,
        [
            (of(span.resource, span.instrumentation_scope), to_utf8(span_text(span)))
            for span in spans
        ],
    )


def encode_log_records(records: Sequence["ReadableLogRecord"]) -> bytes:
    """The log records as one OTLP/JSON line (a `LogsData` object), newline included."""
    of = _log_record_envelopes.of
    return document(
        LOG_RECORDS,
        [
            (
                of(record.resource, record.instrumentation_scope),
                to_utf8(log_record_text(record.log_record, record.dropped_attributes)),
            )
            for record in records
        ],
    )


def _envelope(
    keys: SignalKeys,
    resource: tuple[bytes, bytes],
    scope: tuple[bytes, bytes],
    service_name: str,
) -> Envelope:
    return Envelope(
        head=b'{"' + keys.resources.encode() + b'":[' + resource[0] + scope[0],
        tail=scope[1] + resource[1] + b"]}\n",
        resource=resource,
        scope=scope,
        service_name=service_name,
    )


def _resource_parts(
    keys: SignalKeys, attributes: Mapping[str, Any], schema_url: str | None
) -> tuple[bytes, bytes]:
    inner = f'"attributes":[{attributes_text(attributes)}]' if attributes else ""
    return (
        to_utf8(f'{{"resource":{{{inner}}},"{keys.scopes}":['),
        to_utf8(f"]{_schema_url_text(schema_url)}}}"),
    )


def _scope_parts(keys: SignalKeys, scope: Any) -> tuple[bytes, bytes]:
    if scope is None:
        return to_utf8(f'{{"scope":{{}},"{keys.items}":['), b"]}"
    fields = [f'"name":{quoted(scope.name)}']
    if scope.version:
        fields.append(f'"version":{quoted(scope.version)}')
    if scope.attributes:
        fields.append(f'"attributes":[{attributes_text(scope.attributes)}]')
    return (
        to_utf8(f'{{"scope":{{{",".join(fields)}}},"{keys.items}":['),
        to_utf8(f"]{_schema_url_text(scope.schema_url)}}}"),
    )


def _schema_url_text(schema_url: str | None) -> str:
    return f',"schemaUrl":{quoted(schema_url)}' if schema_url else ""


_span_envelopes = Envelopes(SPANS)
_log_record_envelopes = Envelopes(LOG_RECORDS)
