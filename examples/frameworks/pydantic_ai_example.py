"""A support desk of two agents with pydantic-ai, offline: the model follows a script."""

from typing import Any

from pydantic_ai import Agent, ModelRetry
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from toolspan.instrumentation import session


def scripted(*turns: Any) -> FunctionModel:
    """For a real model, leave this function out and say `"openai:gpt-5-mini"` below."""
    left = iter(turns)

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[next(left)])

    return FunctionModel(answer, model_name="scripted")


def call(name: str, call_id: str, **arguments: Any) -> ToolCallPart:
    return ToolCallPart(name, arguments, tool_call_id=call_id)


failures = [ModelRetry("the bank does not answer")]


def find_order(number: int) -> str:
    """What was ordered."""
    return f"order {number}: a kettle, 30 EUR"


def refund(number: int) -> str:
    """Give the money back."""
    if failures:
        raise failures.pop()
    return f"order {number} refunded"


billing = Agent(
    scripted(
        call("refund", "call-3", number=7),
        call("refund", "call-4", number=7),
        TextPart("Refunded."),
    ),
    name="billing",
    tools=[refund],
)


async def ask_billing(task: str) -> str:
    """Gives money back."""
    return (await billing.run(task)).output


desk = Agent(
    scripted(
        call("find_order", "call-1", number=7),
        call("ask_billing", "call-2", task="Refund order 7."),
        TextPart("Your money is on its way."),
    ),
    name="desk",
    tools=[find_order, ask_billing],
)

if __name__ == "__main__":
    with session("chat-1"):
        print(desk.run_sync("My kettle is broken.").output)
