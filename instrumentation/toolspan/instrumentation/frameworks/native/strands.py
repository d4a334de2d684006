"""Strands Agents, scope `strands.telemetry.tracer`: told how each call ended, rid of content.

It emits agent runs, cycles, model requests and tool calls itself, always. Wrong with them: no
`error.type`, a cancelled or interrupted tool call says that it went well, and messages are written
out in span events whether or not content is to be recorded.
"""

from types import ModuleType
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span

from toolspan.conventions import scopes
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor
from toolspan.instrumentation.frameworks.native._joined import Asked, on_native_span
from toolspan.instrumentation.frameworks.native._processor import forget_scope, mend_scope
from toolspan.instrumentation.frameworks.native._watched import watch
from toolspan.instrumentation.record import (
    CONTENT_NAMES,
    OpenCall,
    kind_of_work,
    tool_status_of,
)

HOOKS: Final = Hooks(
    name="strands", instrumentor="toolspan_strands", distributions=("strands-agents",)
)
"""The hooks in force, for `toolspan doctor`."""

_KINDS: Final = {"chat": "llm", "invoke_swarm": "workflow", "invoke_graph": "workflow"}
_CANCELLATION: Final = "strands.cancellation.type"
_CONTENT: Final = CONTENT_NAMES | {"system_prompt"}


class StrandsInstrumentor(FrameworkInstrumentor):
    """Completes the spans of Strands Agents."""

    hooks = HOOKS
    trigger = scopes.STRANDS  # called as the module is
    where = __name__


def set_all(hooks: Hooks) -> None:
    """Mend what is emitted, and stand where tools run."""
    mend_scope(scopes.STRANDS, mend)
    hooks.on_stop(lambda: forget_scope(scopes.STRANDS))
    hooks.when_imported(
        "strands.tools.executors._executor", lambda module: _hook_tools(hooks, module)
    )


def _hook_tools(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module, "_run_tool", on_native_span(_asked, _ended))


def _asked(ctx: Any, *_: Any, **__: Any) -> Asked:
    tool_use = ctx.tool_use
    return Asked(tool_use["name"], tool_use.get("input"), tool_use.get("toolUseId"))


def _ended(call: OpenCall, event: Any) -> object:
    if type(event).__name__ == "ToolInterruptEvent":
        call.set_outcome(Outcome.INTERRUPTED)
    return getattr(event, "tool_result", None)


def mend(span: Span, context: Context) -> None:
    """Watch the spans of units of work, and the cycles between them."""
    kind = _KINDS.get(span.name) or kind_of_work(span.attributes or {}, span.name)
    watch(
        span,
        kind,
        context,
        name=span.name.partition("_")[2] if kind == "workflow" else None,
        outcome_of=_outcome_of,
        returned=(None,) if kind == "tool" else (),
        content=_CONTENT,
    )


def _outcome_of(span: Span) -> Outcome | None:
    known = span.attributes or {}
    if _CANCELLATION in known:
        return Outcome.CANCELLED
    is_tool = kind_of_work(known, span.name) == "tool"
    return Outcome.INTERRUPTED if is_tool and tool_status_of(known) is None else None
