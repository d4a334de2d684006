"""Hooks where a framework runs a tool, inside the span that it has begun for that very call.

There its arguments, its id and what it raises are at hand, before the framework makes a message
of them for the model.
"""

import functools
import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass
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

_log: Final = logging.getLogger("toolspan")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the framework's function was called with, as far as it describes a tool call."""

    name: object
    arguments: object = None
    call_id: object = None
    is_answered_later: bool = False
    """Whether returning nothing means that the answer comes in another way."""


def on_native_span(asked: Callable[..., Asked]) -> Callable[[Callable[..., Any]], Any]:
    """A decorator: record the tool call that `asked(*args, **kwargs)` names on the current span.

    Only where that span is watched and describes this tool; otherwise the function just runs.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_async(*args: Any, **kwargs: Any) -> Any:
                joined = _begin(asked, args, kwargs)
                if joined is None:
                    return await function(*args, **kwargs)
                token = attach(joined.context)
                try:
                    result = await function(*args, **kwargs)
                except BaseException as error:
                    _raised(joined, error)
                    raise
                finally:
                    detach(token)
                _returned(joined, result)
                return result

            return run_async

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            joined = _begin(asked, args, kwargs)
            if joined is None:
                return function(*args, **kwargs)
            token = attach(joined.context)
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                _raised(joined, error)
                raise
            finally:
                detach(token)
            _returned(joined, result)
            return result

        return run

    return decorate


@dataclass(frozen=True, slots=True)
class _Joined:
    call: OpenCall
    context: Context
    watcher: WatchedSpan
    is_answered_later: bool


def _begin(
    asked: Callable[..., Asked], args: tuple[Any, ...], kwargs: dict[str, Any]
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
    return _Joined(call, context, watcher, said.is_answered_later)


def _returned(joined: _Joined, result: object) -> None:
    if joined.is_answered_later and not result:
        joined.call.set_outcome(Outcome.INTERRUPTED)
    joined.call.end_with_result(result)


def _raised(joined: _Joined, error: BaseException) -> None:
    joined.watcher.tell(error)
    joined.call.end_with_exception(error)
