"""Tool calls that wait for a person, or are refused by one or by a guardrail: they do not run."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from opentelemetry.context import get_current

from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks.openai_agents._listener import (
    Listener,
    guarded,
    refuse,
    wait,
)
from toolspan.instrumentation.record import Kind, OpenCall, open_call_in


def hook_approvals(hooks: Hooks, module: ModuleType) -> None:
    """Where the SDK decides whether a tool it has opened a span for may run."""
    executor = getattr(module, "_FunctionToolBatchExecutor", None)
    if executor is not None:
        hooks.wrap(executor, "_maybe_execute_tool_approval", _seen(_note_approval))
    hooks.wrap(module, "_execute_tool_input_guardrails", _seen(_note_guardrail))


def hook_refusals(hooks: Hooks, module: ModuleType, listener: Listener) -> None:
    """Where the SDK answers the model in place of a refused tool."""

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def function_rejection_item(agent: Any, tool_call: Any, *args: Any, **kwargs: Any) -> Any:
            guarded(_note_refusal, listener, tool_call)
            return original(agent, tool_call, *args, **kwargs)

        return function_rejection_item

    hooks.wrap(module, "function_rejection_item", decorate)


def _seen(note: Callable[[Any], None]) -> Callable[..., Any]:
    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        async def decided(*args: Any, **kwargs: Any) -> Any:
            answer = await original(*args, **kwargs)
            guarded(note, answer)
            return answer

        return decided

    return decorate


def _note_approval(answer: Any) -> None:
    """None: go on. Otherwise the tool does not run: it waits for a person, or one refused."""
    call = current_tool_call()
    if answer is None or call is None:
        return
    item = type(getattr(answer, "run_item", None)).__name__
    if item == "ToolApprovalItem":
        wait(call)
    else:
        refuse(call)


def _note_guardrail(answer: Any) -> None:
    """None: go on. Otherwise what is told to the model instead."""
    call = current_tool_call()
    if answer is not None and call is not None:
        refuse(call)


def _note_refusal(listener: Listener, tool_call: Any) -> None:
    """One that was asked for in a run that was interrupted; otherwise its span is open."""
    name = getattr(tool_call, "name", None)
    if isinstance(name, str) and current_tool_call() is None:
        call_id = getattr(tool_call, "call_id", None)
        listener.tool_refused(name, call_id, getattr(tool_call, "arguments", None))


def current_tool_call() -> OpenCall | None:
    """The tool call that is open here, if that is the innermost."""
    call = open_call_in(get_current())
    return call if call is not None and call.prepared.kind is Kind.TOOL else None
