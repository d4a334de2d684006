"""OpenInference (Arize Phoenix)."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import attributes as a
from toolspan.conventions import scopes

_KINDS = {
    "openinference.span.kind": {
        "TOOL": "tool",
        "AGENT": "agent",
        "CHAIN": "chain",
        "LLM": "llm",
        "*": "other",
    }
}
_FACTS = {
    # Phoenix puts a kind on spans of the standard too, whose own names count.
    "tool_name": ("tool.name", a.GEN_AI_TOOL_NAME, "@name"),
    "tool_call_id": ("tool.id", "tool_call.id"),
    "agent_name": ("agent.name", "graph.node.id", a.GEN_AI_AGENT_NAME, "@name|.run", "@name"),
    "workflow_name": ("graph.node.name",),
    "session_id": ("session.id",),
    "user_id": ("user.id",),
    "model": ("llm.response.model_name", "llm.model_name", "llm.request.model_name"),
    "provider": ("llm.provider", "llm.system"),
    "input_tokens": ("llm.token_count.prompt",),
    "output_tokens": ("llm.token_count.completion",),
    "cache_read_tokens": ("llm.token_count.prompt_details.cache_read",),
    "cache_write_tokens": ("llm.token_count.prompt_details.cache_write",),
    "reasoning_tokens": ("llm.token_count.completion_details.reasoning",),
    "cost": ("llm.cost.total", "llm.cost.prompt+llm.cost.completion"),
    # `tool.parameters` may be the schema or the arguments, so it is neither here.
    "arguments": ("input.value",),
    "result": ("output.value",),
    # LangGraph's tag of a runnable that is tried again.
    "retry_of": (r"tag.tags=~retry:attempt:(\d+)",),
}

OPENINFERENCE = Dialect(
    name="openinference",
    source="openinference-semantic-conventions 0.1.42 and its instrumentors",
    sample="demos/langgraph_demo__peer_oi.json, demos/smolagents_demo__peer_oi.json",
    keys=("openinference.span.kind",),
    kinds=_KINDS,
    facts=_FACTS,
)

# Its AGENT span around a whole run is the trace, and a hand-off is a TOOL without a tool.
OPENINFERENCE_OPENAI_AGENTS = Dialect(
    name="openinference_openai_agents",
    source="openinference-instrumentation-openai-agents",
    sample="langfuse+langfuse/openai-agents-2025-09-30, demos/openai_agents_demo__peer_oi.json",
    scopes=(scopes.OPENINFERENCE_OPENAI_AGENTS,),
    kinds=_KINDS,
    kind_needs={
        "agent": (("agent.name", "graph.node.id"), "chain"),
        "tool": (("tool.name",), "other"),
    },
    facts=_FACTS,
)
