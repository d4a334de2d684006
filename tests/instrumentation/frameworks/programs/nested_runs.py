"""One framework inside another: a graph asks an agent, which asks an agent, which asks an agent."""

import os

os.environ["LANGSMITH_TRACING"] = "false"

import openai_agents_runs as openai_agents
import pydantic_ai_runs as pydantic_ai
import smolagents_runs as smolagents
from agents import Runner, function_tool
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from scenario import run, user_span


def nested():
    def look_up(q: str) -> str:
        asked = [smolagents.call("search", "s1", q=q)]
        return smolagents.agent(
            "digger", asked, smolagents.done("s2"), tools=[smolagents.search]
        ).run(q)

    @function_tool
    def check(q: str) -> str:
        asked = [pydantic_ai.call("look_up", "p1", q=q)]
        return pydantic_ai.agent("checker", asked, "checked", tools=[look_up]).run_sync(q).output

    @tool
    def delegate(q: str) -> str:
        """Asks a clerk."""
        clerk = openai_agents.agent(
            "clerk",
            openai_agents.call("check", "o1", q=q),
            openai_agents.say("done"),
            tools=[check],
        )
        return Runner.run_sync(clerk, q).final_output

    asked = [{"name": "delegate", "args": {"q": "otters"}, "id": "l1"}]
    model = GenericFakeChatModel(
        messages=iter([AIMessage("", tool_calls=asked), AIMessage("done")])
    )
    graph = StateGraph(MessagesState)
    graph.add_node("think", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("act", ToolNode([delegate]))
    graph.add_edge(START, "think")
    graph.add_conditional_edges(
        "think", lambda state: "act" if state["messages"][-1].tool_calls else END
    )
    graph.add_edge("act", "think")
    return graph.compile(name="desk").invoke({"messages": [("user", "hi")]})["messages"][-1].content


def user_spans_keep_their_place():
    with user_span("request"):
        return nested()


run(nested, user_spans_keep_their_place)
