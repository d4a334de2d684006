"""The server side of SDK 1.x, which emits no spans."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from opentelemetry.context import attach, detach, get_current

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks.mcp._client_v1 import (
    protocol_version_of,
    remember_version,
)
from toolspan.instrumentation.frameworks.mcp._exchange import Exchange, Side
from toolspan.instrumentation.frameworks.mcp._messages import remote_context, typed_request
from toolspan.instrumentation.frameworks.mcp._responses import Answer, noting_response
from toolspan.instrumentation.frameworks.mcp._selection import selection
from toolspan.instrumentation.frameworks.mcp._transports import peer_of_request
from toolspan.instrumentation.record import Peer, current_tracer


def hook_server(hooks: Hooks) -> None:
    """Hook where requests are handled, and where `initialize` is, which is elsewhere."""
    hooks.when_imported("mcp.server.lowlevel.server", lambda module: _hook_requests(hooks, module))
    hooks.when_imported("mcp.server.session", lambda module: _hook_initialize(hooks, module))


def _hook_requests(hooks: Hooks, module: ModuleType) -> None:
    if "_handle_request" not in vars(module.Server):
        return  # SDK 2.x

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def handle_request(
            self: Any, message: Any, req: Any, session: Any, *args: Any, **kwargs: Any
        ) -> Any:
            async def handle() -> Any:
                return await original(self, message, req, session, *args, **kwargs)

            return await _serve(handle, message, req, session)

        return handle_request

    hooks.wrap(module.Server, "_handle_request", decorate)


def _hook_initialize(hooks: Hooks, module: ModuleType) -> None:
    if "_received_request" not in vars(module.ServerSession):
        return  # SDK 2.x

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def received_request(self: Any, responder: Any) -> Any:
            async def handle() -> Any:
                return await original(self, responder)

            root = responder.request.root
            if root.method != "initialize":
                return await handle()  # all others come to `_handle_request`
            return await _serve(handle, responder, root, self)

        return received_request

    hooks.wrap(module.ServerSession, "_received_request", decorate)


async def _serve(handle: Callable[[], Any], responder: Any, root: Any, session: Any) -> Any:
    if current_tracer() is None or selection.leaves_out(root.method):
        return await handle()
    request = typed_request(
        root,
        request_id=responder.request_id,
        protocol_version=protocol_version_of(session),
    )
    exchange = Exchange(Side.SERVER, request, peer=lambda: _peer(responder))
    context = exchange.open_span(remote_context(responder.request_meta))
    token = attach(get_current() if context is None else context)
    answer = Answer()
    try:
        with noting_response(responder) as answer:
            result = await handle()
    except BaseException as error:
        exchange.end_with_exception(error)
        raise
    finally:
        detach(token)
        if answer.is_given:
            remember_version(session, answer.response)
    answer.end(exchange)
    return result


def _peer(responder: Any) -> Peer:
    metadata = getattr(responder, "message_metadata", None)
    return peer_of_request(getattr(metadata, "request_context", None))
