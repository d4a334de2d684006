"""The entry point `toolspan_openai_agents`."""

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor

HOOKS = Hooks(
    name="agents", instrumentor="toolspan_openai_agents", distributions=("openai-agents",)
)
"""The hooks in force, for `toolspan doctor`."""


class OpenAIAgentsInstrumentor(FrameworkInstrumentor):
    """Records runs of the OpenAI Agents SDK."""

    hooks = HOOKS
    trigger = "agents.tracing.provider"
    where = "toolspan.instrumentation.frameworks.openai_agents._all_hooks"
