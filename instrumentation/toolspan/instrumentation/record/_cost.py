"""What a model call cost: what its span says, else its tokens by the price table."""

from collections.abc import Mapping
from typing import Any, Final

from toolspan.conventions.attributes import (
    GEN_AI_OPERATION_NAME,
    GEN_AI_REQUEST_MODEL,
    GEN_AI_RESPONSE_MODEL,
    GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
    GEN_AI_USAGE_COST_AMOUNT,
    GEN_AI_USAGE_COST_CURRENCY,
    GEN_AI_USAGE_COST_SOURCE,
    GEN_AI_USAGE_INPUT_TOKENS,
    GEN_AI_USAGE_OUTPUT_TOKENS,
)
from toolspan.conventions.operations import KIND_BY_OPERATION

# By these names other libraries say what a call cost; whoever said it knows better than a table.
_SAID_BY_OTHERS: Final = (
    "gen_ai.usage.cost",
    "gen_ai.usage.total_cost",
    "operation.cost",
    "llm.cost.total",
)


def cost_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Cost, currency and source to add to a model call's span; empty where nothing is known.

    For spans that we make ourselves: the SDK lets nobody add to the span of another library when
    its tokens are known, at its end.

    The source is `provider` for an amount that was given and `local` for one from the table.
    Spans of other operations, such as agents that repeat their model calls' tokens, get none.
    """
    if KIND_BY_OPERATION.get(str(attributes.get(GEN_AI_OPERATION_NAME))) != "llm":
        return {}
    if GEN_AI_USAGE_COST_AMOUNT in attributes:
        given = {GEN_AI_USAGE_COST_CURRENCY: "USD", GEN_AI_USAGE_COST_SOURCE: "provider"}
        return {key: value for key, value in given.items() if key not in attributes}
    tokens = attributes.get(GEN_AI_USAGE_INPUT_TOKENS), attributes.get(GEN_AI_USAGE_OUTPUT_TOKENS)
    if tokens == (None, None) or any(key in attributes for key in _SAID_BY_OTHERS):
        return {}
    from toolspan.instrumentation.cost import token_cost  # reads the price table

    cost = None
    for key in (GEN_AI_RESPONSE_MODEL, GEN_AI_REQUEST_MODEL):
        model = attributes.get(key)
        if isinstance(model, str) and cost is None:
            cost = token_cost(
                model,
                input_tokens=_count(tokens[0]),
                output_tokens=_count(tokens[1]),
                cache_read_tokens=_count(attributes.get(GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS)),
                cache_write_tokens=_count(attributes.get(GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS)),
            )
    if cost is None:
        return {}
    return {
        GEN_AI_USAGE_COST_AMOUNT: cost.amount,
        GEN_AI_USAGE_COST_CURRENCY: cost.currency,
        GEN_AI_USAGE_COST_SOURCE: "local",
    }


def _count(value: object) -> int:
    return int(value) if isinstance(value, (int, float)) and value > 0 else 0
