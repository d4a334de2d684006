"""Agno: workflows, teams, agents, tools and model calls.

- `AgnoInstrumentor`: the entry point `toolspan_agno`
- `HOOKS`: the hooks in force, for `toolspan doctor`
"""

from toolspan.instrumentation.frameworks.agno._instrumentor import HOOKS, AgnoInstrumentor

__all__ = ["HOOKS", "AgnoInstrumentor"]
