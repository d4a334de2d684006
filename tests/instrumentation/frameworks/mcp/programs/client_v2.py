"""An MCP client on SDK 2.x: `client_v2.py SCENARIO MODE URL|COMMAND...`."""

import asyncio
import os
import sys

from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.sse import sse_client

from toolspan.instrumentation import (
    track_agent_run,
    track_step,
    track_tool_call,
    track_workflow,
)


async def call(client, name, arguments=None, **options):
    try:
        result = await client.call_tool(name, arguments or {}, **options)
    except MCPError as error:
        print(name, error.code)
    else:
        print(name, result.is_error, _first_line(result))


def _first_line(result):
    text = result.content[0].text if result.content else ""
    return text.partition("\n")[0][:40]


async def five(client):
    """With `initialize`, five requests."""
    await client.session.list_tools()
    await call(client, "add", {"a": 1, "b": 2})
    await call(client, "fail")
    await call(client, "nope")


async def faults(client):
    await call(client, "add", {"a": 1, "b": 2})
    await call(client, "fail")
    await call(client, "wait", read_timeout_seconds=0.3)
    begun = asyncio.Event()

    async def on_progress(*_):
        begun.set()

    task = asyncio.create_task(client.call_tool("wait", {}, progress_callback=on_progress))
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.gather(*(call(client, "add", {"a": number, "b": 0}) for number in range(3)))


async def nested(client):
    async def add():
        with track_agent_run("clerk"), track_tool_call("add"):
            await call(client, "add", {"a": 1, "b": 2})

    with track_workflow("order"), track_step("price"):
        await add()


async def carried(client):
    await call(client, "carried")


async def crash(client):
    await call(client, "crash")


async def time(client):
    await call(client, "get_current_time", {"timezone": "Europe/Berlin"})
    await call(client, "get_current_time", {"timezone": "Nowhere"})


async def git(client):
    await call(client, "git_log", {"repo_path": ".", "max_count": 1})
    await call(client, "git_log", {"repo_path": "/nowhere", "max_count": 1})


async def everything(client):
    await call(client, "echo", {"message": "hello"})
    await call(client, "get-sum", {"a": 1, "b": "x"})


@track_agent_run(name="tester", session_id="s1")
async def main(scenario, mode, target):
    if target[0].endswith("/sse"):
        server = sse_client(target[0])
    elif target[0].startswith("http"):
        server = target[0]
    else:
        parameters = StdioServerParameters(command=target[0], args=target[1:], env=dict(os.environ))
        server = stdio_client(parameters)
    async with Client(server, mode=mode) as client:
        await globals()[scenario](client)


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
