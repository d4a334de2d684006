"""What a model's answer says of itself: tokens, model, id."""

from typing import Any

from toolspan.conventions.attributes import (
    GEN_AI_RESPONSE_ID,
    GEN_AI_RESPONSE_MODEL,
    GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
    GEN_AI_USAGE_INPUT_TOKENS,
    GEN_AI_USAGE_OUTPUT_TOKENS,
    GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
)


def usage_attributes(
    *,
    input_tokens: object = None,
    output_tokens: object = None,
    cache_read_tokens: object = None,
    cache_write_tokens: object = None,
    reasoning_tokens: object = None,
    response_model: object = None,
    response_id: object = None,
) -> dict[str, Any]:
    """The attributes of what is known; anything that is no count or no name is left out."""
    counts = {
        GEN_AI_USAGE_INPUT_TOKENS: input_tokens,
        GEN_AI_USAGE_OUTPUT_TOKENS: output_tokens,
        GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: cache_read_tokens or None,
        GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS: cache_write_tokens or None,
        GEN_AI_USAGE_REASONING_OUTPUT_TOKENS: reasoning_tokens or None,
    }
    names = {GEN_AI_RESPONSE_MODEL: response_model, GEN_AI_RESPONSE_ID: response_id}
    known: dict[str, Any] = {
        key: count for key, count in counts.items() if type(count) is int and count >= 0
    }
    known.update((key, name) for key, name in names.items() if isinstance(name, str) and name)
    return known
