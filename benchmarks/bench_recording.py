"""What a decorated tool call costs, as a ratio to a span written by hand."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.context import attach, detach
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.trace import set_span_in_context

from benchmarks.harness import Row
from benchmarks.recording_workload import (
    ATTRIBUTES,
    CONTENT,
    called,
    hand_written,
    provider,
    ratio,
    search,
)

BASELINE = "`start_as_current_span` with the same attributes, by hand in a wrapper"
IDENTITY = {
    "session.id": "session-1",
    "user.id": "user-1",
    "toolspan.workflow": "newsletter",
    "toolspan.agent": "researcher",
    "toolspan.step": "gather",
    "gen_ai.agent.name": "researcher",
}


def run(scale: str) -> list[Row]:
    """The budgets of recording; `full` takes ten times the rounds."""
    rounds = 200 if scale == "full" else 25

    def row(
        what: str,
        case: Callable[..., Any],
        base: Callable[..., Any],
        baseline: str,
        must: float | None = None,
        aim: float | None = None,
        calls: int = 200,
    ) -> Row:
        found, nanoseconds = ratio(called(case), called(base), calls=calls, rounds=rounds)
        return Row(what, baseline, found, must, aim, nanoseconds / 1000, "µs")

    return [
        *_recorded(row),
        *_with_everything(row),
        *_disabled(row),
        _large_argument(rounds),
    ]


def _recorded(row: Callable[..., Row]) -> Iterator[Row]:
    from toolspan.instrumentation import track_tool_call

    quiet = provider()
    tracer = quiet.get_tracer("by hand")
    bare = hand_written(tracer, ATTRIBUTES)
    yield row(
        "decorated call: no meter, no identity, content off",
        track_tool_call(search, tracer_provider=quiet),
        bare,
        BASELINE,
        1.1,
        0.85,
    )
    yield row(
        "decorated call with arguments and result captured",
        track_tool_call(search, tracer_provider=quiet, capture_content=True),
        hand_written(tracer, {**ATTRIBUTES, **CONTENT}),
        BASELINE,
        1.3,
        1.0,
    )

    @functools.wraps(search)
    def least(*args: Any, **kwargs: Any) -> str:
        span = tracer.start_span("execute_tool search", attributes=ATTRIBUTES)
        token = attach(set_span_in_context(span))
        try:
            return search(*args, **kwargs)
        finally:
            detach(token)
            span.end()

    yield row("the SDK's own calls without its context managers", least, bare, BASELINE)


def _with_everything(row: Callable[..., Row]) -> Iterator[Row]:
    from toolspan.instrumentation import (
        session,
        track_agent_run,
        track_step,
        track_tool_call,
        track_workflow,
    )
    from toolspan.instrumentation.identity import IdentitySpanProcessor

    full = provider(IdentitySpanProcessor())
    bare = hand_written(provider().get_tracer("by hand"), {**ATTRIBUTES, **IDENTITY, **CONTENT})
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader], shutdown_on_exit=False)
    with (
        _global(metrics._internal, "_METER_PROVIDER", meters),
        session("session-1", user_id="user-1"),
        track_workflow("newsletter", tracer_provider=full),
        track_step("gather", tracer_provider=full),
        track_agent_run("researcher", tracer_provider=full),
    ):
        yield row(
            "decorated call with content, metrics and identity",
            track_tool_call(search, tracer_provider=full, capture_content=True),
            bare,
            BASELINE,
            1.9,
            1.5,
        )
    meters.shutdown()


def _disabled(row: Callable[..., Row]) -> Iterator[Row]:
    from toolspan.instrumentation import track_tool_call

    @functools.wraps(search)
    def closure(*args: Any, **kwargs: Any) -> str:
        return search(*args, **kwargs)

    with _global(trace, "_TRACER_PROVIDER", None):
        yield row(
            "decorated call without an SDK",
            track_tool_call(search),
            closure,
            "a plain `functools.wraps` closure",
            3,
            1.1,
            calls=5_000,
        )
    os.environ["OTEL_SDK_DISABLED"] = "true"
    try:
        off = provider()
    finally:
        del os.environ["OTEL_SDK_DISABLED"]
    with _global(trace, "_TRACER_PROVIDER", off):
        yield row(
            "decorated call with the SDK disabled",
            track_tool_call(search),
            closure,
            "a plain `functools.wraps` closure",
            3,
            1.1,
            calls=5_000,
        )


def _large_argument(rounds: int) -> Row:
    from toolspan.instrumentation import track_tool_call

    quiet = provider()
    recorded = track_tool_call(search, tracer_provider=quiet, capture_content=True)
    text = "some text of a page, " * 50_000
    budget_us = 100.0
    _, nanoseconds = ratio(
        lambda: recorded(text, limit=3), lambda: search(text, limit=3), calls=50, rounds=rounds
    )
    microseconds = nanoseconds / 1000
    return Row(
        "decorated call with a 1 MB argument captured",
        "0.1 ms",
        microseconds / budget_us,
        1.0,
        None,
        microseconds,
        "µs",
    )


@contextmanager
def _global(module: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
