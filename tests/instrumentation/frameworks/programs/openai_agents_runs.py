"""The OpenAI Agents SDK with models that follow a script: one scenario after another."""

import asyncio
import json
import os

os.environ["OPENAI_API_KEY"] = "unused"

import agents.tracing
from agents import (
    Agent,
    Model,
    ModelResponse,
    RunConfig,
    RunHooks,
    Runner,
    ToolGuardrailFunctionOutput,
    Usage,
    function_tool,
    generation_span,
    set_trace_processors,
    tool_input_guardrail,
)
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)
from scenario import at_once, run, user_span

from toolspan.instrumentation import track_tool_call

# Nothing is sent to OpenAI; what else listens stays. What records must not mind.
listening = agents.tracing.get_trace_provider()._multi_processor._processors
set_trace_processors([one for one in listening if type(one).__name__ != "BatchTraceProcessor"])


def call(name, call_id, **arguments):
    return ResponseFunctionToolCall(
        type="function_call", name=name, arguments=json.dumps(arguments), call_id=call_id
    )


def say(text):
    part = ResponseOutputText(type="output_text", text=text, annotations=[])
    return ResponseOutputMessage(
        id="m", type="message", role="assistant", status="completed", content=[part]
    )


class Scripted(Model):
    def __init__(self, *turns):
        self.turns = list(turns)

    def answer(self):
        with generation_span(model="scripted-1") as span:
            turn = self.turns.pop(0)
            if isinstance(turn, Exception):
                raise turn
            span.span_data.usage = {"input_tokens": 10, "output_tokens": 5}
            return turn if isinstance(turn, list) else [turn]

    async def get_response(self, *args, **kwargs):
        usage = Usage(requests=1, input_tokens=10, output_tokens=5, total_tokens=15)
        return ModelResponse(output=self.answer(), usage=usage, response_id=None)

    async def stream_response(self, *args, **kwargs):
        response = Response(
            id="r",
            created_at=0,
            model="scripted-1",
            object="response",
            output=self.answer(),
            tool_choice="auto",
            tools=[],
            parallel_tool_calls=True,
        )
        yield ResponseCompletedEvent(
            type="response.completed", sequence_number=0, response=response
        )


def agent(name, *turns, **options):
    return Agent(name=name, model=Scripted(*turns), **options)


@function_tool
def search(q: str) -> str:
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


@function_tool
async def flaky(x: int) -> str:
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return f"ok {x}"


@function_tool(failure_error_function=None)
def boom(q: str) -> str:
    raise LookupError(q)


together = asyncio.Barrier(2)


@function_tool
async def meet(q: str) -> str:
    async with together:
        return q


@function_tool
async def wait(q: str) -> str:
    started.set()
    await asyncio.Event().wait()
    return q


started = asyncio.Event()


async def two_tools():
    failures["left"] = 1
    one = agent(
        "worker",
        call("search", "c1", q="otters"),
        call("flaky", "c2", x=1),
        call("flaky", "c3", x=1),
        say("done"),
        tools=[search, flaky],
    )
    return (await Runner.run(one, "hi")).final_output


async def parallel_pair():
    one = agent(
        "worker", [call("meet", "c1", q="a"), call("meet", "c2", q="b")], say("done"), tools=[meet]
    )
    return (await Runner.run(one, "hi")).final_output


async def handoff():
    second = agent("second", call("search", "c2", q="a"), say("done"), tools=[search])
    first = agent("first", call("transfer_to_second", "c1"), handoffs=[second])
    return (await Runner.run(first, "hi")).final_output


async def sub_agent():
    inner = agent("inner", call("search", "i1", q="a"), say("found"), tools=[search])
    outer = agent(
        "outer", call("ask", "c1", input="x"), say("done"), tools=[inner.as_tool("ask", "asks")]
    )
    return (await Runner.run(outer, "hi")).final_output


async def exception():
    return await Runner.run(agent("worker", call("boom", "c1", q="x"), tools=[boom]), "hi")


async def model_exception():
    return await Runner.run(agent("worker", ValueError("no such model")), "hi")


async def too_many_turns():
    one = agent("worker", call("search", "c1", q="x"), tools=[search])
    return await Runner.run(one, "hi", max_turns=1)


async def timeout():
    slow = function_tool(wait_forever, timeout=0.01)
    one = agent("worker", call("wait_forever", "c1", q="x"), say("done"), tools=[slow])
    return (await Runner.run(one, "hi")).final_output


async def wait_forever(q: str) -> str:
    await asyncio.Event().wait()
    return q


async def cancellation():
    one = agent("worker", call("wait", "c1", q="x"), tools=[wait])
    task = asyncio.create_task(Runner.run(one, "hi"))
    await started.wait()
    task.cancel()
    await task


async def streamed():
    one = agent("worker", call("search", "c1", q="a"), say("done"), tools=[search])
    streaming = Runner.run_streamed(one, "hi")
    async for _ in streaming.stream_events():
        pass
    return streaming.final_output


async def session():
    for turn in ("one", "two"):
        one = agent("worker", call("search", turn, q=turn), say("done"), tools=[search])
        config = RunConfig(workflow_name="support", group_id="thread-7")
        await Runner.run(one, "hi", run_config=config)


@function_tool(needs_approval=True)
def delete(q: str) -> str:
    return q


async def refused():
    one = agent("worker", call("delete", "c1", q="x"), say("done"), tools=[delete])
    config = RunConfig(workflow_name="clean up", group_id="thread-8")
    result = await Runner.run(one, "hi", run_config=config)
    state = result.to_state()
    state.reject(result.interruptions[0])
    return (await Runner.run(one, state, run_config=config)).final_output


async def approved():
    one = agent("worker", call("delete", "c1", q="x"), say("done"), tools=[delete])
    result = await Runner.run(one, "hi")
    state = result.to_state()
    state.approve(result.interruptions[0])
    streaming = Runner.run_streamed(one, state)
    async for _ in streaming.stream_events():
        pass
    return streaming.final_output


async def approved_in_a_trace_of_the_hosts():
    one = agent("worker", call("delete", "c1", q="x"), say("done"), tools=[delete])
    with agents.tracing.trace("conversation"):
        result = await Runner.run(one, "hi")
        state = result.to_state()
        state.approve(result.interruptions[0])
        return (await Runner.run(one, state)).final_output


async def refused_by_guardrail():
    @tool_input_guardrail
    def never(data):
        return ToolGuardrailFunctionOutput.reject_content("not today")

    guarded = function_tool(search_quietly, tool_input_guardrails=[never])
    one = agent("worker", call("search_quietly", "c1", q="x"), say("done"), tools=[guarded])
    return (await Runner.run(one, "hi")).final_output


def search_quietly(q: str) -> str:
    return q


@function_tool
@track_tool_call
def tracked(q: str) -> str:
    with user_span("in tracked"):
        return q


async def decorated_tool():
    one = agent("worker", call("tracked", "c1", q="x"), say("done"), tools=[tracked])
    return (await Runner.run(one, "hi")).final_output


async def raising_hooks():
    class Hooks(RunHooks):
        async def on_tool_end(self, *args, **kwargs):
            raise RuntimeError("in a hook")

    one = agent("worker", call("search", "c1", q="x"), say("done"), tools=[search])
    return await Runner.run(one, "hi", hooks=Hooks())


async def stream_left_halfway():
    one = agent("worker", call("search", "c1", q="a"), call("search", "c2", q="b"), tools=[search])
    streaming = Runner.run_streamed(one, "hi")
    async for event in streaming.stream_events():
        if getattr(event, "name", "") == "tool_output":
            break
    streaming.cancel()
    async for _ in streaming.stream_events():
        pass


def synchronous():
    one = agent("worker", call("search", "c1", q="a"), say("done"), tools=[search])
    return Runner.run_sync(one, "hi").final_output


def many_at_once():
    def worker(name):
        return agent(name, call("search", name, q=name), say("done"), tools=[search])

    async def work(name):
        return await Runner.run(worker(name), "hi")

    at_once(lambda name: Runner.run_sync(worker(name), "hi"), work)


if __name__ == "__main__":
    run(
        two_tools,
        parallel_pair,
        handoff,
        sub_agent,
        exception,
        model_exception,
        too_many_turns,
        timeout,
        cancellation,
        streamed,
        session,
        refused,
        approved,
        approved_in_a_trace_of_the_hosts,
        refused_by_guardrail,
        decorated_tool,
        raising_hooks,
        stream_left_halfway,
        synchronous,
        by_name=[many_at_once],
    )
