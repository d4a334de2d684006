"""Every hook into Haystack, for when it is there.

Its tracer is one for the whole program, set by the program, and told neither ids nor what was
raised: so the functions that do the work are wrapped.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._around import around
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._peers import step_in_front_of
from toolspan.instrumentation.frameworks.haystack._calls import Calls, with_request


def set_all(hooks: Hooks) -> None:
    """Hook what is there of this version."""
    calls = Calls(lambda model: _hook_model(hooks, model, calls))
    step_in_front_of((scopes.OPENINFERENCE_HAYSTACK,), hooks)
    hooks.when_imported("haystack.components.agents.agent", lambda m: _hook_agent(hooks, m, calls))
    hooks.when_imported("haystack.components.agents.tool_calling", lambda m: _hook_ids(hooks, m))
    hooks.when_imported("haystack.tools.tool", lambda m: _hook_tools(hooks, m, calls))
    hooks.when_imported("haystack.core.pipeline.pipeline", lambda m: _hook_runs(hooks, m, calls))


def _hook_agent(hooks: Hooks, module: ModuleType, calls: Calls) -> None:
    for name, begin in (("run", calls.agent), ("_run_step", calls.step)):
        for variant in (name, f"{name}_async"):
            hooks.wrap(module.Agent, variant, around(begin, calls.judge, calls.origin))


def _hook_tools(hooks: Hooks, module: ModuleType, calls: Calls) -> None:
    for name in ("invoke", "invoke_async"):
        hooks.wrap(module.Tool, name, around(calls.tool, calls.judge, calls.origin))


def _hook_runs(hooks: Hooks, module: ModuleType, calls: Calls) -> None:
    pipeline = module.Pipeline
    for name in ("run", "run_async"):
        hooks.wrap(pipeline, name, around(calls.pipeline, calls.judge, calls.origin))
    for name in ("_run_component", "_run_component_async"):
        owner = next((base for base in pipeline.__mro__ if name in vars(base)), pipeline)
        hooks.wrap(owner, name, around(calls.component, calls.judge, calls.origin))


def _hook_ids(hooks: Hooks, module: ModuleType) -> None:
    """Where the model's request and the tool that answers it are put together."""

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        def make(*args: Any, **kwargs: Any) -> Any:
            return with_request(original, args, kwargs)

        return make

    hooks.wrap(module, "_make_context_bound_invoke", decorate)
    hooks.wrap(module, "_make_bounded_invoke_async", decorate)


def _hook_model(hooks: Hooks, model: type, calls: Calls) -> None:
    """Model classes are the user's as often as not: hooked when an agent first runs with one."""
    for name in ("run", "run_async"):
        owner = next((base for base in model.__mro__ if name in vars(base)), None)
        if owner is not None:
            hooks.wrap(owner, name, around(calls.model, calls.judge_model))
