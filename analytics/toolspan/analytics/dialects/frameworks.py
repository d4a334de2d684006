"""Agent frameworks that emit GenAI spans themselves, with little of their own."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import scopes

GOOGLE_ADK = Dialect(
    name="google_adk",
    source="google-adk 1 and 2.13",
    sample="agentevals-dev+agentevals/*, demos/google_adk_demo.json",
    keys=("gcp.vertex.agent.*",),
    scopes=(scopes.GOOGLE_ADK,),
    kind_by_name={"=call_llm": "llm", "=invocation": "workflow"},
    facts={
        "session_id": ("session.id", "gcp.vertex.agent.session_id"),
        "arguments": ("gen_ai.tool.call.arguments", "gcp.vertex.agent.tool_call_args"),
        "result": ("gen_ai.tool.call.result", "gcp.vertex.agent.tool_response"),
        "user_id": ("user.id", "kagent.user_id"),
    },
)

STRANDS = Dialect(
    name="strands",
    source="strands-agents 1.62",
    sample="demos/strands_demo.json, demos/strands_demo_latest.json",
    keys=("gen_ai.event.start_time", "gen_ai.tool.status"),
    scopes=(scopes.STRANDS,),
    facts={"outcome": ("strands.cancellation.type?cancelled",)},
    failures={"gen_ai.tool.status": ("error",)},
)

AGENT_FRAMEWORK = Dialect(
    name="agent_framework",
    source="Microsoft Agent Framework 1.23",
    sample="demos/agent_framework_demo.json",
    keys=("executor.id",),
    scopes=(scopes.AGENT_FRAMEWORK,),
    kind_by_name={
        "workflow.run": "workflow",
        "workflow.build": "other",
        "executor.process": "step",
        "edge_group.process": "other",
        "message.send": "other",
    },
    facts={
        "workflow_name": ("gen_ai.workflow.name", "workflow.name", "workflow.id"),
        "step_name": ("executor.id",),
    },
)

SEMANTIC_KERNEL = Dialect(
    name="semantic_kernel",
    source="Semantic Kernel 1.45",
    sample="demos/semantic_kernel_demo.json",
    keys=("sk.available_functions",),
    scopes=("semantic_kernel.*",),
    kind_by_name={"=AutoFunctionInvocationLoop": "other"},
)

AUTOGEN = Dialect(
    name="autogen",
    source="autogen-core 0.7",
    sample="demos/autogen_demo.json",
    scopes=("autogen-core", "autogen *"),
    kind_by_name={"autogen ": "other"},
)

AG2 = Dialect(
    name="ag2",
    source="ag2 1",
    sample="demos/ag2_demo.json",
    scopes=("opentelemetry.instrumentation.ag2",),
)

ANY_AGENT = Dialect(
    name="any_agent",
    source="any-agent 1.9",
    sample="mozilla-ai+any-agent/*",
    keys=("any_agent.version",),
)

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

HAYSTACK = Dialect(
    name="haystack",
    source="haystack-ai 2 through its OpenTelemetry bridge",
    sample="demos/haystack_demo.json",
    names=("haystack.",),
    kind_by_name={
        "=haystack.agent.step.tool": "tool",
        "=haystack.agent.step.llm": "llm",
        "=haystack.agent.run": "agent",
        "=haystack.pipeline.run": "workflow",
        "haystack.": "other",
    },
    facts={
        "tool_name": ("haystack.agent.step.tool.name", "haystack.tool.name"),
        "agent_name": ("haystack.agent.name",),
    },
    failures={"haystack.tool.error": ("true", "True")},
)
