"""Framework plumbing that looks like a tool call but is none.

Exact names per emitting scope, never a prefix: a user's own tool may be called `finish`. A plain
GenAI file (any other scope) has no pseudo tools.
"""

from typing import Final

from toolspan.conventions import scopes

PSEUDO_TOOLS_BY_SCOPE: Final[dict[str, frozenset[str]]] = {
    scopes.OPENINFERENCE_SMOLAGENTS: frozenset({"FinalAnswerTool", "final_answer"}),
    scopes.TOOLSPAN_SMOLAGENTS: frozenset({"final_answer"}),
    scopes.TOOLSPAN_DSPY: frozenset({"finish"}),
    scopes.STRANDS: frozenset({"handoff_to_agent"}),  # what a swarm gives to its agents
    scopes.GOOGLE_ADK: frozenset({"transfer_to_agent", "(merged tools)"}),
}


def is_pseudo_tool(scope_name: str | None, tool_name: str | None) -> bool:
    """Whether `tool_name`, emitted by `scope_name`, is plumbing of the framework.

    >>> is_pseudo_tool("gcp.vertex.agent", "transfer_to_agent")
    True
    >>> is_pseudo_tool("my.app", "transfer_to_agent")
    False
    """
    return (tool_name or "") in PSEUDO_TOOLS_BY_SCOPE.get(scope_name or "", frozenset())
