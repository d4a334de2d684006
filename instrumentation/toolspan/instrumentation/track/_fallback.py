"""Says which tool was asked for first."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.context import set_value

from toolspan.instrumentation.record import FALLBACK_KEY, attach, leave


@contextmanager
def fallback(asked_first: str) -> Iterator[None]:
    """Tool calls inside stand in for the tool `asked_first`, which failed or was not there.

    >>> with fallback("web_search"):
    ...     pass  # call another search tool here
    """
    context = set_value(FALLBACK_KEY, asked_first)
    token = attach(context)
    try:
        yield
    finally:
        leave(token, context)
