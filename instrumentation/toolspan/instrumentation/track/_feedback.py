"""Feedback on a session, trace, span or tool call, at once or days later, from any process."""

import logging
import os
import uuid
from collections.abc import Mapping
from functools import cache
from time import time_ns
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    TraceFlags,
    set_span_in_context,
)

from toolspan.conventions import environment, scopes
from toolspan.conventions.attributes import (
    EVENT_EVALUATION_RESULT,
    SERVICE_NAME,
    SESSION_ID,
)
from toolspan.instrumentation.record import Evaluation, current_tracer, identity_in

_log: Final = logging.getLogger("toolspan")
_INFO: Final = 9  # severity number of INFO


def record_feedback(
    name: str,
    value: float | bool | None = None,
    *,
    label: str | None = None,
    session_id: str | None = None,
    trace_id: str | int | None = None,
    span: Span | SpanContext | None = None,
    tool_call_id: str | None = None,
    source: str = "human",
    evaluator: str | None = None,
    evaluator_version: str | None = None,
    comment: str | None = None,
    id: str | None = None,  # noqa: A002  the word callers expect
    scale: tuple[float, float] | None = None,
    direction: str | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002  as the command's --dir
) -> str | bool:
    """Record what somebody or something thought of a session, trace, span or tool call.

    Without a target it is about the current session and span. Goes to the LoggerProvider as a
    `gen_ai.evaluation.result` event; without one to the events file in `dir` or `TOOLSPAN_DIR`;
    without that either, onto the span while it is open or a span of its own that links to it.
    `dir` given always means the file.

    Args:
        name: What was judged, such as `quality`. Values of different names are never mixed.
        value: A number, or a boolean.
        label: A word instead of a number, or beside it.
        session_id: The `session.id` it is about.
        trace_id: The trace it is about, as 32 hexadecimal digits or an integer.
        span: The span it is about, or its context.
        tool_call_id: The model provider's id of the tool call it is about.
        source: `human`, `llm`, `code` or `unknown`.
        evaluator: Who or what judged: a person, a model, a check.
        evaluator_version: Version of the evaluator; versions are never mixed.
        comment: Why.
        id: Identifies the feedback; recorded twice with one id, it counts once.
        scale: The lowest and the highest possible value.
        direction: `higher` if higher is better, `lower`, or `none`.
        dir: Directory to write the events file in.

    Returns:
        The feedback's id, or False if it is no feedback or nothing is there to record it; the
        log says which, once.
    """
    try:
        return _record(
            _Target.find(session_id, trace_id, span, tool_call_id),
            dir,
            id=id or uuid.uuid4().hex,
            name=name,
            value=value,
            label=label,
            source=source,
            evaluator=evaluator,
            evaluator_version=evaluator_version,
            comment=comment,
            scale=scale,
            direction=direction,
        )
    except ValueError as error:
        _complain_once(f"feedback not recorded: {error}")
    except Exception:
        _log.warning("feedback %r not recorded", name, exc_info=True)
    return False


class _Target:
    """What a feedback is about, as far as is known: session, trace, span, tool call."""

    __slots__ = ("context", "kind", "session_id", "span", "tool_call_id")

    def __init__(
        self,
        kind: str,
        session_id: str | None,
        context: SpanContext | None,
        span: Span | None,
        tool_call_id: str | None,
    ) -> None:
        self.kind = kind
        self.session_id = session_id
        self.context = context
        self.span = span
        self.tool_call_id = tool_call_id

    @classmethod
    def find(
        cls,
        session_id: str | None,
        trace_id: str | int | None,
        span: Span | SpanContext | None,
        tool_call_id: str | None,
    ) -> "_Target":
        """The target the arguments name, the most specific one giving its kind.

        Raises:
            ValueError: nothing is named and nothing is current, or the trace id is none.
        """
        if span is not None:
            live = span if isinstance(span, Span) else None
            context = span.get_span_context() if isinstance(span, Span) else span
            session_id = session_id or _session_of(live)
            return cls("span", session_id, context, live, tool_call_id)
        if trace_id is not None:
            context = SpanContext(_trace_id(trace_id), 0, is_remote=True)
            kind = "trace" if tool_call_id is None else "tool_call"
            return cls(kind, session_id, context, None, tool_call_id)
        if tool_call_id is not None:
            session_id = session_id or identity_in(get_current()).session_id
            return cls("tool_call", session_id, None, None, tool_call_id)
        here = identity_in(get_current()).session_id
        current = trace.get_current_span()
        if session_id is not None and session_id != here:
            return cls("session", session_id, None, None, None)
        known = current.get_span_context() if current.get_span_context().is_valid else None
        live = current if known is not None else None
        if here is not None:
            return cls("session", here, known, live, None)
        if known is None:
            raise ValueError(
                "it is about nothing: give session_id, trace_id, span or tool_call_id, "
                "or call it inside a session or span"
            )
        return cls("span", _session_of(live), known, live, None)

    @property
    def where(self) -> Context:
        """A context in which the target is the current span."""
        if self.context is None:
            return Context()
        return set_span_in_context(self.span or NonRecordingSpan(self.context), Context())


def _record(target: _Target, directory: str | os.PathLike[str] | None, **facts: Any) -> str | bool:
    evaluation = Evaluation(
        target_kind=target.kind,
        session_id=target.session_id,
        tool_call_id=target.tool_call_id,
        **facts,
    )
    attributes = evaluation.attributes
    if directory is not None:
        return evaluation.id if _write(directory, attributes, target) else False
    configured = os.environ.get(environment.TOOLSPAN_DIR)
    is_recorded = (
        _emit_event(attributes, target)
        or (bool(configured) and _write(configured or "", attributes, target))
        or _put_on_span(attributes, target)
    )
    if is_recorded:
        return evaluation.id
    if not configured:  # else the failed write has been told
        _complain_once(
            "feedback not recorded: there is no OpenTelemetry provider, and neither "
            f"{environment.TOOLSPAN_DIR} nor dir= names a directory"
        )
    return False


def _emit_event(attributes: Mapping[str, Any], target: _Target) -> bool:
    """To the LoggerProvider; False when there is none that hands records on."""
    try:
        from opentelemetry._logs import (
            LogRecord,
            NoOpLogger,
            SeverityNumber,
            get_logger_provider,
        )
        from opentelemetry._logs._internal import ProxyLoggerProvider
    except ImportError:  # the logs API is still underscored and may move
        return False
    provider = get_logger_provider()
    if isinstance(provider, ProxyLoggerProvider):
        return False
    logger = provider.get_logger(scopes.TOOLSPAN_FEEDBACK)
    if isinstance(logger, NoOpLogger):
        return False
    is_enabled = getattr(logger, "enabled", None)  # since 1.44
    if is_enabled is not None and not is_enabled(event_name=EVENT_EVALUATION_RESULT):
        return False
    now = time_ns()
    logger.emit(
        LogRecord(
            timestamp=now,
            observed_timestamp=now,
            context=target.where,
            severity_number=SeverityNumber(_INFO),
            attributes=dict(attributes),
            event_name=EVENT_EVALUATION_RESULT,
        )
    )
    return True


def _write(directory: str | os.PathLike[str], attributes: dict[str, Any], target: _Target) -> bool:
    """Straight into an events file, for processes that have no provider."""
    from pathlib import Path

    from toolspan.exporters import append_event

    context = target.context
    try:
        append_event(
            Path(directory),
            event_name=EVENT_EVALUATION_RESULT,
            attributes=attributes,
            time_unix_nano=time_ns(),
            trace_id=context.trace_id if context is not None and context.trace_id else None,
            span_id=context.span_id if context is not None and context.span_id else None,
            resource_attributes=_resource_attributes(),
            scope_name=scopes.TOOLSPAN_FEEDBACK,
        )
    except OSError as error:
        _complain_once(f"feedback not recorded: cannot write into {directory}: {error}")
        return False
    return True


def _put_on_span(attributes: dict[str, Any], target: _Target) -> bool:
    """As an event of the span while it is open, else as a span of its own below it."""
    if target.span is not None and target.span.is_recording():
        target.span.add_event(EVENT_EVALUATION_RESULT, attributes)
        return True
    tracer = current_tracer()
    if tracer is None:
        return False
    context = target.context
    if context is not None and not context.is_valid and target.session_id is None:
        return False  # a trace id alone: no span can be linked, and nothing else would join it
    links = () if context is None or not context.is_valid else (trace.Link(context),)
    parent = (
        SpanContext(context.trace_id, context.span_id, is_remote=True, trace_flags=TraceFlags(1))
        if links and context is not None
        else None
    )
    below = (
        Context() if parent is None else set_span_in_context(NonRecordingSpan(parent), Context())
    )
    span = tracer.start_span(EVENT_EVALUATION_RESULT, below, attributes=attributes, links=links)
    span.end()
    return span.get_span_context().is_valid


def _session_of(span: Span | None) -> str | None:
    found = getattr(span, "attributes", None)
    session_id = found.get(SESSION_ID) if isinstance(found, Mapping) else None
    return session_id if isinstance(session_id, str) else None


def _trace_id(given: str | int) -> int:
    try:
        number = given if isinstance(given, int) else int(given, 16)
    except ValueError:
        number = 0
    if not 0 < number < 1 << 128:
        raise ValueError(f"expected a trace id of 32 hexadecimal digits, found {given!r}")
    return number


def _resource_attributes() -> dict[str, Any]:
    """What this process is, as its provider says or the standard variables do."""
    resource = getattr(trace.get_tracer_provider(), "resource", None)
    found = getattr(resource, "attributes", None)
    if isinstance(found, Mapping):
        return dict(found)
    from urllib.parse import unquote

    pairs = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(",")
    attributes = {
        key.strip(): unquote(value.strip())
        for key, sign, value in (pair.partition("=") for pair in pairs)
        if sign and key.strip()
    }
    if service := os.environ.get("OTEL_SERVICE_NAME"):
        attributes[SERVICE_NAME] = service
    attributes.setdefault(SERVICE_NAME, "unknown_service")
    return attributes


@cache
def _complain_once(message: str) -> None:
    _log.warning(message)
