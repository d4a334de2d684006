"""A short keyed hash of a call's arguments: loops and repeats are seen, content is not."""

import os
import sys
from collections.abc import Callable
from marshal import dumps
from struct import Struct
from typing import Any, Final

from toolspan.instrumentation.content._json import canonical

Hash = Callable[[bytes], str]
"""64 bits as 16 hexadecimal digits; equal for equal bytes under the same key."""

_pack: Final = Struct(">q").pack

_NAMES: Final = frozenset({str})
_NUMBERS: Final = frozenset({int, float, bool, type(None)})
_LONGEST_TEXT: Final = 512
_MOST_VALUES: Final = 16
PLAIN_FORMAT: Final = 2
"""Of marshal: the last in which equal plain values are always equal bytes."""


def arguments_hash(arguments: dict[Any, Any], hash_bytes: Hash) -> str:
    """A hash that is equal for equal arguments, whatever their order."""
    if not _NAMES.issuperset(map(type, arguments)):
        return hash_bytes(canonical(arguments).encode())
    return ordered_arguments_hash({name: arguments[name] for name in sorted(arguments)}, hash_bytes)


def ordered_arguments_hash(arguments: dict[str, Any], hash_bytes: Hash) -> str:
    """The same for arguments by name that come in the same order where they are equal.

    Few, short and plain values, which most calls have, take the quickest way that there is.
    """
    try:
        if len(arguments) <= _MOST_VALUES:
            for value in arguments.values():
                kind = type(value)
                if kind is str:
                    if len(value) > _LONGEST_TEXT:
                        break
                elif kind not in _NUMBERS:
                    break
            else:
                return hash_bytes(dumps(arguments, PLAIN_FORMAT))
    except Exception:  # a name that is more than a str, or a class that cannot be hashed
        return hash_bytes(_odd_bytes(arguments))
    return hash_bytes(canonical(arguments).encode())


def _odd_bytes(arguments: dict[str, Any]) -> bytes:
    plainly_named = {str.__str__(name): value for name, value in arguments.items()}
    try:
        return dumps(plainly_named, PLAIN_FORMAT)
    except ValueError:
        return canonical(plainly_named).encode()


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
