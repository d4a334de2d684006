"""OpenTelemetry GenAI conventions, in all the spellings they had; read on every span."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import attributes as a
from toolspan.conventions.operations import KIND_BY_OPERATION

GEN_AI = Dialect(
    name="gen_ai",
    source="OpenTelemetry GenAI semantic conventions up to 2026-10, with the renames since 1.27",
    sample="tau2-bench",
    keys=("gen_ai.*",),
    names=("execute_tool ", "invoke_agent ", "invoke_workflow "),
    # A named operation always wins, also one that is none of these.
    kinds={a.GEN_AI_OPERATION_NAME: {**KIND_BY_OPERATION, "chain": "chain", "*": "other"}},
    # Without an operation, the name tells, or what is there.
    kind_by_name={
        "execute_tool ": "tool",
        "invoke_agent ": "agent",
        "invoke_workflow ": "workflow",
    },
    kind_by_key={
        a.GEN_AI_TOOL_CALL_ID: "tool",
        a.GEN_AI_TOOL_NAME: "tool",
        a.GEN_AI_WORKFLOW_NAME: "workflow",
        a.GEN_AI_AGENT_NAME: "agent",
        "gen_ai.agent.id": "agent",
    },
    reads_anywhere=True,
    facts={
        "operation": (a.GEN_AI_OPERATION_NAME,),
        "tool_name": (a.GEN_AI_TOOL_NAME, "@name:execute_tool "),
        "tool_call_id": (a.GEN_AI_TOOL_CALL_ID,),
        "agent_name": (a.GEN_AI_AGENT_NAME, "@name:invoke_agent "),
        "workflow_name": (a.GEN_AI_WORKFLOW_NAME, "@name:invoke_workflow "),
        "session_id": (a.SESSION_ID,),
        "conversation_id": (
            a.GEN_AI_CONVERSATION_ID,
            "gen_ai.session.id",
            "gen_ai.agent.session_id",
        ),
        "user_id": (
            a.USER_ID,
            "enduser.id",
            "enduser.pseudo.id",
            "gen_ai.user.id",
            "gen_ai.user",
            "llm.user",
        ),
        # The model that was asked for: what one can choose, and what prices are compared by.
        "model": (a.GEN_AI_REQUEST_MODEL, a.GEN_AI_RESPONSE_MODEL),
        "response_model": (a.GEN_AI_RESPONSE_MODEL,),
        "provider": (a.GEN_AI_PROVIDER_NAME, a.GEN_AI_SYSTEM),
        "input_tokens": (a.GEN_AI_USAGE_INPUT_TOKENS, "gen_ai.usage.prompt_tokens"),
        "output_tokens": (a.GEN_AI_USAGE_OUTPUT_TOKENS, "gen_ai.usage.completion_tokens"),
        "cache_read_tokens": (
            a.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.input_tokens.cached",
            "gen_ai.usage.prompt_tokens_details.cached_tokens",
            "gen_ai.usage.details.cache_read_tokens",
        ),
        "cache_write_tokens": (
            a.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
            "gen_ai.usage.details.cache_write_tokens",
        ),
        "reasoning_tokens": (
            a.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
            "gen_ai.usage.reasoning_tokens",
            "llm.usage.reasoning_tokens",
            "gen_ai.usage.output_tokens.reasoning",
            "gen_ai.usage.completion_tokens_details.reasoning_tokens",
        ),
        "cost": (
            a.GEN_AI_USAGE_COST_AMOUNT,
            "gen_ai.usage.cost",
            "gen_ai.usage.total_cost",
            "gen_ai.usage.input_cost+gen_ai.usage.output_cost",
            "operation.cost",
        ),
        "cost_currency": (a.GEN_AI_USAGE_COST_CURRENCY,),
        "error_type": (a.ERROR_TYPE,),
        "arguments": (
            a.GEN_AI_TOOL_CALL_ARGUMENTS,
            "gen_ai.tool.arguments",
            "gen_ai.tool.args",
            "gen_ai.tool.input",
        ),
        "result": (a.GEN_AI_TOOL_CALL_RESULT, "gen_ai.tool.result", "gen_ai.tool.output"),
    },
)
