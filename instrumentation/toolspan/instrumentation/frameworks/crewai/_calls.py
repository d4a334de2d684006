"""The units of work of CrewAI save its tools, as calls of ours, and what its events say of them."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeGuard

from opentelemetry.context import get_current

from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._peers import past_peers
from toolspan.instrumentation.record import (
    Kind,
    OpenCall,
    Prepared,
    current_tracer,
    is_suppressed,
    open_call,
    open_call_in,
    usage_attributes,
)

_log: Final = logging.getLogger("toolspan")

Args = tuple[Any, ...]
Kwargs = dict[str, Any]

_SOURCE: Final = "crewai"
_OWN: Final = "crewai."
HANDOFF: Final = "handoff"
_FAILED: Final = "Task execution failed"


def crew(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`Crew.kickoff(self, inputs)`; one that streams calls itself again where it runs."""
    del kwargs
    crew = args[0]
    return None if crew.stream else begin(Kind.WORKFLOW, crew.name or type(crew).__name__)


def flow(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`Flow.kickoff_async(self, inputs)`; what runs an agent is a flow, too."""
    del kwargs
    flow = args[0]
    if _is_own(flow) or flow.stream:
        return None
    return begin(Kind.WORKFLOW, flow.name or type(flow).__name__)


def method(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`Flow._execute_method(self, method_name, method, ...)`."""
    flow, name = args[0], args[1] if len(args) > 1 else kwargs.get("method_name")
    return None if _is_own(flow) or name is None else begin(Kind.STEP, str(name))


def task(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`Task._execute_core(self, agent, context, tools)`; its description is text of the user's."""
    task = args[0]
    agent = (args[1] if len(args) > 1 else kwargs.get("agent")) or task.agent
    tasks = getattr(getattr(agent, "crew", None), "tasks", None) or ()
    index = next((number for number, one in enumerate(tasks, 1) if one is task), None)
    return begin(Kind.STEP, task.name or "task", index=index)


def agent(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`Agent.execute_task(self, task)` and `Agent.kickoff(self, messages)`.

    After an error an agent calls itself again, and in an event loop `kickoff` calls
    `kickoff_async`: that is the same run.
    """
    del kwargs
    agent = args[0]
    return begin(Kind.AGENT, agent.role.strip() or type(agent).__name__, instance=agent)


def model(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`BaseLLM.call(self, messages, ...)`, tries after a rate limit included."""
    del kwargs
    asked = args[0]
    name = asked.model if isinstance(asked.model, str) and asked.model else Kind.LLM.value
    # Classes of the user's are called `openai` unless they say otherwise.
    provider = asked.provider if _is_own(asked) and isinstance(asked.provider, str) else None
    return begin(Kind.LLM, name, instance=asked, provider=provider)


def begin(
    kind: Kind,
    name: str,
    *,
    instance: object = None,
    index: int | None = None,
    provider: str | None = None,
) -> OpenCall | None:
    """Open a call in the current context, unless it is one of this `instance` that goes on."""
    tracer, context = current_tracer(), get_current()
    if tracer is None or is_suppressed(context):
        return None
    context = past_peers(context)
    enclosing = open_call_in(context)
    if instance is not None and is_ours(enclosing, kind) and enclosing.instance is instance:
        return None
    prepared = Prepared(kind, safe_name(str(name)), index=index, provider=provider)
    call = open_call(prepared, tracer, context)
    if call is not None:
        call.source = _SOURCE
        call.instance = instance
    return call


def is_ours(call: OpenCall | None, kind: Kind) -> TypeGuard[OpenCall]:
    """Whether this is an open call of this kind, opened here."""
    if call is None or call.source != _SOURCE:
        return False
    return call.prepared.kind is kind and call.is_open


def is_handoff(call: OpenCall | None) -> TypeGuard[OpenCall]:
    """Whether an agent hands work to another in this open call."""
    return is_ours(call, Kind.STEP) and call.name == HANDOFF


def judge_run(_call: OpenCall, _result: Any) -> object:
    """What a run gives back says nothing of how it ended."""
    return None


judge_model = judge_run


def origin(error: BaseException) -> BaseException:
    """What was raised in an agent that has a limit of time.

    Who has handed work to the agent is told of it in words only: noted for the end of that.
    """
    return quietly(_origin, error) or error


def _origin(error: BaseException) -> BaseException:
    while (
        type(error) is RuntimeError
        and error.__cause__ is not None
        and str(error).startswith(_FAILED)
    ):
        error = error.__cause__
    call = open_call_in(get_current())
    if is_ours(call, Kind.AGENT) and is_handoff(call.parent):
        call.parent.instance = error
    return error


def noting_event(original: Callable[..., Any]) -> Callable[..., Any]:
    """`CrewAIEventsBus.emit(self, source, event)`, where the event happens."""

    def emit(self: Any, *args: Any, **kwargs: Any) -> Any:
        quietly(_note, kwargs["event"] if "event" in kwargs else args[-1] if args else None)
        return original(self, *args, **kwargs)

    return emit


def _note(event: Any) -> None:
    kind, call = type(event).__name__, open_call_in(get_current())
    if kind == "LLMCallCompletedEvent" and is_ours(call, Kind.LLM):
        _describe_answer(call, event)
    elif kind == "ToolUsageErrorEvent" and is_ours(call, Kind.TOOL):
        call.instance = event.error
    elif kind == "ToolFailureDetectedEvent" and is_ours(call, Kind.TOOL):
        call.instance = call.instance or event.failure


def _describe_answer(call: OpenCall, event: Any) -> None:
    usage = event.usage if isinstance(event.usage, Mapping) else {}
    call.set_attributes(
        usage_attributes(
            input_tokens=usage.get("prompt_tokens", usage.get("input_tokens")),
            output_tokens=usage.get("completion_tokens", usage.get("output_tokens")),
            cache_read_tokens=usage.get("cached_prompt_tokens"),
            cache_write_tokens=usage.get("cache_creation_tokens"),
            reasoning_tokens=usage.get("reasoning_tokens"),
            response_id=getattr(event, "response_id", None),
        )
    )


def quietly(function: Callable[..., Any], *args: Any) -> Any:
    """Call it; what goes wrong in there is none of the host's business."""
    try:
        return function(*args)
    except Exception:
        _log.debug("toolspan could not follow CrewAI", exc_info=True)
        return None


def _is_own(instance: object) -> bool:
    return type(instance).__module__.startswith(_OWN)
