"""The OpenAI Agents SDK: traces, agents, turns, tools, handoffs and model calls.

- `OpenAIAgentsInstrumentor`: the entry point `toolspan_openai_agents`
- `HOOKS`: the hooks in force, for `toolspan doctor`
"""

from toolspan.instrumentation.frameworks.openai_agents._instrumentor import (
    HOOKS,
    OpenAIAgentsInstrumentor,
)

__all__ = ["HOOKS", "OpenAIAgentsInstrumentor"]
