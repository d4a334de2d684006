"""CrewAI with models that follow a script: one scenario after another."""

import asyncio
import json
import logging
import os
import threading
from pathlib import Path

os.environ.update(
    CREWAI_DISABLE_TELEMETRY="true",
    CREWAI_TRACING_ENABLED="false",
    CREWAI_TESTING="true",
    HOME=str(Path.cwd()),  # where it keeps what its tasks gave
    XDG_DATA_HOME=str(Path.cwd()),
)

from crewai import Agent, BaseLLM, Crew, Flow, Process, Task
from crewai.events import crewai_event_bus, event_context
from crewai.events.event_listener import event_listener
from crewai.events.types.llm_events import LLMCallType
from crewai.flow.flow import listen, start
from crewai.hooks import register_before_tool_call_hook, unregister_before_tool_call_hook
from crewai.tools import tool
from crewai.tools.tool_failure import ToolFailure
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)
for talks in (event_listener.formatter, crewai_event_bus._console, event_context._console):
    talks.console.quiet = True
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


class Scripted(BaseLLM):
    turns: list
    is_native: bool = True

    def call(self, messages, tools=None, callbacks=None, available_functions=None, **asked):
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        asked = {"from_task": asked.get("from_task"), "from_agent": asked.get("from_agent")}
        self._emit_call_started_event(messages=messages, tools=tools, **asked)
        if self.stream and isinstance(turn, str):
            self._emit_stream_chunk_event(chunk=turn, **asked)
        kind = LLMCallType.LLM_CALL
        self._emit_call_completed_event(response=turn, call_type=kind, usage=USAGE, **asked)
        return turn

    def supports_function_calling(self):
        return self.is_native


def call(name, call_id, **arguments):
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"id": call_id, "type": "function", "function": function}


def agent(role, *turns, tools=(), is_native=True, **options):
    model = Scripted(model="scripted-1", turns=list(turns), is_native=is_native)
    return Agent(role=role, goal="g", backstory="b", llm=model, tools=list(tools), **options)


def crew(*agents, **options):
    tasks = [
        Task(name=f"ask {one.role}", description="hi", expected_output="any", agent=one)
        for one in agents
    ]
    return Crew(name="crew", agents=list(agents), tasks=tasks, **options)


@tool("search")
def search(q: str) -> str:
    """Search."""
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


@tool("flaky")
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
    return crew(worker).kickoff().raw


def in_words():
    """A model without tools writes what it wants: CrewAI tries by itself what fails."""
    failures["left"] = 1
    worker = agent(
        "worker",
        'Thought: t\nAction: search\nAction Input: {"q": "a"}',
        'Thought: t\nAction: flaky\nAction Input: {"x": 1}',
        "Thought: t\nFinal Answer: done",
        tools=[search, flaky],
        is_native=False,
    )
    return crew(worker).kickoff().raw


def in_words_for_nothing():
    """It gives up after six tries; a tool that does not exist is not tried."""
    failures["left"] = 100
    worker = agent(
        "worker",
        'Thought: t\nAction: flaky\nAction Input: {"x": 1}',
        'Thought: t\nAction: nothing\nAction Input: {"x": 1}',
        "Thought: t\nFinal Answer: done",
        tools=[search, flaky],
        is_native=False,
    )
    return crew(worker).kickoff().raw


async def parallel_pair():
    together = threading.Barrier(2)

    @tool("meet")
    def meet(q: str) -> str:
        """Meet."""
        together.wait(30)
        return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    return (await crew(agent("worker", asked, "done", tools=[meet])).kickoff_async()).raw


def handoff():
    """An agent hands work to a coworker, to one that there is not, and to one that fails."""
    lead = agent(
        "lead",
        [call("delegate_work_to_coworker", "c1", coworker="member", task="find", context="none")],
        [call("ask_question_to_coworker", "c2", coworker="nobody", question="q", context="none")],
        [call("ask_question_to_coworker", "c3", coworker="broken", question="q", context="none")],
        "done",
        allow_delegation=True,
    )
    member = agent("member", [call("search", "c4", q="a")], "found", tools=[search])
    broken = agent("broken", ConnectionError("model is down"), max_retry_limit=0)
    task = Task(name="lead", description="hi", expected_output="any", agent=lead)
    return Crew(name="crew", agents=[lead, member, broken], tasks=[task]).kickoff().raw


def managed():
    """A manager who is there for a crew without an order of its own."""
    worker = agent("worker", [call("search", "c2", q="a")], "found", tools=[search])
    asked = {"coworker": "worker", "task": "find", "context": "none"}
    turns = [[call("delegate_work_to_coworker", "c1", **asked)], "done"]
    managed = Crew(
        name="crew",
        agents=[worker],
        tasks=[Task(description="hi", expected_output="any")],
        process=Process.hierarchical,
        manager_llm=Scripted(model="scripted-1", turns=turns),
    )
    return managed.kickoff().raw


def sub_crew():
    inner = crew(agent("inner", [call("search", "i1", q="a")], "found", tools=[search]))

    @tool("ask")
    def ask(q: str) -> str:
        """Ask the inner crew."""
        return inner.kickoff().raw

    return crew(agent("outer", [call("ask", "c1", q="x")], "done", tools=[ask])).kickoff().raw


def in_the_background():
    """The first task runs in a thread."""
    first = agent("first", [call("search", "c1", q="a")], "found", tools=[search])
    both = crew(first, agent("second", "done"))
    both.tasks[0].async_execution = True
    return both.kickoff().raw


def from_cache():
    """The same call again is not run again."""
    asked = [[call("search", number, q="a")] for number in ("c1", "c2")]
    return crew(agent("worker", *asked, "done", tools=[search]), cache=True).kickoff().raw


def guarded():
    """What is not accepted is asked for again: another run of the agent."""
    answers = iter([(False, "no"), (True, "done")])
    guarded = crew(agent("worker", "found", "done"))
    guarded.tasks[0]._guardrail = lambda _output: next(answers)
    return guarded.kickoff().raw


def in_a_flow():
    """A method with an agent alone, one with a tool alone, one that fails."""

    class Trip(Flow):
        @start()
        def plan(self):
            return agent("planner", [call("search", "c1", q="a")], "found", tools=[search]).kickoff(
                "hi"
            )

        @listen(plan)
        async def look(self, found):
            return search.run(q=found.raw)

        @listen(look)
        def book(self, found):
            raise LookupError(found)

    return Trip().kickoff()


async def alone():
    """An agent without a crew, in an event loop."""
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    return (await worker.kickoff("hi")).raw


def exception():
    """What a tool raises is handed to the model."""

    @tool("boom")
    def boom(q: str) -> str:
        """Boom."""
        raise LookupError(q)

    return crew(agent("worker", [call("boom", "c1", q="x")], "done", tools=[boom])).kickoff().raw


def exception_that_stops():
    """Unless it is to stop the agent."""

    @tool("boom")
    def boom(q: str) -> str:
        """Boom."""
        raise LookupError(q)

    worker = agent("worker", [call("boom", "c1", q="x")], tools=[boom])
    return crew(worker, tool_failure_policy="raise").kickoff().raw


def failure_that_is_returned():
    @tool("post")
    def post(q: str) -> object:
        """Post."""
        return ToolFailure(message="no such channel", code="channel_not_found")

    return crew(agent("worker", [call("post", "c1", q="x")], "done", tools=[post])).kickoff().raw


def unknown_tool():
    worker = agent("worker", [call("serch", "c1", q="x")], "done", tools=[search])
    return crew(worker).kickoff().raw


def refused():
    """A hook of the user's does not let the tool run."""

    def refuse(context):
        return False

    register_before_tool_call_hook(refuse)
    try:
        worker = agent("worker", [call("search", "c1", q="x")], "done", tools=[search])
        return crew(worker).kickoff().raw
    finally:
        unregister_before_tool_call_hook(refuse)


def hook_that_raises():
    """CrewAI goes on."""

    def fall(context):
        raise ValueError("hook")

    register_before_tool_call_hook(fall)
    try:
        worker = agent("worker", [call("search", "c1", q="x")], "done", tools=[search])
        return crew(worker).kickoff().raw
    finally:
        unregister_before_tool_call_hook(fall)


def timeout_in_a_tool():
    @tool("slow")
    def slow(q: str) -> str:
        """Slow."""
        raise TimeoutError("no answer in 3 s")

    return crew(agent("worker", [call("slow", "c1", q="x")], "done", tools=[slow])).kickoff().raw


def timeout():
    """The agent's time is up while a tool runs: CrewAI waits for it all the same."""
    is_up = threading.Event()

    @tool("slow")
    def slow(q: str) -> str:
        """Slow."""
        is_up.wait(1.5)
        return q

    worker = agent(
        "worker", [call("slow", "c1", q="x")], "done", tools=[slow], max_execution_time=1
    )
    return crew(worker).kickoff().raw


def model_failure():
    """An agent tries three times before it gives up: one run."""
    down = [ConnectionError("model is down") for _ in range(3)]
    return crew(agent("worker", *down)).kickoff().raw


def model_recovers():
    return crew(agent("worker", ConnectionError("model is down"), "done")).kickoff().raw


async def cancellation():
    """The crew is cancelled; the tool in its thread runs to its end."""
    started, is_cancelled = threading.Event(), threading.Event()

    @tool("wait")
    def wait(q: str) -> str:
        """Wait."""
        started.set()
        is_cancelled.wait(30)
        return q

    worker = agent("worker", [call("wait", "c1", q="x")], "done", tools=[wait])
    running = asyncio.create_task(crew(worker).akickoff())
    await asyncio.to_thread(started.wait, 30)
    running.cancel()
    try:
        return await running
    finally:
        is_cancelled.set()


def streamed():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    stream, heard = crew(worker, stream=True).kickoff(), []
    for chunk in stream:
        with user_span("reading"):
            heard.append(chunk.content)
    return "".join(heard)


async def streamed_async():
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    stream = await crew(worker, stream=True).akickoff()
    return "".join([chunk.content async for chunk in stream])


def left_early():
    """The crew goes on to its end in its thread."""
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    stream = crew(worker, agent("second", "done"), stream=True).kickoff()
    next(iter(stream))
    stream.close()  # waits for it


def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @tool("lookup")
    @track_tool_call
    def lookup(q: str) -> str:
        """Look it up."""
        return q

    worker = agent("worker", [call("lookup", "c1", q="x")], "done", tools=[lookup])
    return crew(worker).kickoff().raw


def decorated_in_words():
    """Tries of a tool that is recorded by the user as well."""
    failures = [ConnectionError("upstream 503")]

    @tool("lookup")
    @track_tool_call
    def lookup(q: str) -> str:
        """Look it up."""
        if failures:
            raise failures.pop()
        return q

    worker = agent(
        "worker",
        'Thought: t\nAction: lookup\nAction Input: {"q": "a"}',
        "Thought: t\nFinal Answer: done",
        tools=[lookup],
        is_native=False,
    )
    return crew(worker).kickoff().raw


def session():
    """It knows no session: the user names one."""
    with toolspan_session("visit-1", user_id="ann"):
        worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
        return crew(worker).kickoff().raw


run(
    two_tools,
    in_words,
    in_words_for_nothing,
    parallel_pair,
    handoff,
    managed,
    sub_crew,
    in_the_background,
    from_cache,
    guarded,
    in_a_flow,
    alone,
    exception,
    exception_that_stops,
    failure_that_is_returned,
    unknown_tool,
    refused,
    hook_that_raises,
    timeout_in_a_tool,
    timeout,
    model_failure,
    model_recovers,
    cancellation,
    streamed,
    streamed_async,
    left_early,
    decorated,
    decorated_in_words,
    session,
)
