"""Which attributes the duration of a call is recorded under."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import Context

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
from toolspan.instrumentation.record._kinds import Kind, Prepared

if TYPE_CHECKING:
    from toolspan.instrumentation.record._call import OpenCall

# Looking up a member of an enumeration costs as much as a call.
_OK: Final = Outcome.OK
_TOOL: Final = Kind.TOOL
# Agents that call one tool, for which the attributes are made once.
_MOST_AGENTS: Final = 200
_NAMED_BY: Final = {
    Kind.TOOL: GEN_AI_TOOL_NAME,
    Kind.AGENT: GEN_AI_AGENT_NAME,
    Kind.WORKFLOW: GEN_AI_WORKFLOW_NAME,
    Kind.LLM: GEN_AI_REQUEST_MODEL,
}


def record_duration(
    durations: Durations,
    call: "OpenCall",
    context: Context,
    *,
    agent: str | None,
    nanoseconds: int,
    outcome: Outcome,
    error_type: str | None,
) -> None:
    """Add the duration of `call`, whose context is `context`, to its histogram.

    A call that neither succeeded nor failed says so, or it would be taken for a success.
    """
    prepared = call.prepared
    if prepared.kind is not _TOOL:
        agent = None
    attributes = prepared.measured.get(agent) or _shared(prepared, agent)
    if attributes is None:
        return
    if outcome is _OK:
        pass
    elif outcome.is_failure:
        attributes = {**attributes, ERROR_TYPE: error_type or ERROR_TYPE_OTHER}
    else:
        attributes = {**attributes, TOOLSPAN_OUTCOME: outcome.value}
    durations.record(prepared.operation, nanoseconds / 1e9, attributes, context)


def _shared(prepared: Prepared, agent: str | None) -> Mapping[str, Any] | None:
    """What all calls of one name by one agent have; None for work without a histogram."""
    kind = prepared.kind
    key = _NAMED_BY.get(kind)
    if key is None:
        return None
    name = bounded_name(prepared.name, is_registered=prepared.is_registered)
    attributes: dict[str, Any] = {key: name}
    if kind is _TOOL:
        attributes[GEN_AI_TOOL_TYPE] = prepared.attributes[GEN_AI_TOOL_TYPE]
        if agent is not None:
            attributes[GEN_AI_AGENT_NAME] = bounded_name(agent, is_registered=False)
    elif kind is Kind.LLM:
        attributes[GEN_AI_OPERATION_NAME] = kind.value
        if GEN_AI_PROVIDER_NAME in prepared.attributes:
            attributes[GEN_AI_PROVIDER_NAME] = prepared.attributes[GEN_AI_PROVIDER_NAME]
    if len(prepared.measured) < _MOST_AGENTS:
        prepared.measured[agent] = attributes
    return attributes
