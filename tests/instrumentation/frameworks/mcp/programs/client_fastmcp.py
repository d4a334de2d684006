"""A FastMCP 4 client: `client_fastmcp.py URL|COMMAND...|inprocess`."""

import asyncio
import os
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from fastmcp.exceptions import ToolError

from toolspan.instrumentation import track_agent_run


async def call(client, name, arguments=None, **options):
    try:
        result = await client.call_tool(name, arguments or {}, **options)
    except ToolError as error:
        print(name, error)
    else:
        print(name, result.is_error)


@track_agent_run(name="tester", session_id="s1")
async def main(target):
    if target[0] == "inprocess":
        from server_fastmcp import server as transport
    elif target[0].startswith("http"):
        transport = target[0]
    else:
        transport = StdioTransport(target[0], target[1:], env=dict(os.environ))
    async with Client(transport) as client:
        await client.list_tools()
        await call(client, "add", {"a": 1, "b": 2})
        await call(client, "fail")
        await call(client, "fail", raise_on_error=False)


asyncio.run(main(sys.argv[1:]))
