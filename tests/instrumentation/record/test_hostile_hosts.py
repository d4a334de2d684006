"""Programs that do what none should: every call still ends once, and the host sees only itself."""

import ast
import asyncio
import contextvars
import gc
import logging
import subprocess
import sys
import textwrap
from collections.abc import AsyncGenerator, Generator
from typing import Any
from unittest import mock

import pytest
from opentelemetry import metrics
from opentelemetry.context import get_current
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SpanProcessor

from support.recording import Recorded, recording, tool_span
from toolspan.instrumentation import (
    carry_context,
    session,
    track_agent_run,
    track_attempt,
    track_tool_call,
)
from toolspan.instrumentation.record import open_calls


def press_ctrl_c(*_: object) -> Any:
    raise KeyboardInterrupt


class Unspeakable:
    """Raises whatever it is asked."""

    def __str__(self) -> str:
        raise ValueError("no text")

    def __bool__(self) -> bool:
        raise ValueError("neither true nor false")

    def __hash__(self) -> int:
        raise ValueError("no hash")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class UnspeakableClass(type):
    def __getattr__(cls, name: str) -> Any:
        raise RuntimeError(name)

    def __hash__(cls) -> int:
        raise ValueError("no hash")

    def __eq__(cls, other: object) -> bool:
        raise ValueError("no equal")


class OfUnspeakableClass(metaclass=UnspeakableClass):
    pass


@pytest.mark.requirement("battery.keyboard-interrupt", "capability.A3-base-exception")
@pytest.mark.parametrize("option", ["is_error", "attributes", "result_attributes", "cost"])
def test_ctrl_c_in_an_option_ends_the_call(recorded: Recorded, option: str):
    options: Any = {option: press_ctrl_c}
    with pytest.raises(KeyboardInterrupt):
        track_tool_call(lambda: 1, name="a", **options)()
    assert recorded.outline() == [["execute_tool a", "cancelled"]]


@pytest.mark.parametrize("result", ["plain", {"isError": False}])
def test_ctrl_c_while_a_result_is_encoded_ends_the_call(recorded: Recorded, result: object):
    with (
        mock.patch("toolspan.instrumentation.record._call.text_of", press_ctrl_c),
        pytest.raises(KeyboardInterrupt),
    ):
        track_tool_call(lambda: result, name="a", capture_content=True)()
    assert recorded.outline() == [["execute_tool a", "cancelled"]]


@pytest.mark.requirement("capability.A3-base-exception")
def test_ctrl_c_while_a_call_is_described_still_ends_its_span(recorded: Recorded):
    with (
        mock.patch("toolspan.instrumentation.record._call.OpenCall._tell_parent", press_ctrl_c),
        track_agent_run("b"),
        pytest.raises(KeyboardInterrupt),
    ):
        track_tool_call(lambda: 1 / 0, name="a")()
    assert {span.name for span in recorded.spans} == {"invoke_agent b", "execute_tool a"}


@pytest.mark.parametrize("option", ["name", "session_id", "tool_call_id", "fallback_from"])
def test_an_option_may_return_anything(recorded: Recorded, option: str):
    options: Any = {option: lambda args, kwargs: Unspeakable()}

    @track_tool_call(**options)
    def search() -> int:
        return 1

    assert search() == 1
    assert recorded.tree == [tool_span("search")]


def test_a_judgement_may_be_neither_true_nor_false(recorded: Recorded):
    inner = track_tool_call(lambda: 1, name="a", is_error=lambda result: Unspeakable())  # type: ignore[arg-type, return-value]
    assert track_tool_call(inner, name="b")() == 1
    assert recorded.tree == [tool_span("b")]


@pytest.mark.requirement("capability.A4-manners")
def test_an_open_call_takes_anything(recorded: Recorded, caplog: pytest.LogCaptureFixture):
    with track_tool_call("a") as call:
        for wrong in (None, 5, Unspeakable()):
            anything: Any = wrong
            call.set_attributes(anything)
            call.set_attribute(anything, anything)
            call.set_arguments(anything)
            call.set_cost(anything, anything)
            call.set_tool_call_id(anything)
            call.set_outcome(anything)
        call.set_tool_call_id("1")
        call.set_cost(2)
        call.set_attribute("of.the.host", "said")
    (warning, *_) = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert warning.getMessage().startswith("None is no outcome of a; known are ok, error")
    said = {
        "gen_ai.tool.call.id": "1",
        "toolspan.tool.cost.amount": 2.0,
        "toolspan.tool.cost.currency": "USD",
        "of.the.host": "said",
    }
    assert recorded.tree == [tool_span("a", **said)]


def test_an_attribute_that_the_sdk_cannot_take_costs_only_itself(recorded: Recorded):
    with track_tool_call("a") as call:
        call.set_attributes({"of.the.host": 1, "broken": Broken(), "also.of.the.host": 2})
    (span,) = recorded.tree
    assert (
        span["attributes"].items()
        >= {
            "of.the.host": 1,
            "also.of.the.host": 2,
            "toolspan.outcome": "ok",
        }.items()
    )


class Broken(list[Any]):
    def __iter__(self) -> Any:
        raise RuntimeError


def test_a_class_that_cannot_be_hashed_is_returned_as_it_is():
    thing = OfUnspeakableClass()
    with recording(content_hash=True) as recorded:
        assert track_tool_call(lambda it: it, name="a", capture_content=True)(thing) is thing
    assert recorded.outline() == [["execute_tool a", "ok"]]
    told = ("gen_ai.tool.call.arguments", "toolspan.tool_call.arguments_hash")
    assert recorded.only["attributes"].keys() >= set(told)


class Lying(Exception):
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __str__(self) -> str:
        raise RuntimeError


def test_an_exception_that_cannot_be_looked_at_reaches_the_host(recorded: Recorded):
    def fail() -> None:
        raise Lying

    with pytest.raises(Lying):
        track_tool_call(fail, name="a")()
    assert recorded.outline() == [["execute_tool a", "error"]]


@pytest.mark.requirement("design.3-outcome-error")
def test_wrong_arguments_end_the_call_of_a_coroutine_function_too(recorded: Recorded):
    @track_tool_call
    async def search(query: str) -> str:
        return query

    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        asyncio.run(search())  # type: ignore[call-arg]
    assert recorded.tree == [
        {
            **tool_span("search"),
            "status": "ERROR",
            "description": mock.ANY,
            "attributes": {
                **tool_span("search")["attributes"],
                "toolspan.outcome": "error",
                "error.type": "TypeError",
            },
        }
    ]


@pytest.mark.requirement("capability.A2-ends-once")
def test_a_recursion_without_end_ends_every_call():
    counts = {"started": 0, "ended": 0}

    class Count(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            counts["started"] += 1

        def on_end(self, span: Any) -> None:
            counts["ended"] += 1

    @track_tool_call
    def deeper() -> None:
        deeper()

    with recording(Count()), pytest.raises(RecursionError):
        deeper()
    assert counts["started"] == counts["ended"] > 50
    assert not open_calls


# --- asyncio ------------------------------------------------------------------------------------


@pytest.mark.requirement("capability.A4-manners")
def test_asyncio_still_says_that_nobody_looked_at_an_exception(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
):
    async def fail() -> None:
        raise ValueError("lost")

    @track_tool_call
    def start() -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(fail())

    async def main() -> None:
        await asyncio.wait([start()])

    asyncio.run(main())
    gc.collect()
    assert recorded.outline() == [["execute_tool start", "error"]]
    assert "Task exception was never retrieved" in caplog.text


@pytest.mark.requirement("battery.async-generator-finaliser")
def test_the_end_of_a_loop_closes_a_generator_that_waits_while_it_cleans_up(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
):
    cleaned_up = []

    @track_tool_call
    async def stream() -> AsyncGenerator[int, None]:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            cleaned_up.append(True)

    async def main() -> AsyncGenerator[int, None]:
        left = stream()
        await anext(left)
        return left  # suspended when the loop ends

    left = asyncio.run(main())
    assert cleaned_up == [True]
    assert caplog.text == ""
    assert recorded.outline() == [["execute_tool stream", "cancelled"]]
    del left


def test_the_hooks_of_an_event_loop_stay(recorded: Recorded):
    @track_tool_call
    async def stream() -> AsyncGenerator[int, None]:
        yield 1

    async def main() -> None:
        before = sys.get_asyncgen_hooks()
        async for _ in stream():
            assert sys.get_asyncgen_hooks() == before
        assert sys.get_asyncgen_hooks() == before

    asyncio.run(main())
    assert recorded.outline() == [["execute_tool stream", "ok"]]


@pytest.mark.requirement("battery.sync-returning-awaitable")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_returned_coroutine_that_nobody_awaits_ends_as_abandoned(recorded: Recorded):
    async def answer() -> int:
        return 1

    @track_tool_call
    def ask() -> Any:
        return answer()

    ask()
    gc.collect()
    assert recorded.outline() == [["execute_tool ask", "abandoned"]]


@pytest.mark.requirement("capability.A2-ends-once")
def test_a_block_may_be_left_in_another_task_than_it_was_entered_in(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
):
    block = track_tool_call("a")

    async def enter() -> None:
        await block.__aenter__()

    async def leave() -> None:
        await block.__aexit__(None, None, None)

    async def main() -> None:
        await asyncio.create_task(enter())
        await asyncio.create_task(leave())

    asyncio.run(main())
    assert recorded.outline() == [["execute_tool a", "ok"]]
    assert caplog.text == ""


def test_a_task_started_in_a_block_may_leave_it(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
):
    block = track_tool_call("a")
    seen = []

    async def leave() -> None:
        block.__exit__(None, None, None)
        seen.append(dict(get_current()))

    async def main() -> None:
        block.__enter__()
        await asyncio.create_task(leave())

    contextvars.copy_context().run(asyncio.run, main())
    assert seen == [{}]
    assert recorded.outline() == [["execute_tool a", "ok"]]
    assert caplog.text == ""


@pytest.mark.requirement("pain.01-failed-detach")
def test_blocks_in_a_generator_that_another_task_closes_log_nothing(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
):
    async def stream() -> AsyncGenerator[int, None]:
        with session("s"), track_tool_call("a"), track_attempt():
            yield 1

    async def main() -> None:
        items = stream()
        await asyncio.create_task(_next(items))
        await asyncio.create_task(items.aclose())

    asyncio.run(main())
    assert recorded.outline() == [["execute_tool a", "cancelled"]]
    assert caplog.text == ""


async def _next(items: AsyncGenerator[int, None]) -> int:
    return await anext(items)


def test_a_carried_coroutine_may_be_dropped_elsewhere(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
):
    async def wait() -> None:
        await _Once()

    with session("s"):
        coroutine = carry_context(wait)()
    contextvars.copy_context().run(coroutine.send, None)
    coroutine.close()
    assert caplog.text == ""


class _Once:
    def __await__(self) -> Generator[None, None, None]:
        yield


# --- time, exit ---------------------------------------------------------------------------------


def test_a_clock_that_goes_back_measures_no_negative_duration(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    reader = InMemoryMetricReader()
    monkeypatch.setattr(
        metrics._internal, "_METER_PROVIDER", MeterProvider([reader], shutdown_on_exit=False)
    )
    monkeypatch.setattr("toolspan.instrumentation.record._measured.time_ns", lambda: 0)
    with recording():
        track_tool_call(lambda: 1, name="a")()
    data: Any = reader.get_metrics_data()
    (point,) = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    assert (point.count, point.sum) == (1, 0)
    assert caplog.text == ""


@pytest.mark.requirement("pain.16-exit")
def test_what_is_open_at_exit_ends_without_a_word():
    program = """
    import atexit, collections, threading
    from opentelemetry import trace
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from toolspan.instrumentation import track_tool_call

    class Ended(SpanProcessor):
        outcomes = collections.Counter()
        def on_end(self, span):
            self.outcomes[span.name, span.attributes["toolspan.outcome"]] += 1
    trace.set_tracer_provider(TracerProvider())
    trace.get_tracer_provider().add_span_processor(Ended())
    atexit.register(lambda: print(sorted(Ended.outcomes.items())))

    @track_tool_call
    def stream():
        try:
            while True:
                yield
        finally:
            track_tool_call(len, name="at the very end")("")
    kept = stream(); next(kept)
    class Cycle: pass
    cycle = Cycle(); cycle.me = cycle; cycle.items = stream(); next(cycle.items)

    class Once:
        def __await__(self):
            yield
    @track_tool_call
    async def wait():
        await Once()
    waiting = wait(); waiting.send(None)
    @track_tool_call
    async def astream():
        yield
    try:
        items = astream(); items.__anext__().send(None)
    except StopIteration:
        pass
    started = threading.Event()
    @track_tool_call
    def forever():
        started.set(); threading.Event().wait()
    threading.Thread(target=forever, daemon=True).start()
    started.wait()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert ast.literal_eval(done.stdout) == [
        (("execute_tool astream", "abandoned"), 1),
        (("execute_tool forever", "abandoned"), 1),
        (("execute_tool stream", "abandoned"), 2),
        (("execute_tool wait", "abandoned"), 1),
    ]
