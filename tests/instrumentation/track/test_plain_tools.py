"""The calls that most tools have begin in one function, and come out as all others do."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import StrEnum
from typing import Any
from unittest import mock

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, DEFAULT_ON, Sampler

from support.recording import Recorded, recording
from toolspan.instrumentation import (
    session,
    track_agent_run,
    track_attempt,
    track_llm_call,
    track_step,
    track_tool_call,
    track_workflow,
)
from toolspan.instrumentation.track import _tracking
from toolspan.instrumentation.track._tracking import Tracking


@contextmanager
def inside_a_span_of_the_host() -> Iterator[None]:
    with trace.get_tracer("host").start_as_current_span("GET /"):
        yield


@contextmanager
def inside_everything() -> Iterator[None]:
    with (
        session("s", user_id="u", conversation_id="c"),
        track_workflow("news"),
        track_step("gather"),
        track_agent_run("researcher"),
    ):
        yield


SURROUNDINGS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "nothing": nullcontext,
    "a session": lambda: session("s"),
    "an agent": lambda: track_agent_run("researcher"),
    "everything": inside_everything,
    "a model call": lambda: track_llm_call("gpt-5"),
    "a tool": lambda: track_tool_call("outer"),
    "a try": track_attempt,
    "a span of the host": inside_a_span_of_the_host,
    "suppression": suppress_instrumentation,
}


class Name(StrEnum):
    QUERY = "query"


def search(query: str, limit: int = 5, *rest: object, **more: object) -> object:
    return {"query": query} if limit else query


class Searches:
    def search(self, query: str, limit: int = 5) -> str:
        return query


CALLS: dict[str, Callable[[Any], object]] = {
    "by position": lambda tool: tool("x", 3),
    "by name": lambda tool: tool(limit=3, query="x"),
    "mixed": lambda tool: tool("x", limit=0),
    "with more": lambda tool: tool("x", 3, 4, 5, deep=True),
    "without what is needed": lambda tool: tool(),
    "with much to cut": lambda tool: tool("x" * 5_000),
    "with a secret": lambda tool: tool("password=hunter2", limit=0),
    "by a name that is more than text": lambda tool: tool(**{Name.QUERY: "x"}),
    "with anything": lambda tool: tool({"a": [1, {2: float("nan")}]}),
}


def recorded_call(
    surroundings: Callable[[], AbstractContextManager[Any]],
    call: Callable[[Any], object],
    sampler: Sampler,
    capture: bool,
    *,
    plainly: bool,
) -> list[dict[str, Any]]:
    """The spans of one call, begun in the one function or in the way all others are."""
    with recording(sampler=sampler, content_hash=True) as recorded, surroundings():
        plain = _tracking.PlainTool if plainly else _Otherwise
        with mock.patch.object(_tracking, "PlainTool", plain):
            tool = track_tool_call(search, capture_content=capture)
        try:
            call(tool)
        except TypeError:
            assert call is CALLS["without what is needed"]
    return recorded.tree


class _Otherwise:
    def __init__(self, *_: object, otherwise: Any, **__: object) -> None:
        self.begin = otherwise


@pytest.mark.parametrize("capture", [False, True], ids=["hash", "content"])
@pytest.mark.parametrize("sampler", [ALWAYS_ON, DEFAULT_ON, ALWAYS_OFF], ids=["on", "root", "off"])
@pytest.mark.parametrize("around", SURROUNDINGS)
def test_a_plain_call_comes_out_as_any_other(around: str, sampler: Sampler, capture: bool):
    for call in CALLS.values():
        plain, other = (
            recorded_call(SURROUNDINGS[around], call, sampler, capture, plainly=plainly)
            for plainly in (True, False)
        )
        assert plain == other
        assert bool(plain) == (sampler is not ALWAYS_OFF and around != "suppression")


def test_most_calls_are_plain():
    begun = []

    def begin_any(tracking: Tracking, args: Any, kwargs: Any) -> Any:
        begun.append(tracking.kind.name)
        return begin_any_really(tracking, args, kwargs)

    begin_any_really = Tracking._begin_any
    with recording(sampler=DEFAULT_ON), mock.patch.object(Tracking, "_begin_any", begin_any):
        tool = track_tool_call(search)
        method = track_tool_call(Searches.search)
        tool("x")
        with session("s"):
            tool("x")
        with track_agent_run("researcher"):
            tool("x")
            method(Searches(), "x")
    assert begun == ["AGENT"]


def test_a_hostile_argument_costs_the_call_nothing_but_its_description(recorded: Recorded):
    with mock.patch(
        "toolspan.instrumentation.record._plain_tool.flat_text", side_effect=ValueError
    ):
        assert track_tool_call(search, capture_content=True)("x", 0) == "x"
    assert recorded.only["attributes"]["toolspan.outcome"] == "ok"
    assert "gen_ai.tool.call.arguments" not in recorded.only["attributes"]
