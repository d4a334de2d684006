"""Claude Code's own traces (beta), and what its log events and transcripts become."""

from toolspan.analytics.dialects._dialect import Dialect
from toolspan.conventions import attributes as a

CLAUDE_CODE = Dialect(
    name="claude_code",
    source="Claude Code 2.1.330",
    sample="claude_code/traces.jsonl",
    scopes=("com.anthropic.claude_code.*",),
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
        "tool_name": (a.GEN_AI_TOOL_NAME, "tool_name"),
        "tool_call_id": (a.GEN_AI_TOOL_CALL_ID, "tool_use_id"),
        "mcp_server": ("anthropic.mcp.server.name",),
        # Only the run of the main agent is a span; `agent_id` is another one for each sub-agent.
        "agent_name": (a.GEN_AI_AGENT_NAME, "span.type?claude-code"),
        "arguments": ("tool_input", "full_command", "file_path"),
        "result": ("new_context",),
        "model": (a.GEN_AI_REQUEST_MODEL, "model"),
        # Unlike everywhere else the cached tokens are not in the input tokens.
        "input_tokens": ("input_tokens+cache_read_tokens+cache_creation_tokens",),
        "output_tokens": ("output_tokens",),
        "cache_read_tokens": ("cache_read_tokens",),
        "cache_write_tokens": ("cache_creation_tokens",),
        "error_type": (a.ERROR_TYPE, "error_class"),
        "error_message": ("error",),
    },
    failures={"success": ("false",)},
)
