"""The entry point `toolspan_claude_agent_sdk`."""

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor

HOOKS = Hooks(
    name="claude_agent_sdk",
    instrumentor="toolspan_claude_agent_sdk",
    distributions=("claude-agent-sdk",),
)
"""The hooks in force, for `toolspan doctor`."""


class ClaudeAgentSDKInstrumentor(FrameworkInstrumentor):
    """Records turns of the Claude Agent SDK."""

    hooks = HOOKS
    trigger = "claude_agent_sdk._internal.query"
    where = "toolspan.instrumentation.frameworks.claude_agent_sdk._all_hooks"
