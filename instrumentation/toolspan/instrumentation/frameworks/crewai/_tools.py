"""Tool calls of CrewAI.

A model asks for a tool by its provider's means, or in words (*written*). In words, CrewAI tries a
tool again by itself, up to six times: these are attempts of one call.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, Final

from opentelemetry.context import get_current

from toolspan.conventions.attributes import TOOLSPAN_HANDOFF_TO
from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._arguments import (
    describe_json_arguments,
    prepare_content,
)
from toolspan.instrumentation.frameworks.crewai._calls import (
    HANDOFF,
    Args,
    Kwargs,
    begin,
    is_handoff,
    is_ours,
    quietly,
)
from toolspan.instrumentation.record import (
    Attempt,
    Kind,
    OpenCall,
    attach,
    begin_attempt,
    detach,
    open_call_in,
    outcome_of_exception,
)

_DELEGATING: Final = frozenset({"delegate_work_to_coworker", "ask_question_to_coworker"})


def request_of_executor(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`AgentExecutor._execute_single_native_tool_call(self, tool_call)`."""
    return request(args[1:], kwargs)


def request(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`execute_single_native_tool_call(tool_call, ...)`."""
    asked = args[0] if args else kwargs.get("tool_call")
    extract = sys.modules["crewai.utilities.agent_utils"].extract_tool_call_info
    found = extract(asked)
    if not found:
        return None
    call_id, name, arguments = found
    return _begin(name, arguments, call_id if _is_said(asked, call_id) else None)


def _is_said(asked: Any, call_id: object) -> bool:
    """Whether the model's provider gave the id: CrewAI makes one up where there is none."""
    keys = ("id", "toolUseId", "call_id")
    if isinstance(asked, dict):
        return call_id in [asked.get(key) for key in keys]
    return call_id in [getattr(asked, key, None) for key in keys]


def written_request(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`execute_tool_and_check_finality(agent_action, tools, ...)`."""
    action = args[0] if args else kwargs["agent_action"]
    return _begin(action.tool, action.tool_input)


def tool(args: Args, kwargs: Kwargs) -> OpenCall | None:
    """`BaseTool.run(self, **arguments)`, by an agent or by a program."""
    name = _name_of(args[0].name)
    enclosing = open_call_in(get_current())
    if is_ours(enclosing, Kind.TOOL) and enclosing.name == name:
        return None
    if is_handoff(enclosing) and name in _DELEGATING:
        return None
    return _begin(name, kwargs if len(args) == 1 else None)


def _begin(name: str, arguments: object, call_id: object = None) -> OpenCall | None:
    name = _name_of(name)
    if name in _DELEGATING:
        call = begin(Kind.STEP, HANDOFF)
        if call is not None:
            quietly(_describe_handoff, call, arguments)
        return call
    call = begin(Kind.TOOL, name)
    if call is not None:
        call.absorbs_same_name = True
        prepare_content(call)
        describe_json_arguments(call, arguments)
        if isinstance(call_id, str) and call_id:
            call.set_tool_call_id(call_id)
    return call


def _describe_handoff(call: OpenCall, arguments: object) -> None:
    if isinstance(arguments, str):
        arguments = json.loads(arguments)
    coworker = arguments.get("coworker") if isinstance(arguments, dict) else None
    if isinstance(coworker, str):
        call.set_attribute(TOOLSPAN_HANDOFF_TO, safe_name(coworker))


def _name_of(name: str) -> str:
    """As models are told it: CrewAI compares tools by it, too."""
    return safe_name(sys.modules["crewai.utilities.string_utils"].sanitize_tool_name(name))


def judge_request(call: OpenCall, answer: Any) -> object:
    """A mapping or an object with the text that the model is given."""
    is_mapping = isinstance(answer, dict)
    failure = answer.get("tool_failure") if is_mapping else None
    _fail(call, call.instance or failure)
    return answer.get("result") if is_mapping else getattr(answer, "result", None)


def judge_tool(call: OpenCall, result: Any) -> object:
    """What a tool gave back: CrewAI's tools may say with it that they failed."""
    if type(result).__name__ == "ToolFailure":
        _fail(call, result)
    return result


def _fail(call: OpenCall, failure: Any) -> None:
    if failure is None:
        return
    if isinstance(failure, Outcome):
        call.set_outcome(failure)
    elif isinstance(failure, BaseException):
        outcome, error_type = outcome_of_exception(failure)
        call.set_outcome(outcome, error_type=error_type, message=str(failure))
    else:
        call.fail(message=getattr(failure, "message", None) or str(failure))


def origin(error: BaseException) -> BaseException:
    """What the tool raised, where its failure is to stop the agent."""
    return quietly(_origin, error) or error


def _origin(error: BaseException) -> BaseException:
    call = open_call_in(get_current())
    noted = call.instance if is_ours(call, Kind.TOOL) else None
    if type(error).__name__ == "ToolExecutionFailedError" and isinstance(noted, BaseException):
        return noted
    return error


def noting_refusal(original: Callable[..., Any]) -> Callable[..., Any]:
    """`run_before_tool_call_hooks(context)`: whether one of the user's hooks refuses the call."""

    def run(*args: Any, **kwargs: Any) -> Any:
        is_refused = original(*args, **kwargs)
        if is_refused is True:
            quietly(_note_refusal)
        return is_refused

    return run


def _note_refusal() -> None:
    call = open_call_in(get_current())
    if is_ours(call, Kind.TOOL) or is_handoff(call):
        call.instance = Outcome.DENIED


def noting_coworker(original: Callable[..., Any]) -> Callable[..., Any]:
    """`BaseAgentTool._execute(self, agent_name, task, context)`: that there is no such agent."""

    def execute(self: Any, *args: Any, **kwargs: Any) -> Any:
        quietly(_note_coworker, self, args[0] if args else kwargs.get("agent_name"))
        return original(self, *args, **kwargs)

    return execute


def _note_coworker(tool: Any, name: str | None) -> None:
    call, wanted = open_call_in(get_current()), tool.sanitize_agent_name(name or "")
    known = [tool.sanitize_agent_name(agent.role) for agent in tool.agents]
    if is_handoff(call) and wanted not in known:
        call.instance = "no such coworker"


class _Try:
    """One run of a tool that a model has asked for in words."""

    def __init__(self, tool: Any) -> None:
        context = get_current()
        call = open_call_in(context)
        self._attempt: Attempt | None = None
        self._token: Any = None
        self._call: OpenCall | None = None
        if is_ours(call, Kind.TOOL) and call.name == _name_of(tool.name):
            self._call, self._attempt = call, begin_attempt(context)
        if self._call is not None and self._attempt is not None:
            self._call.offered_attempt = self._attempt
            if self._attempt.context is not None:
                self._token = attach(self._attempt.context)

    def end(self, result: object, error: BaseException | None) -> None:
        if self._token is not None:
            detach(self._token)
        if self._call is None or self._attempt is None:
            return
        self._call.offered_attempt = None
        is_failure = type(result).__name__ == "ToolFailure"
        self._call.instance = error if error is not None else result if is_failure else None
        if error is None:
            self._attempt.end_with_result(result, judged=is_failure)
        else:
            self._attempt.end_with_exception(error)


def trying(original: Callable[..., Any]) -> Callable[..., Any]:
    """`CrewStructuredTool.invoke(self, input, config)`."""

    def invoke(self: Any, *args: Any, **kwargs: Any) -> Any:
        one = quietly(_Try, self)
        try:
            result = original(self, *args, **kwargs)
        except BaseException as error:
            quietly(_end, one, None, error)
            raise
        quietly(_end, one, result, None)
        return result

    return invoke


def trying_async(original: Callable[..., Any]) -> Callable[..., Any]:
    """The same, awaited."""

    async def ainvoke(self: Any, *args: Any, **kwargs: Any) -> Any:
        one = quietly(_Try, self)
        try:
            result = await original(self, *args, **kwargs)
        except BaseException as error:
            quietly(_end, one, None, error)
            raise
        quietly(_end, one, result, None)
        return result

    return ainvoke


def _end(one: _Try | None, result: object, error: BaseException | None) -> None:
    if one is not None:
        one.end(result, error)
