"""An agent of llama-index with one tool, and a model that follows a script: no key, no network.

toolspan run --dir toolspan-data -- python examples/frameworks/llama_index_agent.py
toolspan tools toolspan-data
"""

import asyncio

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import TextBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage
from llama_index.core.llms.mock import MockFunctionCallingLLM


def answer(messages, **options):
    """In place of a model: asks for the weather, then answers."""
    is_answered = any(message.role == "tool" for message in messages)
    call = ToolCallBlock(tool_call_id="call-1", tool_name="weather", tool_kwargs={"city": "Oslo"})
    block = TextBlock(text="Take a coat.") if is_answered else call
    return ChatMessage(role="assistant", blocks=[block])


def weather(city: str) -> str:
    """The weather in a city."""
    return f"3 degrees in {city}"


async def main():
    model = MockFunctionCallingLLM(response_generator=answer, is_chat_model=True)
    guide = FunctionAgent(name="guide", llm=model, tools=[weather])
    print(await guide.run(user_msg="What do I wear in Oslo?"))


asyncio.run(main())
