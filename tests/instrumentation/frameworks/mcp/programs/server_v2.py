"""An MCP server on SDK 2.x: `server_v2.py stdio`, or `http` or `sse`, which print their URL."""

import asyncio
import os
import sys

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("faults")


@server.tool()
def add(a: int, b: int) -> int:
    return a + b


@server.tool()
async def fail() -> str:
    raise ToolError("out of stock")


@server.tool()
async def wait(ctx: Context) -> str:
    await ctx.report_progress(1, 2, "half way")
    await asyncio.Event().wait()
    return "never"


@server.tool()
def carried(ctx: Context) -> str:
    """Where the trace context came: in the message, in the headers of HTTP."""
    meta = ctx.request_context.meta
    plain = meta if isinstance(meta, dict) else {**vars(meta), **(meta.model_extra or {})}
    request = ctx.request_context.request
    headers = {} if request is None else request.headers
    return f"{'traceparent' in plain} {'traceparent' in headers}"


@server.tool()
def crash() -> str:
    os._exit(3)


class Announcing(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(f"http://127.0.0.1:{port}/{path}", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run("stdio")
    else:
        path = "sse" if sys.argv[1] == "sse" else "mcp"
        app = server.sse_app() if path == "sse" else server.streamable_http_app()
        Announcing(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning")).run()
