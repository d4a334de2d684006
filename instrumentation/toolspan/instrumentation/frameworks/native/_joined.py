"""Hooks where a framework runs a tool, inside the span that it has begun for that very call.

There its arguments, its id and what it raises are at hand, before the framework makes a message
of them for the model.
"""

import contextlib
import functools
import inspect
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context, get_current

from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.content import safe_name
from toolspan.instrumentation.frameworks._arguments import (
    describe_json_arguments,
    prepare_content,
)
from toolspan.instrumentation.frameworks.native._place import place_of
from toolspan.instrumentation.frameworks.native._watched import WatchedSpan, watcher_of
from toolspan.instrumentation.record import (
    IDENTITY_KEY,
    Kind,
    OpenCall,
    Prepared,
    attach,
    current_tracer,
    detach,
    join_call,
)
from toolspan.instrumentation.track._generators import async_generator_function

_log: Final = logging.getLogger("toolspan")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the framework's function was called with, as far as it describes a tool call."""

    name: object
    arguments: object = None
    call_id: object = None
    is_answered_later: bool = False
    """Whether returning nothing means that the answer comes in another way."""
    result: Callable[[], object] | None = None
    """Where the result is to be had, if the function does not return it."""


Ended = Callable[[OpenCall, Any], object]
Begin = Callable[[tuple[Any, ...], dict[str, Any]], "_Joined | None"]


def on_native_span(
    asked: Callable[..., Asked], ended: Ended | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: record the tool call that `asked(*args, **kwargs)` names on the current span.

    Only where that span is watched; otherwise the function just runs. `ended(call, result)` may
    say how a call ended that returned, and gives what is to be recorded as its result; of an
    asynchronous generator, the result is the last item.
    """

    def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Joined | None:
        return _begin(asked, ended, args, kwargs)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isasyncgenfunction(function):
            around = _around_stream(function, begin)
        elif inspect.iscoroutinefunction(function):
            around = _around_coroutine(function, begin)
        else:
            around = _around_function(function, begin)
        return functools.wraps(function)(around)

    return decorate


def _around_function(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        joined = begin(args, kwargs)
        if joined is None:
            return function(*args, **kwargs)
        with joined:
            joined.last = function(*args, **kwargs)
        return joined.last

    return run


def _around_coroutine(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    async def run(*args: Any, **kwargs: Any) -> Any:
        joined = begin(args, kwargs)
        if joined is None:
            return await function(*args, **kwargs)
        with joined:
            joined.last = await function(*args, **kwargs)
        return joined.last

    return run


def _around_stream(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        joined = begin(args, kwargs)
        if joined is None:
            return function(*args, **kwargs)
        return _joined_stream(joined, function(*args, **kwargs))

    return run


@dataclass(slots=True)
class _Joined:
    call: OpenCall
    context: Context
    watcher: WatchedSpan
    said: Asked
    ended: Ended | None
    last: object = None
    token: Any = None

    def __enter__(self) -> None:
        self.token = attach(self.context)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        detach(self.token)
        if error is None:
            self.end_with_result(self.last)
        else:
            self.end_with_exception(error)

    def end_with_exception(self, error: BaseException) -> None:
        if not isinstance(error, GeneratorExit):  # closed by the framework, which has its answer
            self.watcher.tell(error)
        self.call.end_with_exception(error)

    def end_with_result(self, result: object, *, judged: str | bool | None = None) -> None:
        try:
            if self.said.result is not None:
                result = self.said.result()
            if self.said.is_answered_later and not result:
                self.call.set_outcome(Outcome.INTERRUPTED)
            if self.ended is not None:
                result = self.ended(self.call, result)
        except Exception:
            _log.debug("the result of a tool call is not described", exc_info=True)
        self.call.end_with_result(result, judged=judged)


def _begin(
    asked: Callable[..., Asked],
    ended: Ended | None,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> _Joined | None:
    try:
        tracer, span = current_tracer(), trace.get_current_span()
        watcher = watcher_of(span)
        if tracer is None or watcher is None:
            return None
        said = asked(*args, **kwargs)
        call = join_call(
            Prepared(Kind.TOOL, safe_name(str(said.name))), tracer, get_current(), span
        )
        call.absorbs_same_name = True
        prepare_content(call)
        describe_json_arguments(call, said.arguments)
        if isinstance(said.call_id, str) and said.call_id:
            call.set_tool_call_id(said.call_id)
    except Exception:
        _log.debug("a tool call is not joined to its native span", exc_info=True)
        return None
    place = place_of(span)
    context = call.context
    if place is not None:
        context = Context({**context, IDENTITY_KEY: place.identity})
    return _Joined(call, context, watcher, said, ended)


def _joined_stream(joined: _Joined, body: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    async def noted() -> AsyncGenerator[Any, Any]:
        async with contextlib.aclosing(body) as items:
            async for item in items:
                joined.last = item
                yield item

    recorded = async_generator_function(
        noted, lambda *_: joined, lambda run, _: run.end_with_result(joined.last)
    )
    return recorded()
