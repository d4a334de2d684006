"""Wrappers for each kind of callable: closures, because a proxy costs four times as much."""

import asyncio
import functools
import inspect
import types
from collections.abc import Callable, Coroutine
from typing import Any, Final

from opentelemetry.context import attach, detach

from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.record import OpenCall, leave_dropped
from toolspan.instrumentation.track._generators import (
    async_generator_function,
    driven,
    driven_async,
    generator_function,
)
from toolspan.instrumentation.track._tracking import MARK, Run, Tracking

_DEFERRED: Final = frozenset(
    {
        types.CoroutineType,
        types.GeneratorType,
        types.AsyncGeneratorType,
        asyncio.Future,
        asyncio.Task,
    }
)


def wrap_callable(function: Callable[..., Any], tracking: Tracking) -> Callable[..., Any]:
    """`function` with its calls recorded; of the same kind, with the same signature."""
    subject: Any = function
    while isinstance(subject, functools.partial):
        subject = subject.func
    if not inspect.isroutine(subject) and not isinstance(subject, type):
        subject = getattr(type(subject), "__call__", subject)  # noqa: B004  an instance's class
    wrapper: Callable[..., Any]
    if inspect.isasyncgenfunction(subject):
        wrapper = async_generator_function(function, tracking.begin, tracking.finish)
    elif inspect.isgeneratorfunction(subject):
        wrapper = generator_function(function, tracking.begin, tracking.finish)
    elif inspect.iscoroutinefunction(subject):
        wrapper = coroutine_function(function, tracking)
    else:
        wrapper = plain_function(function, tracking)
    functools.update_wrapper(wrapper, function)
    if not hasattr(function, "__name__"):  # partials and callable objects have none to copy
        wrapper.__name__ = wrapper.__qualname__ = _name_of(function)
    setattr(wrapper, MARK, tracking)
    tracking.wrapper = wrapper
    return wrapper


def _name_of(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", type(function).__name__)


def plain_function(function: Callable[..., Any], tracking: Tracking) -> Callable[..., Any]:
    """A function whose calls are recorded, also those that return something to be awaited."""
    begin, finish = tracking.begin, tracking.finish
    judges = tracking.judges

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        run = begin(args, kwargs)
        if run is None:
            return function(*args, **kwargs)
        context = run.context
        token = None if context is None else attach(context)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            if token is not None:
                detach(token)
            run.end_with_exception(error)
            raise
        if token is not None:
            detach(token)
        if type(result) in _DEFERRED:
            return _when_it_is_done(run, result, tracking)
        if judges:
            finish(run, result)
        else:
            run.end_with_result(result)
        return result

    return wrapper


def _when_it_is_done(run: Run, result: Any, tracking: Tracking) -> Any:
    """What a plain function returned to be awaited or iterated: the call lasts until then."""
    if isinstance(result, types.GeneratorType):
        return driven(run, result, tracking.finish)
    if isinstance(result, types.AsyncGeneratorType):
        return driven_async(run, result, tracking.finish)
    if isinstance(result, types.CoroutineType):
        return _awaited(run, result, tracking)

    def done(future: asyncio.Future[Any]) -> None:
        if future.cancelled():
            run.end_with_exception(asyncio.CancelledError())
        elif (error := future.exception()) is not None:
            run.end_with_exception(error)
        else:
            tracking.finish(run, future.result())

    result.add_done_callback(done)
    return result


def coroutine_function(function: Callable[..., Any], tracking: Tracking) -> Callable[..., Any]:
    """The same for a coroutine function."""
    begin = tracking.begin

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        run = begin(args, kwargs)
        if run is None:
            return await function(*args, **kwargs)
        return await _awaited(run, function(*args, **kwargs), tracking)

    return wrapper


async def _awaited(run: Run, coroutine: Coroutine[Any, Any, Any], tracking: Tracking) -> Any:
    context = run.context
    token = None if context is None else attach(context)
    try:
        result = await coroutine
    except GeneratorExit:
        # The coroutine was dropped unfinished, perhaps from another context.
        leave_dropped(token, run)
        if isinstance(run, OpenCall):
            run.end(Outcome.ABANDONED)
        else:
            run.end_with_exception(GeneratorExit())
        raise
    except BaseException as error:
        if token is not None:
            detach(token)
        run.end_with_exception(error)
        raise
    if token is not None:
        detach(token)
    tracking.finish(run, result)
    return result
