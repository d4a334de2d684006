"""Every hook into MCP, for when it is there: a program without MCP never imports this."""

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks.mcp import (
    _client_v1,
    _client_v2,
    _native,
    _server_v1,
    _server_v2,
)
from toolspan.instrumentation.frameworks.mcp._fastmcp import hook_fastmcp
from toolspan.instrumentation.frameworks.mcp._selection import selection
from toolspan.instrumentation.frameworks.mcp._sessions import hook_sessions
from toolspan.instrumentation.frameworks.mcp._transports import hook_transports
from toolspan.instrumentation.frameworks.native import forget_scope, mend_scope

_NATIVE = (scopes.MCP_PYTHON_SDK, scopes.FASTMCP)
_PEERS = (scopes.OPENLLMETRY_MCP, scopes.LOGFIRE_MCP)


def set_all(hooks: Hooks) -> None:
    """Hook what is there of SDK 1.x, SDK 2.x and FastMCP, and mend their spans."""
    selection.read_environment()
    for scope in _NATIVE:
        mend_scope(scope, _native.mend)
    for scope in _PEERS:
        mend_scope(scope, _native.mark_duplicate)
    hooks.on_stop(_forget_scopes)
    for hook in (
        hook_transports,
        _client_v1.hook_client,
        _client_v2.hook_client,
        _server_v1.hook_server,
        _server_v2.hook_server,
        hook_sessions,
        hook_fastmcp,
    ):
        hook(hooks)


def _forget_scopes() -> None:
    for scope in (*_NATIVE, *_PEERS):
        forget_scope(scope)
