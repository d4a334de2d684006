"""A crew of CrewAI's with one tool, and a model that follows a script: no key, no network.

toolspan run --dir toolspan-data -- python examples/frameworks/crewai_agent.py
toolspan tools toolspan-data
"""

import os

os.environ.setdefault("CREWAI_DISABLE_TELEMETRY", "true")
os.environ.setdefault("CREWAI_TRACING_ENABLED", "false")

from crewai import Agent, BaseLLM, Crew, Task
from crewai.tools import tool

from toolspan.instrumentation import session


class Scripted(BaseLLM):
    """In place of `LLM("openai/...")`: asks for the weather, then answers."""

    def call(self, messages, *args, **kwargs):
        if messages[-1]["role"] != "user" or "degrees" in str(messages):
            return "Take a coat."
        function = {"name": "weather", "arguments": '{"city": "Oslo"}'}
        return [{"id": "call-1", "type": "function", "function": function}]

    def supports_function_calling(self):
        return True


@tool("weather")
def weather(city: str) -> str:
    """The weather in a city."""
    return f"3 degrees in {city}"


guide = Agent(
    role="guide",
    goal="Say what to wear.",
    backstory="You live there.",
    llm=Scripted(model="scripted"),
    tools=[weather],
)
dress = Task(
    name="dress",
    description="What do I wear in Oslo?",
    expected_output="One sentence.",
    agent=guide,
)
with session("visit-1"):
    print(Crew(name="travel", agents=[guide], tasks=[dress]).kickoff().raw)
