"""Where a call begins: a span of its own, or one that another library has begun for it."""

import logging
from collections.abc import Mapping, Sequence
from time import time_ns
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, Tracer

from toolspan.conventions.attributes import GEN_AI_AGENT_NAME, GEN_AI_CONVERSATION_ID
from toolspan.instrumentation.metrics import current_durations
from toolspan.instrumentation.record._call import OpenCall, end_unopened
from toolspan.instrumentation.record._context import IDENTITY_KEY, identity_in
from toolspan.instrumentation.record._cost import cost_attributes
from toolspan.instrumentation.record._foreign import attributes_of, tool_described_by
from toolspan.instrumentation.record._identity import Identity
from toolspan.instrumentation.record._kinds import Kind, Prepared
from toolspan.instrumentation.record._measured import series_of
from toolspan.instrumentation.record._registry import open_calls

_log = logging.getLogger("toolspan")

# Looking up a member of an enumeration costs as much as a call.
_TOOL: Final = Kind.TOOL
_LLM: Final = Kind.LLM
# What is called in one place of the work, for which the attributes are made once.
_MOST_STARTS: Final = 100


def open_call(
    prepared: Prepared,
    tracer: Tracer,
    context: Context,
    *,
    identity: Identity | None = None,
    start_time: int | None = None,
    more: Mapping[str, Any] | None = None,
    links: Sequence[Link] | None = None,
) -> OpenCall | None:
    """Start a call in `context`; its own context is `call.context`, attached by the caller.

    `identity` replaces that of the context; `more` are attributes beyond those of the kind, to be
    given only when the span is sure to be recorded; `links` lead to spans it has to do with. None
    when the span could not be started.
    """
    kind = prepared.kind
    if kind is not _TOOL and kind is not _LLM:
        identity = _identity_below(prepared, identity_in(context) if identity is None else identity)
    who: Any = context.get(IDENTITY_KEY) if identity is None else identity
    attributes = start_attributes(prepared, who)
    if more is not None:
        attributes = {**attributes, **more}
    call = ModelCall() if kind is _LLM else OpenCall()
    try:
        span = tracer.start_span(
            prepared.span_name, context, prepared.span_kind, attributes, links, start_time
        )
    except Exception:  # a processor or sampler of the host's may raise
        _log.debug("no span for %s", prepared.span_name, exc_info=True)
        return None
    if span is trace.INVALID_SPAN:
        return None
    try:
        call.set_up(prepared, tracer, context, span, identity)
        durations = current_durations()
        if durations is not None:
            call.series = series_of(prepared, who, durations)
            call.started = time_ns() if start_time is None else start_time
        open_calls.add(call)
    except BaseException as error:  # Ctrl-C before anybody can end the call
        end_unopened(span, call, error)
        raise
    return call


def join_call(prepared: Prepared, tracer: Tracer, context: Context, span: Span) -> OpenCall:
    """Record a call on `span`, with which another library describes that very call.

    What we learn is added to the span; ending it is left to its owner.
    """
    call = JoinedCall()
    call.set_up(prepared, tracer, context, span, None)
    open_calls.add(call)
    return call


def unrecorded_call(kind: Kind) -> OpenCall:
    """A call that takes everything and keeps nothing."""
    call = OpenCall()
    prepared = Prepared(kind, kind.value)
    call.set_up(prepared, trace.NoOpTracer(), Context(), trace.INVALID_SPAN, None)
    return call


class ModelCall(OpenCall):
    """A call of a language model, whose span says what it cost."""

    _says_more = _has_rest = True  # its cost is known at its end only

    def _describe_rest(self) -> None:
        super()._describe_rest()
        known = {
            **self.prepared.attributes,
            **(self._said or {}),
            **(self._end_attributes or {}),
        }
        for key, value in cost_attributes(known).items():
            self.put(key, value)


class JoinedCall(OpenCall):
    """A call on a span of another library, which ends it and counts its duration itself."""

    _owns_span = False
    _says_more = _has_rest = (
        True  # what is on the span already stays, which is looked at at the end
    )

    def _describe_failure(self, error_type: str, text: str | None) -> None:
        if self.span.is_recording():
            super()._describe_failure(error_type, text)

    def _describe_rest(self) -> None:
        if not self.span.is_recording():
            self._end_attributes = {}
            return
        known = attributes_of(self.span)
        if self._said is not None:
            self._said = {key: value for key, value in self._said.items() if key not in known}
        super()._describe_rest()
        ours = self._end_attributes or {}
        self._end_attributes = {key: value for key, value in ours.items() if key not in known}


def describes_same_call(span: Span, prepared: Prepared) -> bool:
    """Whether `span`, of another library, describes a call of the tool that `prepared` names."""
    if prepared.kind is not _TOOL or not span.is_recording():
        return False
    attributes = attributes_of(span)
    tool = tool_described_by(getattr(span, "name", ""), attributes, None)
    return tool is not None and tool == prepared.name


def _identity_below(prepared: Prepared, identity: Identity) -> Identity:
    if prepared.kind is Kind.AGENT:
        return identity.in_agent(prepared.name)
    if prepared.kind is Kind.STEP:
        return identity.in_step(prepared.name)
    return identity.in_workflow(prepared.name)


def start_attributes(prepared: Prepared, identity: Identity | None) -> dict[str, Any]:
    """The attributes a span starts with: those of its kind, and who it belongs to.

    They are shared by all spans that start with them.
    """
    if identity is None:
        return prepared.attributes
    attributes = identity.starts.get(prepared)
    if attributes is None:
        attributes = _start_attributes(prepared, identity)
        if len(identity.starts) < _MOST_STARTS:
            identity.starts[prepared] = attributes
    return attributes


def _start_attributes(prepared: Prepared, identity: Identity) -> dict[str, Any]:
    attributes = {**prepared.attributes, **identity.stamp}
    if prepared.kind is _TOOL and identity.agent is not None:
        attributes[GEN_AI_AGENT_NAME] = identity.agent
    if identity.conversation_id is not None and prepared.kind is not Kind.STEP:
        attributes[GEN_AI_CONVERSATION_ID] = identity.conversation_id
    return attributes
