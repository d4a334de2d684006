"""Koog (Kotlin)."""

from toolspan.analytics.dialects._dialect import Dialect

KOOG = Dialect(
    name="koog",
    source="Koog 0.3",
    sample="langfuse+langfuse/koog-2025-08-26.trace.json",
    keys=("koog.*",),
    scopes=("ai.koog",),
    kind_by_name={"node.": "step", "tool.": "tool"},
    kinds={
        "gen_ai.operation.name": {
            "create_agent": "other",
            "invoke_agent": "agent",
            "chat": "llm",
            "execute_tool": "tool",
            "*": "other",
        }
    },
    facts={
        "tool_name": ("gen_ai.tool.name", "@name:tool."),
        "agent_name": ("gen_ai.agent.name", "koog.agent.strategy.name", "gen_ai.agent.id"),
        "step_name": ("@name:node.",),
    },
)
