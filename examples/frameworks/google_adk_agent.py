"""An agent of Google ADK with one tool, and a model that follows a script: no key, no network.

toolspan run --dir toolspan-data -- python examples/frameworks/google_adk_agent.py
toolspan tools toolspan-data
"""

import asyncio

from google.adk.agents import LlmAgent
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types


class Scripted(BaseLlm):
    """In place of "gemini-2.5-flash": asks for the weather, then answers."""

    async def generate_content_async(self, llm_request, stream=False):
        is_answered = any(part.function_response for part in llm_request.contents[-1].parts)
        call = types.FunctionCall(name="weather", args={"city": "Oslo"}, id="call-1")
        part = types.Part(text="Take a coat.") if is_answered else types.Part(function_call=call)
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


def weather(city: str) -> dict:
    """The weather in a city."""
    return {"city": city, "degrees": 3}


async def main():
    runner = InMemoryRunner(
        LlmAgent(name="guide", model=Scripted(model="scripted"), tools=[weather])
    )
    session = await runner.session_service.create_session(app_name=runner.app_name, user_id="ann")
    question = types.Content(role="user", parts=[types.Part(text="What do I wear in Oslo?")])
    async for event in runner.run_async(user_id="ann", session_id=session.id, new_message=question):
        if event.is_final_response():
            print(event.content.parts[0].text)


asyncio.run(main())
