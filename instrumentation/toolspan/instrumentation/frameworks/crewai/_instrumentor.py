"""The entry point `toolspan_crewai`."""

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor

HOOKS = Hooks(name="crewai", instrumentor="toolspan_crewai", distributions=("crewai",))
"""The hooks in force, for `toolspan doctor`."""


class CrewAIInstrumentor(FrameworkInstrumentor):
    """Records crews and flows of CrewAI."""

    hooks = HOOKS
    trigger = "crewai"  # its modules import each other in circles
    where = "toolspan.instrumentation.frameworks.crewai._all_hooks"
