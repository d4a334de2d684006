"""A support desk with LangChain's agent and LangGraph, offline: the model follows a script."""

from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt


class Scripted(GenericFakeChatModel):
    """For a real model, leave this class out and say `"openai:gpt-5-mini"` below."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self


def call(name: str, call_id: str, **arguments: Any) -> AIMessage:
    usage = {"input_tokens": 40, "output_tokens": 8, "total_tokens": 48}
    return AIMessage(
        "",
        tool_calls=[{"name": name, "args": arguments, "id": call_id}],
        usage_metadata=usage,
    )


failures = [ConnectionError("the bank does not answer")]


@tool
def find_order(number: int) -> str:
    """What was ordered."""
    return f"order {number}: a kettle, 30 EUR"


@tool
def approve(amount: int) -> str:
    """Ask a person."""
    return str(interrupt(f"refund {amount} EUR?"))


@tool
def refund(number: int) -> str:
    """Give the money back."""
    if failures:
        raise failures.pop()
    return f"order {number} refunded"


turns = [
    call("find_order", "call-1", number=7),
    call("approve", "call-2", amount=30),
    call("refund", "call-3", number=7),
    AIMessage("Your money is on its way."),
]
desk = create_agent(
    Scripted(messages=iter(turns)),
    [find_order, approve, refund],
    name="desk",
    middleware=[ToolRetryMiddleware(tools=["refund"], initial_delay=0.0, jitter=False)],
    checkpointer=InMemorySaver(),
)

if __name__ == "__main__":
    chat = {"configurable": {"thread_id": "chat-1"}}
    desk.invoke({"messages": [("user", "My kettle is broken.")]}, chat)  # waits for a person
    print(desk.invoke(Command(resume="yes"), chat)["messages"][-1].content)
