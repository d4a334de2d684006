"""Retries by tenacity and stamina, recorded without a change of the code that retries."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import stamina
import tenacity

from support.recording import Recorded
from toolspan.instrumentation import track_tool_call
from toolspan.instrumentation.track import hook_retry_libraries

QUICK: dict[str, Any] = {
    "stop": tenacity.stop_after_attempt(3),
    "wait": tenacity.wait_none(),
    "reraise": True,
}


@pytest.fixture(autouse=True)
def _hooked() -> Iterator[None]:
    hook_retry_libraries()
    hook_retry_libraries()  # twice is once
    with stamina.set_testing(True, attempts=3):
        yield


class Flaky:
    """Fails until the `success`-th time it is asked."""

    def __init__(self, success: int) -> None:
        self.asked = 0
        self.success = success

    def __call__(self) -> str:
        self.asked += 1
        if self.asked < self.success:
            raise ConnectionError("down")
        return "page"


def attempts(recorded: Recorded) -> list[tuple[int, str]]:
    """Number and outcome of the attempts of the only call."""
    root = recorded.only
    assert root["name"] == "execute_tool fetch"
    return [
        (
            child["attributes"]["toolspan.attempt.number"],
            child["attributes"]["toolspan.outcome"],
        )
        for child in root.get("children", ())
    ]


RECOVERED = [(1, "error"), (2, "error"), (3, "ok")]


@pytest.mark.requirement("capability.C-retry-libraries")
@pytest.mark.parametrize("retry", [tenacity.retry(**QUICK), stamina.retry(on=ConnectionError)])
def test_a_decorator_inside_the_tool(recorded: Recorded, retry: Any):
    flaky = Flaky(3)

    @track_tool_call
    @retry
    def fetch() -> str:
        return flaky()

    assert fetch() == "page"
    assert attempts(recorded) == RECOVERED
    assert recorded.only["attributes"]["toolspan.attempt.count"] == 3
    assert recorded.only["attributes"]["toolspan.outcome"] == "ok"


@pytest.mark.requirement("capability.C-retry-libraries")
@pytest.mark.parametrize("retry", [tenacity.retry(**QUICK), stamina.retry(on=ConnectionError)])
def test_an_async_decorator_inside_the_tool(recorded: Recorded, retry: Any):
    flaky = Flaky(3)

    @track_tool_call
    @retry
    async def fetch() -> str:
        await asyncio.sleep(0)
        return flaky()

    assert asyncio.run(fetch()) == "page"
    assert attempts(recorded) == RECOVERED


def test_a_loop_inside_the_tool(recorded: Recorded):
    flaky = Flaky(3)

    @track_tool_call
    def fetch() -> str:
        for attempt in tenacity.Retrying(**QUICK):
            with attempt:
                return flaky()
        return ""

    assert fetch() == "page"
    assert attempts(recorded) == RECOVERED


def test_a_stamina_loop_inside_the_tool(recorded: Recorded):
    flaky = Flaky(2)

    @track_tool_call
    def fetch() -> str:
        for attempt in stamina.retry_context(on=ConnectionError):
            with attempt:
                return flaky()
        return ""

    assert fetch() == "page"
    assert attempts(recorded) == [(1, "error"), (2, "ok")]


def test_an_async_loop_inside_the_tool(recorded: Recorded):
    flaky = Flaky(3)

    @track_tool_call
    async def fetch() -> str:
        async for attempt in tenacity.AsyncRetrying(**QUICK):
            async with attempt:
                await asyncio.sleep(0)
                return flaky()
        return ""

    assert asyncio.run(fetch()) == "page"
    assert attempts(recorded) == RECOVERED


@pytest.mark.requirement("capability.C-retry-libraries", "design.3-one-logical-call")
def test_a_decorator_around_the_tool_is_one_call_too(recorded: Recorded):
    flaky = Flaky(3)

    @tenacity.retry(**QUICK)
    @track_tool_call
    def fetch() -> str:
        return flaky()

    assert fetch() == "page"
    assert attempts(recorded) == RECOVERED
    recorded.clear()
    assert fetch() == "page"
    assert attempts(recorded) == []


def test_an_async_decorator_around_the_tool_is_one_call_too(recorded: Recorded):
    flaky = Flaky(3)

    @tenacity.retry(**QUICK)
    @track_tool_call
    async def fetch() -> str:
        return flaky()

    assert asyncio.run(fetch()) == "page"
    assert attempts(recorded) == RECOVERED


def test_when_every_try_fails_the_call_does(recorded: Recorded):
    @track_tool_call
    @tenacity.retry(**QUICK)
    def fetch() -> str:
        raise ConnectionError("down")

    with pytest.raises(ConnectionError):
        fetch()
    assert attempts(recorded) == [(1, "error"), (2, "error"), (3, "error")]
    assert recorded.only["attributes"]["error.type"] == "ConnectionError"


def test_retries_outside_any_tool_are_left_alone(recorded: Recorded):
    flaky = Flaky(3)

    @tenacity.retry(**QUICK)
    def work() -> str:
        return flaky()

    assert work() == "page"
    assert work.statistics["attempt_number"] == 3
    for attempt in tenacity.Retrying(**QUICK):
        with attempt:
            pass
    assert recorded.tree == []


def test_methods_are_retried_on_their_object(recorded: Recorded):
    class Tools:
        def __init__(self) -> None:
            self.flaky = Flaky(2)

        @tenacity.retry(**QUICK)
        @track_tool_call
        def fetch(self) -> str:
            return self.flaky()

    assert Tools().fetch() == "page"
    assert attempts(recorded) == [(1, "error"), (2, "ok")]
