"""The Claude Agent SDK with a transport that speaks for the agent's program, by a script."""

import asyncio
import itertools
import json
import logging

from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    Transport,
    create_sdk_mcp_server,
    query,
    tool,
)
from scenario import run, user_span

from toolspan.instrumentation import session as toolspan_session

logging.disable(logging.CRITICAL)


class Program(Transport):
    """Each turn is a list of requests, sent together, and answered by the host's own tools."""

    def __init__(self, *turns, session_id="s-1", ending="success", stays=False):
        self.turns, self.session_id = turns, session_id
        self.ending, self.stays = ending, stays
        self.messages, self.waiting, self.tasks = asyncio.Queue(), {}, []
        self.numbers = itertools.count(1)

    async def connect(self):
        pass

    def is_ready(self):
        return True

    async def end_input(self):
        pass

    async def close(self):
        for task in self.tasks:
            task.cancel()
        self.messages.put_nowait(None)

    async def write(self, data):
        message = json.loads(data)
        if message["type"] == "control_request":
            response = {
                "subtype": "success",
                "request_id": message["request_id"],
                "response": {"commands": []},
            }
            self.messages.put_nowait({"type": "control_response", "response": response})
        elif message["type"] == "control_response":
            self.waiting.pop(message["response"]["request_id"]).set_result(message["response"])
        elif message["type"] == "user":
            self.tasks.append(asyncio.create_task(self.answer()))

    async def read_messages(self):
        while (message := await self.messages.get()) is not None:
            yield message

    async def ask(self, **request):
        request_id = f"r{next(self.numbers)}"
        self.waiting[request_id] = asyncio.get_running_loop().create_future()
        self.messages.put_nowait(
            {"type": "control_request", "request_id": request_id, "request": request}
        )
        return await self.waiting[request_id]

    async def mcp(self, method, **params):
        message = {"jsonrpc": "2.0", "id": next(self.numbers), "method": method, "params": params}
        answer = await self.ask(subtype="mcp_message", server_name="t", message=message)
        return answer["response"]["mcp_response"]["result"]

    def say(self, kind, **said):
        self.messages.put_nowait({"type": kind, "session_id": self.session_id, **said})

    async def carry_out(self, name, call_id, arguments):
        if name == "Task":
            inner = {"type": "tool_use", "id": "i1", "name": "Read", "input": {"path": "x"}}
            self.say("assistant", parent_tool_use_id=call_id, message=assistant(inner))
            self.result("i1", [{"type": "text", "text": "read"}], False)
            return self.result(call_id, [{"type": "text", "text": "found"}], False)
        if name.startswith("mcp__"):
            result = await self.mcp("tools/call", name=name[len("mcp__t__") :], arguments=arguments)
            return self.result(call_id, result["content"], bool(result.get("isError")))
        return self.result(call_id, "no such tool", True)

    def result(self, call_id, content, is_error):
        block = {
            "type": "tool_result",
            "tool_use_id": call_id,
            "content": content,
            "is_error": is_error,
        }
        self.say("user", parent_tool_use_id=None, message={"role": "user", "content": [block]})

    async def answer(self):
        self.say("system", subtype="init", tools=[], model="scripted-1")
        hello = {"name": "cli", "version": "1"}
        await self.mcp(
            "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=hello
        )
        for turn in self.turns:
            blocks = [
                {"type": "tool_use", "id": call_id, "name": name, "input": arguments}
                for name, call_id, arguments in turn
            ]
            self.say("assistant", parent_tool_use_id=None, message=assistant(*blocks))
            await asyncio.gather(*(self.carry_out(*one) for one in turn))
        self.say(
            "result",
            subtype=self.ending,
            duration_ms=5,
            duration_api_ms=3,
            is_error=self.ending != "success",
            num_turns=len(self.turns),
            total_cost_usd=0.01,
            usage={"input_tokens": 40, "output_tokens": 20},
            result="done",
        )
        if not self.stays:
            self.messages.put_nowait(None)


def assistant(*blocks):
    return {"id": "m", "role": "assistant", "model": "scripted-1", "content": list(blocks)}


def call(name, call_id, **arguments):
    return f"mcp__t__{name}", call_id, arguments


def options(*tools):
    server = create_sdk_mcp_server("t", tools=list(tools))
    return ClaudeAgentOptions(mcp_servers={"t": server})


async def answer(program, *tools):
    async def prompts():
        message = {"role": "user", "content": "hi"}
        yield {"type": "user", "message": message, "session_id": program.session_id}

    last = None
    async for message in query(prompt=prompts(), options=options(*tools), transport=program):
        last = message
    return last.result


def text(said):
    return {"content": [{"type": "text", "text": said}]}


@tool("search", "search", {"q": str})
async def search(args):
    with user_span("in search"):
        return text(f"results for {args['q']}")


failures = {"left": 0}


@tool("flaky", "flaky", {"x": int})
async def flaky(args):
    failures["left"] -= 1
    if failures["left"] >= 0:
        raise ConnectionError("upstream 503")
    with user_span("in flaky"):
        return text("ok")


async def two_tools():
    failures["left"] = 1
    turns = (
        [call("search", "c1", q="otters")],
        [call("flaky", "c2", x=1)],
        [call("flaky", "c3", x=1)],
    )
    return await answer(Program(*turns), search, flaky)


async def parallel_pair():
    together = asyncio.Barrier(2)

    @tool("meet", "meet", {"q": str})
    async def meet(args):
        async with together:
            return text(args["q"])

    return await answer(Program([call("meet", "c1", q="a"), call("meet", "c2", q="b")]), meet)


async def sub_agent():
    asked = {"subagent_type": "researcher", "prompt": "x"}
    return await answer(Program([("Task", "c1", asked)]), search)


async def exception():
    """The agent's program says that a tool failed, and nothing of why."""

    @tool("boom", "boom", {"q": str})
    async def boom(args):
        raise LookupError(args["q"])

    return await answer(Program([call("boom", "c1", q="x")]), boom)


async def timeout():
    @tool("slow", "slow", {"q": str})
    async def slow(args):
        raise TimeoutError("no answer in 3 s")

    return await answer(Program([call("slow", "c1", q="x")]), slow)


async def unknown_tool():
    return await answer(Program([("Serch", "c1", {"q": "x"})]), search)


async def turns_used_up():
    return await answer(Program([call("search", "c1", q="a")], ending="error_max_turns"), search)


async def cancellation():
    started = asyncio.Event()

    @tool("wait", "wait", {"q": str})
    async def wait(args):
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(answer(Program([call("wait", "c1", q="x")]), wait))
    await started.wait()
    task.cancel()
    return await task


async def client():
    """A connection that is kept, and asked twice, each time from elsewhere."""
    program = Program([call("search", "c1", q="a")], stays=True)
    async with ClaudeSDKClient(options(search), transport=program) as asked:
        for number in ("one", "two"):
            with user_span(number):
                await asked.query("hi")
                async for _ in asked.receive_response():
                    pass


async def session():
    """The program's own session, and one that the user names around it."""
    for turn in ("one", "two"):
        program = Program([call("search", turn, q=turn)], session_id="thread-7")
        await answer(program, search)
    with toolspan_session("visit-1", user_id="ann"):
        await answer(Program([call("search", "c1", q="a")], session_id="thread-8"), search)


run(
    two_tools,
    parallel_pair,
    sub_agent,
    exception,
    timeout,
    unknown_tool,
    turns_used_up,
    cancellation,
    client,
    session,
)
