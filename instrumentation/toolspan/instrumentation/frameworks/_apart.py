"""Generators whose body may leave contexts attached: never seen by whoever reads them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from opentelemetry.context import Context, get_current

from toolspan.instrumentation.record import current_tracer
from toolspan.instrumentation.track._generators import (
    async_generator_function,
    generator_function,
)


class _Body:
    """Carries the context that the body runs in from step to step; records nothing itself."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.context = Context({**get_current(), **known}) if known else get_current()

    def end_with_result(self, result: object, *, judged: str | bool | None = None) -> None:
        """The body returned."""

    def end_with_exception(self, error: BaseException) -> None:
        """The body raised."""


def _finish(_run: object, _result: object) -> None:
    """What it returned is told elsewhere."""


def _beginning(known: Mapping[str, Any]) -> Callable[..., _Body | None]:
    def begin(_args: tuple[Any, ...], _kwargs: dict[str, Any]) -> _Body | None:
        return None if current_tracer() is None else _Body(known)

    return begin


def apart(
    function: Callable[..., Any], known: Mapping[str, Any] | None = None
) -> Callable[..., Any]:
    """A generator function whose bodies attach contexts for themselves alone.

    `known` is in the context that a body begins in.
    """
    return generator_function(function, _beginning(known or {}), _finish)


def apart_async(
    function: Callable[..., Any], known: Mapping[str, Any] | None = None
) -> Callable[..., Any]:
    """The same for async generator functions."""
    return async_generator_function(function, _beginning(known or {}), _finish, _close_later)


def _close_later(body: AsyncGenerator[Any, Any]) -> None:
    """Close a body that its reader has dropped, as the event loop would; after its end, nobody."""
    loop = asyncio._get_running_loop()
    if loop is not None and not loop.is_closed():
        loop.create_task(body.aclose())
