"""The time that a code agent's code may take: it runs in a thread that nobody can stop.

That thread knows nothing of its caller, and when the time is up, it runs on: what the code called
ends well then, and its result is thrown away.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final, NamedTuple

from opentelemetry.context import attach, create_key, detach, get_current, set_value

LIMIT_KEY: Final = create_key("toolspan-smolagents-limit")
_ERROR_TYPE: Final = "smolagents.local_python_executor.ExecutionTimeoutError"


class Limit(NamedTuple):
    """Until when, on the monotonic clock, and what is raised then."""

    end: float
    error_type: str


def carrying(original: Callable[..., Any]) -> Callable[..., Any]:
    """Of smolagents' `timeout(seconds)`: the thread gets its caller's context, and the limit."""

    def timeout(*args: Any, **kwargs: Any) -> Any:
        limited = original(*args, **kwargs)
        seconds = args[0] if args else kwargs.get("timeout_seconds")

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                context = get_current()
                if isinstance(seconds, (int, float)):
                    limit = Limit(monotonic() + seconds, _ERROR_TYPE)
                    context = set_value(LIMIT_KEY, limit, context)

                def in_thread(*args: Any, **kwargs: Any) -> Any:
                    token = attach(context)
                    try:
                        return function(*args, **kwargs)
                    finally:
                        detach(token)

                return limited(in_thread)(*args, **kwargs)

            return call

        return decorate

    return timeout
