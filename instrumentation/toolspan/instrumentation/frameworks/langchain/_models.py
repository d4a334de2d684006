"""Model calls: current while they run, so that the spans of HTTP clients are below them.

In asynchronous code LangChain tells their start and end in tasks of its own: what is attached there
is not seen by the request, nor left again. So a call is made current around the request itself, or
is left where the model was asked.
"""

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from opentelemetry.context import attach, create_key, detach, get_current, get_value, set_value

from toolspan.instrumentation.frameworks._apart import apart, apart_async
from toolspan.instrumentation.frameworks._hooks import Hooks
from toolspan.instrumentation.frameworks._runs import Runs

_LEFT_BY_US: Final = create_key("toolspan-langchain-model")


def may_attach() -> bool:
    """Whether a model call that begins here is left for sure."""
    return asyncio._get_running_loop() is None or get_value(_LEFT_BY_US) is True


def hook_models(hooks: Hooks, module: ModuleType, owner: str, runs: Runs) -> None:
    """Where the models of `module` are asked, by whichever of their methods."""
    model = getattr(module, owner, None)
    if model is None:
        return
    hooks.wrap(model, "generate", _left)
    if hasattr(model, "_agenerate_with_cache"):  # one request
        hooks.wrap(model, "_agenerate_with_cache", lambda function: _current(function, runs))
    else:
        hooks.wrap(model, "agenerate", _left_async)
    hooks.wrap(model, "stream", lambda function: apart(function, {_LEFT_BY_US: True}))
    hooks.wrap(model, "astream", lambda function: apart_async(function, {_LEFT_BY_US: True}))


def _current(original: Callable[..., Any], runs: Runs) -> Callable[..., Any]:
    async def request(*args: Any, **kwargs: Any) -> Any:
        run = runs.own(getattr(kwargs.get("run_manager"), "run_id", None))
        if run is None:
            return await original(*args, **kwargs)
        token = attach(run.call.context)
        try:
            return await original(*args, **kwargs)
        finally:
            detach(token)

    return request


def _left(original: Callable[..., Any]) -> Callable[..., Any]:
    def generate(*args: Any, **kwargs: Any) -> Any:
        before = get_current()
        attach(set_value(_LEFT_BY_US, True, before))
        try:
            return original(*args, **kwargs)
        finally:
            attach(before)

    return generate


def _left_async(original: Callable[..., Any]) -> Callable[..., Any]:
    async def agenerate(*args: Any, **kwargs: Any) -> Any:
        before = get_current()
        attach(set_value(_LEFT_BY_US, True, before))
        try:
            return await original(*args, **kwargs)
        finally:
            attach(before)

    return agenerate
