"""Tells at a span's start whoever knows its emitter."""

import logging
from collections.abc import Callable
from typing import Final

from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

_log: Final = logging.getLogger("toolspan")

Mend = Callable[[Span, Context], None]

_by_scope: Final[dict[str, Mend]] = {}


def mend_scope(name: str, mend: Mend) -> None:
    """Call `mend(span, context)` for every span that the scope called `name` starts."""
    _by_scope[name] = mend


def forget_scope(name: str) -> None:
    """Leave the spans of this scope alone from now on."""
    _by_scope.pop(name, None)


class NativeSpanProcessor(SpanProcessor):
    """Add before processors that read a span's attributes at its start."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Pass the span on to those who know its scope."""
        scope = span.instrumentation_scope
        mend = _by_scope.get(scope.name) if scope is not None else None
        if mend is None:
            return
        try:
            mend(span, get_current() if parent_context is None else parent_context)
        except Exception:
            _log.debug("span of %s not mended", scope and scope.name, exc_info=True)

    def on_end(self, span: ReadableSpan) -> None:
        """Too late for changes: an ended span takes none."""

    def shutdown(self) -> None:
        """Nothing to release."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        """Nothing is held back."""
        return True
