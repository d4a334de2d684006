"""Which attributes the duration of a call is recorded under."""

from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace

from toolspan.conventions.attributes import (
    ERROR_TYPE,
    ERROR_TYPE_OTHER,
    GEN_AI_AGENT_NAME,
    GEN_AI_OPERATION_NAME,
    GEN_AI_PROVIDER_NAME,
    GEN_AI_REQUEST_MODEL,
    GEN_AI_TOOL_NAME,
    GEN_AI_TOOL_TYPE,
    GEN_AI_WORKFLOW_NAME,
    TOOLSPAN_OUTCOME,
)
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.metrics import Durations, bounded_name
from toolspan.instrumentation.record._kinds import Kind

if TYPE_CHECKING:
    from toolspan.instrumentation.record._call import OpenCall

_NAMED_BY: Final = {
    Kind.TOOL: GEN_AI_TOOL_NAME,
    Kind.AGENT: GEN_AI_AGENT_NAME,
    Kind.WORKFLOW: GEN_AI_WORKFLOW_NAME,
    Kind.LLM: GEN_AI_REQUEST_MODEL,
}


def record_duration(
    durations: Durations,
    call: "OpenCall",
    *,
    agent: str | None,
    nanoseconds: int,
    outcome: Outcome,
    error_type: str | None,
) -> None:
    """Add the duration of `call` to its histogram.

    A call that neither succeeded nor failed says so, or it would be taken for a success.
    """
    prepared = call.prepared
    key = _NAMED_BY.get(prepared.kind)
    if key is None:
        return
    name = bounded_name(prepared.name, is_registered=prepared.is_registered)
    attributes: dict[str, Any] = {key: name}
    if prepared.kind is Kind.TOOL:
        attributes[GEN_AI_TOOL_TYPE] = prepared.attributes[GEN_AI_TOOL_TYPE]
        if agent is not None:
            attributes[GEN_AI_AGENT_NAME] = bounded_name(agent, is_registered=False)
    elif prepared.kind is Kind.LLM:
        attributes[GEN_AI_OPERATION_NAME] = prepared.kind.value
        if GEN_AI_PROVIDER_NAME in prepared.attributes:
            attributes[GEN_AI_PROVIDER_NAME] = prepared.attributes[GEN_AI_PROVIDER_NAME]
    if outcome.is_failure:
        attributes[ERROR_TYPE] = error_type or ERROR_TYPE_OTHER
    elif outcome is not Outcome.OK:
        attributes[TOOLSPAN_OUTCOME] = outcome.value
    context = trace.set_span_in_context(call.span)
    durations.record(prepared.kind.value, nanoseconds / 1e9, attributes, context)
