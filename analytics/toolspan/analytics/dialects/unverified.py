"""Dialects for which no sample was at hand: their rules follow documentation and source alone."""

from toolspan.analytics.dialects._dialect import Dialect

LANGSMITH = Dialect(
    name="langsmith",
    source="LangSmith's OpenTelemetry export; no sample: unverified",
    keys=("langsmith.span.kind",),
    kinds={
        "langsmith.span.kind": {
            "tool": "tool",
            "chain": "chain",
            "llm": "llm",
            "*": "other",
        }
    },
    facts={
        "tool_name": ("gen_ai.tool.name", "langsmith.trace.name", "@name"),
        # `langsmith.trace.session_id` is the project, not a session.
        "session_id": (
            "langsmith.metadata.session_id",
            "langsmith.metadata.thread_id",
            "langsmith.metadata.conversation_id",
        ),
        "user_id": ("langsmith.metadata.user_id",),
        "arguments": ("gen_ai.prompt",),
        "result": ("gen_ai.completion",),
        "retry_of": (r"langsmith.span.tags=~retry:attempt:(\d+)",),
    },
)

LAMINAR = Dialect(
    name="laminar",
    source="Laminar; no sample: unverified",
    keys=("lmnr.span.type",),
    kinds={
        "lmnr.span.type": {
            "TOOL": "tool",
            "EXECUTOR": "agent",
            "PIPELINE": "workflow",
            "LLM": "llm",
            "CACHED": "llm",
            "*": "other",
        }
    },
    facts={
        "tool_name": ("@name",),
        "session_id": ("lmnr.association.properties.session_id",),
        "user_id": ("lmnr.association.properties.user_id",),
        "arguments": ("lmnr.span.input",),
        "result": ("lmnr.span.output",),
    },
)

AGENTOPS = Dialect(
    name="agentops",
    source="AgentOps; no sample: unverified",
    keys=("agentops.span.kind",),
    kinds={
        "agentops.span.kind": {
            "tool": "tool",
            "agent": "agent",
            "session": "workflow",
            "workflow": "workflow",
            "task": "step",
            "llm": "llm",
            "*": "other",
        }
    },
    facts={
        "tool_name": ("tool.name", "agentops.entity.name"),
        "tool_call_id": ("tool.id",),
        "agent_name": ("agent.name",),
        "workflow_name": ("workflow.name",),
        "session_id": ("workflow.session_id",),
        "user_id": ("workflow.user_id",),
        "arguments": ("tool.parameters", "agentops.entity.input"),
        "result": ("tool.result", "agentops.entity.output"),
        "error_message": ("error.message",),
    },
    failures={"tool.status": ("failed",)},
)

LOONGSUITE = Dialect(
    name="loongsuite",
    source="LoongSuite; no sample: unverified",
    keys=("gen_ai.span.kind",),
    kinds={
        "gen_ai.span.kind": {
            "TOOL": "tool",
            "AGENT": "agent",
            "ENTRY": "workflow",
            "STEP": "step",
            "CHAIN": "chain",
            "LLM": "llm",
            "*": "other",
        }
    },
    facts={"session_id": ("gen_ai.session.id",), "user_id": ("gen_ai.user.id",)},
)

GENKIT = Dialect(
    name="genkit",
    source="Genkit; no sample: unverified",
    keys=("genkit:metadata:subtype",),
    kinds={
        "genkit:metadata:subtype": {
            "tool": "tool",
            "tool.v2": "tool",
            "model": "llm",
            "background-model": "llm",
            "*": "other",
        }
    },
    facts={
        "tool_name": ("genkit:name",),
        "arguments": ("genkit:input",),
        "result": ("genkit:output",),
    },
)

LIVEKIT = Dialect(
    name="livekit",
    source="LiveKit agents; no sample: unverified",
    keys=("lk.*",),
    kind_by_name={"=function_tool": "tool", "=agent_turn": "agent"},
    facts={"tool_name": ("lk.function_tool.name",), "result": ("lk.function_tool.output",)},
)

UNVERIFIED = (LANGSMITH, LAMINAR, AGENTOPS, LOONGSUITE, GENKIT, LIVEKIT)
