"""The Anthropic SDK, scope `com.anthropic.sdk.python`: told what its tools and requests raised.

It emits the runs of its tool runner, requests and tool calls itself, unless it is switched off.
Wrong with them: whatever a tool raises is a `tool_error`, whatever else is raised a `client_error`,
and nothing is said of a cancellation.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor
from toolspan.instrumentation.frameworks.native._joined import Asked, on_native_span
from toolspan.instrumentation.frameworks.native._processor import forget_scope, mend_scope
from toolspan.instrumentation.frameworks.native._watched import watch, watcher_of
from toolspan.instrumentation.record import kind_of_work

HOOKS: Final = Hooks(
    name="anthropic", instrumentor="toolspan_anthropic", distributions=("anthropic",)
)
"""The hooks in force, for `toolspan doctor`."""


class AnthropicInstrumentor(FrameworkInstrumentor):
    """Completes the spans of the Anthropic SDK."""

    hooks = HOOKS
    trigger = "anthropic._tracing"
    where = __name__


def set_all(hooks: Hooks) -> None:
    """Mend what is emitted, and stand where tools run and errors are noted."""
    mend_scope(scopes.ANTHROPIC, mend)
    hooks.on_stop(lambda: forget_scope(scopes.ANTHROPIC))
    hooks.when_imported("anthropic._tracing", lambda module: _hook_errors(hooks, module))
    hooks.when_imported(
        "anthropic.lib.tools._beta_functions", lambda module: _hook_tools(hooks, module)
    )


def _hook_errors(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module, "set_error_status", _telling)


def _telling(original: Callable[..., Any]) -> Callable[..., Any]:
    def set_error_status(span: Any, error: Any, *args: Any, **kwargs: Any) -> Any:
        watcher = watcher_of(span)
        if watcher is not None and isinstance(error, BaseException):
            watcher.tell(error)
        return original(span, error, *args, **kwargs)

    return set_error_status


def _hook_tools(hooks: Hooks, module: ModuleType) -> None:
    for name in ("BetaFunctionTool", "BetaAsyncFunctionTool"):
        hooks.wrap(getattr(module, name), "call", on_native_span(_asked))


def _asked(tool: Any, input: Any) -> Asked:  # noqa: A002
    return Asked(tool.name, input)


def mend(span: Span, context: Context) -> None:
    """Watch the spans of units of work."""
    kind = kind_of_work(span.attributes or {})
    if kind is not None:
        returned = ("tool_error",) if kind == "tool" else ("client_error",)
        # What is asked for by a tool runner belongs to the agent around it: it has no name itself.
        below = None if kind == "agent" else kind
        watch(span, below, context, is_session=True, returned=returned)
