"""pydantic-ai with models that follow a script: one scenario after another."""

import asyncio
import importlib.util

from opentelemetry import trace
from pydantic_ai import (
    Agent,
    DeferredToolRequests,
    DeferredToolResults,
    ModelRetry,
    Tool,
    ToolDenied,
)
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import DeltaToolCall, FunctionModel
from scenario import at_once, run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

if importlib.util.find_spec("openinference"):  # a peer that is a processor
    peer = importlib.import_module("openinference.instrumentation.pydantic_ai")
    trace.get_tracer_provider().add_span_processor(peer.OpenInferenceSpanProcessor())


def scripted(*turns):
    left = list(turns)

    def answer(messages, info):
        turn = left.pop(0)
        if isinstance(turn, Exception):
            raise turn
        return ModelResponse(parts=[TextPart(turn)] if isinstance(turn, str) else turn)

    async def stream(messages, info):
        turn = left.pop(0)
        if isinstance(turn, str):
            yield turn
            return
        yield {
            index: DeltaToolCall(
                name=part.tool_name,
                json_args=part.args_as_json_str(),
                tool_call_id=part.tool_call_id,
            )
            for index, part in enumerate(turn)
        }

    return FunctionModel(answer, stream_function=stream, model_name="scripted-1")


def call(name, call_id, **arguments):
    return ToolCallPart(name, arguments, tool_call_id=call_id)


def agent(name, *turns, tools=(), **options):
    return Agent(scripted(*turns), name=name, tools=list(tools), **options)


def search(q: str) -> str:
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


async def flaky(x: int) -> str:
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ModelRetry("upstream 503")
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
    return worker.run_sync("hi").output


async def parallel_pair():
    together = asyncio.Barrier(2)

    async def meet(q: str) -> str:
        async with together:
            return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    return (await agent("worker", asked, "done", tools=[meet]).run("hi")).output


def sub_agent():
    inner = agent("inner", [call("search", "i1", q="a")], "found", tools=[search])

    async def ask(q: str) -> str:
        return (await inner.run(q)).output

    return agent("outer", [call("ask", "c1", q="x")], "done", tools=[ask]).run_sync("hi").output


def exception():
    def boom(q: str) -> str:
        raise LookupError(q)

    return agent("worker", [call("boom", "c1", q="x")], tools=[boom]).run_sync("hi")


async def timeout():
    async def wait(q: str) -> str:
        await asyncio.Event().wait()
        return q

    slow = Tool(wait, timeout=0.05)
    asked = [call("wait", "c1", q="x")]
    return (await agent("worker", asked, "done", tools=[slow]).run("hi")).output


def timeout_raised():
    def slow(q: str) -> str:
        raise TimeoutError("no answer in 3 s")

    return agent("worker", [call("slow", "c1", q="x")], tools=[slow]).run_sync("hi")


async def cancellation():
    started = asyncio.Event()

    async def wait(q: str) -> str:
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
    async with worker.run_stream("hi") as result:
        return await result.get_output()


def session():
    for turn in ("one", "two"):
        with toolspan_session("thread-7"):
            agent("worker", [call("search", turn, q=turn)], "done", tools=[search]).run_sync("hi")


async def approval():
    """One that a person allows, and one that is refused."""

    def delete(q: str) -> str:
        return q

    asked = [call("delete", "c1", q="x"), call("delete", "c2", q="y")]
    worker = agent(
        "worker",
        asked,
        "done",
        tools=[Tool(delete, requires_approval=True)],
        output_type=[str, DeferredToolRequests],
    )
    waiting = await worker.run("hi")
    answers = DeferredToolResults(approvals={"c1": True, "c2": ToolDenied("no")})
    history = waiting.all_messages()
    return (await worker.run(message_history=history, deferred_tool_results=answers)).output


def decorated_tool():
    @track_tool_call
    def tracked(q: str) -> str:
        with user_span("in tracked"):
            return q

    asked = [call("tracked", "c1", q="x")]
    return agent("worker", asked, "done", tools=[tracked]).run_sync("hi").output


async def stream_left_halfway():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    async with worker.run_stream("hi") as result:
        async for _ in result.stream_text():
            break


def not_instrumented_by_choice():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    worker.instrument = False
    return worker.run_sync("hi").output


def many_at_once():
    def worker(name):
        return agent(name, [call("search", name, q=name)], "done", tools=[search])

    async def work(name):
        return await worker(name).run("hi")

    at_once(lambda name: worker(name).run_sync("hi"), work)


if __name__ == "__main__":
    run(
        two_tools,
        parallel_pair,
        sub_agent,
        exception,
        timeout,
        timeout_raised,
        cancellation,
        streamed,
        stream_left_halfway,
        approval,
        decorated_tool,
        session,
        not_instrumented_by_choice,
        by_name=[many_at_once],
    )
