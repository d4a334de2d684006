"""An agent of AutoGen with one tool, and a model that follows a script: no key, no network.

toolspan run --dir toolspan-data -- python examples/frameworks/autogen_agent.py
toolspan tools toolspan-data
"""

import asyncio

from autogen_agentchat.agents import AssistantAgent
from autogen_core import FunctionCall
from autogen_core.models import ChatCompletionClient, CreateResult, ModelInfo, RequestUsage


class Scripted(ChatCompletionClient):
    """In place of `OpenAIChatCompletionClient()`: asks for the weather, then answers."""

    component_type = "model"

    async def create(self, messages, **options):
        is_answered = type(messages[-1]).__name__ == "FunctionExecutionResultMessage"
        call = FunctionCall(id="call-1", name="weather", arguments='{"city": "Oslo"}')
        return CreateResult(
            finish_reason="stop" if is_answered else "function_calls",
            content="Take a coat." if is_answered else [call],
            usage=RequestUsage(10, 5),
            cached=False,
        )

    async def create_stream(self, messages, **options):
        yield await self.create(messages)

    async def close(self):
        pass

    def actual_usage(self):
        return RequestUsage(0, 0)

    def total_usage(self):
        return RequestUsage(0, 0)

    def count_tokens(self, messages, **options):
        return 0

    def remaining_tokens(self, messages, **options):
        return 1000

    @property
    def capabilities(self):
        return self.model_info

    @property
    def model_info(self):
        return ModelInfo(
            vision=False,
            function_calling=True,
            json_output=False,
            family="unknown",
            structured_output=False,
        )


async def weather(city: str) -> str:
    """The weather in a city."""
    return f"3 degrees in {city}"


async def main():
    guide = AssistantAgent("guide", Scripted(), tools=[weather], reflect_on_tool_use=True)
    print((await guide.run(task="What do I wear in Oslo?")).messages[-1].content)


asyncio.run(main())
