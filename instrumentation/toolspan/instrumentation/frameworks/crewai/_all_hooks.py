"""Every hook into CrewAI, for when it is there.

The handlers of its event bus are called in threads, out of order: so the functions that do the
work are wrapped, and the bus is listened to where events are emitted. What a tool raises is in
these events only, and so is what a model's answer took.
"""

from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._around import Begin, around
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._peers import step_in_front_of
from toolspan.instrumentation.frameworks.crewai import _calls as calls
from toolspan.instrumentation.frameworks.crewai import _tools as tools


def set_all(hooks: Hooks) -> None:
    """Hook what is there of this version."""
    step_in_front_of((scopes.OPENINFERENCE_CREWAI, scopes.OPENLLMETRY_CREWAI), hooks)
    for module, owner, begin, names in (
        ("crewai.crew", "Crew", calls.crew, ("kickoff", "akickoff")),
        ("crewai.task", "Task", calls.task, ("_execute_core", "_aexecute_core")),
        ("crewai.agent.core", "Agent", calls.agent, ("execute_task", "aexecute_task")),
        ("crewai.agent.core", "Agent", calls.agent, ("kickoff", "kickoff_async")),
        ("crewai.lite_agent", "LiteAgent", calls.agent, ("kickoff",)),
        ("crewai.flow.runtime", "Flow", calls.flow, ("kickoff_async",)),
        ("crewai.flow.runtime", "Flow", calls.method, ("_execute_method",)),
    ):
        hooks.when_imported(module, partial(_hook_runs, hooks, owner, begin, names))
    hooks.when_imported("crewai.agents.agent_executor", lambda m: _hook_executor(hooks, m))
    hooks.when_imported("crewai.utilities.agent_utils", lambda m: _hook_requests(hooks, m))
    hooks.when_imported("crewai.utilities.tool_utils", lambda m: _hook_written_requests(hooks, m))
    hooks.when_imported("crewai.hooks.tool_hooks", lambda m: _hook_refusals(hooks, m))
    hooks.when_imported("crewai.tools.base_tool", lambda m: _hook_tools(hooks, m))
    hooks.when_imported(
        "crewai.tools.agent_tools.base_agent_tools", lambda m: _hook_coworkers(hooks, m)
    )
    hooks.when_imported("crewai.tools.structured_tool", lambda m: _hook_tries(hooks, m))
    hooks.when_imported("crewai.llms.base_llm", lambda m: _hook_models(hooks, m))
    hooks.when_imported("crewai.events.event_bus", lambda m: _hook_events(hooks, m))


def _hook_runs(
    hooks: Hooks, owner: str, begin: Begin, names: tuple[str, ...], module: ModuleType
) -> None:
    for name in names:
        decorate = around(begin, calls.judge_run, calls.origin)
        hooks.wrap(getattr(module, owner), name, decorate)


def _hook_executor(hooks: Hooks, module: ModuleType) -> None:
    decorate = around(tools.request_of_executor, tools.judge_request, tools.origin)
    hooks.wrap(module.AgentExecutor, "_execute_single_native_tool_call", decorate)


def _hook_requests(hooks: Hooks, module: ModuleType) -> None:
    decorate = around(tools.request, tools.judge_request, tools.origin)
    hooks.wrap(module, "execute_single_native_tool_call", decorate)


def _hook_written_requests(hooks: Hooks, module: ModuleType) -> None:
    for name in ("execute_tool_and_check_finality", "aexecute_tool_and_check_finality"):
        decorate = around(tools.written_request, tools.judge_request, tools.origin)
        hooks.wrap(module, name, decorate)


def _hook_refusals(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module, "run_before_tool_call_hooks", tools.noting_refusal)


def _hook_coworkers(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module.BaseAgentTool, "_execute", tools.noting_coworker)


def _hook_tools(hooks: Hooks, module: ModuleType) -> None:
    for owner in (module.BaseTool, module.Tool):
        for name in ("run", "arun"):
            hooks.wrap(owner, name, around(tools.tool, tools.judge_tool))


def _hook_tries(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module.CrewStructuredTool, "invoke", tools.trying)
    hooks.wrap(module.CrewStructuredTool, "ainvoke", tools.trying_async)


def _hook_events(hooks: Hooks, module: ModuleType) -> None:
    hooks.wrap(module.CrewAIEventsBus, "emit", calls.noting_event)


def _hook_models(hooks: Hooks, module: ModuleType) -> None:
    """Model classes are the user's as often as not: hooked as they are made."""

    def hook(model: type) -> None:
        for name in ("call", "acall"):
            if name in vars(model):
                hooks.wrap(model, name, around(calls.model, calls.judge_model))

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def init_subclass(cls: type, **kwargs: Any) -> None:
            original(cls, **kwargs)
            calls.quietly(hook, cls)

        return init_subclass

    hooks.wrap(module.BaseLLM, "__init_subclass__", decorate)
    for model in _below(module.BaseLLM):
        hook(model)


def _below(cls: type[Any]) -> Iterator[type[Any]]:
    sub: type[Any]
    for sub in cls.__subclasses__():
        yield sub
        yield from _below(sub)
