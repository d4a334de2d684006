"""An agent of Haystack with one tool, and a model that follows a script: no key, no network.

toolspan run --dir toolspan-data -- python examples/frameworks/haystack_agent.py
toolspan tools toolspan-data
"""

from haystack import Pipeline, component
from haystack.components.agents import Agent
from haystack.dataclasses import ChatMessage, ToolCall
from haystack.tools import tool


@component
class Scripted:
    """In place of `OpenAIChatGenerator()`: asks for the weather, then answers."""

    @component.output_types(replies=list[ChatMessage])
    def run(self, messages: list[ChatMessage], tools: list | None = None, streaming_callback=None):
        if messages[-1].tool_call_results:
            return {"replies": [ChatMessage.from_assistant("Take a coat.")]}
        call = ToolCall(tool_name="weather", arguments={"city": "Oslo"}, id="call-1")
        return {"replies": [ChatMessage.from_assistant(tool_calls=[call])]}


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"3 degrees in {city}"


travel = Pipeline(metadata={"name": "travel"})
travel.add_component("guide", Agent(chat_generator=Scripted(), tools=[weather]))
question = [ChatMessage.from_user("What do I wear in Oslo?")]
print(travel.run({"guide": {"messages": question}})["guide"]["messages"][-1].text)
