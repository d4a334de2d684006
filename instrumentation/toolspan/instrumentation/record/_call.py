"""An open call: a unit of work from its start to its one end."""

import logging
from collections.abc import Mapping, Sequence
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode, Tracer

from toolspan.conventions.attributes import (
    ERROR_TYPE,
    ERROR_TYPE_OTHER,
    GEN_AI_TOOL_CALL_ID,
    GEN_AI_TOOL_CALL_RESULT,
    TOOLSPAN_ATTEMPT_COUNT,
    TOOLSPAN_CONTENT_SIZE,
    TOOLSPAN_FALLBACK_FROM,
    TOOLSPAN_FALLBACK_POSITION,
    TOOLSPAN_OUTCOME,
    TOOLSPAN_TOOL_COST_AMOUNT,
    TOOLSPAN_TOOL_COST_CURRENCY,
)
from toolspan.conventions.outcomes import TOOL_ERROR_TYPE, Outcome
from toolspan.instrumentation.content import NO_PATHS, Paths, error_text, text_of
from toolspan.instrumentation.record._context import (
    CALL_KEY,
    SPAN_KEY,
    identity_in,
    with_identity,
)
from toolspan.instrumentation.record._described import described_arguments
from toolspan.instrumentation.record._identity import Identity
from toolspan.instrumentation.record._kinds import Kind, Prepared
from toolspan.instrumentation.record._outcome import PLAIN, outcome_of_exception, returned_failure
from toolspan.instrumentation.record._registry import open_calls

if TYPE_CHECKING:
    from toolspan.instrumentation.record._attempts import Attempt
    from toolspan.instrumentation.record._measured import Series

_log = logging.getLogger("toolspan")

# Looking up a member of an enumeration costs as much as a call.
_OK: Final = Outcome.OK
_TOOL: Final = Kind.TOOL
_FEW: Final = 6  # attributes that the SDK sets faster one by one than together
_NOWHERE: Final = Context()


class _Unsaid:
    """What few calls have, as it is until somebody says it."""

    running_layers: set[object] | None = None
    """Further layers around the same function that are running in this call."""
    absorbs_same_name = False
    """Whether a decorated function of the same name inside is part of this call."""
    attempt_count = 0
    first_attempt: "Attempt | None" = None
    offered_attempt: "Attempt | None" = None
    """Begun by a hook around the tool: what tries the tool further in, first, is this one."""
    failed_tools: list[str] | None = None
    """Tools that failed below this call and for which nothing stood in yet, in order."""
    fallback_group: Sequence[str] = ()
    _says_more = False
    """Whether the end has more to say than the result, and that all is well."""
    _has_rest = False
    """Whether that is more than arguments, and what our options say."""
    _end_attributes: dict[str, Any] | None = None
    _said: dict[str, Any] | None = None
    _judgement: str | None = None
    _outcome: tuple[Outcome, str | None, str | None] | None = None
    _owns_span = True


class OpenCall(_Unsaid):
    """One tool call, agent run, workflow or step that has started and not yet ended.

    What is learned on the way is kept here and applied to the span once, at the end; whoever
    ends the call first, by whatever path, ends it for good. No method raises into the host.
    """

    __slots__ = (
        "captured",
        "context",
        "instance",
        "is_recording",
        "parent",
        "prepared",
        "series",
        "source",
        "span",
        "started",
        "tracer",
    )
    prepared: Prepared
    tracer: Tracer
    span: Span
    is_recording: bool
    parent: "OpenCall | None"
    context: Context
    """The context below this call while it is open; whoever opens the call attaches it."""
    captured: Paths | None
    """Where content is recorded: the paths that it is recorded without."""
    source: object
    """What opened the call, by which a further layer around the same function knows it."""
    instance: object
    """The object whose method this is a call of."""
    series: "Series | None"
    """Where to record how long it took since `started`; None where nobody collects that."""
    started: int
    """When it did, in nanoseconds since the epoch; only where there is a `series`."""

    def set_up(
        self,
        prepared: Prepared,
        tracer: Tracer,
        context: Context,
        span: Span,
        identity: Identity | None,
    ) -> None:
        """What a call has from its start; an `__init__` costs a second evaluation loop on 3.11."""
        self.prepared = prepared
        self.tracer = tracer
        self.span = span
        self.is_recording = is_recording = span.is_recording()
        if not is_recording:
            self._says_more = True  # and none of it goes anywhere
        self.parent = context.get(CALL_KEY)  # type: ignore[assignment]
        self.captured = self.source = self.instance = self.series = None
        below = {**context, SPAN_KEY: span, CALL_KEY: self}
        if identity is not None:
            with_identity(below, identity)
        self.context = Context(below)

    # --- what the host may say about its call -------------------------------------------------

    @property
    def name(self) -> str:
        """The tool's, agent's, workflow's or step's name."""
        return self.prepared.name

    @property
    def identity(self) -> Identity:
        """The identity of everything below this call."""
        return identity_in(self.context)

    def set_attribute(self, key: str, value: Any) -> None:
        """Put an attribute on the span when the call ends."""
        if isinstance(key, str):
            self.set_attributes({key: value})

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Put attributes on the span when the call ends."""
        if self.is_recording and self.is_open:
            try:
                self._said = {**(self._said or {}), **attributes}
                self._says_more = self._has_rest = True
            except Exception:
                _log.debug("attributes of %s not recorded", self.name, exc_info=True)

    def set_tool_call_id(self, tool_call_id: str) -> None:
        """The id by which the model asked for this call; the provider's, never invented."""
        known = _words(tool_call_id)
        if known and self.prepared.kind is _TOOL and self.is_recording and self.is_open:
            self.put(GEN_AI_TOOL_CALL_ID, known)

    def set_arguments(self, arguments: Mapping[str, Any]) -> None:
        """What the tool was called with: hashed, and recorded where content is captured."""
        if self.prepared.kind is _TOOL and self.is_recording and self.is_open:
            try:
                self.describe_arguments(dict(arguments), is_ordered=False)
            except Exception:
                _log.debug("arguments of %s not recorded", self.name, exc_info=True)

    def set_result(self, result: object) -> None:
        """What the tool gave back: recorded where content is captured."""
        if self.captured is not None and self.is_open:
            self._describe_result(result)

    def set_cost(self, amount: float, currency: str = "USD") -> None:
        """What the tool itself charged for this call; tokens are counted elsewhere."""
        if self.prepared.kind is _TOOL and self.is_recording and self.is_open:
            try:
                self.put(TOOLSPAN_TOOL_COST_AMOUNT, float(amount))
                self.put(TOOLSPAN_TOOL_COST_CURRENCY, str(currency))
            except Exception:
                _log.debug("cost of %s not recorded", self.name, exc_info=True)

    def set_outcome(
        self, outcome: Outcome, *, error_type: str | None = None, message: str | None = None
    ) -> None:
        """How the call ends, whatever it returns; an exception still wins."""
        try:
            self._outcome = (Outcome(outcome), _words(error_type), _words(message))
            self._says_more = True
        except ValueError:
            known = ", ".join(each.value for each in Outcome)
            _log.warning("%r is no outcome of %s; known are %s", outcome, self.name, known)

    def fail(self, error_type: str = TOOL_ERROR_TYPE, message: str | None = None) -> None:
        """The call ends as a failure that is returned, not raised."""
        self.set_outcome(Outcome.TOOL_ERROR, error_type=error_type, message=message)

    # --- what the recorder does ---------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether the call has not ended yet."""
        return self in open_calls

    def capture_content(self, redacted_paths: Paths = NO_PATHS, cut_size: int = 0) -> None:
        """Record arguments and result of this tool call, without `redacted_paths`.

        The span may have started with the arguments, of which `cut_size` had to be cut.
        """
        if self.prepared.kind is _TOOL and self.is_recording:
            self.captured = redacted_paths
            if cut_size:
                self.put(TOOLSPAN_CONTENT_SIZE, cut_size)

    def describe_arguments(self, arguments: dict[str, Any], *, is_ordered: bool = True) -> None:
        """Keep hash and, where captured, text of the arguments as they are now."""
        attributes, size = described_arguments(arguments, self.captured, is_ordered=is_ordered)
        for key, value in attributes.items():
            self.put(key, value)
        if size:
            self.put(TOOLSPAN_CONTENT_SIZE, size)

    def describe_fallback(self, asked_first: str, position: int | None) -> None:
        """Say that this call stands in for `asked_first`."""
        if self.is_recording:
            self.put(TOOLSPAN_FALLBACK_FROM, asked_first)
            if position is not None:
                self.put(TOOLSPAN_FALLBACK_POSITION, position)

    def count_attempt(self) -> int:
        """The number of the try of this call that starts now."""
        self._says_more = self._has_rest = True
        self.attempt_count += 1
        return self.attempt_count

    def judge(self, error_type: str | None) -> None:
        """What an inner layer's predicate says of the result so far; None takes it back."""
        self._says_more = True
        self._judgement = error_type

    def put(self, key: str, value: Any) -> None:
        """Keep an attribute of ours for the end."""
        if self._end_attributes is None:
            self._end_attributes = {}
        self._end_attributes[key] = value
        self._says_more = True

    def _describe_result(self, result: object) -> None:
        text, size = text_of(result, self.captured or NO_PATHS)
        self.put(GEN_AI_TOOL_CALL_RESULT, text)
        if size:
            known = (self._end_attributes or {}).get(TOOLSPAN_CONTENT_SIZE, 0)
            self.put(TOOLSPAN_CONTENT_SIZE, known + size)

    def end_with_result(  # noqa: C901  most of it is written out, as a call costs as much
        self, result: object, *, judged: str | bool | None = None
    ) -> None:
        """End the call that returned `result`.

        `judged` is what the user's own predicate said: False or None leaves it to the result,
        True or an error type makes it a returned failure.
        """
        try:
            try:
                open_calls.remove(self)  # of several threads that end a call, one does
            except KeyError:
                return
            try:
                has_more = self._says_more or judged or type(result) not in PLAIN
            except Exception:  # a class that cannot be hashed
                has_more = True
            parent = self.parent
            if has_more or (parent is not None and parent.failed_tools):
                self._end_with_more(result, judged)
                return
            # What is left to do for most calls, written out.
            span, context = self.span, self.context
            try:
                captured = self.captured
                if captured is not None and result is not None:
                    text, size = text_of(result, captured)
                    span.set_attribute(GEN_AI_TOOL_CALL_RESULT, text)
                    if size:
                        span.set_attribute(TOOLSPAN_CONTENT_SIZE, size)
            except Exception:
                _log.debug("result of %s not recorded", self.name, exc_info=True)
            self.context = _NOWHERE
            try:
                span.set_attribute(TOOLSPAN_OUTCOME, "ok")
            except Exception:  # a span of a foreign implementation
                _log.debug("end of %s not recorded in full", self.name, exc_info=True)
            try:
                span.end()
            except Exception:  # a processor of the host's; the SDK does not isolate it
                _log.debug("a span processor raised at the end of a span", exc_info=True)
            if self.series is not None:
                self.series.record_success(self.started, context)
        except BaseException as error:  # Ctrl-C in the middle of it
            self._end_after_all(error)
            raise

    def _end_with_more(self, result: object, judged: str | bool | None) -> None:
        outcome, error_type, text = _OK, None, None
        try:
            outcome, error_type, text = self._learn_from(result, judged)
        except Exception:
            _log.debug("result of %s not recorded", self.name, exc_info=True)
        self._apply(outcome, error_type, text)

    def _end_after_all(self, error: BaseException) -> None:
        """End the call whose end `error` broke off, unless its span has ended already."""
        open_calls.discard(self)
        if self.span.is_recording():
            self._apply(*outcome_of_exception(error))

    def _learn_from(
        self, result: object, judged: str | bool | None
    ) -> tuple[Outcome, str | None, str | None]:
        """How a call went that returned `result`: its outcome, error type and error text."""
        if self.captured is not None and result is not None:
            self._describe_result(result)
        if self._outcome is not None:
            outcome, error_type, message = self._outcome
            return outcome, error_type, None if message is None else error_text(message)
        if judged := judged or self._judgement:
            return Outcome.TOOL_ERROR, judged if isinstance(judged, str) else TOOL_ERROR_TYPE, None
        if type(result) not in PLAIN and self.prepared.kind is _TOOL:
            error_type = returned_failure(result)
            if error_type is not None:
                return Outcome.TOOL_ERROR, error_type, None
        return _OK, None, None

    def end_with_exception(self, error: BaseException) -> None:
        """End the call that raised `error`."""
        try:
            open_calls.remove(self)
        except KeyError:
            return
        outcome, error_type, text = Outcome.ERROR, ERROR_TYPE_OTHER, None
        try:
            outcome, error_type = outcome_of_exception(error)
            text = error_text(error) if outcome.is_failure else None
        except Exception:
            # Without the traceback: showing this exception is what has just failed.
            _log.debug("error of %s not described in full", self.name)
        finally:
            self._apply(outcome, error_type, text)

    def end(
        self,
        outcome: Outcome,
        error_type: str | None = None,
        message: str | None = None,
        *,
        end_time: int | None = None,
    ) -> None:
        """End the call, once; later ends do nothing. `end_time` in nanoseconds since the epoch."""
        try:
            open_calls.remove(self)
        except KeyError:
            return
        self._apply(outcome, error_type, None if message is None else error_text(message), end_time)

    def _apply(
        self,
        outcome: Outcome,
        error_type: str | None = None,
        text: str | None = None,
        end_time: int | None = None,
    ) -> None:
        context = self.context
        # The context refers to the call: left so, it would wait for the garbage collector.
        self.context = _NOWHERE
        try:
            parent = self.parent
            if parent is not None and (outcome is not _OK or parent.failed_tools):
                self._tell_parent(parent, outcome)
            if self._says_more or outcome is not _OK:
                self._describe_end(outcome, error_type, text)
            else:
                self.span.set_attribute(TOOLSPAN_OUTCOME, "ok")
        except Exception:
            _log.debug("end of %s not recorded in full", self.name, exc_info=True)
        finally:
            if self._owns_span:
                end_span(self.span, end_time)
            if self.series is not None:
                self.series.record(self.started, end_time, context, outcome, error_type)

    def _describe_end(self, outcome: Outcome, error_type: str | None, text: str | None) -> None:
        self.first_attempt = self.offered_attempt = None  # they refer to the call, too
        if not self.is_recording:
            return
        if outcome is not _OK and outcome.is_failure:
            self._describe_failure(error_type or ERROR_TYPE_OTHER, text)
        if self._end_attributes is None:
            self._end_attributes = {}
        self._end_attributes[TOOLSPAN_OUTCOME] = outcome._value_
        if self._has_rest:
            self._describe_rest()
        attributes = self._end_attributes
        if len(attributes) <= _FEW:
            for key, value in attributes.items():
                self.span.set_attribute(key, value)
        else:
            self.span.set_attributes(attributes)

    def _describe_failure(self, error_type: str, text: str | None) -> None:
        self.put(ERROR_TYPE, error_type)
        self.span.set_status(Status(StatusCode.ERROR, text))

    def _describe_rest(self) -> None:
        """What few calls have: attempts, and attributes that the host said."""
        if self.attempt_count > 1:
            self.put(TOOLSPAN_ATTEMPT_COUNT, self.attempt_count)
        if self._said is not None:
            self._describe_as_said(self._said)

    def _describe_as_said(self, said: Mapping[str, Any]) -> None:
        """Put what the host said on the span; what the SDK cannot take costs nothing else."""
        for key, value in said.items():
            try:
                self.span.set_attribute(key, value)
            except Exception:
                _log.debug("attribute %r of %s not recorded", key, self.name, exc_info=True)

    def _tell_parent(self, parent: "OpenCall", outcome: Outcome) -> None:
        """Remember which tools failed below the same parent, so that a fallback is known as one."""
        if self.prepared.kind is not _TOOL:
            return
        if outcome is not _OK:
            if not outcome.is_failure:
                return
            if parent.failed_tools is None:
                parent.failed_tools = []
            parent.failed_tools.append(self.prepared.name)
        elif parent.failed_tools:
            helped = {self.prepared.name, *self.fallback_group}
            parent.failed_tools = [name for name in parent.failed_tools if name not in helped]


def end_span(span: Span, end_time: int | None = None) -> None:
    """End `span`, whatever the host's processors do."""
    try:
        span.end(end_time)
    except Exception:  # a processor of the host's may raise; the SDK does not isolate it
        _log.debug("a span processor raised at the end of a span", exc_info=True)


def end_unopened(span: Span, call: OpenCall, error: BaseException) -> None:
    """End `span` when `error` came before its `call` could be handed out."""
    open_calls.discard(call)
    span.set_attribute(TOOLSPAN_OUTCOME, outcome_of_exception(error)[0].value)
    end_span(span)


def _words(said: object) -> str | None:
    """What the host said, as text; None where it cannot be."""
    if said is None or type(said) is str:
        return said
    try:
        return str(said)
    except Exception:
        return None


def now() -> int:
    """Nanoseconds since the epoch, as spans count them."""
    return time_ns()
