"""LangChain's agents and LangGraph with models that follow a script: one scenario after another."""

import asyncio
import os
from typing import TypedDict

os.environ["LANGSMITH_TRACING"] = "false"

from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from scenario import run, user_span

USAGE = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}


class Scripted(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


def calls(*requested):
    asked = [
        {"name": name, "args": arguments, "id": call_id} for name, call_id, arguments in requested
    ]
    return AIMessage("", tool_calls=asked, usage_metadata=USAGE)


def say(text):
    return AIMessage(text, usage_metadata=USAGE)


def agent(name, *turns, tools=(), **options):
    return create_agent(Scripted(messages=iter(turns)), list(tools), name=name, **options)


def answer(result):
    return result["messages"][-1].content


ASK = {"messages": [("user", "hi")]}


@tool
def search(q: str) -> str:
    """Search."""
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


@tool
def flaky(x: int) -> str:
    """Fails at first."""
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return f"ok {x}"


def two_tools():
    """The error goes to the model, which asks again."""
    from langgraph.graph import MessagesState
    from langgraph.prebuilt import ToolNode

    failures["left"] = 1
    model = Scripted(
        messages=iter(
            [
                calls(("search", "c1", {"q": "otters"})),
                calls(("flaky", "c2", {"x": 1})),
                calls(("flaky", "c3", {"x": 1})),
                say("done"),
            ]
        )
    )
    graph = StateGraph(MessagesState)
    graph.add_node("think", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("act", ToolNode([search, flaky], handle_tool_errors=True))
    graph.add_edge(START, "think")
    graph.add_conditional_edges(
        "think", lambda state: "act" if state["messages"][-1].tool_calls else END
    )
    graph.add_edge("act", "think")
    return answer(graph.compile(name="desk").invoke(ASK))


def retried_by_middleware():
    from langchain.agents.middleware import ToolRetryMiddleware

    failures["left"] = 1
    retry = ToolRetryMiddleware(max_retries=2, initial_delay=0.0, jitter=False)
    worker = agent(
        "worker", calls(("flaky", "c1", {"x": 1})), say("done"), tools=[flaky], middleware=[retry]
    )
    return answer(worker.invoke(ASK))


def parallel_pair():
    import threading

    together = threading.Barrier(2)

    @tool
    def meet(q: str) -> str:
        """Waits for the other."""
        together.wait(10)
        return q

    asked = calls(("meet", "c1", {"q": "a"}), ("meet", "c2", {"q": "b"}))
    return answer(agent("worker", asked, say("done"), tools=[meet]).invoke(ASK))


def sub_agent():
    inner = agent("inner", calls(("search", "i1", {"q": "a"})), say("found"), tools=[search])

    @tool
    def ask(q: str) -> str:
        """Delegates."""
        return answer(inner.invoke({"messages": [("user", q)]}))

    outer = agent("outer", calls(("ask", "c1", {"q": "x"})), say("done"), tools=[ask])
    return answer(outer.invoke(ASK))


class State(TypedDict):
    value: int


def nested_graph():
    inner = StateGraph(State)
    inner.add_node("double", lambda state: {"value": state["value"] * 2})
    inner.add_edge(START, "double")
    outer = StateGraph(State)
    outer.add_node("prepare", lambda state: {"value": state["value"] + 1})
    outer.add_node("compute", inner.compile(name="arithmetic"))
    outer.add_edge(START, "prepare")
    outer.add_edge("prepare", "compute")
    return outer.compile(name="pipeline").invoke({"value": 1})


def exception():
    @tool
    def boom(q: str) -> str:
        """Raises."""
        raise LookupError(q)

    return agent("worker", calls(("boom", "c1", {"q": "x"})), tools=[boom]).invoke(ASK)


def unknown_tool():
    worker = agent(
        "worker",
        calls(("ghost", "c1", {})),
        calls(("search", "c2", {"wrong": 1})),
        say("done"),
        tools=[search],
    )
    return answer(worker.invoke(ASK))


def timeout():
    @tool
    def slow(q: str) -> str:
        """Gives up."""
        raise TimeoutError("no answer in 3 s")

    return agent("worker", calls(("slow", "c1", {"q": "x"})), tools=[slow]).invoke(ASK)


async def cancellation():
    started = asyncio.Event()

    @tool
    async def wait(q: str) -> str:
        """Never returns."""
        started.set()
        await asyncio.Event().wait()
        return q

    worker = agent("worker", calls(("wait", "c1", {"q": "x"})), tools=[wait])
    task = asyncio.create_task(worker.ainvoke(ASK))
    await started.wait()
    task.cancel()
    await task


def streamed():
    worker = agent("worker", calls(("search", "c1", {"q": "a"})), say("done"), tools=[search])
    return len(list(worker.stream(ASK)))


async def streamed_async():
    worker = agent("worker", calls(("search", "c1", {"q": "a"})), say("done"), tools=[search])
    return len([chunk async for chunk in worker.astream(ASK)])


def two_streams():
    def pipeline(name):
        graph = StateGraph(State)
        graph.add_node("one", lambda state: state)
        graph.add_node("two", lambda state: state)
        graph.add_edge(START, "one")
        graph.add_edge("one", "two")
        return graph.compile(name=name).stream({"value": 1})

    return len(list(zip(pipeline("left"), pipeline("right"), strict=True)))


def session():
    for turn in ("one", "two"):
        worker = agent("worker", calls(("search", turn, {"q": turn})), say("done"), tools=[search])
        worker.invoke(ASK, {"configurable": {"thread_id": "thread-7"}})


def interrupted():
    @tool
    def ask_person(q: str) -> str:
        """Waits for a person."""
        return interrupt(q)

    worker = agent(
        "worker",
        calls(("ask_person", "c1", {"q": "x"})),
        say("done"),
        tools=[ask_person],
        checkpointer=InMemorySaver(),
    )
    thread = {"configurable": {"thread_id": "thread-8"}}
    worker.invoke(ASK, thread)
    return answer(worker.invoke(Command(resume="yes"), thread))


def direct_tool():
    return search.invoke({"q": "a"})


run(
    two_tools,
    retried_by_middleware,
    parallel_pair,
    sub_agent,
    nested_graph,
    exception,
    unknown_tool,
    timeout,
    cancellation,
    streamed,
    streamed_async,
    two_streams,
    session,
    interrupted,
    direct_tool,
)
