"""The Claude Agent SDK with one tool, and a transport that speaks for the agent's program.

toolspan run --dir toolspan-data -- python examples/frameworks/claude_agent_sdk_agent.py
toolspan tools toolspan-data
"""

import asyncio
import json

from claude_agent_sdk import ClaudeAgentOptions, Transport, create_sdk_mcp_server, query, tool


class Scripted(Transport):
    """In place of the program that the SDK starts: asks for the weather, then answers."""

    def __init__(self):
        self.messages, self.answered = asyncio.Queue(), None

    async def connect(self):
        pass

    def is_ready(self):
        return True

    async def end_input(self):
        pass

    async def close(self):
        self.messages.put_nowait(None)

    async def read_messages(self):
        while (message := await self.messages.get()) is not None:
            yield message

    async def write(self, data):
        message = json.loads(data)
        if message["type"] == "control_request":
            done = {"subtype": "success", "request_id": message["request_id"], "response": {}}
            self.messages.put_nowait({"type": "control_response", "response": done})
        elif message["type"] == "control_response":
            self.answered.set_result(message["response"]["response"]["mcp_response"]["result"])
        else:
            self.turn = asyncio.create_task(self.answer())

    async def mcp(self, number, method, **params):
        self.answered = asyncio.get_running_loop().create_future()
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        request = {"subtype": "mcp_message", "server_name": "city", "message": message}
        asked = {"type": "control_request", "request_id": f"r{number}", "request": request}
        self.messages.put_nowait(asked)
        return await self.answered

    def say(self, kind, **said):
        self.messages.put_nowait({"type": kind, "session_id": "visit-1", **said})

    async def answer(self):
        info = {"name": "scripted", "version": "1"}
        await self.mcp(
            1, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=info
        )
        call = {"type": "tool_use", "id": "call-1", "name": "mcp__city__weather"}
        call["input"] = {"city": "Oslo"}
        said = {"role": "assistant", "model": "scripted", "content": [call]}
        self.say("assistant", parent_tool_use_id=None, message=said)
        result = await self.mcp(2, "tools/call", name="weather", arguments=call["input"])
        block = {"type": "tool_result", "tool_use_id": "call-1", "content": result["content"]}
        told = {"role": "user", "content": [block]}
        self.say("user", parent_tool_use_id=None, message=told)
        times = {"duration_ms": 5, "duration_api_ms": 3, "num_turns": 1}
        self.say("result", subtype="success", is_error=False, result="Take a coat.", **times)
        self.messages.put_nowait(None)


@tool("weather", "The weather in a city.", {"city": str})
async def weather(arguments):
    return {"content": [{"type": "text", "text": f"3 degrees in {arguments['city']}"}]}


async def questions():
    question = {"role": "user", "content": "What do I wear in Oslo?"}
    yield {"type": "user", "message": question, "session_id": "visit-1"}


async def main():
    options = ClaudeAgentOptions(
        mcp_servers={"city": create_sdk_mcp_server("city", tools=[weather])}
    )
    async for message in query(prompt=questions(), options=options, transport=Scripted()):
        if type(message).__name__ == "ResultMessage":
            print(message.result)


asyncio.run(main())
