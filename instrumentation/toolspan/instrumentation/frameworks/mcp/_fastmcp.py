"""FastMCP 4: of the two client spans per request, its own and the SDK's, the SDK's stays.

The SDK's is the one whose context goes to the server.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from opentelemetry import trace

from toolspan.instrumentation.frameworks._hooks import Hooks


def hook_fastmcp(hooks: Hooks) -> None:
    """Replace FastMCP's client span by the one that is current anyway."""
    hooks.when_imported("fastmcp.client.telemetry", lambda module: _hook_client(hooks, module))


def _hook_client(hooks: Hooks, module: ModuleType) -> None:
    def decorate(_original: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def client_span(*_args: Any, **_kwargs: Any) -> Iterator[Any]:
            yield trace.INVALID_SPAN

        return client_span

    hooks.wrap(module, "client_span", decorate)
