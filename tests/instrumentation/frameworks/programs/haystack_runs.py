"""Haystack with chat generators that follow a script: one scenario after another."""

import asyncio
import logging
import os

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from haystack import Pipeline, component
from haystack.components.agents import Agent
from haystack.dataclasses import ChatMessage, ToolCall
from haystack.tools import Tool, tool
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)


@component
class Scripted:
    def __init__(self, turns):
        self.turns = list(turns)
        self.model = "scripted-1"

    @component.output_types(replies=list[ChatMessage])
    def run(self, messages: list[ChatMessage], tools: list | None = None, streaming_callback=None):
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        usage = {"usage": {"prompt_tokens": 10, "completion_tokens": 5}}
        if isinstance(turn, str):
            if streaming_callback is not None:
                for letter in turn:
                    streaming_callback(letter)
            return {"replies": [ChatMessage.from_assistant(turn, meta=usage)]}
        return {"replies": [ChatMessage.from_assistant(tool_calls=turn, meta=usage)]}


def call(name, call_id, **arguments):
    return ToolCall(tool_name=name, arguments=arguments, id=call_id)


def agent(*turns, **options):
    return Agent(chat_generator=Scripted(turns), **options)


HI = [ChatMessage.from_user("hi")]


def answer(agent, **options):
    return agent.run(messages=HI, **options)["messages"][-1].text


@tool
def search(q: str) -> str:
    "Search."
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


@tool
def flaky(x: int) -> str:
    "Fails as often as it is to."
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return f"ok {x}"


def two_tools():
    failures["left"] = 1
    turns = (
        [call("search", "c1", q="otters")],
        [call("flaky", "c2", x=1)],
        [call("flaky", "c3", x=1)],
        "done",
    )
    return answer(agent(*turns, tools=[search, flaky]))


async def parallel_pair():
    together = asyncio.Barrier(2)

    @tool
    async def meet(q: str) -> str:
        "Meet."
        async with together:
            return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    result = await agent(asked, "done", tools=[meet]).run_async(messages=HI)
    return result["messages"][-1].text


def sub_agent():
    inner = agent([call("search", "i1", q="a")], "found", tools=[search])

    @tool
    def ask(q: str) -> str:
        "Ask the inner agent."
        return answer(inner)

    return answer(agent([call("ask", "c1", q="x")], "done", tools=[ask]))


def pipeline():
    shop = Pipeline(metadata={"name": "shop"})
    shop.add_component("guide", agent([call("search", "c1", q="a")], "done", tools=[search]))
    return shop.run({"guide": {"messages": HI}})["guide"]["messages"][-1].text


def exception():
    """What a tool raises is handed to the model."""

    @tool
    def boom(q: str) -> str:
        "Boom."
        raise LookupError(q)

    return answer(agent([call("boom", "c1", q="x")], "done", tools=[boom]))


def exception_that_ends_the_run():
    @tool
    def boom(q: str) -> str:
        "Boom."
        raise LookupError(q)

    asked = [call("boom", "c1", q="x")]
    return answer(agent(asked, tools=[boom], raise_on_tool_invocation_failure=True))


def unknown_tool():
    return answer(agent([call("serch", "c1", q="x")], "done", tools=[search]))


def timeout():
    @tool
    def slow(q: str) -> str:
        "Slow."
        raise TimeoutError("no answer in 3 s")

    return answer(agent([call("slow", "c1", q="x")], "done", tools=[slow]))


def model_failure():
    return answer(agent(ConnectionError("model is down"), tools=[search]))


async def cancellation():
    started = asyncio.Event()

    @tool
    async def wait(q: str) -> str:
        "Wait."
        started.set()
        await asyncio.Event().wait()
        return q

    running = agent([call("wait", "c1", q="x")], tools=[wait]).run_async(messages=HI)
    task = asyncio.create_task(running)
    await started.wait()
    task.cancel()
    return await task


def streamed():
    heard = []

    def hear(chunk):
        with user_span("reading"):
            heard.append(str(chunk))

    worker = agent([call("search", "c1", q="a")], "done", tools=[search])
    answer(worker, streaming_callback=hear)
    return len(heard)


def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @track_tool_call
    def lookup(q: str) -> str:
        return q

    parameters = {"type": "object", "properties": {"q": {"type": "string"}}}
    known = Tool(name="lookup", description="", parameters=parameters, function=lookup)
    return answer(agent([call("lookup", "c1", q="x")], "done", tools=[known]))


def session():
    """Haystack knows none: its user names it."""
    with toolspan_session("visit-1", user_id="ann"):
        answer(agent([call("search", "c1", q="a")], "done", tools=[search]))


run(
    two_tools,
    parallel_pair,
    sub_agent,
    pipeline,
    exception,
    exception_that_ends_the_run,
    unknown_tool,
    timeout,
    model_failure,
    cancellation,
    streamed,
    decorated,
    session,
)
