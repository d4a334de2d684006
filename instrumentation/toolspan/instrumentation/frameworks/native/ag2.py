"""AG2, scope `opentelemetry.instrumentation.ag2`: given its own telemetry, told how calls ended.

It emits agent turns, model requests and tool calls where an agent has been given its middleware for
that, which none is by itself. Wrong with them: no `error.type`, no word of a cancellation, messages
and arguments are written out, and agents are called `unknown` unless the middleware is told.
"""

import functools
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span

from toolspan.conventions import scopes
from toolspan.conventions.attributes import TOOLSPAN_TOOL_CALL_LAYER
from toolspan.conventions.layers import Layer
from toolspan.instrumentation.content import settings
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor
from toolspan.instrumentation.frameworks.native._joined import Asked, on_native_span
from toolspan.instrumentation.frameworks.native._place import hand_on
from toolspan.instrumentation.frameworks.native._processor import forget_scope, mend_scope
from toolspan.instrumentation.frameworks.native._watched import watch
from toolspan.instrumentation.record import CONTENT_NAMES, OpenCall, kind_of_work

HOOKS: Final = Hooks(name="ag2", instrumentor="toolspan_ag2", distributions=("ag2",))
"""The hooks in force, for `toolspan doctor`."""

_TELEMETRY: Final = "ag2.middleware.builtin.telemetry"
_ABSENT: Final = ("unknown",)
_CONTENT: Final = CONTENT_NAMES | {"ag2.human_input.prompt", "ag2.human_input.response"}


class AG2Instrumentor(FrameworkInstrumentor):
    """Gives agents of AG2 their telemetry, and completes its spans."""

    hooks = HOOKS
    trigger = "ag2.agent"
    where = __name__


def set_all(hooks: Hooks) -> None:
    """Mend what is emitted, stand where tools run, and switch agents on as they are made."""
    mend_scope(scopes.AG2, mend)
    hooks.on_stop(lambda: forget_scope(scopes.AG2))
    hooks.when_imported("ag2.agent", lambda module: _hook_agents(hooks, module))
    hooks.when_imported(_TELEMETRY, lambda module: _hook_tools(hooks, module))


def _hook_agents(hooks: Hooks, module: ModuleType) -> None:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            _switch_on(self)

        return initialize

    hooks.wrap(module.Agent, "__init__", decorate)


def _switch_on(agent: Any) -> None:
    try:
        telemetry = import_module(_TELEMETRY).TelemetryMiddleware
        known = [one.middleware for one in agent.middleware]
        if not any(isinstance(one, telemetry) for one in known):
            chosen = telemetry(agent_name=agent.name, capture_content=settings.capture)
            agent.add_middleware(chosen)
    except Exception:  # an agent that cannot be recorded is an agent all the same
        HOOKS.missing.append(f"{_TELEMETRY}.TelemetryMiddleware")


def _hook_tools(hooks: Hooks, module: ModuleType) -> None:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def on_tool_execution(self: Any, call_next: Any, event: Any, context: Any) -> Any:
            return await original(self, _inside(call_next), event, context)

        return on_tool_execution

    hooks.wrap(module._TelemetryMiddlewareInstance, "on_tool_execution", decorate)


def _inside(call_next: Callable[..., Any]) -> Callable[..., Any]:
    """What runs the tool, where the tool's span is current."""

    async def run(event: Any, context: Any) -> Any:
        return await call_next(event, context)

    joined: Callable[..., Any] = on_native_span(_asked, _ended)(functools.wraps(run)(run))
    return joined


def _asked(event: Any, context: Any) -> Asked:
    del context
    return Asked(event.name, event.arguments, event.id)


def _ended(_call: OpenCall, _result: Any) -> object:
    """What the tool gave back, or what it raised, is told by the middleware."""
    return None


def mend(span: Span, context: Context) -> None:
    """Watch the spans of units of work."""
    kind = "llm" if span.name.startswith("chat") else kind_of_work({}, span.name)
    if kind is None:
        return
    above = trace.get_current_span(context)
    if getattr(above, "name", None) == span.name:
        # Its user has given the agent, or this one turn, the same middleware.
        span.set_attributes({TOOLSPAN_TOOL_CALL_LAYER: Layer.DUPLICATE.value})
        hand_on(above, span)
        return
    watch(span, kind, context, absent=_ABSENT, content=_CONTENT)
