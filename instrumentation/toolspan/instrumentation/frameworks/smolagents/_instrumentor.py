"""The entry point `toolspan_smolagents`."""

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor

HOOKS = Hooks(name="smolagents", instrumentor="toolspan_smolagents", distributions=("smolagents",))
"""The hooks in force, for `toolspan doctor`."""


class SmolagentsInstrumentor(FrameworkInstrumentor):
    """Records agents of smolagents."""

    hooks = HOOKS
    trigger = "smolagents.agents"
    where = "toolspan.instrumentation.frameworks.smolagents._all_hooks"
