"""Every hook into DSPy, for when it is there.

A program that configures DSPy again takes everybody's callbacks away, so the functions that they
are told of are wrapped instead.
"""

from types import ModuleType

from toolspan.conventions import scopes
from toolspan.instrumentation.frameworks._around import around
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._peers import step_in_front_of
from toolspan.instrumentation.frameworks.dspy import _calls as calls


def set_all(hooks: Hooks) -> None:
    """Hook what is there of this version."""
    step_in_front_of((scopes.OPENINFERENCE_DSPY,), hooks)
    hooks.when_imported("dspy.primitives.module", lambda m: _hook_modules(hooks, m))
    hooks.when_imported("dspy.adapters.types.tool", lambda m: _hook_tools(hooks, m))
    hooks.when_imported("dspy.clients.base_lm", lambda m: _hook_models(hooks, m))


def _hook_modules(hooks: Hooks, module: ModuleType) -> None:
    for name in ("__call__", "acall"):
        hooks.wrap(module.Module, name, around(calls.module, calls.judge))


def _hook_tools(hooks: Hooks, module: ModuleType) -> None:
    for name in ("__call__", "acall"):
        hooks.wrap(module.Tool, name, around(calls.tool, calls.judge))


def _hook_models(hooks: Hooks, module: ModuleType) -> None:
    for name in ("__call__", "acall"):
        hooks.wrap(module.BaseLM, name, around(calls.model, calls.judge_model))
