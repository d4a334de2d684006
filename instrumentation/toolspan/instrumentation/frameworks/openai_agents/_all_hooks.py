"""Every hook into the OpenAI Agents SDK, for when it is there.

The SDK's own tracing tells when what begins and ends. It is listened to where it fans out to the
processors, not as one of them: `set_trace_processors` would remove that one. What it does not tell
(call ids, what really was raised, timeouts, approvals) is learned in the functions that know.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from toolspan.conventions import scopes
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.frameworks._arguments import describe_json_arguments
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._peers import step_in_front_of
from toolspan.instrumentation.frameworks._runs import Run
from toolspan.instrumentation.frameworks.openai_agents._approvals import (
    current_tool_call,
    hook_approvals,
    hook_refusals,
)
from toolspan.instrumentation.frameworks.openai_agents._listener import Listener, guarded
from toolspan.instrumentation.record import error_type_of

_PEERS = (
    scopes.OPENINFERENCE_OPENAI_AGENTS,
    scopes.OPENLLMETRY_OPENAI_AGENTS,
    scopes.GENAI_OPENAI_AGENTS,
)


def set_all(hooks: Hooks) -> None:
    """Hook what is there of this version."""
    listener = Listener()
    step_in_front_of(_PEERS, hooks)
    hooks.when_imported("agents.tracing.provider", lambda m: _hook_tracing(hooks, m, listener))
    hooks.when_imported("agents.tracing.spans", lambda m: _hook_errors(hooks, m, listener))
    hooks.when_imported("agents.tool_context", lambda m: _hook_tool_context(hooks, m))
    hooks.when_imported("agents.exceptions", lambda m: _hook_timeouts(hooks, m))
    hooks.when_imported("agents.tracing.traces", lambda m: _hook_resumptions(hooks, m, listener))
    hooks.when_imported("agents.run_internal.tool_execution", lambda m: hook_approvals(hooks, m))
    hooks.when_imported("agents.run_internal.items", lambda m: hook_refusals(hooks, m, listener))


def _hook_tracing(hooks: Hooks, module: ModuleType, listener: Listener) -> None:
    tells = (
        ("on_trace_start", listener.trace_started),
        ("on_span_start", listener.span_started),
        ("on_span_end", listener.span_ended),
        ("on_trace_end", listener.trace_ended),
    )
    for name, tell in tells:
        hooks.wrap(module.SynchronousMultiTracingProcessor, name, _telling(tell))


def _telling(tell: Callable[[Any], None]) -> Callable[..., Any]:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def told(self: Any, subject: Any) -> Any:
            guarded(tell, subject)
            return original(self, subject)

        return told

    return decorate


def _hook_errors(hooks: Hooks, module: ModuleType, listener: Listener) -> None:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def set_error(self: Any, error: Any) -> Any:
            # The SDK keeps a message; what it has caught is still being handled here.
            guarded(listener.error_caught, self, sys.exc_info()[1])
            return original(self, error)

        return set_error

    hooks.wrap(module.SpanImpl, "set_error", decorate)


def _hook_tool_context(hooks: Hooks, module: ModuleType) -> None:
    """Where the SDK puts the model's request together with the tool's span, already current."""

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def from_agent_context(*args: Any, **kwargs: Any) -> Any:
            made = original(*args, **kwargs)
            guarded(_describe_request, made)
            return made

        return from_agent_context

    hooks.wrap(module.ToolContext, "from_agent_context", decorate)


def _describe_request(tool_context: Any) -> None:
    call = current_tool_call()
    if call is None or not isinstance(call.source, Run):
        return
    call_id = getattr(tool_context, "tool_call_id", None)
    if isinstance(call_id, str) and call_id:
        call.set_tool_call_id(call_id)
    request = getattr(tool_context, "tool_call", None)
    arguments = getattr(tool_context, "tool_arguments", None)
    describe_json_arguments(call, arguments or getattr(request, "arguments", None))


def _hook_timeouts(hooks: Hooks, module: ModuleType) -> None:
    """A tool's timeout may be handed to the model as a result: it is made all the same."""
    if not hasattr(module, "ToolTimeoutError"):
        return  # before tools had a timeout

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            guarded(_note_timeout, self)

        return initialize

    hooks.wrap(module.ToolTimeoutError, "__init__", decorate)


def _note_timeout(error: BaseException) -> None:
    call = current_tool_call()
    if call is not None:
        call.set_outcome(Outcome.TIMEOUT, error_type=error_type_of(type(error)), message=str(error))


def _hook_resumptions(hooks: Hooks, module: ModuleType, listener: Listener) -> None:
    resumed = getattr(module, "ReattachedTrace", None)
    if resumed is None:
        return

    def decorate_start(original: Callable[..., Any]) -> Callable[..., Any]:
        def start(self: Any, *args: Any, **kwargs: Any) -> Any:
            guarded(listener.trace_resumed, self)
            return original(self, *args, **kwargs)

        return start

    def decorate_finish(original: Callable[..., Any]) -> Callable[..., Any]:
        def finish(self: Any, *args: Any, **kwargs: Any) -> Any:
            guarded(listener.trace_ended, self)
            return original(self, *args, **kwargs)

        return finish

    hooks.wrap(resumed, "start", decorate_start)
    hooks.wrap(resumed, "finish", decorate_finish)
