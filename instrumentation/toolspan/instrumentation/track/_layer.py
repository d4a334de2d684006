"""A decorator further in: part of the call that one further out has opened."""

from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import Context

from toolspan.conventions.outcomes import TOOL_ERROR_TYPE, Outcome
from toolspan.instrumentation.record import Attempt, Kind, OpenCall, begin_attempt

if TYPE_CHECKING:
    from toolspan.instrumentation.track._tracking import Tracking


class Layer:
    """A tracked layer inside an open call of the same function: enriches it, adds no call.

    Run more than once (a retry between the layers), each run of a tool is one attempt.
    """

    __slots__ = ("_attempt", "_tracking", "call")

    def __init__(
        self,
        tracking: "Tracking",
        call: OpenCall,
        context: Context,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.call: Final = call
        self._tracking: Final = tracking
        self._attempt: Attempt | None = None
        if call.running_layers is None:
            call.running_layers = set()
        if not call.running_layers and tracking.kind is Kind.TOOL:
            self._attempt = begin_attempt(context)
        call.running_layers.add(tracking)
        if call.is_recording and call.attempt_count <= 1:
            tracking.describe(call, context, args, kwargs)

    @property
    def context(self) -> Context | None:
        return None if self._attempt is None else self._attempt.context

    def end_with_result(self, result: object, *, judged: str | bool | None = None) -> None:
        self._leave()
        error_type = (judged if isinstance(judged, str) else TOOL_ERROR_TYPE) if judged else None
        self.call.judge(error_type)
        if self._attempt is not None:
            if error_type is None:
                self._attempt.end_with_result(result)
            else:
                self._attempt.end(Outcome.TOOL_ERROR, error_type)

    def end_with_exception(self, error: BaseException) -> None:
        self._leave()
        self.call.judge(None)
        if self._attempt is not None:
            self._attempt.end_with_exception(error)

    def _leave(self) -> None:
        if self.call.running_layers is not None:
            self.call.running_layers.discard(self._tracking)
