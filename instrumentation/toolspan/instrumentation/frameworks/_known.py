"""Every framework there are hooks for: what `toolspan doctor` goes through."""

from toolspan.instrumentation.frameworks._hooks import Hooks


def known_hooks() -> list[Hooks]:
    """The hooks of every instrumentor of ours, set or not."""
    from toolspan.instrumentation.frameworks.mcp import HOOKS as MCP_HOOKS

    return [MCP_HOOKS]
