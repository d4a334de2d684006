"""Semantic Kernel with services that follow a script: one scenario after another."""

import asyncio
import json
import logging
import warnings
from typing import Any, ClassVar

from scenario import run, user_span
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.chat_completion_client_base import ChatCompletionClientBase
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.prompt_execution_settings import PromptExecutionSettings
from semantic_kernel.contents import ChatMessageContent, FunctionCallContent, TextContent
from semantic_kernel.functions import KernelArguments, kernel_function
from semantic_kernel.utils.telemetry.model_diagnostics.decorators import trace_chat_completion

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


class Scripted(ChatCompletionClientBase):
    SUPPORTS_FUNCTION_CALLING: ClassVar[bool] = True
    turns: list[Any]

    @trace_chat_completion("scripted")
    async def _inner_get_chat_message_contents(self, chat_history, settings):
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        items = [TextContent(text=turn)] if isinstance(turn, str) else turn
        reason = "stop" if isinstance(turn, str) else "tool_calls"
        usage = {"usage": {"prompt_tokens": 10, "completion_tokens": 5}}
        return [
            ChatMessageContent(
                role="assistant",
                items=items,
                ai_model_id=self.ai_model_id,
                finish_reason=reason,
                metadata=usage,
            )
        ]

    def service_url(self):
        return None

    def _update_function_choice_settings_callback(self):
        return lambda *args, **kwargs: None

    def _reset_function_choice_settings(self, settings):
        pass

    def get_prompt_execution_settings_class(self):
        return PromptExecutionSettings

    def _verify_function_choice_settings(self, settings):
        pass


def call(name, call_id, **arguments):
    return FunctionCallContent(id=call_id, name=f"P-{name}", arguments=json.dumps(arguments))


def plugin(*functions):
    named = {function.__name__: staticmethod(kernel_function(function)) for function in functions}
    return type("P", (), named)()


def agent(name, *turns, tools=()):
    behaviour = FunctionChoiceBehavior.Auto()
    settings = PromptExecutionSettings(function_choice_behavior=behaviour)
    return ChatCompletionAgent(
        name=name,
        service=Scripted(ai_model_id="scripted-1", turns=list(turns)),
        plugins=[plugin(*tools)] if tools else [],
        arguments=KernelArguments(settings=settings),
    )


async def answer(agent):
    return str((await agent.get_response("hi")).content)


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
    failures["left"] = 1
    turns = (
        [call("search", "c1", q="otters")],
        [call("flaky", "c2", x=1)],
        [call("flaky", "c3", x=1)],
        "done",
    )
    return await answer(agent("worker", *turns, tools=[search, flaky]))


async def parallel_pair():
    together = asyncio.Barrier(2)

    async def meet(q: str) -> str:
        async with together:
            return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    return await answer(agent("worker", asked, "done", tools=[meet]))


async def sub_agent():
    inner = agent("inner", [call("search", "i1", q="a")], "found", tools=[search])

    async def ask(q: str) -> str:
        return await answer(inner)

    return await answer(agent("outer", [call("ask", "c1", q="x")], "done", tools=[ask]))


async def exception():
    """What a function raises is handed to the model."""

    def boom(q: str) -> str:
        raise LookupError(q)

    return await answer(agent("worker", [call("boom", "c1", q="x")], "done", tools=[boom]))


async def unknown_tool():
    return await answer(agent("worker", [call("serch", "c1", q="x")], "done", tools=[search]))


async def timeout():
    def slow(q: str) -> str:
        raise TimeoutError("no answer in 3 s")

    return await answer(agent("worker", [call("slow", "c1", q="x")], "done", tools=[slow]))


async def model_failure():
    return await answer(agent("worker", ConnectionError("model is down"), tools=[search]))


async def cancellation():
    started = asyncio.Event()

    async def wait(q: str) -> str:
        started.set()
        await asyncio.Event().wait()
        return q

    task = asyncio.create_task(answer(agent("worker", [call("wait", "c1", q="x")], tools=[wait])))
    await started.wait()
    task.cancel()
    return await task


async def answered_in_parts():
    """The messages of a run, one after the other."""
    worker = agent("worker", [call("search", "c1", q="a")], "done", tools=[search])
    return [str(part.content) async for part in worker.invoke("hi")]


async def decorated():
    """The function is recorded by the user as well: one call all the same."""

    @track_tool_call(name="P-lookup")
    def lookup(q: str) -> str:
        return q

    return await answer(agent("worker", [call("lookup", "c1", q="x")], "done", tools=[lookup]))


async def session():
    """Its spans know none: its user names it."""
    with toolspan_session("visit-1", user_id="ann"):
        await answer(agent("worker", [call("search", "c1", q="a")], "done", tools=[search]))


run(
    two_tools,
    parallel_pair,
    sub_agent,
    exception,
    unknown_tool,
    timeout,
    model_failure,
    cancellation,
    answered_in_parts,
    decorated,
    session,
)
