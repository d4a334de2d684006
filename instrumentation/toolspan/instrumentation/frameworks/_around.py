"""One decorator for functions that return a result, a coroutine, or a stream of either kind."""

import functools
import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any, Final

from toolspan.instrumentation.record import OpenCall, attach, detach
from toolspan.instrumentation.track._generators import driven, driven_async

_log: Final = logging.getLogger("toolspan")

Begin = Callable[[tuple[Any, ...], dict[str, Any]], OpenCall | None]
"""Opens the call of a function that was called with these arguments, if it is to be recorded."""
Origin = Callable[[BaseException], BaseException]
Judge = Callable[[OpenCall, Any], object]
"""Told what a function returned; says how that ends the call, and what is its result."""


def around(
    begin: Begin, judge: Judge, origin: Origin | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: what is returned is part of the call that `begin` opens, to its end.

    `judge(call, result)` says how it ended, and is given each item of a stream as well; `origin`
    gives what was raised in the first place, where the framework wraps it.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            call = _quietly(begin, args, kwargs)
            if call is None:
                return function(*args, **kwargs)
            token = attach(call.context)
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                call.end_with_exception(error if origin is None else origin(error))
                raise
            finally:
                detach(token)
            return _followed(call, result, judge, origin)

        return run

    return decorate


def noting(note: Callable[[], None]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: call `note` first."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            _quietly(note)
            return function(*args, **kwargs)

        return run

    return decorate


def _followed(call: OpenCall, result: Any, judge: Judge, origin: Origin | None) -> Any:
    if inspect.iscoroutine(result):
        return _awaited(call, result, judge, origin)
    if inspect.isgenerator(result):
        return driven(call, _judged(call, result, judge), _end)
    if inspect.isasyncgen(result):
        return driven_async(call, _judged_async(call, result, judge), _end)
    inner = getattr(result, "result", None)  # of a tool that gives one piece after the other
    if inspect.isgenerator(inner):
        result.result = driven(call, inner, _end)
        return result
    if inspect.isasyncgen(inner):
        result.result = driven_async(call, inner, _end)
        return result
    call.end_with_result(_quietly(judge, call, result))
    return result


async def _awaited(
    call: OpenCall, result: Awaitable[Any], judge: Judge, origin: Origin | None
) -> Any:
    token = attach(call.context)
    try:
        answer = await result
    except BaseException as error:
        call.end_with_exception(error if origin is None else origin(error))
        raise
    finally:
        detach(token)
    return _followed(call, answer, judge, origin)


def _judged(
    call: OpenCall, items: Generator[Any, Any, Any], judge: Judge
) -> Generator[Any, Any, Any]:
    try:
        for item in items:
            _quietly(judge, call, item)
            yield item
    finally:
        items.close()


async def _judged_async(
    call: OpenCall, items: AsyncGenerator[Any, Any], judge: Judge
) -> AsyncGenerator[Any, Any]:
    try:
        async for item in items:
            _quietly(judge, call, item)
            yield item
    finally:
        await items.aclose()


def _end(call: Any, _result: object) -> None:
    call.end_with_result(None)


def _quietly(function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    except Exception:
        _log.debug("toolspan could not follow a call", exc_info=True)
        return None
