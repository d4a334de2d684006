"""A live span of somebody else's, watched until its owner ends it: how the call ended is added.

Its owner notes an exception and a status, at most. What the exception means for the call, and its
class as `error.type`, is known only while the exception itself is there.
"""

import logging
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from opentelemetry.sdk.trace import Span
from opentelemetry.trace import StatusCode

from toolspan.conventions.attributes import ERROR_TYPE, TOOLSPAN_OUTCOME
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.frameworks.native._place import Place
from toolspan.instrumentation.record import outcome_of_exception

_log: Final = logging.getLogger("toolspan")

_SHADOWED: Final = ("record_exception", "set_status", "set_attribute", "set_attributes", "end")
# Under this name a watched span knows who watches it.
_WATCHER: Final = "_toolspan_watched"


class WatchedSpan:
    """Shadows what its owner says of failures on this one span object, and `end`.

    Args:
        outcome_of: What the span itself says at its end, where its emitter has words for it.
        absent: Values by which its emitter says that it does not know: never recorded.
        returned: The emitter's `error.type` of failures that a tool returned instead of raising.
        place: Where in the work it stands, to be told what its owner says.
        is_left_by_its_reader: Whether being closed means that somebody stopped reading; otherwise
            its emitter closes it itself when it has what it needs.
    """

    __slots__ = (
        "_absent",
        "_before",
        "_error_type",
        "_exception",
        "_outcome",
        "_outcome_of",
        "_passing",
        "_place",
        "_recorded",
        "_returned",
        "_span",
        "_status",
        "_told",
    )

    def __init__(
        self,
        span: Span,
        *,
        outcome_of: Callable[[Span], Outcome | None] | None = None,
        absent: Collection[str] = (),
        returned: Collection[str] = (),
        place: Place | None = None,
        is_left_by_its_reader: bool = False,
    ) -> None:
        self._span: Final = span
        self._outcome_of: Final = outcome_of
        self._absent: Final = absent
        self._returned: Final = returned
        self._place: Final = place
        self._passing: Final = (StopIteration, StopAsyncIteration) + (
            () if is_left_by_its_reader else (GeneratorExit,)
        )
        self._before: Final = sys.exc_info()[1]
        self._exception: BaseException | None = None
        self._recorded: BaseException | None = None
        self._told: tuple[Outcome, str | None] | None = None
        self._status: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self._outcome: str | None = None
        self._error_type: str | None = None
        shadows: dict[str, Any] = {
            "record_exception": self._record_exception,
            "set_status": self._set_status,
            "set_attribute": self._set_attribute,
            "set_attributes": self._set_attributes,
            "end": self._end,
            _WATCHER: self,
        }
        vars(span).update(shadows)

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

    def _set_status(self, *args: Any, **kwargs: Any) -> None:
        self._status = args, kwargs  # whether the call failed is known at its end

    def _set_attribute(self, key: str, value: Any) -> None:
        self._set_attributes({key: value})

    def _set_attributes(self, attributes: Mapping[str, Any]) -> None:
        kept = dict(attributes)
        # Who says first how the call ended is nearest to it; both are known for good at the end.
        self._outcome = self._outcome or kept.pop(TOOLSPAN_OUTCOME, None)
        self._error_type = self._error_type or kept.pop(ERROR_TYPE, None)
        for key in (TOOLSPAN_OUTCOME, ERROR_TYPE):
            kept.pop(key, None)
        kept = {key: value for key, value in kept.items() if not self._is_absent(value)}
        type(self._span).set_attributes(self._span, kept)
        if self._place is not None:
            self._place.learn(self._span, kept)

    def _is_absent(self, value: object) -> bool:
        return isinstance(value, str) and value in self._absent

    def _end(self, *args: Any, **kwargs: Any) -> None:
        span = self._span
        for name in (*_SHADOWED, _WATCHER):
            vars(span).pop(name, None)
        try:
            self._add_outcome()
        except Exception:
            _log.debug("outcome of a native span not recorded", exc_info=True)
        finally:
            self._exception = self._recorded = None
            span.end(*args, **kwargs)

    def _add_outcome(self) -> None:
        span = self._span
        outcome, error_type = self._how_it_ended()
        added: dict[str, Any] = {TOOLSPAN_OUTCOME: outcome.value}
        if outcome.is_failure:
            span.set_status(StatusCode.ERROR)
            if self._status is not None and _says_error(self._status[0]):
                span.set_status(*self._status[0], **self._status[1])
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
            # A code says more than a class, a class without its module less.
            if error_type is None or error_type in {type(exception).__name__, *self._returned}:
                error_type = known
        elif self._outcome is not None:
            outcome = Outcome(self._outcome)
        if outcome is Outcome.OK and self._has_failed():
            is_returned = error_type is not None and error_type in self._returned
            outcome = Outcome.TOOL_ERROR if is_returned else Outcome.ERROR
        return said or outcome, error_type

    def _has_failed(self) -> bool:
        says_error = self._status is not None and _says_error(self._status[0])
        return says_error or self._error_type is not None

    def _raised(self) -> BaseException | None:
        """The exception on its way through the code that ends the span."""
        error = sys.exc_info()[1]
        if error is self._before or isinstance(error, self._passing):
            return None
        return error


def watcher_of(span: object) -> WatchedSpan | None:
    """Who watches this live span, if anybody does."""
    return getattr(span, "__dict__", {}).get(_WATCHER)


def _origin(exception: BaseException | None) -> BaseException | None:
    """pydantic-ai's `ToolRetryError` only carries what the tool raised."""
    if type(exception).__name__ == "ToolRetryError" and exception is not None:
        return exception.__cause__ or exception
    return exception


def _says_error(status: tuple[Any, ...]) -> bool:
    code = getattr(status[0], "status_code", status[0]) if status else None
    return code is StatusCode.ERROR
