"""The client side of SDK 1.x, which emits no spans: they are ours, and so is the propagation."""

import logging
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from opentelemetry.context import Context, attach, detach, get_current

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks.mcp._callbacks import progress_inside
from toolspan.instrumentation.frameworks.mcp._exchange import Exchange, Side
from toolspan.instrumentation.frameworks.mcp._messages import (
    plain_result,
    remote_context,
    typed_request,
    with_trace_context,
)
from toolspan.instrumentation.frameworks.mcp._responses import noting_response
from toolspan.instrumentation.frameworks.mcp._selection import selection, unrecorded
from toolspan.instrumentation.frameworks.mcp._transports import peer_behind
from toolspan.instrumentation.record import Peer, current_tracer, is_suppressed

_log: Final = logging.getLogger("toolspan")

_versions: "weakref.WeakKeyDictionary[Any, str]" = weakref.WeakKeyDictionary()


def hook_client(hooks: Hooks) -> None:
    """Hook what both sides send requests with, and what the client serves requests with."""
    hooks.when_imported("mcp.shared.session", lambda module: _hook_sending(hooks, module))
    hooks.when_imported("mcp.client.session", lambda module: _hook_callbacks(hooks, module))


def protocol_version_of(session: Any) -> str | None:
    """What client and server agreed on when the session was initialized."""
    return _versions.get(session)


def remember_version(session: Any, result: Any) -> None:
    """Keep the version that the answer to `initialize` names."""
    version = getattr(getattr(result, "root", result), "protocolVersion", None)
    if version is not None:
        _versions[session] = str(version)


def _hook_sending(hooks: Hooks, module: ModuleType) -> None:
    session = getattr(module, "BaseSession", None)
    if session is None:
        return  # SDK 2.x

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def send_request(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            if current_tracer() is None or is_suppressed(get_current()):
                return await original(self, request, *args, **kwargs)
            if selection.leaves_out(_method(request)):
                with unrecorded():
                    plain = _propagating(request, get_current())
                    return await original(self, plain, *args, **kwargs)
            exchange, context = _begin(self, request)
            if context is None:
                return await original(self, request, *args, **kwargs)
            token = attach(context)
            try:
                args, kwargs = _with_progress(args, kwargs, exchange)
                result = await original(self, _propagating(request, context), *args, **kwargs)
            except BaseException as error:
                exchange.end_with_exception(error)
                raise
            else:
                remember_version(self, result)
                exchange.end_with_result(plain_result(result))
                return result
            finally:
                detach(token)

        return send_request

    hooks.wrap(session, "send_request", decorate)


def _begin(session: Any, request: Any) -> tuple[Exchange, Context | None]:
    known = typed_request(
        getattr(request, "root", request),
        request_id=getattr(session, "_request_id", None),
        protocol_version=protocol_version_of(session),
    )
    exchange = Exchange(Side.CLIENT, known, peer=lambda: _peer(session))
    return exchange, exchange.open_span()


def _peer(session: Any) -> Peer:
    return peer_behind(getattr(session, "_write_stream", None))


def _method(request: Any) -> str:
    return str(getattr(getattr(request, "root", request), "method", ""))


def _propagating(request: Any, context: Context) -> Any:
    try:
        return with_trace_context(request, context)
    except Exception:  # a request of a kind we do not know goes out as it is
        _log.debug("trace context not sent with %s", _method(request), exc_info=True)
        return request


def _with_progress(
    args: tuple[Any, ...], kwargs: dict[str, Any], exchange: Exchange
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """`send_request(request, result_type, timeout, metadata, progress_callback)`."""
    position = 3
    if kwargs.get("progress_callback") is not None:
        inside = progress_inside(kwargs["progress_callback"], exchange)
        return args, {**kwargs, "progress_callback": inside}
    if len(args) > position and args[position] is not None:
        inside = progress_inside(args[position], exchange)
        return (*args[:position], inside, *args[position + 1 :]), kwargs
    return args, kwargs


def _hook_callbacks(hooks: Hooks, module: ModuleType) -> None:
    """Requests of the server to the client: sampling, elicitation, roots."""
    if "_received_request" not in vars(module.ClientSession):
        return  # SDK 2.x

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def received_request(self: Any, responder: Any) -> Any:
            method = _method(responder.request)
            if current_tracer() is None or selection.leaves_out(method):
                return await original(self, responder)
            request = typed_request(
                responder.request.root,
                request_id=responder.request_id,
                protocol_version=protocol_version_of(self),
            )
            exchange = Exchange(Side.SERVER, request, peer=lambda: _peer(self))
            context = exchange.open_span(remote_context(responder.request_meta))
            token = attach(get_current() if context is None else context)
            try:
                with noting_response(responder) as answer:
                    await original(self, responder)
                answer.end(exchange)
            except BaseException as error:
                exchange.end_with_exception(error)
                raise
            finally:
                detach(token)

        return received_request

    hooks.wrap(module.ClientSession, "_received_request", decorate)
