"""An agent of Microsoft Agent Framework with one tool, and a model that follows a script.

toolspan run --dir toolspan-data -- python examples/frameworks/agent_framework_agent.py
toolspan tools toolspan-data
"""

import asyncio

from agent_framework import (
    Agent,
    BaseChatClient,
    ChatMiddlewareLayer,
    ChatResponse,
    Content,
    FunctionInvocationLayer,
    Message,
    tool,
)
from agent_framework.observability import ChatTelemetryLayer


class Scripted(FunctionInvocationLayer, ChatMiddlewareLayer, ChatTelemetryLayer, BaseChatClient):
    """In place of `OpenAIChatClient()`: asks for the weather, then answers."""

    model = "scripted"

    def _inner_get_response(self, *, messages, **options):
        return self.answer(messages[-1].role == "tool")

    async def answer(self, is_answered):
        call = Content.from_function_call(
            call_id="call-1", name="weather", arguments='{"city": "Oslo"}'
        )
        content = Content.from_text("Take a coat.") if is_answered else call
        return ChatResponse(messages=[Message(role="assistant", contents=[content])])


@tool(approval_mode="never_require")
def weather(city: str) -> str:
    """The weather in a city."""
    return f"3 degrees in {city}"


async def main():
    guide = Agent(Scripted(), name="guide", tools=[weather])
    print(await guide.run("What do I wear in Oslo?", session=guide.create_session()))


asyncio.run(main())
