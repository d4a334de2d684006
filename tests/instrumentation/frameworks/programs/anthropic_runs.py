"""The Anthropic SDK's tool runner with a transport that follows a script."""

import asyncio
import json
import logging
import warnings

import httpx2
from anthropic import (
    Anthropic,
    AsyncAnthropic,
    DefaultAsyncHttpxClient,
    DefaultHttpxClient,
    beta_async_tool,
    beta_tool,
)
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session
from toolspan.instrumentation import track_tool_call

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")  # a tool that does not exist


def transport(turns):
    left = list(turns)

    def answer(request):
        turn = left.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        if isinstance(turn, int):
            error = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
            return httpx2.Response(turn, json=error, headers={"retry-after-ms": "1"})
        blocks = [{"type": "text", "text": turn}] if isinstance(turn, str) else turn
        message = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "scripted-1",
            "content": blocks,
            "stop_reason": "end_turn" if isinstance(turn, str) else "tool_use",
            "stop_sequence": None,
            "usage": {"input_tokens": 10, "output_tokens": 5},
        }
        headers = {"request-id": "req_1"}
        if json.loads(request.content).get("stream"):
            headers["content-type"] = "text/event-stream"
            return httpx2.Response(200, headers=headers, text="".join(events(message)))
        return httpx2.Response(200, headers=headers, json=message)

    return httpx2.MockTransport(answer)


def events(message):
    def event(kind, **data):
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"

    yield event("message_start", message={**message, "content": [], "stop_reason": None})
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            start, delta = (
                {"type": "text", "text": ""},
                {"type": "text_delta", "text": block["text"]},
            )
        else:
            start = {**block, "input": {}}
            text = json.dumps(block["input"])
            delta = {"type": "input_json_delta", "partial_json": text}
        yield event("content_block_start", index=index, content_block=start)
        yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield event("message_delta", delta=stop, usage={"output_tokens": 5})
    yield event("message_stop")


SETTINGS = {"api_key": "unused", "base_url": "http://127.0.0.1:9", "max_retries": 2}


def runner(*turns, tools=(), stream=False, options=None):
    client = Anthropic(
        **SETTINGS,
        **({"open_telemetry": options} if options else {}),
        http_client=DefaultHttpxClient(transport=transport(turns)),
    )
    return client.beta.messages.tool_runner(
        model="scripted-1",
        max_tokens=100,
        tools=list(tools),
        stream=stream,
        messages=[{"role": "user", "content": "hi"}],
    )


def async_runner(*turns, tools=()):
    client = AsyncAnthropic(
        **SETTINGS, http_client=DefaultAsyncHttpxClient(transport=transport(turns))
    )
    return client.beta.messages.tool_runner(
        model="scripted-1",
        max_tokens=100,
        tools=list(tools),
        messages=[{"role": "user", "content": "hi"}],
    )


def call(name, call_id, **arguments):
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def answer(message):
    return message.content[0].text


@beta_tool
def search(q: str) -> str:
    """Search.

    Args:
        q: what for
    """
    with user_span("in search"):
        return f"results for {q}"


failures = {"left": 0}


@beta_tool
def flaky(x: int) -> str:
    """Fails as often as it is to.

    Args:
        x: a number
    """
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return f"ok {x}"


def two_tools():
    failures["left"] = 1
    turns = (
        [call("search", "c1", q="otters")],
        [call("flaky", "c2", x=1)],
        [call("flaky", "c3", x=1)],
        "done",
    )
    return answer(runner(*turns, tools=[search, flaky]).until_done())


async def parallel_pair():
    """Asked for together; the SDK runs them one after the other."""

    @beta_async_tool
    async def meet(q: str) -> str:
        """Meet.

        Args:
            q: who
        """
        return q

    asked = [call("meet", "c1", q="a"), call("meet", "c2", q="b")]
    return answer(await async_runner(asked, "done", tools=[meet]).until_done())


def sub_agent():
    @beta_tool
    def ask(q: str) -> str:
        """Ask another.

        Args:
            q: what
        """
        inner = runner([call("search", "i1", q="a")], "found", tools=[search])
        return answer(inner.until_done())

    return answer(runner([call("ask", "c1", q="x")], "done", tools=[ask]).until_done())


def exception():
    """What a tool raises is always handed to the model."""

    @beta_tool
    def boom(q: str) -> str:
        """Boom.

        Args:
            q: what
        """
        raise LookupError(q)

    return answer(runner([call("boom", "c1", q="x")], "done", tools=[boom]).until_done())


def unknown_tool():
    return answer(runner([call("serch", "c1", q="x")], "done", tools=[search]).until_done())


def timeout():
    @beta_tool
    def slow(q: str) -> str:
        """Slow.

        Args:
            q: what
        """
        raise TimeoutError("no answer in 3 s")

    return answer(runner([call("slow", "c1", q="x")], "done", tools=[slow]).until_done())


def model_retried():
    return answer(runner(529, "done").until_done())


def model_failure():
    return runner(529, 529, 529).until_done()


def model_timeout():
    return runner(*[httpx2.ReadTimeout("slow")] * 3).until_done()


async def cancellation():
    started = asyncio.Event()

    @beta_async_tool
    async def wait(q: str) -> str:
        """Wait.

        Args:
            q: what for
        """
        started.set()
        await asyncio.Event().wait()
        return q

    running = async_runner([call("wait", "c1", q="x")], tools=[wait])
    task = asyncio.create_task(running.until_done())
    await started.wait()
    task.cancel()
    await task


def streamed():
    heard = []
    for stream in runner([call("search", "c1", q="a")], "done", tools=[search], stream=True):
        for event in stream:
            if event.type == "text":
                with user_span("reading"):
                    heard.append(event.text)
    return "".join(heard)


def left_early():
    running = runner([call("search", "c1", q="a")], "done", tools=[search])
    next(iter(running))
    running.close()


def decorated():
    """The tool is recorded by the user as well: one call all the same."""

    @beta_tool
    @track_tool_call
    def lookup(q: str) -> str:
        """Look it up.

        Args:
            q: what
        """
        return q

    return answer(runner([call("lookup", "c1", q="x")], "done", tools=[lookup]).until_done())


def session():
    """The conversation named in the client's options, and a session that the user names."""
    for turn in ("one", "two"):
        options = {"conversation_id": "thread-7"}
        asked = [call("search", turn, q=turn)]
        runner(asked, "done", tools=[search], options=options).until_done()
    with toolspan_session("visit-1", user_id="ann"):
        runner([call("search", "c1", q="a")], "done", tools=[search]).until_done()


run(
    two_tools,
    parallel_pair,
    sub_agent,
    exception,
    unknown_tool,
    timeout,
    model_retried,
    model_failure,
    model_timeout,
    cancellation,
    streamed,
    left_early,
    decorated,
    session,
)
