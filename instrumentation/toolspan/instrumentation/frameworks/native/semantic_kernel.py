"""Semantic Kernel, scopes named after four of its modules: switched on, told how each call ended.

It emits agent runs, functions and, in its own connectors, model requests, the first and the last
off by default. Wrong with them: exceptions are named without their module, and a cancellation
leaves no trace.
"""

import os
from types import ModuleType
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor
from toolspan.instrumentation.frameworks.native._joined import Asked, on_native_span
from toolspan.instrumentation.frameworks.native._place import hand_on
from toolspan.instrumentation.frameworks.native._processor import forget_scope, mend_scope
from toolspan.instrumentation.frameworks.native._watched import watch
from toolspan.instrumentation.record import kind_of_work

HOOKS: Final = Hooks(
    name="semantic_kernel",
    instrumentor="toolspan_semantic_kernel",
    distributions=("semantic-kernel",),
)
"""The hooks in force, for `toolspan doctor`."""

_SWITCH: Final = "SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS"


class SemanticKernelInstrumentor(FrameworkInstrumentor):
    """Switches on and completes the spans of Semantic Kernel."""

    hooks = HOOKS
    trigger = "semantic_kernel.const"  # before its other modules: they import each other in circles
    where = __name__


def set_all(hooks: Hooks) -> None:
    """Mend what is emitted, switch on what is off, and stand where functions run."""
    for scope in scopes.SEMANTIC_KERNEL:
        mend_scope(scope, mend)
        hooks.on_stop(lambda scope=scope: forget_scope(scope))  # type: ignore[misc]
    for scope in scopes.SEMANTIC_KERNEL_OFF_BY_DEFAULT:
        hooks.when_imported(scope, lambda module: _switch_on(hooks, module))
    hooks.when_imported(
        "semantic_kernel.functions.kernel_function_from_method",
        lambda module: _hook_functions(hooks, module),
    )


def _switch_on(hooks: Hooks, module: ModuleType) -> None:
    if _SWITCH in os.environ:
        return  # the program's own choice
    chosen = module.MODEL_DIAGNOSTICS_SETTINGS
    if chosen.enable_otel_diagnostics:
        return
    chosen.enable_otel_diagnostics = True
    hooks.set_hooks.append(f"{module.__name__}.MODEL_DIAGNOSTICS_SETTINGS")
    hooks.on_stop(lambda: setattr(chosen, "enable_otel_diagnostics", False))


def _hook_functions(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module.KernelFunctionFromMethod, "_invoke_internal", on_native_span(_asked))


def _asked(function: Any, context: Any) -> Asked:
    plain = (str, int, float, bool, list, dict, type(None))
    given = {key: value for key, value in context.arguments.items() if isinstance(value, plain)}
    return Asked(
        function.fully_qualified_name,
        given,
        result=lambda: getattr(context.result, "value", None),
    )


def mend(span: Span, context: Context) -> None:
    """Watch the spans of units of work, and pass over the loop between them."""
    kind = kind_of_work(span.attributes or {}, span.name)
    if kind is None and span.name.startswith("chat "):
        kind = "llm"
    if kind is None:
        hand_on(trace.get_current_span(context), span)
    else:
        watch(span, kind, context)
