"""The text of few, short and plain values, as most arguments and results are: no walk, no copy."""

from json.encoder import encode_basestring as _quoted
from math import isfinite
from typing import Any, Final

from toolspan.instrumentation.content._json import encode
from toolspan.instrumentation.content._redact import (
    find_mark,
    key_text,
    key_texts,
    may_hold_secret,
    own_patterns,
)
from toolspan.instrumentation.content._rules import NO_PATHS, Paths, rules

_LONGEST_TEXT: Final = 512
_LONGEST_WORD: Final = 64  # up to here one search is quicker than several
_MOST_VALUES: Final = 16
_SAFE_INT: Final = 1 << 63


def text_of(value: Any, paths: Paths = NO_PATHS) -> tuple[str, int]:
    """`value` without `paths` as JSON text, and its size if it had to be cut, else 0."""
    text = None
    if type(value) is dict:
        text = flat_text(value, paths)
    elif not paths and not rules.paths:
        if type(value) is not str:
            text = _number(value)
        elif len(value) <= _LONGEST_TEXT and value.isascii() and not may_hold_secret(value):
            text = _quoted(value)
    if text is not None:
        return text, 0
    text, size, is_whole = encode(value, paths)
    return text, 0 if is_whole else size


def flat_text(values: dict[Any, Any], paths: Paths) -> str | None:
    """The JSON text of few, short and plain values by name; None where the walk must go."""
    if paths or rules.paths or own_patterns or len(values) > _MOST_VALUES:
        return None
    parts = []
    text: str | None
    for key, value in values.items():
        name = key_texts.get(key) or key_text(key)
        kind = type(value)
        if kind is str:
            if (
                len(value) > _LONGEST_TEXT
                or not value.isascii()
                or ((len(value) > _LONGEST_WORD or find_mark(value)) and may_hold_secret(value))
            ):
                return None
            text = _quoted(value)
        elif kind is int and -_SAFE_INT <= value < _SAFE_INT:
            text = str(value)
        else:
            text = _number(value)
        if name is None or text is None:
            return None
        parts.append(name + text)
    return "{" + ",".join(parts) + "}"


def _number(value: Any) -> str | None:
    """A number, truth or null as JSON; None for anything else."""
    kind = type(value)
    if kind is int:
        return str(value) if -_SAFE_INT <= value < _SAFE_INT else None
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    return repr(value) if kind is float and isfinite(value) else None
