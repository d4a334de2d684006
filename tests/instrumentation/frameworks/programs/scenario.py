"""Runs named scenarios one after another, each below a span of the user's own."""

import asyncio
import inspect
import sys
from collections.abc import Callable

from opentelemetry import trace

tracer = trace.get_tracer("user")


def user_span(name: str):
    return tracer.start_as_current_span(name)


def run(*scenarios: Callable[[], object]) -> None:
    """Those named on the command line, or all; prints how each ended."""
    wanted = sys.argv[1:]
    for scenario in scenarios:
        if wanted and scenario.__name__ not in wanted:
            continue
        with user_span(f"scenario {scenario.__name__}"):
            try:
                result = scenario()
                if inspect.iscoroutine(result):
                    result = asyncio.run(result)
                print(scenario.__name__, "ended:", str(result)[:80], flush=True)
            except BaseException as error:
                print(scenario.__name__, "raised:", type(error).__name__, flush=True)
        left = trace.get_current_span().get_span_context()
        if left.is_valid:
            print(scenario.__name__, "LEFT A SPAN CURRENT", flush=True)
