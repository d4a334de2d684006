"""An agent of AG2 with one tool, and a model that follows a script: no key, no network.

toolspan run --dir toolspan-data -- python examples/frameworks/ag2_agent.py
toolspan tools toolspan-data
"""

import asyncio

from ag2 import Agent
from ag2.events import ToolCallEvent
from ag2.testing import TestConfig

# In place of `OpenAIConfig("gpt-4o")`: asks for the weather, then answers.
model = TestConfig(
    ToolCallEvent(name="weather", arguments='{"city": "Oslo"}', id="call-1"), "Take a coat."
)


def weather(city: str) -> str:
    """The weather in a city."""
    return f"3 degrees in {city}"


async def main():
    guide = Agent("guide", config=model, tools=[weather])
    print((await guide.ask("What do I wear in Oslo?")).body)


asyncio.run(main())
