"""Callables that are no plain functions: what can stand in for them, and what is behind them."""

import copy
from collections.abc import Callable
from functools import partial, update_wrapper
from types import FunctionType
from typing import Any, Final

import wrapt

AnyCallable = Callable[..., Any]

# Proxies of wrapt 2 are iterable, whatever they stand for; their base is not.
_Proxy: Any = getattr(wrapt, "BaseObjectProxy", wrapt.ObjectProxy)

# What holds the user's function in a command of click or typer, and in tools of frameworks.
_FUNCTIONS_OF_OBJECTS: Final = ("callback", "fn", "func", "coroutine")


class StandIn(_Proxy):  # type: ignore[misc]
    """Behaves as the object it stands in for, except that calls of it are recorded."""

    def __init__(self, old: Any, recorded: AnyCallable) -> None:
        super().__init__(old)
        self._self_recorded = recorded

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._self_recorded(*args, **kwargs)

    # Copies and what another process unpickles are the object itself.
    def __copy__(self) -> Any:
        return copy.copy(self.__wrapped__)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(self.__wrapped__, memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__wrapped__.__reduce_ex__(protocol)

    def __reduce__(self) -> Any:
        return self.__wrapped__.__reduce__()


class MethodStandIn(StandIn):
    """Stands in for a descriptor: a cached, dispatching or otherwise wrapped method."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        bound = self.__wrapped__.__get__(instance, owner)
        recorded = self._self_recorded
        return StandIn(bound, recorded if instance is None else partial(recorded, instance))


def function_behind(value: Any) -> FunctionType | None:
    """The user's function in an object that is called through it and never by itself."""
    is_command = any(kind.__module__.startswith("click.") for kind in type(value).__mro__)
    if hasattr(type(value), "__get__") or (callable(value) and not is_command):
        return None
    for name in _FUNCTIONS_OF_OBJECTS[:1] if is_command else _FUNCTIONS_OF_OBJECTS:
        function = getattr(value, name, None)
        if isinstance(function, FunctionType):
            return function
    return None


def bound_call(descriptor: Any, name: str) -> AnyCallable:
    """A function that takes the instance first and calls the descriptor through binding."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return descriptor.__get__(self, type(self))(*args, **kwargs)

    wrapped = getattr(descriptor, "__wrapped__", None)
    if wrapped is not None:
        update_wrapper(method, wrapped)
    else:
        method.__name__ = name
    return method


def instead(callee: Any) -> str:
    """The function behind something callable: changed in place, it is recorded for every holder."""
    for _ in range(10):  # objects that have every attribute, such as mocks, never come to an end
        if isinstance(callee, FunctionType):
            return f"; target {callee.__module__}:{callee.__qualname__} instead"
        callee = (
            getattr(callee, "func", None)
            or getattr(callee, "__wrapped__", None)
            or vars(type(callee)).get("__call__")
        )
    return ""
