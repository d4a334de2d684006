"""pydantic-ai, scope `pydantic-ai`: switched on, and told how each call ended.

It emits agent runs, model requests and tool calls itself, off by default. Wrong with them: no
`error.type`, no word of a cancellation or a timeout, what waits for a person looks like what went
well, and each request repeats all messages and tools.
"""

import inspect
import logging
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.sdk.trace import Span

from toolspan.conventions import scopes
from toolspan.conventions.attributes import TOOLSPAN_OUTCOME
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import settings
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor
from toolspan.instrumentation.frameworks._interrupted import Interrupted
from toolspan.instrumentation.frameworks.native._processor import forget_scope, mend_scope
from toolspan.instrumentation.frameworks.native._sparing import SparingProvider
from toolspan.instrumentation.frameworks.native._watched import WatchedSpan
from toolspan.instrumentation.record import conversation_of, kind_of_work

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
    interrupted = Interrupted()
    mend_scope(scopes.PYDANTIC_AI, lambda span, _context: mend(span, interrupted))
    hooks.on_stop(lambda: forget_scope(scopes.PYDANTIC_AI))
    hooks.when_imported("pydantic_ai", lambda module: _switch_on(hooks, module))
    hooks.when_imported("pydantic_ai.run", lambda m: _hook_results(hooks, m, interrupted))


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
        "include_model_request_parameters": False,
        "tracer_provider": SparingProvider(
            of_run=("pydantic_ai.all_messages", "final_result"),
            never=("model_request_parameters",),
            has_content=settings.capture,
        ),
    }
    known = inspect.signature(module.InstrumentationSettings).parameters
    return module.InstrumentationSettings(**{key: wanted[key] for key in wanted if key in known})


def _hook_results(hooks: Hooks, module: ModuleType, interrupted: Interrupted) -> None:
    """A run that waits for a person or a process gives back what it waits for as its output."""

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            try:
                if type(self.output).__name__ == "DeferredToolRequests":
                    _note_deferral(trace.get_current_span(), interrupted)
            except Exception:
                _log.debug("interruption of pydantic-ai not recorded", exc_info=True)

        return initialize

    result = getattr(module, "AgentRunResult", None)
    if result is not None:
        hooks.wrap(result, "__init__", decorate)


def _note_deferral(span: Any, interrupted: Interrupted) -> None:
    scope = getattr(span, "instrumentation_scope", None)
    known = getattr(span, "attributes", None) or {}
    if scope is None or scope.name != scopes.PYDANTIC_AI or kind_of_work(known) != "agent":
        return
    span.set_attribute(TOOLSPAN_OUTCOME, Outcome.INTERRUPTED.value)
    conversation = conversation_of(known)
    if conversation is not None:
        interrupted.note(conversation, span.get_span_context())


def mend(span: Span, interrupted: Interrupted) -> None:
    """Watch the spans of units of work, and link a run to the one that it goes on with."""
    known = span.attributes or {}
    kind = kind_of_work(known)
    if kind is None:
        return
    WatchedSpan(span, outcome_of=_outcome_of)
    if kind == "agent":
        for link in interrupted.links_to(conversation_of(known)) or ():
            span.add_link(link.context, link.attributes)


def _outcome_of(span: Span) -> Outcome | None:
    """A call that waits for a person or for another process has not failed, nor succeeded."""
    is_deferred = any(key.startswith(_DEFERRED) for key in span.attributes or ())
    return Outcome.INTERRUPTED if is_deferred else None
