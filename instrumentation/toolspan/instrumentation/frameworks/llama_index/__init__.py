"""llama-index: workflows, agents, steps, tools and model calls.

- `LlamaIndexInstrumentor`: the entry point `toolspan_llama_index`
- `HOOKS`: the hooks in force, for `toolspan doctor`
"""

from toolspan.instrumentation.frameworks.llama_index._instrumentor import (
    HOOKS,
    LlamaIndexInstrumentor,
)

__all__ = ["HOOKS", "LlamaIndexInstrumentor"]
