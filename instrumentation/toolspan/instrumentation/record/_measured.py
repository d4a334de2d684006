"""Records how long calls took, and decides under which attributes."""

import logging
from collections.abc import Mapping
from time import time_ns
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
from toolspan.instrumentation.metrics import bounded_name
from toolspan.instrumentation.record._context import IDENTITY_KEY
from toolspan.instrumentation.record._identity import NOBODY, Identity
from toolspan.instrumentation.record._kinds import Kind, Prepared

if TYPE_CHECKING:
    from toolspan.instrumentation.record._call import OpenCall

_log = logging.getLogger("toolspan")

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
    call: "OpenCall",
    context: Context,
    outcome: Outcome,
    error_type: str | None,
    end_time: int | None,
) -> None:
    """Add the duration of `call`, whose context was `context`, to its histogram if it has one.

    A call that neither succeeded nor failed says so, or it would be taken for a success. `context`
    holds the span for the exemplar.
    """
    try:
        prepared = call.prepared
        who: Identity = context.get(IDENTITY_KEY, NOBODY)  # type: ignore[assignment]
        attributes = prepared.measured.get(who.agent) or _shared(prepared, who.agent)
        if attributes is None or call.durations is None:
            return
        if outcome is not _OK:
            attributes = {**attributes, **_how_it_ended(outcome, error_type)}
        nanoseconds = max(0, (time_ns() if end_time is None else end_time) - call.started)
        call.durations.of[prepared.operation].record(nanoseconds / 1e9, attributes, context)
    except Exception:  # a metric reader of the host's
        _log.debug("duration of %s not recorded", call.name, exc_info=True)


def _how_it_ended(outcome: Outcome, error_type: str | None) -> dict[str, str]:
    if outcome.is_failure:
        return {ERROR_TYPE: error_type or ERROR_TYPE_OTHER}
    return {TOOLSPAN_OUTCOME: outcome.value}


def _shared(prepared: Prepared, agent: str | None) -> Mapping[str, Any] | None:
    """What all calls of one name below one agent have; None for work without a histogram."""
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
