"""Libraries that emit spans themselves, by the name of their instrumentation scope.

The facts are used twice: live, to enrich such a span instead of adding a second one, and offline,
to fold what arrived anyway.
"""

from typing import Final

TOOLSPAN: Final = "toolspan.instrumentation"
TOOLSPAN_SMOLAGENTS: Final = "toolspan.instrumentation.smolagents"
"""Ours too; a scope of its own because it has pseudo tools."""
TOOLSPAN_DSPY: Final = "toolspan.instrumentation.dspy"
"""The same."""
TOOLSPAN_FEEDBACK: Final = "toolspan.feedback"
"""Scope of the feedback events that `record_feedback` emits."""
MCP_PYTHON_SDK: Final = "mcp-python-sdk"
FASTMCP: Final = "fastmcp"
OPENLLMETRY_MCP: Final = "opentelemetry.instrumentation.mcp.instrumentation"
LOGFIRE_MCP: Final = "logfire.mcp"
PYDANTIC_AI: Final = "pydantic-ai"
OPENINFERENCE_OPENAI_AGENTS: Final = "openinference.instrumentation.openai_agents"
OPENINFERENCE_LANGCHAIN: Final = "openinference.instrumentation.langchain"
OPENINFERENCE_SMOLAGENTS: Final = "openinference.instrumentation.smolagents"
OPENINFERENCE_LLAMA_INDEX: Final = "openinference.instrumentation.llama_index"
OPENINFERENCE_AGNO: Final = "openinference.instrumentation.agno"
OPENINFERENCE_HAYSTACK: Final = "openinference.instrumentation.haystack"
OPENINFERENCE_CREWAI: Final = "openinference.instrumentation.crewai"
OPENINFERENCE_DSPY: Final = "openinference.instrumentation.dspy"
OPENLLMETRY_OPENAI_AGENTS: Final = "opentelemetry.instrumentation.openai_agents"
OPENLLMETRY_CREWAI: Final = "opentelemetry.instrumentation.crewai.instrumentation"
OPENLLMETRY_LANGCHAIN: Final = "opentelemetry.instrumentation.langchain"
GENAI_OPENAI_AGENTS: Final = "opentelemetry.instrumentation.genai.openai_agents"
GENAI_LANGCHAIN: Final = "opentelemetry.instrumentation.genai.langchain"
GENAI_SMOLAGENTS: Final = "opentelemetry.instrumentation.genai.smolagents"
GOOGLE_ADK: Final = "gcp.vertex.agent"
STRANDS: Final = "strands.telemetry.tracer"
AG2: Final = "opentelemetry.instrumentation.ag2"
AUTOGEN: Final = "autogen-core"
ANTHROPIC: Final = "com.anthropic.sdk.python"
SEMANTIC_KERNEL_OFF_BY_DEFAULT: Final = (
    "semantic_kernel.utils.telemetry.agent_diagnostics.decorators",
    "semantic_kernel.utils.telemetry.model_diagnostics.decorators",
)
SEMANTIC_KERNEL: Final = (
    *SEMANTIC_KERNEL_OFF_BY_DEFAULT,
    "semantic_kernel.functions.kernel_function",
    "semantic_kernel.connectors.ai.chat_completion_client_base",
)
AGENT_FRAMEWORK: Final = "agent_framework"

# The MCP Python SDK 2.x names its client spans `MCP send tools/call {tool}` and sets no tool name.
MCP_SDK_CLIENT_SPAN_PREFIX: Final = "MCP send "
