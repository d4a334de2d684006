"""The Anthropic SDK's tool runner with one tool, and a transport that follows a script.

toolspan run --dir toolspan-data -- python examples/frameworks/anthropic_agent.py
toolspan tools toolspan-data
"""

import json

import httpx2
from anthropic import Anthropic, DefaultHttpxClient, beta_tool


def answer(request):
    """In place of the API: asks for the weather, then answers."""
    is_answered = json.loads(request.content)["messages"][-1]["content"] != QUESTION
    call = {"type": "tool_use", "id": "call-1", "name": "weather", "input": {"city": "Oslo"}}
    message = {
        "id": "message-1",
        "type": "message",
        "role": "assistant",
        "model": "scripted",
        "content": [{"type": "text", "text": "Take a coat."} if is_answered else call],
        "stop_reason": "end_turn" if is_answered else "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }
    return httpx2.Response(200, json=message)


@beta_tool
def weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: which one
    """
    return f"3 degrees in {city}"


QUESTION = "What do I wear in Oslo?"
client = Anthropic(
    api_key="unused", http_client=DefaultHttpxClient(transport=httpx2.MockTransport(answer))
)
runner = client.beta.messages.tool_runner(
    model="scripted",
    max_tokens=100,
    tools=[weather],
    messages=[{"role": "user", "content": QUESTION}],
)
print(runner.until_done().content[0].text)
