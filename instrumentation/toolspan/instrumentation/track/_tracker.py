"""`track_*` without a function: a decorator, and a context manager for a block of code."""

import inspect
from collections.abc import Callable, Sequence
from contextvars import Token
from types import TracebackType
from typing import Any, TypeVar

from opentelemetry.context import Context

from toolspan.instrumentation.record import (
    Kind,
    OpenCall,
    attach,
    current_context,
    leave,
    open_call_in,
    unrecorded_call,
)
from toolspan.instrumentation.track._functions import wrap_callable
from toolspan.instrumentation.track._options import AnyOptions
from toolspan.instrumentation.track._tracking import Tracking

Target = TypeVar(
    "Target", bound="Callable[..., Any] | classmethod[Any, ..., Any] | staticmethod[..., Any]"
)

# What `with` gives when nothing is recorded: takes everything, keeps nothing.
_UNRECORDED = {kind: unrecorded_call(kind) for kind in Kind}


class Tracker:
    """What `track_tool_call("name")` and its siblings give.

    As a decorator it records each call of what it decorates; as a context manager (`with` or
    `async with`) it records the block as one call, and `as call` is its open call.
    """

    def __init__(self, kind: Kind, options: AnyOptions) -> None:
        self._kind = kind
        self._options = options
        self._block: Tracking | None = None
        self._entered: list[tuple[OpenCall, Token[Context]] | None] = []

    def __call__(self, target: Target) -> Target:
        """Track a function, method, static or class method, callable, or methods of a class."""
        return track(target, self._kind, self._options)  # type: ignore[no-any-return]

    def __enter__(self) -> OpenCall:
        if self._block is None:
            self._block = Tracking(self._kind, None, self._options)
        run = self._block.begin((), {})
        if not isinstance(run, OpenCall):
            self._entered.append(None)
            return _UNRECORDED[self._kind]
        self._entered.append((run, attach(run.context)))
        return run

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        entered = self._leave()
        if entered is None:
            return
        call, token = entered
        leave(token, call.context)
        if error is not None:
            call.end_with_exception(error)
        else:
            call.end_with_result(None)

    async def __aenter__(self) -> OpenCall:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _leave(self) -> tuple[OpenCall, Token[Context]] | None:
        """The innermost of our calls that is open here: one tracker may be entered by many.

        Where none is, the block was not recorded, or entered in another task than it is left in.
        """
        here = open_call_in(current_context())
        while here is not None:
            for number, entered in enumerate(self._entered):
                if entered is not None and entered[0] is here:
                    return self._entered.pop(number)
            here = here.parent
        if None in self._entered:
            self._entered.remove(None)
            return None
        return self._entered.pop() if len(self._entered) == 1 else None


def track(target: Any, kind: Kind, options: AnyOptions) -> Any:
    """`target` with its calls recorded as `kind`."""
    methods = options.get("methods")
    if isinstance(target, type):
        return _track_class(target, kind, options, methods)
    if methods is not None:
        raise TypeError(f"methods= needs a class to decorate, found {target!r}")
    if isinstance(target, (staticmethod, classmethod)):
        return type(target)(track(target.__func__, kind, options))
    if isinstance(target, property) or not callable(target):
        raise TypeError(
            f"expected a function, method, class or callable to track, found {target!r}"
        )
    return wrap_callable(target, Tracking(kind, target, options))


def _track_class(cls: type, kind: Kind, options: AnyOptions, methods: Sequence[str] | None) -> type:
    if isinstance(methods, str) or not methods:
        raise TypeError(f"to track the class {cls.__name__}, name its methods: methods=['run']")
    for name in methods:
        found = inspect.getattr_static(cls, name, None)
        if found is None:
            raise TypeError(f"the class {cls.__name__} has no method {name!r} to track")
        setattr(cls, name, track(found, kind, {**options, "methods": None}))  # type: ignore[typeddict-item]
    return cls
