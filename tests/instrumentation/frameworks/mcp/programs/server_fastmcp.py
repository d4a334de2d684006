"""A FastMCP 4 server: `server_fastmcp.py stdio`, or `server_fastmcp.py http`, which prints its URL."""

import sys

import uvicorn
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError

server = FastMCP("faults")


@server.tool
def add(a: int, b: int) -> int:
    return a + b


@server.tool
async def fail() -> str:
    raise ToolError("out of stock")


class Announcing(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(f"http://127.0.0.1:{port}/mcp", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run(transport="stdio", show_banner=False)
    else:
        config = uvicorn.Config(server.http_app(), host="127.0.0.1", port=0, log_level="warning")
        Announcing(config).run()
