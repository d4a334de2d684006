"""What a decorated function says about itself, looked at once."""

import inspect
from collections.abc import Callable
from typing import Any

from toolspan.instrumentation.record import Kind


def is_method(function: Callable[..., Any] | None) -> bool:
    """Whether the first argument of `function` is an instance or a class."""
    if function is None or inspect.ismethod(function):
        return False
    scope = getattr(function, "__qualname__", "").rpartition(".")[0]
    if not scope or scope.endswith("<locals>"):
        return False
    try:
        first = next(iter(inspect.signature(function).parameters), "")
    except Exception:  # no signature, or an object that answers with anything
        return False
    return first in ("self", "cls", "mcs")


def default_name(kind: Kind, function: Callable[..., Any] | None) -> str:
    """What a call of `function` is called when nobody says otherwise."""
    if function is None or kind is Kind.LLM:  # a function's name is no model's
        return kind.value
    if inspect.ismethod(function) and kind is Kind.AGENT:
        owner = function.__self__
        return (owner if isinstance(owner, type) else type(owner)).__name__
    named: Any = function
    while not hasattr(named, "__name__") and hasattr(named, "func"):  # functools.partial
        named = named.func
    if kind is Kind.AGENT:
        scope = getattr(named, "__qualname__", "").rpartition(".")[0]
        if scope and not scope.endswith("<locals>"):
            return scope.rpartition(".")[2]
    name = getattr(named, "__name__", None)
    return name if isinstance(name, str) else str(type(named).__name__)
