"""llama-index with models that follow a script: one scenario after another."""

import asyncio
import logging
import warnings

from llama_index.core.agent.workflow import AgentStream, AgentWorkflow, FunctionAgent
from llama_index.core.base.llms.types import TextBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


def scripted(*turns):
    left = list(turns)

    def answer(messages, **options):
        turn = left.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        blocks = [TextBlock(text=turn)] if isinstance(turn, str) else turn
        return ChatMessage(role="assistant", blocks=blocks)

    return MockFunctionCallingLLM(response_generator=answer, is_chat_model=True)


def call(name, call_id, **arguments):
    return ToolCallBlock(tool_call_id=call_id, tool_name=name, tool_kwargs=arguments)


def agent(name, *turns, tools=(), streaming=False, **options):
    return FunctionAgent(
        name=name,
        description=name,
        llm=scripted(*turns),
        tools=list(tools),
        streaming=streaming,
        **options,
    )


async def answer(running):
    return str(await running)


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
    worker = agent(
        "worker",
        [call("search", "c1", q="otters")],
        [call("flaky", "c2", x=1)],
        [call("flaky", "c3", x=1)],
        "done",
        tools=[search, flaky],
    )
    return await answer(worker.run(user_msg="hi"))


async def parallel_pair():
    together = asyncio.Barrier(2)

    async def meet(q: str) -> str:
        "Meet."
        async with together:
            return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    return await answer(agent("worker", asked, "done", tools=[meet]).run(user_msg="hi"))


async def handoff():
    asked = [call("handoff", "c1", to_agent="specialist", reason="yours")]
    triage = agent("triage", asked, can_handoff_to=["specialist"])
    specialist = agent("specialist", [call("search", "c2", q="a")], "done", tools=[search])
    both = AgentWorkflow(agents=[triage, specialist], root_agent="triage")
    return await answer(both.run(user_msg="hi"))


async def sub_agent():
    inner = agent("inner", [call("search", "i1", q="a")], "found", tools=[search])

    async def ask(q: str) -> str:
        "Ask the inner agent."
        return await answer(inner.run(user_msg=q))

    return await answer(agent("outer", [call("ask", "c1", q="x")], "done", tools=[ask]).run("hi"))


async def own_workflow():
    class Shop(Workflow):
        @step
        async def serve(self, ev: StartEvent) -> StopEvent:
            tool = FunctionTool.from_defaults(search)
            return StopEvent(result=str(tool.call(q="a")))

    return await Shop().run()


async def exception():
    """What a tool raises is always handed to the model."""

    def boom(q: str) -> str:
        "Boom."
        raise LookupError(q)

    worker = agent("worker", [call("boom", "c1", q="x")], "done", tools=[boom])
    return await answer(worker.run(user_msg="hi"))


async def unknown_tool():
    worker = agent("worker", [call("serch", "c1", q="x")], "done", tools=[search])
    return await answer(worker.run(user_msg="hi"))


async def timeout():
    def slow(q: str) -> str:
        "Slow."
        raise TimeoutError("no answer in 3 s")

    worker = agent("worker", [call("slow", "c1", q="x")], "done", tools=[slow])
    return await answer(worker.run(user_msg="hi"))


async def model_failure():
    return await answer(agent("worker", ConnectionError("model is down")).run(user_msg="hi"))


async def cancellation():
    started = asyncio.Event()

    async def wait(q: str) -> str:
        "Wait."
        started.set()
        await asyncio.Event().wait()
        return q

    running = agent("worker", [call("wait", "c1", q="x")], tools=[wait]).run(user_msg="hi")
    await started.wait()
    await running.cancel_run()
    return await answer(running)


async def streamed():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search], streaming=True)
    running = worker.run(user_msg="hi")
    heard = []
    async for event in running.stream_events():
        if isinstance(event, AgentStream) and event.delta:
            with user_span("reading"):
                heard.append(event.delta)
    await running
    return "".join(heard)


async def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @track_tool_call
    def lookup(q: str) -> str:
        "Look it up."
        return q

    worker = agent("worker", [call("lookup", "c1", q="x")], "done", tools=[lookup])
    return await answer(worker.run(user_msg="hi"))


async def session():
    """llama-index knows none: its user names it."""
    with toolspan_session("visit-1", user_id="ann"):
        worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
        await worker.run(user_msg="hi")


run(
    two_tools,
    parallel_pair,
    handoff,
    sub_agent,
    own_workflow,
    exception,
    unknown_tool,
    timeout,
    model_failure,
    cancellation,
    streamed,
    decorated,
    session,
)
