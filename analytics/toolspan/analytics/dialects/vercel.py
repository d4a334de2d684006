"""The Vercel AI SDK: its own attributes up to version 6 (7 speaks GenAI)."""

from toolspan.analytics.dialects._dialect import Dialect

VERCEL = Dialect(
    name="vercel",
    source="Vercel AI SDK 5 and 6",
    sample="langfuse+langfuse/vercel-aisdk-2025-11-17, Arize-ai+openinference/*v6-spans*",
    keys=("ai.operationId", "ai.toolCall.name"),
    kinds={
        "ai.operationId": {
            "ai.toolCall": "tool",
            "ai.generateText": "agent",
            "ai.streamText": "agent",
            "ai.generateText.doGenerate": "llm",
            "ai.streamText.doStream": "llm",
            "ai.generateObject.doGenerate": "llm",
            "ai.streamObject.doStream": "llm",
            "*": "other",
        }
    },
    facts={
        "tool_name": ("ai.toolCall.name", "gen_ai.tool.name"),
        "tool_call_id": ("ai.toolCall.id",),
        "arguments": ("ai.toolCall.args",),
        "result": ("ai.toolCall.result",),
        "agent_name": ("gen_ai.agent.name", "ai.telemetry.functionId", "resource.name"),
        "session_id": ("ai.telemetry.metadata.sessionId",),
        "user_id": ("ai.telemetry.metadata.userId",),
        "model": ("ai.response.model", "ai.model.id"),
        "provider": ("ai.model.provider",),
        "input_tokens": ("ai.usage.inputTokens", "ai.usage.promptTokens"),
        "output_tokens": ("ai.usage.outputTokens", "ai.usage.completionTokens"),
        "cache_read_tokens": (
            "ai.usage.cachedInputTokens",
            "ai.usage.inputTokenDetails.cacheReadTokens",
        ),
        "cache_write_tokens": ("ai.usage.inputTokenDetails.cacheWriteTokens",),
        "reasoning_tokens": (
            "ai.usage.reasoningTokens",
            "ai.usage.outputTokenDetails.reasoningTokens",
        ),
    },
)
