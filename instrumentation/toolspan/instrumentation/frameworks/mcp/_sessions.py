"""How long sessions last, from both ends: metrics only, a session has no span."""

import asyncio
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter_ns
from types import ModuleType
from typing import Any, Final

from toolspan.conventions.attributes import ERROR_TYPE, MCP_PROTOCOL_VERSION
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks.mcp._client_v1 import protocol_version_of
from toolspan.instrumentation.frameworks.mcp._metrics import record_duration
from toolspan.instrumentation.frameworks.mcp._transports import peer_behind, peer_of_request
from toolspan.instrumentation.record import Peer, error_type_of, peer_attributes

_CLIENT: Final = "mcp.client.session.duration"
_SERVER: Final = "mcp.server.session.duration"

_started: "weakref.WeakKeyDictionary[Any, int]" = weakref.WeakKeyDictionary()

# A connection is served by functions that call each other; the outermost one is measured.
_is_serving: Final[ContextVar[bool]] = ContextVar("toolspan-mcp-serving", default=False)


def hook_sessions(hooks: Hooks) -> None:
    """Measure sessions of both SDKs."""
    hooks.when_imported("mcp.shared.session", lambda module: _hook_v1(hooks, module))
    hooks.when_imported("mcp.client.session", lambda module: _hook_client_v2(hooks, module))
    hooks.when_imported("mcp.server.runner", lambda module: _hook_server_v2(hooks, module))


def _hook_v1(hooks: Hooks, module: ModuleType) -> None:
    session = getattr(module, "BaseSession", None)
    if session is not None:
        hooks.wrap(session, "__aenter__", _entering)
        hooks.wrap(session, "__aexit__", _leaving)


def _hook_client_v2(hooks: Hooks, module: ModuleType) -> None:
    if "_dispatcher" in module.ClientSession.__init__.__code__.co_names:
        hooks.wrap(module.ClientSession, "__aenter__", _entering)
        hooks.wrap(module.ClientSession, "__aexit__", _leaving)


def _hook_server_v2(hooks: Hooks, module: ModuleType) -> None:
    for name in ("serve_dual_era_loop", "serve_connection"):
        hooks.wrap(module, name, _serving)


def _entering(original: Callable[..., Any]) -> Callable[..., Any]:
    async def enter(self: Any) -> Any:
        _started[self] = perf_counter_ns()
        return await original(self)

    return enter


def _leaving(original: Callable[..., Any]) -> Callable[..., Any]:
    async def leave(self: Any, kind: Any, error: Any, traceback: Any) -> Any:
        try:
            return await original(self, kind, error, traceback)
        finally:
            start = _started.pop(self, None)
            if start is not None:
                is_server = type(self).__name__ == "ServerSession"
                _record(_SERVER if is_server else _CLIENT, start, self, kind)

    return leave


def _serving(original: Callable[..., Any]) -> Callable[..., Any]:
    async def serve(*args: Any, **kwargs: Any) -> Any:
        if _is_serving.get():
            return await original(*args, **kwargs)
        token = _is_serving.set(True)
        start = perf_counter_ns()
        failure: type[BaseException] | None = None
        try:
            return await original(*args, **kwargs)
        except BaseException as error:
            failure = type(error)
            raise
        finally:
            _is_serving.reset(token)
            _record(_SERVER, start, None, failure)

    return serve


def _record(name: str, start_ns: int, session: Any, failure: type[BaseException] | None) -> None:
    is_server = name is _SERVER
    attributes = peer_attributes(_peer(session), is_server=is_server)
    version = getattr(session, "protocol_version", None) or (
        None if session is None else protocol_version_of(session)
    )
    if version is not None:
        attributes[MCP_PROTOCOL_VERSION] = str(version)
    if failure is not None and not issubclass(failure, asyncio.CancelledError | GeneratorExit):
        attributes[ERROR_TYPE] = error_type_of(failure)
    record_duration(name, perf_counter_ns() - start_ns, attributes)


def _peer(session: Any) -> Peer:
    if session is None:
        return peer_of_request(None)
    dispatcher = getattr(session, "_dispatcher", session)
    return peer_behind(getattr(dispatcher, "_write_stream", None))
