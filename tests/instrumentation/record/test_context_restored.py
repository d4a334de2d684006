"""What a block or a wrapper attaches is gone when it is left."""

import asyncio
from collections.abc import AsyncGenerator, Generator

import pytest
import tenacity
from opentelemetry.context import get_current

from support.recording import Recorded
from toolspan.instrumentation import (
    carry_context,
    fallback,
    session,
    track_attempt,
    track_tool_call,
)
from toolspan.instrumentation.track import hook_retry_libraries


class _Once:
    def __await__(self) -> Generator[None, None, None]:
        yield


@pytest.mark.requirement("capability.D-executors")
def test_a_carried_coroutine_leaves_the_context_of_its_awaiter_as_it_was(recorded: Recorded):
    async def answer() -> int:
        assert get_current()
        return 1

    async def fail() -> None:
        raise LookupError

    with session("s"):
        carried, carried_failure = carry_context(answer), carry_context(fail)

    async def main() -> None:
        before = get_current()
        assert await carried() == 1
        assert get_current() is before
        with pytest.raises(LookupError):
            await carried_failure()
        assert get_current() is before

    asyncio.run(main())


@pytest.mark.requirement("capability.C-fallbacks")
def test_after_a_fallback_block_calls_stand_in_for_nothing(recorded: Recorded):
    before = get_current()
    with fallback("web_search"):
        assert get_current() is not before
    assert get_current() is before
    with pytest.raises(LookupError), fallback("web_search"):
        raise LookupError
    assert get_current() is before


@pytest.mark.requirement("capability.C-attempts")
def test_after_a_try_the_call_is_current_again(recorded: Recorded):
    with track_tool_call("a") as call:
        for _ in range(3):
            with pytest.raises(LookupError), track_attempt():
                raise LookupError
            assert get_current() is call.context
        with track_attempt():
            assert get_current() is not call.context
        assert get_current() is call.context


@pytest.mark.requirement("capability.A2-ends-once")
def test_a_coroutine_leaves_the_context_of_its_awaiter_as_it_was(recorded: Recorded):
    @track_tool_call
    async def answer() -> int:
        assert get_current()
        return 1

    @track_tool_call
    async def fail() -> None:
        raise LookupError

    async def main() -> None:
        before = get_current()
        assert await answer() == 1
        assert get_current() is before
        with pytest.raises(LookupError):
            await fail()
        assert get_current() is before

    asyncio.run(main())


def test_an_async_generator_dropped_while_it_waits_leaves_nothing_current(recorded: Recorded):
    @track_tool_call
    async def pages() -> AsyncGenerator[int, None]:
        await _Once()
        yield 1

    before = get_current()
    step = pages().__anext__()
    step.send(None)
    assert get_current() != before
    del step
    assert get_current() == before


@pytest.mark.requirement("capability.C-attempts")
def test_after_a_try_of_a_retry_library_the_call_is_current_again(recorded: Recorded):
    hook_retry_libraries()
    tries = tenacity.Retrying(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_none())
    with track_tool_call("a") as call:
        for attempt in tries:
            assert get_current() is call.context
            with attempt:
                if attempt.retry_state.attempt_number < 3:
                    raise LookupError
        assert get_current() is call.context
    (span,) = recorded.tree
    assert span["attributes"]["toolspan.attempt.count"] == 3


def test_a_coroutine_closed_by_hand_leaves_nothing_current(recorded: Recorded):
    @track_tool_call
    async def wait() -> None:
        await _Once()

    before = get_current()
    coroutine = wait()
    coroutine.send(None)
    coroutine.close()
    assert get_current() == before
    assert recorded.outline() == [["execute_tool wait", "abandoned"]]
    # what follows is no child of it
    with track_tool_call("next"):
        pass
    assert recorded.spans[-1].parent is None


@pytest.fixture(autouse=True)
def _forget_what_the_closed_coroutine_left() -> Generator[None, None, None]:
    """An empty context where there was none: equal, and as good."""
    from opentelemetry.context import attach, detach

    token = attach(get_current())
    yield
    detach(token)
