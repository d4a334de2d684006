"""Every hook into Agno, for when it is there.

It emits nothing, and its own tool hooks belong to one agent each: the functions that do the work
are wrapped. What a tool or a model raises is caught, logged and forgotten, so the log is where it
is learned.
"""

from functools import partial
from types import ModuleType

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._around import Begin, around, noting
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._peers import step_in_front_of
from toolspan.instrumentation.frameworks.agno import _calls as calls


def set_all(hooks: Hooks) -> None:
    """Hook what is there of this version."""
    step_in_front_of((scopes.OPENINFERENCE_AGNO,), hooks)
    hooks.when_imported("agno.tools.function", lambda m: _hook_tools(hooks, m))
    hooks.when_imported("agno.models.base", lambda m: _hook_models(hooks, m))
    hooks.when_imported("agno.utils.log", lambda m: _hook_log(hooks, m))
    for module, owner, begin in (
        ("agno.agent.agent", "Agent", calls.agent),
        ("agno.team.team", "Team", calls.agent),
        ("agno.workflow.workflow", "Workflow", calls.workflow),
    ):
        hooks.when_imported(module, partial(_hook_runs, hooks, owner, begin))


def _hook_runs(hooks: Hooks, owner: str, begin: Begin, module: ModuleType) -> None:
    for name in ("run", "arun"):
        hooks.wrap(getattr(module, owner), name, around(begin, calls.judge_run))


def _hook_tools(hooks: Hooks, module: ModuleType) -> None:
    for name in ("execute", "aexecute"):
        hooks.wrap(module.FunctionCall, name, around(calls.tool, calls.judge_tool))


def _hook_models(hooks: Hooks, module: ModuleType) -> None:
    for name in (
        "_process_model_response",
        "_aprocess_model_response",
        "process_response_stream",
        "aprocess_response_stream",
    ):
        hooks.wrap(module.Model, name, around(calls.model, calls.judge_model))


def _hook_log(hooks: Hooks, module: ModuleType) -> None:
    for name in ("log_error", "log_exception", "log_warning"):
        hooks.wrap(module, name, noting(calls.note_caught))
