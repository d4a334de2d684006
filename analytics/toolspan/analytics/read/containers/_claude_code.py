"""What Claude Code says of its work outside of traces, as spans of OpenTelemetry.

Its log events and its transcripts tell of the same things with the same ids. So the spans made of
them have the same ids too, and who has both, or a session that was resumed into another file, has
each call once. A trace is one prompt and all that was done for it.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from toolspan.analytics.read.containers._normal import envelope, pairs
from toolspan.conventions import attributes as a

SCOPE = "com.anthropic.claude_code"
SERVICE = "claude-code"
MAIN_AGENT = "claude-code"
# A sub-agent whose kind is told nowhere.
SUBAGENT = "subagent"
PROJECT_KEY = "claude_code.project"
MCP_SERVER_KEY = "anthropic.mcp.server.name"
_TEXT = 200


def digest(size: int, *parts: Any) -> str:
    """An id of `size` bytes made of others."""
    text = json.dumps(["claude-code", *map(str, parts)])
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def span(
    name: str,
    prompt: str,
    key: str,
    parent: str | None,
    *,
    times: tuple[int, int | None],
    says: dict[str, Any],
    message: str | None = None,
) -> dict[str, Any]:
    """A span of what was done for a prompt.

    Args:
        name: of the span.
        prompt: the prompt's id.
        key: what is done has this id, unique within the prompt.
        parent: the key of what it is part of.
        times: when it began and ended, in nanoseconds; None if it has not ended.
        says: attributes; those that are None are left out.
        message: why it failed.
    """
    failed = says.get(a.TOOLSPAN_OUTCOME) in ("error", "tool_error", "timeout")
    made = {
        "traceId": digest(16, prompt),
        "spanId": digest(8, prompt, key),
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(times[0]),
        "endTimeUnixNano": str(times[1] or 0),
        "attributes": pairs({key: value for key, value in says.items() if value is not None}),
        "status": {"code": 2, "message": _brief(message)} if failed else {"code": 0},
    }
    return made if parent is None else {**made, "parentSpanId": digest(8, prompt, parent)}


def tool_says(name: str, call_id: str | None) -> dict[str, Any]:
    """The attributes of a call of the tool `name`; tools of MCP are `mcp__SERVER__TOOL`."""
    server, tool = None, name
    if name.startswith("mcp__") and name.count("__") > 1:
        _, server, tool = name.split("__", 2)
    return {
        a.GEN_AI_OPERATION_NAME: "execute_tool",
        a.GEN_AI_TOOL_NAME: tool,
        a.GEN_AI_TOOL_CALL_ID: call_id,
        MCP_SERVER_KEY: server,
    }


def llm_says(model: Any, tokens: Iterable[Any]) -> dict[str, Any]:
    """The attributes of a request to a model.

    Args:
        model: its name.
        tokens: input, output, read from the cache and written to it, as Anthropic counts them:
            the input without what came from the cache or went there.
    """
    fresh, output, read, written = map(whole, tokens)
    return {
        a.GEN_AI_OPERATION_NAME: "chat",
        a.GEN_AI_PROVIDER_NAME: "anthropic",
        a.GEN_AI_REQUEST_MODEL: model if isinstance(model, str) else None,
        a.GEN_AI_USAGE_INPUT_TOKENS: (
            None if fresh is None else fresh + (read or 0) + (written or 0)
        ),
        a.GEN_AI_USAGE_OUTPUT_TOKENS: output,
        a.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: read,
        a.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS: written,
    }


def agent_says(name: str, outcome: str = "ok") -> dict[str, Any]:
    """The attributes of a run of the agent or of one below it."""
    return {
        a.GEN_AI_OPERATION_NAME: "invoke_agent",
        a.GEN_AI_AGENT_NAME: name,
        a.TOOLSPAN_OUTCOME: outcome,
    }


def document(spans: list[dict[str, Any]], source: str, version: Any = None) -> dict[str, Any]:
    """The spans as a document of OTLP/JSON; `source` is where they were read from."""
    resource = pairs({"service.name": SERVICE})
    return envelope(
        spans,
        resource=resource,
        scope=f"{SCOPE}.{source}",
        version=version if isinstance(version, str) else None,
    )


def whole(value: Any) -> int | None:
    """A whole number, from itself or its text."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and 0 <= value < 1 << 63 else None


def _brief(message: str | None) -> str:
    """The first line of a message, bounded."""
    lines = (message or "").strip().splitlines()
    return lines[0][:_TEXT] if lines else ""
