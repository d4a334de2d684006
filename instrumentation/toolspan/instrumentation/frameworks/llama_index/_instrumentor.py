"""The entry point `toolspan_llama_index`."""

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor

HOOKS = Hooks(
    name="llama_index_instrumentation",
    instrumentor="toolspan_llama_index",
    distributions=("llama-index-core",),
)
"""The hooks in force, for `toolspan doctor`."""


class LlamaIndexInstrumentor(FrameworkInstrumentor):
    """Records workflows and agents of llama-index."""

    hooks = HOOKS
    trigger = "llama_index_instrumentation.dispatcher"
    where = "toolspan.instrumentation.frameworks.llama_index._all_hooks"
