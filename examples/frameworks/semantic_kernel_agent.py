"""An agent of Semantic Kernel with one function, and a model that follows a script.

toolspan run --dir toolspan-data -- python examples/frameworks/semantic_kernel_agent.py
toolspan tools toolspan-data
"""

import asyncio
from typing import ClassVar

from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.chat_completion_client_base import ChatCompletionClientBase
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.prompt_execution_settings import PromptExecutionSettings
from semantic_kernel.contents import ChatMessageContent, FunctionCallContent, TextContent
from semantic_kernel.functions import KernelArguments, kernel_function


class Scripted(ChatCompletionClientBase):
    """In place of `OpenAIChatCompletion()`: asks for the weather, then answers."""

    SUPPORTS_FUNCTION_CALLING: ClassVar[bool] = True

    async def _inner_get_chat_message_contents(self, chat_history, settings):
        is_answered = chat_history.messages[-1].role == "tool"
        call = FunctionCallContent(id="call-1", name="City-weather", arguments='{"city": "Oslo"}')
        item = TextContent(text="Take a coat.") if is_answered else call
        reason = "stop" if is_answered else "tool_calls"
        return [ChatMessageContent(role="assistant", items=[item], finish_reason=reason)]

    def _update_function_choice_settings_callback(self):
        return lambda *args, **kwargs: None

    def _reset_function_choice_settings(self, settings):
        pass

    def _verify_function_choice_settings(self, settings):
        pass

    def get_prompt_execution_settings_class(self):
        return PromptExecutionSettings


class City:
    """A plugin."""

    @kernel_function
    def weather(self, city: str) -> str:
        """The weather in a city."""
        return f"3 degrees in {city}"


async def main():
    settings = PromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
    guide = ChatCompletionAgent(
        name="guide",
        service=Scripted(ai_model_id="scripted"),
        plugins=[City()],
        arguments=KernelArguments(settings=settings),
    )
    print((await guide.get_response("What do I wear in Oslo?")).content)


asyncio.run(main())
