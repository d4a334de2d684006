"""DSPy: programs, agents, tools and model calls.

- `DSPyInstrumentor`: the entry point `toolspan_dspy`
- `HOOKS`: the hooks in force, for `toolspan doctor`
"""

from toolspan.instrumentation.frameworks.dspy._instrumentor import HOOKS, DSPyInstrumentor

__all__ = ["HOOKS", "DSPyInstrumentor"]
