"""How the calls of most decorated tools begin, in one function.

Each function that is called on the way costs as much as all that it does, and there are a dozen
between the decorator and the span. So for the calls that most tools have, they are written out
here, and at the end in `OpenCall.end_with_result`; any other call begins as it did before.
"""

import logging
from collections.abc import Callable
from marshal import dumps
from time import time_ns
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Tracer

from toolspan.conventions.attributes import (
    GEN_AI_TOOL_CALL_ARGUMENTS,
    TOOLSPAN_CONTENT_SIZE,
    TOOLSPAN_TOOL_CALL_ARGUMENTS_HASH,
)
from toolspan.instrumentation.content import (
    PLAIN_FORMAT,
    ParameterNames,
    Paths,
    flat_text,
    ordered_arguments_hash,
    settings,
)
from toolspan.instrumentation.metrics import current_durations
from toolspan.instrumentation.record._call import OpenCall, end_unopened
from toolspan.instrumentation.record._context import (
    CALL_KEY,
    FALLBACK_KEY,
    IDENTITY_KEY,
    SPAN_KEY,
    SUPPRESS_KEY,
    SUPPRESS_KEY_PLAIN,
)
from toolspan.instrumentation.record._current import current_context
from toolspan.instrumentation.record._described import described_arguments
from toolspan.instrumentation.record._kinds import Kind, Prepared
from toolspan.instrumentation.record._measured import series_of
from toolspan.instrumentation.record._open import start_attributes
from toolspan.instrumentation.record._registry import open_calls
from toolspan.instrumentation.record._tracer import current_tracer, records_all

_log = logging.getLogger("toolspan")

# Looking up a member of an enumeration costs as much as a call.
_TOOL: Final = Kind.TOOL


class PlainTool:
    """A decorated tool of which nothing but the arguments depends on the call.

    `otherwise` begins the calls that are not plain: spans may be sampled out, another call of a
    tool or a span of another library is around it, or it stands in for another tool.
    """

    __slots__ = (
        "_capture",
        "_is_method",
        "_names",
        "_otherwise",
        "_own_tracer",
        "_parameters",
        "_prepared",
        "_redacted",
        "_source",
        "_sure",
        "_unsure",
    )

    def __init__(
        self,
        prepared: Prepared,
        parameters: ParameterNames,
        *,
        own_tracer: Tracer | None,
        capture: bool | None,
        redacted: Paths,
        is_method: bool,
        source: object,
        otherwise: Callable[[tuple[Any, ...], dict[str, Any]], Any],
    ) -> None:
        self._prepared = prepared
        self._parameters = parameters
        self._names = parameters.names
        self._own_tracer = own_tracer
        self._capture = capture
        self._redacted = redacted
        self._is_method = is_method
        self._source = source
        self._otherwise = otherwise
        self._sure: Tracer | None = None
        self._unsure: Tracer | None = None

    def begin(  # noqa: C901, PLR0912, PLR0915  written out: the module says why
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Open the call; None records nothing."""
        tracer = self._own_tracer or current_tracer()
        if tracer is None:
            return None
        if tracer is not self._sure and not self._meet(tracer):
            return self._otherwise(args, kwargs)
        prepared = self._prepared
        context = current_context()
        if context:
            around: Any = context.get(CALL_KEY)
            if around is None:
                is_plain = SPAN_KEY not in context
            else:
                is_plain = (
                    around.prepared.kind is not _TOOL
                    and around.is_recording
                    and context.get(SPAN_KEY) is around.span
                )
            if (
                not is_plain
                or SUPPRESS_KEY in context
                or SUPPRESS_KEY_PLAIN in context
                or FALLBACK_KEY in context
            ):
                return self._otherwise(args, kwargs)
            who: Any = context.get(IDENTITY_KEY)
            shared = None if who is None else who.starts.get(prepared)
            attributes = (shared or start_attributes(prepared, who)).copy()
        else:
            around = who = None
            attributes = prepared.attributes.copy()
        captured = None
        if settings.capture if self._capture is None else self._capture:
            captured = self._redacted
        cut_size = 0
        try:
            if len(kwargs) > 1 or len(args) > len(self._names) or self._is_method:
                arguments = self._parameters.of(args, kwargs)
            else:
                arguments = dict(zip(self._names, args))  # noqa: B905  strict= costs as much
                if kwargs:
                    arguments.update(kwargs)
            hash_bytes = settings.hash_bytes
            text = None if captured is None else flat_text(arguments, captured)
            if text is not None:  # all values are plain
                attributes[GEN_AI_TOOL_CALL_ARGUMENTS] = text
                if hash_bytes is not None:
                    try:
                        digest = hash_bytes(dumps(arguments, PLAIN_FORMAT))
                    except ValueError:  # a name that is more than a str
                        digest = ordered_arguments_hash(arguments, hash_bytes)
                    attributes[TOOLSPAN_TOOL_CALL_ARGUMENTS_HASH] = digest
            elif captured is not None:
                more, cut_size = described_arguments(arguments, captured)
                attributes.update(more)
            elif hash_bytes is not None:
                digest = ordered_arguments_hash(arguments, hash_bytes)
                attributes[TOOLSPAN_TOOL_CALL_ARGUMENTS_HASH] = digest
        except Exception:  # a hostile argument
            _log.debug("arguments of %s not recorded", prepared.name, exc_info=True)
        call = OpenCall()
        try:
            span = tracer.start_span(prepared.span_name, context, prepared.span_kind, attributes)
        except Exception:  # a processor of the host's may raise
            _log.debug("no span for %s", prepared.span_name, exc_info=True)
            return None
        try:
            call.prepared = prepared
            call.tracer = tracer
            call.span = span
            call.is_recording = is_recording = type(span) is not NonRecordingSpan
            if not is_recording:
                call._says_more = True  # and none of it goes anywhere
                captured = None
            call.parent = around
            call.context = Context({**context, SPAN_KEY: span, CALL_KEY: call})
            call.captured = captured
            call.source = self._source
            call.instance = args[0] if self._is_method and args else None
            if cut_size:
                call.put(TOOLSPAN_CONTENT_SIZE, cut_size)
            call.series = None
            durations = current_durations()
            if durations is not None:
                series = prepared.measured.get(None if who is None else who.agent)
                if series is None or series.durations is not durations:
                    series = series_of(prepared, who, durations)
                call.series = series
                call.started = time_ns()
            open_calls.add(call)
        except BaseException as error:  # Ctrl-C before anybody can end the call
            end_unopened(span, call, error)
            raise
        return call

    def _meet(self, tracer: Tracer) -> bool:
        """Whether every span of `tracer` below a recording one, or below none, is recorded."""
        if tracer is self._unsure:
            return False
        if records_all(tracer):
            self._sure = tracer
            return True
        self._unsure = tracer
        return False
