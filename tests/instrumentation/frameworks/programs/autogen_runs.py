"""AutoGen with model clients that follow a script: one scenario after another."""

import asyncio
import json
import logging
import os

os.environ["AUTOGEN_DISABLE_RUNTIME_TRACING"] = "true"  # ten spans for each message

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination, TextMentionTermination
from autogen_agentchat.teams import RoundRobinGroupChat, Swarm
from autogen_core import FunctionCall
from autogen_core.models import ChatCompletionClient, CreateResult, ModelInfo, RequestUsage
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)


class Scripted(ChatCompletionClient):
    component_type = "model"

    def __init__(self, *turns):
        self.turns = list(turns)
        self.model = "scripted-1"

    async def create(self, *args, **kwargs):
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        reason = "stop" if isinstance(turn, str) else "function_calls"
        usage = RequestUsage(10, 5)
        return CreateResult(finish_reason=reason, content=turn, usage=usage, cached=False)

    async def create_stream(self, *args, **kwargs):
        result = await self.create()
        if isinstance(result.content, str):
            for letter in result.content:
                yield letter
        yield result

    async def close(self):
        pass

    def actual_usage(self):
        return RequestUsage(0, 0)

    def total_usage(self):
        return RequestUsage(0, 0)

    def count_tokens(self, messages, **options):
        return 0

    def remaining_tokens(self, messages, **options):
        return 1000

    @property
    def capabilities(self):
        return self.model_info

    @property
    def model_info(self):
        return ModelInfo(
            vision=False,
            function_calling=True,
            json_output=False,
            family="unknown",
            structured_output=False,
        )


def call(name, call_id, **arguments):
    return FunctionCall(id=call_id, name=name, arguments=json.dumps(arguments))


def agent(name, *turns, **options):
    return AssistantAgent(name, Scripted(*turns), max_tool_iterations=5, **options)


async def answer(agent, **options):
    return (await agent.run(task="hi", **options)).messages[-1].content


async def search(q: str) -> str:
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
        [call("search", "c1", q="otters")],
        [call("flaky", "c2", x=1)],
        [call("flaky", "c3", x=1)],
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


async def handoff():
    triage = agent("triage", [call("transfer_to_worker", "c1")], handoffs=["worker"])
    worker = agent("worker", [call("search", "c2", q="a")], "done STOP", tools=[search])
    end = TextMentionTermination("STOP") | MaxMessageTermination(20)
    return await answer(Swarm([triage, worker], termination_condition=end))


async def sub_agent():
    inner = agent("inner", [call("search", "i1", q="a")], "found", tools=[search])

    async def ask(q: str) -> str:
        "Ask the inner agent."
        return await answer(inner)

    return await answer(agent("outer", [call("ask", "c1", q="x")], "done", tools=[ask]))


async def team():
    members = [agent("first", "found"), agent("second", "done STOP")]
    end = TextMentionTermination("STOP")
    return await answer(RoundRobinGroupChat(members, name="both", termination_condition=end))


async def exception():
    """What a tool raises is handed to the model."""

    async def boom(q: str) -> str:
        "Boom."
        raise LookupError(q)

    return await answer(agent("worker", [call("boom", "c1", q="x")], "done", tools=[boom]))


async def unknown_tool():
    return await answer(agent("worker", [call("serch", "c1", q="x")], "done", tools=[search]))


async def timeout():
    async def slow(q: str) -> str:
        "Slow."
        raise TimeoutError("no answer in 3 s")

    return await answer(agent("worker", [call("slow", "c1", q="x")], "done", tools=[slow]))


async def model_failure():
    return await answer(agent("worker", ConnectionError("model is down")))


async def cancellation():
    started = asyncio.Event()

    async def wait(q: str) -> str:
        "Wait."
        started.set()
        await asyncio.Event().wait()
        return q

    worker = agent("worker", [call("wait", "c1", q="x")], tools=[wait])
    task = asyncio.create_task(answer(worker))
    await started.wait()
    task.cancel()
    return await task


async def streamed():
    worker = agent(
        "worker",
        [call("search", "c1", q="a")],
        "done",
        tools=[search],
        model_client_stream=True,
    )
    heard = [event async for event in worker.run_stream(task="hi")]
    chunk = "ModelClientStreamingChunkEvent"
    return "".join(event.content for event in heard if type(event).__name__ == chunk)


async def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @track_tool_call
    async def lookup(q: str) -> str:
        "Look it up."
        return q

    return await answer(agent("worker", [call("lookup", "c1", q="x")], "done", tools=[lookup]))


async def session():
    """AutoGen knows none: its user names it."""
    with toolspan_session("visit-1", user_id="ann"):
        await answer(agent("worker", [call("search", "c1", q="a")], "done", tools=[search]))


run(
    two_tools,
    parallel_pair,
    handoff,
    sub_agent,
    team,
    exception,
    unknown_tool,
    timeout,
    model_failure,
    cancellation,
    streamed,
    decorated,
    session,
)
