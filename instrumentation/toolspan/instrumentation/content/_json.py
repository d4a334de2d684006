"""Pruned data as JSON text of bounded length."""

import json
from typing import Any, Final, NamedTuple

from toolspan.instrumentation.content._prune import Limits, Pruner
from toolspan.instrumentation.content._rules import NO_PATHS, Paths, merged, rules

# What survives if even the pruned value encodes to more than this, first to last.
_LIMITS: Final = (Limits(), Limits(depth=4, items=10, text=200, total=1_500))
_MOST_CHARACTERS: Final = 16_384
_TOO_LARGE: Final = '"…"'

_dump: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
).encode


_dump_sorted: Final = json.JSONEncoder(
    ensure_ascii=True, allow_nan=False, check_circular=False, sort_keys=True
).encode


class Encoded(NamedTuple):
    """JSON text, how large the value was, and whether the text is all of it."""

    text: str
    size: int
    is_whole: bool


def encode(value: object, paths: Paths = NO_PATHS) -> Encoded:
    """`value` pruned and redacted as JSON text: always valid, at most 16,384 characters.

    `paths` are redacted beyond those that are redacted everywhere.
    """
    size = 0
    paths = merged(rules.paths, paths)
    for limits in _LIMITS:
        pruner = Pruner(limits, paths)
        plain: Any = pruner.value(value)
        size = max(size, pruner.size)
        text = _dump(plain)
        if len(text) <= _MOST_CHARACTERS:
            return Encoded(text, size, pruner.is_whole and limits is _LIMITS[0])
    return Encoded(_TOO_LARGE, size, False)


def canonical(value: object) -> str:
    """`value` pruned and redacted as text that is equal for equal values."""
    return _dump_sorted(Pruner(_LIMITS[0]).value(value))
