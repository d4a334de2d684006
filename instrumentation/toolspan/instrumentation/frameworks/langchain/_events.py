"""What LangChain tells its callback handlers, as calls of ours.

A graph that `create_agent` made is an agent run, another graph or an outermost chain is a workflow,
a graph's node is a step. Everything else LangChain calls a chain leaves no span.
"""

import functools
import logging
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, Final

from toolspan.conventions.attributes import TOOLSPAN_ATTEMPT_NUMBER
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._interrupted import Interrupted
from toolspan.instrumentation.frameworks._runs import Run
from toolspan.instrumentation.frameworks.langchain._models import may_attach
from toolspan.instrumentation.frameworks.langchain._requests import (
    ToolRequests,
    content_of,
    describe_request,
)
from toolspan.instrumentation.frameworks.langchain._tries import Tries
from toolspan.instrumentation.record import Kind, Prepared, outcome_of_exception, usage_attributes

_log: Final = logging.getLogger("toolspan")

_NODE_TAG: Final = "graph:step:"
_HIDDEN: Final = "langsmith:hidden"
_SESSION_KEYS: Final = ("thread_id", "session_id", "conversation_id")
_AGENT_NODES: Final = frozenset(
    {"model", "agent", "tools", "generate_structured_response", "pre_model_hook", "post_model_hook"}
)
_FRAMES: Final = 24  # between a graph and the handler it tells, other libraries' wrappers included


def _guarded(function: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(function)
    def quietly(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            function(self, *args, **kwargs)
        except Exception:
            _log.debug("toolspan could not follow a run of LangChain", exc_info=True)

    return quietly


class Events:
    """The methods of a callback handler; its class is made once LangChain is there."""

    # Called where the run happens, so that what is attached is seen by the run, also in tasks.
    run_inline: bool = True
    raise_error: bool = False

    def __init__(self, requests: ToolRequests) -> None:
        self._requests: Final = requests
        self._runs: Final = requests.runs
        self._tries: Final = Tries()
        self._interrupted: Final = Interrupted()

    @_guarded
    def on_chain_start(
        self,
        serialized: Any,
        inputs: Any,
        *,
        run_id: Any,
        parent_run_id: Any = None,
        tags: Any = None,
        metadata: Any = None,
        **options: Any,
    ) -> None:
        """A graph, a node or anything else that is called a chain."""
        known = metadata or {}
        name = options.get("name") or (serialized or {}).get("name") or "chain"
        prepared = _prepared_chain(str(name), tags or (), known, is_root=parent_run_id is None)
        if prepared is None:
            self._runs.pass_through(run_id, parent_run_id)
            return
        thread, links, number = None, None, 1
        place = parent_run_id, known.get("langgraph_checkpoint_ns")
        if parent_run_id is None:
            thread = _thread(known)
            if thread is not None:
                links = self._interrupted.links_to((prepared.name, thread))
                links = links if _resumes(inputs) else None
        elif prepared.kind is Kind.STEP:
            number = self._tries.next_of(place)
            if number > 1:
                prepared.attributes[TOOLSPAN_ATTEMPT_NUMBER] = number
        call = self._runs.start(
            run_id,
            prepared,
            parent=parent_run_id,
            session_id=thread,
            conversation_id=thread,
            is_root=parent_run_id is None,
            links=links,
        )
        if call is not None and prepared.kind is Kind.STEP and isinstance(call.source, Run):
            call.source.try_of = place, number

    @_guarded
    def on_chain_end(
        self, outputs: Any, *, run_id: Any, parent_run_id: Any = None, **_options: Any
    ) -> None:
        """It returned, or stopped where the graph was told to wait."""
        del outputs
        run = self._runs.own(run_id)
        if run is not None and run.call.prepared.kind is not Kind.STEP:
            if not run.is_waiting and _has_paused():
                _wait(run)
            thread = run.call.identity.conversation_id
            if run.is_waiting and parent_run_id is None and thread is not None:
                span = run.call.span.get_span_context()
                self._interrupted.note((run.call.name, thread), span)
        self._runs.end(run_id)

    @_guarded
    def on_chain_error(
        self, error: BaseException, *, run_id: Any, parent_run_id: Any = None, **_options: Any
    ) -> None:
        """It raised, was cancelled, or gave up the floor: to a person, or to another agent."""
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if "ParentCommand" in kinds:  # how LangGraph hands over
            self._runs.end(run_id)
            return
        if "GraphInterrupt" in kinds and parent_run_id is not None:
            above = self._runs.get(parent_run_id)
            if above is not None:
                _wait(above)
        run = self._runs.own(run_id)
        if run is not None and run.try_of is not None and _is_failure(error):
            self._tries.failed(*run.try_of)
        self._runs.end(run_id, error)

    @_guarded
    def on_chat_model_start(
        self,
        serialized: Any,
        messages: Any,
        *,
        run_id: Any,
        parent_run_id: Any = None,
        metadata: Any = None,
        **options: Any,
    ) -> None:
        """A model is asked."""
        del serialized, messages
        known = metadata or {}
        parameters = options.get("invocation_params") or {}
        named = (known.get("ls_model_name"), parameters.get("model"), parameters.get("model_name"))
        model = next((name for name in named if isinstance(name, str) and name), None)
        provider = known.get("ls_provider")
        prepared = Prepared(
            Kind.LLM,
            Kind.LLM.value if model is None else safe_name(model),
            provider=safe_name(provider) if isinstance(provider, str) else None,
        )
        thread = _thread(known) if parent_run_id is None else None
        self._runs.start(
            run_id,
            prepared,
            parent=parent_run_id,
            session_id=thread,
            conversation_id=thread,
            is_root=parent_run_id is None,
            is_attached=may_attach(),
        )

    on_llm_start = on_chat_model_start

    @_guarded
    def on_llm_end(self, response: Any, *, run_id: Any, **_options: Any) -> None:
        """The model has answered."""
        run = self._runs.own(run_id)
        if run is not None:
            run.call.set_attributes(_usage(response))
        self._runs.end(run_id)

    @_guarded
    def on_llm_error(self, error: BaseException, *, run_id: Any, **_options: Any) -> None:
        """The model could not be asked."""
        self._runs.end(run_id, error)

    @_guarded
    def on_tool_start(
        self,
        serialized: Any,
        input_str: Any,
        *,
        run_id: Any,
        parent_run_id: Any = None,
        metadata: Any = None,
        inputs: Any = None,
        **options: Any,
    ) -> None:
        """A tool is run: for a request of the model, or by the user's own code."""
        del input_str
        name = str(options.get("name") or (serialized or {}).get("name") or "tool")
        if self._requests.begin_run(run_id, name):
            return
        thread = _thread(metadata or {}) if parent_run_id is None else None
        call = self._runs.start(
            run_id,
            Prepared(Kind.TOOL, safe_name(name)),
            parent=parent_run_id,
            session_id=thread,
            conversation_id=thread,
            is_root=parent_run_id is None,
        )
        if call is not None:
            describe_request(call, options.get("tool_call_id"), inputs)

    @_guarded
    def on_tool_end(self, output: Any, *, run_id: Any, **_options: Any) -> None:
        """The tool returned, maybe a message that says it failed."""
        if self._requests.end_run(run_id, None, output):
            return
        run = self._runs.own(run_id)
        if run is not None and getattr(output, "status", None) == "error":
            run.call.fail()
        self._runs.end(run_id, None, content_of(output))

    @_guarded
    def on_tool_error(self, error: BaseException, *, run_id: Any, **_options: Any) -> None:
        """The tool raised."""
        if not self._requests.end_run(run_id, error, None):
            self._runs.end(run_id, error)


def _prepared_chain(
    name: str, tags: Any, metadata: Mapping[str, Any], *, is_root: bool
) -> Prepared | None:
    if _HIDDEN in tags:
        return None
    graph = _graph_that_tells()
    if graph is not None:
        kind = Kind.AGENT if _is_agent(graph) else Kind.WORKFLOW
        return Prepared(kind, safe_name(name))
    if any(isinstance(tag, str) and tag.startswith(_NODE_TAG) for tag in tags):
        node, step = metadata.get("langgraph_node"), metadata.get("langgraph_step")
        index = step if isinstance(step, int) else None
        return Prepared(Kind.STEP, safe_name(str(node or name)), index=index)
    return Prepared(Kind.WORKFLOW, safe_name(name)) if is_root else None


def _graph_that_tells() -> Any:
    """The graph whose start is being told; nothing that it passes to a handler says so."""
    frame = _frame_of_graph()
    return None if frame is None else frame.f_locals.get("self")


def _has_paused() -> bool:
    """Whether the graph whose end is being told was to stop before or after a node."""
    frame = _frame_of_graph()
    loop = None if frame is None else frame.f_locals.get("loop")
    return str(getattr(loop, "status", "")) in ("interrupt_before", "interrupt_after")


def _frame_of_graph() -> FrameType | None:
    frame = sys._getframe(2)
    for _ in range(_FRAMES):
        back = frame.f_back
        if back is None:
            return None
        frame = back
        module = str(frame.f_globals.get("__name__"))
        if module.startswith("langgraph.pregel") and frame.f_code.co_name in ("stream", "astream"):
            return frame
        is_telling = module.startswith(("langchain_core.callbacks", "langchain_core.tracers"))
        if module.startswith(("langchain", "langgraph")) and not is_telling:
            return None  # something that a graph runs
    return None


def _resumes(inputs: Any) -> bool:
    """Whether a graph that waited is told to go on, rather than given something new to do."""
    if inputs is None:
        return True
    return type(inputs).__name__ == "Command" and getattr(inputs, "resume", None) is not None


def _wait(run: Run) -> None:
    run.is_waiting = True
    run.call.set_outcome(Outcome.INTERRUPTED)


def _is_failure(error: BaseException) -> bool:
    return outcome_of_exception(error)[0].is_failure


def _is_agent(graph: Any) -> bool:
    config = getattr(graph, "config", None)
    metadata = (config or {}).get("metadata") or {}
    if metadata.get("ls_integration") == "langchain_create_agent":
        return True
    nodes = set(getattr(graph, "nodes", ())) - {"__start__"}
    has_model = "model" in nodes or "agent" in nodes
    return has_model and all(node in _AGENT_NODES or "." in node for node in nodes)


def _thread(metadata: Mapping[str, Any]) -> str | None:
    for key in _SESSION_KEYS:
        value = metadata.get(key)
        if value is not None and value != "":
            return safe_name(str(value))
    return None


def _usage(response: Any) -> dict[str, Any]:
    generations = getattr(response, "generations", None) or [[]]
    first = next(iter(generations[0]), None)
    message = getattr(first, "message", None)
    usage: Mapping[str, Any] = getattr(message, "usage_metadata", None) or {}
    says: Mapping[str, Any] = getattr(message, "response_metadata", None) or {}
    cached = usage.get("input_token_details") or {}
    said = (getattr(response, "llm_output", None) or {}).get("token_usage") or {}
    return usage_attributes(
        input_tokens=usage.get("input_tokens", said.get("prompt_tokens")),
        output_tokens=usage.get("output_tokens", said.get("completion_tokens")),
        cache_read_tokens=cached.get("cache_read"),
        cache_write_tokens=cached.get("cache_creation"),
        reasoning_tokens=(usage.get("output_token_details") or {}).get("reasoning"),
        response_model=says.get("model_name") or says.get("model"),
        response_id=says.get("id"),
    )
