"""AutoGen, scope `autogen-core`: put below one workflow, told how each call ended.

It emits agent runs and tool calls itself, always. Wrong with them: a team's run is scattered over
many traces, a cancellation leaves no trace, and model calls are missing.
"""

from types import ModuleType
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace import Span

from toolspan.conventions import scopes
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._around import around
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._instrumentor import FrameworkInstrumentor
from toolspan.instrumentation.frameworks.native._joined import Asked, on_native_span
from toolspan.instrumentation.frameworks.native._place import place_of
from toolspan.instrumentation.frameworks.native._processor import forget_scope, mend_scope
from toolspan.instrumentation.frameworks.native._watched import watch
from toolspan.instrumentation.record import (
    Kind,
    OpenCall,
    Prepared,
    current_tracer,
    is_suppressed,
    kind_of_work,
    open_call,
    usage_attributes,
)

HOOKS: Final = Hooks(
    name="autogen_agentchat",
    instrumentor="toolspan_autogen",
    distributions=("autogen-agentchat",),
)
"""The hooks in force, for `toolspan doctor`."""


class AutoGenInstrumentor(FrameworkInstrumentor):
    """Completes the spans of AutoGen."""

    hooks = HOOKS
    trigger = "autogen_agentchat"
    where = __name__


def set_all(hooks: Hooks) -> None:
    """Mend what is emitted, and record what is not."""
    mend_scope(scopes.AUTOGEN, mend)
    hooks.on_stop(lambda: forget_scope(scopes.AUTOGEN))
    hooks.when_imported("autogen_core.tools._function_tool", lambda m: _hook_tools(hooks, m))
    hooks.when_imported(
        "autogen_agentchat.teams._group_chat._base_group_chat", lambda m: _hook_teams(hooks, m)
    )
    hooks.when_imported(
        "autogen_agentchat.agents._assistant_agent", lambda m: _hook_models(hooks, m)
    )


def _hook_tools(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module.FunctionTool, "run", on_native_span(_asked))


def _asked(tool: Any, args: Any, *_: Any, **__: Any) -> Asked:
    return Asked(tool.name, args.model_dump())


def _hook_teams(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module.BaseGroupChat, "run_stream", around(_begin_team, _judge))


def _begin_team(args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpenCall | None:
    del kwargs
    name = getattr(args[0], "name", None) or type(args[0]).__name__
    return _open(Prepared(Kind.WORKFLOW, safe_name(str(name))))


def _judge(_call: OpenCall, _item: Any) -> object:
    return None


def _hook_models(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module.AssistantAgent, "_call_llm", around(_begin_model, _judge_model))


def _begin_model(args: tuple[Any, ...], kwargs: dict[str, Any]) -> OpenCall | None:
    client = kwargs.get("model_client") or next(
        (one for one in args if hasattr(one, "model_info")), None
    )
    said = getattr(client, "model", None) or _of_config(client)
    name = safe_name(said) if isinstance(said, str) and said else Kind.LLM.value
    return _open(Prepared(Kind.LLM, name))


def _of_config(client: Any) -> object:
    """Clients of AutoGen's own keep the model among what they ask with."""
    asked: Any = getattr(client, "_create_args", None)
    return asked.get("model") if isinstance(asked, dict) else None


def _judge_model(call: OpenCall, item: Any) -> object:
    usage = getattr(item, "usage", None)
    call.set_attributes(
        usage_attributes(
            input_tokens=getattr(usage, "prompt_tokens", None),
            output_tokens=getattr(usage, "completion_tokens", None),
        )
    )
    return None


def _open(prepared: Prepared) -> OpenCall | None:
    tracer, context = current_tracer(), get_current()
    if tracer is None or is_suppressed(context):
        return None
    place = place_of(trace.get_current_span(context))
    identity = None if place is None else place.identity
    return open_call(prepared, tracer, context, identity=identity)


def mend(span: Span, context: Context) -> None:
    """Watch the spans of units of work."""
    kind = kind_of_work(span.attributes or {}, span.name)
    if kind is not None:
        watch(span, kind, context)
