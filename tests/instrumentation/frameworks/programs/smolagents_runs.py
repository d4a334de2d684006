"""smolagents with models that follow a script: one scenario after another."""

import threading

from scenario import at_once, run, user_span
from smolagents import (
    ActionStep,
    AgentError,
    CodeAgent,
    Model,
    ToolCallingAgent,
    local_python_executor,
    tool,
)
from smolagents.models import (
    ChatMessage,
    ChatMessageToolCall,
    ChatMessageToolCallFunction,
    MessageRole,
)
from smolagents.monitoring import TokenUsage

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call


class Scripted(Model):
    def __init__(self, *turns):
        super().__init__(model_id="scripted-1")
        self.turns = list(turns)

    def generate(self, messages, **kwargs):
        turn = self.turns.pop(0)
        usage = TokenUsage(10, 5)
        if isinstance(turn, Exception):
            raise turn
        if isinstance(turn, str):
            return ChatMessage(role=MessageRole.ASSISTANT, content=turn, token_usage=usage)
        asked = [
            ChatMessageToolCall(
                id=call_id,
                type="function",
                function=ChatMessageToolCallFunction(name=name, arguments=arguments),
            )
            for name, call_id, arguments in turn
        ]
        return ChatMessage(
            role=MessageRole.ASSISTANT, content=None, token_usage=usage, tool_calls=asked
        )


def call(name, call_id, **arguments):
    return name, call_id, arguments


def done(call_id="end"):
    return [call("final_answer", call_id, answer="done")]


def agent(name, *turns, **options):
    return ToolCallingAgent(
        model=Scripted(*turns), name=name, description=name, verbosity_level=0, **options
    )


def coder(name, *turns, **options):
    written = [f"Thought: go on\n<code>\n{turn}\n</code>" for turn in turns]
    return CodeAgent(
        model=Scripted(*written), name=name, description=name, verbosity_level=0, **options
    )


@tool
def search(q: str) -> str:
    """Search.

    Args:
        q: what for
    """
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


@tool
def flaky(x: int) -> str:
    """Fails at first.

    Args:
        x: a number
    """
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return f"ok {x}"


together = threading.Barrier(2)


@tool
def meet(q: str) -> str:
    """Waits for the other.

    Args:
        q: who
    """
    together.wait(10)
    return q


@tool
def slow(q: str) -> str:
    """Gives up.

    Args:
        q: what
    """
    raise TimeoutError("no answer in 3 s")


@tool
def stopped(q: str) -> str:
    """The person at the keyboard stops it.

    Args:
        q: what
    """
    raise KeyboardInterrupt


def two_tools():
    failures["left"] = 1
    worker = agent(
        "worker",
        [call("search", "c1", q="otters")],
        [call("flaky", "c2", x=1)],
        [call("flaky", "c3", x=1)],
        done(),
        tools=[search, flaky],
    )
    return worker.run("go")


def parallel_pair():
    worker = agent(
        "worker", [call("meet", "c1", q="a"), call("meet", "c2", q="b")], done(), tools=[meet]
    )
    return worker.run("go")


def sub_agent():
    inner = agent("inner", [call("search", "i1", q="a")], done("i2"), tools=[search])
    outer = agent(
        "outer", [call("inner", "c1", task="x")], done(), tools=[], managed_agents=[inner]
    )
    return outer.run("go")


def code():
    failures["left"] = 1
    helper = agent("helper", [call("search", "h1", q="h")], done("h2"), tools=[search])
    worker = coder(
        "coder",
        "print(search(q='a'))\nflaky(x=1)",
        "print(flaky(2), helper(task='t'))",
        "final_answer('done')",
        tools=[search, flaky],
        managed_agents=[helper],
    )
    return worker.run("go")


def exception():
    return agent("worker", ValueError("no such model"), tools=[search]).run("go")


def unknown_tool():
    return agent("worker", [call("ghost", "c1")], done(), tools=[]).run("go")


def too_many_steps():
    worker = agent("worker", [call("search", "c1", q="a")], "no idea", tools=[search])
    return worker.run("go", max_steps=1)


def timeout():
    """The code may take some time, and no more; the thread it runs in goes on."""
    if not hasattr(local_python_executor, "timeout"):
        return "this version knows no limit"
    gave_up = threading.Event()

    @tool
    def wait(q: str) -> str:
        """Until nobody waits for it any longer.

        Args:
            q: what
        """
        gave_up.wait(10)
        return q

    worker = coder(
        "coder",
        "print(wait(q='a'))",
        "final_answer('done')",
        tools=[wait],
        executor_kwargs={"timeout_seconds": 0.3},
    )
    threading.Timer(1.0, gave_up.set).start()
    return worker.run("go")


def interrupted():
    @tool
    def stop(q: str) -> str:
        """Somebody presses the button.

        Args:
            q: what
        """
        worker.interrupt()
        return q

    worker = agent("worker", [call("stop", "c1", q="x")], done(), tools=[stop])
    try:
        worker.run("go")
    except AgentError:
        return worker.run("go on", reset=False)


def decorated_tool():
    @tool
    @track_tool_call
    def tracked(q: str) -> str:
        """Tracked by its author, too.

        Args:
            q: what
        """
        with user_span("in tracked"):
            return q

    return agent("worker", [call("tracked", "c1", q="a")], done(), tools=[tracked]).run("go")


def raising_callback():
    def callback(step, agent):
        raise RuntimeError("in a callback")

    worker = agent("worker", [call("search", "c1", q="a")], done(), tools=[search])
    worker.step_callbacks.register(ActionStep, callback)
    return worker.run("go")


def stream_left_halfway():
    worker = agent("worker", [call("search", "c1", q="a")], done(), tools=[search])
    for step in worker.run("go", stream=True):
        if isinstance(step, ActionStep):
            break


def timeout_raised():
    return agent("worker", [call("slow", "c1", q="x")], done(), tools=[slow]).run("go")


def cancellation():
    return agent("worker", [call("stopped", "c1", q="x")], tools=[stopped]).run("go")


def streamed():
    worker = agent("worker", [call("search", "c1", q="a")], done(), tools=[search])
    return len(list(worker.run("go", stream=True))) > 0


def session():
    for turn in ("one", "two"):
        with toolspan_session("thread-7"):
            agent("worker", [call("search", turn, q=turn)], done(), tools=[search]).run("go")


def many_at_once():
    def work(name):
        asked = [call("search", name, q=name)]
        return agent(name.replace("-", "_"), asked, done(), tools=[search]).run("go")

    at_once(work, None)


if __name__ == "__main__":
    run(
        two_tools,
        parallel_pair,
        sub_agent,
        code,
        exception,
        unknown_tool,
        too_many_steps,
        timeout,
        timeout_raised,
        cancellation,
        streamed,
        stream_left_halfway,
        interrupted,
        decorated_tool,
        raising_callback,
        session,
        by_name=[many_at_once],
    )
