"""OpenLLMetry (Traceloop)."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import scopes

OPENLLMETRY = Dialect(
    name="openllmetry",
    source="traceloop-sdk and opentelemetry-instrumentation-* 0.62",
    sample="agentevals-dev+agentevals/samples__helm.json, demos/*__peer_tl.json",
    keys=("traceloop.*",),
    scopes=(scopes.OPENLLMETRY_CREWAI,),
    kinds={
        "traceloop.span.kind": {
            "tool": "tool",
            "agent": "agent",
            "workflow": "workflow",
            "task": "step",
            "handoff": "other",
            "session": "other",
        },
        "gen_ai.operation.name": {"create_agent": "other"},
        "llm.request.type": {"chat": "llm", "completion": "llm", "*": "other"},
    },
    kind_by_name={"=crewai.workflow": "workflow"},
    facts={
        "tool_name": ("gen_ai.tool.name", "traceloop.entity.name", "@name|.tool"),
        "agent_name": ("gen_ai.agent.name", "crewai.agent.role", "@name|.agent"),
        "workflow_name": ("gen_ai.workflow.name", "traceloop.workflow.name"),
        "step_name": ("traceloop.entity.name", "@name|.task"),
        "session_id": ("traceloop.association.properties.session_id",),
        "user_id": (
            "traceloop.association.properties.user_id",
            "traceloop.association.properties.customer_id",
        ),
        "arguments": ("traceloop.entity.input",),
        "result": ("traceloop.entity.output",),
    },
)

# Its instrumentations of model clients, which need not name traceloop anywhere.
OPENLLMETRY_MODELS = Dialect(
    name="openllmetry_models",
    source="opentelemetry-instrumentation-openai and its kin 0.62",
    sample="agentevals-dev+agentevals/samples__helm.json",
    keys=("llm.request.type", "llm.usage.total_tokens"),
    kinds={"llm.request.type": {"chat": "llm", "completion": "llm", "*": "other"}},
    kind_by_name={
        "=openai.chat": "llm",
        "=openai.completion": "llm",
        "=openai.response": "llm",
        "=anthropic.chat": "llm",
    },
)
