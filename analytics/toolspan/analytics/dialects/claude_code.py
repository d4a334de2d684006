"""Claude Code's own traces (beta)."""

from toolspan.analytics.dialects._dialect import Dialect

CLAUDE_CODE = Dialect(
    name="claude_code",
    source="Claude Code 2.1.330; no sample: unverified",
    scopes=("com.anthropic.claude_code.tracing",),
    names=("claude_code.",),
    kind_by_name={
        "=claude_code.tool": "tool",
        # Below a tool: says how it went; without a name it is folded into the call above.
        "=claude_code.tool.execution": "tool",
        "claude_code.interaction": "agent",
        "claude_code.llm_request": "llm",
        "claude_code.": "other",
    },
    facts={
        "tool_name": ("gen_ai.tool.name", "tool_name"),
        "tool_call_id": ("gen_ai.tool.call.id", "tool_use_id"),
        "mcp_server": ("anthropic.mcp.server.name",),
        "agent_name": ("agent_id",),
        "arguments": ("tool_input", "full_command", "file_path"),
        "result": ("new_context",),
        "model": ("gen_ai.request.model", "model"),
        # Unlike everywhere else the cached tokens are not in the input tokens.
        "input_tokens": ("input_tokens+cache_read_tokens+cache_creation_tokens",),
        "output_tokens": ("output_tokens",),
        "cache_read_tokens": ("cache_read_tokens",),
        "cache_write_tokens": ("cache_creation_tokens",),
        "error_type": ("error.type", "error_class"),
        "error_message": ("error",),
    },
    failures={"success": ("false",)},
)
