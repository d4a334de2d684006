"""A support desk with smolagents, offline: the model follows a script."""

from typing import Any

from smolagents import CodeAgent, Model, ToolCallingAgent, tool
from smolagents.models import (
    ChatMessage,
    ChatMessageToolCall,
    ChatMessageToolCallFunction,
    MessageRole,
)
from smolagents.monitoring import TokenUsage

from toolspan.instrumentation import session


class Scripted(Model):
    """For a real model, leave this class out and say `model=InferenceClientModel()` below."""

    def __init__(self, *turns: Any) -> None:
        super().__init__(model_id="scripted")
        self.turns = iter(turns)

    def generate(self, messages: Any, **kwargs: Any) -> ChatMessage:
        turn = next(self.turns)
        text, asked = (turn, None) if isinstance(turn, str) else (None, [turn])
        return ChatMessage(
            role=MessageRole.ASSISTANT,
            content=text,
            tool_calls=asked,
            token_usage=TokenUsage(40, 8),
        )


def call(name: str, call_id: str, **arguments: Any) -> ChatMessageToolCall:
    function = ChatMessageToolCallFunction(name=name, arguments=arguments)
    return ChatMessageToolCall(id=call_id, type="function", function=function)


failures = [ConnectionError("the bank does not answer")]


@tool
def find_order(number: int) -> str:
    """What was ordered.

    Args:
        number: of the order
    """
    return f"order {number}: a kettle, 30 EUR"


@tool
def refund(number: int) -> str:
    """Give the money back.

    Args:
        number: of the order
    """
    if failures:
        raise failures.pop()
    return f"order {number} refunded"


billing = CodeAgent(
    name="billing",
    description="Gives money back.",
    tools=[refund],
    model=Scripted(
        "Thought: refund it\n<code>\nrefund(number=7)\n</code>",
        "Thought: again\n<code>\nfinal_answer(refund(number=7))\n</code>",
    ),
    verbosity_level=0,
)
desk = ToolCallingAgent(
    name="desk",
    description="Answers customers.",
    tools=[find_order],
    managed_agents=[billing],
    model=Scripted(
        call("find_order", "call-1", number=7),
        call("billing", "call-2", task="Refund order 7."),
        call("final_answer", "call-3", answer="Your money is on its way."),
    ),
    verbosity_level=0,
)

if __name__ == "__main__":
    with session("chat-1"):
        print(desk.run("My kettle is broken."))
