"""Haystack: pipelines, components, agents, steps, tools and model calls.

- `HaystackInstrumentor`: the entry point `toolspan_haystack`
- `HOOKS`: the hooks in force, for `toolspan doctor`
"""

from toolspan.instrumentation.frameworks.haystack._instrumentor import HOOKS, HaystackInstrumentor

__all__ = ["HOOKS", "HaystackInstrumentor"]
