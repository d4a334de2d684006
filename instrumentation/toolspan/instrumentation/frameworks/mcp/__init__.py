"""The Model Context Protocol: Python SDK 1.x and 2.x, and FastMCP 4, clients and servers.

One client span and one server span a request, in one trace whatever lies between them. SDK 2.x
and FastMCP emit spans themselves; those are mended, never doubled. See `docs/how-to/mcp.md`.
"""

from toolspan.instrumentation.frameworks.mcp._instrumentor import HOOKS, McpInstrumentor

__all__ = ["HOOKS", "McpInstrumentor"]
