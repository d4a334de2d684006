"""An MCP client on SDK 1.x: `client_v1.py SCENARIO URL|COMMAND...`."""

import asyncio
import os
import sys
from datetime import timedelta

from mcp import ClientSession, McpError, StdioServerParameters, stdio_client, types
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamablehttp_client
from opentelemetry import trace

from toolspan.instrumentation import track_agent_run, track_tool_call


async def on_elicit(context, params):
    trace.get_tracer("user").start_span("asked").end()
    return types.ElicitResult(action="accept", content={"ok": True})


async def on_sample(context, params):
    trace.get_tracer("model").start_span("chat").end()
    content = types.TextContent(type="text", text="green")
    return types.CreateMessageResult(role="assistant", content=content, model="m")


async def call(session, name, arguments=None, **options):
    try:
        result = await session.call_tool(name, arguments or {}, **options)
    except McpError as error:
        print(name, error.error.code)
    else:
        print(name, result.isError, result.content[0].text[:40])


async def five(session):
    await session.list_tools()
    await call(session, "add", {"a": 1, "b": 2})
    await call(session, "fail")
    await call(session, "nope")


async def faults(session):
    await session.send_ping()
    await call(session, "add", {"a": 1, "b": 2})
    await call(session, "fail")

    async def on_progress(*_):
        begun.set()
        trace.get_tracer("user").start_span("progress").end()

    begun = asyncio.Event()
    limit = timedelta(seconds=0.3)
    await call(session, "wait", read_timeout_seconds=limit, progress_callback=on_progress)
    begun = asyncio.Event()
    task = asyncio.create_task(session.call_tool("wait", {}, progress_callback=on_progress))
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.gather(*(call(session, "add", {"a": number, "b": 0}) for number in range(3)))
    with track_tool_call("add"):
        await call(session, "add", {"a": "x"})


async def ask(session):
    await call(session, "ask")
    await call(session, "ask_model")


async def prompt(session):
    try:
        await session.get_prompt("none")
    except McpError as error:
        print("prompt", error.error.code)


async def carried(session):
    await call(session, "carried")


async def crash(session):
    await call(session, "crash")


@track_agent_run(name="tester", session_id="s1")
async def main(scenario, target):
    if target[0].endswith("/sse"):
        transport = sse_client(target[0])
    elif target[0].startswith("http"):
        transport = streamablehttp_client(target[0])
    else:
        parameters = StdioServerParameters(command=target[0], args=target[1:], env=dict(os.environ))
        transport = stdio_client(parameters)
    async with transport as streams:  # noqa: SIM117  the session needs the streams
        async with ClientSession(
            *streams[:2], elicitation_callback=on_elicit, sampling_callback=on_sample
        ) as session:
            await session.initialize()
            await globals()[scenario](session)


asyncio.run(main(sys.argv[1], sys.argv[2:]))
