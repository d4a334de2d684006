"""DSPy with models that follow a script: one scenario after another."""

import asyncio
import logging
import warnings

import dspy
from dspy.utils.dummies import DummyLM
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


class Failing(dspy.BaseLM):
    def __init__(self, error):
        super().__init__(model="scripted-1")
        self.error = error

    def forward(self, *args, **kwargs):
        raise self.error


def call(name, **arguments):
    return {"next_thought": "hm", "next_tool_name": name, "next_tool_args": arguments}


def turns(*calls, answer="done"):
    return [*calls, call("finish"), {"reasoning": "so", "answer": answer}]


def agent(*tools):
    return dspy.ReAct("question -> answer", tools=list(tools))


def asked(program, *calls, answer="done"):
    with dspy.context(lm=DummyLM(turns(*calls, answer=answer))):
        return program(question="hi").answer


def search(q: str) -> str:
    "Search."
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


def flaky(x: int) -> str:
    "Fails as often as it is to."
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return f"ok {x}"


def two_tools():
    failures["left"] = 1
    calls = call("search", q="otters"), call("flaky", x=1), call("flaky", x=1)
    return asked(agent(search, flaky), *calls)


async def parallel_pair():
    """DSPy runs one tool after the other; these are two runs beside each other."""
    together = asyncio.Barrier(2)

    async def meet(q: str) -> str:
        "Meet."
        async with together:
            return q

    async def one(q):
        with dspy.context(lm=DummyLM(turns(call("meet", q=q)))):
            return (await agent(meet).acall(question="hi")).answer

    return await asyncio.gather(one("a"), one("b"))


def sub_agent():
    def ask(q: str) -> str:
        "Ask another."
        return asked(agent(search), call("search", q=q), answer="found")

    return asked(agent(ask), call("ask", q="x"))


def own_program():
    class Retrieve(dspy.Module):
        def forward(self, question):
            return dspy.Prediction(text=search(question))

    class Shop(dspy.Module):
        def __init__(self):
            self.retrieve = Retrieve()
            self.answer = dspy.ChainOfThought("question, context -> answer")

        def forward(self, question):
            return self.answer(question=question, context=self.retrieve(question=question).text)

    with dspy.context(lm=DummyLM([{"reasoning": "so", "answer": "done"}])):
        return Shop()(question="hi").answer


def exception():
    """What a tool raises is handed to the model."""

    def boom(q: str) -> str:
        "Boom."
        raise LookupError(q)

    return asked(agent(boom), call("boom", q="x"))


def timeout():
    def slow(q: str) -> str:
        "Slow."
        raise TimeoutError("no answer in 3 s")

    return asked(agent(slow), call("slow", q="x"))


def model_failure():
    with dspy.context(lm=Failing(ConnectionError("model is down"))):
        return agent(search)(question="hi").answer


async def cancellation():
    started = asyncio.Event()

    async def wait(q: str) -> str:
        "Wait."
        started.set()
        await asyncio.Event().wait()
        return q

    async def wait_for_it():
        with dspy.context(lm=DummyLM(turns(call("wait", q="x")))):
            return await agent(wait).acall(question="hi")

    task = asyncio.create_task(wait_for_it())
    await started.wait()
    task.cancel()
    return await task


async def streamed():
    program = dspy.streamify(agent(search))
    with dspy.context(lm=DummyLM(turns(call("search", q="a")))):
        heard = [item async for item in program(question="hi")]
    return heard[-1].answer


def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @track_tool_call
    def lookup(q: str) -> str:
        "Look it up."
        return q

    return asked(agent(lookup), call("lookup", q="x"))


def session():
    """DSPy knows none: its user names it."""
    with toolspan_session("visit-1", user_id="ann"):
        return asked(agent(search), call("search", q="a"))


run(
    two_tools,
    parallel_pair,
    sub_agent,
    own_program,
    exception,
    timeout,
    model_failure,
    cancellation,
    streamed,
    decorated,
    session,
)
