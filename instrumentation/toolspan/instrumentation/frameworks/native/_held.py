"""A live span of somebody else's, held open past its owner's `end()` until the truth is known.

The MCP SDK closes a client span before the caller can see whether the result was a failure, and
nobody can change an ended span. So `end` and what the owner says about failures are shadowed on
this one span object, and applied, corrected, when the request is over.
"""

from collections.abc import Mapping
from time import time_ns
from typing import Any, Final

from opentelemetry.sdk.trace import Span
from opentelemetry.trace import Status

from toolspan.conventions.attributes import ERROR_TYPE

_SHADOWED: Final = ("end", "set_status", "record_exception", "set_attribute", "set_attributes")


class HeldSpan:
    """Until `release`, the owner's end is only noted, and so are its status and `error.type`.

    Exception events are dropped: they repeat the status, with the error's text unredacted.
    """

    __slots__ = ("_end_time", "_error_type", "_is_released", "_status", "span")

    def __init__(self, span: Span) -> None:
        self.span: Final = span
        self._end_time: int | None = None
        self._status: Any = None
        self._error_type: Any = None
        self._is_released = False
        shadows: dict[str, Any] = {
            "end": self._end,
            "set_status": self._set_status,
            "record_exception": _ignore,
            "set_attribute": self._set_attribute,
            "set_attributes": self._set_attributes,
        }
        vars(span).update(shadows)

    @property
    def has_ended(self) -> bool:
        """Whether the owner considers the span ended."""
        return self._end_time is not None

    def release(
        self,
        attributes: Mapping[str, Any],
        status: Status | None,
        *,
        is_failure_known: bool,
        is_late: bool = False,
    ) -> None:
        """Give the span back, with these attributes and this status.

        `is_failure_known` says that status and `error.type` are ours to decide; otherwise those
        the owner set are kept. If the owner has ended the span, it ends with the time of that end;
        `is_late` makes it end now, when what it describes went on after its owner had left it.
        """
        if self._is_released:
            return
        self._is_released = True
        span = self.span
        for name in _SHADOWED:
            vars(span).pop(name, None)
        kept: dict[str, Any] = {}
        if not is_failure_known and self._error_type is not None:
            kept[ERROR_TYPE] = self._error_type
        span.set_attributes({**kept, **attributes})
        if status is not None:
            span.set_status(status)
        elif not is_failure_known and self._status is not None:
            span.set_status(*self._status)
        if self._end_time is not None:
            span.end(None if is_late else self._end_time)

    def drop(self) -> None:
        """Never export the span: its end does nothing."""
        self._is_released = True
        vars(self.span)["end"] = _ignore

    def _end(self, end_time: int | None = None) -> None:
        if self._end_time is None:
            self._end_time = end_time or time_ns()

    def _set_status(self, *status: Any, **options: Any) -> None:
        self._status = status or tuple(options.values())

    def _set_attribute(self, key: str, value: Any) -> None:
        self._set_attributes({key: value})

    def _set_attributes(self, attributes: Mapping[str, Any]) -> None:
        if ERROR_TYPE in attributes:
            self._error_type = attributes[ERROR_TYPE]
            attributes = {key: value for key, value in attributes.items() if key != ERROR_TYPE}
        if attributes:
            type(self.span).set_attributes(self.span, attributes)


def _ignore(*_args: Any, **_kwargs: Any) -> None:
    """In place of what the owner would do to the span."""
