"""Marks the code that makes one try of the enclosing tool call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, overload

from toolspan.instrumentation.record import Attempt, attach, begin_attempt, current_context, leave
from toolspan.instrumentation.track._functions import recorded_by

Function = TypeVar(
    "Function", bound="Callable[..., Any] | classmethod[Any, ..., Any] | staticmethod[..., Any]"
)


@overload
def track_attempt(function: Function, /) -> Function: ...
@overload
def track_attempt() -> Any: ...
def track_attempt(function: Any = None, /) -> Any:
    """Say that each call of `function` is one try of the tool call it runs in.

    For the inside of a retry loop; without a function it is a context manager. Takes all that
    `track_tool_call` takes, classes aside. A call that takes one try is recorded as before; from
    the second on, every try has a span below the call's, and the call ends as its last try did.
    Outside a tool call it does nothing.

    >>> @track_attempt
    ... def fetch_once(url: str) -> str:
    ...     return url
    >>> fetch_once("a")
    'a'
    """
    if function is None:
        return _attempt_block()
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(track_attempt(function.__func__))
    if isinstance(function, type) or not callable(function):
        raise TypeError(f"expected a function or callable that makes a try, found {function!r}")
    return recorded_by(function, _Tries())


class _Tries:
    """Records each call as one try."""

    judges: bool = False

    @staticmethod
    def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Attempt | None:  # noqa: ARG004
        return begin_attempt(current_context())

    @staticmethod
    def finish(attempt: Any, result: object) -> None:
        attempt.end_with_result(result)


@contextmanager
def _attempt_block() -> Iterator[Attempt | None]:
    attempt = begin_attempt(current_context())
    context = None if attempt is None else attempt.context
    token = None if context is None else attach(context)
    try:
        yield attempt
    except BaseException as error:
        if attempt is not None:
            attempt.end_with_exception(error)
        raise
    finally:
        if token is not None and context is not None:
            leave(token, context)
    if attempt is not None:
        attempt.end_with_result(None)
