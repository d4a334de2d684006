"""What the SDK's own tracing tells, as calls of ours."""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from toolspan.conventions.attributes import TOOLSPAN_HANDOFF_TO
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._arguments import (
    describe_json_arguments,
    prepare_content,
)
from toolspan.instrumentation.frameworks._interrupted import Interrupted
from toolspan.instrumentation.frameworks._runs import Run, Runs, leave_ended
from toolspan.instrumentation.record import Kind, OpenCall, Prepared, usage_attributes

_log: Final = logging.getLogger("toolspan")

_MODEL_CALLS: Final = frozenset({"generation", "response"})
_UNNAMED: Final = "Agent workflow"


def guarded(function: Callable[..., None], *args: Any) -> None:
    """Call it; what goes wrong in there is none of the host's business."""
    try:
        function(*args)
    except Exception:
        _log.debug("toolspan could not follow a run of openai-agents", exc_info=True)


class Listener:
    """Traces are workflows, turns are steps; the SDK's other spans are what they are called."""

    def __init__(self) -> None:
        self._runs: Final = Runs()
        # What was being handled when a span began is not what ends it.
        self._handled: Final[dict[str, int]] = {}
        self._interrupted: Final = Interrupted()

    def trace_started(self, trace: Any) -> None:
        """`Runner.run` outside of any trace, or `with trace(...)`."""
        name = safe_name(trace.name or _UNNAMED)
        group = getattr(trace, "group_id", None)
        group = group if isinstance(group, str) and group else None
        self._note(trace.trace_id)
        leave_ended()
        self._runs.start(
            trace.trace_id,
            Prepared(Kind.WORKFLOW, name),
            session_id=group,
            conversation_id=group,
            links=self._interrupted.links_to(trace.trace_id),
        )

    def trace_resumed(self, trace: Any) -> None:
        """A run goes on in the trace in which it was interrupted; the SDK tells nobody."""
        if self._runs.own(trace.trace_id) is None:
            self.trace_started(trace)

    def trace_ended(self, trace: Any) -> None:
        """Everything in it is over."""
        run = self._runs.own(trace.trace_id)
        if run is not None and run.is_waiting:
            self._interrupted.note(trace.trace_id, run.call.span.get_span_context())
        self._runs.end(trace.trace_id, self._raised(trace.trace_id))

    def span_started(self, span: Any) -> None:
        """A unit of work, or one of the SDK's that leaves no span."""
        parent = span.parent_id or span.trace_id
        prepared = _prepared(span.span_data)
        if prepared is None:
            self._runs.pass_through(span.span_id, parent)
            return
        self._note(span.span_id)
        if prepared.kind is Kind.AGENT:
            self._go_on(parent)
        call = self._runs.start(span.span_id, prepared, parent=parent)
        if call is not None and prepared.kind is Kind.TOOL:
            call.absorbs_same_name = True
            prepare_content(call)

    def tool_refused(self, name: str, call_id: object, arguments: object) -> None:
        """A person has refused what an interrupted run had asked for: the SDK opens no span."""
        key = object()
        call = self._runs.start(key, Prepared(Kind.TOOL, safe_name(name)))
        if call is None:
            return
        prepare_content(call)
        if isinstance(call_id, str) and call_id:
            call.set_tool_call_id(call_id)
        describe_json_arguments(call, arguments)
        refuse(call)
        self._runs.end(key)

    def error_caught(self, span: Any, error: BaseException | None) -> None:
        """The SDK notes on `span` what it has caught."""
        if error is not None and id(error) != self._handled.get(span.span_id):
            self._runs.tell(span.span_id, error)

    def span_ended(self, span: Any) -> None:
        """The span's data are complete."""
        run = self._runs.get(span.span_id)
        error = self._raised(span.span_id)
        result = None
        if run is not None and run.call.span is not None:
            _describe(run.call, span.span_data)
            if span.error and error is None and run.told is None:
                run.told = _told(span.error)
            result = getattr(span.span_data, "output", None)
        self._runs.end(span.span_id, error, result)

    def _go_on(self, key: str) -> None:
        """A trace of the host's own goes on after one of the runs in it was interrupted."""
        run = self._runs.get(key)
        if run is not None and run.is_waiting and run.call.prepared.kind is Kind.WORKFLOW:
            run.is_waiting = False
            run.call.set_outcome(Outcome.OK)

    def _note(self, key: str) -> None:
        error = sys.exc_info()[1]
        if error is not None:
            self._handled[key] = id(error)

    def _raised(self, key: str) -> BaseException | None:
        """The exception on its way through the code that ends the span."""
        error, before = sys.exc_info()[1], self._handled.pop(key, None)
        return None if error is None or id(error) == before else error


def wait(call: OpenCall) -> None:
    """A tool call waits for a person, and with it all it was asked in, up to the workflow."""
    above: OpenCall | None = call
    while above is not None:
        above.set_outcome(Outcome.INTERRUPTED)
        if isinstance(above.source, Run):
            above.source.is_waiting = True
        if above.prepared.kind is Kind.WORKFLOW:
            break
        above = above.parent


def refuse(call: OpenCall) -> None:
    """A person or a guardrail has refused a tool call; the SDK calls that an error."""
    if isinstance(call.source, Run):
        call.source.told = Outcome.DENIED, None, None
    else:
        call.set_outcome(Outcome.DENIED)


def _prepared(data: Any) -> Prepared | None:
    kind = getattr(data, "type", None)
    if kind == "agent":
        return Prepared(Kind.AGENT, safe_name(data.name))
    if kind == "function":
        tool_type = "extension" if getattr(data, "mcp_data", None) else None
        return Prepared(Kind.TOOL, safe_name(data.name), tool_type=tool_type)
    if kind in _MODEL_CALLS:
        return _prepared_model_call(data, kind)
    if kind == "turn":
        return Prepared(Kind.STEP, "turn", index=data.turn)
    if kind in ("handoff", "guardrail"):
        name = f"guardrail {data.name}" if kind == "guardrail" else "handoff"
        return Prepared(Kind.STEP, safe_name(name))
    return None


def _prepared_model_call(data: Any, kind: str) -> Prepared:
    model = getattr(data, "model", None)
    name = safe_name(model) if isinstance(model, str) else Kind.LLM.value
    return Prepared(Kind.LLM, name, provider="openai" if kind == "response" else None)


def _describe(call: OpenCall, data: Any) -> None:
    kind = call.prepared.kind
    if kind is Kind.LLM:
        call.set_attributes(_usage(data))
    elif kind is Kind.STEP and getattr(data, "type", None) == "handoff":
        to_agent = getattr(data, "to_agent", None)
        if isinstance(to_agent, str):
            call.set_attribute(TOOLSPAN_HANDOFF_TO, safe_name(to_agent))


def _usage(data: Any) -> dict[str, Any]:
    response = getattr(data, "response", None)
    usage = getattr(response, "usage", None) or getattr(data, "usage", None) or {}

    def of(holder: Any, *names: str) -> Any:
        for name in names:
            found = holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)
            if found is not None:
                return found
        return None

    return usage_attributes(
        input_tokens=of(usage, "input_tokens", "prompt_tokens"),
        output_tokens=of(usage, "output_tokens", "completion_tokens"),
        cache_read_tokens=of(
            of(usage, "input_tokens_details", "prompt_tokens_details"), "cached_tokens"
        ),
        reasoning_tokens=of(
            of(usage, "output_tokens_details", "completion_tokens_details"), "reasoning_tokens"
        ),
        response_model=getattr(response, "model", None),
        response_id=getattr(response, "id", None),
    )


def _told(error: Any) -> tuple[Outcome, str | None, str | None]:
    """An error that nobody raised: the SDK's message is all there is."""
    data = error.get("data") or {}
    name = data.get("error") if isinstance(data, Mapping) else None
    text = error.get("message") or (json.dumps(name) if name else None)
    return Outcome.ERROR, None, text
