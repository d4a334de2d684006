"""The same run recorded by us and by a peer gives the same tool calls."""

from pathlib import Path
from typing import Any

import pytest

from support.programs import run_program
from toolspan.analytics import open_traces

SET_UP = """
import sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from toolspan.exporters import attach

who, directory = sys.argv[1:]
provider = TracerProvider()
trace.set_tracer_provider(provider)
attach(directory, tracer_provider=provider)
"""

# An agent that calls tools: our decorators, or OpenTelemetry's own utility for GenAI.
PLAIN = (
    SET_UP
    + """
def search(query):
    return "pages"

def fetch(url):
    raise ValueError("no such page")

if who == "ours":
    from toolspan.instrumentation import track_agent_run, track_tool_call
    recorded = {tool.__name__: track_tool_call(tool) for tool in (search, fetch)}
    def call(name, *arguments):
        return recorded[name](*arguments)
    def agent(run):
        return track_agent_run(run, name="researcher", conversation_id="c-1")
else:
    from opentelemetry.util.genai.handler import TelemetryHandler
    handler = TelemetryHandler(tracer_provider=provider)
    def call(name, *arguments):
        with handler.tool(name, tool_type="function"):
            return globals()[name](*arguments)
    def agent(run):
        def wrapped():
            with handler.invoke_local_agent(agent_name="researcher", conversation_id="c-1"):
                run()
        return wrapped

def run():
    call("search", "solar")
    for _ in range(2):
        try:
            call("fetch", "u")
        except ValueError:
            pass
    call("search", "wind")

agent(run)()
provider.shutdown()
"""
)

# A client and a server of MCP in one process: what the SDK records itself, and what we add.
MCP = (
    SET_UP
    + """
import asyncio

if who == "ours":
    from toolspan.instrumentation import track_agent_run
    from toolspan.instrumentation.frameworks.mcp import McpInstrumentor
    from toolspan.instrumentation.frameworks.native import NativeSpanProcessor
    provider.add_span_processor(NativeSpanProcessor())
    McpInstrumentor().instrument()

from mcp import Client
from mcp.server.mcpserver import MCPServer

server = MCPServer("shop")

@server.tool()
def add(a: int, b: int) -> int:
    return a + b

@server.tool()
def fail() -> str:
    raise ValueError("backend down")

async def run():
    async with Client(server) as client:
        await client.call_tool("add", {"a": 1, "b": 2})
        await client.call_tool("fail", {})
        await client.call_tool("add", {"a": 3, "b": 4})

asyncio.run(run())
provider.shutdown()
"""
)


def recorded(program: str, who: str, folder: Path) -> list[tuple[Any, ...]]:
    done = run_program(program, who, folder)
    assert done.returncode == 0, done.stderr
    with open_traces(folder) as traces:
        rows = traces.sql_records(
            "SELECT tool_name, agent_name, session_id, outcome, "
            "split_part(error_type, '.', -1) AS error_type, attempts "
            "FROM tool_calls ORDER BY start_time"
        )
    return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize("program", [PLAIN, MCP], ids=["plain tools", "mcp"])
def test_ours_and_a_peers_recording_of_one_run_are_the_same_calls(
    tmp_path: Path, program: str
) -> None:
    ours = recorded(program, "ours", tmp_path / "ours")
    peers = recorded(program, "peer", tmp_path / "peer")
    assert ours == peers
    assert [call[0] for call in ours] in (
        ["search", "fetch", "fetch", "search"],
        ["add", "fail", "add"],
    )
    assert {call[3] for call in ours if call[0] in ("fetch", "fail")} <= {"error", "tool_error"}
