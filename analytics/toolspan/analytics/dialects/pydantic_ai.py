"""Pydantic AI, and Logfire's instrumentations."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import scopes

PYDANTIC_AI = Dialect(
    name="pydantic_ai",
    source="pydantic-ai 2.68 (instrumentation versions 2 to 5), Logfire 5.4",
    sample="langfuse+langfuse/pydantic-ai-tools-*.json, demos/pydantic_ai_demo.json",
    keys=("logfire.msg", "logfire.json_schema", "pydantic_ai.*"),
    scopes=(scopes.PYDANTIC_AI, "logfire*"),
    kinds={
        # A span that is still open is sent once more, ahead.
        "logfire.span_type": {"pending_span": "other"},
        "gen_ai.operation.name": {
            "execute_tool": "tool",
            "invoke_agent": "agent",
            "chat": "llm",
            "*": "other",
        },
    },
    kind_by_name={
        "running output function": "other",
        "running tool": "tool",
        "running ": "other",
        "chat ": "llm",
        "MCP request: tools/call ": "tool",
    },
    kind_by_key={"agent_name": "agent"},
    # `running 3 tools` is a group; a run's own span has the agent's name in one of two keys.
    kind_needs={"tool": (("gen_ai.tool.name", "mcp.method.name", "rpc.method"), "other")},
    facts={
        "tool_name": ("gen_ai.tool.name", "@name:MCP request: tools/call "),
        "agent_name": ("gen_ai.agent.name", "agent_name"),
        "arguments": ("tool_arguments",),
        "result": ("tool_response",),
        "cost": ("operation.cost",),
        "retried_as": ("pydantic_ai.tool.retry.attempt",),
        "outcome": ("pydantic_ai.tool.deferral.*?interrupted",),
    },
)
