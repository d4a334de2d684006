"""A short keyed hash of a call's arguments: loops and repeats are seen, content is not."""

import os
import sys
from collections.abc import Callable
from struct import Struct
from typing import Any, Final

from toolspan.instrumentation.content._flat import is_flat
from toolspan.instrumentation.content._json import canonical

Hash = Callable[[str], str]

_pack: Final = Struct(">q").pack


def arguments_hash(arguments: dict[str, Any], hash_text: Hash) -> str:
    """64 bits as 16 hexadecimal digits; equal for equal arguments under the same key."""
    return hash_text(repr(arguments) if is_flat(arguments) else canonical(arguments))


def hash_with_own_key() -> Hash:
    """A hash under a key that only this process and its forks know.

    Without a key, short arguments could be found by guessing. Python's own string hash is such a
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

    def hash_text(text: str) -> str:
        hasher = keyed.copy()
        # Both kinds of text can be encoded: repr escapes what cannot, the other is ASCII.
        hasher.update(text.encode())
        return hasher.hexdigest()

    return hash_text


def _siphash(text: str) -> str:
    return _pack(hash(text)).hex()
