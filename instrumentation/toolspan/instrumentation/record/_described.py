"""What is recorded of a call's arguments and result: a hash, and text where it is captured."""

from typing import Any

from toolspan.conventions.attributes import (
    GEN_AI_TOOL_CALL_ARGUMENTS,
    TOOLSPAN_TOOL_CALL_ARGUMENTS_HASH,
)
from toolspan.instrumentation.content import (
    Paths,
    bytes_in_any_order,
    bytes_of,
    encode,
    encode_flat,
    rules,
    settings,
)

Described = tuple[dict[str, Any], int]
"""Attributes, and the size of what had to be cut (0 if nothing)."""


def described_arguments(
    arguments: dict[str, Any], paths: Paths, with_text: bool, *, is_ordered: bool = True
) -> Described:
    """Hash and, `with_text`, text of the arguments as they are now.

    `is_ordered`: arguments that are equal have come in the same order.
    """
    attributes: dict[str, Any] = {}
    hash_bytes = settings.hash_bytes
    if hash_bytes is not None:
        data = bytes_of(arguments) if is_ordered else bytes_in_any_order(arguments)
        attributes[TOOLSPAN_TOOL_CALL_ARGUMENTS_HASH] = hash_bytes(data)
    if not with_text:
        return attributes, 0
    attributes[GEN_AI_TOOL_CALL_ARGUMENTS], size = content_text(arguments, paths)
    return attributes, size


def content_text(value: object, paths: Paths) -> tuple[str, int]:
    """The text of arguments or result, and their size if they had to be cut, else 0."""
    text = None if paths or rules.paths else encode_flat(value)
    if text is not None:
        return text, 0
    text, size, is_whole = encode(value, paths)
    return text, 0 if is_whole else size
