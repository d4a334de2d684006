"""The client side of SDK 2.x: its own client spans are mended, the missing ones added.

Every request goes out through a dispatcher, which knows method, parameters and answer as plain
data. `JSONRPCDispatcher` starts a span of its own per request; `DirectDispatcher`, the in-process
one, starts none.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any, Final

from opentelemetry.context import Context, attach, create_key, detach, get_current, set_value
from opentelemetry.trace import set_span_in_context

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks.mcp._callbacks import in_context
from toolspan.instrumentation.frameworks.mcp._exchange import (
    Exchange,
    Side,
    awaits_input,
    with_exchange,
)
from toolspan.instrumentation.frameworks.mcp._messages import (
    meta_of,
    plain_result,
    raw_request,
    remote_context,
)
from toolspan.instrumentation.frameworks.mcp._selection import selection, unrecorded
from toolspan.instrumentation.frameworks.mcp._transports import peer_behind
from toolspan.instrumentation.record import Peer, current_tracer, is_suppressed

_log: Final = logging.getLogger("toolspan")

_ROUNDS_KEY: Final = create_key("toolspan-mcp-rounds")
_HEADER_MISMATCH: Final = -32020


def hook_client(hooks: Hooks) -> None:
    """Hook the dispatchers, the client's rounds and its callbacks."""
    hooks.when_imported("mcp.shared.jsonrpc_dispatcher", lambda module: _hook_wire(hooks, module))
    hooks.when_imported("mcp.shared.direct_dispatcher", lambda module: _hook_direct(hooks, module))
    hooks.when_imported("mcp.client.client", lambda module: _hook_rounds(hooks, module))
    hooks.when_imported("mcp.client.session", lambda module: _hook_callbacks(hooks, module))


def _hook_wire(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module.JSONRPCDispatcher, "send_raw_request", _sending)


def _hook_direct(hooks: Hooks, module: ModuleType) -> None:
    without_span = partial(_sending, has_own_span=False)
    hooks.wrap(module.DirectDispatcher, "send_raw_request", without_span)


def _sending(original: Callable[..., Any], *, has_own_span: bool = True) -> Callable[..., Any]:
    async def send_raw_request(
        self: Any, method: str, params: Any, opts: Any = None, **rest: Any
    ) -> Any:
        if current_tracer() is None or is_suppressed(get_current()):
            return await original(self, method, params, opts, **rest)
        if selection.leaves_out(method):
            with unrecorded():
                return await original(self, method, params, opts, **rest)
        sent = _begin(self, method, params, opts, has_own_span=has_own_span)
        if sent is None:
            return await original(self, method, params, opts, **rest)
        exchange, rounds, context = sent
        token = attach(context)
        try:
            result = await original(self, method, params, in_context(opts, exchange), **rest)
        except BaseException as error:
            detach(token)
            if rounds is None or not rounds.resends_after(exchange, error):
                exchange.end_with_exception(error)
            raise
        detach(token)
        if rounds is None or not rounds.goes_on_after(exchange, result):
            exchange.end_with_result(result)
        return result

    return send_raw_request


def _begin(
    dispatcher: Any, method: str, params: Any, opts: Any, *, has_own_span: bool
) -> "tuple[Exchange, _Rounds | None, Context] | None":
    try:
        headers = opts.get("headers") if isinstance(opts, Mapping) else None
        request = raw_request(method, params, headers=headers)
        rounds = get_current().get(_ROUNDS_KEY)
        rounds = rounds if isinstance(rounds, _Rounds) and request.tool == rounds.tool else None
        exchange = Exchange(
            Side.CLIENT,
            request,
            peer=lambda: _peer(dispatcher),
            inside=rounds.first if rounds is not None else None,
        )
        context = with_exchange(exchange)
        if not has_own_span:
            context = exchange.open_span(context) or context
    except Exception:
        _log.debug("MCP request %s not recorded", method, exc_info=True)
        return None
    if rounds is not None:
        rounds.began(exchange)
    return exchange, rounds, context


def _peer(dispatcher: Any) -> Peer:
    return peer_behind(getattr(dispatcher, "_write_stream", None))


class _Rounds:
    """The requests of one `Client.call_tool`, which may be several for one logical call.

    A server may answer that it needs input first; the client collects it and asks again. The span
    of the first request then stays open until the last answer: it is the logical call, and what
    happens on the way, callbacks and further requests, is recorded inside it.
    """

    def __init__(self, tool: str) -> None:
        self.tool: Final = tool
        self.first: Exchange | None = None
        self._is_first_open = False
        self._token: Any = None

    def began(self, exchange: Exchange) -> None:
        """A request is being sent."""
        if self.first is None:
            self.first = exchange
        else:
            self.first.rounds += 1

    def goes_on_after(self, exchange: Exchange, result: Mapping[str, Any]) -> bool:
        """Whether the first request was answered by a wish for input: its span stays open."""
        return awaits_input(result) and self._keep_open(exchange)

    def resends_after(self, exchange: Exchange, error: BaseException) -> bool:
        """Whether the first request was refused in a way after which the client asks again."""
        code = getattr(getattr(error, "error", None), "code", None)
        return code == _HEADER_MISMATCH and self._keep_open(exchange)

    def _keep_open(self, exchange: Exchange) -> bool:
        if exchange is not self.first or self._is_first_open:
            return False
        self._is_first_open = True
        if exchange.span is not None:
            self._token = attach(set_span_in_context(exchange.span))
        return True

    def end(self, result: Any, error: BaseException | None) -> None:
        """The call is over."""
        if self._token is not None:
            detach(self._token)
        if self.first is None or not self._is_first_open:
            return
        if error is not None:
            self.first.end_with_exception(error)
        else:
            self.first.end_with_result(plain_result(result))


def _hook_rounds(hooks: Hooks, module: ModuleType) -> None:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def call_tool(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
            rounds = _Rounds(name)
            token = attach(set_value(_ROUNDS_KEY, rounds))
            result: Any = None
            failure: BaseException | None = None
            try:
                result = await original(self, name, *args, **kwargs)
            except BaseException as error:
                failure = error
                raise
            else:
                return result
            finally:
                rounds.end(result, failure)
                detach(token)

        return call_tool

    hooks.wrap(module.Client, "call_tool", decorate)


def _hook_callbacks(hooks: Hooks, module: ModuleType) -> None:
    """Requests of the server to the client: the SDK neither spans nor continues the trace."""
    if "_received_request" in vars(module.ClientSession):
        return  # SDK 1.x

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def on_request(self: Any, dctx: Any, method: str, params: Any) -> Any:
            if current_tracer() is None or selection.leaves_out(method):
                return await original(self, dctx, method, params)
            exchange = _begin_serving(self, dctx, method, params)
            context = exchange.open_span(remote_context(meta_of(params)))
            token = attach(get_current() if context is None else context)
            try:
                result = await original(self, dctx, method, params)
            except BaseException as error:
                exchange.end_with_exception(error)
                raise
            else:
                exchange.end_with_result(result)
                return result
            finally:
                detach(token)

        return on_request

    hooks.wrap(module.ClientSession, "_on_request", decorate)


def _begin_serving(session: Any, dctx: Any, method: str, params: Any) -> Exchange:
    request = raw_request(method, params, request_id=getattr(dctx, "request_id", None))
    dispatcher = getattr(session, "_dispatcher", None)
    return Exchange(Side.SERVER, request, peer=lambda: _peer(dispatcher))
