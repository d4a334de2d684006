"""Spans that a framework emits itself, as an emitter made up for this test writes them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span

from support.recording import Recorded, recording
from support.trees import expected, plain_spans, tree
from toolspan.instrumentation import session, track_tool_call
from toolspan.instrumentation.content import settings
from toolspan.instrumentation.frameworks.native import (
    NativeSpanProcessor,
    forget_scope,
    mend_scope,
)
from toolspan.instrumentation.frameworks.native._joined import Asked, on_native_span
from toolspan.instrumentation.frameworks.native._watched import watch
from toolspan.instrumentation.identity import IdentitySpanProcessor
from toolspan.instrumentation.record import kind_of_work

SCOPE = "emitter"


def mend(span: Span, context: Context) -> None:
    kind = kind_of_work(span.attributes or {}, span.name)
    if kind is not None:
        watch(
            span,
            kind,
            context,
            is_session=True,
            absent=("n/a",),
            returned=("FAILED",),
            content=("message",),
            is_left_by_its_reader=kind == "workflow",
        )


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    mend_scope(SCOPE, mend)
    with recording(NativeSpanProcessor(), IdentitySpanProcessor()) as found:
        yield found
    forget_scope(SCOPE)


def native(name: str, **attributes: Any) -> Any:
    tracer = trace.get_tracer_provider().get_tracer(SCOPE)
    return tracer.start_as_current_span(name, attributes=attributes)


@on_native_span(lambda function, arguments, call_id: Asked("search", arguments, call_id))
def run_tool(function: Any, arguments: dict[str, Any], call_id: str) -> Any:
    return function(**arguments)


def call(function: Any, call_id: str = "c1") -> Any:
    """A tool call as an emitter writes it that knows no id of a call that fails."""
    with native("execute_tool search") as span:
        span.set_attributes({"gen_ai.operation.name": "execute_tool"})
        span.set_attributes({"gen_ai.tool.name": "search"})
        try:
            return run_tool(function, {"q": "otters"}, call_id)
        except ConnectionError:
            span.set_attribute("gen_ai.tool.call.id", "n/a")
            return "sorry"


def end_badly(name: str, error: BaseException) -> None:
    """A span whose emitter says all it can of an exception."""
    with native(name) as span:
        span.record_exception(error)
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(trace.StatusCode.ERROR, "it says")
        raise error


def shown(recorded: Recorded) -> str:
    text = tree(plain_spans(recorded.spans), leave_out=["gen_ai.operation.name"])
    return text.replace(f"{SCOPE} | ", "").replace(" | INTERNAL", "")


def fail(q: str) -> str:
    raise ConnectionError("no answer")


def test_what_is_below_belongs_to_agent_and_session_of_the_native_spans(
    recorded: Recorded,
) -> None:
    def search(q: str) -> str:
        with trace.get_tracer("user").start_as_current_span("in search"):
            return q

    with native("invoke_workflow shop") as workflow:
        workflow.set_attribute("gen_ai.conversation.id", "s-1")
        with native("invoke_agent guide", **{"gen_ai.conversation.id": "made-up"}):
            call(search)
    attributes = recorded.spans[0].attributes or {}
    assert attributes == {
        "session.id": "s-1",
        "toolspan.agent": "guide",
        "toolspan.workflow": "shop",
    }
    assert [(span.attributes or {}).get("session.id") for span in recorded.spans] == ["s-1"] * 4


def test_a_session_that_the_user_names_stays(recorded: Recorded) -> None:
    with session("visit-1"), native("invoke_agent guide", **{"gen_ai.conversation.id": "s-1"}):
        call(lambda q: q)
    assert {(span.attributes or {})["session.id"] for span in recorded.spans} == {"visit-1"}


def test_an_exception_that_is_handed_to_the_model_is_the_calls_error(recorded: Recorded) -> None:
    assert call(fail) == "sorry"
    assert shown(recorded) == expected(
        """
        execute_tool search | ERROR no answer | error.type=ConnectionError gen_ai.tool.call.id=c1 \
            gen_ai.tool.name=search toolspan.outcome=error toolspan.tool_call.layer=logical
        """
    )


def test_a_failure_that_was_returned_is_told_from_one_that_was_raised(recorded: Recorded) -> None:
    for error_type in ("FAILED", "429"):
        with native("execute_tool search") as span:
            span.set_attribute("error.type", error_type)
            span.set_status(trace.StatusCode.ERROR, error_type)
    assert shown(recorded).splitlines() == [
        f"execute_tool search | ERROR {error_type} | error.type={error_type} "
        f"toolspan.outcome={outcome} toolspan.tool_call.layer=logical"
        for error_type, outcome in (("FAILED", "tool_error"), ("429", "error"))
    ]


def test_a_class_named_without_its_module_is_named_in_full(recorded: Recorded) -> None:
    with pytest.raises(asyncio.InvalidStateError):
        end_badly("invoke_agent guide", asyncio.InvalidStateError())
    attributes = recorded.spans[0].attributes or {}
    assert attributes["error.type"] == "asyncio.exceptions.InvalidStateError"


def test_a_class_written_out_as_python_shows_it_is_named_in_full(recorded: Recorded) -> None:
    def ask() -> None:
        with native("chat scripted", **{"gen_ai.operation.name": "chat"}) as span:
            span.set_attribute("error.type", str(ConnectionError))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        ask()
    assert (recorded.spans[0].attributes or {})["error.type"] == "ConnectionError"


def test_an_exception_is_recorded_once_though_each_block_says_it(recorded: Recorded) -> None:
    with pytest.raises(LookupError):
        end_badly("invoke_agent guide", LookupError("x"))
    assert [event.name for event in recorded.spans[0].events] == ["exception"]


def test_a_cancellation_is_no_failure_whatever_the_emitter_says(recorded: Recorded) -> None:
    with pytest.raises(asyncio.CancelledError):
        end_badly("execute_tool search", asyncio.CancelledError())
    assert shown(recorded) == (
        "execute_tool search | UNSET | toolspan.outcome=cancelled "
        "toolspan.tool_call.layer=logical +exception"
    )


def test_a_reader_who_goes_away_ends_the_run_and_not_what_was_done_in_it(
    recorded: Recorded,
) -> None:
    def stream() -> Iterator[int]:
        with native("invoke_workflow shop"), native("invoke_agent guide"):
            yield 1
            yield 2

    reading = stream()
    next(reading)
    reading.close()
    assert recorded.outline() == [
        ["invoke_workflow shop", "cancelled", [["invoke_agent guide", "ok"]]]
    ]


def test_a_tool_that_is_decorated_as_well_is_one_call(recorded: Recorded) -> None:
    @track_tool_call
    def search(q: str) -> str:
        return q

    call(search)
    assert recorded.outline() == [["execute_tool search", "ok"]]


def test_without_a_native_span_the_tool_just_runs(recorded: Recorded) -> None:
    assert run_tool(lambda q: q, {"q": "a"}, "c1") == "a"
    assert recorded.spans == []


def test_what_a_cancelled_run_leaves_open_ends_with_it(recorded: Recorded) -> None:
    tracer = trace.get_tracer_provider().get_tracer(SCOPE)
    left = []

    def run() -> None:
        with native("invoke_agent guide"):
            left.append(tracer.start_span("execute_tool search"))
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run()
    assert recorded.outline() == [
        ["invoke_agent guide", "cancelled", [["execute_tool search", "cancelled"]]]
    ]
    left[0].end()
    assert len(recorded.spans) == 2


def test_message_events_are_left_out_unless_content_is_to_be_recorded(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    for is_captured in (False, True):
        monkeypatch.setattr(settings, "capture", is_captured)
        with native("chat scripted", **{"gen_ai.operation.name": "chat"}) as span:
            span.add_event("message", {"content": "otters"})
            span.add_event("progress")
    assert [[event.name for event in span.events] for span in recorded.spans] == [
        ["progress"],
        ["message", "progress"],
    ]
