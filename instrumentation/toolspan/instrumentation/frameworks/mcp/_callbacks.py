"""Progress callbacks run in the session's own task; put them back into the call they report on."""

from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.context import attach, detach, get_current

from toolspan.instrumentation.frameworks.mcp._exchange import Exchange


def in_context(opts: Any, exchange: Exchange) -> Any:
    """A copy of a request's options whose progress callback runs inside the exchange's span."""
    callback = opts.get("on_progress") if isinstance(opts, Mapping) else None
    if callback is None:
        return opts
    return {**opts, "on_progress": progress_inside(callback, exchange)}


def progress_inside(callback: Callable[..., Any], exchange: Exchange) -> Callable[..., Any]:
    """`callback`, run where the request was sent, below its span."""
    sent_from = get_current()

    async def on_progress(*args: Any, **kwargs: Any) -> Any:
        span = exchange.span
        here = sent_from if span is None else trace.set_span_in_context(span, sent_from)
        token = attach(here)
        try:
            return await callback(*args, **kwargs)
        finally:
            detach(token)

    return on_progress
