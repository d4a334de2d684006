"""What answers say in protobuf: how many records were not taken, and when to try again."""

from toolspan.exporters.send._transports import Accepted


def partial_success(answer: bytes) -> Accepted:
    """What an `ExportTraceServiceResponse` or `ExportLogsServiceResponse` says.

    Both hold one message: a number (field 1, the rejected records) and a text (field 2). Bytes
    that are none of these mean a plain yes, since the status was one.
    """
    try:
        fields = dict(_fields(answer))
        partial = fields.get(1, b"")
        inner = dict(_fields(partial)) if isinstance(partial, bytes) else {}
    except (IndexError, ValueError):
        return Accepted()
    rejected, message = inner.get(1, 0), inner.get(2, b"")
    return Accepted(
        rejected if isinstance(rejected, int) else 0,
        message.decode("utf-8", "replace") if isinstance(message, bytes) else "",
    )


def retry_delay_s(details: bytes) -> float | None:
    """The `RetryInfo` in a `google.rpc.Status` (`grpc-status-details-bin`), in seconds."""
    try:
        for field, detail in _fields(details):
            members = dict(_fields(detail)) if field == 3 and isinstance(detail, bytes) else {}
            if str(members.get(1, b"")).endswith("google.rpc.RetryInfo'"):
                duration = dict(_fields(dict(_fields(members[2])).get(1, b"")))
                return int(duration.get(1, 0)) + int(duration.get(2, 0)) / 1e9
    except (IndexError, KeyError, TypeError, ValueError):
        pass
    return None


def _fields(content: int | bytes) -> list[tuple[int, int | bytes]]:
    """The numbers and texts of a message by field number.

    Raises:
        IndexError, ValueError: it is no message of such fields.
    """
    if isinstance(content, int):
        raise ValueError("a number where a message was expected")  # noqa: TRY004
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        value, at = _varint(content, at)
        match tag & 7:
            case 0:
                found.append((tag >> 3, value))
            case 2:
                found.append((tag >> 3, content[at : at + value]))
                at += value
            case kind:
                raise ValueError(f"no field of this answer has wire type {kind}")
    return found


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
