"""A support desk of two agents with the OpenAI Agents SDK, offline: the model follows a script."""

import json
from typing import Any

from agents import (
    Agent,
    Model,
    ModelResponse,
    RunConfig,
    Runner,
    Usage,
    function_tool,
    generation_span,
    set_trace_processors,
)
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)


class Scripted(Model):
    """For a real model, leave this class out and say `model="gpt-5-mini"` below."""

    def __init__(self, *turns: Any) -> None:
        self.turns = iter(turns)

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        with generation_span(model="scripted") as span:
            span.span_data.usage = {"input_tokens": 40, "output_tokens": 8}
            return ModelResponse(output=[next(self.turns)], usage=Usage(), response_id=None)

    async def stream_response(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


def call(name: str, call_id: str, **arguments: Any) -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(
        type="function_call", name=name, arguments=json.dumps(arguments), call_id=call_id
    )


def say(text: str) -> ResponseOutputMessage:
    part = ResponseOutputText(type="output_text", text=text, annotations=[])
    return ResponseOutputMessage(
        id="message", type="message", role="assistant", status="completed", content=[part]
    )


failures = [ConnectionError("the bank does not answer")]


@function_tool
def find_order(number: int) -> str:
    return f"order {number}: a kettle, 30 EUR"


@function_tool
def refund(number: int) -> str:
    if failures:
        raise failures.pop()
    return f"order {number} refunded"


billing = Agent(
    name="billing",
    tools=[refund],
    model=Scripted(
        call("refund", "call-2", number=7),
        call("refund", "call-3", number=7),
        say("Your money is on its way."),
    ),
)
desk = Agent(
    name="desk",
    tools=[find_order],
    handoffs=[billing],
    model=Scripted(
        call("find_order", "call-1", number=7), call("transfer_to_billing", "call-handoff")
    ),
)

if __name__ == "__main__":
    set_trace_processors([])  # send nothing to OpenAI
    config = RunConfig(workflow_name="support", group_id="chat-1")
    print(Runner.run_sync(desk, "My kettle is broken.", run_config=config).final_output)
