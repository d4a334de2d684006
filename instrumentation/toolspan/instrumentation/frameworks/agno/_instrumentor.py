"""The entry point `toolspan_agno`."""

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor

HOOKS = Hooks(name="agno", instrumentor="toolspan_agno", distributions=("agno",))
"""The hooks in force, for `toolspan doctor`."""


class AgnoInstrumentor(FrameworkInstrumentor):
    """Records agents, teams and workflows of Agno."""

    hooks = HOOKS
    trigger = "agno"  # its modules import each other in circles
    where = "toolspan.instrumentation.frameworks.agno._all_hooks"
