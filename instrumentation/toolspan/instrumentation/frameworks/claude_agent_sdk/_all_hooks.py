"""Every hook into the Claude Agent SDK, for when it is there.

The agent runs in a program of its own. What that says is read as it arrives, in the task that reads
it, whatever pace its messages are used at; hooks of the SDK would be asked by that program, and it
would wait for them.
"""

import sys
from collections.abc import AsyncGenerator, Callable
from types import ModuleType
from typing import Any

from opentelemetry.context import get_current

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks.claude_agent_sdk._listener import Listener, guarded
from toolspan.instrumentation.record import attach, detach


def set_all(hooks: Hooks) -> None:
    """Hook what is there of this version."""
    listener = Listener()
    hooks.when_imported(
        "claude_agent_sdk._internal.query", lambda m: _hook_query(hooks, m, listener)
    )
    hooks.when_imported("claude_agent_sdk.client", lambda m: _hook_client(hooks, m, listener))


def _hook_query(hooks: Hooks, module: ModuleType, listener: Listener) -> None:
    def reading(original: Callable[..., Any]) -> Callable[..., Any]:
        async def read_messages(self: Any) -> Any:
            restore = _listen(self, listener)
            try:
                return await original(self)
            finally:
                restore()
                guarded(listener.closed, self, sys.exc_info()[1])

        return read_messages

    def serving(original: Callable[..., Any]) -> Callable[..., Any]:
        async def handle(self: Any, server_name: Any, message: Any) -> Any:
            context = listener.context_of_tool(self, server_name, message)
            if context is None:
                return await original(self, server_name, message)
            token = attach(context)
            try:
                return await original(self, server_name, message)
            finally:
                detach(token)

        return handle

    hooks.wrap(module.Query, "_read_messages", reading)
    hooks.wrap(module.Query, "_handle_sdk_mcp_request", serving)


def _listen(query: Any, listener: Listener) -> Callable[[], None]:
    """Note every message of this one transport; what is given back ends that."""
    transport = query.transport
    original = transport.read_messages

    async def noted() -> AsyncGenerator[Any, None]:
        async for message in original():
            guarded(listener.message, query, message)
            yield message

    try:
        transport.read_messages = noted
    except AttributeError:  # a transport that takes no attributes is not listened to
        return lambda: None

    def restore() -> None:
        vars(transport).pop("read_messages", None)

    return restore


def _hook_client(hooks: Hooks, module: ModuleType, listener: Listener) -> None:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def query(self: Any, *args: Any, **kwargs: Any) -> Any:
            guarded(listener.asked, self._query, get_current())
            return await original(self, *args, **kwargs)

        return query

    hooks.wrap(module.ClaudeSDKClient, "query", decorate)
