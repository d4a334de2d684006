"""OTLP/JSON objects as protobuf, written by hand: the base install has no protobuf.

The tables below are the messages of `opentelemetry-proto` 1.9 that spans and log records consist
of. A field of a later version has no number here; it is left out and counted.
"""

import base64
import binascii
import struct
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

Encode = Callable[[Any], bytes]

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_fixed64: Final = struct.Struct("<Q").pack
_fixed32: Final = struct.Struct("<I").pack
_double: Final = struct.Struct("<d").pack
_UINT64: Final = (1 << 64) - 1
_INT64_MIN, _INT64_MAX = -(1 << 63), (1 << 63) - 1

unknown_fields: Counter[str] = Counter()
"""Fields that were left out because no message here has them."""


class UnfitError(ValueError):
    """A value that its field cannot have."""


def varint(value: int) -> bytes:
    """A non-negative number in groups of seven bits."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def length_delimited(number: int, content: bytes) -> bytes:
    """A field that is bytes, text or a message."""
    return varint(number << 3 | _LENGTH) + varint(len(content)) + content


def _text(number: int) -> Encode:
    tag = varint(number << 3 | _LENGTH)

    def encode(value: Any) -> bytes:
        if not isinstance(value, str):
            raise UnfitError(f"expected text, found {value!r:.80}")
        try:
            content = value.encode()
        except UnicodeEncodeError:  # half a character: protobuf allows none
            content = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
        return tag + varint(len(content)) + content

    return encode


def _binary(number: int) -> Encode:
    tag = varint(number << 3 | _LENGTH)

    def encode(value: Any) -> bytes:
        content = base64.b64decode(value, validate=True)
        return tag + varint(len(content)) + content

    return encode


def _identifier(number: int, size: int) -> Encode:
    """An id: hexadecimal as OTLP/JSON has it, or base64 as protobuf's own JSON has it."""
    tag = varint(number << 3 | _LENGTH)
    present = tag + varint(size)

    def encode(value: Any) -> bytes:
        if not value:
            return b""
        try:
            is_hex = len(value) == size * 2
            content = bytes.fromhex(value) if is_hex else base64.b64decode(value, validate=True)
        except (ValueError, TypeError, binascii.Error):
            content = b""
        if len(content) != size:
            raise UnfitError(
                f"expected an id of {size * 2} hexadecimal digits, found {value!r:.80}"
            )
        return present + content

    return encode


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        raise UnfitError(f"expected a whole number, found {value!r:.80}")
    number = int(value)
    if isinstance(value, float) and number != value:
        raise UnfitError(f"expected a whole number, found {value!r:.80}")
    return number


def _unsigned(number: int, pack: Callable[[int], bytes], kind: int) -> Encode:
    tag = varint(number << 3 | kind)

    def encode(value: Any) -> bytes:
        given = _integer(value)
        try:
            return tag + pack(given)
        except struct.error as error:
            raise UnfitError(f"{given} is out of range") from error

    return encode


def _time(number: int) -> Encode:
    return _unsigned(number, _fixed64, _FIXED64)


def _flags(number: int) -> Encode:
    return _unsigned(number, _fixed32, _FIXED32)


def _count(number: int) -> Encode:
    def pack(value: int) -> bytes:
        if not 0 <= value < 1 << 32:
            raise struct.error
        return varint(value)

    return _unsigned(number, pack, _VARINT)


def _enumeration(number: int, prefix: str, names: tuple[str, ...]) -> Encode:
    tag = varint(number << 3 | _VARINT)
    by_name = {prefix + name: value for value, name in enumerate(names)}

    def encode(value: Any) -> bytes:
        found = by_name.get(value) if isinstance(value, str) else None
        return tag + varint(_integer(value) & _UINT64 if found is None else found)

    return encode


def _int64(number: int) -> Encode:
    tag = varint(number << 3 | _VARINT)

    def encode(value: Any) -> bytes:
        given = _integer(value)
        if not _INT64_MIN <= given <= _INT64_MAX:
            raise UnfitError(f"{given} does not fit into 64 bits")
        return tag + varint(given & _UINT64)

    return encode


def _float64(number: int) -> Encode:
    tag = varint(number << 3 | _FIXED64)
    return lambda value: tag + _double(float(value))


def _boolean(number: int) -> Encode:
    tag = varint(number << 3 | _VARINT)
    return lambda value: tag + (b"\x01" if value else b"\x00")


def _message(number: int, content: Encode) -> Encode:
    tag = varint(number << 3 | _LENGTH)

    def encode(value: Any) -> bytes:
        inner = content(value)
        return tag + varint(len(inner)) + inner

    return encode


def _repeated(encode: Encode) -> Encode:
    return lambda values: b"".join(map(encode, values or ()))


class Message:
    """Encodes the fields of one kind of message.

    Args:
        name: as in the `.proto` files.
        fields: how each field is encoded, by its name in JSON.
    """

    def __init__(self, name: str, fields: Mapping[str, Encode]) -> None:
        self.name = name
        self.fields = dict(fields)
        # JSON readers must take the names of the `.proto` files as well.
        self.fields |= {_snake(name): encode for name, encode in fields.items()}

    def __call__(self, value: Any) -> bytes:
        """The message without its length.

        Raises:
            UnfitError: a value is none that the field may have.
        """
        if not isinstance(value, dict):
            raise UnfitError(f"expected {self.name}, found {value!r:.80}")
        out = []
        for key, item in value.items():
            encode = self.fields.get(key)
            if encode is None:
                unknown_fields[f"{self.name}.{key}"] += 1
            elif item is not None:
                out.append(encode(item))
        return b"".join(out)


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


_any_value = Message(
    "AnyValue",
    {
        "stringValue": _text(1),
        "boolValue": _boolean(2),
        "intValue": _int64(3),
        "doubleValue": _float64(4),
        "bytesValue": _binary(7),
    },
)
_key_value = Message("KeyValue", {"key": _text(1), "value": _message(2, _any_value)})
_array = Message("ArrayValue", {"values": _repeated(_message(1, _any_value))})
_pairs = Message("KeyValueList", {"values": _repeated(_message(1, _key_value))})
for _name, _encode in {
    "arrayValue": _message(5, _array),
    "kvlistValue": _message(6, _pairs),
}.items():
    _any_value.fields[_name] = _any_value.fields[_snake(_name)] = _encode


def _attributes(number: int) -> dict[str, Encode]:
    return {
        "attributes": _repeated(_message(number, _key_value)),
        "droppedAttributesCount": _count(number + 1),
    }


_entity = Message(
    "EntityRef",
    {
        "schemaUrl": _text(1),
        "type": _text(2),
        "idKeys": _repeated(_text(3)),
        "descriptionKeys": _repeated(_text(4)),
    },
)
_resource = Message("Resource", {**_attributes(1), "entityRefs": _repeated(_message(3, _entity))})
_scope = Message("InstrumentationScope", {"name": _text(1), "version": _text(2), **_attributes(3)})
_event = Message("Event", {"timeUnixNano": _time(1), "name": _text(2), **_attributes(3)})
_link = Message(
    "Link",
    {
        "traceId": _identifier(1, 16),
        "spanId": _identifier(2, 8),
        "traceState": _text(3),
        **_attributes(4),
        "flags": _flags(6),
    },
)
_status = Message(
    "Status",
    {"message": _text(2), "code": _enumeration(3, "STATUS_CODE_", ("UNSET", "OK", "ERROR"))},
)
_KINDS: Final = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_SEVERITIES: Final = (
    "UNSPECIFIED",
    *(
        level + number
        for level in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
        for number in ("", "2", "3", "4")
    ),
)

SPAN = Message(
    "Span",
    {
        "traceId": _identifier(1, 16),
        "spanId": _identifier(2, 8),
        "traceState": _text(3),
        "parentSpanId": _identifier(4, 8),
        "name": _text(5),
        "kind": _enumeration(6, "SPAN_KIND_", _KINDS),
        "startTimeUnixNano": _time(7),
        "endTimeUnixNano": _time(8),
        **_attributes(9),
        "events": _repeated(_message(11, _event)),
        "droppedEventsCount": _count(12),
        "links": _repeated(_message(13, _link)),
        "droppedLinksCount": _count(14),
        "status": _message(15, _status),
        "flags": _flags(16),
    },
)
LOG_RECORD = Message(
    "LogRecord",
    {
        "timeUnixNano": _time(1),
        "observedTimeUnixNano": _time(11),
        "severityNumber": _enumeration(2, "SEVERITY_NUMBER_", _SEVERITIES),
        "severityText": _text(3),
        "body": _message(5, _any_value),
        **_attributes(6),
        "flags": _flags(8),
        "traceId": _identifier(9, 16),
        "spanId": _identifier(10, 8),
        "eventName": _text(12),
    },
)


def _envelope(name: str, field: str, encode: Encode, inside: str) -> Message:
    """The message around records, without these: they are encoded one by one."""
    return Message(name, {field: encode, inside: lambda _: b"", "schemaUrl": _text(3)})


RESOURCE_SPANS = _envelope("ResourceSpans", "resource", _message(1, _resource), "scopeSpans")
SCOPE_SPANS = _envelope("ScopeSpans", "scope", _message(1, _scope), "spans")
RESOURCE_LOGS = _envelope("ResourceLogs", "resource", _message(1, _resource), "scopeLogs")
SCOPE_LOGS = _envelope("ScopeLogs", "scope", _message(1, _scope), "logRecords")

# In both signals the scopes are field 2 of their resource, the records field 2 of their scope, and
# the resources field 1 of the request.
RESOURCES, SCOPES, RECORDS = 1, 2, 2
