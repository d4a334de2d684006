"""The tries of one tool call.

The first try leaves no span of its own unless a second one starts: then it is written with the
times it had. From the second on, each try is a live span below the call's.
"""

import logging
import os
import threading
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode

from toolspan.conventions.attributes import (
    ERROR_TYPE,
    ERROR_TYPE_OTHER,
    TOOLSPAN_ATTEMPT_ERROR_TYPE,
    TOOLSPAN_ATTEMPT_NUMBER,
    TOOLSPAN_OUTCOME,
    TOOLSPAN_TOOL_CALL_LAYER,
)
from toolspan.conventions.layers import Layer
from toolspan.conventions.outcomes import TOOL_ERROR_TYPE, Outcome
from toolspan.instrumentation.content import error_text
from toolspan.instrumentation.record._call import OpenCall, end_span, now
from toolspan.instrumentation.record._context import open_call_in
from toolspan.instrumentation.record._kinds import Kind
from toolspan.instrumentation.record._outcome import outcome_of_exception, returned_failure

_log = logging.getLogger("toolspan")

_counting: Final = threading.Lock()  # tries of one call may run in several threads
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_counting.acquire,
        after_in_parent=_counting.release,
        after_in_child=_counting.release,
    )


class Attempt:
    """One try; `context` is to be attached while it runs, None for the first."""

    __slots__ = ("_call", "_end", "_is_open", "_number", "_span", "_start", "context")

    def __init__(
        self, call: OpenCall, number: int, span: Span | None, context: Context | None
    ) -> None:
        self._call: Final = call
        self._number: Final = number
        self._start: Final = now()
        self._span = span
        self._is_open = True
        self._end: tuple[int, Outcome, str | None, str | None] | None = None
        self.context: Final = context

    def end_with_result(self, result: object, *, judged: str | bool | None = None) -> None:
        """The try returned; `judged` true or an error type says that it failed."""
        if judged:
            failure: str | None = judged if isinstance(judged, str) else TOOL_ERROR_TYPE
        else:
            failure = returned_failure(result)
        self.end(Outcome.OK if failure is None else Outcome.TOOL_ERROR, failure)

    def end_with_exception(self, error: BaseException) -> None:
        """The try raised."""
        outcome, error_type = outcome_of_exception(error)
        self.end(outcome, error_type, error_text(error) if outcome.is_failure else None)

    def end(
        self, outcome: Outcome, error_type: str | None = None, message: str | None = None
    ) -> None:
        """End the try, once."""
        if not self._is_open:
            return
        self._is_open = False
        self._end = (now(), outcome, error_type, message)
        if self._span is not None:
            self._write(self._span)
        elif self._call.attempt_count > 1:  # the second started while this one was running
            self.write_afterwards()

    def write_afterwards(self) -> None:
        """Write the span of a first try that has ended, with its own times."""
        if self._end is None or self._span is not None or not self._call.is_recording:
            return
        self._span = _start_span(self._call, self._number, self._start)
        if self._span is not None:
            self._write(self._span)

    def _write(self, span: Span) -> None:
        if self._end is None:
            return
        end_time, outcome, error_type, message = self._end
        try:
            attributes: dict[str, Any] = {TOOLSPAN_OUTCOME: outcome.value}
            if outcome.is_failure:
                attributes[ERROR_TYPE] = error_type or ERROR_TYPE_OTHER
                attributes[TOOLSPAN_ATTEMPT_ERROR_TYPE] = attributes[ERROR_TYPE]
                span.set_status(Status(StatusCode.ERROR, message))
            span.set_attributes(attributes)
        except Exception:
            _log.debug("attempt not recorded in full", exc_info=True)
        finally:
            end_span(span, end_time)


def begin_attempt(context: Context) -> Attempt | None:
    """Start a try of the tool call that is open in `context`; None when there is none."""
    call = open_call_in(context)
    if call is None or call.prepared.kind is not Kind.TOOL or not call.is_open:
        return None
    with _counting:
        offered, call.offered_attempt = call.offered_attempt, None
        if offered is not None:
            return offered
        number = call.count_attempt()
    if number == 1:
        attempt = Attempt(call, 1, None, None)
        call.first_attempt = attempt
        return attempt
    if call.first_attempt is not None:
        call.first_attempt.write_afterwards()
    span = _start_span(call, number, None) if call.is_recording else None
    if span is None:
        return Attempt(call, number, None, None)
    return Attempt(call, number, span, trace.set_span_in_context(span, context))


def _start_span(call: OpenCall, number: int, start_time: int | None) -> Span | None:
    # Nothing of gen_ai.*: other tools would take an attempt for a tool call.
    attributes: dict[str, Any] = {
        **call.identity.stamp,
        TOOLSPAN_TOOL_CALL_LAYER: Layer.ATTEMPT.value,
        TOOLSPAN_ATTEMPT_NUMBER: number,
    }
    try:
        return call.tracer.start_span(
            f"attempt {call.name}", call.context, attributes=attributes, start_time=start_time
        )
    except Exception:
        _log.debug("no span for attempt %d of %s", number, call.name, exc_info=True)
        return None
