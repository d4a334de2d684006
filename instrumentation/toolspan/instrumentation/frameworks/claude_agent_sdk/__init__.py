"""The Claude Agent SDK: what the program it steers says of its turns, tools and sub-agents.

- `ClaudeAgentSDKInstrumentor`: the entry point `toolspan_claude_agent_sdk`
- `HOOKS`: the hooks in force, for `toolspan doctor`
"""

from toolspan.instrumentation.frameworks.claude_agent_sdk._instrumentor import (
    HOOKS,
    ClaudeAgentSDKInstrumentor,
)

__all__ = ["HOOKS", "ClaudeAgentSDKInstrumentor"]
