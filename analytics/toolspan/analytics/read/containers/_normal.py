"""From the many ways a span is written down to the one of OTLP/JSON."""

import base64
import binascii
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

HEX = re.compile(r"[0-9a-fA-F]+")
LATEST_NS = (1 << 63) - 1

KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
STATUSES = {"ok": 1, "error": 2}


def dicts(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of what should be a list of objects."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def first(holder: Mapping[str, Any], *names: str) -> Any:
    """The value of the first of the names that is there and not null."""
    for name in names:
        if holder.get(name) is not None:
            return holder[name]
    return None


def hex_id(value: Any, length: int) -> str | None:
    """An id as hexadecimal text of `length` digits; None if it is none.

    Understood are hexadecimal text in any case (`0x` before it, shorter ones filled up), base64,
    UUIDs and whole numbers.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:0{length}x}" if 0 < value < 1 << 4 * length else None
    if not isinstance(value, str):
        return None
    text = value.removeprefix("0x")
    if len(text) == 36 and text.count("-") == 4:
        text = text.replace("-", "")
    if len(text) == length and HEX.fullmatch(text):
        return text.lower()
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) * 2 == length:
        return decoded.hex()
    if value.startswith("0x") and len(text) < length and HEX.fullmatch(text):
        return text.lower().zfill(length)
    return None


def any_id(value: Any, length: int) -> str:
    """An id as hexadecimal text, whatever it is: what is no id of OTLP becomes its hash."""
    found = hex_id(value, length)
    return found or hashlib.blake2b(str(value).encode(), digest_size=length // 2).hexdigest()


def nanoseconds(value: Any) -> int | None:
    """A time in nanoseconds since 1970.

    Understood are whole numbers and their text (nanoseconds), ISO 8601 (UTC unless it says
    otherwise), and JavaScript's pairs of seconds and nanoseconds.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= LATEST_NS else None
    if isinstance(value, float):
        return nanoseconds(int(value)) if math.isfinite(value) and value >= 0 else None
    if isinstance(value, list) and len(value) == 2:
        seconds, rest = (nanoseconds(part) for part in value)
        return None if seconds is None or rest is None else nanoseconds(seconds * 10**9 + rest)
    if not isinstance(value, str):
        return None
    if value.isascii() and value.isdigit():
        return nanoseconds(int(value)) if len(value) < 20 else None
    return iso_nanoseconds(value)


_FRACTION = re.compile(r"\.(\d+)")


def iso_nanoseconds(text: str) -> int | None:
    """An ISO 8601 time in nanoseconds since 1970; without an offset it is UTC."""
    fraction = _FRACTION.search(text)
    try:
        time = datetime.fromisoformat(_FRACTION.sub("", text, count=1))
    except ValueError:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    rest = int(fraction.group(1)[:9].ljust(9, "0")) if fraction else 0
    found = int(time.timestamp()) * 10**9 + rest
    return found if 0 <= found <= LATEST_NS else None


def word(value: Any, words: Mapping[str, int]) -> int:
    """An enumeration's number from a number, a name or a name with a prefix; 0 if unknown."""
    if isinstance(value, int):
        return value if 0 <= value <= 5 else 0
    if isinstance(value, str):
        if value.isdigit():
            return word(int(value), words)
        return words.get(value.lower().rpartition("_")[2].rpartition(".")[2], 0)
    return 0


def any_value(value: Any) -> dict[str, Any]:
    """A plain JSON value as OTLP's `AnyValue`."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    return {"stringValue": json.dumps(value, ensure_ascii=False)}


def pairs(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Plain attributes as OTLP's list of keys and values."""
    return [{"key": str(key), "value": any_value(value)} for key, value in values.items()]


def plain_attributes(value: Any) -> list[dict[str, Any]]:
    """Attributes in OTLP's form, from that form or a plain object (or its JSON text)."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    if isinstance(value, dict):
        return pairs(value)
    return [
        {"key": item["key"], "value": _standard(item["value"])}
        if isinstance(item.get("value"), dict)
        else pairs({item["key"]: item.get("value")})[0]
        for item in dicts(value)
        if "key" in item
    ]


_MEMBERS = {
    "string_value": "stringValue",
    "int_value": "intValue",
    "bool_value": "boolValue",
    "double_value": "doubleValue",
    "bytes_value": "bytesValue",
}


def _standard(value: dict[str, Any]) -> dict[str, Any]:
    """An `AnyValue` with the names JSON has for its members, from those of the `.proto` files."""
    for name, item in value.items():
        if item is None or not name.endswith("_value"):
            continue
        if name in _MEMBERS:
            return {_MEMBERS[name]: item}
        if name == "array_value" and isinstance(item, dict):
            return {"arrayValue": {"values": [_standard(v) for v in dicts(item.get("values"))]}}
        if name == "kvlist_value" and isinstance(item, dict):
            return {"kvlistValue": {"values": plain_attributes(item.get("values"))}}
    return value


def envelope(
    spans: list[dict[str, Any]],
    *,
    resource: list[dict[str, Any]] | None = None,
    scope: str | None = None,
    version: str | None = None,
) -> dict[str, Any]:
    """Spans of one resource and scope as a document of OTLP/JSON."""
    named = {key: text for key, text in (("name", scope), ("version", version)) if text}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": resource or []},
                "scopeSpans": [{"scope": named, "spans": spans}],
            }
        ]
    }
