"""Session, user, workflow, agent and step: set once, on every recording span below."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Self

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import Span, SpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind

from support.recording import Recorded, recording
from toolspan.instrumentation import session, track_agent_run, track_tool_call, track_workflow
from toolspan.instrumentation.identity import IdentitySpanProcessor

WHO = {
    "session.id": "s",
    "user.id": "u",
    "toolspan.workflow": "newsletter",
    "toolspan.agent": "researcher",
}


@pytest.fixture
def stamped():
    with recording(IdentitySpanProcessor()) as found:
        yield found


def other(name: str, **options: object) -> None:
    with trace.get_tracer("third.party").start_as_current_span(name, **options):  # type: ignore[arg-type]
        pass


@pytest.mark.requirement(
    "design.3-identity-everywhere", "capability.D-every-span", "pain.20-session-on-all-spans"
)
def test_third_party_spans_are_stamped(stamped: Recorded):
    with (
        session("s", user_id="u"),
        track_workflow("newsletter"),
        track_agent_run("researcher"),
    ):
        other("GET")
    workflow = stamped.only
    agent = workflow["children"][0]
    assert agent["children"] == [
        {"name": "GET", "kind": "INTERNAL", "status": "UNSET", "attributes": WHO}
    ]


@pytest.mark.requirement("design.3-identity-never-overwrites")
def test_what_a_span_has_is_kept(stamped: Recorded):
    with session("s", user_id="u"):
        other("GET", attributes={"session.id": "own"})
    assert stamped.only["attributes"] == {"session.id": "own", "user.id": "u"}


@pytest.mark.requirement("design.3-gen-ai-identity", "design.3-conversation-id")
@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("chat", {"gen_ai.conversation.id": "c"}),
        ("invoke_agent", {"gen_ai.conversation.id": "c"}),
        (
            "execute_tool",
            {
                "gen_ai.conversation.id": "c",
                "gen_ai.agent.name": "researcher",
                "toolspan.tool_call.layer": "logical",
            },
        ),
        ("embeddings", {}),
        (None, {}),
    ],
)
def test_gen_ai_identity_goes_where_the_conventions_list_it(
    stamped: Recorded, operation: str | None, expected: dict[str, str]
):
    given = {} if operation is None else {"gen_ai.operation.name": operation}
    with session("s", conversation_id="c"), track_agent_run("researcher"):
        other("x", attributes=given)
    (span,) = stamped.only["children"]
    assert span["attributes"] == {
        **given,
        "session.id": "s",
        "toolspan.agent": "researcher",
        **expected,
    }


def test_no_conversation_is_ever_invented(stamped: Recorded):
    with session("s"), track_agent_run("researcher"):
        other("chat", attributes={"gen_ai.operation.name": "chat"})
    assert "gen_ai.conversation.id" not in str(stamped.tree)


def test_a_new_session_inside_does_not_inherit_user_or_conversation(recorded: Recorded):
    @track_tool_call
    def search() -> None: ...

    with session("s", user_id="u", conversation_id="c"):
        with session("t"):
            search()
        with session("s"):
            search()
        search()
    found = [
        {
            key: node["attributes"].get(key)
            for key in ("session.id", "user.id", "gen_ai.conversation.id")
        }
        for node in recorded.tree
    ]
    assert [tuple(row.values()) for row in found] == [
        ("t", None, None),
        ("s", "u", "c"),
        ("s", "u", "c"),
    ]


def test_identity_follows_await_tasks_and_to_thread(recorded: Recorded):
    @track_tool_call
    def search() -> None: ...

    async def main() -> None:
        with session("s"):
            await asyncio.gather(*(asyncio.to_thread(search) for _ in range(2)))
            await asyncio.create_task(asyncio.to_thread(search))

    asyncio.run(main())
    assert [node["attributes"]["session.id"] for node in recorded.tree] == ["s"] * 3


def test_a_thread_without_the_context_belongs_to_nobody(recorded: Recorded):
    @track_tool_call
    def search() -> None: ...

    with session("s"):
        thread = threading.Thread(target=search)
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(copy_context().run, search).result()
    assert [node["attributes"].get("session.id") for node in recorded.tree] == [None, "s"]


@pytest.mark.requirement("design.3-layer")
@pytest.mark.parametrize(
    ("name", "kind", "attributes", "enclosed", "alone"),
    [
        (
            "tools/call search",
            SpanKind.CLIENT,
            {"mcp.method.name": "tools/call", "gen_ai.tool.name": "search"},
            "client",
            "logical",
        ),
        (
            "tools/call search",
            SpanKind.SERVER,
            {"mcp.method.name": "tools/call", "gen_ai.tool.name": "search"},
            "server",
            "server",
        ),
        (
            "execute_tool search",
            SpanKind.INTERNAL,
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"},
            "duplicate",
            "logical",
        ),
        (
            "execute_tool other",
            SpanKind.INTERNAL,
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "other"},
            "logical",
            "logical",
        ),
        ("GET", SpanKind.CLIENT, {}, None, None),
    ],
)
def test_foreign_tool_call_spans_get_their_layer(
    stamped: Recorded,
    name: str,
    kind: SpanKind,
    attributes: dict[str, str],
    enclosed: str | None,
    alone: str | None,
):
    with track_tool_call("search"):
        other(name, kind=kind, attributes=attributes)
    other(name, kind=kind, attributes=attributes)
    below, by_itself = stamped.tree[0]["children"][0], stamped.tree[1]
    assert below["attributes"].get("toolspan.tool_call.layer") == enclosed
    assert by_itself["attributes"].get("toolspan.tool_call.layer") == alone


def test_the_native_mcp_client_span_is_known_by_its_name(stamped: Recorded):
    tracer = trace.get_tracer("mcp-python-sdk")
    with tracer.start_as_current_span("MCP send tools/call search", kind=SpanKind.CLIENT):
        pass
    with tracer.start_as_current_span("MCP send tools/list", kind=SpanKind.CLIENT):
        pass
    assert [node["attributes"] for node in stamped.tree] == [
        {"toolspan.tool_call.layer": "logical"},
        {},
    ]


def test_spans_that_do_not_record_and_spans_that_raise_are_left_alone():
    processor = IdentitySpanProcessor()
    with recording(processor, sampler=ALWAYS_OFF) as recorded, session("s"):
        other("GET")
        assert recorded.tree == []

    class Hostile(Span):
        def __new__(cls) -> Self:
            return object.__new__(cls)

        def __init__(self) -> None: ...

    processor.on_start(Hostile())
    processor.on_end(Hostile())
    processor.shutdown()
    assert processor.force_flush()
    assert isinstance(processor, SpanProcessor)


def test_a_subclass_that_is_made_without_ours_stamps_too():
    class Own(IdentitySpanProcessor):
        def __init__(self) -> None:
            self.own = True

    with recording(Own()) as found, session("s"):
        trace.get_tracer("theirs").start_span("GET /").end()
    assert found.only["attributes"] == {"session.id": "s"}
