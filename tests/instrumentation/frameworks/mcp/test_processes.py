"""MCP SDK 2.x over stdio and HTTP: client and server in processes and files of their own."""

import json
from pathlib import Path

import pytest

from support.mcp_programs import McpPrograms
from support.trees import expected

OTHERS = [("http", "legacy"), ("sse", "legacy")]
SIZES = ("toolspan.mcp.arguments.size", "toolspan.mcp.result.size")


@pytest.fixture
def programs(tmp_path: Path) -> McpPrograms:
    return McpPrograms(tmp_path)


@pytest.mark.requirement("design.3-mcp2-no-second-span", "pain.06-disjoint-mcp-traces")
def test_five_requests_over_stdio_are_ten_spans_in_one_trace(programs: McpPrograms) -> None:
    server = programs.command("server_v2.py", "stdio")
    done = programs.run(
        programs.command("client_v2.py", "five", "legacy", *server),
        TOOLSPAN_MCP_REQUESTS="all",
    )
    assert done.stdout.splitlines() == [
        "add False 3",
        "fail True Error executing tool fail: out of stock",
        "nope True Unknown tool: nope",
    ]
    assert len(programs.files) == 2
    assert len({span["trace_id"] for span in programs.spans}) == 1
    assert programs.tree(*SIZES, "mcp.method.name", "gen_ai.operation.name") == expected("""
        toolspan.instrumentation | invoke_agent tester | INTERNAL | UNSET | \
            gen_ai.agent.name=tester toolspan.agent=tester toolspan.outcome=ok
          mcp-python-sdk | initialize | CLIENT | UNSET | jsonrpc.request.id=1 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester
            mcp-python-sdk | initialize | SERVER | UNSET | jsonrpc.request.id=1 \
                mcp.protocol.version=2025-11-25 network.transport=pipe
          mcp-python-sdk | tools/list | CLIENT | UNSET | jsonrpc.request.id=2 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester
            mcp-python-sdk | tools/list | SERVER | UNSET | jsonrpc.request.id=2 \
                mcp.protocol.version=2025-11-25 network.transport=pipe
          mcp-python-sdk | tools/call add | CLIENT | UNSET | gen_ai.agent.name=tester \
            gen_ai.tool.name=add jsonrpc.request.id=3 mcp.protocol.version=2025-11-25 \
            network.transport=pipe toolspan.agent=tester toolspan.outcome=ok \
            toolspan.tool_call.arguments_hash=HASH toolspan.tool_call.layer=logical
            mcp-python-sdk | tools/call add | SERVER | UNSET | gen_ai.tool.name=add \
                jsonrpc.request.id=3 mcp.protocol.version=2025-11-25 network.transport=pipe \
                toolspan.outcome=ok toolspan.tool_call.layer=server
          mcp-python-sdk | tools/call fail | CLIENT | ERROR | error.type=tool_error \
            gen_ai.agent.name=tester gen_ai.tool.name=fail jsonrpc.request.id=4 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester \
            toolspan.outcome=tool_error toolspan.tool_call.arguments_hash=HASH \
            toolspan.tool_call.layer=logical
            mcp-python-sdk | tools/call fail | SERVER | ERROR | error.type=tool_error \
                gen_ai.tool.name=fail jsonrpc.request.id=4 mcp.protocol.version=2025-11-25 \
                network.transport=pipe toolspan.outcome=tool_error toolspan.tool_call.layer=server
          mcp-python-sdk | tools/call nope | CLIENT | ERROR | error.type=tool_error \
            gen_ai.agent.name=tester gen_ai.tool.name=nope jsonrpc.request.id=5 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester \
            toolspan.outcome=tool_error toolspan.tool_call.arguments_hash=HASH \
            toolspan.tool_call.layer=logical
            mcp-python-sdk | tools/call nope | SERVER | ERROR | error.type=tool_error \
                gen_ai.tool.name=nope jsonrpc.request.id=5 mcp.protocol.version=2025-11-25 \
                network.transport=pipe toolspan.outcome=tool_error toolspan.tool_call.layer=server
        """)


@pytest.mark.requirement("design.3-nesting")
def test_workflow_step_agent_tool_client_and_server_nest_across_processes(
    programs: McpPrograms,
) -> None:
    server = programs.command("server_v2.py", "stdio")
    programs.run(programs.command("client_v2.py", "nested", "legacy", *server))
    assert len({span["trace_id"] for span in programs.spans}) == 1
    assert len(programs.files) == 2
    lines = programs.brief.splitlines()
    ours = "toolspan.instrumentation"
    ok = "UNSET | toolspan.outcome=ok"
    assert lines[:1] + lines[3:] == [
        f"{ours} | invoke_agent tester | INTERNAL | {ok}",
        f"  {ours} | invoke_workflow order | INTERNAL | {ok}",
        f"    {ours} | step price | INTERNAL | {ok}",
        f"      {ours} | invoke_agent clerk | INTERNAL | {ok}",
        f"        {ours} | execute_tool add | INTERNAL | {ok} toolspan.tool_call.layer=logical",
        f"          mcp-python-sdk | tools/call add | CLIENT | {ok} toolspan.tool_call.layer=client",
        f"            mcp-python-sdk | tools/call add | SERVER | {ok} toolspan.tool_call.layer=server",
    ]


FIVE = """
    toolspan.instrumentation | invoke_agent tester | INTERNAL | UNSET | \
        gen_ai.agent.name=tester toolspan.agent=tester toolspan.outcome=ok
      mcp-python-sdk | {greeting} | CLIENT | UNSET | {client} toolspan.agent=tester
        mcp-python-sdk | {greeting} | SERVER | UNSET | {server}
      mcp-python-sdk | tools/call add | CLIENT | UNSET | gen_ai.agent.name=tester \
        gen_ai.tool.name=add {client} toolspan.agent=tester toolspan.outcome=ok \
        toolspan.tool_call.arguments_hash=HASH toolspan.tool_call.layer=logical
        mcp-python-sdk | tools/call add | SERVER | UNSET | {address}gen_ai.tool.name=add \
            {server_rest} toolspan.outcome=ok toolspan.tool_call.layer=server
      mcp-python-sdk | tools/call fail | CLIENT | ERROR | error.type=tool_error \
        gen_ai.agent.name=tester gen_ai.tool.name=fail {client} toolspan.agent=tester \
        toolspan.outcome=tool_error toolspan.tool_call.arguments_hash=HASH \
        toolspan.tool_call.layer=logical
        mcp-python-sdk | tools/call fail | SERVER | ERROR | {address}error.type=tool_error \
            gen_ai.tool.name=fail {server_rest} toolspan.outcome=tool_error \
            toolspan.tool_call.layer=server
      mcp-python-sdk | tools/call nope | CLIENT | ERROR | error.type=tool_error \
        gen_ai.agent.name=tester gen_ai.tool.name=nope {client} toolspan.agent=tester \
        toolspan.outcome=tool_error toolspan.tool_call.arguments_hash=HASH \
        toolspan.tool_call.layer=logical
        mcp-python-sdk | tools/call nope | SERVER | ERROR | {address}error.type=tool_error \
            gen_ai.tool.name=nope {server_rest} toolspan.outcome=tool_error \
            toolspan.tool_call.layer=server
    """


@pytest.mark.requirement("capability.E-transports")
@pytest.mark.parametrize(
    ("transport", "mode"),
    [("http", "auto"), *(pytest.param(*one, marks=pytest.mark.slow) for one in OTHERS)],
)
def test_what_is_known_of_the_transport_is_on_every_span(
    programs: McpPrograms, transport: str, mode: str
) -> None:
    with programs.serving(programs.command("server_v2.py", transport)) as url:
        done = programs.run(programs.command("client_v2.py", "five", mode, url))
    assert done.returncode == 0, done.stderr
    version = {"legacy": "2025-11-25", "auto": "2026-07-28"}[mode]
    # Streamable HTTP with `initialize` has sessions; 2026-07-28 and SSE have none to name.
    session = "mcp.session.id=SESSION " if (transport, mode) == ("http", "legacy") else ""
    net = "network.protocol.name=http network.transport=tcp"
    client = (
        f"mcp.protocol.version={version} {session}{net} server.address=127.0.0.1 server.port=PORT"
    )
    address = "client.address=127.0.0.1 client.port=PORT "
    rest = f"mcp.protocol.version={version} {session}{net}"
    greeting = "initialize" if mode == "legacy" else "server/discover"
    wanted = FIVE.format(
        client=client,
        greeting=greeting,
        address=address,
        server_rest=rest,
        # The server names the session in its answer to `initialize`.
        server=address + rest.replace(session, ""),
    )
    left_out = (*SIZES, "mcp.method.name", "gen_ai.operation.name", "jsonrpc.request.id")
    assert programs.tree(*left_out) == expected(wanted)


FAULTS = """
    toolspan.instrumentation | invoke_agent tester | INTERNAL | UNSET | toolspan.outcome=ok
      mcp-python-sdk | {greeting} | CLIENT | UNSET
        mcp-python-sdk | {greeting} | SERVER | UNSET
      mcp-python-sdk | tools/call add | CLIENT | UNSET | toolspan.outcome=ok \
        toolspan.tool_call.layer=logical
        mcp-python-sdk | tools/call add | SERVER | UNSET | toolspan.outcome=ok \
            toolspan.tool_call.layer=server
      mcp-python-sdk | tools/call fail | CLIENT | ERROR | error.type=tool_error \
        toolspan.outcome=tool_error toolspan.tool_call.layer=logical
        mcp-python-sdk | tools/call fail | SERVER | ERROR | error.type=tool_error \
            toolspan.outcome=tool_error toolspan.tool_call.layer=server
      mcp-python-sdk | tools/call wait | CLIENT | ERROR Request 'tools/call' timed out | \
        error.type=TimeoutError toolspan.outcome=timeout toolspan.tool_call.layer=logical
        mcp-python-sdk | tools/call wait | SERVER | UNSET | toolspan.outcome=cancelled \
            toolspan.tool_call.layer=server
      mcp-python-sdk | tools/call wait | CLIENT | UNSET | toolspan.outcome=cancelled \
        toolspan.tool_call.layer=logical
        mcp-python-sdk | tools/call wait | SERVER | UNSET | toolspan.outcome=cancelled \
            toolspan.tool_call.layer=server
    """ + "".join(
    """
      mcp-python-sdk | tools/call add | CLIENT | UNSET | toolspan.outcome=ok \
        toolspan.tool_call.layer=logical
        mcp-python-sdk | tools/call add | SERVER | UNSET | toolspan.outcome=ok \
            toolspan.tool_call.layer=server
    """
    for _ in range(3)
)


@pytest.mark.parametrize(
    ("transport", "mode"),
    [
        ("stdio", "legacy"),
        ("http", "auto"),
        pytest.param("stdio", "auto", marks=pytest.mark.slow),
        pytest.param("http", "legacy", marks=pytest.mark.slow),
    ],
)
def test_every_way_to_end_is_seen_from_both_processes(
    programs: McpPrograms, transport: str, mode: str
) -> None:
    server = programs.command("server_v2.py", transport)
    if transport == "stdio":
        done = programs.run(programs.command("client_v2.py", "faults", mode, *server))
    else:
        with programs.serving(server) as url:
            done = programs.run(programs.command("client_v2.py", "faults", mode, url))
    assert done.returncode == 0, done.stderr
    greeting = "server/discover" if mode == "auto" else "initialize"
    wanted = "\n".join(
        line for line in FAULTS.format(greeting=greeting).splitlines() if line.strip()
    )
    assert programs.brief == expected(wanted)
    client = {
        (
            span["attributes"].get("network.transport"),
            span["attributes"].get("network.protocol.name"),
            span["attributes"].get("server.address"),
            "mcp.session.id" in span["attributes"],
        )
        for span in programs.spans
        if span["kind"] == "CLIENT"
    }
    assert client == (
        {("pipe", None, None, False)}
        if transport == "stdio"
        else {("tcp", "http", "127.0.0.1", mode == "legacy")}
    )


def test_a_server_that_crashes_is_an_error_of_the_call(programs: McpPrograms) -> None:
    server = programs.command("server_v2.py", "stdio")
    done = programs.run(programs.command("client_v2.py", "crash", "legacy", *server))
    assert done.stdout == "crash -32000\n"
    assert programs.tree("mcp.method.name", "gen_ai.operation.name") == expected("""
        toolspan.instrumentation | invoke_agent tester | INTERNAL | UNSET | \
            gen_ai.agent.name=tester toolspan.agent=tester toolspan.outcome=ok
          mcp-python-sdk | initialize | CLIENT | UNSET | jsonrpc.request.id=1 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester
            mcp-python-sdk | initialize | SERVER | UNSET | jsonrpc.request.id=1 \
                mcp.protocol.version=2025-11-25 network.transport=pipe
          mcp-python-sdk | tools/call crash | CLIENT | ERROR Connection closed | \
            error.type=-32000 gen_ai.agent.name=tester gen_ai.tool.name=crash \
            jsonrpc.request.id=2 mcp.protocol.version=2025-11-25 network.transport=pipe \
            toolspan.agent=tester toolspan.mcp.arguments.size=0 toolspan.outcome=error \
            toolspan.tool_call.arguments_hash=HASH toolspan.tool_call.layer=logical
        """)


REAL = """
    toolspan.instrumentation | invoke_agent tester | INTERNAL | UNSET | \
        gen_ai.agent.name=tester toolspan.agent=tester toolspan.outcome=ok
      mcp-python-sdk | server/discover | CLIENT | UNSET | jsonrpc.request.id=1 \
        mcp.protocol.version=2026-07-28 network.transport=pipe toolspan.agent=tester
        mcp-python-sdk | server/discover | SERVER | UNSET | jsonrpc.request.id=1 \
            mcp.protocol.version=2026-07-28 network.transport=pipe
      mcp-python-sdk | tools/call {tool} | CLIENT | UNSET | gen_ai.agent.name=tester \
        gen_ai.tool.name={tool} jsonrpc.request.id=2 mcp.protocol.version=2026-07-28 \
        network.transport=pipe toolspan.agent=tester toolspan.outcome=ok \
        toolspan.tool_call.arguments_hash=HASH toolspan.tool_call.layer=logical
        mcp-python-sdk | tools/call {tool} | SERVER | UNSET | gen_ai.tool.name={tool} \
            jsonrpc.request.id=2 mcp.protocol.version=2026-07-28 network.transport=pipe \
            toolspan.outcome=ok toolspan.tool_call.layer=server
      mcp-python-sdk | tools/call {tool} | CLIENT | ERROR | error.type=tool_error \
        gen_ai.agent.name=tester gen_ai.tool.name={tool} jsonrpc.request.id=4 \
        mcp.protocol.version=2026-07-28 network.transport=pipe toolspan.agent=tester \
        toolspan.outcome=tool_error toolspan.tool_call.arguments_hash=HASH \
        toolspan.tool_call.layer=logical
        mcp-python-sdk | tools/call {tool} | SERVER | ERROR | error.type=tool_error \
            gen_ai.tool.name={tool} jsonrpc.request.id=4 mcp.protocol.version=2026-07-28 \
            network.transport=pipe toolspan.outcome=tool_error toolspan.tool_call.layer=server
    """


@pytest.mark.parametrize(
    ("server", "tool"), [("mcp_server_time", "get_current_time"), ("mcp_server_git", "git_log")]
)
def test_a_real_server_is_recorded_on_both_sides(
    programs: McpPrograms, server: str, tool: str
) -> None:
    import subprocess

    subprocess.run(["git", "init", "-q", "."], check=True, cwd=programs.folder)
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    commit = ("git", *identity, "commit", "-q", "--allow-empty", "-m", "first")
    subprocess.run(commit, check=True, cwd=programs.folder)
    scenario = server.rpartition("_")[2]
    done = programs.run(
        programs.command("client_v2.py", scenario, "auto", str(programs.python), "-m", server)
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["False", "True"]
    assert len(programs.files) == 2
    assert programs.tree(*SIZES, "mcp.method.name", "gen_ai.operation.name") == expected(
        REAL.format(tool=tool)
    )


@pytest.mark.requirement("capability.A4-stdio-server", "pain.also-stdout-noise")
def test_a_stdio_servers_output_is_the_protocol_and_nothing_else(programs: McpPrograms) -> None:
    import subprocess

    requests = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": {"name": "t", "version": "1"},
            },
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "add", "arguments": {"a": 1, "b": 2}},
        },
    ]
    command = programs._recorded(programs.command("server_v2.py", "stdio"))
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=programs.folder,
        env=programs._environment("server", {}),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.writelines(json.dumps(request) + "\n" for request in requests)
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.stdin.close()
        rest = process.stdout.read()
    assert [answer["id"] for answer in answers] == [1, 2]
    assert rest == ""
    names = [span["name"] for span in programs.spans]
    assert names == ["initialize", "tools/call add"]
