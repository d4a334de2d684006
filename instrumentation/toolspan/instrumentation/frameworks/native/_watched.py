"""A live span of somebody else's, watched until its owner ends it: how the call ended is added.

Its owner notes an exception and a status, at most. What the exception means for the call, and its
class as `error.type`, is known only while the exception itself is there.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

from opentelemetry.sdk.trace import Span
from opentelemetry.trace import StatusCode

from toolspan.conventions.attributes import ERROR_TYPE, TOOLSPAN_OUTCOME
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.record import outcome_of_exception

_log: Final = logging.getLogger("toolspan")

_TIME_IS_UP: Final = "Timed out after"

Raised = Callable[[], BaseException | None]


class WatchedSpan:
    """Shadows what its owner says of failures on this one span object, and `end`."""

    __slots__ = ("_ending", "_exception", "_outcome_of", "_span", "_status")

    def __init__(
        self,
        span: Span,
        *,
        outcome_of: Callable[[Span], Outcome | None],
        raised: Raised,
    ) -> None:
        self._span: Final = span
        self._outcome_of: Final = outcome_of
        self._ending: Final = raised
        self._exception: BaseException | None = None
        self._status: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        shadows: dict[str, Any] = {
            "record_exception": self._record_exception,
            "set_status": self._set_status,
            "end": self._end,
        }
        vars(span).update(shadows)

    def _record_exception(self, exception: BaseException, *args: Any, **kwargs: Any) -> None:
        self._exception = exception
        type(self._span).record_exception(self._span, exception, *args, **kwargs)

    def _set_status(self, *args: Any, **kwargs: Any) -> None:
        self._status = args, kwargs  # whether the call failed is known at its end

    def _end(self, *args: Any, **kwargs: Any) -> None:
        span = self._span
        for name in ("record_exception", "set_status", "end"):
            vars(span).pop(name, None)
        try:
            self._add_outcome()
        except Exception:
            _log.debug("outcome of a native span not recorded", exc_info=True)
        finally:
            self._exception = None
            span.end(*args, **kwargs)

    def _add_outcome(self) -> None:
        span = self._span
        known = span.attributes or {}
        exception = _origin(self._exception or self._ending())
        outcome, error_type = Outcome.OK, None
        if exception is not None:
            outcome, error_type = outcome_of_exception(exception)
        elif self._status is not None and _says_error(self._status[0]):
            outcome = Outcome.ERROR
        outcome = self._outcome_of(span) or outcome
        added: dict[str, Any] = {TOOLSPAN_OUTCOME: outcome.value}
        if outcome.is_failure:
            span.set_status(StatusCode.ERROR)
            if self._status is not None:
                span.set_status(*self._status[0], **self._status[1])
            if error_type is not None:
                added[ERROR_TYPE] = error_type
        span.set_attributes({key: value for key, value in added.items() if key not in known})


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


def _says_error(status: tuple[Any, ...]) -> bool:
    code = getattr(status[0], "status_code", status[0]) if status else None
    return code is StatusCode.ERROR
