"""AG2 with models that follow a script: one scenario after another."""

import asyncio
import json
import logging

from ag2 import Agent
from ag2.events import ToolCallEvent
from ag2.middleware.builtin.telemetry import TelemetryMiddleware
from ag2.testing import TestConfig
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)


def call(name, call_id, **arguments):
    return ToolCallEvent(name=name, arguments=json.dumps(arguments), id=call_id)


def agent(name, *turns, tools=(), **options):
    config = TestConfig(*turns, raise_tool_errors=False)
    return Agent(name, config=config, tools=list(tools), **options)


async def answer(agent):
    return (await agent.ask("hi")).body


def search(q: str) -> str:
    "Search."
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


async def flaky(x: int) -> str:
    "Fails as often as it is to."
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return f"ok {x}"


async def two_tools():
    failures["left"] = 1
    turns = (
        call("search", "c1", q="otters"),
        call("flaky", "c2", x=1),
        call("flaky", "c3", x=1),
        "done",
    )
    return await answer(agent("worker", *turns, tools=[search, flaky]))


async def parallel_pair():
    together = asyncio.Barrier(2)

    async def meet(q: str) -> str:
        "Meet."
        async with together:
            return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    return await answer(agent("worker", asked, "done", tools=[meet]))


async def sub_agent():
    inner = agent("inner", call("search", "i1", q="a"), "found", tools=[search])

    async def ask(q: str) -> str:
        "Ask the inner agent."
        return await answer(inner)

    return await answer(agent("outer", call("ask", "c1", q="x"), "done", tools=[ask]))


async def exception():
    """What a tool raises is handed to the model."""

    def boom(q: str) -> str:
        "Boom."
        raise LookupError(q)

    return await answer(agent("worker", call("boom", "c1", q="x"), "done", tools=[boom]))


async def unknown_tool():
    return await answer(agent("worker", call("serch", "c1", q="x"), "done", tools=[search]))


async def timeout():
    def slow(q: str) -> str:
        "Slow."
        raise TimeoutError("no answer in 3 s")

    return await answer(agent("worker", call("slow", "c1", q="x"), "done", tools=[slow]))


async def model_failure():
    return await answer(agent("worker", ConnectionError("model is down")))


async def cancellation():
    started = asyncio.Event()

    async def wait(q: str) -> str:
        "Wait."
        started.set()
        await asyncio.Event().wait()
        return q

    task = asyncio.create_task(answer(agent("worker", call("wait", "c1", q="x"), tools=[wait])))
    await started.wait()
    task.cancel()
    return await task


async def observed():
    """A turn that is watched while it goes on."""
    worker = agent("worker", call("search", "c1", q="a"), "done", tools=[search])
    async with worker.run("hi") as turn:
        return (await turn.result()).body


async def switched_on_by_its_user():
    """The user's own telemetry stays; there are no second spans."""
    middleware = [TelemetryMiddleware(agent_name="worker", capture_content=False)]
    worker = agent("worker", call("search", "c1", q="a"), "done", tools=[search])
    return (await worker.ask("hi", middleware=middleware)).body


async def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @track_tool_call
    def lookup(q: str) -> str:
        "Look it up."
        return q

    return await answer(agent("worker", call("lookup", "c1", q="x"), "done", tools=[lookup]))


async def session():
    """AG2 knows none: its user names it."""
    with toolspan_session("visit-1", user_id="ann"):
        await answer(agent("worker", call("search", "c1", q="a"), "done", tools=[search]))


run(
    two_tools,
    parallel_pair,
    sub_agent,
    exception,
    unknown_tool,
    timeout,
    model_failure,
    cancellation,
    observed,
    switched_on_by_its_user,
    decorated,
    session,
)
