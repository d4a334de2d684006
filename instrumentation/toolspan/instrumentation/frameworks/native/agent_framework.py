"""Microsoft Agent Framework, scope `agent_framework`: told how each call ended, and whose it is.

It emits workflows, executors, agent runs, model requests and tool calls itself, unless it is
switched off. Wrong with them: exceptions are named without their module, a cancellation leaves no
trace, and of its sessions only those are told that a service keeps.
"""

from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace import Span

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor
from toolspan.instrumentation.frameworks.native._joined import Asked, on_native_span
from toolspan.instrumentation.frameworks.native._processor import forget_scope, mend_scope
from toolspan.instrumentation.frameworks.native._watched import watch, watcher_of
from toolspan.instrumentation.record import (
    IDENTITY_KEY,
    attach,
    detach,
    identity_in,
    kind_of_work,
    open_call_in,
)

HOOKS: Final = Hooks(
    name="agent_framework",
    instrumentor="toolspan_agent_framework",
    distributions=("agent-framework-core",),
)
"""The hooks in force, for `toolspan doctor`."""

_ABSENT: Final = ("unknown",)


class AgentFrameworkInstrumentor(FrameworkInstrumentor):
    """Completes the spans of Microsoft Agent Framework."""

    hooks = HOOKS
    trigger = "agent_framework._tools"
    where = __name__


def set_all(hooks: Hooks) -> None:
    """Mend what is emitted, and stand where tools run and agents begin."""
    mend_scope(scopes.AGENT_FRAMEWORK, mend)
    hooks.on_stop(lambda: forget_scope(scopes.AGENT_FRAMEWORK))
    hooks.when_imported("agent_framework._tools", lambda module: _hook_tools(hooks, module))
    hooks.when_imported("agent_framework.observability", lambda module: _hook_runs(hooks, module))


def _hook_tools(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module.FunctionTool, "_invoke_function", on_native_span(_asked))


def _asked(tool: Any, call_kwargs: Any) -> Asked:
    given = {key: value for key, value in call_kwargs.items() if _is_plain(value)}
    return Asked(tool.name, given)


def _is_plain(value: object) -> bool:
    """What the framework adds for the tool's own use was not asked for by the model."""
    return not type(value).__module__.startswith("agent_framework.")


def _hook_runs(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module, "capture_exception", _telling)
    hooks.wrap(module.AgentTelemetryLayer, "_trace_agent_invocation", _in_its_session)


def _telling(original: Callable[..., Any]) -> Callable[..., Any]:
    """Where an exception is noted on a span, by its class's bare name."""

    def capture_exception(span: Any, exception: Any, *args: Any, **kwargs: Any) -> Any:
        watcher = watcher_of(span)
        if watcher is not None and isinstance(exception, BaseException):
            watcher.tell(exception)
        return original(span, exception, *args, **kwargs)

    return capture_exception


def _in_its_session(original: Callable[..., Any]) -> Callable[..., Any]:
    """An agent's run belongs to the session that it is given."""

    def trace_agent_invocation(self: Any, *args: Any, **kwargs: Any) -> Any:
        context = _context_of(kwargs.get("session"))
        if context is None:
            return original(self, *args, **kwargs)
        token = attach(context)
        try:
            run = original(self, *args, **kwargs)
        finally:
            detach(token)
        is_stream = kwargs.get("stream") is True
        return run if is_stream else _awaited_in(context, run)

    return trace_agent_invocation


def _context_of(session: Any) -> Context | None:
    """Inside a workflow or a tool, agents are given sessions that are made up for each."""
    session_id = getattr(session, "session_id", None)
    context = get_current()
    known = identity_in(context)
    is_inside = watcher_of(trace.get_current_span(context)) or open_call_in(context)
    if not isinstance(session_id, str) or is_inside or known.session_id is not None:
        return None
    return Context({**context, IDENTITY_KEY: known.with_ids(session_id, None, None)})


async def _awaited_in(context: Context, run: Awaitable[Any]) -> Any:
    token = attach(context)
    try:
        return await run
    finally:
        detach(token)


def mend(span: Span, context: Context) -> None:
    """Watch the spans of units of work."""
    attributes = span.attributes or {}
    kind: str | None
    name: Any = None
    if span.name.startswith("workflow.run"):
        kind, name = "workflow", attributes.get("workflow.name") or attributes.get("workflow.id")
    elif span.name.startswith("executor.process "):
        kind = "step"
    else:
        kind = kind_of_work(attributes, span.name)
    if kind is None and not span.name.startswith("chat "):
        return
    named = name if isinstance(name, str) else None
    watch(span, kind or "llm", context, name=named, is_session=True, absent=_ABSENT)
