"""The entry point `toolspan_dspy`."""

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor

HOOKS = Hooks(name="dspy", instrumentor="toolspan_dspy", distributions=("dspy",))
"""The hooks in force, for `toolspan doctor`."""


class DSPyInstrumentor(FrameworkInstrumentor):
    """Records programs and agents of DSPy."""

    hooks = HOOKS
    trigger = "dspy.utils.callback"  # before its other modules: they import each other in circles
    where = "toolspan.instrumentation.frameworks.dspy._all_hooks"
