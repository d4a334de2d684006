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

Raised = Callable[[], BaseException | None]


class WatchedSpan:
    """Shadows `record_exception` and `end` on this one span object; never overwrites."""

    __slots__ = ("_ending", "_exception", "_outcome_of", "_span")

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
        vars(span).update({"record_exception": self._record_exception, "end": self._end})

    def _record_exception(self, exception: BaseException, *args: Any, **kwargs: Any) -> None:
        self._exception = exception
        type(self._span).record_exception(self._span, exception, *args, **kwargs)  # type: ignore[arg-type]

    def _end(self, *args: Any, **kwargs: Any) -> None:
        span = self._span
        for name in ("record_exception", "end"):
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
        elif span.status.status_code is StatusCode.ERROR:
            outcome = Outcome.ERROR
        outcome = self._outcome_of(span) or outcome
        added: dict[str, Any] = {TOOLSPAN_OUTCOME: outcome.value}
        if outcome.is_failure and error_type is not None:
            added[ERROR_TYPE] = error_type
            if span.status.status_code is StatusCode.UNSET:
                span.set_status(StatusCode.ERROR)
        span.set_attributes({key: value for key, value in added.items() if key not in known})


def _origin(exception: BaseException | None) -> BaseException | None:
    """pydantic-ai's `ToolRetryError` only carries what the tool raised."""
    if type(exception).__name__ == "ToolRetryError" and exception is not None:
        return exception.__cause__ or exception
    return exception
