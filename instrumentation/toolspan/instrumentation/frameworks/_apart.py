"""Generators whose body may leave contexts attached: never seen by whoever reads them."""

from collections.abc import Callable
from typing import Any

from opentelemetry.context import get_current

from toolspan.instrumentation.record import current_tracer
from toolspan.instrumentation.track._generators import (
    async_generator_function,
    generator_function,
)


class _Body:
    """Carries the context that the body runs in from step to step; records nothing itself."""

    def __init__(self) -> None:
        self.context = get_current()

    def end_with_result(self, result: object, *, judged: str | bool | None = None) -> None:
        """The body returned."""

    def end_with_exception(self, error: BaseException) -> None:
        """The body raised."""


def _begin(_args: tuple[Any, ...], _kwargs: dict[str, Any]) -> _Body | None:
    return None if current_tracer() is None else _Body()


def _finish(_run: object, _result: object) -> None:
    """What it returned is told elsewhere."""


def apart(function: Callable[..., Any]) -> Callable[..., Any]:
    """A generator function whose bodies attach contexts for themselves alone."""
    return generator_function(function, _begin, _finish)


def apart_async(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for async generator functions."""
    return async_generator_function(function, _begin, _finish)
