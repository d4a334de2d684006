"""The entry point `toolspan_mcp`."""

import logging
from collections.abc import Collection
from types import ModuleType
from typing import Any

from opentelemetry.instrumentation import instrumentor

from toolspan.instrumentation.attach import attach_processors
from toolspan.instrumentation.frameworks._hooks import Hooks

_log = logging.getLogger("toolspan")

HOOKS = Hooks(name="mcp", instrumentor="toolspan_mcp", distributions=("mcp", "fastmcp"))
"""The hooks in force, for `toolspan doctor`."""


class McpInstrumentor(instrumentor.BaseInstrumentor):  # type: ignore[misc, name-defined]
    """Records MCP clients and servers. Imports nothing of MCP, never raises.

    `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=toolspan_mcp` switches it off.
    """

    def instrumentation_dependencies(self) -> Collection[str]:
        """Any version: what a version does not have is not hooked."""
        return ()

    def _instrument(self, **_options: Any) -> None:
        try:
            attach_processors()
            HOOKS.when_imported(HOOKS.name, _set_all)
        except Exception:  # an instrumentor that raises would take all others down with it
            _log.warning("toolspan could not instrument MCP", exc_info=True)

    def _uninstrument(self, **_options: Any) -> None:
        HOOKS.stop()


def _set_all(_module: ModuleType) -> None:
    # Functions are changed in place, so it is early enough once MCP is imported as a whole.
    from toolspan.instrumentation.frameworks.mcp._all_hooks import set_all

    set_all(HOOKS)
