"""The units of work of smolagents, as calls of ours."""

import functools
import logging
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace import Link, Tracer

from toolspan.conventions import scopes
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._arguments import (
    describe_json_arguments,
    prepare_content,
)
from toolspan.instrumentation.frameworks._interrupted import Interrupted
from toolspan.instrumentation.frameworks._peers import past_peers
from toolspan.instrumentation.frameworks.smolagents._limits import LIMIT_KEY
from toolspan.instrumentation.record import (
    Kind,
    OpenCall,
    Prepared,
    current_tracer,
    error_type_of,
    is_suppressed,
    open_call,
    open_call_in,
    outcome_of_exception,
    tracer_of,
    usage_attributes,
)
from toolspan.instrumentation.track._run import Run

_log: Final = logging.getLogger("toolspan")

_DEEPEST: Final = 10

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
Begin = Callable[[Args, Kwargs], "OpenCall | None"]


class Calls:
    """What is begun for each hooked function; none of it raises."""

    def __init__(self, hook_model: Callable[[type], None]) -> None:
        self._hook_model: Final = hook_model
        self._known_models: Final[weakref.WeakSet[type]] = weakref.WeakSet()
        self._requests: Final[weakref.WeakKeyDictionary[Any, tuple[Context, list[Any]]]] = (
            weakref.WeakKeyDictionary()
        )
        self._lock: Final = threading.Lock()
        self._interrupted: Final = Interrupted()
        self._keys: Final[weakref.WeakKeyDictionary[Any, object]] = weakref.WeakKeyDictionary()
        self._tracers: Final[weakref.WeakKeyDictionary[Any, Tracer | None]] = (
            weakref.WeakKeyDictionary()
        )

    # --- what begins ------------------------------------------------------------------------

    def run(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`MultiStepAgent._run_stream(self, task, max_steps, ...)`."""
        del kwargs
        agent = args[0]
        self._meet_model(agent)
        name = getattr(agent, "name", None) or type(agent).__name__
        links = self._interrupted.links_to(self._key_of(agent))
        if links is not None and _is_told_something_new(agent):
            links = None
        return self._open(Prepared(Kind.AGENT, safe_name(str(name))), agent, links=links)

    def step(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`_step_stream(self, memory_step)`."""
        agent, *given = args
        step = given[0] if given else kwargs.get("memory_step")
        number = getattr(step, "step_number", None)
        return self._open(
            Prepared(Kind.STEP, "step", index=number if isinstance(number, int) else None), agent
        )

    def planning(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`_generate_planning_step(self, ...)`."""
        del kwargs
        return self._open(Prepared(Kind.STEP, "planning"), args[0])

    def code(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`PythonExecutor.__call__(self, code)`: what a code agent has written."""
        del kwargs
        return self._open(Prepared(Kind.STEP, "python"), args[0])

    def request(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`ToolCallingAgent.execute_tool_call(self, tool_name, arguments)`."""
        agent, *given = args
        name = given[0] if given else kwargs.get("tool_name")
        arguments = given[1] if len(given) > 1 else kwargs.get("arguments")
        known = {**getattr(agent, "tools", {}), **getattr(agent, "managed_agents", {})}
        prepared = Prepared(Kind.TOOL, safe_name(str(name)), is_registered=name in known)
        call = self._open(prepared, agent, self._context_of_requests(agent))
        if call is not None:
            self._describe_tool(call, arguments)
            call_id = self._id_of_request(agent, name, arguments)
            if isinstance(call_id, str) and call_id:
                call.set_tool_call_id(call_id)
        return call

    def tool(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`Tool.__call__(self, ...)`: from code, or for a request, whose call is open then."""
        tool = args[0]
        name = safe_name(str(getattr(tool, "name", type(tool).__name__)))
        enclosing = open_call_in(get_current())
        if enclosing is not None and enclosing.source is self and enclosing.is_open:
            is_same = enclosing.prepared.kind is Kind.TOOL and enclosing.name == name
            if is_same and enclosing.instance is not tool:
                return None
        call = self._open(Prepared(Kind.TOOL, name), tool)
        if call is not None:
            given = {key: kwargs[key] for key in kwargs if key != "sanitize_inputs_outputs"}
            given.update(zip(getattr(tool, "inputs", ()), args[1:], strict=False))
            self._describe_tool(call, given)
        return call

    def model(self, args: Args, kwargs: Kwargs) -> OpenCall | None:
        """`Model.generate(self, messages, ...)`, also where a subclass calls its parent's."""
        del kwargs
        model = args[0]
        enclosing = open_call_in(get_current())
        if enclosing is not None and enclosing.instance is model and enclosing.is_open:
            return None
        name = getattr(model, "model_id", None)
        name = safe_name(name) if isinstance(name, str) and name else Kind.LLM.value
        return self._open(Prepared(Kind.LLM, name), model)

    def note_requests(self, agent: Any, message: Any) -> None:
        """The model's requests: where they are carried out, their ids are not known."""
        try:
            requests = list(getattr(message, "tool_calls", None) or ())
            with self._lock:
                self._requests[agent] = get_current(), requests
        except Exception:
            _log.debug("ids of tool calls not recorded", exc_info=True)

    # --- how it ends ------------------------------------------------------------------------

    def finish(self, body: Any, result: object) -> None:
        """A step's generator has ended."""
        body.end_with_result(result)

    def end_run(self, body: Any, result: object) -> None:
        """An agent's generator has ended: with an answer, or because its steps were used up."""
        del result
        try:
            steps = body.call.instance.memory.steps
            error: Any = getattr(steps[-1], "error", None) if steps else None
            if type(error).__name__ == "AgentMaxStepsError":
                error_type = error_type_of(type(error))
                body.call.set_outcome(Outcome.ERROR, error_type=error_type, message=str(error))
        except Exception:
            _log.debug("end of an agent not looked at", exc_info=True)
        body.end_with_result(None)

    def body(self, begin: Begin) -> Callable[[Args, Kwargs], Run | None]:
        """The same for a generator function, whose bodies `begin` opens."""

        def begin_body(args: Args, kwargs: Kwargs) -> Run | None:
            call = _quietly(begin, args, kwargs)
            return None if call is None else _Body(call, self._note_interruption)

        return begin_body

    def around(self, begin: Begin) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator for a plain function whose runs `begin` opens."""

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(function)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                call = _quietly(begin, args, kwargs)
                if call is None:
                    return function(*args, **kwargs)
                token = attach(call.context)
                try:
                    result = function(*args, **kwargs)
                except BaseException as error:
                    call.end_with_exception(_origin(error))
                    raise
                finally:
                    detach(token)
                _describe_answer(call, result)
                _look_at_the_clock(call)
                call.end_with_result(result)
                return result

            return wrapper

        return decorate

    # --- helpers ----------------------------------------------------------------------------

    def _key_of(self, agent: Any) -> object:
        with self._lock:
            return self._keys.setdefault(agent, object())

    def _note_interruption(self, call: OpenCall) -> None:
        self._interrupted.note(self._key_of(call.instance), call.span.get_span_context())

    def _open(
        self,
        prepared: Prepared,
        instance: Any,
        context: Context | None = None,
        links: Sequence[Link] | None = None,
    ) -> OpenCall | None:
        if current_tracer() is None:
            return None
        if context is None:
            context = get_current()
        if is_suppressed(context):
            return None
        tracer = self._tracer()
        if tracer is None:
            return None
        call = open_call(prepared, tracer, past_peers(context), links=links)
        if call is not None:
            call.source = self
            call.instance = instance
        return call

    def _tracer(self) -> Tracer | None:
        provider = trace.get_tracer_provider()
        if provider not in self._tracers:
            self._tracers[provider] = tracer_of(provider, scopes.TOOLSPAN_SMOLAGENTS)
        return self._tracers[provider]

    def _meet_model(self, agent: Any) -> None:
        model = type(getattr(agent, "model", None))
        if model in self._known_models:
            return
        self._known_models.add(model)
        try:
            self._hook_model(model)
        except Exception:
            _log.debug("model calls of %r not recorded", model, exc_info=True)

    def _describe_tool(self, call: OpenCall, arguments: object) -> None:
        call.absorbs_same_name = True
        prepare_content(call)
        describe_json_arguments(call, arguments)

    def _context_of_requests(self, agent: Any) -> Context | None:
        """Older versions run tools side by side in threads that know nothing of their caller."""
        if open_call_in(get_current()) is not None:
            return None
        with self._lock:
            context, _ = self._requests.get(agent, (None, []))
        return context

    def _id_of_request(self, agent: Any, name: object, arguments: object) -> object:
        with self._lock:
            _, requests = self._requests.get(agent, (None, []))
            for request in requests:
                function = request.function
                given = function.arguments or {}
                if function.name == name and (given is arguments or given == arguments):
                    requests.remove(request)
                    return request.id
        return None


def _quietly(begin: Begin, args: Args, kwargs: Kwargs) -> OpenCall | None:
    try:
        return begin(args, kwargs)
    except Exception:
        _log.debug("toolspan could not follow smolagents", exc_info=True)
        return None


def _origin(error: BaseException) -> BaseException:
    """What a tool or a model raised, out of what smolagents wraps it in.

    The wrapping repeats arguments and code in its message; the limit of time is smolagents' own.
    """
    for _ in range(_DEEPEST):
        inner = error.__cause__ or error.__context__
        if inner is None or not type(error).__module__.startswith("smolagents."):
            break
        if outcome_of_exception(error)[0] is Outcome.TIMEOUT:
            break
        error = inner
    return error


class _Body:
    """A call that is a generator's body."""

    __slots__ = ("_note_interruption", "call")

    def __init__(self, call: OpenCall, note_interruption: Callable[[OpenCall], None]) -> None:
        self.call: Final = call
        self._note_interruption: Final = note_interruption

    @property
    def context(self) -> Context | None:
        return self.call.context

    def end_with_result(self, result: object, *, judged: str | bool | None = None) -> None:
        _look_at_the_clock(self.call)
        self.call.end_with_result(result, judged=judged)

    def end_with_exception(self, error: BaseException) -> None:
        if _is_interruption(self.call, error):
            self._note_interruption(self.call)
            self.call.end(Outcome.INTERRUPTED)
        else:
            self.call.end_with_exception(_origin(error))


def _look_at_the_clock(call: OpenCall) -> None:
    """What ends after its time is up goes on for nothing: nobody waits for it any longer."""
    limit: Any = call.context.get(LIMIT_KEY)
    if limit is not None and monotonic() > limit.end:
        call.set_outcome(Outcome.TIMEOUT, error_type=limit.error_type)


def _is_interruption(call: OpenCall, error: BaseException) -> bool:
    """Whether somebody has called `agent.interrupt()`: only the switch tells."""
    if call.prepared.kind is not Kind.AGENT or type(error).__name__ != "AgentError":
        return False
    return getattr(call.instance, "interrupt_switch", False) is True


def _is_told_something_new(agent: Any) -> bool:
    """Whether the agent has forgotten what it did before: `run(reset=True)`, as it is by itself."""
    return len(getattr(getattr(agent, "memory", None), "steps", ())) <= 1


def _describe_answer(call: OpenCall, result: object) -> None:
    if call.prepared.kind is not Kind.LLM:
        return
    usage: Any = getattr(result, "token_usage", None)
    if isinstance(usage, Mapping) or usage is None:
        return
    call.set_attributes(
        usage_attributes(
            input_tokens=getattr(usage, "input_tokens", None),
            output_tokens=getattr(usage, "output_tokens", None),
        )
    )
