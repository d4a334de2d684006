"""Every version of MCP that is promised, each in an environment of its own, whole trees."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.cached_environments import python_of
from support.mcp_programs import McpPrograms
from support.trees import expected

SIZES = ("toolspan.mcp.arguments.size", "toolspan.mcp.result.size")


def programs(folder: Path, environment: str | None = None) -> McpPrograms:
    """With the Python of that environment; without one, that of the tests, which has SDK 2.x."""
    return McpPrograms(folder, python_of(environment) if environment else Path(sys.executable))


@pytest.mark.parametrize(
    "environment", ["mcp-1", pytest.param("mcp-1-oldest", marks=pytest.mark.frameworks)]
)
@pytest.mark.requirement("design.3-mcp1", "capability.E-versions")
def test_five_requests_of_sdk_1_are_ten_spans(tmp_path: Path, environment: str) -> None:
    sdk = programs(tmp_path, environment)
    server = sdk.command("server_v1.py", "stdio")
    done = sdk.run(sdk.command("client_v1.py", "five", *server), TOOLSPAN_MCP_REQUESTS="all")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["add", "False"],
        ["fail", "True"],
        ["nope", "True"],
    ]
    assert len(sdk.files) == 2
    assert len({span["trace_id"] for span in sdk.spans}) == 1
    ours = "toolspan.instrumentation"
    assert sdk.tree(*SIZES, "mcp.method.name", "gen_ai.operation.name") == expected(f"""
        {ours} | invoke_agent tester | INTERNAL | UNSET | \
            gen_ai.agent.name=tester toolspan.agent=tester toolspan.outcome=ok
          {ours} | initialize | CLIENT | UNSET | jsonrpc.request.id=0 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester
            {ours} | initialize | SERVER | UNSET | jsonrpc.request.id=0 \
                mcp.protocol.version=2025-11-25 network.transport=pipe
          {ours} | tools/list | CLIENT | UNSET | jsonrpc.request.id=1 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester
            {ours} | tools/list | SERVER | UNSET | jsonrpc.request.id=1 \
                mcp.protocol.version=2025-11-25 network.transport=pipe
          {ours} | tools/call add | CLIENT | UNSET | gen_ai.agent.name=tester \
            gen_ai.tool.name=add jsonrpc.request.id=2 mcp.protocol.version=2025-11-25 \
            network.transport=pipe toolspan.agent=tester toolspan.outcome=ok \
            toolspan.tool_call.arguments_hash=HASH toolspan.tool_call.layer=logical
            {ours} | tools/call add | SERVER | UNSET | gen_ai.tool.name=add \
                jsonrpc.request.id=2 mcp.protocol.version=2025-11-25 network.transport=pipe \
                toolspan.outcome=ok toolspan.tool_call.layer=server
          {ours} | tools/call fail | CLIENT | ERROR | error.type=tool_error \
            gen_ai.agent.name=tester gen_ai.tool.name=fail jsonrpc.request.id=3 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester \
            toolspan.outcome=tool_error toolspan.tool_call.arguments_hash=HASH \
            toolspan.tool_call.layer=logical
            {ours} | tools/call fail | SERVER | ERROR | error.type=tool_error \
                gen_ai.tool.name=fail jsonrpc.request.id=3 mcp.protocol.version=2025-11-25 \
                network.transport=pipe toolspan.outcome=tool_error toolspan.tool_call.layer=server
          {ours} | tools/call nope | CLIENT | ERROR | error.type=tool_error \
            gen_ai.agent.name=tester gen_ai.tool.name=nope jsonrpc.request.id=4 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester \
            toolspan.outcome=tool_error toolspan.tool_call.arguments_hash=HASH \
            toolspan.tool_call.layer=logical
            {ours} | tools/call nope | SERVER | ERROR | error.type=tool_error \
                gen_ai.tool.name=nope jsonrpc.request.id=4 mcp.protocol.version=2025-11-25 \
                network.transport=pipe toolspan.outcome=tool_error toolspan.tool_call.layer=server
        """)


@pytest.mark.frameworks
def test_optional_requests_of_sdk_1_leave_nothing_by_default(tmp_path: Path) -> None:
    sdk = programs(tmp_path, "mcp-1")
    sdk.run(sdk.command("client_v1.py", "five", *sdk.command("server_v1.py", "stdio")))
    methods = {span["attributes"].get("mcp.method.name") for span in sdk.spans}
    assert methods == {None, "initialize", "tools/call"}


@pytest.mark.frameworks
@pytest.mark.parametrize("transport", ["stdio", "http", "sse"])
def test_every_way_to_end_with_sdk_1(tmp_path: Path, transport: str) -> None:
    sdk = programs(tmp_path, "mcp-1")
    server = sdk.command("server_v1.py", transport)
    if transport == "stdio":
        done = sdk.run(sdk.command("client_v1.py", "faults", *server))
    else:
        with sdk.serving(server) as url:
            done = sdk.run(sdk.command("client_v1.py", "faults", url))
    assert done.returncode == 0, done.stderr
    lines = [line for line in sdk.brief.splitlines() if "| SERVER |" not in line]
    ours = "toolspan.instrumentation"
    logical = "toolspan.tool_call.layer=logical"
    late = (
        "Timed out while waiting for response to ClientRequest. Waited 0.3 seconds. | "
        "error.type=TimeoutError toolspan.outcome=timeout"
    )
    failed = "error.type=tool_error toolspan.outcome=tool_error"
    assert lines == [
        f"{ours} | invoke_agent tester | INTERNAL | UNSET | toolspan.outcome=ok",
        f"  {ours} | initialize | CLIENT | UNSET",
        f"  {ours} | tools/call add | CLIENT | UNSET | toolspan.outcome=ok {logical}",
        f"  {ours} | tools/call fail | CLIENT | ERROR | {failed} {logical}",
        f"  {ours} | tools/call wait | CLIENT | ERROR {late} {logical}",
        "    user | progress | INTERNAL | UNSET",
        f"  {ours} | tools/call wait | CLIENT | UNSET | toolspan.outcome=cancelled {logical}",
        "    user | progress | INTERNAL | UNSET",
        *[f"  {ours} | tools/call add | CLIENT | UNSET | toolspan.outcome=ok {logical}"] * 3,
        f"  {ours} | execute_tool add | INTERNAL | ERROR | {failed} {logical}",
        f"    {ours} | tools/call add | CLIENT | ERROR | {failed} toolspan.tool_call.layer=client",
    ]
    clients = {span["span_id"] for span in sdk.spans if span["kind"] == "CLIENT"}
    servers = [span for span in sdk.spans if span["kind"] == "SERVER"]
    assert len(servers) == len(clients)
    assert {span["parent_span_id"] for span in servers} == clients


@pytest.mark.frameworks
def test_a_server_of_sdk_1_that_asks_back_stays_in_the_trace(tmp_path: Path) -> None:
    sdk = programs(tmp_path, "mcp-1")
    sdk.run(sdk.command("client_v1.py", "ask", *sdk.command("server_v1.py", "stdio")))
    ours = "toolspan.instrumentation"
    ok = "UNSET | toolspan.outcome=ok toolspan.tool_call.layer"
    assert sdk.brief.splitlines()[3:] == [
        line
        for tool, method, callback in (
            ("ask", "elicitation/create", "user | asked"),
            ("ask_model", "sampling/createMessage", "model | chat"),
        )
        for line in (
            f"  {ours} | tools/call {tool} | CLIENT | {ok}=logical",
            f"    {ours} | tools/call {tool} | SERVER | {ok}=server",
            f"      {ours} | {method} | CLIENT | UNSET",
            f"        {ours} | {method} | SERVER | UNSET",
            f"          {callback} | INTERNAL | UNSET",
        )
    ]


@pytest.mark.frameworks
def test_a_server_of_sdk_1_that_crashes_is_an_error_of_the_call(tmp_path: Path) -> None:
    sdk = programs(tmp_path, "mcp-1")
    done = sdk.run(sdk.command("client_v1.py", "crash", *sdk.command("server_v1.py", "stdio")))
    assert done.stdout == "crash -32000\n"
    assert sdk.brief.splitlines()[-1] == (
        "  toolspan.instrumentation | tools/call crash | CLIENT | ERROR Connection closed | "
        "error.type=-32000 toolspan.outcome=error toolspan.tool_call.layer=logical"
    )


@pytest.mark.frameworks
@pytest.mark.requirement("capability.E-versions")
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_first_sdk_2_is_recorded_as_the_newest(tmp_path: Path, mode: str) -> None:
    sdk = programs(tmp_path, "mcp-2-oldest")
    done = sdk.run(sdk.command("client_v2.py", "five", mode, *sdk.command("server_v2.py", "stdio")))
    assert done.returncode == 0, done.stderr
    assert calls_of(sdk) == expected(MIXED.format(client="mcp-python-sdk", server="mcp-python-sdk"))
    assert len({span["trace_id"] for span in sdk.spans}) == 1
    assert len(sdk.spans) == 1 + 2 + 6


MIXED = """
    {client} | tools/call add | CLIENT | UNSET | toolspan.outcome=ok \
        toolspan.tool_call.layer=logical
      {server} | tools/call add | SERVER | UNSET | toolspan.outcome=ok \
        toolspan.tool_call.layer=server
    {client} | tools/call fail | CLIENT | ERROR | error.type=tool_error \
        toolspan.outcome=tool_error toolspan.tool_call.layer=logical
      {server} | tools/call fail | SERVER | ERROR | error.type=tool_error \
        toolspan.outcome=tool_error toolspan.tool_call.layer=server
    {client} | tools/call nope | CLIENT | ERROR | error.type=tool_error \
        toolspan.outcome=tool_error toolspan.tool_call.layer=logical
      {server} | tools/call nope | SERVER | ERROR | error.type=tool_error \
        toolspan.outcome=tool_error toolspan.tool_call.layer=server
    """


def calls_of(sdk: McpPrograms) -> str:
    lines = [line.removeprefix("  ") for line in sdk.brief.splitlines() if "tools/call" in line]
    return "\n".join(lines)


@pytest.mark.requirement("capability.E-versions")
def test_a_client_of_sdk_1_with_a_server_of_sdk_2(tmp_path: Path) -> None:
    client, server = programs(tmp_path, "mcp-1"), programs(tmp_path)
    client.run(client.command("client_v1.py", "five", *server.command("server_v2.py", "stdio")))
    assert calls_of(client) == expected(
        MIXED.format(client="toolspan.instrumentation", server="mcp-python-sdk")
    )


@pytest.mark.requirement("capability.E-versions")
def test_a_client_of_sdk_2_with_a_server_of_sdk_1(tmp_path: Path) -> None:
    client, server = programs(tmp_path), programs(tmp_path, "mcp-1")
    client.run(
        client.command("client_v2.py", "five", "auto", *server.command("server_v1.py", "stdio"))
    )
    assert calls_of(client) == expected(
        MIXED.format(client="mcp-python-sdk", server="toolspan.instrumentation")
    )


@pytest.mark.parametrize(
    "transport",
    [
        pytest.param("stdio", marks=pytest.mark.frameworks),
        pytest.param("http", marks=pytest.mark.frameworks),
        "inprocess",
    ],
)
def test_fastmcp_has_one_client_and_one_server_span_a_request(
    tmp_path: Path, transport: str
) -> None:
    fastmcp = programs(tmp_path, "fastmcp-4")
    server = fastmcp.command("server_fastmcp.py", transport)
    if transport == "http":
        with fastmcp.serving(server) as url:
            done = fastmcp.run(fastmcp.command("client_fastmcp.py", url))
    else:
        target = server if transport == "stdio" else ["inprocess"]
        done = fastmcp.run(fastmcp.command("client_fastmcp.py", *target))
    assert done.stdout.splitlines() == ["add False", "fail out of stock", "fail True"]
    failed = """
        mcp-python-sdk | tools/call fail | CLIENT | ERROR | error.type=tool_error \
            toolspan.outcome=tool_error toolspan.tool_call.layer=logical
          fastmcp | tools/call fail | SERVER | ERROR | error.type=tool_error \
            toolspan.outcome=tool_error toolspan.tool_call.layer=server"""
    assert calls_of(fastmcp) == expected(f"""
        mcp-python-sdk | tools/call add | CLIENT | UNSET | toolspan.outcome=ok \
            toolspan.tool_call.layer=logical
          fastmcp | tools/call add | SERVER | UNSET | toolspan.outcome=ok \
            toolspan.tool_call.layer=server{failed}{failed}
        """)
    assert len(fastmcp.spans) == 1 + 2 + 6


@pytest.mark.frameworks
@pytest.mark.parametrize("mode", ["propagation_only", "off"])
def test_where_fastmcp_is_told_to_be_quiet_the_server_span_is_ours(
    tmp_path: Path, mode: str
) -> None:
    fastmcp = programs(tmp_path, "fastmcp-4")
    server = fastmcp.command("server_fastmcp.py", "stdio")
    fastmcp.run(fastmcp.command("client_fastmcp.py", *server), FASTMCP_TELEMETRY_MODE=mode)
    assert calls_of(fastmcp).splitlines()[:2] == [
        (
            "mcp-python-sdk | tools/call add | CLIENT | UNSET | toolspan.outcome=ok "
            "toolspan.tool_call.layer=logical"
        ),
        (
            "  toolspan.instrumentation | tools/call add | SERVER | UNSET | toolspan.outcome=ok "
            "toolspan.tool_call.layer=server"
        ),
    ]


@pytest.mark.frameworks
@pytest.mark.requirement("capability.E-meta-only")
@pytest.mark.parametrize(("environment", "mode"), [("mcp-1", []), (None, ["auto"])])
def test_the_context_travels_in_the_message_and_headers_are_left_alone(
    tmp_path: Path, environment: str | None, mode: list[str]
) -> None:
    sdk = programs(tmp_path, environment)
    major = "v2" if mode else "v1"
    with sdk.serving(sdk.command(f"server_{major}.py", "http")) as url:
        done = sdk.run(sdk.command(f"client_{major}.py", "carried", *mode, url))
    assert done.stdout == "carried False True False\n"


@pytest.mark.requirement("capability.E-uninstrument")
@pytest.mark.parametrize(
    ("environment", "hooks"),
    [
        (None, 13),
        pytest.param("mcp-1", 10, marks=pytest.mark.frameworks),
        pytest.param("fastmcp-4", 13, marks=pytest.mark.frameworks),
    ],
)
def test_uninstrument_leaves_every_function_as_it_was(
    tmp_path: Path, environment: str | None, hooks: int
) -> None:
    sdk = programs(tmp_path, environment)
    done = subprocess.run(
        sdk.command("untouched.py"), capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"hooked {hooks}", "changed []", "added []"]


@pytest.mark.frameworks
@pytest.mark.skipif(shutil.which("npx") is None, reason="npx is not here")
def test_the_reference_server_on_node_is_recorded_by_its_client(tmp_path: Path) -> None:
    sdk = programs(tmp_path)
    server = ["npx", "-y", "@modelcontextprotocol/server-everything@2026.8.31", "stdio"]
    done = sdk.run(sdk.command("client_v2.py", "everything", "auto", *server))
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["echo", "False"],
        ["get-sum", "True"],
    ]
    # The newest client asks the older server what it can do, and then greets it in the old way.
    assert sdk.tree(*SIZES, "mcp.method.name", "gen_ai.operation.name") == expected("""
        toolspan.instrumentation | invoke_agent tester | INTERNAL | UNSET | \
            gen_ai.agent.name=tester toolspan.agent=tester toolspan.outcome=ok
          mcp-python-sdk | server/discover | CLIENT | ERROR Method not found | \
            error.type=-32601 jsonrpc.request.id=1 mcp.protocol.version=2026-07-28 \
            network.transport=pipe rpc.response.status_code=-32601 toolspan.agent=tester
          mcp-python-sdk | initialize | CLIENT | UNSET | jsonrpc.request.id=2 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester
          mcp-python-sdk | tools/call echo | CLIENT | UNSET | gen_ai.agent.name=tester \
            gen_ai.tool.name=echo jsonrpc.request.id=3 mcp.protocol.version=2025-11-25 \
            network.transport=pipe toolspan.agent=tester toolspan.outcome=ok \
            toolspan.tool_call.arguments_hash=HASH toolspan.tool_call.layer=logical
          mcp-python-sdk | tools/call get-sum | CLIENT | ERROR | error.type=tool_error \
            gen_ai.agent.name=tester gen_ai.tool.name=get-sum jsonrpc.request.id=5 \
            mcp.protocol.version=2025-11-25 network.transport=pipe toolspan.agent=tester \
            toolspan.outcome=tool_error toolspan.tool_call.arguments_hash=HASH \
            toolspan.tool_call.layer=logical
        """)


@pytest.mark.parametrize(
    "environment",
    [
        "mcp-1-openllmetry",
        *(
            pytest.param(name, marks=pytest.mark.frameworks)
            for name in ("mcp-1-openinference", "mcp-2-openinference", "mcp-1-logfire")
        ),
    ],
)
@pytest.mark.requirement("capability.F-once-live", "pain.07-duplicate-spans")
def test_beside_another_instrumentation_a_call_counts_once(
    tmp_path: Path, environment: str
) -> None:
    _, major, peer = environment.split("-")
    version = f"v{major}"
    sdk = programs(tmp_path, environment)
    server = sdk.command(f"server_{version}.py", "stdio")
    mode = ["legacy"] if version == "v2" else []
    client = sdk.command(f"client_{version}.py", "five", *mode, *server)
    if peer == "logfire":
        client = sdk.command("with_logfire.py", *client[1:])
    done = sdk.run(client)
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["False", "True", "True"]
    layers: dict[str, list[str]] = {}
    for span in sdk.spans:
        layer = span["attributes"].get("toolspan.tool_call.layer")
        if layer is not None:
            layers.setdefault(layer, []).append(span["attributes"].get("gen_ai.tool.name", ""))
    assert sorted(layers.pop("logical")) == ["add", "fail", "nope"]
    assert sorted(layers.pop("server")) == ["add", "fail", "nope"]
    doubled = {"openllmetry": 3, "logfire": 3}.get(peer, 0)
    assert {layer: len(names) for layer, names in layers.items()} == (
        {"duplicate": doubled} if doubled else {}
    )
    assert len({span["trace_id"] for span in sdk.spans if span["kind"] == "SERVER"}) == 1
