"""The units of work of DSPy, as calls of ours."""

import weakref
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import get_current
from opentelemetry.trace import Tracer

from toolspan.conventions import scopes
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._arguments import (
    describe_json_arguments,
    prepare_content,
)
from toolspan.instrumentation.record import (
    Kind,
    OpenCall,
    Prepared,
    current_tracer,
    is_suppressed,
    open_call,
    open_call_in,
    tracer_of,
    usage_attributes,
)

Args = tuple[Any, ...]
Kwargs = dict[str, Any]

_SOURCE: Final = "dspy"
# Modules of DSPy's own that use tools or write code until they are done.
_AGENTS: Final = frozenset({"ReAct", "ReActV2", "CodeAct", "ProgramOfThought", "RLM"})

_tracers: Final[weakref.WeakKeyDictionary[Any, Tracer | None]] = weakref.WeakKeyDictionary()


def module(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`Module.__call__(self, ...)`: an agent, or a program that somebody has put together.

    What DSPy itself is put together of (`Predict`, `ChainOfThought`) is not work of its own.
    """
    del kwargs
    kind = type(args[0])
    name = safe_name(kind.__name__)
    if _AGENTS & {base.__name__ for base in kind.__mro__}:
        return _open(Prepared(Kind.AGENT, name))
    if kind.__module__.startswith("dspy."):
        return None
    enclosing = open_call_in(get_current())
    is_inside = enclosing is not None and enclosing.source == _SOURCE
    return _open(Prepared(Kind.STEP if is_inside else Kind.WORKFLOW, name))


def tool(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`Tool.__call__(self, **arguments)`."""
    call = _open(Prepared(Kind.TOOL, safe_name(str(args[0].name))))
    if call is not None:
        call.absorbs_same_name = True
        prepare_content(call)
        describe_json_arguments(call, kwargs)
    return call


def model(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`BaseLM.__call__(self, ...)`."""
    del kwargs
    asked = getattr(args[0], "model", None)
    name = safe_name(asked) if isinstance(asked, str) and asked else Kind.LLM.value
    call = _open(Prepared(Kind.LLM, name))
    if call is not None:
        call.instance = args[0]
    return call


def judge(_call: OpenCall, result: Any) -> object:
    """What it returned is its result."""
    return result


def judge_model(call: OpenCall, result: Any) -> object:
    """What it took stands in the last entry of the model's history."""
    history: Any = getattr(call.instance, "history", None)
    usage = (history[-1].get("usage") if history else None) or {}
    call.set_attributes(
        usage_attributes(
            input_tokens=usage.get("prompt_tokens"), output_tokens=usage.get("completion_tokens")
        )
    )
    return result


def _open(prepared: Prepared) -> OpenCall | None:
    context = get_current()
    if current_tracer() is None or is_suppressed(context):
        return None
    provider = trace.get_tracer_provider()
    if provider not in _tracers:
        _tracers[provider] = tracer_of(provider, scopes.TOOLSPAN_DSPY)
    tracer = _tracers[provider]
    call = None if tracer is None else open_call(prepared, tracer, context)
    if call is not None:
        call.source = _SOURCE
    return call
