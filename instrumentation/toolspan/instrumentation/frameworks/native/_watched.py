"""A live span of somebody else's, watched until its owner ends it: how the call ended is added.

Its owner notes an exception and a status, at most. What the exception means for the call, and its
class as `error.type`, is known only while the exception itself is there.
"""

import logging
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span
from opentelemetry.trace import Status, StatusCode

from toolspan.conventions.attributes import ERROR_TYPE, TOOLSPAN_OUTCOME
from toolspan.conventions.outcomes import TOOL_ERROR_TYPE, Outcome
from toolspan.instrumentation.content import error_text, settings
from toolspan.instrumentation.frameworks.native._place import Place
from toolspan.instrumentation.record import outcome_of_exception

_log: Final = logging.getLogger("toolspan")

_TIME_IS_UP: Final = "Timed out after"
_SHADOWED: Final = (
    "record_exception",
    "set_status",
    "set_attribute",
    "set_attributes",
    "add_event",
    "end",
)
# Under this name a watched span knows who watches it.
_WATCHER: Final = "_toolspan_watched"


class WatchedSpan:
    """Shadows what its owner says of failures on this one span object, and `end`.

    Args:
        outcome_of: What the span itself says at its end of a call that did not fail.
        absent: Values by which its emitter says that it does not know: never recorded.
        returned: The emitter's `error.type` of failures that a tool returned instead of raising;
            None if it has none for those.
        content: Names of its events and attributes that hold content: left out unless that is to
            be recorded.
        is_error_described: Whether the status says what was raised, where its emitter does not.
        place: Where in the work it stands, to be told what its owner says.
        above: Who watches the span that it is below.
        is_left_by_its_reader: Whether being closed means that somebody stopped reading; otherwise
            its emitter closes it itself when it has what it needs.
    """

    __slots__ = (
        "_above",
        "_absent",
        "_before",
        "_below",
        "_error_type",
        "_exception",
        "_is_error_described",
        "_left_out",
        "_outcome",
        "_outcome_of",
        "_passing",
        "_place",
        "_recorded",
        "_returned",
        "_span",
        "_status",
        "_text",
        "_told",
    )

    def __init__(
        self,
        span: Span,
        *,
        outcome_of: Callable[[Span], Outcome | None] | None = None,
        absent: Collection[str] = (),
        returned: Collection[str | None] = (),
        content: Collection[str] = (),
        is_error_described: bool = False,
        place: Place | None = None,
        above: "WatchedSpan | None" = None,
        is_left_by_its_reader: bool = False,
    ) -> None:
        self._span: Final = span
        self._outcome_of: Final = outcome_of
        self._absent: Final = absent
        self._returned: Final = returned
        self._left_out: Final = () if settings.capture else content
        self._is_error_described: Final = is_error_described
        self._place: Final = place
        self._passing: Final = (StopIteration, StopAsyncIteration) + (
            () if is_left_by_its_reader else (GeneratorExit,)
        )
        self._before: Final = sys.exc_info()[1]
        self._exception: BaseException | None = None
        self._recorded: BaseException | None = None
        self._text: str | None = None
        self._told: tuple[Outcome, str | None] | None = None
        self._status: tuple[Status | StatusCode, str | None] | None = None
        self._outcome: str | None = None
        self._error_type: str | None = None
        shadows: dict[str, Any] = {
            "record_exception": self._record_exception,
            "set_status": self._set_status,
            "set_attribute": self._set_attribute,
            "set_attributes": self._set_attributes,
            "add_event": self._add_event,
            "end": self._end,
            _WATCHER: self,
        }
        vars(span).update(shadows)
        self._below: Final[set[WatchedSpan]] = set()
        self._above: Final = above
        if above is not None:
            above._below.add(self)

    def tell(self, error: BaseException) -> None:
        """This is what was raised, whatever its owner makes of it."""
        self._exception = error

    def tell_outcome(self, outcome: Outcome, error_type: str | None = None) -> None:
        """How the call ends, whatever its owner makes of it."""
        self._told = outcome, error_type

    def _record_exception(self, exception: BaseException, *args: Any, **kwargs: Any) -> None:
        if exception is self._recorded:
            return  # by each of the blocks it passes through
        self._recorded = exception
        self._exception = self._exception or exception
        type(self._span).record_exception(self._span, exception, *args, **kwargs)

    def _set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        self._status = status, description  # whether the call failed is known at its end

    def _set_attribute(self, key: str, value: Any) -> None:
        self._set_attributes({key: value})

    def _set_attributes(self, attributes: Mapping[str, Any]) -> None:
        kept = dict(attributes)
        # Who says first how the call ended is nearest to it; both are known for good at the end.
        self._outcome = self._outcome or kept.pop(TOOLSPAN_OUTCOME, None)
        self._error_type = self._error_type or kept.pop(ERROR_TYPE, None)
        for key in (TOOLSPAN_OUTCOME, ERROR_TYPE):
            kept.pop(key, None)
        kept = {
            key: value
            for key, value in kept.items()
            if key not in self._left_out and not self._is_absent(value)
        }
        type(self._span).set_attributes(self._span, kept)
        if self._place is not None:
            self._place.learn(self._span, kept)

    def _add_event(self, name: str, *args: Any, **kwargs: Any) -> None:
        if name not in self._left_out:
            type(self._span).add_event(self._span, name, *args, **kwargs)

    def _is_absent(self, value: object) -> bool:
        return isinstance(value, str) and value in self._absent

    def _end(self, *args: Any, **kwargs: Any) -> None:
        span = self._span
        for name in (*_SHADOWED, _WATCHER):
            vars(span).pop(name, None)
        try:
            outcome, error_type = self._how_it_ended()
            if outcome is Outcome.CANCELLED:
                self._cancel_below()
            self._add_outcome(outcome, error_type)
        except Exception:
            _log.debug("outcome of a native span not recorded", exc_info=True)
        finally:
            self._exception = self._recorded = None
            self._below.clear()
            if self._above is not None:
                self._above._below.discard(self)
            span.end(*args, **kwargs)

    def _cancel_below(self) -> None:
        """A framework that is cancelled may leave spans below open, which nobody ever ends."""
        for below in tuple(self._below):
            below.tell_outcome(Outcome.CANCELLED)
            below._end()
            vars(below._span)["end"] = _ignore  # should its owner come after all

    def _add_outcome(self, outcome: Outcome, error_type: str | None) -> None:
        span = self._span
        added: dict[str, Any] = {TOOLSPAN_OUTCOME: outcome.value}
        if outcome.is_failure:
            span.set_status(StatusCode.ERROR, self._text)
            if self._status is not None and (self._text is None or _has_words(self._status)):
                span.set_status(*self._status)
            if error_type is not None:
                added[ERROR_TYPE] = error_type
        span.set_attributes(added)

    def _how_it_ended(self) -> tuple[Outcome, str | None]:
        if self._told is not None:
            return self._told
        said = self._outcome_of(self._span) if self._outcome_of is not None else None
        exception = _origin(self._exception or self._raised())
        outcome, error_type = Outcome.OK, self._error_type
        if exception is not None:
            outcome, known = outcome_of_exception(exception)
            self._text = error_text(exception) if self._is_error_described else None
            # A code says more than a class, a class without its module less.
            if error_type is None or error_type in self._vague(exception):
                error_type = known
        elif self._outcome is not None:
            outcome = Outcome(self._outcome)
        if outcome is Outcome.OK and self._has_failed():
            outcome = Outcome.TOOL_ERROR if error_type in self._returned else Outcome.ERROR
        if outcome is Outcome.TOOL_ERROR:
            error_type = error_type or TOOL_ERROR_TYPE
        if outcome is Outcome.OK and said is not None:
            outcome = said
        return outcome, error_type

    def _vague(self, exception: BaseException) -> set[str | None]:
        kind = type(exception)
        return {kind.__name__, str(kind), TOOL_ERROR_TYPE, *self._returned}

    def _has_failed(self) -> bool:
        says_error = self._status is not None and _says_error(self._status[0])
        return says_error or self._error_type is not None

    def _raised(self) -> BaseException | None:
        """The exception on its way through the code that ends the span."""
        error = sys.exc_info()[1]
        if error is self._before or isinstance(error, self._passing):
            return None
        return error


def watch(
    span: Span,
    kind: str | None,
    context: Context,
    *,
    is_session: bool = False,
    name: str | None = None,
    **options: Any,
) -> WatchedSpan:
    """Watch a span that begins in `context`, and hand on to it whose it is.

    `kind` and `name` are what it describes; `is_session` says that its conversation is a session;
    for the options, see `WatchedSpan`.
    """
    above = watcher_of(trace.get_current_span(context))
    place = Place(span, kind, context, is_session=is_session, name=name)
    return WatchedSpan(span, place=place, above=above, is_error_described=True, **options)


def _ignore(*_args: Any, **_kwargs: Any) -> None:
    """In place of an end that has been."""


def watcher_of(span: object) -> WatchedSpan | None:
    """Who watches this live span, if anybody does."""
    return getattr(span, "__dict__", {}).get(_WATCHER)


def _origin(exception: BaseException | None) -> BaseException | None:
    """pydantic-ai's `ToolRetryError` only carries what the tool raised.

    A tool whose time is up is told to the model as any other retry.
    """
    if type(exception).__name__ == "ToolRetryError" and exception is not None:
        exception = exception.__cause__ or exception
    inner = None if exception is None else exception.__context__
    is_retry = type(exception).__name__ == "ModelRetry" and exception.__suppress_context__  # type: ignore[union-attr]
    if is_retry and isinstance(inner, TimeoutError) and str(exception).startswith(_TIME_IS_UP):
        return inner
    return exception


def _has_words(status: tuple[Status | StatusCode, str | None]) -> bool:
    """Whether an emitter's error status says more than that it is one."""
    return _says_error(status[0]) and bool(status[1] or getattr(status[0], "description", None))


def _says_error(status: Status | StatusCode) -> bool:
    return getattr(status, "status_code", status) is StatusCode.ERROR
