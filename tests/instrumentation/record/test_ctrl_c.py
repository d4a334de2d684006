"""Ctrl-C while a call is begun or ended: its span ends once, and nothing stays behind.

Python raises it between two steps of ours, most often when a function has just been called or has
just returned.
"""

import asyncio
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from opentelemetry import context as context_api
from opentelemetry.sdk.trace import Span

from support.recording import Recorded
from toolspan.instrumentation import track_agent_run, track_tool_call
from toolspan.instrumentation.record import OpenCall, _call, _open, _plain_tool, open_calls
from toolspan.instrumentation.track import _functions


class Interrupts:
    """Ctrl-C before or after what is called, the first time."""

    def __init__(self, really: Callable[..., Any], *, after: bool) -> None:
        self._really = really
        self._after = after
        self._has_interrupted = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._has_interrupted:
            return self._really(*args, **kwargs)
        self._has_interrupted = True
        if self._after:
            self._really(*args, **kwargs)
        raise KeyboardInterrupt

    def __get__(self, instance: Any, _: Any) -> Any:
        return self if instance is None else lambda *args, **kw: self(instance, *args, **kw)


class OpenCalls(set[OpenCall]):
    """What `open_calls` is replaced by, as methods of built-in sets cannot be."""


def search(query: str) -> str:
    return f"found {query}"


async def search_async(query: str) -> str:
    return f"found {query}"


def run_tool() -> None:
    track_tool_call(search, name="it", capture_content=True)("otters")


def run_tool_async() -> None:
    asyncio.run(track_tool_call(search_async, name="it")("otters"))


def run_agent() -> None:
    track_agent_run(search, name="it")("otters")


def interrupted(target: Any, name: str, run: Callable[[], None], *, after: bool) -> None:
    before = context_api.get_current()
    with (
        mock.patch.object(target, name, Interrupts(getattr(target, name), after=after)),
        pytest.raises(KeyboardInterrupt),
    ):
        run()
    assert context_api.get_current() is before


@pytest.mark.parametrize(
    ("module", "run"), [(_plain_tool, run_tool), (_open, run_agent)], ids=["tool", "agent"]
)
@pytest.mark.parametrize("added", [False, True], ids=["before", "after"])
def test_ctrl_c_before_a_call_is_handed_out_ends_its_span(
    recorded: Recorded, module: Any, run: Callable[[], None], added: bool
):
    calls = OpenCalls()
    with (
        mock.patch.object(module, "open_calls", calls),
        mock.patch.object(_call, "open_calls", calls),
    ):
        if added:
            interrupted(OpenCalls, "add", run, after=True)
        else:
            interrupted(module, "current_durations", run, after=True)
    assert not calls
    assert [outcome for _, outcome in recorded.outline()] == ["cancelled"]


@pytest.mark.parametrize("run", [run_tool, run_tool_async, run_agent])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_ctrl_c_when_the_context_is_left_leaves_it_and_ends_the_call(
    recorded: Recorded, run: Callable[[], None], after: bool
):
    interrupted(_functions, "detach", run, after=after)
    assert [outcome for _, outcome in recorded.outline()] == ["cancelled"]


@pytest.mark.parametrize("run", [run_tool, run_tool_async, run_agent])
def test_ctrl_c_before_the_end_is_begun_ends_the_call(recorded: Recorded, run: Callable[[], None]):
    interrupted(OpenCall, "end_with_result", run, after=False)
    assert [outcome for _, outcome in recorded.outline()] == ["cancelled"]


@pytest.mark.parametrize("run", [run_tool, run_agent])
def test_ctrl_c_when_a_call_is_open_no_more_ends_its_span(
    recorded: Recorded, run: Callable[[], None]
):
    calls = OpenCalls()
    with (
        mock.patch.object(_plain_tool, "open_calls", calls),
        mock.patch.object(_open, "open_calls", calls),
        mock.patch.object(_call, "open_calls", calls),
    ):
        interrupted(OpenCalls, "remove", run, after=True)
    assert not calls
    assert [outcome for _, outcome in recorded.outline()] == ["cancelled"]


@pytest.mark.parametrize("run", [run_tool, run_agent])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_ctrl_c_when_the_span_is_ended_ends_it_once(
    recorded: Recorded, caplog: pytest.LogCaptureFixture, run: Callable[[], None], after: bool
):
    interrupted(Span, "end", run, after=after)
    assert [outcome for _, outcome in recorded.outline()] == ["ok" if after else "cancelled"]
    assert not open_calls
    assert not caplog.records
