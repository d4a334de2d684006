"""Identity across threads, executors and processes, and beside upstream's GenAI utilities."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import baggage, propagate, trace
from opentelemetry.context import Context, attach, detach, get_current

from support.recording import Recorded, needs_util_genai, recording
from toolspan.instrumentation import (
    carry_context,
    session,
    session_from_baggage,
    track_agent_run,
    track_tool_call,
)


@track_tool_call
def search(query: str = "") -> str:
    return query


@track_tool_call
async def asearch(query: str = "") -> str:
    await asyncio.sleep(0)
    return query


@pytest.mark.requirement(
    "battery.thread-pool-parent", "pain.09-thread-pools", "capability.D-executors"
)
def test_threads_and_executors_take_the_context_along(recorded: Recorded):
    async def main(pool: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(pool, carry_context(search), "loop") == "loop"

    with session("s"), track_agent_run("a"), ThreadPoolExecutor(2) as pool:
        assert pool.submit(carry_context(search), "otters").result() == "otters"
        assert list(pool.map(carry_context(search), "ab")) == ["a", "b"]
        asyncio.run(main(pool))
        thread = threading.Thread(target=carry_context(search))
        thread.start()
        thread.join()
    assert recorded.outline() == [["invoke_agent a", "ok", [["execute_tool search", "ok"]] * 5]]
    assert {span.attributes["session.id"] for span in recorded.spans if span.attributes} == {"s"}


def test_a_worker_is_left_as_it_was(recorded: Recorded):
    with ThreadPoolExecutor(1) as pool:
        with session("s"):
            pool.submit(carry_context(search)).result()
        assert pool.submit(get_current).result() == {}
        with session("t"), pytest.raises(ZeroDivisionError):
            pool.submit(carry_context(lambda: 1 / 0)).result()
        assert pool.submit(get_current).result() == {}


@pytest.mark.requirement("capability.D-executors")
def test_coroutines_take_the_context_to_another_loop(recorded: Recorded):
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    with session("s"):
        future = asyncio.run_coroutine_threadsafe(carry_context(asearch)("q"), loop)
        assert future.result(10) == "q"
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert recorded.only["attributes"]["session.id"] == "s"


@pytest.mark.requirement("battery.gather-parent")
def test_gathered_calls_keep_their_parent(recorded: Recorded):
    @track_agent_run(name="a")
    async def run() -> None:
        await asyncio.gather(*(asearch() for _ in range(5)))

    asyncio.run(run())
    assert recorded.outline() == [["invoke_agent a", "ok", [["execute_tool asearch", "ok"]] * 5]]


# --- baggage ---------------------------------------------------------------------------------


def headers_of_a_request() -> dict[str, str]:
    headers: dict[str, str] = {}
    propagate.inject(headers)
    return headers


@pytest.mark.requirement("capability.D-baggage")
def test_a_session_travels_in_baggage_when_asked(recorded: Recorded):
    with session("s", user_id="u", in_baggage=True):
        headers = headers_of_a_request()
    token = attach(propagate.extract(headers, Context()))
    search()
    with session_from_baggage():
        search()
        with session("own"), session_from_baggage():
            search()
    detach(token)
    found = [
        (node["attributes"].get("session.id"), node["attributes"].get("user.id"))
        for node in recorded.tree
    ]
    assert found == [(None, None), ("s", "u"), ("own", None)]


@pytest.mark.requirement("capability.D-baggage")
def test_nothing_is_put_into_baggage_unless_asked():
    with session("s", user_id="u"):
        assert "baggage" not in headers_of_a_request()


def test_without_baggage_or_with_odd_baggage_nothing_is_taken(recorded: Recorded):
    with session_from_baggage():
        search()
    token = attach(baggage.set_baggage("session.id", 7))
    with session_from_baggage():
        search()
    detach(token)
    token = attach(baggage.set_baggage("session.id", "s" * 10_000))
    with session_from_baggage():
        search()
    detach(token)
    lengths = [len(node["attributes"].get("session.id", "")) for node in recorded.tree]
    assert lengths == [0, 0, 200]


# --- upstream's utilities --------------------------------------------------------------------


@pytest.mark.requirement("capability.D-util-genai")
def test_spans_of_util_genai_inherit_our_conversation():
    needs_util_genai()
    from opentelemetry.util.genai.handler import TelemetryHandler

    with recording() as recorded:
        handler = TelemetryHandler(tracer_provider=recorded.provider)

        def chat() -> None:
            handler.inference("openai", request_model="gpt-5").stop()

        with session("s", conversation_id="c"):
            chat()
            with track_agent_run("a"):
                chat()
        with track_agent_run("b", conversation_id="d"):
            chat()
        with session("s"):
            chat()
        chats = [span for span in recorded.spans if span.name.startswith("chat")]
    assert [(span.attributes or {}).get("gen_ai.conversation.id") for span in chats] == [
        *("c", "c", "d"),
        None,
    ]
    assert trace.get_current_span() is trace.INVALID_SPAN
