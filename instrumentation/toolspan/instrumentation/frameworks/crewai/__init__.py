"""CrewAI: crews, flows, tasks, agents, tools and model calls.

- `CrewAIInstrumentor`: the entry point `toolspan_crewai`
- `HOOKS`: the hooks in force, for `toolspan doctor`
"""

from toolspan.instrumentation.frameworks.crewai._instrumentor import HOOKS, CrewAIInstrumentor

__all__ = ["HOOKS", "CrewAIInstrumentor"]
