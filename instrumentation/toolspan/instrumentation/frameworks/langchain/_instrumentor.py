"""The entry point `toolspan_langchain`."""

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor

HOOKS = Hooks(
    name="langchain_core",
    instrumentor="toolspan_langchain",
    distributions=("langchain-core", "langgraph", "langchain"),
)
"""The hooks in force, for `toolspan doctor`."""


class LangChainInstrumentor(FrameworkInstrumentor):
    """Records LangGraph graphs and what of LangChain runs in them or by itself."""

    hooks = HOOKS
    trigger = "langchain_core"
    where = "toolspan.instrumentation.frameworks.langchain._all_hooks"
