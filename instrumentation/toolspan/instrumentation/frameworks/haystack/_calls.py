"""The units of work of Haystack, as calls of ours."""

import inspect
import logging
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Final

from opentelemetry.context import create_key, get_current, set_value

from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._arguments import (
    describe_json_arguments,
    prepare_content,
)
from toolspan.instrumentation.record import (
    Kind,
    OpenCall,
    Prepared,
    attach,
    current_tracer,
    detach,
    is_suppressed,
    open_call,
    usage_attributes,
)

_log: Final = logging.getLogger("toolspan")

Args = tuple[Any, ...]
Kwargs = dict[str, Any]

_REQUEST: Final = create_key("toolspan-haystack-request")
_WRAPPING: Final = frozenset({"ToolInvocationError", "PipelineRuntimeError"})


class Calls:
    """What is begun for each hooked function."""

    def __init__(self, hook_model: Callable[[type], None]) -> None:
        self._hook_model: Final = hook_model
        self._known_models: Final[weakref.WeakSet[type]] = weakref.WeakSet()

    def agent(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`Agent.run(self, messages, ...)`; in a pipeline, an agent has a name."""
        del kwargs
        agent = args[0]
        model = type(getattr(agent, "chat_generator", None))
        if model not in self._known_models:
            self._known_models.add(model)
            self._hook_model(model)
        name = getattr(agent, "__component_name__", None) or type(agent).__name__
        return _open(Prepared(Kind.AGENT, safe_name(str(name))))

    def step(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`Agent._run_step(self, exe_context, agent_span)`."""
        context = args[1] if len(args) > 1 else kwargs.get("exe_context")
        counter = getattr(context, "counter", None)
        index = counter + 1 if isinstance(counter, int) else None
        return _open(Prepared(Kind.STEP, "step", index=index))

    def tool(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`Tool.invoke(self, **arguments)`."""
        name = safe_name(str(args[0].name))
        call = _open(Prepared(Kind.TOOL, name))
        if call is None:
            return None
        call.absorbs_same_name = True
        prepare_content(call)
        request: Any = get_current().get(_REQUEST)
        if request is not None and request.tool_name == args[0].name:
            describe_json_arguments(call, request.arguments)
            if isinstance(request.id, str) and request.id:
                call.set_tool_call_id(request.id)
        else:
            describe_json_arguments(call, kwargs)
        return call

    def model(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`ChatGenerator.run(self, messages, ...)`."""
        del kwargs
        model = getattr(args[0], "model", None)
        name = safe_name(model) if isinstance(model, str) and model else Kind.LLM.value
        return _open(Prepared(Kind.LLM, name))

    def pipeline(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`Pipeline.run(self, data)`; its metadata may name it."""
        del kwargs
        metadata = getattr(args[0], "metadata", None)
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        return _open(Prepared(Kind.WORKFLOW, safe_name(str(name or type(args[0]).__name__))))

    def component(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`Pipeline._run_component(component_name, component, ...)`."""
        name = kwargs.get("component_name") or next(
            (one for one in args if isinstance(one, str)), None
        )
        return None if name is None else _open(Prepared(Kind.STEP, safe_name(name)))

    @staticmethod
    def judge(_call: OpenCall, result: Any) -> object:
        """What it returned is its result."""
        return result

    @staticmethod
    def judge_model(call: OpenCall, result: Any) -> object:
        """What it took stands in the metadata of the reply."""
        replies = result.get("replies") if isinstance(result, Mapping) else None
        meta: Any = getattr(replies[0], "meta", None) if replies else None
        usage = (meta or {}).get("usage") or {}
        call.set_attributes(
            usage_attributes(
                input_tokens=usage.get("prompt_tokens"),
                output_tokens=usage.get("completion_tokens"),
                response_model=(meta or {}).get("model"),
            )
        )
        return result

    @staticmethod
    def origin(error: BaseException) -> BaseException:
        """What a tool or a component raised, out of what Haystack wraps it in."""
        while type(error).__name__ in _WRAPPING and error.__cause__ is not None:
            error = error.__cause__
        return error


def with_request(make: Callable[..., Any], args: Args, kwargs: Kwargs) -> Any:
    """Make what runs a tool so that the tool knows the request that it answers."""
    given = (*args, *kwargs.values())
    request = next((one for one in given if type(one).__name__ == "ToolCall"), None)
    if request is None:
        return make(*args, **kwargs)
    context = set_value(_REQUEST, request)
    token = attach(context)
    try:
        made = make(*args, **kwargs)  # takes the context along, where it runs in a thread
    finally:
        detach(token)
    if not inspect.iscoroutinefunction(made):
        return made

    async def run() -> Any:
        token = attach(set_value(_REQUEST, request))
        try:
            return await made()
        finally:
            detach(token)

    return run


def _open(prepared: Prepared) -> OpenCall | None:
    tracer, context = current_tracer(), get_current()
    if tracer is None or is_suppressed(context):
        return None
    return open_call(prepared, tracer, context)
