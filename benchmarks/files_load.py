"""One process that records spans under load and prints what that cost, as JSON.

Run by `bench_files` and `soak`, a process for each measurement, so that no variant inherits the
memory or the threads of another: `python -m benchmarks.files_load '{"variant": "batch", ...}'`.
"""

import functools
import gc
import json
import logging
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from benchmarks.memory import forget_peak_mb, peak_mb
from toolspan.exporters import JsonlSpanProcessor

RESOURCE = Resource(
    {
        "service.name": "agency",
        "service.version": "1.4.2",
        "service.instance.id": "6d0c1f5e-3c1d-4d5c-8a77-0123456789ab",
        "deployment.environment.name": "production",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
    }
)
TOOLS = ("web_search", "read_file", "write_file", "sql_query", "http_get", "calculator")


@functools.cache
def attributes_of_calls(count: int = 1000, seed: int = 11) -> list[dict[str, Any]]:
    """Attributes of tool calls as agents have them: 12 each."""
    rng = random.Random(seed)
    return [
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": rng.choice(TOOLS),
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": f"call_{rng.getrandbits(64):016x}",
            "gen_ai.tool.description": "Search the web and return the top results as text",
            "gen_ai.agent.name": f"agent-{rng.randrange(8)}",
            "gen_ai.conversation.id": f"conversation-{rng.randrange(20_000):06d}",
            "session.id": f"session-{rng.randrange(20_000):06d}",
            "toolspan.outcome": "ok",
            "toolspan.attempt.count": rng.randrange(1, 4),
            "toolspan.tool.cost.amount": round(rng.random() * 0.01, 6),
            "cache.hit": rng.random() < 0.3,
        }
        for _ in range(count)
    ]


def processor_of(variant: str, directory: Path, settings: dict[str, Any]) -> SpanProcessor | None:
    """The processor that a variant measures; None for the baseline."""
    match variant:
        case "none":
            return None
        case "write_through" | "batch":
            return JsonlSpanProcessor(directory, mode=variant, **settings)
        case "bare_write":  # the least that any write-through can cost
            return BareWrite(directory)
        case "official":  # with a queue that loses nothing; its default of 2 048 loses most
            from opentelemetry.exporter.otlp.json.file import FileSpanExporter

            directory.mkdir(parents=True, exist_ok=True)
            return BatchSpanProcessor(
                FileSpanExporter(directory / "spans.jsonl"),
                max_queue_size=65_536,
                max_export_batch_size=512,
                schedule_delay_millis=200,
            )
    raise ValueError(variant)


class BareWrite(SpanProcessor):
    """Writes the same line for every span and does nothing else."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(directory / "lines", flags)
        self._line = b"x" * 1300 + b"\n"

    def on_end(self, span: ReadableSpan) -> None:
        os.write(self._descriptor, self._line)


def provider_with(processor: SpanProcessor | None) -> TracerProvider:
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    if processor is not None:
        provider.add_span_processor(processor)
    return provider


def collected_spans(count: int) -> list[ReadableSpan]:
    """Ended spans of one scope: 12 attributes, an event of 3."""
    spans: list[ReadableSpan] = []

    class Collect(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            spans.append(span)

    tracer = provider_with(Collect()).get_tracer("toolspan.instrumentation", "0.1.0")
    pool = attributes_of_calls()
    with trace.use_span(tracer.start_span("invoke_agent researcher")):
        for number in range(count):
            record_call(tracer, pool[number % len(pool)])
    return spans


def record_call(tracer: trace.Tracer, attributes: dict[str, Any]) -> None:
    """One tool call as instrumentation records it, with one event."""
    with tracer.start_as_current_span(
        f"execute_tool {attributes['gen_ai.tool.name']}", attributes=attributes
    ) as span:
        span.add_event("gen_ai.tool.result", {"size": 123, "truncated": False, "kind": "text"})


def flat_out(tracer: trace.Tracer, *, threads: int, spans: int) -> dict[str, float]:
    """As many calls as the threads can make."""
    pool = attributes_of_calls()

    def work() -> None:
        for number in range(spans // threads):
            record_call(tracer, pool[number % len(pool)])

    seconds = _run_threads([work] * threads)
    return {"spans": spans // threads * threads, "seconds": seconds}


def paced(tracer: trace.Tracer, *, threads: int, rate: float, seconds: float) -> dict[str, Any]:
    """Calls at a steady rate, with what each cost its caller in microseconds."""
    pool = attributes_of_calls()
    calls = int(rate * seconds / threads)
    latencies: list[float] = []

    def work_of(seed: int) -> Callable[[], None]:
        def work() -> None:
            mine = []
            for attributes, due in zip(
                _cycle(pool), _due_times(seed, calls, threads / rate), strict=False
            ):
                wait = due - time.perf_counter()
                if wait > 0:
                    time.sleep(wait)
                start = time.perf_counter_ns()
                record_call(tracer, attributes)
                mine.append((time.perf_counter_ns() - start) / 1000)
            latencies.extend(mine)

        return work

    _run_threads([work_of(seed) for seed in range(threads)])
    latencies.sort()
    return {
        "spans": len(latencies),
        **{
            name: latencies[min(int(len(latencies) * share), len(latencies) - 1)]
            for name, share in PERCENTILES.items()
        },
    }


PERCENTILES = {"p50_us": 0.5, "p99_us": 0.99, "p999_us": 0.999, "max_us": 1.0}


def _cycle(pool: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    while True:
        yield from pool


def _due_times(seed: int, calls: int, interval_s: float) -> Iterator[float]:
    rng = random.Random(seed)
    start = time.perf_counter()
    for number in range(calls):
        yield start + (number + rng.random()) * interval_s


def _run_threads(works: list[Callable[[], None]]) -> float:
    start = threading.Barrier(len(works) + 1)

    def run(work: Callable[[], None]) -> None:
        start.wait()
        work()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def ask_for_priority() -> None:
    """Go before other work on the machine, if we may: it would be all that a p99.9 shows."""
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Do what the order says: `variant, directory, load, settings` and the load's own arguments."""
    logging.disable(logging.CRITICAL)  # dropped spans are in the result
    processor = processor_of(order["variant"], Path(order["directory"]), order.get("settings", {}))
    provider = provider_with(processor)
    tracer = provider.get_tracer("toolspan.instrumentation", "0.1.0")
    load = {"flat_out": flat_out, "paced": paced}[order["load"]]
    if order["load"] == "paced":
        ask_for_priority()
    load(tracer, **{**order["arguments"], **order.get("warm_up", {})})
    provider.force_flush()
    gc.collect()
    forget_peak_mb()
    before_mb, cpu = peak_mb(), time.process_time()
    result: dict[str, Any] = load(tracer, **order["arguments"])
    began = time.perf_counter()
    provider.shutdown()
    result["drain_s"] = time.perf_counter() - began
    result["cpu_us"] = (time.process_time() - cpu) / result["spans"] * 1e6
    result["grown_mb"] = peak_mb() - before_mb
    if isinstance(processor, JsonlSpanProcessor):
        stats = processor.stats()
        result |= {"written": stats.written, "dropped": stats.dropped, "mode": stats.mode}
    return result


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
