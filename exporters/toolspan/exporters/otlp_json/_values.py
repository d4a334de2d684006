"""Strings, attribute values and attribute lists as OTLP/JSON text."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from json.encoder import encode_basestring
from typing import Any, Final

# A JSON string with its quotes, not restricted to ASCII; written in C.
quoted = encode_basestring

# How deep nested values may go. A protobuf parser reads 100 messages deep; 7 of these are the way
# from the document to an event's attribute, an array takes 2 and a map 3 for each level.
_NESTING_BUDGET: Final = 93
_ARRAY_COST: Final = 2
_MAP_COST: Final = 3
_TOO_DEEP: Final = '{"stringValue":"(nested too deeply)"}'
_ENDLESS: Final = '{"stringValue":"(contains itself)"}'

_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1

# Keys repeat in every span: their quoted form, with the start of the value, is kept. Bounded,
# because a program may make up keys for ever, and long ones.
_KEPT_KEYS: Final = 4096
_LONGEST_KEPT_KEY: Final = 256
_key_parts: dict[str, tuple[str, str, str, str, str]] = {}

# Characters that are legal inside a JSON string but that some readers take for the end of a line
# (`str.splitlines`, JavaScript) or a terminal for a command. Below U+0020 JSON escapes them anyway.
_UNSAFE: Final = re.compile("[\x80-\x9f\u2028\u2029]")


def to_utf8(text: str) -> bytes:
    """OTLP/JSON text as UTF-8 that every reader takes for one line.

    A surrogate pair becomes the character it stands for, a lone surrogate U+FFFD: UTF-8 knows
    neither, and strict parsers refuse the whole line for one of them.
    """
    if not text.isascii():
        if _UNSAFE.search(text):
            text = _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
        try:
            return text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.encode()


def attributes_text(attributes: Mapping[str, Any]) -> str:
    """The `KeyValue` objects of an attribute list, comma-separated, without the brackets."""
    out: list[str] = []
    add = out.append
    for key, value in attributes.items():
        parts = _key_parts.get(key) or _key_parts_of(key)
        kind = type(value)
        if kind is str:
            add(f"{parts[0]}{quoted(value)}}}}}")
        elif kind is int:
            if _INT64_MIN <= value <= _INT64_MAX:
                add(f'{parts[1]}{value}"}}}}')
            else:
                add(f"{parts[4]}{value_text(value)}}}")
        elif kind is bool:
            add(f"{parts[3]}true}}}}" if value else f"{parts[3]}false}}}}")
        elif kind is float and value - value == 0:
            add(f"{parts[2]}{value!r}}}}}")
        else:
            add(f"{parts[4]}{value_text(value)}}}")
    return ",".join(out)


def value_text(value: Any, budget: int = _NESTING_BUDGET, inside: tuple[int, ...] = ()) -> str:
    """Any value as an `AnyValue` object; never raises.

    Args:
        value: what an attribute may hold, or anything else, which becomes its `str()`. What
            cannot be read, because its own methods raise, becomes the name of its type.
        budget: how many protobuf messages deep the value may still nest.
        inside: `id` of each map and array that the value is in.
    """
    try:
        return _value_text(value, budget, inside)
    except Exception:  # methods of a user's type may do anything
        return f'{{"stringValue":{quoted(f"<{type(value).__qualname__}>")}}}'


def _value_text(value: Any, budget: int, inside: tuple[int, ...]) -> str:
    match value:  # a bool is an int and a str is a sequence, so the order matters
        case None:
            text = "{}"
        case str():
            text = f'{{"stringValue":{quoted(value)}}}'
        case bool():
            text = '{"boolValue":true}' if value else '{"boolValue":false}'
        case int():
            text = _integer_text(int(value))
        case float():
            text = f'{{"doubleValue":{_double_text(float(value))}}}'
        case bytes() | bytearray() | memoryview():
            text = f'{{"bytesValue":"{b64encode(bytes(value)).decode("ascii")}"}}'
        case Mapping():
            text = _map_text(value, budget - _MAP_COST, inside)
        case Sequence() | AbstractSet():
            text = _array_text(value, budget - _ARRAY_COST, inside)
        case _:
            text = f'{{"stringValue":{quoted(text_of(value))}}}'
    return text


def _map_text(value: Mapping[Any, Any], budget: int, inside: tuple[int, ...]) -> str:
    if id(value) in inside:
        return _ENDLESS
    if budget < 0:
        return _TOO_DEEP
    if not value:
        return '{"kvlistValue":{}}'
    inside = (*inside, id(value))
    items = ",".join(
        f'{{"key":{quoted(key if isinstance(key, str) else text_of(key))},'
        f'"value":{value_text(item, budget, inside)}}}'
        for key, item in list(value.items())  # a copy, for another thread may change it meanwhile
    )
    return f'{{"kvlistValue":{{"values":[{items}]}}}}'


def _array_text(value: Any, budget: int, inside: tuple[int, ...]) -> str:
    if id(value) in inside:
        return _ENDLESS
    if budget < 0:
        return _TOO_DEEP
    if not value:
        return '{"arrayValue":{}}'
    inside = (*inside, id(value))
    items = ",".join([value_text(item, budget, inside) for item in value])
    return f'{{"arrayValue":{{"values":[{items}]}}}}'


def _integer_text(value: int) -> str:
    if _INT64_MIN <= value <= _INT64_MAX:
        return f'{{"intValue":"{value}"}}'
    try:
        digits = str(value)
    except ValueError:  # beyond 4300 digits Python refuses decimal, because it takes quadratic time
        digits = hex(value)
    return f'{{"stringValue":"{digits}"}}'


def _double_text(value: float) -> str:
    if value - value == 0:
        return repr(value)
    if value != value:  # noqa: PLR0124 - the definition of NaN
        return '"NaN"'
    return '"Infinity"' if value > 0 else '"-Infinity"'


def text_of(value: object) -> str:
    """`str(value)`, or the type's name where that raises."""
    try:
        return str(value)
    except Exception:  # a user's __str__ may do anything
        return f"<{type(value).__qualname__}>"


def _key_parts_of(key: str) -> tuple[str, str, str, str, str]:
    name = f'{{"key":{quoted(key if isinstance(key, str) else text_of(key))},"value":'
    parts = (
        f'{name}{{"stringValue":',
        f'{name}{{"intValue":"',
        f'{name}{{"doubleValue":',
        f'{name}{{"boolValue":',
        name,
    )
    if len(_key_parts) < _KEPT_KEYS and len(name) <= _LONGEST_KEPT_KEY:
        _key_parts[key] = parts
    return parts
