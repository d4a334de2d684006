"""Runs named scenarios one after another, each below a span of the user's own."""

import asyncio
import inspect
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from opentelemetry import trace

from toolspan.instrumentation import session

tracer = trace.get_tracer("user")


def user_span(name: str):
    return tracer.start_as_current_span(name)


NAMES = [f"agent-{number}" for number in range(8)]


def at_once(work: Callable[[str], object], awork: Callable[[str], object] | None) -> None:
    """Each name in a session and trace of its own, in threads and in tasks of one loop, as a
    server has them; prints nothing."""

    def one(name: str) -> object:
        with session(name):
            return work(name)

    async def aone(name: str) -> object:
        with session(name):
            return await awork(name)

    async def all_of_them() -> None:
        await asyncio.gather(*(aone(name) for name in NAMES))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, NAMES))
    if awork is not None:
        asyncio.run(all_of_them())


def run(*scenarios: Callable[[], object], by_name: Iterable[Callable[[], object]] = ()) -> None:
    """Those named on the command line, or all but those `by_name`; prints how each ended."""
    wanted = sys.argv[1:]
    named = [each for each in (*scenarios, *by_name) if each.__name__ in wanted]
    for scenario in named or scenarios:
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
