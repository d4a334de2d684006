"""The server side of SDK 2.x and of FastMCP 4: their server spans are mended.

Both start one span per message in a middleware. Ours goes around all of them, so that it sees
what the client will see, and so that the span it mends is already ended, and held, by then.
"""

import logging
import sys
import weakref
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any, Final

from opentelemetry.context import attach, detach

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks.mcp._exchange import Exchange, Side, with_exchange
from toolspan.instrumentation.frameworks.mcp._messages import (
    plain_result,
    raw_request,
    remote_context,
)
from toolspan.instrumentation.frameworks.mcp._selection import selection, unrecorded
from toolspan.instrumentation.frameworks.mcp._transports import peer_of_request
from toolspan.instrumentation.record import McpRequest, current_tracer

_log: Final = logging.getLogger("toolspan")

# Middlewares that start a server span, by class name; importing their modules is not ours to do.
_SDK_SPANS: Final = "OpenTelemetryMiddleware"
_FASTMCP_SPANS: Final = "FastMCPServerMiddleware"


def hook_server(hooks: Hooks) -> None:
    """Give every server that is made from now on our middleware."""
    hooks.when_imported("mcp.server.lowlevel.server", lambda module: _hook_servers(hooks, module))


def _hook_servers(hooks: Hooks, module: ModuleType) -> None:
    if "_handle_request" in vars(module.Server):
        return  # SDK 1.x
    servers: weakref.WeakSet[Any] = weakref.WeakSet()

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            try:
                self.middleware.insert(0, _Middleware(self))
                servers.add(self)
            except Exception:
                _log.warning("toolspan could not watch an MCP server", exc_info=True)

        return init

    def undo() -> None:
        for server in servers:
            server.middleware = [
                one for one in server.middleware if not isinstance(one, _Middleware)
            ]

    hooks.wrap(module.Server, "__init__", decorate)
    hooks.on_stop(undo)


class _Middleware:
    """Around everything else that handles a message."""

    def __init__(self, server: Any) -> None:
        self._server = weakref.ref(server)

    async def __call__(self, ctx: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
        if current_tracer() is None:
            return await call_next(ctx)
        if selection.leaves_out(ctx.method):
            with unrecorded():
                return await call_next(ctx)
        exchange = self._begin(ctx)
        if exchange is None:
            return await call_next(ctx)
        context = None
        if not self._has_span():
            context = exchange.open_span(remote_context(ctx.meta))
        token = attach(with_exchange(exchange, context))
        try:
            result = await call_next(ctx)
        except BaseException as error:
            detach(token)
            exchange.end_with_exception(error)
            raise
        detach(token)
        exchange.end_with_result(plain_result(result))
        return result

    def _begin(self, ctx: Any) -> Exchange | None:
        try:
            known = raw_request(ctx.method, ctx.params, request_id=ctx.request_id)
            request = McpRequest(
                known.method,
                known.params,
                known.request_id,
                known.protocol_version or ctx.protocol_version,
            )
            return Exchange(Side.SERVER, request, peer=lambda: peer_of_request(ctx.request))
        except Exception:
            _log.debug("MCP request not recorded", exc_info=True)
            return None

    def _has_span(self) -> bool:
        """Whether a middleware inside this one starts a span."""
        server = self._server()
        names = {type(one).__name__ for one in getattr(server, "middleware", ())}
        if _FASTMCP_SPANS in names:
            return _fastmcp_spans_are_on()
        return _SDK_SPANS in names


def _fastmcp_spans_are_on() -> bool:
    telemetry: Any = sys.modules.get("fastmcp.telemetry")
    return telemetry is not None and bool(telemetry.native_spans_enabled())
