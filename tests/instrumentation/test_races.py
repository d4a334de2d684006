"""Threads, tasks and generators at once: nothing leaks, everything ends, memory stays flat."""

import asyncio
import gc
import random
import threading
import tracemalloc
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import suppress

import pytest
from opentelemetry.context import get_current
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from support.recording import Recorded, recording
from toolspan.instrumentation import (
    carry_context,
    session,
    track_agent_run,
    track_attempt,
    track_step,
    track_tool_call,
)
from toolspan.instrumentation.record import OpenCall, open_calls


@track_tool_call
def search(number: int) -> int:
    if number % 7 == 0:
        raise ValueError(number)
    return number


@track_attempt
def once(fail: bool) -> None:
    if fail:
        raise TimeoutError


@track_tool_call
def fetch(tries: int) -> None:
    for left in reversed(range(tries)):
        try:
            once(left > 0)
            break
        except TimeoutError:
            pass


@track_tool_call
def stream(items: int) -> Generator[int, None, None]:
    for number in range(items):
        with track_step("inside"):
            yield number


@track_tool_call
async def astream(items: int) -> AsyncGenerator[int, None]:
    for number in range(items):
        await asyncio.sleep(0)
        yield number


@track_tool_call
async def asearch(number: int) -> int:
    await asyncio.sleep(0)
    return search(number)


@track_agent_run(name=lambda args, kwargs: f"agent-{args[0]}")
async def agent(name: str, rounds: int, seed: int) -> None:  # noqa: C901  a menu
    choose = random.Random(seed)
    for number in range(rounds):
        match choose.randrange(6):
            case 0:
                await asyncio.gather(
                    *(asearch(number + n) for n in range(3)), return_exceptions=True
                )
            case 1:
                for _ in stream(choose.randrange(4)):
                    if choose.random() < 0.3:
                        break
            case 2:
                async for _ in astream(choose.randrange(4)):
                    if choose.random() < 0.3:
                        break
            case 3:
                fetch(choose.randrange(1, 4))
            case 4:
                task = asyncio.create_task(asearch(1))
                if choose.random() < 0.5:
                    task.cancel()
                await asyncio.wait([task])
            case 5:
                await asyncio.to_thread(carry_context(fetch), 2)


def thread(number: int, tasks: int, rounds: int, errors: list[BaseException]) -> None:
    async def main() -> None:
        with session(f"s{number}"):
            await asyncio.gather(
                *(agent(f"{number}-{task}", rounds, number * 100 + task) for task in range(tasks))
            )
        assert get_current() == {}

    try:
        asyncio.run(main())
        assert get_current() == {}
    except BaseException as error:
        errors.append(error)


class Counting(SpanProcessor):
    """Counts what starts and ends, and looks at each span as it passes."""

    def __init__(self) -> None:
        self.started = self.ended = 0
        self.wrong: list[str] = []
        self.outcomes: Counter[str] = Counter()
        self.agents: dict[int, str] = {}
        self.lock = threading.Lock()

    def on_start(self, span: ReadableSpan, parent_context: object = None) -> None:
        with self.lock:
            self.started += 1

    def on_end(self, span: ReadableSpan) -> None:
        attributes = span.attributes or {}
        with self.lock:
            self.ended += 1
            self.outcomes[str(attributes.get("toolspan.outcome"))] += 1
            belongs = str(attributes.get("toolspan.agent", "")).removeprefix("agent-")
            if f"s{belongs.partition('-')[0]}" != attributes.get("session.id"):
                self.wrong.append(f"{span.name}: {dict(attributes)}")
            if not span.name.startswith("invoke_agent") and span.parent is None:
                self.wrong.append(f"{span.name} has no parent")


def storm(threads: int, tasks: int, rounds: int) -> Counting:
    counting = Counting()
    errors: list[BaseException] = []
    with recording(counting) as recorded:
        recorded.provider._active_span_processor._span_processors = (counting,)
        running = [
            threading.Thread(target=thread, args=(number, tasks, rounds, errors))
            for number in range(threads)
        ]
        for each in running:
            each.start()
        for each in running:
            each.join()
        gc.collect()
    assert errors == []
    return counting


@pytest.mark.requirement("battery.threads", "capability.A2-ends-once")
def test_threads_tasks_and_generators_at_once():
    found = storm(threads=4, tasks=5, rounds=15)
    assert found.wrong == []
    assert found.started == found.ended > 500
    assert not open_calls
    assert set(found.outcomes) == {"ok", "error", "timeout", "cancelled"}


@pytest.mark.slow
@pytest.mark.requirement("battery.threads", "capability.A2-ends-once", "pain.also-overhead")
def test_a_storm_of_thousands_of_calls():
    found = storm(threads=8, tasks=20, rounds=60)
    assert found.wrong == []
    assert found.started == found.ended > 20_000
    assert not open_calls


@pytest.mark.requirement("pain.also-overhead")
def test_memory_stays_flat(recorded: Recorded):
    def rounds(count: int) -> None:
        for number in range(count):
            fetch(1 + number % 3)
            list(stream(2))
            with suppress(ValueError):
                search(number)
        recorded.clear()

    rounds(200)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        rounds(1_000)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 100_000


def test_calls_do_not_wait_for_the_garbage_collector(recorded: Recorded):
    def calls() -> set[int]:
        return {id(each) for each in gc.get_objects() if isinstance(each, OpenCall)}

    gc.collect()
    gc.disable()
    try:
        before = calls()
        for number in range(1, 7):
            search(number)
            fetch(2)
            list(stream(2))
        recorded.clear()
        left = calls() - before
    finally:
        gc.enable()
    assert left == set()


def test_a_cancelled_agent_cancels_what_it_runs(recorded: Recorded):
    async def main() -> None:
        started = asyncio.Event()

        @track_tool_call
        async def hang() -> None:
            started.set()
            await asyncio.Event().wait()

        @track_agent_run(name="a")
        async def run() -> None:
            await hang()

        task = asyncio.create_task(run())
        await started.wait()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())
    assert recorded.outline() == [
        ["invoke_agent a", "cancelled", [["execute_tool hang", "cancelled"]]]
    ]
