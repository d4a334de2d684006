"""An agent of Strands with one tool, and a model that follows a script: no key, no network.

toolspan run --dir toolspan-data -- python examples/frameworks/strands_agent.py
toolspan tools toolspan-data
"""

import json

from strands import Agent, tool
from strands.models.model import Model


class Scripted(Model):
    """In place of `BedrockModel()`: asks for the weather, then answers."""

    def update_config(self, **config):
        pass

    def get_config(self):
        return {"model_id": "scripted"}

    async def structured_output(self, *args, **kwargs):
        yield {}

    async def stream(self, messages, *args, **kwargs):
        is_answered = any("toolResult" in block for block in messages[-1]["content"])
        start = {"toolUse": {"name": "weather", "toolUseId": "call-1"}}
        delta = {"toolUse": {"input": json.dumps({"city": "Oslo"})}}
        yield {"messageStart": {"role": "assistant"}}
        yield {"contentBlockStart": {"start": {} if is_answered else start}}
        yield {"contentBlockDelta": {"delta": {"text": "Take a coat."} if is_answered else delta}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "end_turn" if is_answered else "tool_use"}}


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"3 degrees in {city}"


guide = Agent(name="guide", model=Scripted(), tools=[weather], callback_handler=None)
print(guide("What do I wear in Oslo?"))
