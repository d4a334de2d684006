"""pydantic-ai, scope `pydantic-ai`: switched on, and told how each call ended.

It emits agent runs, model requests and tool calls itself, off by default. Wrong with them: no
`error.type`, no word of a cancellation, a deferred call looks like one that went well.
"""

import inspect
import logging
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span

from toolspan.conventions import scopes
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import settings
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor
from toolspan.instrumentation.frameworks.native._processor import forget_scope, mend_scope
from toolspan.instrumentation.frameworks.native._watched import WatchedSpan
from toolspan.instrumentation.record import kind_of_work

_log: Final = logging.getLogger("toolspan")

HOOKS: Final = Hooks(
    name="pydantic_ai",
    instrumentor="toolspan_pydantic_ai",
    distributions=("pydantic-ai-slim",),
)
"""The hooks in force, for `toolspan doctor`."""

_DEFERRED: Final = "pydantic_ai.tool.deferral."


class PydanticAIInstrumentor(FrameworkInstrumentor):
    """Switches pydantic-ai's own instrumentation on, unless the program has decided already."""

    hooks = HOOKS
    trigger = "pydantic_ai"
    where = __name__


def set_all(hooks: Hooks) -> None:
    """Switch on and mend what is emitted."""
    mend_scope(scopes.PYDANTIC_AI, mend)
    hooks.on_stop(lambda: forget_scope(scopes.PYDANTIC_AI))
    hooks.when_imported("pydantic_ai", lambda module: _switch_on(hooks, module))


def _switch_on(hooks: Hooks, module: ModuleType) -> None:
    agent = module.Agent
    if getattr(agent, "_instrument_default", None) is not False:
        return  # the program's own choice, or a version that keeps it elsewhere
    chosen = _settings()
    agent.instrument_all(chosen)
    hooks.set_hooks.append("pydantic_ai.Agent.instrument_all")

    def take_back() -> None:
        if agent._instrument_default is chosen:
            agent.instrument_all(False)

    hooks.on_stop(take_back)


def _settings() -> Any:
    module = import_module("pydantic_ai.models.instrumented")  # imported with `Agent`
    wanted = {
        "include_content": settings.capture,
        "include_binary_content": False,
        # The tools' definitions with every single request: said once is enough.
        "include_model_request_parameters": settings.capture,
    }
    known = inspect.signature(module.InstrumentationSettings).parameters
    return module.InstrumentationSettings(**{key: wanted[key] for key in wanted if key in known})


def mend(span: Span, _context: Context) -> None:
    """Watch the spans of units of work."""
    if kind_of_work(span.attributes or {}) is not None:
        WatchedSpan(span, outcome_of=_outcome_of)


def _outcome_of(span: Span) -> Outcome | None:
    """A call that waits for a person or for another process has not failed, nor succeeded."""
    is_deferred = any(key.startswith(_DEFERRED) for key in span.attributes or ())
    return Outcome.INTERRUPTED if is_deferred else None
