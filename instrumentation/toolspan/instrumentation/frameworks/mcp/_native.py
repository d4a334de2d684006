"""Spans of the MCP SDK 2.x and of FastMCP: which exchange each belongs to."""

from typing import Final

from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace import Span
from opentelemetry.trace import SpanKind

from toolspan.conventions.attributes import MCP_METHOD_NAME, TOOLSPAN_TOOL_CALL_LAYER
from toolspan.conventions.layers import Layer
from toolspan.instrumentation.frameworks.mcp._exchange import Side, exchange_in
from toolspan.instrumentation.frameworks.mcp._selection import selection
from toolspan.instrumentation.frameworks.native import HeldSpan

_SIDES: Final = {SpanKind.CLIENT: Side.CLIENT, SpanKind.SERVER: Side.SERVER}


def mark_duplicate(span: Span, _context: Context) -> None:
    """A span of another MCP instrumentation around the request whose client span is the call's.

    OpenLLMetry calls it `{tool}.tool`, Logfire `MCP request: tools/call {tool}`.
    """
    if span.name.endswith(".tool") or span.name.startswith("MCP request: tools/call "):
        span.set_attribute(TOOLSPAN_TOOL_CALL_LAYER, Layer.DUPLICATE.value)


def mend(span: Span, _context: Context) -> None:
    """Hand the span to the exchange it describes; drop those of messages that leave none."""
    side = _SIDES.get(span.kind)
    method = (span.attributes or {}).get(MCP_METHOD_NAME)
    if side is None or not isinstance(method, str):
        return
    if selection.leaves_out(method):
        HeldSpan(span).drop()
        return
    # Where the span was started, not where its parent is: a server's parent is in the client.
    exchange = exchange_in(get_current())
    if (
        exchange is not None
        and exchange.side is side
        and exchange.span is None
        and exchange.request.method == method
    ):
        exchange.adopt(span)
