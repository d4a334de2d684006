"""Retries by tenacity, and stamina which builds on it, recorded as attempts without a change.

Where a tool call encloses the retry loop, each try is an attempt of it. Where the loop encloses
the tool, as in `@retry` above `@track_tool_call`, the loop is made the tool call.
"""

import logging
import weakref
from collections.abc import Callable
from contextvars import Token
from functools import cache
from typing import Any, Final

import wrapt
from opentelemetry.context import Context

from toolspan.instrumentation.record import (
    Attempt,
    attach,
    begin_attempt,
    current_context,
    detach,
)
from toolspan.instrumentation.track._attempts import track_attempt
from toolspan.instrumentation.track._functions import coroutine_function, plain_function
from toolspan.instrumentation.track._tracking import tracking_of

_log = logging.getLogger("toolspan")

# Of the attempts that are written as `with attempt:`, by tenacity's object for each.
_running: Final[weakref.WeakKeyDictionary[Any, tuple[Attempt, Token[Context] | None]]] = (
    weakref.WeakKeyDictionary()
)


@cache
def hook_retry_libraries() -> None:
    """Record the retries of tenacity and stamina, now or when they are imported."""
    wrapt.register_post_import_hook(_hook_tenacity, "tenacity")
    wrapt.register_post_import_hook(_hook_tenacity_asyncio, "tenacity.asyncio")


def _hook_tenacity(module: Any) -> None:
    _wrap(module, "Retrying.__call__", _retrying)
    _wrap(module, "AttemptManager.__enter__", _enter)
    _wrap(module, "AttemptManager.__exit__", _exit)
    _wrap(module, "AttemptManager.__aenter__", _aenter)


def _hook_tenacity_asyncio(module: Any) -> None:
    _wrap(module, "AsyncRetrying.__call__", _async_retrying)


def _wrap(module: Any, name: str, wrapper: Callable[..., Any]) -> None:
    try:
        found: Any = module
        for part in name.split("."):
            found = getattr(found, part)
        if not isinstance(found, (wrapt.FunctionWrapper, wrapt.BoundFunctionWrapper)):
            wrapt.wrap_function_wrapper(module, name, wrapper)
    except Exception:  # another version of the library: its retries stay unrecorded, nothing else
        _log.debug("cannot record retries by %s.%s", module.__name__, name, exc_info=True)


def _retrying(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
    if not args:
        return wrapped(*args, **kwargs)
    function, *rest = args
    tracking = tracking_of(function)
    if tracking is None:
        return wrapped(track_attempt(function), *rest, **kwargs)

    def loop(*args: Any, **kwargs: Any) -> Any:
        return wrapped(function, *args, **kwargs)

    return plain_function(loop, tracking.around())(*rest, **kwargs)


async def _async_retrying(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
    if not args:
        return await wrapped(*args, **kwargs)
    function, *rest = args
    tracking = tracking_of(function)
    if tracking is None:
        return await wrapped(track_attempt(function), *rest, **kwargs)

    async def loop(*args: Any, **kwargs: Any) -> Any:
        return await wrapped(function, *args, **kwargs)

    whole = tracking.around()
    return await coroutine_function(loop, whole.begin, whole.finish)(*rest, **kwargs)


def _enter(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    attempt = begin_attempt(current_context())
    if attempt is not None:
        token = None if attempt.context is None else attach(attempt.context)
        _running[instance] = (attempt, token)
    return wrapped(*args, **kwargs)


async def _aenter(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    await wrapped(*args, **kwargs)
    return _enter(lambda: None, instance, (), {})


def _exit(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    attempt, token = _running.pop(instance, (None, None))
    if token is not None:
        detach(token)
    if attempt is not None:
        error = args[1] if len(args) > 1 else kwargs.get("exc_value")
        if error is None:
            attempt.end_with_result(None)
        else:
            attempt.end_with_exception(error)
    return wrapped(*args, **kwargs)
