"""The units of work of Agno, as calls of ours, and what its results say of them."""

import sys
from typing import Any, Final

from opentelemetry.context import get_current

from toolspan.conventions.attributes import TOOLSPAN_HANDOFF_TO
from toolspan.conventions.outcomes import Outcome
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
    identity_in,
    is_suppressed,
    open_call,
    open_call_in,
    outcome_of_exception,
    usage_attributes,
)

Args = tuple[Any, ...]
Kwargs = dict[str, Any]

_SOURCE: Final = "agno"
_DELEGATING: Final = frozenset({"delegate_task_to_member", "delegate_task_to_members"})
# The last word of a run's status, or of the event that ends its stream.
_OUTCOMES: Final = {
    "error": Outcome.ERROR,
    "cancelled": Outcome.CANCELLED,
    "paused": Outcome.INTERRUPTED,
}


def agent(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`Agent.run(self, input, *, session_id=..., user_id=...)`, and a team's, who leads one."""
    return _begin_run(Kind.AGENT, args[0], kwargs)


def workflow(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`Workflow.run(self, ...)`."""
    return _begin_run(Kind.WORKFLOW, args[0], kwargs)


def _begin_run(kind: Kind, runner: Any, kwargs: Kwargs) -> OpenCall | None:
    name = getattr(runner, "name", None) or type(runner).__name__
    session_id, user_id = kwargs.get("session_id"), kwargs.get("user_id")
    return _open(Prepared(kind, safe_name(str(name))), session_id, user_id)


def tool(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`FunctionCall.execute(self)`."""
    del kwargs
    request = args[0]
    name, arguments = request.function.name, request.arguments
    if name in _DELEGATING and getattr(request.function, "_team", None) is not None:
        call = _open(Prepared(Kind.STEP, "handoff"))
        member = (arguments or {}).get("member_id")
        if call is not None and isinstance(member, str):
            call.set_attribute(TOOLSPAN_HANDOFF_TO, safe_name(member))
        return call
    call = _open(Prepared(Kind.TOOL, safe_name(str(name))))
    if call is not None:
        call.absorbs_same_name = True
        prepare_content(call)
        describe_json_arguments(call, arguments or {})
        if isinstance(request.call_id, str) and request.call_id:
            call.set_tool_call_id(request.call_id)
    return call


def model(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`Model._process_model_response(self, messages, assistant_message, ...)` and its like."""
    asked = args[0]
    name = safe_name(asked.id) if isinstance(asked.id, str) and asked.id else Kind.LLM.value
    provider = asked.provider.lower() if isinstance(asked.provider, str) else None
    call = _open(Prepared(Kind.LLM, name, provider=provider))
    if call is not None:
        # The message that the answer is put into, with what it took.
        call.instance = args[2] if len(args) > 2 else kwargs.get("assistant_message")
    return call


def _open(prepared: Prepared, session_id: object = None, user_id: object = None) -> OpenCall | None:
    tracer, context = current_tracer(), get_current()
    if tracer is None or is_suppressed(context):
        return None
    identity, enclosing = identity_in(context), open_call_in(context)
    # Members of a team and steps of a workflow are given sessions that are made up for them.
    is_inside = enclosing is not None and enclosing.source == _SOURCE
    is_told = isinstance(session_id, str) and session_id and identity.session_id is None
    if isinstance(session_id, str) and is_told and not is_inside:
        known_user = user_id if isinstance(user_id, str) else None
        identity = identity.with_ids(session_id, known_user, session_id)
        call = open_call(prepared, tracer, context, identity=identity)
    else:
        call = open_call(prepared, tracer, context)
    if call is not None:
        call.source = _SOURCE
    return call


def note_caught() -> None:
    """Agno logs what it has caught where it catches it: this is how the open call ends."""
    error = sys.exc_info()[1]
    call = open_call_in(get_current())
    if error is not None and call is not None and call.source == _SOURCE and call.is_open:
        call.instance = error if call.prepared.kind is not Kind.LLM else call.instance


def judge_tool(call: OpenCall, outcome: Any) -> object:
    """A `FunctionExecutionResult`."""
    if getattr(outcome, "status", None) == "failure":
        _fail(call, getattr(outcome, "error", None))
    return getattr(outcome, "result", None)


def judge_run(call: OpenCall, answer: Any) -> object:
    """A `RunOutput`, or an event of a stream of them."""
    status = getattr(answer, "status", None)
    said = getattr(status, "value", status) or getattr(answer, "event", None)
    if isinstance(said, str):
        for word, outcome in _OUTCOMES.items():
            if said.lower() in (word, f"run{word}", f"teamrun{word}", f"workflow{word}"):
                if outcome is Outcome.ERROR:
                    _fail(call, getattr(answer, "content", None))
                else:
                    call.set_outcome(outcome)
    return None


def judge_model(call: OpenCall, answer: Any) -> object:
    """What the answer took stands in the message that it was put into."""
    del answer
    metrics = getattr(call.instance, "metrics", None)
    call.set_attributes(
        usage_attributes(
            input_tokens=getattr(metrics, "input_tokens", None),
            output_tokens=getattr(metrics, "output_tokens", None),
            cache_read_tokens=getattr(metrics, "cache_read_tokens", None),
            cache_write_tokens=getattr(metrics, "cache_write_tokens", None),
            reasoning_tokens=getattr(metrics, "reasoning_tokens", None),
        )
    )
    return None


def _fail(call: OpenCall, text: object) -> None:
    error = call.instance
    if isinstance(error, BaseException):
        outcome, error_type = outcome_of_exception(error)
        call.set_outcome(outcome, error_type=error_type, message=str(error))
    elif call.prepared.kind is Kind.TOOL:
        call.fail(message=str(text) if text else None)
    else:
        call.set_outcome(Outcome.ERROR, message=str(text) if text else None)
