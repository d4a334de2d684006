"""What users want redacted beyond what we recognise: keys, paths and patterns of their own."""

import os
import re
import threading
from collections.abc import Iterable
from typing import Final

from toolspan.conventions import environment
from toolspan.instrumentation.content import _redact

# One level of paths: what may come next, `*` for anything; an empty level is the end of a path.
Paths = dict[str, "Paths"]

_lock: Final = threading.Lock()
NO_PATHS: Final[Paths] = {}


class _Rules:
    """The rules of the whole process: the paths that are redacted everywhere."""

    __slots__ = ("paths",)

    def __init__(self) -> None:
        self.paths = NO_PATHS


rules: Final = _Rules()


def add_redactions(
    *, keys: Iterable[str] = (), paths: Iterable[str] = (), patterns: Iterable[str] = ()
) -> None:
    """Redact more, in everything recorded from now on.

    Args:
        keys: Names under which, at any depth, values are secret: `internal_note`.
        paths: Places in arguments or results, dotted: `customer.address.street`, `rows.*.email`
            (`*` is any key). Places in lists are not counted: `rows.email` is each row's.
        patterns: Regular expressions of text that is secret, in content and error text.

    Raises:
        ValueError: a pattern is no regular expression.
    """
    try:
        compiled = [re.compile(pattern) for pattern in patterns]
    except re.error as error:
        raise ValueError(f"{error.pattern!r} is no regular expression: {error}") from None
    with _lock:
        _redact.add_keys(keys)
        _redact.add_patterns(compiled)
        rules.paths = merged(rules.paths, paths_of(paths))


def read_redactions_from_environment() -> None:
    """Take over the keys and dotted paths that `TOOLSPAN_REDACT` lists, comma-separated."""
    listed = [
        word.strip()
        for word in os.environ.get(environment.TOOLSPAN_REDACT, "").split(",")
        if word.strip()
    ]
    if listed:
        add_redactions(
            keys=[word for word in listed if "." not in word],
            paths=[word for word in listed if "." in word],
        )


def paths_of(paths: Iterable[str]) -> Paths:
    """Dotted paths as a tree.

    >>> paths_of(["a.b", "a.c", "d", "d.e"])
    {'a': {'b': {}, 'c': {}}, 'd': {}}
    """
    tree: Paths = NO_PATHS
    for path in paths:
        branch: Paths = {}
        for part in reversed(path.split(".")):
            branch = {part: branch}
        tree = merged(tree, branch)
    return tree


def merged(one: Paths, other: Paths) -> Paths:
    """Both trees; where one path is the beginning of another, the shorter one is enough."""
    if not one or not other:
        return one or other
    both = dict(one)
    for part, below in other.items():
        known = both.get(part)
        if known is None:
            both[part] = below
        else:
            both[part] = merged(known, below) if known and below else {}
    return both
