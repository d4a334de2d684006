"""What is known of the transport below a session: remembered by the stream it writes to."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.record import NOBODY_KNOWN, Peer

_log: Final = logging.getLogger("toolspan")

_PIPE: Final = Peer(network_transport="pipe")
_PORTS: Final = {"http": 80, "https": 443}

# By `id`, while the transport is open: not every stream can be referred to weakly or hashed.
_by_stream: Final[dict[int, Callable[[], Peer]]] = {}

# Tasks that serve a connection inherit the context in which its transport was entered.
_served_over: Final[ContextVar[Peer]] = ContextVar("toolspan-mcp-transport", default=NOBODY_KNOWN)


def peer_behind(stream: Any) -> Peer:
    """Who reads what is written to `stream`; nothing is known of streams made elsewhere."""
    known = _by_stream.get(id(stream))
    while known is None and hasattr(stream, "__wrapped__"):  # another instrumentation's proxy
        stream = stream.__wrapped__
        known = _by_stream.get(id(stream))
    return NOBODY_KNOWN if known is None else known()


def peer_of_request(request: Any) -> Peer:
    """The client that sent this request: an HTTP request, or None for other transports."""
    if request is None:
        return _served_over.get()
    client = getattr(request, "client", None)
    headers = getattr(request, "headers", None)
    return Peer(
        network_transport="tcp",
        network_protocol="http",
        address=getattr(client, "host", None),
        port=getattr(client, "port", None),
        session_id=headers.get("mcp-session-id") if headers is not None else None,
    )


def hook_transports(hooks: Hooks) -> None:
    """Remember the streams of each transport of the SDK."""
    hooks.when_imported("mcp.client.stdio", lambda module: _hook_pipe_client(hooks, module))
    hooks.when_imported("mcp.client.streamable_http", lambda module: _hook_http(hooks, module))
    hooks.when_imported("mcp.client.sse", lambda module: _hook_sse(hooks, module))
    hooks.when_imported("mcp.server.stdio", lambda module: _hook_pipe_server(hooks, module))


@contextmanager
def _remembered(stream: Any, peer: Callable[[], Peer]) -> Iterator[None]:
    _by_stream[id(stream)] = peer
    try:
        yield
    finally:
        _by_stream.pop(id(stream), None)


def _hook_pipe_client(hooks: Hooks, module: ModuleType) -> None:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        @asynccontextmanager
        async def stdio_client(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            async with original(*args, **kwargs) as streams:
                with _remembered(streams[1], lambda: _PIPE):
                    yield streams

        return stdio_client

    hooks.wrap(module, "stdio_client", decorate)


def _hook_sse(hooks: Hooks, module: ModuleType) -> None:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        @asynccontextmanager
        async def sse_client(url: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            async with original(url, *args, **kwargs) as streams:
                with _remembered(streams[1], lambda: _http_peer(url, None)):
                    yield streams

        return sse_client

    hooks.wrap(module, "sse_client", decorate)


def _hook_http(hooks: Hooks, module: ModuleType) -> None:
    """The one method that is given both the transport, with URL and session, and the stream."""

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def post_writer(self: Any, *args: Any, **kwargs: Any) -> Any:
            stream = kwargs.get("write_stream", args[3] if len(args) > 3 else None)
            with _remembered(stream, lambda: _peer_of_transport(self)):
                return await original(self, *args, **kwargs)

        return post_writer

    hooks.wrap(module.StreamableHTTPTransport, "post_writer", decorate)


def _hook_pipe_server(hooks: Hooks, module: ModuleType) -> None:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        @asynccontextmanager
        async def stdio_server(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            # Before the transport starts its tasks: requests are served in copies of their context.
            token = _served_over.set(_PIPE)
            try:
                async with original(*args, **kwargs) as streams:
                    with _remembered(streams[1], lambda: _PIPE):
                        yield streams
            finally:
                _served_over.reset(token)

        return stdio_server

    hooks.wrap(module, "stdio_server", decorate)


def _peer_of_transport(transport: Any) -> Peer:
    return _http_peer(getattr(transport, "url", ""), getattr(transport, "session_id", None))


def _http_peer(url: Any, session_id: str | None) -> Peer:
    address = port = None
    try:
        parts = urlsplit(str(url))
        address, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        _log.debug("%r is no URL", url)
    return Peer("tcp", "http", address, port, session_id)
