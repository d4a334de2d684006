"""Microsoft Agent Framework with chat clients that follow a script: one scenario after another."""

import asyncio
import json
import logging

from agent_framework import (
    Agent,
    BaseChatClient,
    ChatMiddlewareLayer,
    ChatResponse,
    ChatResponseUpdate,
    Content,
    FunctionInvocationLayer,
    Message,
    ResponseStream,
    WorkflowBuilder,
    tool,
)
from agent_framework.observability import ChatTelemetryLayer
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)


class Scripted(FunctionInvocationLayer, ChatMiddlewareLayer, ChatTelemetryLayer, BaseChatClient):
    OTEL_PROVIDER_NAME = "scripted"

    def __init__(self, *turns):
        super().__init__()
        self.turns = list(turns)
        self.model = "scripted-1"

    def _inner_get_response(self, *, messages, stream, options, **kwargs):
        if stream:
            return ResponseStream(self.words(), finalizer=ChatResponse.from_updates)
        return self.answer()

    def contents(self):
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        return [Content.from_text(turn)] if isinstance(turn, str) else turn

    async def answer(self):
        message = Message(role="assistant", contents=self.contents())
        usage = {"input_token_count": 10, "output_token_count": 5}
        return ChatResponse(messages=[message], response_id="r1", usage_details=usage)

    async def words(self):
        for content in self.contents():
            yield ChatResponseUpdate(role="assistant", contents=[content], response_id="r1")


def call(name, call_id, **arguments):
    return Content.from_function_call(call_id=call_id, name=name, arguments=json.dumps(arguments))


def agent(name, *turns, **options):
    return Agent(Scripted(*turns), name=name, **options)


def always(function):
    return tool(approval_mode="never_require")(function)


@always
def search(q: str) -> str:
    "Search."
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


@always
async def flaky(x: int) -> str:
    "Fails as often as it is to."
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return f"ok {x}"


async def two_tools():
    failures["left"] = 1
    worker = agent(
        "worker",
        [call("search", "c1", q="otters")],
        [call("flaky", "c2", x=1)],
        [call("flaky", "c3", x=1)],
        "done",
        tools=[search, flaky],
    )
    return await worker.run("hi")


async def parallel_pair():
    together = asyncio.Barrier(2)

    @always
    async def meet(q: str) -> str:
        "Meet."
        async with together:
            return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    return await agent("worker", asked, "done", tools=[meet]).run("hi")


async def sub_agent():
    inner = agent("inner", [call("search", "i1", q="a")], "found", tools=[search])
    outer = agent("outer", [call("inner", "c1", task="x")], "done", tools=[inner.as_tool()])
    return await outer.run("hi")


async def agents_in_a_workflow():
    first = agent("first", [call("search", "c1", q="a")], "found", tools=[search])
    builder = WorkflowBuilder(start_executor=first, name="both")
    events = await builder.add_edge(first, agent("second", "done")).build().run("hi")
    return events.get_final_state()


async def exception():
    """What a tool raises is handed to the model."""

    @always
    def boom(q: str) -> str:
        "Boom."
        raise LookupError(q)

    return await agent("worker", [call("boom", "c1", q="x")], "done", tools=[boom]).run("hi")


async def unknown_tool():
    worker = agent("worker", [call("serch", "c1", q="x")], "done", tools=[search])
    return await worker.run("hi")


async def approval():
    """A tool that a person must allow first: it does not run before."""

    @tool(approval_mode="always_require")
    def delete(q: str) -> str:
        "Delete."
        with user_span("in delete"):
            return q

    worker = agent("worker", [call("delete", "c1", q="x")], "done", tools=[delete])
    session = worker.create_session(session_id="s-1")
    first = await worker.run("hi", session=session)
    (asked,) = first.user_input_requests
    answer = Message("user", contents=[asked.to_function_approval_response(approved=True)])
    return await worker.run(answer, session=session)


async def timeout():
    @always
    def slow(q: str) -> str:
        "Slow."
        raise TimeoutError("no answer in 3 s")

    return await agent("worker", [call("slow", "c1", q="x")], "done", tools=[slow]).run("hi")


async def model_failure():
    return await agent("worker", ConnectionError("model is down")).run("hi")


async def model_failure_in_a_stream():
    async for _ in agent("worker", TimeoutError("model is slow")).run("hi", stream=True):
        pass


async def cancellation():
    started = asyncio.Event()

    @always
    async def wait(q: str) -> str:
        "Wait."
        started.set()
        await asyncio.Event().wait()
        return q

    worker = agent("worker", [call("wait", "c1", q="x")], tools=[wait])
    task = asyncio.create_task(worker.run("hi"))
    await started.wait()
    task.cancel()
    await task


async def streamed():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    heard = []
    async for update in worker.run("hi", stream=True):
        with user_span("reading"):
            heard.append(update.text)
    return "".join(heard)


async def left_early():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    stream = worker.run("hi", stream=True)
    async for _ in stream:
        break
    del stream


async def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @always
    @track_tool_call
    def lookup(q: str) -> str:
        "Look it up."
        return q

    return await agent("worker", [call("lookup", "c1", q="x")], "done", tools=[lookup]).run("hi")


async def session():
    """The framework's own session, and one that the user names around it."""
    for turn in ("one", "two"):
        worker = agent("worker", [call("search", turn, q=turn)], "done", tools=[search])
        await worker.run("hi", session=worker.create_session(session_id="thread-7"))
    with toolspan_session("visit-1", user_id="ann"):
        worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
        await worker.run("hi", session=worker.create_session(session_id="thread-8"))


run(
    two_tools,
    parallel_pair,
    sub_agent,
    agents_in_a_workflow,
    exception,
    unknown_tool,
    approval,
    timeout,
    model_failure,
    model_failure_in_a_stream,
    cancellation,
    streamed,
    left_early,
    decorated,
    session,
)
