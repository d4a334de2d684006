"""The zero-code path with the oldest OpenTelemetry and wrapt, and with a configuration file."""

from pathlib import Path

import pytest

from support.cached_environments import python_of
from support.zero_code import Workplace

AGENT = """
    import asyncio
    class Agent:
        def run(self): return TOOLS["search"]("a")
    def search(query): return query
    TOOLS = {"search": search}
    Agent().run()
    """
TARGETS = """
    targets:
      - {target: 'agent:Agent.run', kind: agent}
      - {target: 'agent:search', kind: tool}
    """
RECORDED = ["invoke_agent Agent", "execute_tool search"]

WITH_MCP = """
    import asyncio
    from mcp import Client
    from mcp.server.mcpserver import MCPServer
    server = MCPServer("shop")
    @server.tool()
    def add(a: int, b: int) -> int: return a + b
    async def main():
        async with Client(server, mode="legacy") as client:
            await client.call_tool("add", {"a": 1, "b": "x"})
    asyncio.run(main())
    """


@pytest.mark.frameworks
@pytest.mark.requirement("pain.14-wrapt-2", "pain.13-wide-ranges")
def test_the_oldest_opentelemetry_and_wrapt_record_the_same(tmp_path: Path) -> None:
    workplace = Workplace(tmp_path, python_of("opentelemetry-oldest"))
    workplace.write("agent.py", AGENT)
    workplace.write("targets.yaml", TARGETS)
    done = workplace.toolspan_run("agent.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert workplace.names == RECORDED
    workplace.write("with_mcp.py", WITH_MCP)
    assert workplace.toolspan_run("with_mcp.py").returncode == 0
    assert [
        (span["name"], span["kind"], span["status"], span["attributes"].get("toolspan.outcome"))
        for span in workplace.spans[2:]
    ] == [
        ("initialize", "CLIENT", "UNSET", None),
        ("initialize", "SERVER", "UNSET", None),
        ("tools/call add", "CLIENT", "ERROR", "tool_error"),
        ("tools/call add", "SERVER", "ERROR", "tool_error"),
    ]


@pytest.mark.requirement("capability.J-declarative")
@pytest.mark.parametrize("targets", ["targets.yaml", "[{target: 'agent:search', kind: tool}]"])
def test_targets_and_directory_stand_in_opentelemetrys_configuration_file(
    tmp_path: Path, targets: str
) -> None:
    workplace = Workplace(tmp_path)
    workplace.write("agent.py", AGENT)
    workplace.write("targets.yaml", "targets: [{target: 'agent:search', kind: tool}]")
    workplace.write(
        "otel.yaml",
        f"""
        file_format: "1.0"
        tracer_provider:
          processors:
            - simple: {{exporter: {{console: {{}}}}}}
        instrumentation/development:
          python:
            toolspan:
              directory: toolspan-data
              targets: {targets}
        """,
    )
    done = workplace.start(
        workplace.python.with_name("opentelemetry-instrument"),
        workplace.python,
        "agent.py",
        OTEL_CONFIG_FILE="otel.yaml",
    )
    assert done.returncode == 0, done.stderr
    assert workplace.names == ["execute_tool search"]
