"""LangChain's agents and LangGraph with models that follow a script: one scenario after another."""

import asyncio
import inspect
import os
from typing import TypedDict

os.environ["LANGSMITH_TRACING"] = "false"

from langchain.agents import create_agent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, RetryPolicy, interrupt
from scenario import at_once, run, user_span

from toolspan.instrumentation import track_tool_call

HAS_NODE_TIMEOUT = "timeout" in inspect.signature(StateGraph.add_node).parameters

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


def timeout_raised():
    @tool
    def slow(q: str) -> str:
        """Gives up."""
        raise TimeoutError("no answer in 3 s")

    return agent("worker", calls(("slow", "c1", {"q": "x"})), tools=[slow]).invoke(ASK)


async def timeout():
    """`step_timeout`: what is running is cancelled."""

    @tool
    async def wait(q: str) -> str:
        """Never returns."""
        await asyncio.Event().wait()
        return q

    worker = agent("worker", calls(("wait", "c1", {"q": "x"})), tools=[wait])
    worker.step_timeout = 0.3
    await worker.ainvoke(ASK)


def timeout_in_thread():
    """The tool runs on, and what it returns is thrown away."""
    import threading

    gave_up = threading.Event()

    @tool
    def wait(q: str) -> str:
        """Until nobody waits for it any longer."""
        gave_up.wait(10)
        return q

    worker = agent("worker", calls(("wait", "c1", {"q": "x"})), tools=[wait])
    worker.step_timeout = 0.3
    stream = worker.stream(ASK)
    # When the time is up, the graph waits for the thread before it says so.
    threading.Timer(1.0, gave_up.set).start()
    list(stream)


async def timeout_of_a_node():
    async def think(state):
        await asyncio.Event().wait()

    graph = StateGraph(State)
    graph.add_node("think", think, timeout=0.05)
    graph.add_edge(START, "think")
    await graph.compile(name="slow desk").ainvoke({"value": 1})


def retried_node():
    left = [0, 1, 2]

    def think(state):
        if left.pop():
            raise ConnectionError("upstream 503")
        return {"value": 1}

    graph = StateGraph(State)
    policy = RetryPolicy(initial_interval=0.0, jitter=False, retry_on=ConnectionError)
    graph.add_node("think", think, retry_policy=policy)
    graph.add_edge(START, "think")
    return graph.compile(name="desk").invoke({"value": 1})


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


def paused():
    """`interrupt_before`: no exception says that the graph waits."""
    graph = StateGraph(State)
    graph.add_node("prepare", lambda state: {"value": 2})
    graph.add_node("commit", lambda state: {"value": 3})
    graph.add_edge(START, "prepare")
    graph.add_edge("prepare", "commit")
    desk = graph.compile(name="desk", checkpointer=InMemorySaver(), interrupt_before=["commit"])
    thread = {"configurable": {"thread_id": "thread-9"}}
    desk.invoke({"value": 1}, thread)
    return desk.invoke(None, thread)


async def asynchronous():
    """The model's HTTP request is below its call."""

    class Asked(Scripted):
        async def _agenerate(self, *args, **kwargs):
            with user_span("POST"):
                return self._generate(*args, **kwargs)

    turns = iter([calls(("search", "c1", {"q": "a"})), say("done")])
    worker = create_agent(Asked(messages=turns), [search], name="worker")
    return answer(await worker.ainvoke(ASK))


async def model_streamed():
    """A model that is read by itself, and one that is left half-way."""
    model = Scripted(messages=iter([say("one two"), say("three four")]))
    async for _ in model.astream("hi"):
        with user_span("between"):
            pass
    for _ in model.stream("hi"):
        with user_span("between"):
            break


def batch():
    """Beside each other in one thread."""
    model = Scripted(messages=iter([say("one"), say("two")]))
    model.generate([[HumanMessage("a")], [HumanMessage("b")]])


def stream_left_halfway():
    worker = agent("worker", calls(("search", "c1", {"q": "a"})), say("done"), tools=[search])
    for _ in worker.stream(ASK):
        break


async def async_stream_left_halfway():
    """The event loop closes it, while it goes on."""
    await stream_left_at_the_end()
    for _ in range(100):
        await asyncio.sleep(0)


async def stream_left_at_the_end():
    """The last thing that the event loop does."""
    worker = agent("worker", calls(("search", "c1", {"q": "a"})), say("done"), tools=[search])
    async for _ in worker.astream(ASK):
        break


def decorated_tool():
    @tool
    @track_tool_call
    def tracked(q: str) -> str:
        """Tracked by its author, too."""
        with user_span("in tracked"):
            return q

    worker = agent("worker", calls(("tracked", "c1", {"q": "a"})), say("done"), tools=[tracked])
    return answer(worker.invoke(ASK))


def raising_callback():
    class Callback(BaseCallbackHandler):
        raise_error = True

        def on_tool_end(self, *args, **kwargs):
            raise RuntimeError("in a callback")

    worker = agent("worker", calls(("search", "c1", {"q": "a"})), say("done"), tools=[search])
    return worker.invoke(ASK, {"callbacks": [Callback()]})


def direct_tool():
    return search.invoke({"q": "a"})


def many_at_once():
    def worker(name):
        return agent(name, calls(("search", name, {"q": name})), say("done"), tools=[search])

    async def work(name):
        return await worker(name).ainvoke(ASK)

    at_once(lambda name: worker(name).invoke(ASK), work)


run(
    two_tools,
    retried_by_middleware,
    parallel_pair,
    sub_agent,
    nested_graph,
    exception,
    unknown_tool,
    timeout_raised,
    timeout,
    timeout_in_thread,
    *([timeout_of_a_node] if HAS_NODE_TIMEOUT else []),
    retried_node,
    cancellation,
    streamed,
    streamed_async,
    two_streams,
    session,
    interrupted,
    paused,
    asynchronous,
    model_streamed,
    batch,
    stream_left_halfway,
    async_stream_left_halfway,
    decorated_tool,
    raising_callback,
    direct_tool,
    by_name=[many_at_once, stream_left_at_the_end],
)
