"""Takes the context along to threads and executors, which start without it."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from toolspan.instrumentation.record import attach, current_context, detach

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def carry_context(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """`function`, to be run elsewhere as if it were called here: same parent span, same session.

    `asyncio` tasks and `asyncio.to_thread` take the context along by themselves. Threads,
    executors and `loop.run_in_executor` do not:

        pool.submit(carry_context(search), "otters")
        pool.map(carry_context(search), queries)
        threading.Thread(target=carry_context(work))

    Not for processes: the context does not leave this one.
    """
    context = current_context()
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def carried_coroutine(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Any:
            token = attach(context)
            try:
                return await function(*args, **kwargs)
            finally:
                detach(token)

        return carried_coroutine  # type: ignore[return-value]

    @functools.wraps(function)
    def carried(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        token = attach(context)
        try:
            return function(*args, **kwargs)
        finally:
            detach(token)

    return carried
