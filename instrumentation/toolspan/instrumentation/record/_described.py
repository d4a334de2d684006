"""What is recorded of a call's arguments: a hash, and text where content is captured."""

from typing import Any

from toolspan.conventions.attributes import (
    GEN_AI_TOOL_CALL_ARGUMENTS,
    TOOLSPAN_TOOL_CALL_ARGUMENTS_HASH,
)
from toolspan.instrumentation.content import (
    Paths,
    arguments_hash,
    ordered_arguments_hash,
    settings,
    text_of,
)

Described = tuple[dict[str, Any], int]
"""Attributes, and the size of what had to be cut (0 if nothing)."""


def described_arguments(
    arguments: dict[str, Any], captured: Paths | None, *, is_ordered: bool = True
) -> Described:
    """Hash of the arguments as they are now and, where content is `captured`, their text.

    `is_ordered`: arguments that are equal have come in the same order.
    """
    attributes: dict[str, Any] = {}
    hash_bytes = settings.hash_bytes
    if hash_bytes is not None:
        hash_of = ordered_arguments_hash if is_ordered else arguments_hash
        attributes[TOOLSPAN_TOOL_CALL_ARGUMENTS_HASH] = hash_of(arguments, hash_bytes)
    if captured is None:
        return attributes, 0
    attributes[GEN_AI_TOOL_CALL_ARGUMENTS], size = text_of(arguments, captured)
    return attributes, size
