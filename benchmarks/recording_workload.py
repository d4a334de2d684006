"""The tool that is recorded, the hand-written span it is compared with, and how both are timed."""

import functools
import gc
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

RESULT = "result text " * 16

# What our decorator records of one call of `search`, so that the hand-written span does too.
ATTRIBUTES: dict[str, Any] = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "search",
    "gen_ai.tool.type": "function",
    "toolspan.tool_call.layer": "logical",
    "toolspan.tool_call.arguments_hash": "0123456789abcdef",
    "toolspan.outcome": "ok",
}
CONTENT: dict[str, Any] = {
    "gen_ai.tool.call.arguments": '{"query":"hello world","limit":3}',
    "gen_ai.tool.call.result": f'"{RESULT}"',
}


def search(query: str, limit: int = 5) -> str:
    """The tool: it does nothing, so that only the recording is measured."""
    return RESULT


class Discard(SpanProcessor):
    """Takes finished spans and keeps the last few, as cheaply as a processor can."""

    def __init__(self) -> None:
        self._last: deque[ReadableSpan] = deque(maxlen=64)

    def on_end(self, span: ReadableSpan) -> None:
        self._last.append(span)


def provider(*processors: SpanProcessor) -> TracerProvider:
    """A provider whose spans go nowhere."""
    found = TracerProvider(shutdown_on_exit=False)
    for processor in (*processors, Discard()):
        found.add_span_processor(processor)
    return found


def hand_written(tracer: Any, attributes: Mapping[str, Any]) -> Callable[..., str]:
    """`search` decorated by hand, in `start_as_current_span` with attributes known before."""

    @functools.wraps(search)
    def wrapper(*args: Any, **kwargs: Any) -> str:
        with tracer.start_as_current_span("execute_tool search", attributes=attributes):
            return search(*args, **kwargs)

    return wrapper


def called(function: Callable[..., str]) -> Callable[[], object]:
    """One call, as an agent makes it."""
    return lambda: function("hello world", limit=3)


def ratio(
    case: Callable[[], object], baseline: Callable[[], object], *, calls: int, rounds: int
) -> tuple[float, float]:
    """Median over rounds of `case` divided by `baseline`, and nanoseconds of one `case`.

    Both are timed one right after the other in short slices of thread CPU time, in turning order,
    so that whatever else the machine does meets both; garbage collection is off inside a slice.
    """
    ratios, times = [], []
    for number in range(rounds + 2):
        first, second = (case, baseline) if number % 2 else (baseline, case)
        one, two = _slice(first, calls), _slice(second, calls)
        mine, theirs = (one, two) if number % 2 else (two, one)
        if number >= 2:  # the first two warm up
            ratios.append(mine / theirs)
            times.append(mine)
    return statistics.median(ratios), statistics.median(times)


def _slice(case: Callable[[], object], calls: int) -> float:
    gc.collect()
    gc.disable()
    try:
        start = time.thread_time_ns()
        for _ in range(calls):
            case()
        return (time.thread_time_ns() - start) / calls
    finally:
        gc.enable()
