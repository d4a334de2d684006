"""MCP SDK 2.x in one process, over both of its in-process transports, whole trees."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest
from mcp import Client, MCPError
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve, Sample
from mcp_types import CreateMessageResult, ElicitResult, SamplingMessage, TextContent
from opentelemetry import trace
from pydantic import BaseModel

from support.trees import expected
from toolspan.instrumentation import session, track_agent_run, track_tool_call

from .conftest import RecordedMcp

SIZES = ("toolspan.mcp.arguments.size", "toolspan.mcp.result.size", "mcp.protocol.version")
PLAIN = (
    *SIZES,
    "mcp.method.name",
    "gen_ai.operation.name",
    "gen_ai.tool.name",
    "jsonrpc.request.id",
    "toolspan.tool_call.arguments_hash",
)


QUESTION = SamplingMessage(role="user", content=TextContent(text="which tea?"))


class Answer(BaseModel):
    ok: bool


def make_server() -> MCPServer:
    server = MCPServer("shop")

    @server.tool()
    def add(a: int, b: int) -> int:
        return a + b

    @server.tool()
    async def fail(reason: str) -> str:
        raise ToolError(reason)

    @server.tool()
    async def refuse() -> str:
        raise MCPError(code=-32603, message="backend down, token=abc123def456")

    @server.tool()
    async def wait(ctx: Context) -> str:
        await ctx.report_progress(1, 2, "half way")
        await asyncio.Event().wait()
        return "never"

    @server.tool()
    async def confirm(
        item: str, answer: Annotated[Answer, Resolve(lambda: Elicit("really?", Answer))]
    ) -> str:
        return f"{item}: {answer.ok}"

    @server.tool()
    async def ask_model(
        answer: Annotated[CreateMessageResult, Resolve(lambda: Sample([QUESTION], max_tokens=9))],
    ) -> str:
        return answer.content.text  # type: ignore[union-attr]

    @server.prompt()
    def greet(who: str) -> str:
        return f"hello {who}"

    @server.resource("shop://stock")
    def stock() -> str:
        return "7"

    return server


def use(what: Callable[[Client], Awaitable[Any]], mode: str = "auto", **options: Any) -> Any:
    async def main() -> Any:
        async with Client(make_server(), mode=mode, **options) as client:
            return await what(client)

    return asyncio.run(main())


def test_a_call_has_one_client_and_one_server_span(mcp_recorded: RecordedMcp) -> None:
    async def call(client: Client) -> Any:
        return (await client.call_tool("add", {"a": 1, "b": 2})).structured_content

    assert use(call) == {"result": 3}
    assert mcp_recorded.tree() == expected("""
        toolspan.instrumentation | server/discover | CLIENT | UNSET | \
            mcp.method.name=server/discover mcp.protocol.version=2026-07-28
          mcp-python-sdk | server/discover | SERVER | UNSET | jsonrpc.request.id=1 \
            mcp.method.name=server/discover mcp.protocol.version=2026-07-28
        toolspan.instrumentation | tools/call add | CLIENT | UNSET | \
            gen_ai.operation.name=execute_tool gen_ai.tool.name=add mcp.method.name=tools/call \
            mcp.protocol.version=2026-07-28 toolspan.mcp.arguments.size=4 \
            toolspan.mcp.result.size=2 toolspan.outcome=ok toolspan.tool_call.layer=logical
          mcp-python-sdk | tools/call add | SERVER | UNSET | \
            gen_ai.operation.name=execute_tool gen_ai.tool.name=add jsonrpc.request.id=2 \
            mcp.method.name=tools/call mcp.protocol.version=2026-07-28 \
            toolspan.mcp.arguments.size=4 toolspan.mcp.result.size=2 toolspan.outcome=ok \
            toolspan.tool_call.layer=server
        """)


@pytest.mark.requirement("capability.E-enrich-native")
def test_over_streams_the_sdks_own_client_spans_are_mended(mcp_recorded: RecordedMcp) -> None:
    async def call(client: Client) -> Any:
        return (await client.call_tool("add", {"a": 1, "b": 2})).structured_content

    assert use(call, "legacy") == {"result": 3}
    assert mcp_recorded.tree() == expected("""
        mcp-python-sdk | initialize | CLIENT | UNSET | jsonrpc.request.id=1 \
            mcp.method.name=initialize mcp.protocol.version=2025-11-25
          mcp-python-sdk | initialize | SERVER | UNSET | jsonrpc.request.id=1 \
            mcp.method.name=initialize mcp.protocol.version=2025-11-25
        mcp-python-sdk | tools/call add | CLIENT | UNSET | \
            gen_ai.operation.name=execute_tool gen_ai.tool.name=add jsonrpc.request.id=2 \
            mcp.method.name=tools/call mcp.protocol.version=2025-11-25 \
            toolspan.mcp.arguments.size=4 toolspan.mcp.result.size=2 toolspan.outcome=ok \
            toolspan.tool_call.layer=logical
          mcp-python-sdk | tools/call add | SERVER | UNSET | \
            gen_ai.operation.name=execute_tool gen_ai.tool.name=add jsonrpc.request.id=2 \
            mcp.method.name=tools/call mcp.protocol.version=2025-11-25 \
            toolspan.mcp.arguments.size=4 toolspan.mcp.result.size=2 toolspan.outcome=ok \
            toolspan.tool_call.layer=server
        """)


async def every_failure(client: Client) -> list[str]:
    ended: list[str] = []
    ended.append(f"fail {(await client.call_tool('fail', {'reason': 'no'})).is_error}")
    ended.append(f"unknown {(await client.call_tool('nope', {})).is_error}")
    ended.append(f"arguments {(await client.call_tool('add', {'a': 'x'})).is_error}")
    for name, timeout in (("refuse", None), ("wait", 0.05)):
        try:
            await client.call_tool(name, {}, read_timeout_seconds=timeout)
        except MCPError as error:
            ended.append(f"{name} {error.code}")
    begun = asyncio.Event()

    async def on_progress(*_: Any) -> None:
        begun.set()

    task = asyncio.create_task(client.call_tool("wait", {}, progress_callback=on_progress))
    await begun.wait()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        ended.append("cancelled")
    return ended


@pytest.mark.requirement("design.3-mcp2-held-end")
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_every_way_to_fail_is_seen_on_both_sides(
    mcp_recorded: RecordedMcp, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "opentelemetry")
    assert use(every_failure, mode) == [
        "fail True",
        "unknown True",
        "arguments True",
        "refuse -32603",
        "wait -32001",
        "cancelled",
    ]
    client = "toolspan.instrumentation" if mode == "auto" else "mcp-python-sdk"
    late = {"auto": "Timed out after 0.05s waiting for 'tools/call'"}.get(
        mode, "Request 'tools/call' timed out"
    )
    begin = mcp_recorded.tree(*PLAIN).partition("\n")[2].partition("\n")[2]
    assert begin == expected(f"""
        {client} | tools/call fail | CLIENT | ERROR | error.type=tool_error \
            toolspan.outcome=tool_error toolspan.tool_call.layer=logical
          mcp-python-sdk | tools/call fail | SERVER | ERROR | error.type=tool_error \
            toolspan.outcome=tool_error toolspan.tool_call.layer=server
        {client} | tools/call nope | CLIENT | ERROR | error.type=tool_error \
            toolspan.outcome=tool_error toolspan.tool_call.layer=logical
          mcp-python-sdk | tools/call nope | SERVER | ERROR | error.type=tool_error \
            toolspan.outcome=tool_error toolspan.tool_call.layer=server
        {client} | tools/call add | CLIENT | ERROR | error.type=tool_error \
            toolspan.outcome=tool_error toolspan.tool_call.layer=logical
          mcp-python-sdk | tools/call add | SERVER | ERROR | error.type=tool_error \
            toolspan.outcome=tool_error toolspan.tool_call.layer=server
        {client} | tools/call refuse | CLIENT | ERROR backend down, [redacted] | \
            error.type=-32603 rpc.response.status_code=-32603 toolspan.outcome=error \
            toolspan.tool_call.layer=logical
          mcp-python-sdk | tools/call refuse | SERVER | ERROR backend down, [redacted] | \
            error.type=-32603 rpc.response.status_code=-32603 toolspan.outcome=error \
            toolspan.tool_call.layer=server
        {client} | tools/call wait | CLIENT | ERROR {late} | error.type=TimeoutError \
            toolspan.outcome=timeout toolspan.tool_call.layer=logical
          mcp-python-sdk | tools/call wait | SERVER | UNSET | toolspan.outcome=cancelled \
            toolspan.tool_call.layer=server
        {client} | tools/call wait | CLIENT | UNSET | toolspan.outcome=cancelled \
            toolspan.tool_call.layer=logical
          mcp-python-sdk | tools/call wait | SERVER | UNSET | toolspan.outcome=cancelled \
            toolspan.tool_call.layer=server
        """)
    # Setting a value on an ended span, or ending it twice, would be logged by OpenTelemetry.
    assert [one.message for one in caplog.records if one.name.startswith("opentelemetry")] == []


@pytest.mark.requirement("design.3-mcp-logical-layer")
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_enclosing_tool_call_is_the_logical_one_and_ends_as_the_request_does(
    mcp_recorded: RecordedMcp, mode: str
) -> None:
    async def call(client: Client) -> None:
        @track_tool_call
        async def fail() -> str:
            result = await client.call_tool("fail", {"reason": "no"})
            return str(result.content)  # an error turned into text is an error all the same

        @track_tool_call(name="shop__wait")
        async def wait() -> None:
            await client.call_tool("wait", {}, read_timeout_seconds=0.05)

        @track_tool_call
        async def add() -> None:
            await client.call_tool("add", {"a": "x"})
            await client.call_tool("add", {"a": 1, "b": 2})

        await fail()
        with pytest.raises(MCPError):
            await wait()
        await add()

    use(call, mode)
    ours = mcp_recorded.brief.replace(
        "mcp-python-sdk | tools/call wait | CLIENT", "toolspan.instrumentation | wait"
    )
    lines = [line for line in ours.splitlines() if "execute_tool" in line]
    layers = [line.rpartition("=")[2] for line in ours.splitlines() if "| CLIENT" in line][1:]
    message = lines[1].partition("ERROR ")[2].partition(" |")[0]
    assert "imed out" in message
    assert lines == [
        (
            "toolspan.instrumentation | execute_tool fail | INTERNAL | ERROR | "
            "error.type=tool_error toolspan.outcome=tool_error toolspan.tool_call.layer=logical"
        ),
        (
            f"toolspan.instrumentation | execute_tool shop__wait | INTERNAL | ERROR {message} | "
            "error.type=TimeoutError toolspan.outcome=timeout toolspan.tool_call.layer=logical"
        ),
        (
            "toolspan.instrumentation | execute_tool add | INTERNAL | UNSET | "
            "toolspan.outcome=ok toolspan.tool_call.layer=logical"
        ),
    ]
    assert set(layers) == {"client"}


def test_a_tool_that_uses_other_tools_leaves_them_their_own_calls(
    mcp_recorded: RecordedMcp,
) -> None:
    async def call(client: Client) -> None:
        with track_tool_call("research"):
            await client.call_tool("add", {"a": 1, "b": 2})

    use(call)
    assert (
        "tools/call add | CLIENT | UNSET | toolspan.outcome=ok toolspan.tool_call.layer=logical"
        in (mcp_recorded.brief)
    )


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_rounds_for_input_are_one_logical_call(mcp_recorded: RecordedMcp, mode: str) -> None:
    async def on_elicit(context: Any, params: Any) -> ElicitResult:
        with trace.get_tracer("user").start_as_current_span("asked"):
            return ElicitResult(action="accept", content={"ok": True})

    async def call(client: Client) -> str:
        result = await client.call_tool("confirm", {"item": "tea"})
        return result.content[0].text  # type: ignore[union-attr]

    assert use(call, mode, elicitation_callback=on_elicit) == "tea: True"
    calls = mcp_recorded.tree(*PLAIN).splitlines()[2:]
    if mode == "legacy":  # the server asks back inside the one request
        assert "\n".join(calls) == expected("""
            mcp-python-sdk | tools/call confirm | CLIENT | UNSET | toolspan.outcome=ok \
                toolspan.tool_call.layer=logical
              mcp-python-sdk | tools/call confirm | SERVER | UNSET | toolspan.outcome=ok \
                toolspan.tool_call.layer=server
                mcp-python-sdk | elicitation/create | CLIENT | UNSET
                  toolspan.instrumentation | elicitation/create | SERVER | UNSET
                    user | asked | INTERNAL | UNSET
            """)
    else:  # the server answers that it needs input, and is asked again
        assert "\n".join(calls) == expected("""
            toolspan.instrumentation | tools/call confirm | CLIENT | UNSET | \
                toolspan.mcp.rounds=2 toolspan.outcome=ok toolspan.tool_call.layer=logical
              mcp-python-sdk | tools/call confirm | SERVER | UNSET | \
                toolspan.outcome=interrupted toolspan.tool_call.layer=server
              user | asked | INTERNAL | UNSET
              toolspan.instrumentation | tools/call confirm | CLIENT | UNSET | \
                toolspan.outcome=ok toolspan.tool_call.layer=client
                mcp-python-sdk | tools/call confirm | SERVER | UNSET | \
                toolspan.outcome=ok toolspan.tool_call.layer=server
            """)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_server_that_samples_the_clients_model_stays_inside_the_call(
    mcp_recorded: RecordedMcp, mode: str
) -> None:
    async def on_sample(context: Any, params: Any) -> CreateMessageResult:
        with trace.get_tracer("model").start_as_current_span("chat"):
            content = TextContent(text="green")
            return CreateMessageResult(role="assistant", content=content, model="m")

    async def call(client: Client) -> str:
        return (await client.call_tool("ask_model", {})).content[0].text  # type: ignore[union-attr]

    assert use(call, mode, sampling_callback=on_sample) == "green"
    calls = "\n".join(mcp_recorded.tree(*PLAIN).splitlines()[2:])
    if mode == "legacy":
        assert calls == expected("""
            mcp-python-sdk | tools/call ask_model | CLIENT | UNSET | toolspan.outcome=ok \
                toolspan.tool_call.layer=logical
              mcp-python-sdk | tools/call ask_model | SERVER | UNSET | toolspan.outcome=ok \
                toolspan.tool_call.layer=server
                mcp-python-sdk | sampling/createMessage | CLIENT | UNSET
                  toolspan.instrumentation | sampling/createMessage | SERVER | UNSET
                    model | chat | INTERNAL | UNSET
            """)
    else:
        assert calls == expected("""
            toolspan.instrumentation | tools/call ask_model | CLIENT | UNSET | \
                toolspan.mcp.rounds=2 toolspan.outcome=ok toolspan.tool_call.layer=logical
              mcp-python-sdk | tools/call ask_model | SERVER | UNSET | \
                toolspan.outcome=interrupted toolspan.tool_call.layer=server
              model | chat | INTERNAL | UNSET
              toolspan.instrumentation | tools/call ask_model | CLIENT | UNSET | \
                toolspan.outcome=ok toolspan.tool_call.layer=client
                mcp-python-sdk | tools/call ask_model | SERVER | UNSET | \
                toolspan.outcome=ok toolspan.tool_call.layer=server
            """)


def test_a_first_round_nobody_answers_is_interrupted(mcp_recorded: RecordedMcp) -> None:
    async def call(client: Client) -> Any:
        return await client.session.call_tool("confirm", {"item": "a"}, allow_input_required=True)

    async def on_elicit(context: Any, params: Any) -> ElicitResult:
        return ElicitResult(action="decline")

    assert type(use(call, elicitation_callback=on_elicit)).__name__ == "InputRequiredResult"
    assert "tools/call confirm | CLIENT | UNSET | toolspan.outcome=interrupted" in (
        mcp_recorded.brief
    )


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_progress_callbacks_run_inside_the_call_they_report_on(
    mcp_recorded: RecordedMcp, mode: str
) -> None:
    async def call(client: Client) -> None:
        async def on_progress(*_: Any) -> None:
            trace.get_tracer("user").start_span("progress").end()

        with pytest.raises(MCPError):
            await client.call_tool(
                "wait", {}, read_timeout_seconds=0.05, progress_callback=on_progress
            )

    use(call, mode)
    lines = mcp_recorded.brief.splitlines()
    (position,) = [number for number, line in enumerate(lines) if "progress" in line]
    assert lines[position] == "  user | progress | INTERNAL | UNSET"


def test_parallel_calls_are_siblings_each_with_its_server_span(mcp_recorded: RecordedMcp) -> None:
    async def call(client: Client) -> None:
        with track_agent_run("planner"):
            await asyncio.gather(
                *(client.call_tool("add", {"a": number, "b": 1}) for number in range(3))
            )

    use(call, "legacy")
    assert [line.rpartition(" |")[0].rstrip() for line in mcp_recorded.brief.splitlines()][2:] == [
        "toolspan.instrumentation | invoke_agent planner | INTERNAL | UNSET",
        *[
            "  mcp-python-sdk | tools/call add | CLIENT | UNSET",
            "    mcp-python-sdk | tools/call add | SERVER | UNSET",
        ]
        * 3,
    ]


def test_identity_and_agent_are_on_the_clients_span(mcp_recorded: RecordedMcp) -> None:
    async def call(client: Client) -> None:
        with session("s1", conversation_id="c1"), track_agent_run("planner"):
            await client.call_tool("add", {"a": 1, "b": 2})

    use(call, "legacy")
    spans = {(span.name, span.kind.name): span for span in mcp_recorded.recorded.spans}
    attributes = spans["tools/call add", "CLIENT"].attributes or {}
    assert {key: attributes.get(key) for key in ("session.id", "toolspan.agent")} == {
        "session.id": "s1",
        "toolspan.agent": "planner",
    }
    assert attributes["gen_ai.conversation.id"] == "c1"
    assert attributes["gen_ai.agent.name"] == "planner"


def test_prompts_and_resources_say_which_one(mcp_recorded: RecordedMcp) -> None:
    async def call(client: Client) -> None:
        await client.get_prompt("greet", {"who": "bob"})
        await client.read_resource("shop://stock")
        with pytest.raises(MCPError):
            await client.read_resource("shop://none")

    use(call, "legacy")
    assert mcp_recorded.tree("mcp.protocol.version", "jsonrpc.request.id").splitlines()[2:] == (
        expected("""
        mcp-python-sdk | prompts/get greet | CLIENT | UNSET | gen_ai.prompt.name=greet \
            mcp.method.name=prompts/get
          mcp-python-sdk | prompts/get greet | SERVER | UNSET | gen_ai.prompt.name=greet \
            mcp.method.name=prompts/get
        mcp-python-sdk | resources/read | CLIENT | UNSET | mcp.method.name=resources/read \
            mcp.resource.uri=shop://stock
          mcp-python-sdk | resources/read | SERVER | UNSET | mcp.method.name=resources/read \
            mcp.resource.uri=shop://stock
        mcp-python-sdk | resources/read | CLIENT | ERROR Unknown resource: shop://none | \
            error.type=-32602 mcp.method.name=resources/read mcp.resource.uri=shop://none \
            rpc.response.status_code=-32602
          mcp-python-sdk | resources/read | SERVER | UNSET | mcp.method.name=resources/read \
            mcp.resource.uri=shop://none rpc.response.status_code=-32602
        """).splitlines()
    )


@pytest.mark.requirement("capability.E-noise")
@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("setting", ["calls", "default", "all", "nonsense"])
def test_pings_and_listings_leave_spans_only_when_asked_for_and_notifications_never(
    mcp_recorded: RecordedMcp, mode: str, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from toolspan.instrumentation.frameworks.mcp._selection import selection

    monkeypatch.setenv("TOOLSPAN_MCP_REQUESTS", setting)
    selection.read_environment()

    async def call(client: Client) -> None:
        with trace.get_tracer("user").start_as_current_span("run"):
            await client.list_tools()
            if mode == "legacy":
                await client.session.send_ping()

    use(call, mode)
    names = [tuple(line.strip().split(" | ")[1:3]) for line in mcp_recorded.brief.splitlines()]
    greeting = "initialize" if mode == "legacy" else "server/discover"
    greeted = [(greeting, "CLIENT"), (greeting, "SERVER")]
    listed = [("tools/list", "CLIENT"), ("tools/list", "SERVER")]
    pinged = [("ping", "CLIENT"), ("ping", "SERVER")] if mode == "legacy" else []
    assert names == [
        *(greeted if setting != "calls" else ()),
        ("run", "INTERNAL"),
        *(listed + pinged if setting == "all" else ()),
    ]
    monkeypatch.delenv("TOOLSPAN_MCP_REQUESTS")
    selection.read_environment()


def test_content_is_on_the_logical_span_alone_and_only_when_asked_for(
    mcp_recorded: RecordedMcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def call(client: Client) -> None:
        await client.call_tool("add", {"a": 1, "b": 2})
        await client.call_tool("fail", {"reason": "password=hunter2"})

    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_ONLY")
    use(call, "legacy")
    with_content = [
        (
            span.name,
            span.kind.name,
            attributes["gen_ai.tool.call.arguments"],
            attributes["gen_ai.tool.call.result"],
        )
        for span in mcp_recorded.recorded.spans
        if "gen_ai.tool.call.arguments" in (attributes := span.attributes or {})
    ]
    assert with_content == [
        ("tools/call add", "CLIENT", '{"a":1,"b":2}', '{"result":3}'),
        (
            "tools/call fail",
            "CLIENT",
            '{"reason":"[redacted]"}',
            '[{"text":"Error executing tool fail: [redacted]","type":"text"}]',
        ),
    ]


@pytest.mark.requirement("capability.E-uninstrument")
def test_uninstrument_gives_the_sdk_its_own_spans_back(mcp_recorded: RecordedMcp) -> None:
    from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher

    from toolspan.instrumentation.attach._swap import is_swapped
    from toolspan.instrumentation.frameworks.mcp import McpInstrumentor

    server = make_server()
    assert is_swapped(JSONRPCDispatcher.send_raw_request)
    McpInstrumentor().uninstrument()
    assert not is_swapped(JSONRPCDispatcher.send_raw_request)

    async def main() -> None:
        async with Client(server, mode="legacy") as client:
            await client.call_tool("add", {"a": 1, "b": 2})

    asyncio.run(main())
    names = {span.name for span in mcp_recorded.recorded.spans}
    assert {"MCP send tools/call add", "notifications/initialized"} <= names
    McpInstrumentor().instrument()


def test_without_an_sdk_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    from toolspan.instrumentation.frameworks.mcp import McpInstrumentor

    McpInstrumentor().instrument()
    try:

        async def call(client: Client) -> Any:
            return (await client.call_tool("add", {"a": 1, "b": 2})).structured_content

        assert use(call, "legacy") == use(call) == {"result": 3}
    finally:
        McpInstrumentor().uninstrument()
