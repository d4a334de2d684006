"""Calls that another library describes too: its span is enriched, none is added."""

from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind

from support.recording import Recorded, tool_span
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation import track_agent_run, track_attempt, track_tool_call
from toolspan.instrumentation.record import CallsByKey, Kind, Prepared, open_call, tracer_of


def theirs(name: str = "execute_tool search", **attributes: Any) -> Any:
    return trace.get_tracer("their.library").start_as_current_span(
        name,
        attributes={
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "search",
            **attributes,
        },
        record_exception=False,
        set_status_on_exception=False,
    )


@track_tool_call
def search(*, fail: bool = False) -> str:
    if fail:
        raise ConnectionError("down")
    return "found"


@pytest.mark.requirement("design.3-one-logical-call")
def test_a_decorated_tool_below_its_own_span_enriches_that_span(recorded: Recorded):
    with theirs():
        assert search() == "found"
    assert recorded.only["name"] == "execute_tool search"
    attributes = recorded.only["attributes"]
    assert attributes["toolspan.outcome"] == "ok"
    assert "children" not in recorded.only


def test_its_failure_is_told_to_their_span(recorded: Recorded):
    with pytest.raises(ConnectionError), theirs():
        search(fail=True)
    root = recorded.only
    assert root["status"] == "ERROR"
    assert root["attributes"]["error.type"] == "ConnectionError"
    assert root["attributes"]["toolspan.outcome"] == "error"


def test_what_their_span_has_is_kept(recorded: Recorded):
    with theirs(**{"search.engine": "theirs"}):
        track_tool_call(
            search.__wrapped__,  # type: ignore[attr-defined]
            attributes=lambda args, kwargs: {"search.engine": "ours", "search.depth": 2},
        )()
    attributes = recorded.only["attributes"]
    assert (attributes["search.engine"], attributes["search.depth"]) == ("theirs", 2)


def test_their_span_that_ended_early_is_left_alone(recorded: Recorded):
    with theirs() as span, track_tool_call("search"):
        span.end()
    assert "toolspan.outcome" not in recorded.only["attributes"]


def test_an_mcp_server_span_is_enriched_as_well(recorded: Recorded):
    tracer = trace.get_tracer("mcp-python-sdk")
    with tracer.start_as_current_span(
        "tools/call search", kind=SpanKind.SERVER, attributes={"mcp.method.name": "tools/call"}
    ):
        search()
    assert recorded.only["attributes"]["toolspan.outcome"] == "ok"
    assert "children" not in recorded.only


def test_attempts_hang_below_their_span(recorded: Recorded):
    @track_attempt
    def once(fail: bool) -> None:
        if fail:
            raise TimeoutError

    @track_tool_call(name="search")
    def retrying() -> None:
        with pytest.raises(TimeoutError):
            once(True)
        once(False)

    with theirs():
        retrying()
    assert [child["name"] for child in recorded.only["children"]] == ["attempt search"] * 2
    assert recorded.only["attributes"]["toolspan.attempt.count"] == 2


def test_spans_of_other_tools_and_other_work_are_parents(recorded: Recorded):
    with theirs("execute_tool other", **{"gen_ai.tool.name": "other"}):
        search()
    with trace.get_tracer("x").start_as_current_span("search"):
        search()
    remote = NonRecordingSpan(SpanContext(1, 2, is_remote=True))
    with trace.use_span(remote):
        search()
    assert [len(node.get("children", ())) for node in recorded.tree] == [1, 1, 0]


def test_an_agent_is_not_a_tool_of_its_name(recorded: Recorded):
    with theirs(), track_agent_run("search"):
        pass
    assert [child["name"] for child in recorded.only["children"]] == ["invoke_agent search"]


# --- hooks -----------------------------------------------------------------------------------


def opened(recorded: Recorded, name: str = "search") -> Any:
    from opentelemetry.context import get_current

    tracer = tracer_of(recorded.provider)
    assert tracer is not None
    call = open_call(Prepared(Kind.TOOL, name), tracer, get_current())
    assert call is not None
    return call


@pytest.mark.requirement("design.3-one-logical-call")
def test_a_call_opened_by_a_hook_absorbs_the_decorated_function_of_its_name(recorded: Recorded):
    from opentelemetry.context import attach, detach

    call = opened(recorded)
    call.absorbs_same_name = True
    token = attach(call.context)
    search()
    track_tool_call(search.__wrapped__, name="other")()  # type: ignore[attr-defined]
    with pytest.raises(ConnectionError):
        search(fail=True)
    search()
    detach(token)
    call.end(Outcome.OK)
    assert recorded.outline() == [
        [
            "execute_tool search",
            "ok",
            [
                ["attempt search", "ok"],
                ["execute_tool other", "ok"],
                ["attempt search", "error"],
                ["attempt search", "ok"],
            ],
        ]
    ]


def test_calls_are_found_again_by_their_key(recorded: Recorded):
    calls = CallsByKey(most=2)
    first, second, third, again = (opened(recorded, name) for name in ("a", "b", "c", "d"))
    calls.put("a", first)
    calls.put("b", second)
    assert calls.get("a") is first
    calls.put("c", third)  # one too many: the oldest was never reported to have ended
    assert calls.take("a") is None
    calls.put("b", again)  # the same key again: its first call never ended
    assert calls.take("b") is again
    assert calls.take("b") is None
    again.end(Outcome.OK)
    third.end(Outcome.OK)
    assert {node["name"][-1]: node["attributes"]["toolspan.outcome"] for node in recorded.tree} == {
        "a": "abandoned",
        "b": "abandoned",
        "c": "ok",
        "d": "ok",
    }


def test_the_plain_span_is_as_before(recorded: Recorded):
    search()
    assert recorded.tree == [tool_span("search")]
