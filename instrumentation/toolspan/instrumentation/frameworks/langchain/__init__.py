"""LangChain and LangGraph: graphs, nodes, agents, tools and model calls.

- `LangChainInstrumentor`: the entry point `toolspan_langchain`
- `HOOKS`: the hooks in force, for `toolspan doctor`
"""

from toolspan.instrumentation.frameworks.langchain._instrumentor import (
    HOOKS,
    LangChainInstrumentor,
)

__all__ = ["HOOKS", "LangChainInstrumentor"]
