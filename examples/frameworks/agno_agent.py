"""An agent of Agno with one tool, and a model that follows a script: no key, no network.

toolspan run --dir toolspan-data -- python examples/frameworks/agno_agent.py
toolspan tools toolspan-data
"""

from dataclasses import dataclass

from agno.agent import Agent
from agno.models.base import Model
from agno.models.response import ModelResponse


@dataclass
class Scripted(Model):
    """In place of `OpenAIChat()`: asks for the weather, then answers."""

    id: str = "scripted"

    def invoke(self, messages, *args, **kwargs):
        if messages[-1].role == "tool":
            return ModelResponse(role="assistant", content="Take a coat.")
        function = {"name": "weather", "arguments": '{"city": "Oslo"}'}
        call = {"id": "call-1", "type": "function", "function": function}
        return ModelResponse(role="assistant", tool_calls=[call])

    async def ainvoke(self, messages, *args, **kwargs):
        return self.invoke(messages)

    def invoke_stream(self, messages, *args, **kwargs):
        yield self.invoke(messages)

    async def ainvoke_stream(self, messages, *args, **kwargs):
        yield self.invoke(messages)

    def _parse_provider_response(self, response, **kwargs):
        return response

    def _parse_provider_response_delta(self, response):
        return response


def weather(city: str) -> str:
    """The weather in a city."""
    return f"3 degrees in {city}"


guide = Agent(name="guide", model=Scripted(), tools=[weather], telemetry=False)
print(guide.run("What do I wear in Oslo?", session_id="visit-1").content)
