"""What llama-index's dispatcher tells, as calls of ours."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from toolspan.conventions.attributes import TOOLSPAN_HANDOFF_TO
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._arguments import (
    describe_json_arguments,
    prepare_content,
)
from toolspan.instrumentation.frameworks._runs import Runs
from toolspan.instrumentation.record import Kind, OpenCall, Prepared, usage_attributes

_log: Final = logging.getLogger("toolspan")

_MODEL_METHODS: Final = frozenset(
    f"{a}{stream}{what}"
    for a in ("", "a")
    for stream in ("", "stream_")
    for what in ("chat", "complete")
)
_TOOL_METHODS: Final = frozenset({"call", "acall", "__call__"})
_UUID_LENGTH: Final = 37  # with the hyphen before it
_ENDED: Final = frozenset({"LLMChatEndEvent", "LLMCompletionEndEvent"})


def guarded(function: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Call it; what goes wrong in there is none of the host's business."""
    try:
        function(*args, **kwargs)
    except Exception:
        _log.debug("toolspan could not follow a run of llama-index", exc_info=True)


class _Workflow:
    """A workflow that is running: llama-index's agents are workflows, too."""

    __slots__ = ("agent", "agent_key", "has_agents", "is_agent")

    def __init__(self, instance: Any) -> None:
        names = {base.__name__ for base in type(instance).__mro__}
        self.is_agent: Final = "BaseWorkflowAgent" in names
        self.has_agents: Final = "AgentWorkflow" in names
        self.agent: str | None = None
        self.agent_key: tuple[str, int] | None = None


class Listener:
    """Keys are the dispatcher's own ids of its spans."""

    def __init__(self) -> None:
        self._runs: Final = Runs()
        self._workflows: Final[dict[str, _Workflow]] = {}
        self._streams: Final[set[str]] = set()

    def entered(
        self,
        id_: str,
        bound_args: Any,
        instance: Any = None,
        parent_id: str | None = None,
        **_: Any,
    ) -> None:
        """A method of llama-index's, or a step of a workflow, begins."""
        method = id_[:-_UUID_LENGTH].rpartition(".")[2]
        workflow = self._workflows.get(parent_id or "")
        given = bound_args.arguments
        if method == "run" and _is_a(instance, "Workflow"):
            self._workflow_began(id_, instance, parent_id)
        elif workflow is not None:
            self._step_began(id_, method, workflow, given, parent_id)
        elif method in _MODEL_METHODS and _is_a(instance, "BaseLLM"):
            self._model_began(id_, method, instance, parent_id)
        elif method in _TOOL_METHODS and _is_a(instance, "BaseTool"):
            self._tool_began(id_, instance, given, parent_id)
        else:
            self._runs.pass_through(id_, parent_id)

    def _workflow_began(self, id_: str, instance: Any, parent_id: str | None) -> None:
        workflow = self._workflows[id_] = _Workflow(instance)
        cls = type(instance)
        said = instance.name if workflow.is_agent else getattr(instance, "workflow_name", None)
        if not isinstance(said, str) or said in ("", f"{cls.__module__}.{cls.__qualname__}"):
            said = cls.__name__
        name = safe_name(said)
        kind = Kind.AGENT if workflow.is_agent else Kind.WORKFLOW
        self._runs.start(id_, Prepared(kind, name), parent=parent_id)

    def _step_began(
        self,
        id_: str,
        method: str,
        workflow: _Workflow,
        given: Mapping[str, Any],
        parent_id: str | None,
    ) -> None:
        event = given.get("ev")
        if not (workflow.is_agent or workflow.has_agents):
            self._runs.start(id_, Prepared(Kind.STEP, safe_name(method)), parent=parent_id)
            return
        if workflow.has_agents and method == "setup_agent" and parent_id is not None:
            self._agent_works(workflow, getattr(event, "current_agent_name", None), parent_id)
        parent = workflow.agent_key or parent_id
        if method != "call_tool":
            self._runs.pass_through(id_, parent)
        elif event is not None and workflow.has_agents and event.tool_name == "handoff":
            call = self._runs.start(id_, Prepared(Kind.STEP, "handoff"), parent=parent)
            to_agent = event.tool_kwargs.get("to_agent")
            if call is not None and isinstance(to_agent, str):
                call.set_attribute(TOOLSPAN_HANDOFF_TO, safe_name(to_agent))
        else:
            self._request_began(id_, event, parent)

    def _agent_works(self, workflow: _Workflow, agent: Any, parent_id: str) -> None:
        """Agents of one workflow take turns: a run lasts until another agent's begins."""
        if not isinstance(agent, str) or agent == workflow.agent:
            return
        number = 0
        if workflow.agent_key is not None:
            number = workflow.agent_key[1] + 1
            self._runs.end(workflow.agent_key)
        workflow.agent, workflow.agent_key = agent, (parent_id, number)
        prepared = Prepared(Kind.AGENT, safe_name(agent))
        self._runs.start(workflow.agent_key, prepared, parent=parent_id, is_attached=False)

    def _request_began(self, id_: str, event: Any, parent: Any) -> None:
        name = safe_name(str(event.tool_name))
        call = self._runs.start(id_, Prepared(Kind.TOOL, name), parent=parent)
        if call is not None:
            _describe_tool(call, event.tool_kwargs)
            if isinstance(event.tool_id, str):
                call.set_tool_call_id(event.tool_id)

    def _tool_began(
        self, id_: str, tool: Any, given: Mapping[str, Any], parent_id: str | None
    ) -> None:
        """A tool that runs, for a request whose call is open, or called by a program."""
        name = safe_name(str(tool.metadata.get_name()))
        enclosing = self._runs.get(parent_id) if parent_id is not None else None
        if enclosing is not None and enclosing.call.prepared.kind in (Kind.TOOL, Kind.STEP):
            is_same = enclosing.call.name == name
            if is_same or enclosing.call.name == "handoff":
                self._runs.pass_through(id_, parent_id)
                return
        call = self._runs.start(id_, Prepared(Kind.TOOL, name), parent=parent_id)
        if call is not None:
            _describe_tool(call, given.get("kwargs"))

    def _model_began(self, id_: str, method: str, model: Any, parent_id: str | None) -> None:
        enclosing = self._runs.own(parent_id) if parent_id is not None else None
        if enclosing is not None and enclosing.call.prepared.kind is Kind.LLM:
            self._runs.pass_through(id_, parent_id)  # one way to ask is made of another
            return
        said = getattr(getattr(model, "metadata", None), "model_name", None)
        is_named = isinstance(said, str) and said not in ("", "unknown")
        name = safe_name(said) if is_named and said else Kind.LLM.value
        is_streamed = "stream" in method
        prepared = Prepared(Kind.LLM, name)
        self._runs.start(id_, prepared, parent=parent_id, is_attached=not is_streamed)
        if is_streamed:
            self._streams.add(id_)

    def left(self, id_: str, bound_args: Any = None, result: Any = None, **_: Any) -> None:
        """The method returned; a model's stream is read after that."""
        del bound_args
        workflow = self._workflows.pop(id_, None)
        if workflow is not None and workflow.agent_key is not None:
            self._runs.end(workflow.agent_key)
        run = self._runs.own(id_)
        if id_ in self._streams:
            if _is_generator(result):
                return
            self._streams.discard(id_)
        output = getattr(result, "tool_output", None)
        if run is not None and output is not None:
            raised = getattr(output, "exception", None)
            if isinstance(raised, BaseException):
                self._runs.tell(id_, raised)
            elif getattr(output, "is_error", False):
                run.call.fail(message=str(output.content))
            result = getattr(output, "raw_output", None)
        if run is not None and run.call.prepared.kind is Kind.LLM:
            _describe_answer(run.call, result)
        self._runs.end(id_, None, result)

    def dropped(
        self, id_: str, bound_args: Any = None, instance: Any = None, err: Any = None, **_: Any
    ) -> None:
        """The method raised."""
        del bound_args, instance
        error = err if isinstance(err, BaseException) else None
        workflow = self._workflows.pop(id_, None)
        if workflow is not None and workflow.agent_key is not None:
            self._runs.end(workflow.agent_key, error)
        run = self._runs.own(id_)
        if run is not None and type(err).__name__ == "WaitingForEvent":
            run.told = Outcome.INTERRUPTED, None, None
        self._runs.end(id_, error)

    def happened(self, event: Any, **_: Any) -> None:
        """A model's stream has been read to its end, or a workflow is told to stop."""
        kind, key = type(event).__name__, getattr(event, "span_id", None)
        if kind == "SpanCancelledEvent":
            workflow = self._workflows.get(key or "")
            for one in (key, workflow.agent_key if workflow is not None else None):
                run = self._runs.own(one)
                if run is not None:
                    run.told = Outcome.CANCELLED, None, None
        elif kind in _ENDED and key in self._streams:
            self._streams.discard(key)
            run = self._runs.own(key)
            if run is not None:
                _describe_answer(run.call, getattr(event, "response", None))
            self._runs.end(key)


def _describe_tool(call: OpenCall, arguments: object) -> None:
    call.absorbs_same_name = True
    prepare_content(call)
    describe_json_arguments(call, arguments)


def _describe_answer(call: OpenCall, response: Any) -> None:
    raw = getattr(response, "raw", None)
    usage = _of(raw, "usage") or getattr(response, "additional_kwargs", None)
    call.set_attributes(
        usage_attributes(
            input_tokens=_of(usage, "prompt_tokens") or _of(usage, "input_tokens"),
            output_tokens=_of(usage, "completion_tokens") or _of(usage, "output_tokens"),
            response_model=_of(raw, "model"),
            response_id=_of(raw, "id"),
        )
    )


def _of(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)


def _is_a(instance: Any, name: str) -> bool:
    return any(base.__name__ == name for base in type(instance).__mro__)


def _is_generator(result: Any) -> bool:
    return hasattr(result, "__anext__") or hasattr(result, "__next__")
