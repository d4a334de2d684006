"""Agno with models that follow a script: one scenario after another."""

import asyncio
import json
import logging
import os
from dataclasses import dataclass, field

os.environ["AGNO_TELEMETRY"] = "false"

from agno.agent import Agent
from agno.metrics import MessageMetrics
from agno.models.base import Model
from agno.models.response import ModelResponse
from agno.run.agent import RunEvent
from agno.team import Team
from agno.tools import tool
from agno.workflow import Step, Workflow
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)


@dataclass
class Scripted(Model):
    id: str = "scripted-1"
    name: str = "Scripted"
    provider: str = "Scripted"
    turns: list = field(default_factory=list)

    def invoke(self, *args, **kwargs):
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        usage = MessageMetrics(input_tokens=10, output_tokens=5)
        if isinstance(turn, str):
            return ModelResponse(role="assistant", content=turn, response_usage=usage)
        return ModelResponse(role="assistant", tool_calls=turn, response_usage=usage)

    async def ainvoke(self, *args, **kwargs):
        return self.invoke()

    def invoke_stream(self, *args, **kwargs):
        yield self.invoke()

    async def ainvoke_stream(self, *args, **kwargs):
        yield self.invoke()

    def _parse_provider_response(self, response, **kwargs):
        return response

    def _parse_provider_response_delta(self, response):
        return response


def call(name, call_id, **arguments):
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"id": call_id, "type": "function", "function": function}


def agent(name, *turns, **options):
    return Agent(name=name, model=Scripted(turns=list(turns)), telemetry=False, **options)


def search(q: str) -> str:
    """Search."""
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


def flaky(x: int) -> str:
    """Fails as often as it is to."""
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return f"ok {x}"


def two_tools():
    failures["left"] = 1
    worker = agent(
        "worker",
        [call("search", "c1", q="otters")],
        [call("flaky", "c2", x=1)],
        [call("flaky", "c3", x=1)],
        "done",
        tools=[search, flaky],
    )
    return worker.run("hi").content


async def parallel_pair():
    together = asyncio.Barrier(2)

    async def meet(q: str) -> str:
        """Meet."""
        async with together:
            return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    return (await agent("worker", asked, "done", tools=[meet]).arun("hi")).content


def handoff():
    """A team hands its task to a member."""
    member = agent("member", [call("search", "c2", q="a")], "found", tools=[search])
    asked = [call("delegate_task_to_member", "c1", member_id="member", task="find")]
    model = Scripted(turns=[asked, "done"])
    return Team(name="team", members=[member], model=model, telemetry=False).run("hi").content


def sub_agent():
    inner = agent("inner", [call("search", "i1", q="a")], "found", tools=[search])

    def ask(q: str) -> str:
        """Ask the inner agent."""
        return inner.run(q).content

    return agent("outer", [call("ask", "c1", q="x")], "done", tools=[ask]).run("hi").content


def agents_in_a_workflow():
    first = Step(name="first", agent=agent("first", "found"))
    second = Step(name="second", agent=agent("second", "done"))
    return Workflow(name="both", steps=[first, second], telemetry=False).run("hi").content


def exception():
    """What a tool raises is always handed to the model."""

    def boom(q: str) -> str:
        """Boom."""
        raise LookupError(q)

    return agent("worker", [call("boom", "c1", q="x")], "done", tools=[boom]).run("hi").content


def unknown_tool():
    return agent("worker", [call("serch", "c1", q="x")], "done", tools=[search]).run("hi").content


def timeout():
    def slow(q: str) -> str:
        """Slow."""
        raise TimeoutError("no answer in 3 s")

    return agent("worker", [call("slow", "c1", q="x")], "done", tools=[slow]).run("hi").content


def paused():
    """A tool that a person must allow first."""

    @tool(requires_confirmation=True)
    def delete(q: str) -> str:
        """Delete."""
        return q

    worker = agent("worker", [call("delete", "c1", q="x")], "done", tools=[delete])
    return worker.run("hi").status.value


def model_failure():
    return agent("worker", ConnectionError("model is down")).run("hi").status.value


async def cancellation():
    started = asyncio.Event()

    async def wait(q: str) -> str:
        """Wait."""
        started.set()
        await asyncio.Event().wait()
        return q

    worker = agent("worker", [call("wait", "c1", q="x")], tools=[wait])
    task = asyncio.create_task(worker.arun("hi"))
    await started.wait()
    task.cancel()
    return await task


def streamed():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    heard = []
    for event in worker.run("hi", stream=True, stream_events=True):
        if event.event == RunEvent.run_content.value:
            with user_span("reading"):
                heard.append(event.content)
    return "".join(heard)


async def streamed_async():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    return "".join(
        [event.content async for event in worker.arun("hi", stream=True) if event.content]
    )


def left_early():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    stream = worker.run("hi", stream=True, stream_events=True)
    next(stream)
    stream.close()


def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @track_tool_call
    def lookup(q: str) -> str:
        """Look it up."""
        return q

    return agent("worker", [call("lookup", "c1", q="x")], "done", tools=[lookup]).run("hi").content


def session():
    """The framework's own session, and one that the user names around it."""
    for turn in ("one", "two"):
        worker = agent("worker", [call("search", turn, q=turn)], "done", tools=[search])
        worker.run("hi", session_id="thread-7", user_id="ann")
    with toolspan_session("visit-1", user_id="ann"):
        worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
        worker.run("hi", session_id="thread-8")


run(
    two_tools,
    parallel_pair,
    handoff,
    sub_agent,
    agents_in_a_workflow,
    exception,
    unknown_tool,
    timeout,
    paused,
    model_failure,
    cancellation,
    streamed,
    streamed_async,
    left_early,
    decorated,
    session,
)
