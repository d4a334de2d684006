"""Google ADK, scope `gcp.vertex.agent`: told what its tools raised and how each call ended.

It emits workflows, agent runs, model requests and tool calls itself, always. Wrong with them: an
exception that a plugin hands to the model leaves no trace, a failed or cancelled call has no id
(`<not specified>`), nothing is said of a cancellation or of a call that is answered later.
"""

from types import ModuleType
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span

from toolspan.conventions import scopes
from toolspan.conventions.attributes import TOOLSPAN_TOOL_CALL_LAYER
from toolspan.conventions.layers import Layer
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor
from toolspan.instrumentation.frameworks.native._joined import Asked, on_native_span
from toolspan.instrumentation.frameworks.native._processor import forget_scope, mend_scope
from toolspan.instrumentation.frameworks.native._watched import watch
from toolspan.instrumentation.record import kind_of_work

HOOKS: Final = Hooks(
    name="google.adk", instrumentor="toolspan_google_adk", distributions=("google-adk",)
)
"""The hooks in force, for `toolspan doctor`."""

# The answers of calls that ran side by side, put together.
_ALL_TOGETHER: Final = "execute_tool (merged)"
_ABSENT: Final = ("<not specified>",)
_RETURNED: Final = ("TOOL_ERROR", "HTTP_ERROR", "MCP_TOOL_ERROR")


class GoogleADKInstrumentor(FrameworkInstrumentor):
    """Completes the spans of Google ADK."""

    hooks = HOOKS
    trigger = "google.adk.telemetry.tracing"
    where = __name__


def set_all(hooks: Hooks) -> None:
    """Mend what is emitted, and stand where tools run."""
    mend_scope(scopes.GOOGLE_ADK, mend)
    hooks.on_stop(lambda: forget_scope(scopes.GOOGLE_ADK))
    hooks.when_imported(
        "google.adk.flows.llm_flows.tools._caller", lambda module: _hook_tools(hooks, module)
    )


def _hook_tools(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module, "_call_tool_async", on_native_span(_asked))


def _asked(tool: Any, args: Any, tool_context: Any) -> Asked:
    is_answered_later = bool(getattr(tool, "is_long_running", False))
    return Asked(tool.name, args, tool_context.function_call_id, is_answered_later)


def mend(span: Span, context: Context) -> None:
    """Watch the spans of units of work."""
    if span.name == _ALL_TOGETHER:
        span.set_attributes({TOOLSPAN_TOOL_CALL_LAYER: Layer.DUPLICATE.value})
        return
    kind = kind_of_work(span.attributes or {}, span.name)
    if kind is not None:
        watch(
            span,
            kind,
            context,
            is_session=True,
            absent=_ABSENT,
            returned=_RETURNED,
            is_left_by_its_reader=kind == "workflow",
        )
