"""Short plain values, which most arguments and results are, without the walk that others need."""

from json.encoder import encode_basestring as _quoted
from math import isfinite
from typing import Any, Final

from toolspan.instrumentation.content._redact import is_secret_key, may_hold_secret

_LONGEST_TEXT: Final = 512
_MOST_VALUES: Final = 16
_SAFE_INT: Final = 1 << 63

_LONGEST_KEY: Final = 64
_MOST_KEYS: Final = 4096
_key_texts: Final[dict[Any, str]] = {}


def forget_keys() -> None:
    """Look at every key anew: what is secret has changed."""
    _key_texts.clear()


def encode_flat(value: Any) -> str | None:
    """The JSON text of a short plain value; None where something may have to be cut or masked."""
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind is not dict:
        return _scalar(value)
    if len(value) > _MOST_VALUES:
        return None
    parts = []
    for key, item in value.items():
        name = _key_texts.get(key) or _key_text(key)
        text = _text(item) if type(item) is str else _scalar(item)
        if name is None or text is None:
            return None
        parts.append(name + text)
    return "{" + ",".join(parts) + "}"


def _text(value: str) -> str | None:
    if len(value) > _LONGEST_TEXT or not value.isascii() or may_hold_secret(value):
        return None
    return _quoted(value)


def _scalar(value: Any) -> str | None:
    kind = type(value)
    if kind is int:
        return repr(value) if -_SAFE_INT <= value < _SAFE_INT else None
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    return repr(value) if kind is float and isfinite(value) else None


def _key_text(key: Any) -> str | None:
    """`"key":` as JSON; None for a key that is odd, or whose value is a secret."""
    if type(key) is not str or len(key) > _LONGEST_KEY or not key.isascii():
        return None
    if is_secret_key(key) or may_hold_secret(key):
        return None
    text = _quoted(key) + ":"
    if len(_key_texts) < _MOST_KEYS:
        _key_texts[key] = text
    return text
