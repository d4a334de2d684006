"""Every hook into smolagents, for when it is there.

smolagents has no callbacks that see a tool run, so the functions that do the work are wrapped.
Runs and steps are generators, whether or not their user reads them as a stream.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._peers import step_in_front_of
from toolspan.instrumentation.frameworks.smolagents._calls import Calls
from toolspan.instrumentation.frameworks.smolagents._limits import carrying
from toolspan.instrumentation.track._generators import generator_function


def set_all(hooks: Hooks) -> None:
    """Hook what is there of this version."""
    calls = Calls(lambda model: _hook_model(hooks, model, calls))
    step_in_front_of((scopes.OPENINFERENCE_SMOLAGENTS, scopes.GENAI_SMOLAGENTS), hooks)
    hooks.when_imported("smolagents.agents", lambda module: _hook_agents(hooks, module, calls))
    hooks.when_imported("smolagents.tools", lambda module: _hook_tools(hooks, module, calls))
    hooks.when_imported(
        "smolagents.local_python_executor", lambda module: _hook_interpreter(hooks, module, calls)
    )
    hooks.when_imported(
        "smolagents.remote_executors", lambda module: _hook_remote(hooks, module, calls)
    )


def _hook_agents(hooks: Hooks, module: ModuleType, calls: Calls) -> None:
    agent = module.MultiStepAgent
    hooks.wrap(
        agent, "_run_stream", lambda f: generator_function(f, calls.body(calls.run), calls.end_run)
    )
    hooks.wrap(
        agent,
        "_generate_planning_step",
        lambda f: generator_function(f, calls.body(calls.planning), calls.finish),
    )
    for name in ("ToolCallingAgent", "CodeAgent"):
        owner = getattr(module, name, None)
        if owner is not None:
            hooks.wrap(
                owner,
                "_step_stream",
                lambda f: generator_function(f, calls.body(calls.step), calls.finish),
            )
    hooks.wrap(module.ToolCallingAgent, "execute_tool_call", calls.around(calls.request))

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def process_tool_calls(self: Any, chat_message: Any, *args: Any, **kwargs: Any) -> Any:
            calls.note_requests(self, chat_message)
            return (yield from original(self, chat_message, *args, **kwargs))

        return process_tool_calls

    hooks.wrap(module.ToolCallingAgent, "process_tool_calls", decorate)


def _hook_tools(hooks: Hooks, module: ModuleType, calls: Calls) -> None:
    hooks.wrap(module.Tool, "__call__", calls.around(calls.tool))


def _hook_interpreter(hooks: Hooks, module: ModuleType, calls: Calls) -> None:
    hooks.wrap(module.LocalPythonExecutor, "__call__", calls.around(calls.code))
    if hasattr(module, "timeout"):  # runs the code in a thread that knows nothing of its caller
        hooks.wrap(module, "timeout", carrying)


def _hook_remote(hooks: Hooks, module: ModuleType, calls: Calls) -> None:
    if hasattr(module, "RemotePythonExecutor"):
        hooks.wrap(module.RemotePythonExecutor, "__call__", calls.around(calls.code))


def _hook_model(hooks: Hooks, model: type, calls: Calls) -> None:
    """Model classes are the user's as often as not: hooked when an agent first runs with one."""
    for name, decorate in (
        ("generate", calls.around(calls.model)),
        ("generate_stream", lambda f: generator_function(f, calls.body(calls.model), calls.finish)),
    ):
        for owner in model.__mro__:
            if name in vars(owner):
                if owner.__name__ != "Model" or owner.__module__ != "smolagents.models":
                    hooks.wrap(owner, name, decorate)
                break
