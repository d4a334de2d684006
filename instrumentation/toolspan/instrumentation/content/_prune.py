"""From any object to plain, small, harmless data: what JSON can say and what may be said.

The walk reads only what it keeps. It calls no method of a host object: containers are read
through the methods of their built-in base, records through their declared fields, and anything
else is its class in angle brackets.
"""

import dataclasses
import enum
import functools
import itertools
import math
import types
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from toolspan.instrumentation.content._redact import MASK, is_secret_key, mask_secrets
from toolspan.instrumentation.content._rules import NO_PATHS, Paths, merged
from toolspan.instrumentation.content._text import ELLIPSIS, clean

_SAFE_INT: Final = 1 << 63
_SETS: Final[tuple[type, ...]] = (set, frozenset)
_SEQUENCES: Final[tuple[type, ...]] = (list, tuple, deque, *_SETS)
_LONGEST_KEY: Final = 200
_SHORTEST_SECRET_KEY: Final = 16
_MISSING: Final = object()


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """How much of a value is kept."""

    depth: int = 8
    items: int = 50
    """Of one container."""
    text: int = 2_000
    """Characters of one string."""
    total: int = 8_000
    """Characters and items of everything together."""


class Pruner:
    """One walk over one value.

    After it, `size` is how large the value was as far as the walk could see without reading
    what it dropped (characters of strings, length of bytes, items of containers), and
    `is_whole` says whether nothing was dropped.
    """

    __slots__ = ("_above", "_left", "_limits", "_paths", "is_whole", "size")

    def __init__(self, limits: Limits, paths: Paths = NO_PATHS) -> None:
        self._limits = limits
        self._paths = paths
        self._left = limits.total
        self._above: set[int] = set()
        self.size = 0
        self.is_whole = True

    def value(self, value: object, depth: int = 0) -> Any:
        """`value` as None, bool, int, float, str, list and dict."""
        kind = type(value)
        if kind is str:
            return self._text(value)  # type: ignore[arg-type]
        if value is None or kind is bool:
            return value
        if kind is int or kind is float:
            return self._number(value)  # type: ignore[arg-type]
        try:
            return self._composite(value, kind, depth)
        except Exception:  # a container changed while it was read, or a hostile subclass
            self.is_whole = False
            return _class_of(kind)

    def _text(self, text: str) -> str:
        length = len(text)
        self.size += length
        keep = min(self._limits.text, self._left)
        if length > keep:
            self.is_whole = False
            self._left -= keep
            return f"{mask_secrets(clean(text[:keep]))}{ELLIPSIS}[+{length - keep}]"
        self._left -= length
        return mask_secrets(clean(text))

    def _number(self, number: float) -> Any:
        self.size += 1
        self._left -= 1
        if isinstance(number, float):
            return number if math.isfinite(number) else str(number)
        if -_SAFE_INT <= number < _SAFE_INT:
            return number
        return f"<int of {number.bit_length()} bits>"

    def _composite(self, value: Any, kind: type, depth: int) -> Any:
        plain = self._of_plain_subclass(value, kind)
        if plain is not _MISSING:
            return plain
        if id(value) in self._above:
            self.is_whole = False
            return "<cycle>"
        if depth >= self._limits.depth or self._left <= 0:
            self.is_whole = False
            return ELLIPSIS
        self._above.add(id(value))
        try:
            return self._container(value, kind, depth)
        finally:
            self._above.discard(id(value))

    def _of_plain_subclass(self, value: Any, kind: type) -> Any:
        """What is no container, read through its built-in base."""
        if issubclass(kind, enum.Enum):
            return _class_of(kind, object.__getattribute__(value, "_name_"))
        if issubclass(kind, str):
            return self._text(str.__str__(value))
        if issubclass(kind, (int, float)):
            return self._number((int.__int__ if issubclass(kind, int) else float.__float__)(value))
        if issubclass(kind, (bytes, bytearray)) or kind is memoryview:
            size = value.nbytes if kind is memoryview else len(value)
            self.size += size
            return f"<{_class_of(kind)[1:-1]} of {size} bytes>"
        return self._text(str(value)) if kind in _as_text() else _MISSING

    def _container(self, value: Any, kind: type, depth: int) -> Any:
        if issubclass(kind, dict):
            return self._pairs(dict.items(value), dict.__len__(value), depth)
        if kind is types.MappingProxyType:
            return self._pairs(value.items(), len(value), depth)
        if issubclass(kind, tuple) and isinstance(names := _of_class(kind, "_fields"), tuple):
            return self._pairs(
                zip(names, tuple.__iter__(value), strict=False), tuple.__len__(value), depth
            )
        for base in _SEQUENCES:
            if issubclass(kind, base):
                items = self._items(base.__iter__(value), base.__len__(value), depth)  # type: ignore[attr-defined]
                if base in _SETS:
                    items.sort(key=repr)  # equal sets may be in any order
                return items
        fields = _declared_fields(value, kind)
        if fields is not None:
            return self._pairs(fields.items(), len(fields), depth)
        return _class_of(kind)

    def _pairs(self, pairs: Iterable[tuple[Any, Any]], length: int, depth: int) -> dict[str, Any]:
        self.size += length
        kept: dict[str, Any] = {}
        for key, item in itertools.islice(pairs, self._limits.items):
            if self._left <= 0:
                break
            name = self._key(key)
            if name in kept:  # 1 and "1" are two keys of a dict
                name = f"{name}#{len(kept)}"
            kept[name] = MASK if is_secret_key(name) else self._below(name, item, depth)
        if length > len(kept):
            self.is_whole = False
            kept[ELLIPSIS] = f"+{length - len(kept)}"
        return kept

    def _below(self, name: str, item: Any, depth: int) -> Any:
        paths = self._paths
        if not paths:
            return self.value(item, depth + 1)
        below = NO_PATHS
        for part in (name, "*"):
            if part in paths:
                if not paths[part]:  # the end of a path
                    return MASK
                below = merged(below, paths[part])
        self._paths = below
        try:
            return self.value(item, depth + 1)
        finally:
            self._paths = paths

    def _items(self, items: Iterable[Any], length: int, depth: int) -> list[Any]:
        self.size += length
        kept: list[Any] = []
        for item in itertools.islice(items, self._limits.items):
            if self._left <= 0:
                break
            kept.append(self.value(item, depth + 1))
        if length > len(kept):
            self.is_whole = False
            kept.append(f"{ELLIPSIS}[+{length - len(kept)}]")
        return kept

    def _key(self, key: Any) -> str:
        self._left -= 1
        if issubclass(type(key), str):
            text = str.__str__(key)
            length = len(text)
            if length > _LONGEST_KEY:
                self.is_whole = False
                text = f"{text[:_LONGEST_KEY]}{ELLIPSIS}"
            self._left -= min(length, _LONGEST_KEY)
            return clean(text) if length < _SHORTEST_SECRET_KEY else mask_secrets(clean(text))
        plain = self.value(key, self._limits.depth - 1)
        return plain if isinstance(plain, str) else repr(plain)


@functools.cache
def _as_text() -> frozenset[type]:
    """Classes whose values are shown as their text; importing them takes longer than all else."""
    import datetime as dt
    import decimal
    import fractions
    import pathlib
    import uuid

    return frozenset(
        {
            dt.datetime,
            dt.date,
            dt.time,
            dt.timedelta,
            decimal.Decimal,
            fractions.Fraction,
            uuid.UUID,
            pathlib.PosixPath,
            pathlib.WindowsPath,
            pathlib.PurePosixPath,
            pathlib.PureWindowsPath,
            complex,
        }
    )


def _declared_fields(value: Any, kind: type) -> dict[str, Any] | None:
    """The fields of a dataclass, attrs class or pydantic model, as stored; None for others.

    A field that its class leaves out of its `repr` is not shown here either.
    """
    declared = _of_class(kind, "__dataclass_fields__")
    if isinstance(declared, dict):
        return {
            name: _stored(value, kind, name) if field.repr else MASK
            for name, field in declared.items()
        }
    attributes = _of_class(kind, "__attrs_attrs__")
    if isinstance(attributes, tuple):
        return {
            field.name: _stored(value, kind, field.name) if field.repr else MASK
            for field in attributes
        }
    fields = _of_class(kind, "__pydantic_fields__")
    if isinstance(fields, dict):
        stored = object.__getattribute__(value, "__dict__")
        return {
            name: stored[name] if getattr(fields.get(name), "repr", True) else MASK
            for name in stored
        }
    return None


def _of_class(kind: type, name: str) -> Any:
    """A class attribute as stored, without asking descriptors or metaclasses."""
    for base in type.__dict__["__mro__"].__get__(kind):
        found = type.__dict__["__dict__"].__get__(base)
        if name in found:
            return found[name]
    return None


def _stored(value: object, kind: type, name: str) -> Any:
    """A field as stored in the object or a slot, without running a property."""
    try:
        stored = object.__getattribute__(value, "__dict__")
    except AttributeError:  # a class with slots only
        stored = {}
    if name in stored:
        return stored[name]
    found = _of_class(kind, name)
    if isinstance(found, types.MemberDescriptorType):
        return found.__get__(value)
    return None if hasattr(type(found), "__get__") else found


def _class_of(kind: type, member: str | None = None) -> str:
    """`<module.Class>`: what an object is, without asking it."""
    name = type.__dict__["__qualname__"].__get__(kind)
    module = type.__dict__["__module__"].__get__(kind)
    whole = name if module in ("builtins", "__main__") else f"{module}.{name}"
    return clean(f"<{whole}.{member}>" if member else f"<{whole}>")
