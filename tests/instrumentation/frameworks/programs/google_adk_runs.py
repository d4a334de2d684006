"""Google ADK with models that follow a script: one scenario after another."""

import asyncio
import logging
import warnings
from typing import Any

from google.adk.agents import LlmAgent, SequentialAgent
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.adk.plugins import ReflectAndRetryToolPlugin
from google.adk.runners import InMemoryRunner
from google.adk.tools.agent_tool import AgentTool
from google.genai import types
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)  # it logs what a tool raised, with its traceback
warnings.simplefilter("ignore")  # agents in sequence are to become a workflow


class Scripted(BaseLlm):
    script: list[Any]

    async def generate_content_async(self, llm_request, stream=False):
        turn = self.script.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        usage = types.GenerateContentResponseUsageMetadata(
            prompt_token_count=10, candidates_token_count=5, total_token_count=15
        )
        parts = [types.Part(text=turn)] if isinstance(turn, str) else turn
        if stream and isinstance(turn, str):
            for letter in turn:
                content = types.Content(role="model", parts=[types.Part(text=letter)])
                yield LlmResponse(content=content, partial=True)
        yield LlmResponse(content=types.Content(role="model", parts=parts), usage_metadata=usage)


def call(name, call_id, **arguments):
    return types.Part(function_call=types.FunctionCall(name=name, args=arguments, id=call_id))


def agent(name, *turns, tools=(), **options):
    model = Scripted(model="scripted-1", script=list(turns))
    return LlmAgent(name=name, model=model, tools=list(tools), **options)


async def events(root, session_id="s-1", plugins=(), **options):
    runner = InMemoryRunner(agent=root, app_name="app", plugins=list(plugins))
    await runner.session_service.create_session(app_name="app", user_id="u", session_id=session_id)
    hi = types.Content(role="user", parts=[types.Part(text="hi")])
    async for event in runner.run_async(
        user_id="u", session_id=session_id, new_message=hi, **options
    ):
        yield event


async def answer(root, **options):
    last = None
    async for event in events(root, **options):
        last = event
    return last.content.parts[0].text


def search(q: str) -> str:
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


async def flaky(x: int) -> str:
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return f"ok {x}"


async def two_tools():
    """The first failure is handed to the model by a plugin of ADK's own."""
    failures["left"] = 1
    worker = agent(
        "worker",
        [call("search", "c1", q="otters")],
        [call("flaky", "c2", x=1)],
        [call("flaky", "c3", x=1)],
        "done",
        tools=[search, flaky],
    )
    return await answer(worker, plugins=[ReflectAndRetryToolPlugin()])


async def parallel_pair():
    together = asyncio.Barrier(2)

    async def meet(q: str) -> str:
        async with together:
            return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    return await answer(agent("worker", asked, "done", tools=[meet]))


async def handoff():
    specialist = agent("specialist", [call("search", "c2", q="a")], "done", tools=[search])
    asked = [call("transfer_to_agent", "c1", agent_name="specialist")]
    return await answer(agent("triage", asked, sub_agents=[specialist]))


async def sub_agent():
    inner = agent("inner", [call("search", "i1", q="a")], "found", tools=[search])
    outer = agent("outer", [call("inner", "c1", request="x")], "done", tools=[AgentTool(inner)])
    return await answer(outer)


async def agents_in_sequence():
    first = agent("first", [call("search", "c1", q="a")], "found", tools=[search])
    return await answer(SequentialAgent(name="both", sub_agents=[first, agent("second", "done")]))


async def exception():
    def boom(q: str) -> str:
        raise LookupError(q)

    return await answer(agent("worker", [call("boom", "c1", q="x")], tools=[boom]))


async def returned_failure():
    def fetch(q: str) -> dict:
        return {"error": "no such page", "status": "error"}

    return await answer(agent("worker", [call("fetch", "c1", q="x")], "done", tools=[fetch]))


async def unknown_tool():
    return await answer(agent("worker", [call("serch", "c1", q="x")], "done", tools=[search]))


async def timeout():
    def slow(q: str) -> str:
        raise TimeoutError("no answer in 3 s")

    return await answer(agent("worker", [call("slow", "c1", q="x")], tools=[slow]))


async def model_failure():
    return await answer(agent("worker", ConnectionError("model is down")))


async def cancellation():
    started = asyncio.Event()

    async def wait(q: str) -> str:
        started.set()
        await asyncio.Event().wait()
        return q

    task = asyncio.create_task(answer(agent("worker", [call("wait", "c1", q="x")], tools=[wait])))
    await started.wait()
    task.cancel()
    await task


async def streamed():
    from google.adk.agents.run_config import RunConfig, StreamingMode

    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    options = {"run_config": RunConfig(streaming_mode=StreamingMode.SSE)}
    heard = []
    async for event in events(worker, **options):
        with user_span("reading"):
            heard += [part.text for part in event.content.parts if event.partial]
    return "".join(heard)


async def left_early():
    """The reader of a stream goes away after the first event."""
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    stream = events(worker)
    async for _ in stream:
        break
    await stream.aclose()


async def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @track_tool_call
    def lookup(q: str) -> str:
        return q

    return await answer(agent("worker", [call("lookup", "c1", q="x")], "done", tools=[lookup]))


async def long_running():
    """A tool that answers later."""
    from google.adk.tools import LongRunningFunctionTool

    def approve(q: str) -> None:
        return None

    tools = [LongRunningFunctionTool(approve)]
    return await answer(agent("worker", [call("approve", "c1", q="a")], "done", tools=tools))


async def session():
    """The framework's own session, and one that the user names around it."""
    for turn in ("one", "two"):
        worker = agent("worker", [call("search", turn, q=turn)], "done", tools=[search])
        await answer(worker, session_id="thread-7")
    with toolspan_session("visit-1", user_id="ann"):
        await answer(agent("worker", [call("search", "c1", q="a")], "done", tools=[search]))


run(
    two_tools,
    parallel_pair,
    handoff,
    sub_agent,
    agents_in_sequence,
    exception,
    returned_failure,
    unknown_tool,
    timeout,
    model_failure,
    cancellation,
    streamed,
    left_early,
    decorated,
    long_running,
    session,
)
