"""Generators: the call's context is current while the body runs, and never in the consumer."""

import sys
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from toolspan.conventions.outcomes import Outcome
from toolspan.instrumentation.record import (
    Attempt,
    OpenCall,
    attach,
    current_context,
    detach,
    leave_dropped,
)
from toolspan.instrumentation.track._run import Begin, Finish, Run

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context import Context


class RollingContext:
    """Attached around each step of a generator's body, and carried from step to step.

    What the body attaches itself and keeps across a `yield` is there again in its next step.
    """

    __slots__ = ("_context", "_run", "_token")

    def __init__(self, run: Run | None) -> None:
        self._run = run
        self._context: Context | None = None if run is None else run.context
        self._token: Token[Context] | None = None

    def __enter__(self) -> None:
        if self._context is not None:
            self._token = attach(self._context)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        token = self._token
        if token is None:
            return
        self._token = None
        if kind is GeneratorExit:
            # An async body dropped in the middle of a step, perhaps from another context.
            leave_dropped(token, self._run)
            return
        self._context = current_context()
        detach(token)


def generator_function(
    function: Callable[..., Generator[Any, Any, Any]], begin: Begin, finish: Finish
) -> Callable[..., Generator[Any, Any, Any]]:
    """A generator function whose bodies are recorded from the first step to the last."""

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        run = begin(args, kwargs)
        if run is None:
            return (yield from function(*args, **kwargs))
        step = RollingContext(run)
        try:
            with step:
                body = function(*args, **kwargs)
                item = next(body)
            while True:
                try:
                    sent = yield item
                except GeneratorExit:
                    with step:
                        body.close()
                    raise
                except BaseException as error:  # the body is to see all of them
                    with step:
                        item = body.throw(error)
                else:
                    with step:
                        item = body.send(sent)
        except StopIteration as stop:
            finish(run, stop.value)
            return stop.value
        except BaseException as error:
            run.end_with_exception(error)
            raise

    return wrapper


def async_generator_function(
    function: Callable[..., AsyncGenerator[Any, Any]],
    begin: Begin,
    finish: Finish,
    finalizer: Callable[[AsyncGenerator[Any, Any]], None] | None = None,
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """The same for async generator functions; each step runs in the consumer's task.

    A body that nobody closes is given to `finalizer`; without one, it is closed on the spot, as
    far as that is possible without awaiting anything.
    """

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        run = begin(args, kwargs)
        step = RollingContext(run)
        try:
            with step:
                body = function(*args, **kwargs)
                item = await _first_step(body, finalizer)
            while True:
                try:
                    sent = yield item
                except GeneratorExit:
                    with step:
                        await body.aclose()
                    raise
                except BaseException as error:  # the body is to see all of them
                    with step:
                        item = await body.athrow(error)
                else:
                    with step:
                        item = await body.asend(sent)
        except StopAsyncIteration:
            if run is not None:
                finish(run, None)
        except BaseException as error:
            if run is not None:
                run.end_with_exception(error)
            raise

    return wrapper


def _first_step(
    body: AsyncGenerator[Any, Any],
    finalizer: Callable[[AsyncGenerator[Any, Any]], None] | None,
) -> Awaitable[Any]:
    """`anext(body)`, without the event loop getting to know of `body`.

    It knows of the wrapper, which closes the body. Closing both at the same time, as the end of
    `asyncio.run` does, would be an error in the host's log.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, finalizer)
    try:
        return anext(body)
    finally:
        sys.set_asyncgen_hooks(*hooks)


def driven(run: Run, body: Generator[Any, Any, Any], finish: Finish) -> Any:
    """A generator that a plain function returned, its call open since that function ran."""
    wrapper = generator_function(lambda: body, lambda *_: run, finish)
    return ended_when_dropped(wrapper(), run)


def driven_async(run: Run, body: AsyncGenerator[Any, Any], finish: Finish) -> Any:
    """An async generator that a plain function returned, its call open since then."""
    wrapper = async_generator_function(lambda: body, lambda *_: run, finish)
    return ended_when_dropped(wrapper(), run)


def ended_when_dropped(generator: Any, run: Run) -> Any:
    """`generator`; a generator that is dropped before its first step runs none of its code."""
    if isinstance(run, (OpenCall, Attempt)):
        weakref.finalize(generator, run.end, Outcome.ABANDONED).atexit = False
    return generator
