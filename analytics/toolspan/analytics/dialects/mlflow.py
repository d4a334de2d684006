"""MLflow's tracing."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import attributes as a

MLFLOW = Dialect(
    name="mlflow",
    source="MLflow 3.17 and 2.19 tracing",
    sample="mlflow/traces.jsonl",
    keys=("mlflow.spanType", "mlflow.traceRequestId"),
    kinds={
        "mlflow.spanType": {
            **{f'"{word}"': kind for word, kind in (
                ("TOOL", "tool"), ("AGENT", "agent"), ("WORKFLOW", "workflow"),
                ("CHAIN", "chain"), ("TASK", "step"), ("LLM", "llm"), ("CHAT_MODEL", "llm"),
            )},
            "TOOL": "tool",
            "AGENT": "agent",
            "WORKFLOW": "workflow",
            "CHAIN": "chain",
            "TASK": "step",
            "LLM": "llm",
            "CHAT_MODEL": "llm",
            "*": "other",
        }
    },
    facts={
        # It puts its kinds on spans of others too, whose own names count.
        "tool_name": (a.GEN_AI_TOOL_NAME, "@name"),
        "agent_name": (a.GEN_AI_AGENT_NAME, "@name"),
        "workflow_name": ("mlflow.traceName",),
        "session_id": ("session.id", "mlflow.trace.session"),
        "user_id": ("user.id", "mlflow.trace.user"),
        "model": ("mlflow.llm.model",),
        "provider": ("mlflow.llm.provider",),
        "input_tokens": ("mlflow.chat.tokenUsage->input_tokens",),
        "output_tokens": ("mlflow.chat.tokenUsage->output_tokens",),
        "cache_read_tokens": ("mlflow.chat.tokenUsage->cache_read_input_tokens",),
        "cache_write_tokens": ("mlflow.chat.tokenUsage->cache_creation_input_tokens",),
        "cost": ("mlflow.llm.cost->total_cost",),
        "arguments": ("mlflow.spanInputs",),
        "result": ("mlflow.spanOutputs",),
    },
)  # fmt: skip
