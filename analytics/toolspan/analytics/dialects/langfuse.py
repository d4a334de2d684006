"""Langfuse's SDK, and what Langfuse's exports say beside the emitter's own attributes."""

from toolspan.analytics.dialects._dialect import Dialect

_KINDS = {
    "tool": "tool",
    "agent": "agent",
    "chain": "chain",
    "generation": "llm",
    "retriever": "other",
    "embedding": "other",
    "evaluator": "other",
    "guardrail": "other",
    "event": "other",
}

LANGFUSE = Dialect(
    name="langfuse",
    source="Langfuse SDK 5 and trace exports of 2025",
    sample="langfuse+langfuse/*.trace.json",
    keys=("langfuse.observation.*",),
    scopes=("langfuse-sdk",),
    kinds={
        "gen_ai.operation.name": {"create_agent": "other"},
        "langfuse.observation.type": {
            **_KINDS,
            **{word.upper(): kind for word, kind in _KINDS.items()},
        },
    },
    facts={
        "tool_name": ("gen_ai.tool.name", "@name"),
        "agent_name": ("gen_ai.agent.name", "@name"),
        "session_id": ("langfuse.session.id", "langfuse.trace.metadata.langfuse_session_id"),
        "user_id": ("langfuse.user.id", "langfuse.trace.metadata.langfuse_user_id"),
        "model": ("langfuse.observation.model.name",),
        "input_tokens": (
            "langfuse.observation.usage_details.input",
            "langfuse.observation.usage_details->input",
        ),
        "output_tokens": (
            "langfuse.observation.usage_details.output",
            "langfuse.observation.usage_details->output",
        ),
        "cost": (
            "langfuse.observation.cost_details.total",
            "langfuse.observation.cost_details->total",
        ),
        "arguments": ("langfuse.observation.input",),
        "result": ("langfuse.observation.output",),
        "error_message": ("langfuse.observation.status_message",),
    },
    failures={"langfuse.observation.level": ("ERROR",)},
    reads_anywhere=True,
)
