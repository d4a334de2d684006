"""Protobuf's wire format, as far as it takes to tell what a message is and to find its parts.

The library parses a message as a whole or not at all; this finds the parts of one that it refuses.
"""

from collections.abc import Iterator
from dataclasses import dataclass

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_SIZES = {FIXED64: 8, FIXED32: 4}
_LONGEST_VARINT = 10
# Of each message around it, so many records are looked at before nobody knows what they are.
_LOOK_AT = 8


class WireError(ValueError):
    """What stands in the place of a field is none."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message.

    Attributes:
        number: as in the `.proto` files.
        kind: how it is written: `VARINT`, `FIXED64`, `LENGTH` or `FIXED32`.
        content: its bytes, without a length.
        size: how many bytes it should have; more than `content` has where the message is cut off.
    """

    number: int
    kind: int
    content: bytes
    size: int

    @property
    def is_cut(self) -> bool:
        """Whether the message ends before the field does."""
        return len(self.content) < self.size


def fields(message: bytes) -> Iterator[Field]:
    """The fields of a message, in order.

    Raises:
        WireError: after the last field that is one.
    """
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        number, kind = tag >> 3, tag & 7
        size = _SIZES.get(kind)
        if not number or (size is None and kind not in (VARINT, LENGTH)):
            raise WireError("there is no field where one should be")
        if kind == VARINT:
            start = position
            _, position = _varint(message, position)
            yield Field(number, kind, message[start:position], position - start)
            continue
        if size is None:
            size, position = _varint(message, position)
        yield Field(number, kind, message[position : position + size], size)
        position += size


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(message[position : position + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, position + place + 1
    raise WireError("a number has no end")


def signal_of(message: bytes, *, is_whole: bool = True) -> str | None:
    """Which signal an OTLP message carries, or None if it is no such message.

    The requests of all signals look alike down to their records: resources in field 1, in each
    scopes in field 2, in each records in field 2.

    Args:
        message: its bytes, or its first.
        is_whole: whether these are all; a message that is cut off is none then.
    """
    looked_at = 0
    for resource in _inner(message, 1, is_whole=is_whole):
        for scope in _inner(resource, 2, is_whole=is_whole):
            for record in _inner(scope, 2, is_whole=is_whole):
                if found := _record_signal(record):
                    return found
                looked_at += 1
                if looked_at == _LOOK_AT:
                    return None
    return None


def _inner(message: bytes, number: int, *, is_whole: bool) -> Iterator[bytes]:
    """The messages in one field; none from where the bytes make no sense."""
    try:
        for field in fields(message):
            if field.is_cut and is_whole:
                return
            if field.number == number and field.kind == LENGTH:
                yield field.content
    except WireError:
        return


_METRIC_DATA = frozenset((number, LENGTH) for number in (5, 7, 9, 10, 11))


def _record_signal(record: bytes) -> str | None:
    found: dict[tuple[int, int], int] = {}
    try:
        for field in fields(record):
            found.setdefault((field.number, field.kind), field.size)
    except WireError:
        pass
    if found.get((1, LENGTH)) == 16 and found.get((2, LENGTH)) == 8:
        return "resourceSpans"
    if {(1, FIXED64), (11, FIXED64)} & found.keys():
        return "resourceLogs"
    if (1, LENGTH) in found and _METRIC_DATA & found.keys():
        return "resourceMetrics"
    return None
