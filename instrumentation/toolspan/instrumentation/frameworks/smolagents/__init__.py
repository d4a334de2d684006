"""smolagents: agents, steps, the code they run, tools, managed agents and model calls.

- `SmolagentsInstrumentor`: the entry point `toolspan_smolagents`
- `HOOKS`: the hooks in force, for `toolspan doctor`
"""

from toolspan.instrumentation.frameworks.smolagents._instrumentor import (
    HOOKS,
    SmolagentsInstrumentor,
)

__all__ = ["HOOKS", "SmolagentsInstrumentor"]
