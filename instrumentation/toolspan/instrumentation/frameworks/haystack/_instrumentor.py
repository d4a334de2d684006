"""The entry point `toolspan_haystack`."""

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor

HOOKS = Hooks(name="haystack", instrumentor="toolspan_haystack", distributions=("haystack-ai",))
"""The hooks in force, for `toolspan doctor`."""


class HaystackInstrumentor(FrameworkInstrumentor):
    """Records agents and pipelines of Haystack."""

    hooks = HOOKS
    trigger = "haystack.logging"  # the first of its modules: they import each other in circles
    where = "toolspan.instrumentation.frameworks.haystack._all_hooks"
