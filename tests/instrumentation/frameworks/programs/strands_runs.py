"""Strands Agents with models that follow a script: one scenario after another."""

import asyncio
import json
import logging
import warnings

from scenario import run, user_span
from strands import Agent, tool
from strands.hooks import AfterToolCallEvent, BeforeToolCallEvent
from strands.models.model import Model
from strands.multiagent import GraphBuilder, Swarm

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")  # graphs have no limit here


class Scripted(Model):
    def __init__(self, *turns):
        self.turns = list(turns)
        self.config = {"model_id": "scripted-1"}

    def update_config(self, **config):
        self.config.update(config)

    def get_config(self):
        return self.config

    async def structured_output(self, *args, **kwargs):
        yield {}

    async def stream(self, messages, tool_specs=None, system_prompt=None, **kwargs):
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        yield {"messageStart": {"role": "assistant"}}
        if isinstance(turn, str):
            yield {"contentBlockStart": {"start": {}}}
            for letter in turn:
                yield {"contentBlockDelta": {"delta": {"text": letter}}}
            yield {"contentBlockStop": {}}
        else:
            for name, call_id, arguments in turn:
                start = {"toolUse": {"name": name, "toolUseId": call_id}}
                yield {"contentBlockStart": {"start": start}}
                delta = {"toolUse": {"input": json.dumps(arguments)}}
                yield {"contentBlockDelta": {"delta": delta}}
                yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "end_turn" if isinstance(turn, str) else "tool_use"}}
        usage = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}
        yield {"metadata": {"usage": usage, "metrics": {"latencyMs": 1}}}


def call(name, call_id, **arguments):
    return name, call_id, arguments


def agent(name, *turns, **options):
    return Agent(model=Scripted(*turns), name=name, callback_handler=None, **options)


def answer(result):
    return str(result).strip()


@tool
def search(q: str) -> str:
    """Search."""
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


@tool
async def flaky(x: int) -> str:
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
    return answer(worker("hi"))


async def parallel_pair():
    together = asyncio.Barrier(2)

    @tool
    async def meet(q: str) -> str:
        """Meet."""
        async with together:
            return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    return answer(await agent("worker", asked, "done", tools=[meet]).invoke_async("hi"))


def sub_agent():
    inner = agent("inner", [call("search", "i1", q="a")], "found", tools=[search])

    @tool
    async def ask(q: str) -> str:
        """Ask the inner agent."""
        return answer(await inner.invoke_async(q))

    return answer(agent("outer", [call("ask", "c1", q="x")], "done", tools=[ask])("hi"))


def handoff():
    specialist = agent("specialist", [call("search", "c2", q="a")], "done", tools=[search])
    asked = [call("handoff_to_agent", "c1", agent_name="specialist", message="yours")]
    return Swarm([agent("triage", asked, "handed over"), specialist])("hi").status.value


def graph():
    builder = GraphBuilder()
    builder.add_node(
        agent("first", [call("search", "c1", q="a")], "found", tools=[search]), "first"
    )
    builder.add_node(agent("second", "done"), "second")
    builder.add_edge("first", "second")
    return builder.build()("hi").status.value


def exception():
    """What a tool raises is always handed to the model."""

    @tool
    def boom(q: str) -> str:
        """Boom."""
        raise LookupError(q)

    return answer(agent("worker", [call("boom", "c1", q="x")], "done", tools=[boom])("hi"))


def returned_failure():
    @tool
    def fetch(q: str) -> dict:
        """Fetch."""
        return {"status": "error", "content": [{"text": "no such page"}]}

    return answer(agent("worker", [call("fetch", "c1", q="x")], "done", tools=[fetch])("hi"))


def unknown_tool():
    return answer(agent("worker", [call("serch", "c1", q="x")], "done", tools=[search])("hi"))


def refused():
    """A hook of the user's says no: the tool does not run."""
    worker = agent("worker", [call("search", "c1", q="x")], "done", tools=[search])
    worker.hooks.add_callback(
        BeforeToolCallEvent, lambda event: setattr(event, "cancel_tool", "not allowed")
    )
    return answer(worker("hi"))


def tried_again():
    """A hook of the user's asks for another try."""
    failures["left"] = 1
    worker = agent("worker", [call("flaky", "c1", x=1)], "done", tools=[flaky])

    def again(event: AfterToolCallEvent):
        event.retry = event.exception is not None

    worker.hooks.add_callback(AfterToolCallEvent, again)
    return answer(worker("hi"))


def interrupt():
    """A tool waits for a person."""
    from strands import ToolContext

    @tool(context=True)
    def approve(q: str, tool_context: ToolContext) -> str:
        """Approve."""
        return tool_context.interrupt("approval", reason=q)

    worker = agent("worker", [call("approve", "c1", q="x")], "done", tools=[approve])
    first = worker("hi")
    (asked,) = first.interrupts
    reply = {"interruptResponse": {"interruptId": asked.id, "response": "yes"}}
    return first.stop_reason, answer(worker([reply]))


def timeout():
    @tool
    def slow(q: str) -> str:
        """Slow."""
        raise TimeoutError("no answer in 3 s")

    return answer(agent("worker", [call("slow", "c1", q="x")], "done", tools=[slow])("hi"))


def model_failure():
    return answer(agent("worker", ConnectionError("model is down"))("hi"))


async def cancellation():
    started = asyncio.Event()

    @tool
    async def wait(q: str) -> str:
        """Wait."""
        started.set()
        await asyncio.Event().wait()
        return q

    worker = agent("worker", [call("wait", "c1", q="x")], tools=[wait])
    task = asyncio.create_task(worker.invoke_async("hi"))
    await started.wait()
    task.cancel()
    await task


async def streamed():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    heard = []
    async for event in worker.stream_async("hi"):
        if "data" in event:
            with user_span("reading"):
                heard.append(event["data"])
    return "".join(heard)


async def left_early():
    """The reader of a stream goes away after the first words."""
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    stream = worker.stream_async("hi")
    async for event in stream:
        if "data" in event:
            break
    await stream.aclose()


def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @tool
    @track_tool_call
    def lookup(q: str) -> str:
        """Look it up."""
        return q

    return answer(agent("worker", [call("lookup", "c1", q="x")], "done", tools=[lookup])("hi"))


def session():
    """Its own traces know no session but what is put into `trace_attributes`."""
    for turn in ("one", "two"):
        worker = agent(
            "worker",
            [call("search", turn, q=turn)],
            "done",
            tools=[search],
            trace_attributes={"session.id": "thread-7"},
        )
        worker("hi")
    with toolspan_session("visit-1", user_id="ann"):
        agent("worker", [call("search", "c1", q="a")], "done", tools=[search])("hi")


run(
    two_tools,
    parallel_pair,
    sub_agent,
    handoff,
    graph,
    exception,
    returned_failure,
    unknown_tool,
    refused,
    tried_again,
    interrupt,
    timeout,
    model_failure,
    cancellation,
    streamed,
    left_early,
    decorated,
    session,
)
