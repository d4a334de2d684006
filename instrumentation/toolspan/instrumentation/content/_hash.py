"""A short keyed hash of a call's arguments: loops and repeats are seen, content is not."""

import os
import sys
from collections.abc import Callable
from marshal import dumps
from struct import Struct
from typing import Any, Final

from toolspan.instrumentation.content._json import canonical

Hash = Callable[[bytes], str]

_pack: Final = Struct(">q").pack

_NAMES: Final = frozenset({str})
_OTHER_PLAIN: Final = frozenset({float, bool, type(None)})
_LONGEST_TEXT: Final = 512
_MOST_VALUES: Final = 16
_SAFE_INT: Final = 1 << 63
_FORMAT: Final = 2  # of marshal: the last in which equal plain values are always equal bytes


def arguments_hash(arguments: dict[str, Any], hash_bytes: Hash) -> str:
    """64 bits as 16 hexadecimal digits; equal for equal arguments under the same key."""
    return hash_bytes(bytes_in_any_order(arguments))


def bytes_in_any_order(arguments: dict[str, Any]) -> bytes:
    """Bytes that are equal for equal arguments, whatever the process."""
    if not _NAMES.issuperset(map(type, arguments)):
        return canonical(arguments).encode()
    return bytes_of({name: arguments[name] for name in sorted(arguments)})


def bytes_of(arguments: dict[str, Any]) -> bytes:
    """The same for arguments by name that come in the same order where they are equal.

    Few, short and plain values, which most calls have, take the quickest way that there is.
    """
    for value in arguments.values():
        kind = type(value)
        if kind is str:
            if len(value) > _LONGEST_TEXT:
                break
        elif kind is int:
            if not -_SAFE_INT <= value < _SAFE_INT:
                break
        elif kind not in _OTHER_PLAIN:
            break
    else:
        if len(arguments) <= _MOST_VALUES:
            return dumps(arguments, _FORMAT)
    return canonical(arguments).encode()


def hash_with_own_key() -> Hash:
    """A hash under a key that only this process and its forks know.

    Without a key, short arguments could be found by guessing. Python's own hash of bytes is such a
    keyed hash (SipHash, a random key per process) and costs half of any other; where a fixed
    PYTHONHASHSEED takes away its secret, BLAKE2 stands in.
    """
    has_secret = os.environ.get("PYTHONHASHSEED", "random") in ("", "random")
    if has_secret and sys.hash_info.algorithm.startswith("siphash"):
        return _siphash
    return hash_with_key(os.urandom(32))


def hash_with_key(key: bytes) -> Hash:
    """A hash under `key`, the same in every process."""
    from hashlib import blake2b  # takes long to import, and few need it

    keyed = blake2b(digest_size=8, key=key[: blake2b.MAX_KEY_SIZE])

    def hash_bytes(data: bytes) -> str:
        hasher = keyed.copy()
        hasher.update(data)
        return hasher.hexdigest()

    return hash_bytes


def _siphash(data: bytes) -> str:
    return _pack(hash(data)).hex()
